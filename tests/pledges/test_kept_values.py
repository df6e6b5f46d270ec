"""The latest report, assessment and level stand beside the pledge, whoever writes the rows below it."""

from datetime import UTC, date, datetime
from importlib import import_module
from typing import Any

import pytest

from pledges import figures
from pledges.models import Pledge
from tests.factories import (
    ANNOUNCED_AT,
    AnnouncedPledgeFactory,
    AssessmentFactory,
    ConfirmedPartnerFactory,
    ReadinessFactory,
    RecordProgressUpdateFactory,
    RegisteredPledgeFactory,
)
from tests.rules import run, update

pytestmark = pytest.mark.django_db


def kept(pledge: Pledge) -> tuple[Any, ...]:
    columns = ("reported_state", "last_reported_on", "assessed_state", "delivered_quantity", "readiness_level")
    return Pledge.objects.values_list(*columns).get(pk=pledge.pk)


def report(pledge: Pledge, state: str, day: int | None) -> Any:
    return RecordProgressUpdateFactory(
        pledge=pledge,
        state=state,
        happened_on=date(2025, 6, day) if day else None,
        happened_on_precision="day" if day else "",
    )


def test_without_reports_nothing_is_known() -> None:
    assert kept(RegisteredPledgeFactory()) == ("", None, "", None, "")


def test_the_latest_day_stands_in_whatever_order_it_is_entered() -> None:
    pledge = RegisteredPledgeFactory()
    for state, day in [("planning", 1), ("delayed", 3), ("in_progress", 2), ("not_started", None)]:
        report(pledge, state, day)
    assert kept(pledge)[:2] == ("delayed", date(2025, 6, 3))


def test_of_one_day_the_last_entered_stands() -> None:
    pledge = RegisteredPledgeFactory()
    report(pledge, "planning", 1)
    report(pledge, "delayed", 1)
    assert kept(pledge)[0] == "delayed"


def test_of_one_day_the_last_said_stands_though_another_is_entered_later() -> None:
    pledge = RegisteredPledgeFactory()
    said = {"pledge": pledge, "happened_on": date(2025, 6, 1)}
    RecordProgressUpdateFactory(**said, state="delivered", created_at=datetime(2025, 6, 1, 15, tzinfo=UTC))
    RecordProgressUpdateFactory(**said, state="planning", created_at=datetime(2025, 6, 1, 9, tzinfo=UTC))
    assert kept(pledge)[0] == "delivered"


def test_a_report_without_a_state_breaks_the_silence_and_keeps_the_state() -> None:
    pledge = RegisteredPledgeFactory()
    report(pledge, "planning", 1)
    report(pledge, "", 2)
    assert kept(pledge)[:2] == ("planning", date(2025, 6, 2))


def test_what_a_partner_reports_on_its_share_is_no_report_of_the_lead() -> None:
    pledge = RegisteredPledgeFactory()
    share = ConfirmedPartnerFactory(pledge=pledge)
    report(pledge, "planning", 1)
    theirs = report(pledge, "delayed", 2)
    update(theirs, {"partner_id": share.pk})
    assert kept(pledge)[:2] == ("planning", date(2025, 6, 1))


def test_the_days_that_partners_had_moved_are_set_right() -> None:
    share = ConfirmedPartnerFactory(pledge=RegisteredPledgeFactory())
    report(share.pledge, "planning", 1)
    update(report(share.pledge, "delayed", 2), {"partner_id": share.pk})
    Pledge.objects.update(last_reported_on=date(2025, 6, 2))
    untouched = RegisteredPledgeFactory()
    Pledge.objects.filter(pk=untouched.pk).update(last_reported_on=date(2025, 6, 3))
    run(import_module("pledges.migrations.0009_the_regular_report_is_the_leads").RECOMPUTE, [])
    assert kept(share.pledge)[1] == date(2025, 6, 1)
    assert kept(untouched)[1] == date(2025, 6, 3)


