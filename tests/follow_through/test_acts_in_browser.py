"""The follow-through pages in a real browser: accessible, narrow, and finished without a script."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Browser

from accounts.models import MailLanguage
from conferences.models import MembershipRole
from pledges.models import Pledge
from pledges.querysets import today
from reminders.models import Delivery, ReminderItem, Undeliverable
from tests import factories as make
from tests.browsing import press
from tests.look.axe import sideways_scroll, violations
from tests.work.test_work_in_browser import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ACT = reverse("follow-through-act")


@pytest.fixture
def late(announced: Any) -> list[Pledge]:
    """Two late pledges of a delegation with a writer who reads Arabic, an approver, and one whom no mail reaches."""
    first = announced(300)
    second = announced(200, participant=first.participant, conference=first.conference)
    writer = make.member_of(first.participant, MembershipRole.DRAFTER)
    writer.language = MailLanguage.ARABIC
    writer.save()
    make.member_of(first.participant, MembershipRole.APPROVER)
    broken = make.member_of(first.participant, MembershipRole.DRAFTER)
    Undeliverable.objects.create(user=broken, address=broken.email, kind=Delivery.BOUNCED)
    make.MilestoneFactory(pledge=second, due_on=today() - timedelta(days=4))
    return [first, second]


def address(act: str, pledges: list[Pledge]) -> str:
    """The page on which something is done with these pledges."""
    return f"{ACT}?act={act}" + "".join(f"&pledge={pledge.reference}" for pledge in pledges)


def test_every_page_is_accessible_and_fits_a_narrow_window(
    late: list[Pledge], browser: Browser, live_server: Any
) -> None:
    page = browser.new_context().new_page()
    sign_in(page, live_server, make.ManagerFactory())
    acts = ("remind", "pause", "put-off", "assess", "close")
    urls = [reverse("follow-through"), *(address(act, late) for act in acts)]
    found = {}
    for url in urls:
        page.goto(f"{live_server.url}{url}")
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        assert page.locator("h1").count() == 1, url
        for width in (1280, 320):
            page.set_viewport_size({"width": width, "height": 800})
            found[url, width] = [*violations(page), *(["sideways"] if sideways_scroll(page) else [])]
    page.get_by_label("Delivered", exact=True).check()
    page.get_by_label("Why?").fill("It is there.")
    page.get_by_label("Type how many pledges end, 2, to confirm").fill("2")
    press(page, page.get_by_role("button", name="Close", exact=True).first)
    assert page.locator(".chosen .error").count() == 2
    assert page.get_by_label("Why?").input_value() == "It is there."
    found["refused", 320] = violations(page)
    assert {where: faults for where, faults in found.items() if faults} == {}


def test_without_a_script_another_person_is_chosen_and_reminded(
    late: list[Pledge], browser: Browser, live_server: Any
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, live_server, make.OfficerFactory())
    page.goto(f"{live_server.url}{address('remind', late)}")
    approver = late[0].participant.memberships.get(role=MembershipRole.APPROVER).user
    page.get_by_role("checkbox", name=str(approver)).check()
    press(page, page.get_by_role("button", name=f"Show the text ({approver})"))
    assert page.get_by_role("heading", name=f"What {approver} gets").is_visible()
    assert page.get_by_role("checkbox", name=str(approver)).is_checked()
    assert not ReminderItem.objects.exists()
    press(page, page.get_by_role("button", name="Remind now"))
    assert ": 2 pledges (" in page.locator("body").inner_text()
    assert approver.pk in ReminderItem.objects.values_list("recipient", flat=True)
