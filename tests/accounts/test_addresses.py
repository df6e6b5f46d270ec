"""A person's own address: another is entered, confirmed by its owner who is signed in, and nothing else changes it."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.addresses import BETWEEN, LIFE, MOST_A_DAY, AddressRefused, ask, confirm
from accounts.models import AddressChange, User
from reminders.models import Delivery, Undeliverable
from reminders.people import reachable
from tests import factories as make
from tests.accounts.mailbox import link_in, mails_sent

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough password"
OLD, NEW = "anna@mission.example", "anna@capital.example"
URL = "/account/address/"


@pytest.fixture
def anna() -> User:
    user = make.UserFactory(username=OLD, email=OLD, password=PASSWORD)
    EmailAddress.objects.create(user=user, email=OLD, verified=True, primary=True)
    return user


@pytest.fixture
def browser(anna: User) -> Client:
    """Anna's, just signed in."""
    return signed_in(anna.username)


def signed_in(name: str) -> Client:
    """Return a browser in which somebody has just given name and password."""
    client = Client()
    assert client.post(reverse("sign-in"), {"login": name, "password": PASSWORD}).status_code == 302
    return client


def enters(browser: Client, email: str = NEW) -> Any:
    """Send the form for another address."""
    return browser.post(URL, {"email": email})


def link_sent_to(email: str) -> str:
    """Return the link of the last mail to an address."""
    return link_in([message for message in mails_sent() if message.to == [email]][-1])


def test_the_new_address_holds_once_its_owner_confirms_there_and_the_old_one_is_told(
    anna: User, browser: Client
) -> None:
    assert enters(browser)["Location"] == reverse("mfa_index")
    link = link_sent_to(NEW)
    anna.refresh_from_db()
    assert anna.email == OLD
    page = browser.get(link)
    assert NEW in page.content.decode()
    anna.refresh_from_db()
    assert anna.email == OLD, "opening the link changes nothing"
    browser.post(link)
    anna.refresh_from_db()
    assert anna.email == NEW
    told = mails_sent()[-1]
    assert (told.to, told.subject) == ([OLD], "Your address was changed")
    assert "answer this mail or write to" in told.body


def test_who_signs_in_with_the_address_does_so_with_the_new_one(anna: User, browser: Client) -> None:
    enters(browser)
    browser.post(link_sent_to(NEW))
    assert signed_in(NEW).get(reverse("workspace")).status_code == 200
    assert Client().post(reverse("sign-in"), {"login": OLD, "password": PASSWORD}).status_code == 200
    assert list(EmailAddress.objects.values_list("email", "verified", "primary")) == [(NEW, True, True)]


def test_a_username_of_its_own_stays(anna: User, browser: Client) -> None:
    User.objects.filter(pk=anna.pk).update(username="anna")
    enters(browser)
    browser.post(link_sent_to(NEW))
    anna.refresh_from_db()
    assert (anna.username, anna.email) == ("anna", NEW)


def test_the_link_signs_nobody_in_and_opens_for_nobody_else(anna: User, browser: Client) -> None:
    enters(browser)
    link = link_sent_to(NEW)
    stranger = Client()
    for answer in (stranger.get(link), stranger.post(link)):
        assert answer["Location"].startswith(reverse("sign-in"))
    assert stranger.get(reverse("workspace")).status_code == 302
    make.UserFactory(username="other", password=PASSWORD)
    other = signed_in("other")
    assert other.get(link).status_code == other.post(link).status_code == 404
    anna.refresh_from_db()
    assert anna.email == OLD


def test_a_screen_left_alone_changes_no_address(anna: User) -> None:
    left_alone = Client()
    left_alone.force_login(anna)
    change = make.AddressChangeFactory(user=anna)
    for url in (URL, reverse("address-confirm")):
        for answer in (left_alone.get(url), left_alone.post(url, {"email": NEW})):
            assert answer["Location"].startswith(reverse("account_reauthenticate"))
    assert list(AddressChange.objects.all()) == [change]


def test_the_answer_is_the_same_whether_the_address_has_an_account_or_not(anna: User, browser: Client) -> None:
    make.UserFactory(email="taken@mission.example")
    said = {}
    for email in ("taken@mission.example", "nobody@mission.example"):
        enters(browser, email)
        said[email] = browser.get(reverse("mfa_index")).content.decode().replace(email, "it")
    one, two = (without_form_keys(text) for text in said.values())
    assert one == two


def without_form_keys(text: str) -> list[str]:
    """Return the lines of a page but for those with a key that is new each time."""
    return [line for line in text.splitlines() if "csrfmiddlewaretoken" not in line]


