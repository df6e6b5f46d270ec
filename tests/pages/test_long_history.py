"""A pledge that was saved very often: its history is told fifty entries at a time, whatever its length."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from conferences.models import MembershipRole
from pledges.models import Pledge
from pledges.services import edit_pledge
from tests.factories import DraftPledgeFactory, MissionFactory, member_of

pytestmark = pytest.mark.django_db
EDITS = 120


def saved(pledge: Pledge, by: Any, titles: list[str]) -> Pledge:
    """Save a draft once for each title."""
    for title in titles:
        pledge = edit_pledge(pledge=pledge, content={"title": title}, version=pledge.version, by=by, at=timezone.now())
    return pledge


@pytest.fixture
def drafter(db: None) -> Any:
    """Somebody who drafts."""
    draft = DraftPledgeFactory()
    return member_of(draft.participant, MembershipRole.DRAFTER)


@pytest.fixture
def browser(drafter: Any) -> Client:
    """Their browser."""
    client = Client()
    client.force_login(drafter)
    return client


@pytest.fixture
def often(drafter: Any) -> Pledge:
    """A draft that was saved very often."""
    draft = DraftPledgeFactory(participant=drafter.memberships.get().participant)
    return saved(draft, drafter, [f"Title {number}" for number in range(EDITS)])


def events_read(browser: Client, url: str) -> tuple[int, Any]:
    """Return how many queries read the history of the pledge, and the page."""
    with CaptureQueriesContext(connection) as asked:
        page = browser.get(url)
    return sum('FROM "pledges_pledgeevent"' in query["sql"] for query in asked.captured_queries), page


def test_the_page_of_a_pledge_tells_fifty_entries_at_a_time(browser: Client, often: Pledge) -> None:
    url, told = often.get_absolute_url(), []
    for number, shown in ((1, 50), (2, 50), (3, 20)):
        queries, page = events_read(browser, f"{url}?show=edit&page={number}")
        assert queries == 2
        assert len(page.context["entries"]) == shown
        told += [entry["anchor"] for entry in page.context["entries"]]
    assert len(set(told)) == EDITS
    assert "Entries 101 to 120 of 120" in page.content.decode()
    assert [kind["count"] for kind in page.context["kinds"] if kind["url"].startswith("?show=edit")] in ([], [EDITS])
    for strange in ("0", "999999999999", "x"):
        assert browser.get(f"{url}?page={strange}").status_code == 200


def test_an_edit_of_missions_alone_is_told(browser: Client, drafter: Any, often: Pledge) -> None:
    edit_pledge(
        pledge=often, content={"missions": [MissionFactory()]}, version=often.version, by=drafter, at=timezone.now()
    )
    first = browser.get(often.get_absolute_url()).context["entries"][0]
    assert (first["title"], first["text"]) == ("Edited", "")


def test_fifty_versions_are_listed_and_every_pair_is_compared(browser: Client, often: Pledge) -> None:
    url = reverse("pledge-versions", args=[often.reference])
    page = browser.get(url)
    numbers = [version.number for version in page.context["versions"]]
    assert numbers == list(range(often.version - 49, often.version + 1))
    assert (page.context["earlier"].number, page.context["later"].number) == (often.version - 1, often.version)
    older = browser.get(page.context["pages"]["next"])
    assert [version.number for version in older.context["versions"]][-1] == often.version - 50
    assert older.context["later"].number == often.version - 50
    first = browser.get(f"{url}?from=1&to={often.version}")
    (title,) = (one for one in first.context["differences"] if one.name == "title")
    assert title.after == f"Title {EDITS - 1}"
    assert first.context["earlier"].what == "Drafted"
    for strange in (f"to={often.version + 1}", "from=x", "upto=-1", "to=0"):
        assert browser.get(f"{url}?{strange}").status_code == 404
    assert browser.get(f"{url}?upto={often.version + 1000}").context["upto"] == often.version
