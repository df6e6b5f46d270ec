"""Guessing passwords and codes: few guesses reach the hash, and the rightful user comes in all the same."""

import logging
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from accounts.mail import send_owed
from accounts.models import OwedMail, User
from tests.accounts.mailbox import link_in, mails_sent
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough password"
NEW = "quite another long password"
ADDRESSES = [f"10.0.{n // 250}.{n % 250}" for n in range(100)]


@pytest.fixture
def anna() -> User:
    return UserFactory(username="anna", email="anna@mission.example", password=PASSWORD)


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The passwords that were compared with a stored hash."""
    seen: list[str] = []
    check = get_user_model().check_password

    def counted(user: User, password: str) -> bool:
        seen.append(password)
        return bool(check(user, password))

    monkeypatch.setattr(get_user_model(), "check_password", counted)
    return seen


def signs_in(client: Client, login: str, password: str, **headers: Any) -> Any:
    """Send the form of the sign-in page."""
    return client.post(reverse("sign-in"), {"login": login, "password": password}, **headers)


def is_in(client: Client) -> bool:
    """Say whether somebody is signed in."""
    return client.get(reverse("workspace")).status_code == 200


@pytest.mark.slow
def test_of_a_thousand_guesses_twenty_reach_the_hash(anna: User, hashed: list[str]) -> None:
    names = ("anna", "ANNA", " anna ", "anna@mission.example", "Anna@Mission.Example")
    for n in range(1000):
        address = ADDRESSES[n % 100]
        headers = {"REMOTE_ADDR": address, "HTTP_X_FORWARDED_FOR": f"{address}, {n}.1.1.1"[:15]}
        answer = signs_in(Client(), names[n % 5], f"guess {n}", **headers)
        assert answer.status_code == 200
    assert len(hashed) <= 20
    assert "Too many attempts" in answer.content.decode()


def test_another_host_or_port_in_the_request_begins_no_new_count(anna: User, hashed: list[str], settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    for n in range(30):
        signs_in(Client(), "anna", f"guess {n}", HTTP_HOST=f"testserver:{8000 + n}")
    assert len(hashed) <= 20


def test_the_rightful_user_comes_in_by_a_mail_link_while_others_guess(anna: User, client: Client) -> None:
    for n in range(25):
        signs_in(Client(), "anna", f"guess {n}")
    assert "Too many attempts" in signs_in(client, "anna", PASSWORD).content.decode()

    client.post(reverse("account_reset_password"), {"email": anna.email})
    form = client.get(link_in(mails_sent()[-1]), follow=True)
    answer = client.post(form.request["PATH_INFO"], {"password1": NEW, "password2": NEW})
    assert answer.status_code == 302
    assert signs_in(client, "anna", NEW).status_code == 302
    assert is_in(client)


def test_right_passwords_are_not_counted(anna: User) -> None:
    for _n in range(25):
        assert signs_in(Client(), "anna", PASSWORD).status_code == 302


@pytest.mark.parametrize("login", ["anna", "ANNA", "anna@mission.example", " anna@MISSION.example "])
def test_username_and_address_both_mean_the_account(anna: User, client: Client, login: str) -> None:
    signs_in(client, login, PASSWORD)
    assert is_in(client)


def test_an_address_of_two_accounts_means_neither(anna: User, client: Client) -> None:
    UserFactory(email=anna.email, password=PASSWORD)
    signs_in(client, anna.email, PASSWORD)
    assert not is_in(client)


def test_a_closed_account_is_out_with_its_next_request(anna: User, client: Client) -> None:
    signs_in(client, "anna", PASSWORD)
    assert is_in(client)
    User.objects.filter(pk=anna.pk).update(is_active=False)
    assert not is_in(client)
    assert not signs_in(client, "anna", PASSWORD).wsgi_request.user.is_authenticated


@pytest.mark.parametrize("login", ["anna", "anna@mission.example", "nobody", "nobody@mission.example"])
def test_one_hash_is_made_whoever_it_is(anna: User, login: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes the time is the hash: one for an account, one without."""
    made: list[str] = []
    for name in ("check_password", "set_password"):
        monkeypatch.setattr(get_user_model(), name, lambda user, password: made.append(password))
    signs_in(Client(), login, "a guess")
    assert made == ["a guess"]


def test_the_log_tells_of_sign_ins_and_refusals_and_no_secret(
    anna: User, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        signs_in(client, "anna", "secret guess")
        signs_in(client, "anna", PASSWORD)
        client.post(reverse("account_reset_password"), {"email": anna.email})
        send_owed(at=OwedMail.objects.get().next_attempt_at)
    text = caplog.text
    assert "sign-in refused" in text
    assert f"signed in: user {anna.pk}" in text
    assert "secret guess" not in text
    assert PASSWORD not in text
    assert "key=" not in text