def test_a_corrected_or_deleted_report_is_followed() -> None:
    pledge = RegisteredPledgeFactory()
    report(pledge, "planning", 1)
    last = report(pledge, "delayed", 2)
    update(last, {"state": "delivered"})
    assert kept(pledge)[0] == "delivered"
    run("DELETE FROM pledges_progressupdate WHERE id = %s", [last.pk])
    assert kept(pledge)[:2] == ("planning", date(2025, 6, 1))


def test_a_report_moved_to_another_pledge_leaves_the_first() -> None:
    first, second = RegisteredPledgeFactory.create_batch(2)
    moved = report(first, "planning", 1)
    update(moved, {"pledge_id": second.pk})
    assert [kept(first)[0], kept(second)[0]] == ["", "planning"]


def test_the_latest_assessment_and_level_stand() -> None:
    pledge = RegisteredPledgeFactory()
    AssessmentFactory(pledge=pledge, state="partly_delivered", confirmed_quantity=2, assessed_on=date(2025, 8, 1))
    AssessmentFactory(pledge=pledge, state="on_track", assessed_on=date(2025, 7, 1))
    ReadinessFactory(pledge=pledge, level="rdl", reached_on=date(2025, 8, 1))
    ReadinessFactory(pledge=pledge, level="2", reached_on=date(2025, 7, 1))
    assert kept(pledge)[2:] == ("partly_delivered", 2, "rdl")


@pytest.mark.parametrize(
    "values",
    [
        {"title": "New"},
        {"personnel": 10, "women": 5},
        {"amount": 5, "currency": "EUR"},
        {"deliver_by": date(2026, 1, 1), "deliver_by_precision": "day"},
        {"responsible_office": "Ministry of Defence"},
        {"caveats_known": "none_declared"},
        {"earlier_pledge": "That of 2023"},
        {"announced_at": ANNOUNCED_AT},
    ],
    ids=str,
)
def test_whoever_changes_what_people_write_makes_a_version(values: dict[str, Any]) -> None:
    pledge = RegisteredPledgeFactory()
    update(pledge, values)
    changed = Pledge.objects.get()
    assert changed.version == 2
    assert changed.updated_at > pledge.updated_at
    update(pledge, values)
    assert Pledge.objects.get().version == 2


def test_the_search_text_follows_the_words() -> None:
    pledge = RegisteredPledgeFactory(title="Level II hospital", capability_wording="Hôpital")
    assert list(Pledge.objects.matching("hopital")) == [pledge]
    assert list(Pledge.objects.matching(pledge.reference)) == [pledge]
    update(pledge, {"title": "Helicopters"})
    assert list(Pledge.objects.matching("level")) == []
    assert list(Pledge.objects.matching("helicopter")) == [pledge]


@pytest.mark.parametrize("said", ["delivered", "partly_delivered"])
def test_what_is_only_reported_delivered_is_not_delivered_yet(said: str) -> None:
    pledge = RegisteredPledgeFactory()

    def known() -> str:
        return Pledge.objects.with_known_state().get(pk=pledge.pk).known_state

    report(pledge, said, 1)
    assert known() == "delivery_reported"
    AssessmentFactory(pledge=pledge, state="on_track")
    assert known() == "under_way", "what was found goes before what was reported"
    AssessmentFactory(pledge=pledge, state="delivered")
    assert known() == "delivered"


def test_what_is_only_reported_as_given_up_is_not_the_secretariats_finding() -> None:
    pledge = AnnouncedPledgeFactory()
    report(pledge, "will_not_deliver", 1)

    def listed(state: str) -> list[Pledge]:
        return list(Pledge.objects.with_known_state().filter(known_state=state))

    assert (listed("will_not_deliver"), listed("not_delivered")) == ([pledge], [])
    (cohort,) = figures.cohorts(Pledge.objects.all(), on=date(2030, 1, 1))
    assert (cohort.became["not_assessed"], cohort.became["ended"]) == (1, 0)
    AssessmentFactory(pledge=pledge, state="not_delivered")
    assert (listed("will_not_deliver"), listed("not_delivered")) == ([], [pledge])
    (cohort,) = figures.cohorts(Pledge.objects.all(), on=date(2030, 1, 1))
    assert (cohort.became["not_assessed"], cohort.became["ended"]) == (0, 1)
