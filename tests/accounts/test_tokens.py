"""API tokens are stored as a keyed hash, end, and stop at once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import TOKEN_LIFETIME, ApiToken, Role, User, digest_of
from tests.factories import AnalystFactory, UserFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2025, 10, 1, 9, tzinfo=UTC)


@pytest.fixture
def issued() -> tuple[ApiToken, str]:
    return ApiToken.objects.issue(user=AnalystFactory(), name="Notebook", at=NOW)


def matching(secret: str, at: datetime = NOW) -> ApiToken | None:
    return ApiToken.objects.matching(secret, at=at)


def test_a_secret_finds_its_token(issued: tuple[ApiToken, str]) -> None:
    token, secret = issued
    assert matching(secret) == token
    assert len(secret) >= 40


@pytest.mark.parametrize(
    "spoil", [str.lower, lambda secret: secret[:-1], lambda secret: "", lambda secret: secret + " "]
)
def test_no_other_secret_does(issued: tuple[ApiToken, str], spoil: Callable[[str], str]) -> None:
    assert matching(spoil(issued[1])) is None


def test_the_stored_digest_is_not_the_secret_and_needs_our_key(issued: tuple[ApiToken, str], settings: Any) -> None:
    token, secret = issued
    assert secret not in str(ApiToken.objects.values().get())
    assert matching(token.digest) is None
    settings.SECRET_KEY = "another " * 8
    assert matching(secret) is None


def test_a_token_lasts_a_year_and_not_an_instant_longer(issued: tuple[ApiToken, str]) -> None:
    token, secret = issued
    assert token.expires_at == NOW + TOKEN_LIFETIME == NOW + timedelta(days=365)
    assert matching(secret, token.expires_at - timedelta(microseconds=1)) == token
    assert matching(secret, token.expires_at) is None


def test_a_revoked_token_and_one_of_a_locked_account_stop_at_once(issued: tuple[ApiToken, str]) -> None:
    token, secret = issued
    ApiToken.objects.update(revoked_at=NOW)
    assert matching(secret) is None
    ApiToken.objects.update(revoked_at=None)
    assert matching(secret) == token
    User.objects.filter(pk=token.user_id).update(is_active=False)
    assert matching(secret) is None


def test_use_is_noted_at_most_every_five_minutes(issued: tuple[ApiToken, str]) -> None:
    noted = []
    for minutes in (0, 4, 6):
        matching(issued[1], NOW + timedelta(minutes=minutes))
        noted.append(ApiToken.objects.get().last_used_at)
    assert noted == [NOW, NOW, NOW + timedelta(minutes=6)]


def test_each_token_is_another(issued: tuple[ApiToken, str]) -> None:
    token, secret = ApiToken.objects.issue(user=issued[0].user, name="Notebook", at=NOW)
    assert (token.digest != issued[0].digest, secret != issued[1]) == (True, True)
    assert token.digest == digest_of(secret)


@pytest.mark.parametrize("active", [True, False])
def test_what_a_role_may_ends_with_the_account(*, active: bool) -> None:
    rights = {
        role: (user.is_secretariat, user.is_reviewer, user.is_manager)
        for role in Role
        for user in [UserFactory(role=role, is_active=active)]
    }
    nothing = (False, False, False)
    expected = {
        Role.DELEGATION: nothing,
        Role.ANALYST: nothing,
        Role.READER: (True, False, False),
        Role.OFFICER: (True, True, False),
        Role.MANAGER: (True, True, True),
        Role.ADMINISTRATOR: (True, False, False),
    }
    assert rights == (expected if active else dict.fromkeys(Role, nothing))
