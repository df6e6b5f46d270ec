"""The pages of the write path in a real browser: accessible, narrow, and finished without a script."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, Page

from accounts.models import User
from pledges.enums import Status
from pledges.form_steps import STEP
from pledges.models import Pledge
from pledges.transitions import apply_transition
from reminders.models import Reminder
from tests.browsing import press
from tests.factories import (
    DecisionPledgeFactory,
    DraftPledgeFactory,
    MilestoneFactory,
    MissionFactory,
    ProgressUpdateFactory,
    RegisteredPledgeFactory,
    ReturnedPledgeFactory,
    SubmittedPledgeFactory,
)
from tests.look.axe import sideways_scroll, violations
from tests.work.conftest import People, edit_url, step_url

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page in a browser that runs no script of ours or anybody's."""
    context = browser.new_context(java_script_enabled=False)
    yield context.new_page()
    context.close()


def sign_in(page: Page, live_server: Any, user: User) -> None:
    """Put somebody's session into the browser."""
    client = Client()
    client.force_login(user)
    value = client.cookies["session"].value
    page.context.add_cookies([{"name": "session", "value": value, "url": live_server.url}])


@pytest.fixture
def opened(page: Page, live_server: Any) -> Callable[[User, str], Page]:
    """Return a function that opens an address as somebody."""

    def open_page(user: User, url: str) -> Page:
        sign_in(page, live_server, user)
        page.goto(f"{live_server.url}{url}")
        return page

    return open_page


def addresses(people: People) -> dict[str, tuple[User, str]]:
    """Return every page of the path with what it holds at its fullest."""
    draft = DraftPledgeFactory(
        participant=people.delegation, title="", author=people.drafter, missions=[MissionFactory()]
    )
    ReturnedPledgeFactory(participant=people.delegation)
    submitted = SubmittedPledgeFactory(participant=people.delegation, title="Hospital " + "x" * 80)
    sent = DraftPledgeFactory(participant=people.delegation)
    apply_transition("submit", pledge=sent, by=people.approver, at=timezone.now())
    registered = RegisteredPledgeFactory(participant=people.delegation)
    step = MilestoneFactory(pledge=registered, due_on=timezone.now().date())
    ProgressUpdateFactory(pledge=registered)
    decision = DecisionPledgeFactory().decision
    reminder = Reminder.objects.create(
        recipient=people.drafter,
        owed_on=timezone.now().date(),
        message_id="<a@b>",
        error="450 x",
    )
    return {
        "sign-in": (people.drafter, "/sign-in/?next=/work/"),
        "new": (people.drafter, reverse("pledge-create")),
        "edit": (people.approver, edit_url(draft)),
        **{f"edit {step}": (people.approver, edit_url(draft, step)) for step in STEP},
        "check": (people.drafter, reverse("pledge-check", args=[draft.reference])),
        "receipt": (people.drafter, reverse("pledge-receipt", args=[sent.reference])),
        "missing": (people.approver, step_url(draft, "submit")),
        "return": (people.officer, step_url(submitted, "return")),
        "register": (people.officer, step_url(submitted, "register")),
        "queue": (people.officer, reverse("review-queue")),
        "review": (people.officer, reverse("review-pledge", args=[submitted.reference])),
        "notes": (people.officer, reverse("pledge-notes", args=[submitted.reference])),
        "versions": (people.officer, reverse("pledge-versions", args=[submitted.reference])),
        "merge": (people.officer, f"{reverse('pledge-merge', args=[submitted.reference])}?with={registered.reference}"),
        "duplicate": (people.officer, reverse("pledge-merge", args=[registered.reference])),
        "withdraw": (people.approver, step_url(registered, "withdraw")),
        "allocate": (people.officer, reverse("pledge-allocate", args=[registered.reference])),
        "scope": (people.manager, reverse("decision-propose")),
        "announce": (people.manager, f"{reverse('decision-propose')}?conference={registered.conference_id}"),
        "decisions": (people.officer, reverse("decision-list")),
        "decision": (people.manager, reverse("decision-detail", args=[decision.pk])),
        "close": (people.officer, step_url(registered, "close")),
        "report": (people.drafter, f"{reverse('pledge-report', args=[registered.reference])}?milestone={step.pk}"),
        "milestone": (people.drafter, reverse("milestone-create", args=[registered.reference])),
        "delegation": (people.drafter, reverse("workspace")),
        "secretariat": (people.officer, reverse("workspace")),
        "analyst": (people.analyst, reverse("workspace")),
        "mail": (people.officer, reverse("mail-list")),
        "message": (people.officer, reverse("mail-detail", args=[reminder.pk])),
    }


def test_every_page_is_accessible_and_fits_a_narrow_window(people: People, browser: Browser, live_server: Any) -> None:
    found = {}
    for name, (user, url) in addresses(people).items():
        context = browser.new_context()
        page = context.new_page()
        if name != "sign-in":
            sign_in(page, live_server, user)
        page.goto(f"{live_server.url}{url}")
        assert page.locator("h1").count() == 1, name
        for width in (1280, 320):
            page.set_viewport_size({"width": width, "height": 800})
            found[name, width] = [*violations(page), *(["sideways"] if sideways_scroll(page) else [])]
        context.close()
    assert {where: faults for where, faults in found.items() if faults} == {}


