"""The application's role of the database, as it is in service."""

from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.db import connection

ROLE = "pledges_app"


@pytest.fixture
def app_role(db: None) -> Iterator[str]:
    """Act as the application's role for the rest of the test; where the cluster has none, it is made and undone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", [ROLE])
        if not cursor.rowcount:
            cursor.execute(f"CREATE ROLE {ROLE}")
        call_command("grant_app_role", role=ROLE)
        cursor.execute(f"SET LOCAL ROLE {ROLE}")
        yield ROLE
        cursor.execute("RESET ROLE")
