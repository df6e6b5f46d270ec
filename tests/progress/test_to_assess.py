"""After a delegation's last word it is the Secretariat's turn, and everybody concerned is told so."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from pledges.enums import Confidence, Verdict
from pledges.filters import PledgeFilter
from pledges.models import Pledge, ProgressUpdate
from pledges.waiting import assessments
from reminders.mails import digest_line
from tests.factories import (
    AnnouncedPledgeFactory,
    AssessmentFactory,
    ConfirmedPartnerFactory,
    OfficerFactory,
    ProgressUpdateFactory,
    ProposedReportFactory,
    RecordPledgeFactory,
    RecordProgressUpdateFactory,
)
from tests.factories.pledges import SOURCE_TITLE, SOURCE_URL
from tests.pages.reading import read
from tests.progress.conftest import People, SignedIn

pytestmark = pytest.mark.django_db
SAID_AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)
FINAL = ["delivered", "will_not_deliver"]


def reported(pledge: Pledge, state: str, at: datetime = SAID_AT, **fields: Any) -> ProgressUpdate:
    """A report of that instant."""
    return ProgressUpdateFactory(
        pledge=pledge, state=state, created_at=at, happened_on=at.date(), happened_on_precision="day", **fields
    )


def found(pledge: Pledge, at: datetime, state: str = "on_track", **fields: Any) -> None:
    """An assessment of that instant by an officer."""
    AssessmentFactory(pledge=pledge, state=state, created_at=at, assessed_on=at.date(), **fields)


def waiting() -> list[tuple[str, str]]:
    """The pledges that wait for an assessment, each with the day since which it does."""
    rows = assessments(Pledge.objects.all()).order_by("since", "reference")
    return [(pledge.reference, pledge.since.isoformat()) for pledge in rows]


# --- Which ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("state", FINAL)
def test_the_last_word_waits_until_a_person_of_the_secretariat_assesses_it(state: str) -> None:
    pledge = AnnouncedPledgeFactory()
    reported(pledge, "in_progress", SAID_AT - 60 * DAY)
    found(pledge, SAID_AT - 30 * DAY)
    assert waiting() == []
    reported(pledge, state)
    assert waiting() == [(pledge.reference, "2026-03-02")]
    found(pledge, SAID_AT + DAY, "not_delivered")
    assert waiting() == []
    reported(pledge, state, SAID_AT + 2 * DAY)
    assert waiting() == [(pledge.reference, "2026-03-04")]


@pytest.mark.parametrize("judgement", ["on_track", "delayed", "partly_delivered"])
def test_where_the_secretariat_finds_that_it_has_not_ended_it_stays_its_turn(
    people: People, signed_in: SignedIn, judgement: str
) -> None:
    pledge = AnnouncedPledgeFactory(participant=people.delegation)
    reported(pledge, "delivered")
    found(pledge, SAID_AT + DAY, judgement)
    assert waiting() == [(pledge.reference, "2026-03-02")]
    pledge.refresh_from_db()
    text = read(signed_in(people.officer).get(pledge.get_absolute_url())).text
    assert f"the Secretariat found “{pledge.get_assessed_state_display()}” so far" in text
    reported(pledge, "delayed", SAID_AT + 2 * DAY)
    assert waiting() == [], "the delegation took its word back, and is asked for reports again"


def test_only_what_the_lead_reports_of_a_registered_pledge_waits() -> None:
    of_the_record = RecordPledgeFactory()
    RecordProgressUpdateFactory(pledge=of_the_record, state="delivered")
    share = ConfirmedPartnerFactory(pledge=AnnouncedPledgeFactory())
    reported(share.pledge, "delivered", partner=share)
    taken_back = AnnouncedPledgeFactory()
    reported(taken_back, "delivered")
    reported(taken_back, "delayed", SAID_AT + DAY)
    assert waiting() == []


def test_what_the_press_states_is_no_assessment() -> None:
    pledge = AnnouncedPledgeFactory()
    reported(pledge, "delivered")
    source = {"source_title": SOURCE_TITLE, "source_url": SOURCE_URL, "source_confidence": Confidence.PRESS}
    found(pledge, SAID_AT + DAY, "delivered", author=None, **source)
    assert waiting() == [(pledge.reference, "2026-03-02")]


def test_what_came_through_a_link_waits_since_it_was_confirmed() -> None:
    pledge = AnnouncedPledgeFactory()
    update = reported(pledge, "delivered")
    decided = {"verdict": Verdict.CONFIRMED, "decided_by": update.author, "decided_at": SAID_AT + 10 * DAY}
    ProposedReportFactory(link__pledge=pledge, update=update, created_at=SAID_AT, **decided)
    found(pledge, SAID_AT + 5 * DAY)
    assert waiting() == [(pledge.reference, "2026-03-12")], "nobody could assess it before it was confirmed"


# --- Who is told ------------------------------------------------------------------------------------------------------
def button(client: Client, pledge: Pledge, words: str) -> str:
    """The class of a button on the pledge's page."""
    page = read(client.get(pledge.get_absolute_url()))
    [classes] = {one.attributes.get("class", "") for one in page.elements if one.name == "a" and one.text == words}
    return classes


