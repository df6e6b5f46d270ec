"""An entry is renewed first after twelve months, then every six (PCRS FAQ); overdue is shown, never acted on."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from pledges.due import months_later
from pledges.errors import Incomplete, NotAllowed, WrongStatus
from pledges.models import DeploymentRequest, Pledge, Registration, Renewal
from pledges.readiness import with_arrival_due, with_renewal_due
from pledges.services.readiness import note_arrival, register, renew, request_deployment
from tests.factories import ClosedPledgeFactory, ReadinessFactory
from tests.factories.readiness import DeploymentRequestFactory, RegistrationFactory, RenewalFactory
from tests.readiness.conftest import NOW, TODAY, People, make_ready, pass_visit


def due_of(entry: Registration) -> date:
    found: date = with_renewal_due(Registration.objects.filter(pk=entry.pk)).get().renewal_due_on
    return found


@pytest.mark.django_db
class TestDueDay:
    def test_it_is_twelve_months_after_acceptance(self) -> None:
        assert due_of(RegistrationFactory(accepted_on=date(2025, 6, 2))) == date(2026, 6, 2)

    def test_it_is_twelve_months_after_receipt_where_not_accepted(self) -> None:
        entry = RegistrationFactory(received_on=date(2024, 2, 29), acknowledged_on=None, accepted_on=None)
        assert due_of(entry) == date(2025, 2, 28)

    @pytest.mark.parametrize(
        ("renewals", "due"),
        [
            (["2026-06-02"], date(2026, 12, 2)),
            (["2026-05-20"], date(2026, 12, 2)),  # early: the due day counts
            (["2026-08-15"], date(2027, 2, 15)),  # late: the renewal counts
            (["2026-06-01", "2026-12-01"], date(2027, 6, 2)),
            (["2026-08-15", "2027-02-14"], date(2027, 8, 15)),
            (["2026-05-20", "2027-01-10"], date(2027, 7, 10)),
        ],
    )
    def test_then_six_months_after_the_due_day_or_a_late_renewal(self, renewals: list[str], due: date) -> None:
        entry = RegistrationFactory(accepted_on=date(2025, 6, 2))
        for day in renewals:
            RenewalFactory(registration=entry, renewed_on=date.fromisoformat(day))
        assert due_of(entry) == due

    @pytest.mark.parametrize(
        ("renewals", "due"),
        [
            (["2024-12-20"], date(2026, 3, 1)),
            (["2024-12-20", "2025-02-28"], date(2026, 3, 1)),
            (["2024-12-20", "2026-02-20"], date(2026, 9, 1)),
            (["2024-12-20", "2026-04-15"], date(2026, 10, 15)),
        ],
    )
    def test_a_renewal_from_before_the_acceptance_does_not_prolong_the_first_twelve_months(
        self, renewals: list[str], due: date
    ) -> None:
        entry = RegistrationFactory(received_on=date(2024, 1, 1), acknowledged_on=None, accepted_on=None)
        for day in renewals:
            RenewalFactory(registration=entry, renewed_on=date.fromisoformat(day))
        Registration.objects.filter(pk=entry.pk).update(accepted_on=date(2025, 3, 1))
        assert due_of(entry) == due

    def test_only_live_pledges_have_one_and_all_of_them_in_one_query(self) -> None:
        RegistrationFactory.create_batch(3)
        RegistrationFactory(pledge=ClosedPledgeFactory())
        with CaptureQueriesContext(connection) as captured:
            assert len(with_renewal_due(Registration.objects.all())) == 3
        assert len(captured) == 1


class TestDueDayAgainstTheRule(TestCase):
    """The one query gives what the rule gives, told renewal after renewal: due = max(due, renewal) + six months."""

    @settings(max_examples=60, deadline=None)
    @given(
        start=st.dates(date(2015, 1, 1), date(2024, 1, 1)),
        gaps=st.lists(st.integers(1, 700), max_size=6),
    )
    def test_step_by_step(self, start: date, gaps: list[int]) -> None:
        start = start.replace(day=min(start.day, 28))  # a 31st may give the 28th or the 31st
        entry = RegistrationFactory(received_on=start, acknowledged_on=None, accepted_on=None)
        day, due = start, months_later(start, 12)
        for gap in gaps:
            day += timedelta(days=gap)
            day = day.replace(day=min(day.day, 28))
            if entry.renewals.filter(renewed_on=day).exists():
                continue
            RenewalFactory(registration=entry, renewed_on=day)
            due = months_later(max(due, day), 6)
        assert due_of(entry) == due


def test_a_delegation_renews_today_and_an_officer_on_the_day_of_the_letter(unit: Pledge, people: People) -> None:
    RegistrationFactory(pledge=unit, accepted_on=date(2025, 6, 2))
    row = renew(pledge=unit, by=people.officer, at=NOW, renewed_on=date(2026, 6, 1))
    assert row.renewed_on == date(2026, 6, 1)
    row = renew(pledge=unit, by=people.drafter, at=NOW, renewed_on=date(2026, 6, 5))
    assert (row.renewed_on, row.author) == (TODAY, people.drafter)
    assert renew(pledge=unit, by=people.drafter, at=NOW) == row


def test_who_else_may_not_renew(unit: Pledge, people: People) -> None:
    RegistrationFactory(pledge=unit)
    for person in (people.viewer, people.other, people.reader, people.analyst):
        with pytest.raises(NotAllowed):
            renew(pledge=unit, by=person, at=NOW)
    assert not Renewal.objects.exists()


def test_a_renewal_counts_for_one_period(unit: Pledge, people: People) -> None:
    RegistrationFactory(pledge=unit, received_on=date(2026, 5, 21), acknowledged_on=None, accepted_on=None)
    with pytest.raises(Incomplete, match="counts from 21 November 2026 on"):
        renew(pledge=unit, by=people.drafter, at=NOW)
    renew(pledge=unit, by=people.drafter, at=NOW + timedelta(days=1))
    with pytest.raises(Incomplete, match="counts from 21 May 2027 on"):
        renew(pledge=unit, by=people.drafter, at=NOW + timedelta(days=2))


def test_what_is_not_registered_or_closed_is_not_renewed(unit: Pledge, people: People) -> None:
    with pytest.raises(WrongStatus):
        renew(pledge=unit, by=people.drafter, at=NOW)
    closed = ClosedPledgeFactory(participant=people.lead)
    RegistrationFactory(pledge=closed)
    for person in (people.drafter, people.officer):
        with pytest.raises(WrongStatus):
            renew(pledge=closed, by=person, at=NOW)


def test_overdue_changes_nothing_by_itself(unit: Pledge, people: People) -> None:
    make_ready(unit)
    ReadinessFactory(pledge=unit, level="1")
    RegistrationFactory._meta.model.objects.update(accepted_on=date(2025, 5, 5))
    unit.refresh_from_db()
    assert due_of(unit.registration) < TODAY
    assert (unit.status, unit.readiness_level) == ("registered", "1")


@pytest.mark.django_db
class TestClock:
    """From the rapid deployment level a unit has sixty days from the UN's request; no other level has a clock."""

    def test_it_runs_for_open_requests_to_units_at_the_rapid_deployment_level(self) -> None:
        running = DeploymentRequestFactory(requested_on=date(2026, 11, 1))
        DeploymentRequestFactory(is_rapid=False)
        DeploymentRequestFactory(arrived_on=TODAY)
        DeploymentRequestFactory(cancelled_on=TODAY)
        found = with_arrival_due(DeploymentRequest.objects.all()).get()
        assert (found, found.arrival_due_on) == (running, date(2026, 12, 31))

    @pytest.mark.parametrize(
        ("level", "reached", "is_rapid"),
        [("rdl", "2026-11-01", True), ("rdl", "2026-11-02", False), ("3", "2026-10-01", False), ("", "", False)],
    )
    def test_the_level_on_the_day_of_the_request_decides(
        self, unit: Pledge, people: People, level: str, reached: str, is_rapid: bool
    ) -> None:
        if level:
            ReadinessFactory(pledge=unit, level=level, reached_on=date.fromisoformat(reached))
        pass_visit(unit)
        row = request_deployment(pledge=unit, requested_on=date(2026, 11, 1), by=people.officer, at=NOW)
        assert row.is_rapid is is_rapid

    def test_one_request_is_open_at_a_time_and_arrival_ends_it(self, unit: Pledge, people: People) -> None:
        pass_visit(unit)
        said = {"pledge": unit, "by": people.officer, "at": NOW}
        row = request_deployment(**said, requested_on=date(2026, 11, 1))
        assert request_deployment(**said, requested_on=date(2026, 11, 1)) == row
        with pytest.raises(WrongStatus):
            request_deployment(**said, requested_on=date(2026, 11, 2))
        with pytest.raises(Incomplete):
            note_arrival(**said, arrived_on=date(2026, 10, 31))
        assert note_arrival(**said, arrived_on=TODAY).arrived_on == TODAY
        with pytest.raises(WrongStatus):
            note_arrival(**said, arrived_on=TODAY)


def test_an_entry_keeps_three_days_and_what_to_mend(unit: Pledge, people: People) -> None:
    said = {"pledge": unit, "by": people.officer, "at": NOW, "received_on": date(2026, 10, 1)}
    row = register(**said, to_mend="Name the unit's weapons.")
    assert (row.acknowledged_on, row.accepted_on, row.to_mend) == (None, None, "Name the unit's weapons.")
    row = register(**said, acknowledged_on=date(2026, 10, 2), accepted_on=TODAY)
    assert Registration.objects.get() == row
    assert row.accepted_on == TODAY
    with pytest.raises(Incomplete) as refused:
        register(**said, acknowledged_on=date(2026, 9, 30))
    assert set(refused.value.fields) == {"acknowledged_on"}
    with pytest.raises(NotAllowed):
        register(**(said | {"by": people.drafter}))
