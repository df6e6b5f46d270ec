"""Several reports in one table: only what is filled in is stored, all or none, and nothing typed is lost."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from pledges.enums import EventKind, Status
from pledges.models import Pledge, ProgressUpdate
from pledges.work.reports import ROWS
from tests.factories import (
    ConferenceFactory,
    DraftPledgeFactory,
    ProgressUpdateFactory,
    RecordPledgeFactory,
    RegisteredPledgeFactory,
)
from tests.progress.conftest import People, SignedIn

pytestmark = pytest.mark.django_db
URL = "/work/reports/"


@pytest.fixture
def owed(people: People) -> list[Pledge]:
    """Three pledges on which reports are owed, the first due first."""
    conference = ConferenceFactory(reporting_cycle_months=6)
    days = (datetime(2025, month, 1, 9, tzinfo=UTC) for month in (5, 6, 7))
    return [
        RegisteredPledgeFactory(participant=people.delegation, conference=conference, registered_at=day) for day in days
    ]


def sent(page: Any) -> dict[str, Any]:
    """Return what a browser sends back of the table, unchanged."""
    data: dict[str, Any] = {"row": [row.pledge.reference for row in page.context["rows"]]}
    for row in page.context["rows"]:
        state = row["state"].value()
        data |= {f"{row.prefix}-state": state, f"initial-{row.prefix}-state": state}
        data |= {f"{row.prefix}-{name}": "" for name in ("delivered_quantity", "expected_on", "text")}
    return data


def test_the_table_lists_what_is_owed_the_first_due_on_top(
    people: People, owed: list[Pledge], signed_in: SignedIn
) -> None:
    RegisteredPledgeFactory()
    DraftPledgeFactory(participant=people.delegation)
    RecordPledgeFactory(participant=people.delegation)
    ProgressUpdateFactory(
        pledge=RegisteredPledgeFactory(participant=people.delegation), state="delivered"
    )  # reported as done
    page = signed_in(people.drafter).get(URL)
    shown = [row.pledge.reference for row in page.context["rows"]]
    assert set(shown) == {pledge.reference for pledge in owed}
    days = [row.pledge.report_due_on for row in page.context["rows"]]
    assert days == sorted(days)
    assert URL in signed_in(people.drafter).get(reverse("workspace")).content.decode()


def test_only_rows_that_are_filled_in_are_stored(people: People, owed: list[Pledge], signed_in: SignedIn) -> None:
    browser = signed_in(people.drafter)
    ProgressUpdateFactory(pledge=owed[1], state="planning", happened_on=timezone.localdate() - timedelta(days=300))
    first, second, _third = owed
    day = timezone.localdate() + timedelta(days=60)
    said = sent(browser.get(URL)) | {
        f"{first.reference}-state": "in_progress",
        f"{first.reference}-delivered_quantity": "٣",
        f"{first.reference}-expected_on": f"{day.day} {day.month} {day.year}",
        f"{first.reference}-text": "Half is there.",
        f"{second.reference}-no_change": "on",
    }
    page = browser.post(URL, said, follow=True)
    assert "2 reports are recorded." in page.content.decode()
    one = ProgressUpdate.objects.get(pledge=first)
    assert (one.state, one.delivered_quantity, one.expected_on, one.text) == ("in_progress", 3, day, "Half is there.")
    two = ProgressUpdate.objects.filter(pledge=second).latest("pk")
    assert (two.kind, two.state, two.author) == (EventKind.NO_CHANGE, "planning", people.drafter)
    assert ProgressUpdate.objects.count() == 3


def test_no_change_of_what_nobody_reported_on_yet_is_neither_offered_nor_taken(
    people: People, owed: list[Pledge], signed_in: SignedIn
) -> None:
    browser = signed_in(people.drafter)
    ProgressUpdateFactory(pledge=owed[0], state="planning", happened_on=timezone.localdate() - timedelta(days=300))
    page = browser.get(URL)
    offered = [f"{pledge.reference}-no_change" in page.content.decode() for pledge in owed]
    assert offered == [True, False, False]
    text = browser.post(URL, sent(page) | {f"{owed[1].reference}-no_change": "on"}).content.decode()
    assert f"{owed[1].reference}: Choose how the pledge stands." in text
    assert ProgressUpdate.objects.count() == 1


def test_more_than_was_pledged_is_asked_about_in_its_row(
    people: People, owed: list[Pledge], signed_in: SignedIn
) -> None:
    browser, reference = signed_in(people.drafter), owed[0].reference
    said = sent(browser.get(URL)) | {f"{reference}-state": "delivered", f"{reference}-delivered_quantity": "5"}
    text = browser.post(URL, said).content.decode()
    assert f"{reference}: More than was pledged, 4 units: correct the number, or tick that it is right." in text
    assert not ProgressUpdate.objects.exists()
    browser.post(URL, said | {f"{reference}-is_more": "on"})
    assert ProgressUpdate.objects.get().delivered_quantity == 5


def test_an_untouched_row_stores_nothing_though_somebody_reported_in_between(
    people: People, owed: list[Pledge], signed_in: SignedIn
) -> None:
    browser = signed_in(people.drafter)
    said = sent(browser.get(URL))
    ProgressUpdateFactory(pledge=owed[0], state="delayed")
    page = browser.post(URL, said, follow=True)
    assert "No row was filled in." in page.content.decode()
    assert ProgressUpdate.objects.count() == 1


def test_a_wrong_row_is_named_nothing_is_stored_and_nothing_is_lost(
    people: People, owed: list[Pledge], signed_in: SignedIn
) -> None:
    browser = signed_in(people.drafter)
    first, second, third = (pledge.reference for pledge in owed)
    said = sent(browser.get(URL)) | {
        f"{first}-state": "delayed",
        f"{first}-text": "Words kept",
        f"{second}-delivered_quantity": "many",
        f"{third}-no_change": "on",
        f"{third}-expected_on": "1 1 2020",
    }
    page = browser.post(URL, said)
    text = page.content.decode()
    assert "Nothing is stored yet" in text
    assert f"{second}: Enter a whole number in digits" in text
    assert f"{second}: Choose how the pledge stands." in text
    assert f"{third}: Enter a day that has not passed" in text
    assert f"{third}: Leave this empty: the row says what changed." in text
    for kept in ("Words kept", "many", "1 1 2020"):
        assert kept in text
    assert not ProgressUpdate.objects.exists()


def test_words_for_a_pledge_that_closed_meanwhile_are_shown_and_nothing_is_stored(
    people: People, owed: list[Pledge], signed_in: SignedIn
) -> None:
    browser = signed_in(people.drafter)
    first, second, _third = owed
    said = sent(browser.get(URL)) | {f"{first.reference}-text": "Words kept", f"{second.reference}-state": "delayed"}
    at = timezone.now()
    Pledge.objects.filter(pk=first.pk).update(status=Status.CLOSED, outcome="delivered", closed_at=at)
    text = browser.post(URL, said).content.decode()
    assert f"{first.reference} takes no report from you any more. You typed: Words kept." in text
    assert not ProgressUpdate.objects.exists()


def test_rows_of_others_are_no_rows(people: People, owed: list[Pledge], signed_in: SignedIn) -> None:
    others = RegisteredPledgeFactory()
    said = {"row": [others.reference], f"{others.reference}-state": "delivered", f"{others.reference}-text": "Canary"}
    page = signed_in(people.drafter).post(URL, said)
    assert page.context["rows"] == []
    assert others.title not in page.content.decode()
    assert not ProgressUpdate.objects.exists()


def test_a_row_with_a_zero_byte_is_like_an_unknown_one(people: People, owed: list[Pledge], signed_in: SignedIn) -> None:
    assert signed_in(people.drafter).post(URL, {"row": ["\0"]}).status_code == 302


def test_who_does_not_write_gets_no_table(people: People, signed_in: SignedIn) -> None:
    assert signed_in(people.viewer).get(URL).status_code == 403
    assert signed_in(people.officer).get(URL).status_code == 403


@pytest.mark.parametrize("count", [1, 5])
def test_the_table_asks_the_same_number_of_queries(
    people: People, signed_in: SignedIn, django_assert_num_queries: Any, count: int
) -> None:
    RegisteredPledgeFactory.create_batch(count, participant=people.delegation)
    browser = signed_in(people.drafter)
    with django_assert_num_queries(4):  # session, user, may this person write, page
        page = browser.get(URL)
    assert len(page.context["rows"]) == count


def test_a_page_holds_fifty_rows_and_the_next_leads_on(people: People, signed_in: SignedIn) -> None:
    RegisteredPledgeFactory.create_batch(ROWS + 1, participant=people.delegation)
    browser = signed_in(people.drafter)
    page = browser.get(URL)
    assert len(page.context["rows"]) == ROWS
    after = browser.get(URL + page.context["next_url"])
    assert len(after.context["rows"]) == 1
    assert browser.get(URL, {"cursor": "nonsense"}).status_code == 302
