"""The application's role of the database writes history by working, and can neither change it nor work without it."""

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, InternalError, ProgrammingError, connection, transaction

from accounts.management.commands.grant_app_role import append_only_tables
from pledges.models import MilestoneExtension, MilestoneReopening, Pledge, Renewal, StatusChange
from tests.accounts.test_history import event_models, labels_of
from tests.factories import DraftPledgeFactory

pytestmark = pytest.mark.django_db
STATED_ONCE = {model._meta.db_table for model in (StatusChange, MilestoneExtension, MilestoneReopening, Renewal)}


def attempt(sql: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_append_only_tables_are_all_of_history_and_what_is_stated_once() -> None:
    history = {model._meta.db_table for model in event_models().values()}
    assert set(append_only_tables()) == history | STATED_ONCE


@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_role_cannot_change_history(app_role: str, statement: str) -> None:
    DraftPledgeFactory()
    for table in append_only_tables():
        key = "id" if table in STATED_ONCE else "pgh_id"
        with pytest.raises(ProgrammingError, match=f"permission denied for table {table}"):
            attempt(statement.format(table, key, key))


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE pledges_pledge DISABLE TRIGGER ALL",
        "DROP TABLE pledges_pledgeevent",
        "ALTER TABLE pledges_pledge DROP CONSTRAINT pledge_quantity_positive",
        "CREATE OR REPLACE FUNCTION _pgtrigger_should_ignore(trigger_name name) RETURNS boolean LANGUAGE sql"
        " AS 'SELECT true'",
        "SET session_replication_role = replica",
        "DELETE FROM django_migrations",
    ],
)
def test_the_role_cannot_change_the_rules(app_role: str, statement: str) -> None:
    with pytest.raises(DatabaseError, match=r"must be owner|permission denied"):
        attempt(statement)


def test_the_role_works_and_its_work_leaves_history(app_role: str) -> None:
    pledge = DraftPledgeFactory()
    key = pledge.pk
    pledge.title = "Changed"
    pledge.save()
    pledge.delete()
    assert labels_of(Pledge, key) == ["insert", "update", "delete"]


def test_the_role_cannot_switch_triggers_off(app_role: str) -> None:
    pledge = DraftPledgeFactory()
    names = ",".join(trigger.get_pgid(Pledge) for trigger in Pledge._meta.triggers)
    attempt(f"SET LOCAL pgtrigger.ignore = '{{{names}}}'")
    Pledge.objects.filter(pk=pledge.pk).update(title="Unseen")
    assert labels_of(Pledge, pledge.pk) == ["insert", "update"]


def test_the_owner_meets_a_trigger_too() -> None:
    DraftPledgeFactory()
    for statement in ("UPDATE pledges_pledgeevent SET title = 'Otherwise'", "DELETE FROM pledges_pledgeevent"):
        with pytest.raises(InternalError, match="Cannot update or delete rows"):
            attempt(statement)


@pytest.mark.parametrize("name", ["Robert; DROP TABLE students", "UPPER", ""])
def test_a_name_that_is_no_role_is_refused(name: str) -> None:
    with pytest.raises(CommandError, match="is no role name"):
        call_command("grant_app_role", role=name)
