"""Give the application's database role what it needs, and nothing of the history but reading and adding."""

import re
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction

GRANTS = """
GRANT USAGE ON SCHEMA public TO {role};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role};
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role};
REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {role};
"""
APPEND_ONLY = 'REVOKE UPDATE, DELETE, TRUNCATE ON "{table}" FROM {role}'
# As pgtrigger makes it, any session may switch triggers off with a setting, and so write without leaving history.
ALWAYS_FIRE = """
CREATE OR REPLACE FUNCTION _pgtrigger_should_ignore(trigger_name name) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT false';
"""


class Command(BaseCommand):
    """Run as the owner of the tables, after every migration."""

    help = "Grants the application's database role its rights; append-only tables: read and add only."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the role's name."""
        parser.add_argument("--role", required=True, help="the role named in the application's DATABASE_URL")

    def handle(self, *args: Any, role: str, **options: Any) -> None:
        """Grant, then take back what would change history or go round it."""
        if not re.fullmatch(r"[a-z_][a-z0-9_]*", role):
            raise CommandError(f"{role!r} is no role name: use small letters, digits and underscores.")
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(GRANTS.format(role=role))
            for table in append_only_tables():
                cursor.execute(APPEND_ONLY.format(table=table, role=role))
            cursor.execute(ALWAYS_FIRE)


def append_only_tables() -> list[str]:
    """Return the names of all tables whose rows stay as they were written: all that hold history, and more."""
    return [
        model._meta.db_table
        for model in apps.get_models()
        if any(trigger.name == "append_only" for trigger in getattr(model._meta, "triggers", ()))
    ]
