"""The database keeps the rules of accounts, whoever writes."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import ApiToken
from tests.factories import AnalystFactory, UserFactory
from tests.rules import Its, Rule, change, insert, refusal

pytestmark = pytest.mark.django_db


def issued() -> ApiToken:
    token, _secret = ApiToken.objects.issue(user=AnalystFactory(), name="Notebook", at=timezone.now())
    return token


RULES = [
    change("user_role_known", UserFactory, role="superhero"),
    insert("accounts_user_username_key", UserFactory),
    change("token_expires_within_a_year", issued, expires_at=timezone.now() + timedelta(days=367)),
    change("token_expires_within_a_year", issued, expires_at=Its(lambda token: token.created_at)),
    insert("token_expires_within_a_year", issued, digest="0" * 64, expires_at=timezone.now() + timedelta(days=367)),
    insert("accounts_apitoken_digest_key", issued),
]


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_database_refuses(rule: Rule) -> None:
    assert refusal(rule) == rule.constraint
