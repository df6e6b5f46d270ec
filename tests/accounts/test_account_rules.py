"""The database keeps the rules of accounts, whoever writes."""

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from accounts.models import ApiToken
from tests.factories import AnalystFactory, UserFactory
from tests.rules import Its, Rule, change, insert, refusal

pytestmark = pytest.mark.django_db


def issued() -> ApiToken:
    token, _secret = ApiToken.objects.issue(user=AnalystFactory(), name="Notebook", at=timezone.now())
    return token


TOO_LATE = datetime(2100, 1, 1, tzinfo=UTC)  # fixed: test names must be the same in every process

RULES = [
    change("user_role_known", UserFactory, role="superhero"),
    insert("accounts_user_username_key", UserFactory),
    change("token_expires_within_a_year", issued, expires_at=TOO_LATE),
    change("token_expires_within_a_year", issued, expires_at=Its(lambda token: token.created_at)),
    insert("token_expires_within_a_year", issued, digest="0" * 64, expires_at=TOO_LATE),
    insert("accounts_apitoken_digest_key", issued),
]


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_database_refuses(rule: Rule) -> None:
    assert refusal(rule) == rule.constraint
