"""Signing in through an identity provider: a small one of our own that answers over HTTP."""

import json
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from allauth.mfa.totp.internal.auth import TOTP
from allauth.socialaccount.models import SocialAccount
from django.test import Client
from django.urls import NoReverseMatch, reverse

import config.urls  # noqa: F401  (read here, while no provider is named)
from accounts.models import User
from conferences.models import MembershipRole
from config.environment import issuer_address
from tests import factories as make
from tests.runtime.test_environment import read_settings

pytestmark = pytest.mark.django_db
START, BACK = "/sign-in/elsewhere/", "/sign-in/elsewhere/back/"


class Provider(BaseHTTPRequestHandler):
    """Says who somebody is, as `claims` has it."""

    claims: dict[str, Any] = {}
    audience = "site"

    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def do_GET(self) -> None:
        """Answer with where everything is, or with who it is."""
        issuer = self.issuer()
        known = {"issuer": issuer, "jwks_uri": f"{issuer}/keys"}
        places = {f"{name}_endpoint": f"{issuer}/{name}" for name in ("authorization", "token", "userinfo")}
        self.answer(self.claims if self.path == "/userinfo" else known | places)

    def do_POST(self) -> None:
        """Answer with a token."""
        self.rfile.read(int(self.headers["Content-Length"]))
        token = self.claims | {"iss": self.issuer(), "aud": self.audience, "exp": time.time() + 60}
        self.answer({"access_token": "x", "token_type": "bearer", "id_token": jwt.encode(token, "k" * 32)})

    def answer(self, what: dict[str, Any]) -> None:
        body = json.dumps(what).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def provider(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Provider]]:
    """A provider, and a site that knows it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    Thread(target=server.serve_forever, daemon=True).start()
    issuer = f"http://127.0.0.1:{server.server_address[1]}"
    app = {"provider_id": "sso", "name": "Mission", "client_id": "site", "secret": "s", "settings": {}}
    app["settings"] = {"server_url": issuer}
    settings.OIDC_ISSUER, settings.OIDC_NAME = issuer, "the mission"
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}
    settings.ROOT_URLCONF = "tests.accounts.with_single_sign_on"
    monkeypatch.setattr(Provider, "claims", {"sub": "1", "email": "anna@mission.example", "email_verified": True})
    monkeypatch.setattr(Provider, "audience", "site")
    yield Provider
    server.shutdown()
    server.server_close()


@pytest.fixture
def anna() -> User:
    return make.member_of(make.ParticipantFactory(), MembershipRole.DRAFTER, email="Anna@mission.example")


def comes_back(client: Client, **start: str) -> Any:
    """Go to the provider and come back with its answer."""
    asked = client.post(START, start)
    query = parse_qs(urlsplit(asked["Location"]).query)
    assert query["code_challenge_method"] == ["S256"]
    return client.get(BACK, {"state": query["state"][0], "code": "c"})


def is_in(client: Client) -> bool:
    """Say whether somebody is signed in."""
    return client.get(reverse("workspace")).status_code == 200


def test_an_account_is_found_by_its_verified_address(provider: type[Provider], anna: User, client: Client) -> None:
    assert "Sign in through the mission" in client.get("/sign-in/").content.decode()
    assert comes_back(client, next="/people/")["Location"] == "/people/"
    assert is_in(client)
    assert SocialAccount.objects.get().user == anna


def test_the_password_stays_and_the_second_visit_needs_no_address(
    provider: type[Provider], client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = make.UserFactory(email="anna@mission.example", password="a long enough password")
    comes_back(client)
    anna.refresh_from_db()
    assert anna.check_password("a long enough password")
    monkeypatch.setitem(provider.claims, "email", "new-name@mission.example")
    again = Client()
    comes_back(again)
    assert is_in(again)


@pytest.mark.parametrize(
    "claims",
    [{"email_verified": False}, {"email_verified": "false"}, {"email": "nobody@mission.example"}, {"email": ""}],
)
def test_whoever_is_not_known_is_refused_and_no_account_is_made(
    provider: type[Provider], anna: User, client: Client, claims: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider, "claims", provider.claims | claims)
    before = User.objects.count()
    assert comes_back(client)["Location"] == reverse("sign-in")
    assert not is_in(client)
    assert User.objects.count() == before


def test_an_address_of_two_accounts_and_a_closed_account_are_refused(
    provider: type[Provider], anna: User, client: Client
) -> None:
    other = make.UserFactory(email="anna@mission.example")
    assert not (comes_back(client) and is_in(client))
    other.delete()
    User.objects.update(is_active=False)
    assert comes_back(client)["Location"] == reverse("sign-in")


def test_a_token_for_another_site_is_refused(provider: type[Provider], anna: User, client: Client) -> None:
    provider.audience = "another"
    assert comes_back(client)["Location"] == reverse("sign-in")
    assert not is_in(client)


def test_an_answer_that_nobody_asked_for_is_refused(provider: type[Provider], anna: User, client: Client) -> None:
    assert client.get(BACK, {"state": "x", "code": "c"})["Location"] == reverse("sign-in")
    assert client.get(BACK, {"error": "access_denied"})["Location"] == reverse("sign-in")
    assert not is_in(client)


def test_no_account_is_connected_to_the_one_that_is_signed_in(
    provider: type[Provider], anna: User, client: Client
) -> None:
    client.force_login(make.UserFactory())
    assert comes_back(client, process="connect")["Location"] == reverse("sign-in")
    assert not SocialAccount.objects.exists()


def test_the_code_is_still_asked_for(provider: type[Provider], anna: User, client: Client) -> None:
    TOTP.activate(anna, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    assert comes_back(client)["Location"] == reverse("mfa_authenticate")
    assert not is_in(client)


def test_it_begins_with_a_button_only(provider: type[Provider], client: Client) -> None:
    assert client.get(START).status_code == 405
    assert Client(enforce_csrf_checks=True).post(START).status_code == 403


def test_without_a_provider_there_is_no_such_address(client: Client) -> None:
    with pytest.raises(NoReverseMatch):
        reverse("openid_connect_login", kwargs={"provider_id": "sso"})
    assert client.post(START).status_code == 404
    assert "elsewhere" not in client.get("/sign-in/").content.decode()


@pytest.mark.parametrize(
    ("issuer", "sentence"),
    [
        ("https://login.example.org/realm", "Set OIDC_CLIENT_ID"),
        ("http://login.example.org", "OIDC_ISSUER cannot be read"),
        ("login.example.org", "OIDC_ISSUER cannot be read"),
    ],
)
def test_half_a_configuration_stops_the_start(issuer: str, sentence: str) -> None:
    result = read_settings({"OIDC_ISSUER": issuer})
    assert result.returncode != 0
    assert sentence in result.stderr.splitlines()[-1]


def test_an_issuer_may_have_a_path() -> None:
    assert issuer_address("https://login.example.org/realm") == "https://login.example.org/realm"
