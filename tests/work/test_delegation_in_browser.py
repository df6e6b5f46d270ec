"""The pages between delegations in a real browser: accessible, narrow, and finished without a script."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, Page

from accounts.models import User
from conferences.models import Conference, MembershipRole
from tests.browsing import press
from tests.factories import (
    AnnouncedPledgeFactory,
    ConferenceFactory,
    ConfirmedPartnerFactory,
    DecisionPledgeFactory,
    DraftPledgeFactory,
    HandoverFactory,
    MilestoneFactory,
    PartnerFactory,
    RegisteredPledgeFactory,
    ReturnedPledgeFactory,
    member_of,
)
from tests.look.axe import sideways_scroll, violations
from tests.work.conftest import People
from tests.work.test_work_in_browser import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LONG = "A level 2 hospital with a very long name " + "x" * 60


@pytest.fixture
def closing() -> Conference:
    """A conference that takes pledges for two days more."""
    return ConferenceFactory(window_closes_at=timezone.now() + timedelta(days=2))


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page in a browser that runs no script."""
    context = browser.new_context(java_script_enabled=False)
    yield context.new_page()
    context.close()


def addresses(people: People, conference: Conference) -> dict[str, tuple[User, str]]:
    """Return every page with what it holds at its fullest."""
    here = {"participant": people.delegation, "conference": conference, "title": LONG}
    draft = DraftPledgeFactory(**here, quantity=4, personnel=80, amount=100, currency="USD")
    HandoverFactory(pledge=draft, note="Cleared by the ministry. " * 5, author=people.drafter)
    DraftPledgeFactory(**here, description="", author=people.drafter)
    ReturnedPledgeFactory(**here)
    registered = RegisteredPledgeFactory(**here)
    DecisionPledgeFactory(pledge=registered)
    MilestoneFactory(pledge=registered, due_on=timezone.now().date() - timedelta(days=3))
    partner = PartnerFactory(pledge=draft, share_personnel=20)
    ConfirmedPartnerFactory(pledge=draft)
    PartnerFactory(pledge=draft, confirmation="declined")
    theirs = PartnerFactory(participant=people.delegation, pledge=DraftPledgeFactory(title=LONG))
    ConfirmedPartnerFactory(participant=people.delegation)
    announced = AnnouncedPledgeFactory(participant=people.delegation)
    newcomer = member_of(partner.participant, MembershipRole.APPROVER)
    code = partner.participant_id
    return {
        "desk of the drafter": (people.drafter, reverse("workspace")),
        "desk of the approver": (people.approver, reverse("workspace")),
        "first visit": (newcomer, reverse("workspace")),
        "pledge": (people.approver, draft.get_absolute_url()),
        "partners": (people.drafter, reverse("pledge-partners", args=[draft.reference])),
        "partner": (people.drafter, reverse("partner-edit", args=[draft.reference, code])),
        "invitation": (
            people.approver,
            reverse("pledge-invitation", args=[theirs.pledge.reference, people.delegation.pk]),
        ),
        "hand-over": (people.drafter, reverse("pledge-handover", args=[draft.reference])),
        "copy": (people.drafter, reverse("pledge-copy", args=[announced.reference])),
        "conference": (people.approver, reverse("conference-work", args=[conference.pk])),
        "discarding": (people.approver, reverse("conference-discard", args=[conference.pk])),
        "proposal": (people.approver, reverse("pledge-proposal", args=[registered.reference])),
        "no pledge there": (newcomer, reverse("conference-work", args=[conference.pk])),
    }


def test_every_page_is_accessible_and_fits_a_narrow_window(
    people: People, closing: Conference, browser: Browser, live_server: Any
) -> None:
    found = {}
    for name, (user, url) in addresses(people, closing).items():
        context = browser.new_context()
        page = context.new_page()
        sign_in(page, live_server, user)
        answer = page.goto(f"{live_server.url}{url}")
        assert answer
        assert answer.status == 200, name
        assert page.locator("h1").count() == 1, name
        for width in (1280, 320):
            page.set_viewport_size({"width": width, "height": 800})
            found[name, width] = [*violations(page), *(["sideways"] if sideways_scroll(page) else [])]
        context.close()
    assert {where: faults for where, faults in found.items() if faults} == {}


def test_a_refused_share_takes_the_focus_and_is_accessible(people: People, browser: Browser, live_server: Any) -> None:
    draft = DraftPledgeFactory(participant=people.delegation, quantity=4)
    other = PartnerFactory(pledge=draft).participant
    context = browser.new_context(viewport={"width": 320, "height": 800})
    page = context.new_page()
    sign_in(page, live_server, people.drafter)
    page.goto(f"{live_server.url}{reverse('pledge-partners', args=[draft.reference])}")
    page.select_option("[name=participant]", other.pk)
    page.select_option("[name=role]", "lift")
    page.fill("[name=share_quantity]", "9")
    press(page, "button >> text=Invite")
    page.wait_for_function("document.activeElement?.className == 'error-summary'")
    assert page.title().startswith("Error: ")
    assert violations(page) == []
    assert sideways_scroll(page) == 0
    context.close()


def test_a_pledge_is_made_together_and_submitted_without_scripts(
    people: People, closing: Conference, page: Page, live_server: Any
) -> None:
    draft = DraftPledgeFactory(
        participant=people.delegation, conference=closing, title="Hospital", repeats_answered_at=timezone.now()
    )
    partner_approver = people.other_approver
    partner = partner_approver.memberships.get().participant

    def opened(user: User, url: str) -> None:
        page.context.clear_cookies()
        sign_in(page, live_server, user)
        page.goto(f"{live_server.url}{url}")

    opened(people.drafter, draft.get_absolute_url())
    press(page, "text=Partners and shares")
    page.select_option("[name=participant]", partner.pk)
    page.select_option("[name=role]", "co_pledger")
    page.fill("[name=share_quantity]", "1")
    press(page, "button >> text=Invite")
    assert "is invited" in page.inner_text("[role=status]")

    opened(partner_approver, reverse("workspace"))
    press(page, "#invitations + .tasks a")
    page.fill("[name=share_quantity]", "2")
    press(page, "button >> text=Confirm our share")
    assert page.locator("h1").inner_text() == "Hospital"

    opened(people.drafter, draft.get_absolute_url())
    press(page, "text=Hand over for approval")
    page.fill("textarea[name=note]", "Both delegations agree.")
    press(page, "button >> text=It is ready for approval")

    opened(people.approver, reverse("workspace"))
    assert "Both delegations agree." in page.inner_text("#approve + .tasks")
    press(page, "#windows + .tasks a")
    page.check(f"[name=pledge][value={draft.reference}]")
    press(page, "button >> text=Submit the ticked pledges")
    assert "1 pledge is submitted." in page.inner_text("[role=status]")
    draft.refresh_from_db()
    assert (draft.status, draft.partners.get().share_quantity) == ("submitted", 2)
