"""The database keeps the rules of accounts, whoever writes."""

from datetime import UTC, datetime, timedelta
from importlib import import_module

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import ApiToken, User
from tests.factories import AddressChangeFactory, AnalystFactory, RoleGrantFactory, UserFactory
from tests.rules import Its, Rule, change, insert, refusal

pytestmark = pytest.mark.django_db


def issued() -> ApiToken:
    token, _secret = ApiToken.objects.issue(user=AnalystFactory(), name="Notebook", at=timezone.now())
    return token


TOO_LATE = datetime(2100, 1, 1, tzinfo=UTC)  # fixed: test names must be the same in every process

RULES = [
    change("user_role_known", UserFactory, role="superhero"),
    change("user_mail_rhythm_known", UserFactory, mail_rhythm="hourly"),
    change("user_language_known", UserFactory, language="tlh"),
    *(change("user_time_zone_known", UserFactory, time_zone=zone) for zone in ("Mars/Phobos", "../etc/passwd")),
    insert("user_time_zone_known", UserFactory, username="anna", time_zone="Mars/Phobos"),
    insert("accounts_user_username_key", UserFactory),
    change("token_expires_within_a_year", issued, expires_at=TOO_LATE),
    change("token_expires_within_a_year", issued, expires_at=Its(lambda token: token.created_at)),
    insert("token_expires_within_a_year", issued, digest="0" * 64, expires_at=TOO_LATE),
    insert("accounts_apitoken_digest_key", issued),
    change("token_scope_known", issued, scope="admin"),
    change("role_grant_role_known", RoleGrantFactory, role="superhero"),
    change("role_grant_not_for_oneself", RoleGrantFactory, proposed_by_id=Its(lambda grant: grant.user_id)),
    change("role_grant_confirmed_by_a_second_person", RoleGrantFactory, is_confirmed=True),
    *(
        change(
            "role_grant_confirmed_by_a_second_person", RoleGrantFactory, is_confirmed=True, decided_at=TOO_LATE,
            decided_by_id=Its(whose),
        )
        for whose in (lambda grant: grant.user_id, lambda grant: grant.proposed_by_id)
    ),
    insert("role_grant_waits_once", RoleGrantFactory),
    change("address_change_expires", AddressChangeFactory, expires_at=Its(lambda row: row.asked_at)),
    *(
        change("address_change_confirmed_in_time_or_ended", AddressChangeFactory, **columns)
        for columns in (
            {"confirmed_at": Its(lambda row: row.expires_at + timedelta(seconds=1))},
            {"confirmed_at": Its(lambda row: row.asked_at), "ended_at": Its(lambda row: row.asked_at)},
        )
    ),
    insert("address_change_waits_once", AddressChangeFactory),
]  # fmt: skip


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_database_refuses(rule: Rule) -> None:
    assert refusal(rule) == rule.constraint


def test_zones_that_nobody_knows_become_utc_before_the_rule_holds() -> None:
    migration = import_module("accounts.migrations.0008_known_time_zones")
    user, other = UserFactory(), UserFactory(time_zone="Asia/Kathmandu")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_user DISABLE TRIGGER USER")
        cursor.execute("UPDATE accounts_user SET time_zone = 'Mars/Phobos' WHERE id = %s", [user.pk])
        cursor.execute("ALTER TABLE accounts_user ENABLE TRIGGER USER")
        cursor.execute(migration.UNKNOWN_TO_UTC)
    assert [User.objects.get(pk=one.pk).time_zone for one in (user, other)] == ["UTC", "Asia/Kathmandu"]
