"""By keyboard alone, in a real browser: from signing in to the submission, and the review of what was submitted."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, Page

from pledges.enums import Status
from pledges.models import Pledge
from tests.factories import DraftPledgeFactory, SubmittedPledgeFactory
from tests.work.conftest import People
from tests.work.test_work_in_browser import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MOST = 150  # times Tab on the way to a place of a page
PASSWORD = "a long enough password"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page whose mouse nobody touches."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


def go_to(page: Page, selector: str) -> None:
    """Press Tab until the focus is where the selector says."""
    wanted = page.locator(selector).first
    for _ in range(MOST):
        if wanted.evaluate("place => place === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"Tab does not lead to {selector}.")


def write(page: Page, selector: str, text: str) -> None:
    """Go to a box and write over what it says."""
    go_to(page, selector)
    page.keyboard.press("Control+a")
    page.keyboard.type(text)


def follow(page: Page, selector: str, key: str = "Enter") -> None:
    """Go to a link or button and press it; return once the next page is there."""
    go_to(page, selector)
    press_key(page, key)


def press_key(page: Page, key: str) -> None:
    """Press a key that leads to another page, and return once that is there."""
    with page.expect_navigation():
        page.keyboard.press(key)


def access_key(page: Page, letter: str) -> None:
    """Press Alt and a letter, and return once the next page is there.

    Told to the browser itself: `keyboard.press` leaves out the letter that it looks for.
    """
    session = page.context.new_cdp_session(page)
    key = {"modifiers": 1, "key": letter, "code": f"Key{letter.upper()}", "windowsVirtualKeyCode": ord(letter.upper())}
    with page.expect_navigation():
        session.send("Input.dispatchKeyEvent", {"type": "keyDown", "unmodifiedText": letter, **key})
    session.send("Input.dispatchKeyEvent", {"type": "keyUp", **key})


def test_a_draft_is_opened_filled_in_saved_and_submitted(people: People, page: Page, live_server: Any) -> None:
    people.approver.set_password(PASSWORD)
    people.approver.save()
    draft = DraftPledgeFactory(participant=people.delegation, title="", repeats_answered_at=timezone.now())

    page.goto(f"{live_server.url}{reverse('sign-in')}?next={reverse('workspace')}")
    write(page, "[name=login]", people.approver.username)
    write(page, "[name=password]", PASSWORD)
    press_key(page, "Enter")
    follow(page, f"main a[href*='{draft.reference}']")
    if not page.locator("[name=title]").count():
        follow(page, f"main a[href^='{reverse('pledge-edit', args=[draft.reference])}']")
    write(page, "[name=title]", "Level 2 hospital")
    follow(page, "button >> text=Save and check the answers", "Space")
    draft.refresh_from_db()
    assert (draft.title, draft.status) == ("Level 2 hospital", Status.DRAFT)
    follow(page, "button >> text=Submit pledge to the Secretariat")
    draft.refresh_from_db()
    assert draft.status == Status.SUBMITTED
    assert draft.reference in page.inner_text("main")


def test_an_officer_leaves_returns_and_registers_by_access_keys(people: People, page: Page, live_server: Any) -> None:
    first, second = (
        SubmittedPledgeFactory(participant=people.delegation, submitted_at=timezone.now() - timedelta(days=days))
        for days in (30, 20)  # the longest submitted is due first
    )

    def of(pledge: Pledge) -> str:
        return f"{live_server.url}{reverse('review-pledge', args=[pledge.reference])}"

    sign_in(page, live_server, people.officer)
    page.goto(f"{live_server.url}{reverse('review-queue')}")
    access_key(page, "n")
    assert page.url == of(first)
    access_key(page, "n")
    assert page.url == of(second)
    write(page, "[name=note_title]", "Name the level of the hospital.")
    access_key(page, "t")
    assert page.url == of(first), "What was left is next."
    access_key(page, "r")
    for pledge in (first, second):
        pledge.refresh_from_db()
    assert (first.status, second.status) == (Status.REGISTERED, Status.RETURNED)
    assert second.review_notes.get().text == "Name the level of the hospital."
