"""Who a call is made as: the owner of a live token, or of a session, or nobody in particular."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import ApiToken, Role, User
from tests import factories

PATHS = ["", "pledges/", "participants/", "statistics/gap/", "pledges/X/", "pledges/X/timeline/", "nowhere/"]


@pytest.fixture
def officer(db: None) -> User:
    """Somebody who sees more than the public."""
    factories.SubmittedPledgeFactory()
    return factories.OfficerFactory()


def issue(user: User) -> tuple[ApiToken, str]:
    """Return a token and its secret."""
    return ApiToken.objects.issue(user=user, name="tests", at=timezone.now())


def call(authorization: str, path: str = "pledges/") -> Any:
    """Return the answer to a call with this header."""
    return Client().get(f"/api/v1/{path}", headers={"Authorization": authorization})


def test_a_token_reads_as_its_owner(officer: User) -> None:
    token, secret = issue(officer)
    assert len(call(f"Bearer {secret}").json()["results"]) == 1
    assert len(call(f"bearer {secret}").json()["results"]) == 1
    token.refresh_from_db()
    assert token.last_used_at is not None
    assert secret not in str(ApiToken.objects.values().get())


def test_rights_are_those_of_this_moment(officer: User) -> None:
    _token, secret = issue(officer)
    User.objects.filter(pk=officer.pk).update(role=Role.ANALYST)
    assert call(f"Bearer {secret}").json()["results"] == []


@pytest.mark.parametrize("path", PATHS[:-1])
@pytest.mark.parametrize(
    "end", [{"revoked_at": timezone.now()}, {"expires_at": timezone.now(), "created_at": timezone.now() - timedelta(1)}]
)
def test_a_token_that_ended_is_refused_at_once(officer: User, path: str, end: dict[str, Any]) -> None:
    token, secret = issue(officer)
    ApiToken.objects.filter(pk=token.pk).update(**end)
    refused(call(f"Bearer {secret}", path))


def test_an_account_that_ended_is_refused_at_once(officer: User) -> None:
    _token, secret = issue(officer)
    client = Client()
    client.force_login(officer)
    User.objects.filter(pk=officer.pk).update(is_active=False)
    refused(call(f"Bearer {secret}"))
    assert client.get("/api/v1/pledges/").json()["results"] == []


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Bearer ", "Bearer pk_wrong", "Basic dXNlcjpwYXNz", "Token pk_x", "pk_x", "Bearer é", "Bearer a b"],
)
def test_a_header_that_does_not_sign_in_is_refused(officer: User, header: str) -> None:
    refused(call(header))


def refused(answer: Any) -> None:
    """Hold an answer to be the refusal of a token."""
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["errors"] == []


@pytest.mark.parametrize("name", ["token", "access_token", "api_key", "authorization", "key"])
def test_a_token_in_the_address_is_refused(officer: User, name: str) -> None:
    _token, secret = issue(officer)
    answer = Client().get("/api/v1/pledges/", {name: secret})
    assert answer.status_code == 400
    assert secret not in answer.content.decode()


def test_a_session_reads_as_its_owner(officer: User) -> None:
    client = Client()
    client.force_login(officer)
    assert len(client.get("/api/v1/pledges/").json()["results"]) == 1


@pytest.mark.parametrize(
    "path", ["pledges/", "pledges/?format=csv", "participants/", "statistics/gap/", "pledges/?a=1"]
)
def test_answers_to_signed_in_readers_are_kept_nowhere(officer: User, path: str) -> None:
    _token, secret = issue(officer)
    session = Client()
    session.force_login(officer)
    for answer in (call(f"Bearer {secret}", path), session.get(f"/api/v1/{path}")):
        assert "no-store" in answer["Cache-Control"]
        assert {"Cookie", "Authorization"} <= set(answer["Vary"].split(", "))


def test_public_answers_tell_caches_what_they_vary_on(db: None) -> None:
    answer = Client().get("/api/v1/pledges/")
    assert "Cache-Control" not in answer
    assert {"Accept", "Cookie", "Authorization"} <= set(answer["Vary"].split(", "))
