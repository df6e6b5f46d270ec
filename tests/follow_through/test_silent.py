"""Silent: a whole cycle without a report. A class of its own, outside the headline numbers, back on a report."""

from collections.abc import Callable
from datetime import date, timedelta
from itertools import product

import pytest
from django.test import Client
from django.urls import reverse

from capabilities.models import Requirement
from conferences.models import MembershipRole
from dashboards.conference import states_finding
from pledges import figures
from pledges.enums import AssessedState, KnownState, ReportedState
from pledges.models import Pledge
from pledges.querysets import today
from tests import factories as make
from tests.follow_through.conftest import at_nine
from tests.pages.reading import figures as numbers
from tests.pages.reading import read
from tests.pages.world import World, build

pytestmark = pytest.mark.django_db
Announced = Callable[..., Pledge]


def silent(on: date) -> set[Pledge]:
    return set(Pledge.objects.silent(on=on))


def test_a_pledge_is_silent_half_a_cycle_after_a_due_day_without_report() -> None:
    pledge = make.AnnouncedPledgeFactory(conference__reporting_cycle_months=6)  # announced on 13 May 2025
    due = date(2025, 11, 13)
    assert silent(due + timedelta(days=89)) == set()
    assert silent(due + timedelta(days=90)) == {pledge}


def test_a_report_brings_it_back_and_the_next_cycle_runs() -> None:
    pledge = make.AnnouncedPledgeFactory(conference__reporting_cycle_months=6)
    make.ProgressUpdateFactory(pledge=pledge, happened_on=date(2026, 8, 1), state=ReportedState.DELAYED)
    assert silent(date(2026, 8, 2)) == set()
    assert silent(date(2027, 2, 10)) == set()  # due on 13 November: 90 days after it are not over
    assert silent(date(2027, 2, 11)) == {pledge}


@pytest.mark.parametrize("state", list(AssessedState))
def test_what_is_found_finished_is_never_silent(state: AssessedState, announced: Announced) -> None:
    pledge = announced(200)
    make.AssessmentFactory(pledge=pledge, state=state)
    unfinished = {AssessedState.ON_TRACK, AssessedState.DELAYED, AssessedState.PARTLY_DELIVERED}
    assert silent(today()) == ({pledge} if state in unfinished else set())


def test_the_public_record_drafts_and_closed_pledges_are_never_silent() -> None:
    cycle = {"conference__reporting_cycle_months": 1}
    make.RecordPledgeFactory(**cycle)
    make.DraftPledgeFactory(**cycle)
    make.ClosedPledgeFactory(**cycle)
    assert silent(today()) == set()


def test_silent_and_not_silent_are_all(announced: Announced) -> None:
    announced(200), announced(3), make.DraftPledgeFactory(), make.RecordPledgeFactory()
    rows = Pledge.objects.all()
    assert rows.silent(on=today()).count() + rows.not_silent(on=today()).count() == rows.count() == 4


def test_silence_is_the_known_state_whatever_was_said_before(announced: Announced) -> None:
    pledge = announced(200)
    make.ProgressUpdateFactory(pledge=pledge, happened_on=today() - timedelta(days=150), state=ReportedState.DELAYED)
    assert Pledge.objects.with_known_state().get().known_state == KnownState.SILENT
    make.ProgressUpdateFactory(pledge=pledge, happened_on=today(), state=ReportedState.DELAYED)
    assert Pledge.objects.with_known_state().get().known_state == KnownState.DELAYED


def test_the_filter_and_the_known_state_call_the_same_pledges_silent(announced: Announced) -> None:
    cycle = {"conference__reporting_cycle_months": 1}
    late, recent = announced(200), announced(3)
    make.RecordPledgeFactory(**cycle), make.DraftPledgeFactory(**cycle), make.ClosedPledgeFactory(**cycle)
    seen = set()
    for assessed, reported in product(["", *AssessedState], ["", *ReportedState]):
        said = {"assessed_state": assessed, "reported_state": reported}
        Pledge.objects.filter(pk__in=[late.pk, recent.pk]).update(**said)
        found = silent(today())
        assert found == set(Pledge.objects.with_known_state().filter(known_state=KnownState.SILENT)), said
        seen.add(frozenset(found))
    assert seen == {frozenset(), frozenset({late})}


