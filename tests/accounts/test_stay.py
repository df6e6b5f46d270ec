"""Whoever is signed in learns when that ends, and puts it off with one press; a cookie tells, that opens nothing."""

import time
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from accounts.stay import COOKIE
from tests.factories import AnalystFactory

PASSWORD = "a long enough password"


@pytest.fixture
def signed_in(db: None) -> Client:
    """A browser in which somebody has signed in with a password."""
    user = AnalystFactory()
    user.set_password(PASSWORD)
    user.save()
    client = Client()
    client.post(reverse("sign-in"), {"login": user.username, "password": PASSWORD})
    return client


def test_signing_in_tells_when_it_ends_and_signing_out_takes_it_back(signed_in: Client) -> None:
    cookie = signed_in.cookies[COOKIE]
    assert int(cookie.value) == pytest.approx(time.time() + settings.SESSION_COOKIE_AGE, abs=60)
    assert not cookie["httponly"], "a script of ours reads it"
    signed_in.post(reverse("sign-out"))
    assert signed_in.cookies[COOKIE].value == ""


def test_one_press_puts_it_off(signed_in: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    before, stored = int(signed_in.cookies[COOKIE].value), signed_in.session.model.objects.get().expire_date
    later = time.time() + 60 * 60
    monkeypatch.setattr(time, "time", lambda: later)
    assert signed_in.post(reverse("stay-signed-in")).status_code == 204
    assert int(signed_in.cookies[COOKIE].value) == pytest.approx(before + 60 * 60, abs=60)
    assert signed_in.session.model.objects.get().expire_date > stored


def test_reading_puts_nothing_off_and_a_visitor_has_no_such_cookie(signed_in: Client, client: Client) -> None:
    answer: Any = signed_in.get(reverse("mfa_index"))
    assert COOKIE not in answer.cookies
    assert '<dialog class="stay"' in answer.content.decode()
    answer = client.get(reverse("conference-list"))
    assert COOKIE not in answer.cookies
    assert '<dialog class="stay"' not in answer.content.decode()


def test_whoever_is_signed_out_is_asked_to_sign_in(client: Client) -> None:
    assert client.post(reverse("stay-signed-in")).status_code == 302
