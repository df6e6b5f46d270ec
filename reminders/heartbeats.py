"""Signs of life of the worker and the scheduler, kept in the broker: keys that expire by themselves."""

from typing import Any

import redis
from celery.signals import heartbeat_sent
from django.conf import settings

WORKER = "worker"
SCHEDULER = "scheduler"
FRESH_FOR = 30  # seconds
_TIMEOUT = 2  # seconds


def connect() -> redis.Redis:
    """Return a connection to the broker that gives up quickly."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=_TIMEOUT, socket_connect_timeout=_TIMEOUT)


def record(name: str) -> None:
    """Say that a process lives. A broker that is down is no reason for it to fail: the health page tells."""
    try:
        with connect() as broker:
            broker.set(_key(name), 1, ex=FRESH_FOR)
    except redis.RedisError:
        pass


def fresh(broker: redis.Redis, *names: str) -> list[bool]:
    """Say for each name whether it gave a sign of life in the last FRESH_FOR seconds. Raises redis.RedisError."""
    return [value is not None for value in broker.mget([_key(name) for name in names])]


def _key(name: str) -> str:
    return f"alive:{name}"


@heartbeat_sent.connect
def record_worker(**_: Any) -> None:
    """A worker's main loop says every two seconds that it runs."""
    record(WORKER)
