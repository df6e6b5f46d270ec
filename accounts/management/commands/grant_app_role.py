"""Give the application's database role what it needs, and nothing of the history but reading and adding."""

import re
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

GRANTS = """
GRANT USAGE ON SCHEMA public TO {role};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role};
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role};
REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {role};
"""


class Command(BaseCommand):
    """Run as the owner of the tables, after every migration."""

    help = "Grants the application's database role its rights; history tables: read and add only."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the role's name."""
        parser.add_argument("--role", required=True, help="the role named in the application's DATABASE_URL")

    def handle(self, *args: Any, role: str, **options: Any) -> None:
        """Grant, then take back what would change history."""
        if not re.fullmatch(r"[a-z_][a-z0-9_]*", role):
            raise CommandError(f"{role!r} is no role name: use small letters, digits and underscores.")
        with connection.cursor() as cursor:
            cursor.execute(GRANTS.format(role=role))
            for table in history_tables():
                cursor.execute(f'REVOKE UPDATE, DELETE, TRUNCATE ON "{table}" FROM {role}')


def history_tables() -> list[str]:
    """Return the names of all tables that hold history."""
    import pghistory.models
    from django.apps import apps

    return [model._meta.db_table for model in apps.get_models() if issubclass(model, pghistory.models.Event)]
