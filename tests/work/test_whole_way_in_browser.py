"""One joint pledge from first draft to announcement and allocation, in a real browser, and what each reader counts.

SHOTS=folder scripts/test tests/work/test_whole_way_in_browser.py  keeps a picture of each page on the way.
"""

import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, Page

from accounts.models import User
from capabilities.models import Requirement
from pledges.enums import Status
from pledges.models import Allocation, Pledge
from tests.browsing import press
from tests.factories import ConferenceFactory, MissionFactory, RequirementFactory
from tests.work.conftest import People, edit_url
from tests.work.test_work_in_browser import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Open = Callable[[User, str], Page]


@pytest.fixture
def opened(browser: Browser, live_server: Any) -> Iterator[Open]:
    """Return a function that opens an address as somebody, in one window, and keeps a picture where that is asked."""
    context = browser.new_context()
    page, number = context.new_page(), count(1)
    folder = os.environ.get("SHOTS")
    if folder:
        page.on("load", lambda loaded: loaded.screenshot(path=Path(folder) / f"{next(number):02}.png", full_page=True))

    def open_page(user: User, url: str) -> Page:
        context.clear_cookies()
        sign_in(page, live_server, user)
        page.goto(f"{live_server.url}{url}")
        return page

    yield open_page
    context.close()


@pytest.fixture
def ask(db: None) -> Requirement:
    """An ask for eight units of a mission that runs, at a conference that takes pledges."""
    return RequirementFactory(mission=MissionFactory(), conference=ConferenceFactory())


def units_offered(people: People) -> dict[str, int]:
    """Return how many units each reader finds offered for the one ask."""
    readers = {
        "public": None,
        "delegation": people.viewer,
        "partner": people.other_approver,
        "analyst": people.analyst,
        "Secretariat": people.officer,
    }
    found = {}
    for name, user in readers.items():
        client = Client()
        if user:
            client.force_login(user)
        [row] = client.get(reverse("api-gap")).json()["results"]
        found[name] = row["offered"]
    return found


def draft(opened: Open, people: People, ask: Requirement) -> Pledge:
    """The drafter answers an open ask, invites a partner and hands the draft over."""
    page = opened(people.drafter, f"{reverse('pledge-create')}?requirement={ask.reference}")
    page.fill("[name=title]", "Level 2 hospital")
    page.fill("textarea[name=description]", "A field hospital with surgery.")
    press(page, "text=Save and continue")
    page.fill("[name=quantity]", "2")
    page.fill("[name=personnel]", "1 200")
    page.fill("[name=women]", "٣٠٠")
    press(page, "text=Save and continue")
    page.fill("[name=deliver_by_month]", "6")
    page.fill("[name=deliver_by_year]", "2031")
    press(page, "text=Save and leave")
    pledge = Pledge.objects.get()
    press(page, "text=Partners and shares")
    page.select_option("[name=participant]", people.other_approver.memberships.get().participant_id)
    page.select_option("[name=role]", "co_pledger")
    page.fill("[name=share_personnel]", "400")
    press(page, "button >> text=Invite")
    page.goto(page.url.replace("/partners/", "/hand-over/"))
    page.fill("textarea[name=note]", "The numbers are agreed.")
    press(page, "button >> text=It is ready for approval")
    return pledge


def submit(opened: Open, people: People, pledge: Pledge) -> None:
    """The approver submits what the drafter wrote."""
    page = opened(people.approver, pledge.get_absolute_url())
    press(page, "a.button >> text=Submit to the Secretariat")
    press(page, "button >> text=Submit pledge to the Secretariat")
    assert pledge.reference in page.inner_text("main")


def test_the_whole_way_of_a_joint_pledge(people: People, ask: Requirement, opened: Open) -> None:
    pledge = draft(opened, people, ask)
    page = opened(people.other_approver, reverse("workspace"))
    press(page, "#invitations + .tasks a")
    press(page, "button >> text=Confirm our share")

    page = opened(people.approver, edit_url(pledge, "outcome"))
    page.fill("textarea[name=intended_outcome]", "Surgery within an hour of injury.")
    press(page, "text=Save and leave")
    submit(opened, people, pledge)
    assert set(units_offered(people).values()) == {0}, "What is not registered counts nowhere."

    page = opened(people.officer, reverse("review-pledge", args=[pledge.reference]))
    page.fill("[name=note_title]", "Name the level of the hospital and its mission.")
    press(page, "button >> text=Return, open the next")
    page = opened(people.approver, edit_url(pledge, "what"))
    assert "Name the level of the hospital and its mission." in page.inner_text("main")
    page.fill("[name=title]", f"Level 2 hospital for {ask.mission_id}")
    press(page, "text=Save and leave")
    submit(opened, people, pledge)

    page = opened(people.officer, reverse("review-pledge", args=[pledge.reference]))
    assert f"for {ask.mission_id}" in page.inner_text("main"), "What changed since the last version stands on top."
    press(page, "button >> text=Register, open the next")
    embargoed = {"public": 0, "delegation": 2, "partner": 2, "analyst": 0, "Secretariat": 2}
    assert units_offered(people) == embargoed

    page = opened(people.officer, pledge.get_absolute_url())
    press(page, "a.button >> text=Propose to announce")
    press(page, "button >> text=Propose to announce 1 pledge")
    assert units_offered(people) == embargoed, "One person alone announces nothing."
    page = opened(people.manager, pledge.get_absolute_url())
    press(page, "text=See the decision")
    press(page, "button >> text=Confirm: announce 1 pledge")
    assert set(units_offered(people).values()) == {2}

    page = opened(people.officer, f"{reverse('pledge-allocate', args=[pledge.reference])}?requirement={ask.reference}")
    page.fill("[name=quantity]", "3")
    page.fill("textarea[name=reason]", "Type, mission and date fit.")
    press(page, "button >> text=Count them")
    assert "Enter a number from 1 to 2" in page.inner_text(".error-summary")
    page.fill("[name=quantity]", "2")
    press(page, "button >> text=Count them")
    assert Allocation.objects.values_list("pledge", "requirement", "quantity").get() == (pledge.pk, ask.pk, 2)
    pledge.refresh_from_db()
    assert (pledge.status, pledge.partners.get().confirmation) == (Status.REGISTERED, "confirmed")
    steps = list(pledge.status_changes.values_list("action", flat=True))
    assert steps == ["submit", "return", "submit", "register", "announce"]
