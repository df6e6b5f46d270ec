"""The form in a real browser: how many pages and inputs a first pledge takes, and what its script saves meanwhile."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, Page

from accounts.models import User
from conferences.models import Conference
from pledges.enums import Status
from pledges.models import Pledge
from tests.browsing import press
from tests.factories import CapabilityTypeFactory, ConfirmedPartnerFactory, DraftPledgeFactory, MissionFactory
from tests.look.axe import violations
from tests.work.conftest import People, edit_url

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MOST_PAGES, MOST_INPUTS = 9, 25
Opened = Callable[[User, str], Page]


@pytest.fixture
def opened(browser: Browser, live_server: Any) -> Any:
    """Return a function that opens an address as somebody, in a browser of their own."""
    contexts = []

    def open_page(user: User, url: str) -> Page:
        client, context = Client(), browser.new_context()
        contexts.append(context)
        client.force_login(user)
        context.add_cookies([{"name": "session", "value": client.cookies["session"].value, "url": live_server.url}])
        page = context.new_page()
        page.goto(f"{live_server.url}{url}")
        return page

    yield open_page
    for context in contexts:
        context.close()


class Count:
    """A person who fills in, and how many pages and inputs it took them."""

    def __init__(self, page: Page) -> None:
        self.page, self.pages, self.inputs = page, 1, 0

    def fill(self, name: str, text: str) -> None:
        """Type into a field."""
        self.inputs += 1
        self.page.fill(f"main [name={name}]", text)

    def choose(self, name: str, value: str) -> None:
        """Choose from a list, or a button of a group."""
        self.inputs += 1
        if self.page.locator(f"select[name={name}]").count():
            self.page.select_option(f"main [name={name}]", value)
        else:
            self.page.check(f"main [name={name}][value='{value}']")

    def go(self, text: str) -> None:
        """Go to the next page."""
        self.pages += 1
        press(self.page, f"text={text}")


def test_a_first_pledge_takes_at_most_nine_pages_and_25_inputs(
    people: People, conference: Conference, opened: Opened
) -> None:
    kind, mission = CapabilityTypeFactory(unit_of_measure="facility"), MissionFactory()
    person = Count(opened(people.approver, reverse("workspace")))
    person.go("Draft a pledge")
    person.choose("capability", kind.pk)
    person.fill("title", "Level 2 hospital")
    person.fill("description", "A field hospital with surgery.")
    person.go("Save and continue")
    for name, text in {"quantity": "1", "personnel": "1 200", "women": "٣٠٠"}.items():
        person.fill(name, text)
    person.choose("declared_readiness", "1")
    person.go("Save and continue")
    person.choose("missions", mission.pk)
    dates = {"deliver_from_month": "1", "deliver_from_year": "2027", "deliver_by_month": "6", "deliver_by_year": "2027"}
    for name, text in dates.items():
        person.fill(name, text)
    person.go("Save and continue")
    for name in ("intended_outcome", "means_of_verification", "responsible_office"):
        person.fill(name, "In a few words.")
    person.choose("commitment", "decided")
    person.go("Save and continue")
    person.choose("caveats_known", "declared")
    person.fill("caveats", "No night flights")
    person.go("Save and continue")
    assert person.page.locator("h1").inner_text() == "Check the answers"
    assert violations(person.page) == []
    person.go("Submit pledge to the Secretariat")
    assert person.page.locator("h1").inner_text() == "Pledge submitted"
    pledge = Pledge.objects.get()
    assert (pledge.status, pledge.women, pledge.quality_score) == (Status.SUBMITTED, 300, 100)
    assert person.pages <= MOST_PAGES
    assert person.inputs <= MOST_INPUTS


def test_what_is_typed_is_saved_after_a_pause(people: People, opened: Opened) -> None:
    pledge = DraftPledgeFactory(participant=people.delegation)
    page = opened(people.drafter, edit_url(pledge, "how-much"))
    page.fill("[name=quantity]", "7")
    page.locator(".saved-state", has_text="Saved ").wait_for()
    pledge.refresh_from_db()
    assert pledge.quantity == 7
    page.fill("[name=personnel]", "70")
    press(page, "text=Save and leave")
    pledge.refresh_from_db()
    assert (pledge.quantity, pledge.personnel) == (7, 70), "its own save is no conflict"
    assert page.evaluate("localStorage.length") == 1
    page.goto(page.url.split("/pledges/")[0] + edit_url(pledge, "how-much"))
    assert page.evaluate("localStorage.length") == 0, "once it is stored, nothing stays on the device"


def test_what_is_typed_without_a_connection_is_there_again_and_saved_with_it(people: People, opened: Opened) -> None:
    pledge = DraftPledgeFactory(participant=people.delegation)
    page = opened(people.drafter, edit_url(pledge, "outcome"))
    page.context.set_offline(True)
    page.fill("[name=intended_outcome]", "Words of an hour")
    page.locator(".saved-state", has_text="Not saved yet").wait_for()
    Pledge.objects.filter(pk=pledge.pk).update(responsible_office="Written by a colleague meanwhile")
    page.context.set_offline(False)
    page.reload()
    assert page.input_value("[name=intended_outcome]") == "Words of an hour"
    assert "What you typed here before is back" in page.inner_text(".saved-state")
    press(page, "text=Save and leave")
    text = page.inner_text("main")
    assert "Written by a colleague meanwhile" in text, "both versions are shown"
    assert page.input_value("[name=intended_outcome]") == "Words of an hour"
    press(page, "text=Save and leave")
    pledge.refresh_from_db()
    assert pledge.intended_outcome == "Words of an hour"
    assert pledge.responsible_office == "Written by a colleague meanwhile"


def test_what_cannot_be_saved_is_said_and_no_link_goes_dead(people: People, opened: Opened) -> None:
    pledge = DraftPledgeFactory(participant=people.delegation, quantity=5)
    ConfirmedPartnerFactory(pledge=pledge, share_quantity=4)
    page = opened(people.drafter, edit_url(pledge, "how-much"))
    page.fill("[name=quantity]", "2")
    page.click("nav.crumbs a")
    page.locator(".saved-state", has_text="Press the link once more to leave").wait_for()
    assert page.url.endswith(edit_url(pledge, "how-much"))
    press(page, "nav.crumbs a")
    page.wait_for_url("**/work/")
    page.goto(page.url.removesuffix("/work/") + edit_url(pledge, "how-much"))
    assert page.input_value("[name=quantity]") == "2", "kept on the device"


def test_nobody_else_at_the_same_desk_sees_what_was_typed(people: People, opened: Opened, live_server: Any) -> None:
    pledge = DraftPledgeFactory(participant=people.delegation)
    page = opened(people.drafter, edit_url(pledge, "outcome"))
    page.route("**/edit/**", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    page.fill("[name=intended_outcome]", "Mine alone")  # nothing is saved: it is kept on the device
    client = Client()
    client.force_login(people.approver)
    value = client.cookies["session"].value
    page.context.add_cookies([{"name": "session", "value": value, "url": live_server.url}])
    page.goto(f"{live_server.url}{edit_url(pledge, 'outcome')}")
    assert page.input_value("[name=intended_outcome]") == ""


def test_a_conflict_met_by_the_script_leads_to_both_versions(people: People, opened: Opened) -> None:
    pledge = DraftPledgeFactory(participant=people.delegation)
    page = opened(people.drafter, edit_url(pledge, "how-much"))
    Pledge.objects.filter(pk=pledge.pk).update(personnel=80)
    page.fill("[name=personnel]", "90")
    press(page, ".saved-state button")
    assert "Somebody else saved this pledge while you were writing" in page.inner_text("main")
    assert page.input_value("[name=personnel]") == "90"


def test_a_link_to_another_step_saves_first(people: People, opened: Opened) -> None:
    pledge = DraftPledgeFactory(participant=people.delegation)
    page = opened(people.drafter, edit_url(pledge, "outcome"))
    page.fill("main [name=intended_outcome]", "Wounded are treated within an hour.")
    press(page, ".form-steps >> text=Check and submit")
    page.wait_for_url("**/check/")
    assert "Wounded are treated within an hour." in page.inner_text("main")


def sign_in_again(page: Page, person: User) -> None:
    """Have the sign-in end, send the form, and sign in on the page that comes."""
    person.set_password("a long enough password")
    person.save()
    page.context.clear_cookies(name="session")
    press(page, "main button >> text=Save and leave")
    page.fill("[name=login]", person.username)
    page.fill("[name=password]", "a long enough password")
    press(page, page.locator("main button[type=submit]").first)
    page.get_by_text("What you typed is here: send it again.").wait_for()


@pytest.mark.parametrize(("step", "field"), [("", "title"), ("outcome", "intended_outcome")])
def test_the_device_keeps_a_page_through_signing_in_again_until_it_is_stored(
    people: People, conference: Conference, opened: Opened, step: str, field: str
) -> None:
    pledge = DraftPledgeFactory(participant=people.delegation, conference=conference) if step else None
    page = opened(people.drafter, edit_url(pledge, step) if pledge else reverse("pledge-create"))
    box = page.locator(f"main [name={field}]")
    box.fill("Typed and not sent")
    sign_in_again(page, people.drafter)
    assert box.input_value() == "Typed and not sent"
    page.goto(page.url)
    page.get_by_text("What you typed here before is back.").wait_for()
    assert box.input_value() == "Typed and not sent"
    press(page, "main button >> text=Save and leave")
    assert getattr(Pledge.objects.get(), field) == "Typed and not sent"


def test_what_is_back_on_the_first_page_is_said_until_the_person_types(
    people: People, conference: Conference, opened: Opened
) -> None:
    page = opened(people.drafter, reverse("pledge-create"))
    page.fill("main [name=title]", "Typed and not sent")
    page.clock.install()
    page.reload()
    page.clock.run_for(10_000)
    assert "What you typed here before is back. It is not saved yet." in page.inner_text(".saved-state")
    page.fill("main [name=title]", "Typed again")
    page.clock.run_for(10_000)
    assert page.inner_text(".saved-state") == "What you type is kept on this device until you save it."


def test_signing_out_leaves_nothing_of_ones_own_on_the_device(
    people: People, conference: Conference, opened: Opened
) -> None:
    page = opened(people.drafter, reverse("pledge-create"))
    page.fill("main [name=title]", "Typed and not sent")
    page.evaluate("localStorage.setItem('pledge:0:of-a-colleague', '{}')")
    press(page, page.get_by_role("button", name="Sign out"))
    page.get_by_role("link", name="Sign in").first.wait_for()
    assert page.evaluate("Object.keys(localStorage)") == ["pledge:0:of-a-colleague"]


def test_what_is_typed_on_the_first_page_stays_on_the_device_until_it_is_a_draft(
    people: People, conference: Conference, opened: Opened
) -> None:
    page = opened(people.drafter, reverse("pledge-create"))
    title = page.locator("main [name=title]")
    title.fill("Typed and not sent")
    page.get_by_text("What you type is kept on this device until you save it.").wait_for()
    page.reload()
    page.get_by_text("What you typed here before is back.").wait_for()
    assert title.input_value() == "Typed and not sent"
    assert violations(page) == []
    assert not Pledge.objects.exists()
    press(page, page.get_by_role("button", name="Save and leave"))
    page.get_by_role("link", name="Compare versions").wait_for()
    assert Pledge.objects.get().title == "Typed and not sent"
    page.goto(page.url.split("/pledges/")[0] + reverse("pledge-create"))
    assert title.input_value() == ""
    assert page.evaluate("Object.keys(localStorage).length") == 0
