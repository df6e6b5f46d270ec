"""A forgotten password: a link by mail, and nothing on the page that tells who has an account."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.mail import owe, owe_reset, send_owed
from accounts.models import OwedMail, User
from tests.accounts.mailbox import link_in, mails_sent
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough password"
NEW = "quite another long password"
URL = "/sign-in/forgotten/"


@pytest.fixture
def anna() -> User:
    return UserFactory(username="anna", email="anna@mission.example", password=PASSWORD)


def asked(address: str, **headers: Any) -> tuple[int, str, str, list[str]]:
    """Ask for a link, and return all that a visitor sees of it and what the database did."""
    browser = Client()
    with CaptureQueriesContext(connection) as queries:
        answer = browser.post(URL, {"email": address}, **headers)
    said = browser.get(answer["Location"]).content.decode()
    statements = [query["sql"].split()[0:3] for query in queries]
    return answer.status_code, answer["Location"], said, [" ".join(words) for words in statements]


def test_page_and_work_are_the_same_for_every_address(anna: User) -> None:
    UserFactory(email="gone@mission.example", is_active=False)
    known, unknown, closed = (asked(f"{name}@mission.example") for name in ("anna", "nobody", "gone"))
    assert known == unknown == closed
    assert [message.to for message in mails_sent()] == [["anna@mission.example"]]


def test_an_address_longer_than_any_account_has_is_asked_for_again() -> None:
    page = Client().post(URL, {"email": f"anna@{'mission.' * 38}org"})
    assert page.status_code == 200
    assert "at most 254 characters" in page.content.decode()
    assert not OwedMail.objects.exists()


def new_password(client: Client, link: str, password: str = NEW) -> Any:
    """Open a link and send the form behind it."""
    form = client.get(link, follow=True)
    return client.post(form.request["PATH_INFO"], {"password1": password, "password2": password})


def test_a_link_works_once_and_signs_nobody_in(anna: User, client: Client) -> None:
    asked(anna.email)
    link = link_in(mails_sent()[-1])
    assert new_password(client, link)["Location"] == reverse("account_reset_password_from_key_done")
    assert client.get("/work/").status_code == 302
    anna.refresh_from_db()
    assert anna.check_password(NEW)
    assert "of no use any more" in Client().get(link, follow=True).content.decode()
    assert "Your password was changed" in mails_sent()[-1].subject


def test_a_link_is_good_for_a_day(anna: User, client: Client, time_machine: Any) -> None:
    asked(anna.email)
    link = link_in(mails_sent()[-1])
    time_machine.move_to(timezone.now() + timedelta(hours=24, minutes=1))
    assert "of no use any more" in client.get(link, follow=True).content.decode()


@pytest.mark.parametrize("key", ["", "1", "1-x", "zz-zz-zz", "%00-x", "../..-x", "٣-x"])
def test_a_made_up_link_is_refused(anna: User, client: Client, key: str) -> None:
    page = client.get(reverse("reset-link"), {"key": key}, follow=True)
    assert page.status_code == 200
    assert "of no use any more" in page.content.decode()


def test_the_link_leads_to_the_site_whatever_host_was_asked_for(anna: User, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["testserver", "evil.example"]
    asked(anna.email, HTTP_HOST="evil.example")
    assert "evil" not in mails_sent()[-1].body
    settings.ALLOWED_HOSTS = ["testserver"]
    assert Client().post(URL, {"email": anna.email}, HTTP_HOST="evil.example").status_code == 400


@pytest.mark.parametrize(
    ("password", "complaint"), [("short", "at least 12"), ("password1234", "too common"), ("123456789012", "numeric")]
)
def test_a_weak_password_is_refused(anna: User, client: Client, password: str, complaint: str) -> None:
    asked(anna.email)
    page = new_password(client, link_in(mails_sent()[-1]), password)
    assert page.status_code == 200
    assert complaint in page.content.decode()


def test_other_sessions_end_with_the_old_password(anna: User, client: Client) -> None:
    client.force_login(anna)
    asked(anna.email)
    new_password(Client(), link_in(mails_sent()[-1]))
    assert client.get("/work/").status_code == 302


def test_after_some_requests_for_an_address_no_more_mail_goes_to_it(anna: User) -> None:
    answers = [Client().post(URL, {"email": anna.email}).status_code for _n in range(7)]
    assert answers == [302] * 5 + [429] * 2
    assert len(mails_sent()) == 5


def test_no_link_stands_in_the_database_in_the_clear(anna: User) -> None:
    owe(to=anna.email, subject="Subject", text="http://testserver/secret-link")
    assert "secret-link" not in str(list(OwedMail.objects.values()))
    assert "secret-link" in mails_sent()[-1].body
    assert not OwedMail.objects.exists()


def test_mail_waits_for_the_mail_server_and_is_given_up_after_a_day(
    anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    owe(to=anna.email, subject="Subject", text="text")
    now = timezone.now()

    def refused(message: Any) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr("django.core.mail.EmailMessage.send", refused)
    assert send_owed(at=now) == 0
    assert OwedMail.objects.get().next_attempt_at > now
    assert send_owed(at=now + timedelta(hours=25)) == 1
    assert not OwedMail.objects.exists()
    assert mail.outbox == []


@pytest.mark.parametrize("broken", ["unreadable", "database"])
def test_a_message_that_cannot_be_made_holds_up_no_other(
    anna: User, broken: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("accounts.mail.reset_message", lambda user: User.objects.raw("SELECT 1/0 AS id")[0])
    now = timezone.now()
    if broken == "unreadable":
        OwedMail.objects.create(address=anna.email, subject="Subject", sealed_text="by another key")
    else:
        owe_reset(anna.email)
    owe(to=anna.email, subject="Behind it", text="text")
    assert send_owed(at=now + timedelta(minutes=1)) == 1
    assert [message.subject for message in mail.outbox] == ["Behind it"]
    assert OwedMail.objects.get().next_attempt_at > now
    assert anna.email not in caplog.text
    assert send_owed(at=now + timedelta(hours=25)) == 1
    assert not OwedMail.objects.exists()


def test_changing_the_password_asks_for_the_old_one(anna: User, client: Client) -> None:
    client.force_login(anna)
    url = reverse("account_change_password")
    page = client.post(url, {"oldpassword": "wrong", "password1": NEW, "password2": NEW})
    assert "not your password of today" in page.content.decode()
    client.post(url, {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})
    anna.refresh_from_db()
    assert anna.check_password(NEW)
    assert client.get("/work/").status_code == 200