def test_headline_numbers_leave_it_out_and_say_how_many(announced: Announced) -> None:
    lost = announced(200, deliver_by=date(2027, 1, 1), deliver_by_precision="day")
    make.AssessmentFactory(pledge=lost, state=AssessedState.PARTLY_DELIVERED)
    announced(3, conference=lost.conference)
    summary = figures.summary(Pledge.objects.all())
    assert (summary.pledges, summary.silent, summary.in_record, summary.delivered, summary.dated) == (1, 1, 2, 0, 0)
    row = figures.by_conference(Pledge.objects.all())[lost.conference_id]
    assert (row.pledges, row.silent, row.verified, row.delivered) == (1, 1, 0, 0)
    assert figures.by_known_state(Pledge.objects.all())[KnownState.SILENT] == 1


@pytest.mark.parametrize(
    ("states", "finding"),
    [
        ({"silent": 6, "delivered": 4}, "Most pledges went silent for a whole cycle"),
        ({"silent": 3, "unknown": 3, "delivered": 4}, "Nothing, or nothing recent, was reported on most pledges"),
        ({"unknown": 6, "delivered": 4}, "Most pledges were never publicly reported on"),
        ({"unknown": 5, "silent": 0, "under_way": 5}, "Half of the pledges or more were publicly reported on"),
    ],
)
def test_the_finding_over_the_bar_fits_it(states: dict[str, int], finding: str) -> None:
    assert states_finding(states, 10) == finding


def test_in_the_gap_it_is_no_offer_but_stands_beside(announced: Announced) -> None:
    ask = make.RequirementFactory(mission=make.MissionFactory(), quantity=5)
    offer = {"capability_type": ask.capability_type, "missions": [ask.mission]}
    for days, quantity in ((200, 3), (3, 2)):
        announced(days, quantity=quantity, conference__starts_on=date(2026, 1, 1),
                  conference__ends_on=date(2026, 1, 2), **offer)  # fmt: skip
    (row,) = figures.gap(Requirement.objects.all(), Pledge.objects.all())
    assert (row.offered, row.silent, row.missing) == (2, 3, 3)


@pytest.fixture
def world_with_silence(announced: Announced) -> World:
    """The small world, with pledges that went silent in its conferences, one of them towards an ask."""
    world = build()
    for conference in (world.seoul, world.berlin):
        conference.reporting_cycle_months = 1
        conference.save()
        for participant in (world.alpha, world.gamma):
            announced(200, conference=conference, participant=participant, quantity=2,
                      capability_type=world.hospital.capability_type, missions=[world.unmiss])  # fmt: skip
    return world


@pytest.mark.parametrize("reader", ["visitor", "delegation", "officer"])
def test_every_number_opens_exactly_its_rows(world_with_silence: World, client: Client, reader: str) -> None:
    world = world_with_silence
    if reader != "visitor":
        member = make.member_of(world.alpha, MembershipRole.VIEWER) if reader == "delegation" else make.OfficerFactory()
        client.force_login(member)
    pages = [reverse(name) for name in ("home", "conference-list", "participant-list")]
    pages += [reverse("follow-through-rates")] if reader == "officer" else []
    pages += [row.get_absolute_url() for row in (world.seoul, world.berlin, world.alpha, world.gamma)]
    silent_ones = 0
    for page in pages:
        for address, number in numbers(read(client.get(page)), reverse("pledge-list")):
            assert client.get(address).context["found"].count == number, (page, address)
            silent_ones += number if "silent=true" in address else 0
    assert silent_ones > 0
    for line in (one for group in client.get(reverse("gap")).context["stated"] for one in group["lines"]):
        rows = client.get(line["silent_url"]).context["found"].page.rows
        assert line["row"].silent == sum(row.quantity for row in rows)


def test_the_api_gives_the_class_and_the_filters(announced: Announced, client: Client) -> None:
    lost, heard = announced(200), announced(3)
    record = make.RecordPledgeFactory(conference=lost.conference)
    make.RecordProgressUpdateFactory(pledge=record)

    def found(query: str) -> dict[str, str]:
        rows = client.get(f"{reverse('api-pledges')}?{query}").json()["results"]
        return {row["reference"]: row["known_state"] for row in rows}

    assert found("silent=true") == found("known_state=silent") == {lost.reference: "silent"}
    assert set(found("silent=false")) == {heard.reference, record.reference}
    assert set(found("from_record=true")) == set(found("updated=true")) == {record.reference}


def test_the_day_on_which_cycles_turn_is_the_same_for_all_readers(announced: Announced) -> None:
    from django.utils import timezone

    announced(200)
    with timezone.override("Pacific/Kiritimati"):
        far_east = today()
    with timezone.override("Pacific/Pago_Pago"):
        assert today() == far_east == timezone.now().astimezone(at_nine(date(2026, 1, 1)).tzinfo).date()
