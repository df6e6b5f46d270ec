"""The one clock of the workers that write and send reminders: the database's."""

from datetime import UTC, datetime

from django.db import connection


def ledger_now() -> datetime:
    """Return the present instant, in UTC, as the database's clock has it.

    Machines' clocks differ. If each worker asked its own, one whose clock is five minutes ahead would take the leases
    of the others for over, and would send what is owed tomorrow.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now.astimezone(UTC)
