"""Signing in and out."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough password"
URL = "/sign-in/"


@pytest.fixture
def person() -> User:
    """Somebody with a password."""
    return UserFactory(username="anna", password=PASSWORD)


def complaint(client: Client, username: str, password: str) -> str:
    """Return what the page says to a wrong attempt, without what was typed."""
    page = client.post(URL, {"login": username, "password": password})
    assert page.status_code == 200
    assert password not in page.content.decode()
    return str(page.context["form"].errors)


def test_a_wrong_name_a_wrong_password_and_an_ended_account_read_alike(person: User, client: Client) -> None:
    UserFactory(username="gone", password=PASSWORD, is_active=False)
    told = {
        complaint(client, "anna", "not her password"),
        complaint(client, "nobody", "not her password"),
        complaint(client, "gone", PASSWORD),
    }
    assert len(told) == 1
    assert "do not fit together" in told.pop()


def test_nothing_typed_is_said_at_each_field(client: Client) -> None:
    page = client.post(URL, {"login": "", "password": ""})
    text = page.content.decode()
    assert "<title>Error: Sign in" in text
    assert text.count("Enter your username or your email address.") == text.count("Enter your password.") == 2


def test_password_managers_find_the_fields(client: Client) -> None:
    text = client.get(URL).content.decode()
    assert 'autocomplete="username"' in text
    assert 'autocomplete="current-password"' in text


@pytest.mark.parametrize(
    ("where", "to"),
    [
        ("/work/pledges/new/?conference=x", "/work/pledges/new/?conference=x"),
        ("https://evil.example/", "/work/"),
        ("//evil.example/", "/work/"),
        ("/\\evil.example", "/work/"),
        ("javascript:alert(1)", "/work/"),
        ("", "/work/"),
    ],
)
def test_signing_in_leads_only_to_pages_of_the_site(person: User, client: Client, where: str, to: str) -> None:
    answer = client.post(URL, {"login": "anna", "password": PASSWORD, "next": where})
    assert (answer.status_code, answer["Location"]) == (302, to)


def test_signing_out_is_a_post_and_ends_the_session(person: User, client: Client) -> None:
    client.force_login(person)
    assert client.get(reverse("sign-out")).status_code == 405
    assert client.get("/work/").status_code == 200
    assert client.post(reverse("sign-out"))["Location"] == reverse("home")
    assert client.get("/work/").status_code == 302


def test_what_a_signed_in_person_sees_is_not_cached(person: User, client: Client) -> None:
    client.force_login(person)
    assert "no-store" in client.get("/work/")["Cache-Control"]


def test_a_form_without_its_token_is_refused(person: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(person)
    for url in (URL, "/sign-out/", "/work/pledges/new/"):
        assert strict.post(url, {"login": "anna", "password": PASSWORD}).status_code == 403
