"""A scheduler of which any number may run: only the one that holds a lock in Postgres fires."""

from typing import Any

import psycopg2
from celery.beat import Scheduler
from celery.utils.log import get_logger
from django.db import connections

from reminders import heartbeats

logger = get_logger(__name__)
LOCK = 0x706C6564676573  # "pledges"
LOOK_AGAIN = 1.0  # seconds until one that stands by tries the lock again
TICK_AT_LEAST = 5.0  # seconds between two signs of life


class LockedScheduler(Scheduler):
    """Celery's in-memory scheduler behind an advisory lock.

    The lock lives as long as its own connection, so it is free a moment after the holder's death. The schedule is not
    kept over a restart: what is owed stands in the ledger, and each firing only says "look".
    """

    lock_connection: "psycopg2.extensions.connection | None" = None

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Fire what is due, if we hold the lock; return the seconds until the next tick."""
        if not self.holds_lock():
            return LOOK_AGAIN
        heartbeats.record(heartbeats.SCHEDULER)
        return float(min(super().tick(*args, **kwargs), TICK_AT_LEAST))

    def holds_lock(self) -> bool:
        """Take the lock, or see that we still have it."""
        try:
            if self.lock_connection:
                return ask(self.lock_connection, "SELECT true")
            self.lock_connection = connect()
            if ask(self.lock_connection, "SELECT pg_try_advisory_lock(%s)", LOCK):
                logger.info("This scheduler holds the lock.")
                return True
        except psycopg2.Error as error:
            logger.warning("The scheduler waits for the database: %s", error)
        self._let_go()
        return False

    def close(self) -> None:
        """Let the lock go at the end."""
        self._let_go()
        super().close()

    def _let_go(self) -> None:
        if self.lock_connection:
            self.lock_connection.close()
            self.lock_connection = None


def connect() -> "psycopg2.extensions.connection":
    """Return a connection of our own, made as Django's are: those may be closed between two requests."""
    parameters = connections["default"].get_connection_params()
    connection = psycopg2.connect(**parameters | {"keepalives_idle": 10, "application_name": "scheduler"})
    connection.autocommit = True
    return connection


def ask(connection: "psycopg2.extensions.connection", query: str, *parameters: Any) -> bool:
    """Return the one yes or no that a query answers."""
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return bool(cursor.fetchone()[0])
