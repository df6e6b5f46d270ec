"""Runs in a database of made-up pledges: makes them live, or derives what is owed on a day and measures it."""

import json
import resource
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import django

DAY = timedelta(days=1)
NOON = datetime(2026, 6, 3, 12, tzinfo=UTC)
LIVE = """
    UPDATE pledges_pledge SET status = 'registered', outcome = '', closed_at = NULL, assessed_state = '',
        reported_state = '', announced_at = registered_at, last_reported_on = DATE '2026-06-03' - 90 - (id % 180)::int
    WHERE is_synthetic AND registered_at IS NOT NULL
"""


def main(mode: str) -> None:
    """Do what is asked for, and print the answer as JSON."""
    django.setup()
    print(json.dumps({"prepare": prepare, "first": first, "next": next_day, "plans": plans}[mode]()))


def prepare() -> dict[str, Any]:
    """Make all registered pledges live, past all triggers; give every delegation a focal point and an approver."""
    from django.db import connection

    from conferences.models import Participant
    from pledges.models import Pledge
    from reminders.replay import make_delegation, make_secretariat

    delegations = Participant.objects.exclude(kind="un_secretariat")
    make_secretariat(delegations)
    for delegation in delegations:
        make_delegation(delegation.pk)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # no history: nobody reads it here
        cursor.execute(LIVE)
    return {"live": Pledge.objects.filter(status="registered", author__isnull=False).count()}


def first() -> dict[str, Any]:
    """Derive and write everything that ninety days have left behind."""
    return measured(NOON)


def next_day() -> dict[str, Any]:
    """Derive and write what one more day brings."""
    from reminders.models import Reminder

    Reminder.objects.update(state="sent", sent_at=NOON, attempts=1)
    return measured(NOON + DAY)


def measured(at: datetime) -> dict[str, Any]:
    """Return the debts, the seconds and the memory of one derivation, and of a second one that finds nothing new."""
    from reminders.models import Reminder
    from reminders.owed import write_owed

    began = time.perf_counter()
    debts = write_owed(at=at)
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    again = write_owed(at=at)
    return {
        "debts": debts, "messages": Reminder.objects.filter(owed_on=at.date()).count(), "seconds": seconds,
        "peak MB": peak / 1024, "again": again, "seconds again": time.perf_counter() - began,
    }  # fmt: skip


def plans() -> dict[str, str]:
    """Return the plan of the query of each reason, as it ran."""
    from django.db import connection

    from reminders import owed
    from reminders.pauses import paused
    from reminders.people import people
    from reminders.reasons import SUBJECTS

    at, found = NOON + 2 * DAY, {}
    persons = people(at=at)
    for reason in SUBJECTS:
        sql, parameters = owed.debts_query(reason, at=at, persons=persons, pauses=paused(at=at))
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, SUMMARY) {sql}", parameters)
            found[str(reason)] = "\n".join(line for (line,) in cursor.fetchall())
    return found


if __name__ == "__main__":
    main(sys.argv[1])
