"""Several writers at one pledge at once, on connections of their own, in an order that the test can count on."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from django.db import DatabaseError, connection, transaction

from pledges.errors import PledgeError
from pledges.models import Pledge

PATIENCE = 10.0  # seconds


def at_once(pledge: Pledge, calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run all calls while the pledge is held, let it go when each waits for it, and return what they gave or refused.

    They began before any could see what another did; they get the pledge in the order of `calls`.
    """
    with ThreadPoolExecutor(len(calls)) as pool:
        with transaction.atomic():
            Pledge.objects.locked(pledge)
            running: list[Future[Any]] = []
            for call in calls:
                running.append(pool.submit(on_own_connection, call))
                wait_until_waiting(len(running), running)
        return [future.result() for future in running]


def on_own_connection(call: Callable[[], Any]) -> Any:
    """Return what a call gives, or its refusal."""
    try:
        return call()
    except (PledgeError, DatabaseError) as refusal:
        return refusal
    finally:
        connection.close()


def wait_until_waiting(number: int, running: list[Future[Any]]) -> None:
    """Return when so many connections wait for a lock in this database."""
    until = time.monotonic() + PATIENCE
    while waiting() < number:
        assert not any(future.done() for future in running), "A call ended without waiting for the pledge."
        assert time.monotonic() < until, "A call does not wait for the pledge."
        time.sleep(0.005)


def waiting() -> int:
    """Return how many connections wait for a lock in this database now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return int(cursor.fetchone()[0])