def test_errors_are_accessible_and_take_the_focus(people: People, browser: Browser, live_server: Any) -> None:
    context = browser.new_context()
    page = context.new_page()
    sign_in(page, live_server, people.drafter)
    pledge = DraftPledgeFactory(participant=people.delegation)
    page.goto(f"{live_server.url}{edit_url(pledge)}")
    page.fill("[name=quantity]", "a few")
    page.fill("[name=deliver_by_day]", "31")
    page.fill("[name=deliver_by_month]", "6")
    page.fill("[name=deliver_by_year]", "2027")
    press(page, "text=Save and check the answers")
    page.wait_for_function("document.activeElement?.className == 'error-summary'")
    assert page.title().startswith("Error: ")
    assert violations(page) == []
    page.click(".error-summary a >> text=no such day")
    assert page.evaluate("document.activeElement.name") == "deliver_by_day"
    context.close()


def test_a_pledge_is_drafted_submitted_registered_and_announced_without_scripts(
    people: People, answers: dict[str, Any], opened: Callable[[User, str], Page], live_server: Any
) -> None:
    page = opened(people.drafter, reverse("workspace"))
    press(page, "text=Draft a pledge")
    page.select_option("[name=capability]", answers["capability"])
    page.fill("[name=title]", "Level 2 hospital")
    page.fill("textarea[name=description]", "A field hospital with surgery.")
    press(page, "text=Save and continue")
    page.fill("[name=quantity]", "1")
    page.fill("[name=personnel]", "1 200")
    press(page, "text=Save and continue")
    page.check(f"[name=missions][value={answers['missions'][0]}]")
    page.fill("[name=deliver_by_month]", "6")
    page.fill("[name=deliver_by_year]", "2027")
    press(page, "text=Save and leave")
    pledge = Pledge.objects.get()
    assert page.locator("h1").inner_text() == "Level 2 hospital"

    for person, action, button in (
        (people.approver, "Submit to the Secretariat", "Submit pledge to the Secretariat"),
        (people.officer, "Review", "Register, open the next"),
        (people.officer, "Propose to announce", "Propose to announce 1 pledge"),
    ):
        page = opened(person, pledge.get_absolute_url())
        press(page, f"a.button >> text={action}")
        press(page, f"button >> text={button}")
        assert page.locator("[role=status]").inner_text()
    page = opened(people.manager, pledge.get_absolute_url())
    press(page, "text=See the decision")
    press(page, "button >> text=Confirm: announce 1 pledge")
    pledge.refresh_from_db()
    assert pledge.status == Status.REGISTERED
    assert pledge.announced_at
    page.context.clear_cookies()
    page.goto(f"{live_server.url}{pledge.get_absolute_url()}")
    assert page.locator("h1").inner_text() == "Level 2 hospital"


def test_an_edit_conflict_is_settled_without_scripts_in_three_inputs(
    people: People, opened: Callable[[User, str], Page]
) -> None:
    pledge = DraftPledgeFactory(participant=people.delegation, description="As it was")
    page = opened(people.drafter, edit_url(pledge))
    Pledge.objects.filter(pk=pledge.pk).update(title="Theirs", description="Their words", personnel=80)
    page.fill("[name=title]", "Mine")
    page.fill("textarea[name=description]", "My words")
    press(page, "text=Save and leave")
    assert "Their words" in page.inner_text("main")
    assert page.input_value("textarea[name=description]") == "My words"
    page.check("text=Use these words instead of mine >> nth=0")
    press(page, "text=Save and leave")
    pledge.refresh_from_db()
    assert (pledge.title, pledge.description, pledge.personnel) == ("Theirs", "My words", 80)


def test_the_page_of_a_conflict_is_accessible(people: People, browser: Browser, live_server: Any) -> None:
    pledge = DraftPledgeFactory(participant=people.delegation)
    context = browser.new_context(viewport={"width": 320, "height": 800})
    page = context.new_page()
    sign_in(page, live_server, people.drafter)
    page.goto(f"{live_server.url}{edit_url(pledge)}")
    Pledge.objects.filter(pk=pledge.pk).update(title="Theirs " + "x" * 150, personnel=80)
    page.fill("[name=title]", "Mine")
    press(page, "text=Save and leave")
    page.wait_for_function("document.activeElement?.className == 'error-summary'")
    assert violations(page) == []
    assert sideways_scroll(page) == 0
    context.close()


def test_a_report_takes_three_pages_from_the_mail_and_no_script(people: People, page: Page, live_server: Any) -> None:
    people.drafter.set_password("a long enough password")
    people.drafter.save()
    pledge = RegisteredPledgeFactory(participant=people.delegation)
    step = MilestoneFactory(pledge=pledge, due_on=timezone.now().date())
    page.goto(f"{live_server.url}{reverse('pledge-report', args=[pledge.reference])}?milestone={step.pk}")  # page 1
    page.fill("[name=login]", people.drafter.username)
    page.fill("[name=password]", "a long enough password")
    press(page, "main button[type=submit]")  # page 2: the form; two inputs
    page.check("[name=step_done]")
    page.select_option("[name=state]", "in_progress")
    press(page, "text=Send the report")  # page 3
    assert f"Your report on {pledge.reference} is recorded." in page.inner_text("[role=status]")
    step.refresh_from_db()
    assert step.done_on
