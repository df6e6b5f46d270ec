"""GET /healthz: whether the parts that the site needs are up. For machines; open to all, says nothing secret."""

import logging

import redis
from django.db import Error, connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from reminders import heartbeats
from reminders.alarm import TOO_LONG, stands_still

logger = logging.getLogger(__name__)
OK = "ok"
NO_ANSWER = "no answer"


@never_cache
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """Answer 200 when database, broker, worker and scheduler are up and reminders go out, else 503 with what is not."""
    states = {"database": database_state(), "reminders": reminders_state(), **broker_states()}
    return JsonResponse(states, status=200 if all(state == OK for state in states.values()) else 503)


def database_state() -> str:
    """Return how the database is."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error as error:
        logger.warning("The database does not answer: %s", error)
        connection.close()
        return NO_ANSWER
    return OK


def reminders_state() -> str:
    """Return whether reminders go out; whoever stopped them knows that they do not."""
    try:
        is_still = stands_still(at=timezone.now())
    except Error:
        connection.close()
        return "unknown"
    return f"none was sent for {TOO_LONG.seconds // 60} minutes, though one waits" if is_still else OK


def broker_states() -> dict[str, str]:
    """Return how the broker is, and the processes and looks at the ledger that leave their signs of life there."""
    try:
        with heartbeats.connect() as broker:
            *alive, looked = heartbeats.fresh(broker, heartbeats.WORKER, heartbeats.SCHEDULER, heartbeats.LOOK)
    except redis.RedisError as error:
        logger.warning("The broker does not answer: %s", error)
        return {"broker": NO_ANSWER, "worker": "unknown", "scheduler": "unknown", "ledger": "unknown"}
    worker, scheduler = (OK if fresh else f"not seen for {heartbeats.FRESH_FOR} seconds" for fresh in alive)
    ledger = OK if looked else f"no good look at what is owed for {heartbeats.LOOK_FRESH_FOR // 60} minutes"
    return {"broker": OK, "worker": worker, "scheduler": scheduler, "ledger": ledger}
