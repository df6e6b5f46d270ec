"""What officers record on the pages of readiness, what a delegation renews, and who reads what of it."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from pledges.enums import LineageKind
from pledges.models import Pledge, Registration, UnitAgreement, UnitStatement, Visit
from tests.factories import (
    AnnouncedPledgeFactory,
    CapabilityTypeFactory,
    LineageFactory,
    ParticipantFactory,
    ReadinessFactory,
    RegisteredPledgeFactory,
)
from tests.factories.readiness import (
    DeploymentRequestFactory,
    RegistrationFactory,
    UnitAgreementFactory,
    UnitStatementFactory,
    VariationFactory,
    VisitedUnitFactory,
    VisitFactory,
)
from tests.pages.reading import read
from tests.readiness.conftest import People, make_ready

SignedIn = Callable[[User | None], Client]


@pytest.fixture
def signed_in() -> SignedIn:
    """A browser in which somebody is signed in, or nobody."""

    def client(user: User | None) -> Client:
        found = Client()
        if user:
            found.force_login(user)
        return found

    return client


def act_url(unit: Pledge, act: str) -> str:
    return reverse("readiness-act", args=[unit.reference, act])


def day(name: str, when: date) -> dict[str, str]:
    """Return what a browser sends of a day."""
    return {f"{name}_day": str(when.day), f"{name}_month": str(when.month), f"{name}_year": str(when.year)}


def text_of(page: Any) -> str:
    found: str = page.content.decode()
    return found


TODAY = timezone.localdate()


def test_an_officer_takes_a_unit_from_its_entry_to_an_open_request(
    unit: Pledge, people: People, signed_in: SignedIn
) -> None:
    officer = signed_in(people.officer)
    statement = UnitStatementFactory(capability_type=unit.capability_type)
    sent: list[tuple[str, dict[str, Any]]] = [
        ("registration", day("received_on", date(2026, 1, 5)) | {"was": "-", "to_mend": "Name the vehicles."}),
        ("match", day("matched_on", TODAY) | {"statement": statement.pk}),
        ("variation", day("proposed_on", TODAY) | {"text_field": "Three helicopters."}),
        ("sign", day("signed_on", TODAY)),
        ("request", day("requested_on", TODAY) | {"note": "For the rains.", "exception": "Seen by the mission."}),
    ]
    for act, values in sent:
        assert officer.get(act_url(unit, act)).status_code == 200, act
        answer = officer.post(act_url(unit, act), values)
        assert answer.status_code == 302, (act, text_of(answer))
        assert answer["Location"].endswith("#readiness")
    agreement = UnitAgreement.objects.get()
    variation = agreement.variations.get()
    officer.post(act_url(unit, "accept"), day("accepted_on", TODAY) | {"variation": variation.pk})
    variation.refresh_from_db()
    assert (agreement.signed_on, variation.accepted_on) == (TODAY, TODAY)
    page = text_of(officer.get(unit.get_absolute_url()))
    for words in ("Received 5 January 2026", "Name the vehicles.", "below level 1", "Three helicopters.", "no clock"):
        assert words in page
    officer.post(act_url(unit, "arrive"), day("arrived_on", TODAY))
    assert unit.deployment_requests.get().arrived_on == TODAY


def test_what_a_level_is_missing_stands_at_the_field_and_what_was_typed_stays(
    unit: Pledge, people: People, signed_in: SignedIn
) -> None:
    officer = signed_in(people.officer)
    values = day("reached_on", TODAY) | {"level": "2", "evidence": "Report of the visit."}
    page = officer.post(act_url(unit, "level"), values)
    assert "Level 1 is not recorded. Not held yet: Assessment and advisory visit." in text_of(page)
    assert "Report of the visit." in text_of(page)
    officer.post(act_url(unit, "level"), values | {"exception": "Seen in the field by the mission."})
    for person in (people.officer, people.drafter):
        assert "Seen in the field by the mission." in text_of(signed_in(person).get(unit.get_absolute_url()))


def test_a_unit_that_no_visit_saw_is_requested_with_a_reason_that_the_page_shows(
    unit: Pledge, people: People, signed_in: SignedIn
) -> None:
    officer = signed_in(people.officer)
    values = day("requested_on", TODAY) | {"note": "For the rains."}
    refused = officer.post(act_url(unit, "request"), values)
    assert refused.context["form"].errors == {
        "exception": [
            "Missing on that day: Not held yet: Assessment and advisory visit. Say why it is recorded all the same."
        ]
    }
    assert "For the rains." in text_of(refused)
    assert not unit.deployment_requests.exists()
    for _twice in range(2):
        officer.post(act_url(unit, "request"), values | {"exception": "The mission had seen it in the field."})
    assert unit.deployment_requests.get().exception == "The mission had seen it in the field."
    for person in (people.officer, people.drafter):
        page = read(signed_in(person).get(unit.get_absolute_url()))
        assert "by exception" in page.text
        assert "Why it is an exception: The mission had seen it in the field." in page.text
    assert "by exception" in read(officer.get(reverse("readiness-requests"))).text


def test_everyone_sees_that_a_level_is_an_exception_and_insiders_why(people: People, signed_in: SignedIn) -> None:
    unit = AnnouncedPledgeFactory(participant=people.lead)
    RegistrationFactory(pledge=unit, to_mend="The weapons list.")
    VisitedUnitFactory(pledge=unit, visit__held_on=date(2025, 9, 1), is_passed=False, to_mend="Generators.")
    ReadinessFactory(pledge=unit, level="2", evidence="A note of the cell.", exception="Nobody could travel.")
    ReadinessFactory(pledge=unit, level="1", reached_on=date(2025, 8, 1), lowered_because="The unit was halved.")
    hidden = ("The weapons list.", "Generators.", "Nobody could travel.", "The unit was halved.")
    for reader in (None, people.analyst, people.other):
        page = text_of(signed_in(reader).get(unit.get_absolute_url()))
        assert "A note of the cell." in page
        assert "by exception" in page
        assert "lowered" in page
        assert not [words for words in hidden if words in page]
    for reader in (people.viewer, people.drafter, people.reader):
        page = text_of(signed_in(reader).get(unit.get_absolute_url()))
        assert [words for words in hidden if words in page] == list(hidden)


def test_a_delegation_renews_from_its_pledge(unit: Pledge, people: People, signed_in: SignedIn) -> None:
    RegistrationFactory(pledge=unit, accepted_on=date(2025, 6, 2))
    drafter = signed_in(people.drafter)
    page = text_of(drafter.get(unit.get_absolute_url()))
    assert act_url(unit, "renew") in page
    assert act_url(unit, "level") not in page
    assert "renewed_on" not in text_of(drafter.get(act_url(unit, "renew")))
    drafter.post(act_url(unit, "renew"), {"note": "Confirmed by the ministry."})
    assert unit.registration.renewals.get().renewed_on == timezone.localdate()
    drafter.post(act_url(unit, "renew"), {"note": "Confirmed by the ministry."})
    assert unit.registration.renewals.count() == 1


def test_an_entry_changed_meanwhile_is_not_written_over(unit: Pledge, people: People, signed_in: SignedIn) -> None:
    officer = signed_in(people.officer)
    was = officer.get(act_url(unit, "registration")).context["form"]["was"].value()
    RegistrationFactory(pledge=unit)
    page = officer.post(act_url(unit, "registration"), day("received_on", date(2026, 1, 5)) | {"was": was})
    assert "Somebody changed this entry meanwhile" in text_of(page)
    assert Registration.objects.get().received_on == date(2025, 5, 2)


def test_what_does_not_apply_leads_back_to_the_pledge(unit: Pledge, people: People, signed_in: SignedIn) -> None:
    officer = signed_in(people.officer)
    for act in ("renew", "sign", "accept", "variation", "arrive", "cancel"):
        assert officer.get(act_url(unit, act)).status_code == 302
    other = RegisteredPledgeFactory(capability_type=CapabilityTypeFactory(is_pcrs_registrable=False))
    assert officer.get(act_url(other, "level")).status_code == 302
    assert officer.get(act_url(unit, "promote")).status_code == 404


def test_a_visit_is_planned_held_mended_and_cancelled(unit: Pledge, people: People, signed_in: SignedIn) -> None:
    second = RegisteredPledgeFactory(participant=people.lead)
    of_another = RegisteredPledgeFactory()
    officer = signed_in(people.officer)
    url = f"{reverse('visit-plan')}?participant={people.lead.pk}"
    page = text_of(officer.get(url))
    assert unit.reference in page
    assert of_another.reference not in page
    values = day("planned_on", TODAY) | {"kind": "assessment", "pledges": [unit.pk, second.pk], "place": "Camp Lee"}
    assert officer.post(url, values).status_code == 302
    visit = Visit.objects.get()
    first, other = visit.units.all()
    held = reverse("visit-act", args=[visit.pk, "held"])
    found = {f"result_{first.pk}": "passed", f"result_{other.pk}": "not_passed"}
    page = officer.post(held, day("held_on", TODAY) | found)
    assert "Say what is to be mended." in text_of(page)
    officer.post(held, day("held_on", TODAY) | found | {f"to_mend_{other.pk}": "Generators."})
    mended = reverse("visit-act", args=[visit.pk, "mended"])
    assert "Generators." in text_of(officer.get(mended))
    officer.post(mended, day("mended_on", TODAY) | {"unit": other.pk})
    other.refresh_from_db()
    assert (other.is_passed, other.mended_on) == (False, TODAY)
    planned = VisitFactory()
    cancel = reverse("visit-act", args=[planned.pk, "cancel"])
    officer.post(cancel, day("cancelled_on", TODAY) | {"reason": "The road is closed."})
    planned.refresh_from_db()
    assert planned.cancelled_on == TODAY


def test_a_statement_is_stored_and_replaced(unit: Pledge, people: People, signed_in: SignedIn) -> None:
    officer = signed_in(people.officer)
    agreement = UnitAgreementFactory(pledge=unit)
    old = agreement.statement
    url = f"{reverse('statement-issue')}?replaces={old.pk}"
    form = officer.get(url).context["form"]
    values = {name: form[name].value() or "" for name in ("capability_type", "mission", "title", "replaces")}
    assert values["replaces"] == old.pk
    values |= day("issued_on", TODAY) | {"version": "2027.1"}
    assert "Say what changed" in text_of(officer.post(url, values))
    assert officer.post(url, values | {"note": "More trucks."}).status_code == 302
    assert UnitStatement.objects.get(version="2027.1").replaces == old
    assert "requirements changed on" in text_of(signed_in(people.drafter).get(unit.get_absolute_url()))
    page = text_of(officer.get(f"{reverse('readiness-agreements')}?only=flagged"))
    assert unit.reference in page
    assert "requirements changed on" in page


def fill(people: People, count: int) -> None:
    """Add units of the lead with all that the lists show."""
    for number in range(count):
        kind = CapabilityTypeFactory(code=f"kind-{number % 3}")
        unit = AnnouncedPledgeFactory(participant=people.lead, capability_type=kind)
        make_ready(unit)
        ReadinessFactory(pledge=unit, level="2", exception="x" if number % 2 else "")
        VariationFactory(agreement=unit.agreements.get())
        DeploymentRequestFactory(pledge=unit, requested_on=TODAY - timedelta(days=number))


PAGES = ("readiness", "readiness-renewals", "readiness-visits", "readiness-statements", "readiness-agreements",
         "readiness-requests")  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_the_number_of_queries_does_not_depend_on_the_rows(people: People, signed_in: SignedIn, name: str) -> None:
    reader = signed_in(people.reader)
    counts = []
    for more in (2, 12):
        fill(people, more)
        with CaptureQueriesContext(connection) as captured:
            assert reader.get(reverse(name)).status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 10


def test_the_page_of_a_unit_takes_the_same_queries_whatever_is_known(people: People, signed_in: SignedIn) -> None:
    reader, counts = signed_in(people.reader), []
    fill(people, 1)
    unit = Pledge.objects.get()
    for _ in range(2):
        with CaptureQueriesContext(connection) as captured:
            reader.get(unit.get_absolute_url())
        counts.append(len(captured))
        for number in range(5):
            VisitedUnitFactory(pledge=unit)
            ReadinessFactory(pledge=unit, level="2")
            VariationFactory(agreement=unit.agreements.first())
            DeploymentRequestFactory(pledge=unit, cancelled_on=TODAY + timedelta(days=number))
    assert counts[0] == counts[1]


def test_the_registry_counts_by_type_and_level_with_links(people: People, signed_in: SignedIn) -> None:
    kind = CapabilityTypeFactory(name="Level 2 hospital")
    units = AnnouncedPledgeFactory.create_batch(3, capability_type=kind)
    ReadinessFactory(pledge=units[0], level="2")
    ReadinessFactory(pledge=units[1], level="2", exception="Nobody could travel.")
    page = signed_in(people.reader).get(reverse("readiness"))
    row = page.context["levelled"][0]
    assert (row.name, row.total) == ("Level 2 hospital", 3)
    assert [(cell["count"], cell["exceptions"]) for cell in row.cells] == [(0, 0), (2, 1), (0, 0), (0, 0)]
    for url, count in ((row.cells[1]["url"], 2), (row.total_url, 3)):
        assert signed_in(people.reader).get(url).context["found"].count == count
    assert "1 by exception" in text_of(page)


@pytest.mark.parametrize(("overdue", "live", "is_alarming"), [(1, 5, False), (2, 5, True), (0, 1, False)])
def test_more_than_a_fifth_past_renewal_is_an_alarm(
    people: People, signed_in: SignedIn, overdue: int, live: int, is_alarming: bool
) -> None:
    for number in range(live):
        accepted = TODAY - timedelta(days=800 if number < overdue else 30)
        unit = RegisteredPledgeFactory(participant=people.lead)
        RegistrationFactory(pledge=unit, received_on=accepted, acknowledged_on=None, accepted_on=accepted)
    page = signed_in(people.viewer).get(reverse("readiness"))
    assert (page.context["renewals"].live, page.context["renewals"].overdue) == (live, overdue)
    assert ("Alarm" in text_of(page)) is is_alarming
    rows = signed_in(people.viewer).get(f"{reverse('readiness-renewals')}?only=overdue").context["rows"]
    assert len(rows) == overdue


def test_units_below_level_1_stand_in_a_part_with_what_is_to_be_mended(people: People, signed_in: SignedIn) -> None:
    waiting, accepted, _unknown = (RegisteredPledgeFactory() for _number in range(3))
    RegistrationFactory(pledge=waiting, accepted_on=None, to_mend="Two of five ambulances are missing.")
    RegistrationFactory(pledge=accepted, to_mend="Mended long ago.")
    reader = signed_in(people.reader)
    page = reader.get(reverse("readiness"))
    assert (1, f"{reverse('readiness-renewals')}?only=below") in [
        (figure["value"], figure["url"]) for figure in page.context["figures"] if "below level 1" in figure["label"]
    ]
    part = reader.get(read(reader.get(reverse("readiness-renewals"))).link("Below level 1"))
    assert [line["row"] for line in part.context["rows"]] == [waiting]
    assert "Two of five ambulances are missing." in text_of(part)
    assert "Mended long ago." not in text_of(reader.get(reverse("readiness-renewals")))
    for person in (people.drafter, people.analyst):  # what others lead is not theirs to read
        assert signed_in(person).get(f"{reverse('readiness-renewals')}?only=below").context["rows"] == []


def test_a_silent_unit_and_a_repeated_one_are_entries_like_all(people: People, signed_in: SignedIn) -> None:
    kind, long_ago = CapabilityTypeFactory(name="Level 2 hospital"), timezone.now() - timedelta(days=900)
    instants = dict.fromkeys(("created_at", "submitted_at", "registered_at", "announced_at"), long_ago)
    silent = AnnouncedPledgeFactory(capability_type=kind, conference__reporting_cycle_months=6, **instants)
    repeated = AnnouncedPledgeFactory(capability_type=kind)
    again = AnnouncedPledgeFactory(capability_type=kind, participant=repeated.participant)
    LineageFactory(earlier=repeated, later=again, kind=LineageKind.REPEATS)
    for unit in (silent, repeated, again):
        RegistrationFactory(pledge=unit)
    assert Pledge.objects.silent(on=TODAY).get() == silent
    page = signed_in(people.reader).get(reverse("readiness"))
    [row] = [*page.context["levelled"], *page.context["unlevelled"]]
    assert row.total == page.context["renewals"].live == 3
    assert signed_in(people.reader).get(row.total_url).context["found"].count == 3
    assert "silent ones too; a promise that was renewed counts with each of its pledges" in read(page).text


def test_working_lists_show_a_delegation_its_own_and_others_nothing(people: People, signed_in: SignedIn) -> None:
    fill(people, 1)
    unit = Pledge.objects.get()
    stranger = AnnouncedPledgeFactory(participant=ParticipantFactory())
    make_ready(stranger)
    DeploymentRequestFactory(pledge=stranger)
    lists = [name for name in PAGES if name not in {"readiness", "readiness-statements"}]
    for name in lists:
        assert unit.reference in text_of(signed_in(people.viewer).get(reverse(name))), name
        assert stranger.reference not in text_of(signed_in(people.viewer).get(reverse(name))), name
        for reader in (people.analyst, people.other):
            page = text_of(signed_in(reader).get(reverse(name)))
            assert unit.reference not in page, name
            assert "Nothing here" in page, name
        assert stranger.reference in text_of(signed_in(people.reader).get(reverse(name))), name
    page = signed_in(people.analyst).get(reverse("readiness"))
    assert [figure["value"] for figure in page.context["figures"]] == [0] * 7
    assert sum(row.total for row in page.context["unlevelled"] + page.context["levelled"]) == 2


def test_a_list_goes_on_after_fifty_rows_by_key(people: People, signed_in: SignedIn) -> None:
    for number in range(52):
        RegistrationFactory(pledge__participant=people.lead, received_on=date(2024, 1, 1) + timedelta(days=number),
                            acknowledged_on=None, accepted_on=None)  # fmt: skip
    reader = signed_in(people.reader)
    first = reader.get(reverse("readiness-renewals"))
    second = reader.get(first.context["pages"]["next"])
    assert (len(first.context["rows"]), len(second.context["rows"])) == (50, 2)
    dues = [line["row"].renewal_due_on for page in (first, second) for line in page.context["rows"]]
    assert dues == sorted(dues)
    back = reader.get(second.context["pages"]["previous"])
    assert [line["row"] for line in back.context["rows"]] == [line["row"] for line in first.context["rows"]]
    assert reader.get(f"{reverse('readiness-renewals')}?cursor=nonsense").status_code == 404
    assert reader.get(f"{reverse('readiness-visits')}?only=nonsense").status_code == 404