def test_an_address_that_another_account_has_is_refused_to_whoever_proved_it(anna: User, browser: Client) -> None:
    enters(browser)
    link = link_sent_to(NEW)
    make.UserFactory(email=NEW.upper())
    page = browser.post(link, follow=True)
    assert "Another account has this address" in page.content.decode()
    anna.refresh_from_db()
    assert anna.email == OLD
    assert AddressChange.objects.get().confirmed_at is None


def test_a_link_works_once_and_for_a_week(anna: User, browser: Client, time_machine: Any) -> None:
    enters(browser)
    link = link_sent_to(NEW)
    browser.post(link)
    assert browser.get(link).status_code == 404
    enters(browser, "third@mission.example")
    late = link_sent_to("third@mission.example")
    time_machine.move_to(timezone.now() + LIFE + timedelta(minutes=1))
    assert signed_in(NEW).get(late).status_code == 404


@pytest.mark.parametrize("key", ["", "x", "1", "WzFd:1:x", "\x00"])
def test_a_made_up_link_is_refused(browser: Client, key: str) -> None:
    answer = browser.get(reverse("address-confirm"), {"key": key})
    assert (answer.status_code, "of no use" in answer.content.decode()) == (404, True)


def test_another_address_ends_the_first_and_both_can_be_taken_back(anna: User, browser: Client) -> None:
    enters(browser)
    first = link_sent_to(NEW)
    enters(browser, "third@mission.example")
    assert browser.get(first).status_code == 404
    second = link_sent_to("third@mission.example")
    browser.post(URL, {"take_back": "1"})
    assert browser.get(second).status_code == 404
    assert not AddressChange.objects.waiting(at=timezone.now()).exists()


def test_few_links_are_sent_in_a_day(anna: User) -> None:
    now = timezone.now()
    ask(account=anna, email=NEW, by=anna, at=now)
    with pytest.raises(AddressRefused, match="ten minutes"):
        ask(account=anna, email=NEW.upper(), by=anna, at=now + BETWEEN - timedelta(seconds=1))
    for n in range(1, MOST_A_DAY):
        ask(account=anna, email=NEW, by=anna, at=now + n * BETWEEN)
    with pytest.raises(AddressRefused, match="tomorrow"):
        ask(account=anna, email="third@mission.example", by=anna, at=now + timedelta(hours=2))
    ask(account=anna, email="third@mission.example", by=anna, at=now + timedelta(days=2))


@pytest.mark.parametrize("email", ["", "no address", "a@b.example\nBcc: c@d.example", f"{'a' * 150}@b.example"])
def test_what_is_no_address_is_asked_for_again(browser: Client, email: str) -> None:
    assert enters(browser, email).status_code == 200
    assert not AddressChange.objects.exists()


def test_the_address_of_today_and_a_closed_account_are_refused(anna: User, browser: Client) -> None:
    assert "the address of the account already" in enters(browser, OLD.upper()).content.decode()
    User.objects.filter(pk=anna.pk).update(is_active=False)
    with pytest.raises(AddressRefused, match="closed"):
        ask(account=anna, email=NEW, by=anna, at=timezone.now())


def test_an_account_closed_meanwhile_gets_no_new_address(anna: User) -> None:
    change = ask(account=anna, email=NEW, by=anna, at=timezone.now())
    User.objects.filter(pk=anna.pk).update(is_active=False)
    with pytest.raises(AddressRefused):
        confirm(change=change, by=anna, at=timezone.now())


def test_a_reset_asked_for_at_the_old_address_ends_with_it(anna: User, browser: Client) -> None:
    Client().post(reverse("account_reset_password"), {"email": OLD})
    reset = link_sent_to(OLD)
    enters(browser)
    browser.post(link_sent_to(NEW))
    assert "of no use any more" in Client().get(reset, follow=True).content.decode()


def test_a_new_address_lifts_the_word_that_mail_does_not_arrive(anna: User, browser: Client) -> None:
    Undeliverable.objects.create(user=anna, address=OLD, kind=Delivery.BOUNCED)
    assert anna not in reachable()
    enters(browser)
    assert anna not in reachable(), "not before it is confirmed"
    browser.post(link_sent_to(NEW))
    assert anna in reachable()
    assert Undeliverable.objects.get().mended_at


def test_the_history_tells_who_entered_and_who_confirmed(anna: User, browser: Client) -> None:
    enters(browser)
    browser.post(link_sent_to(NEW))
    asked, confirmed = AddressChange.objects.get().events.order_by("pgh_id")
    assert (asked.pgh_context["actor"], asked.pgh_context["reason"]) == (anna.pk, "enter another address")
    assert (confirmed.pgh_context["actor"], confirmed.pgh_context["reason"]) == (anna.pk, "confirm another address")
    changed = anna.events.order_by("pgh_id").last()
    assert (changed.email, changed.pgh_context["reason"]) == (NEW, "confirm another address")