@pytest.mark.parametrize("state", FINAL)
def test_the_page_says_whose_turn_it_is_and_makes_it_the_next_step(
    people: People, signed_in: SignedIn, state: str
) -> None:
    pledge = AnnouncedPledgeFactory(participant=people.delegation)
    assert button(signed_in(people.drafter), pledge, "Report progress") == "button"
    reported(pledge, state)
    for person in (people.officer, people.drafter, people.viewer):
        text = read(signed_in(person).get(pledge.get_absolute_url())).text
        assert "It is the Secretariat’s turn since 2 March 2026" in text
        assert "delegation’s turn" not in text
    assert button(signed_in(people.officer), pledge, "Assess") == "button"
    assert button(signed_in(people.drafter), pledge, "Report progress") == "button quiet"
    found(pledge, SAID_AT + DAY, "delivered")
    text = read(signed_in(people.viewer).get(pledge.get_absolute_url())).text
    assert "it found “Delivered”, and an officer closes" in text
    assert button(signed_in(people.officer), pledge, "Assess") == "button quiet"


def test_the_work_page_the_list_and_the_digest_name_the_same_the_oldest_first(
    people: People, signed_in: SignedIn
) -> None:
    late, early = AnnouncedPledgeFactory(), AnnouncedPledgeFactory()
    reported(late, "delivered", SAID_AT + DAY)
    reported(early, "will_not_deliver")
    reported(AnnouncedPledgeFactory(), "in_progress")
    browser = signed_in(people.officer)
    page = browser.get(reverse("workspace"))
    shelf = page.context["secretariat"].to_assess
    assert ([row.pk for row in shelf.rows], shelf.total) == ([early.pk, late.pk], 2)
    assert "2 pledges to assess" in digest_line()
    listed = browser.get(read(page).link("2 pledges to assess")).context["found"].page.rows
    assert {row.pk for row in listed} == {early.pk, late.pk}
    assert read(page).link("2 pledges to assess") == shelf.url


@pytest.mark.parametrize(("answer", "those"), [("true", [0]), ("false", [1])])
def test_the_filter_finds_just_these_or_just_the_others(answer: str, those: list[int]) -> None:
    pledges = AnnouncedPledgeFactory.create_batch(2)
    reported(pledges[0], "delivered")
    found_ones = PledgeFilter({"to_assess": answer}, queryset=Pledge.objects.all()).qs
    assert list(found_ones) == [pledges[number] for number in those]


def test_each_axis_has_a_filter_of_its_own() -> None:
    said, found_so = AnnouncedPledgeFactory.create_batch(2)
    reported(said, "delivered")
    reported(found_so, "delayed")
    found(found_so, SAID_AT, "delivered")

    def listed(**asked: str) -> list[Pledge]:
        return list(PledgeFilter(asked, queryset=Pledge.objects.all()).qs)

    assert (listed(reported_state="delivered"), listed(assessed_state="delivered")) == ([said], [found_so])
    assert set(listed(reported_state="delivered,delayed")) == {said, found_so}


def test_readers_of_the_secretariat_see_the_shelf_and_others_nothing_of_it(people: People, signed_in: SignedIn) -> None:
    reported(AnnouncedPledgeFactory(title="Said to be done"), "delivered")
    url = reverse("workspace")
    assert "Said to be done" in read(signed_in(OfficerFactory()).get(url)).text
    assert "Said to be done" not in read(signed_in(people.drafter).get(url)).text
