"""Signs of life of worker, scheduler and looks at the ledger, in the broker: keys that expire by themselves."""

from typing import Any

import redis
from celery.signals import heartbeat_sent, worker_ready
from django.conf import settings

WORKER = "worker"
SCHEDULER = "scheduler"
LOOK = "look"  # the last look at the ledger that ended well
FRESH_FOR = 30  # seconds
LOOK_FRESH_FOR = 600  # seconds
_TIMEOUT = 2  # seconds


def connect() -> redis.Redis:
    """Return a connection to the broker that gives up quickly."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=_TIMEOUT, socket_connect_timeout=_TIMEOUT)


def record(name: str, *, seconds: int | None = None, only_first: bool = False) -> None:
    """Say that a process lives, for so many seconds: FRESH_FOR where nobody says. `only_first`: unless it was said.

    A broker that is down is no reason for it to fail: the health page tells.
    """
    try:
        with connect() as broker:
            broker.set(_key(name), 1, ex=seconds or FRESH_FOR, nx=only_first)
    except redis.RedisError:
        pass


def record_look() -> None:
    """Say that a look at the ledger ended well."""
    record(LOOK, seconds=LOOK_FRESH_FOR)


def alive() -> dict[str, bool]:
    """Say of worker, scheduler and look whether it gave a sign of life that still holds; of none where the broker does
    not answer, for nobody can tell then."""
    names = (WORKER, SCHEDULER, LOOK)
    try:
        with connect() as broker:
            return dict(zip(names, fresh(broker, *names), strict=True))
    except redis.RedisError:
        return dict.fromkeys(names, False)


def fresh(broker: redis.Redis, *names: str) -> list[bool]:
    """Say for each name whether it gave a sign of life that still holds. Raises redis.RedisError."""
    return [value is not None for value in broker.mget([_key(name) for name in names])]


def _key(name: str) -> str:
    return f"alive:{name}"


@heartbeat_sent.connect
def record_worker(**_: Any) -> None:
    """A worker's main loop says every two seconds that it runs."""
    record(WORKER)


@worker_ready.connect
def expect_look(**_: Any) -> None:
    """A worker that starts has as long for its first good look as for any."""
    record(LOOK, seconds=LOOK_FRESH_FOR, only_first=True)
