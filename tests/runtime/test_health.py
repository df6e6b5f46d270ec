"""The health page names what is down, and two schedulers are one."""

import os
from collections.abc import Iterator

import psycopg2
import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.test import Client

from config.celery import app
from reminders import beat, heartbeats


@pytest.fixture(autouse=True)
def _no_signs_of_life(db: None) -> Iterator[None]:
    forget()
    yield
    forget()


def forget() -> None:
    """Remove the signs of life and nothing else: what else the broker holds, later tests need."""
    with heartbeats.connect() as broker:
        broker.delete("alive:worker", "alive:scheduler", "alive:look")


def test_all_is_well(client: Client) -> None:
    heartbeats.record(heartbeats.WORKER)
    heartbeats.record(heartbeats.SCHEDULER)
    heartbeats.record_look()
    answer = client.get("/healthz")
    assert answer.json() == {
        "database": "ok", "reminders": "ok", "broker": "ok", "worker": "ok", "scheduler": "ok", "ledger": "ok",
    }  # fmt: skip
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]


def test_a_worker_that_is_gone_is_named(client: Client) -> None:
    heartbeats.record(heartbeats.SCHEDULER)
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["worker"] == "not seen for 30 seconds"
    assert answer.json()["scheduler"] == "ok"


def test_signs_of_life_expire_by_themselves() -> None:
    heartbeats.record(heartbeats.WORKER)
    with heartbeats.connect() as broker:
        assert 0 < broker.ttl("alive:worker") <= heartbeats.FRESH_FOR


def test_a_broker_that_is_down_is_named_and_its_password_is_not(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(settings, "REDIS_URL", "redis://:canary@127.0.0.1:1/0")
        heartbeats.record(heartbeats.WORKER)  # must not fail: the worker has other things to do
        answer = client.get("/healthz")
    assert answer.status_code == 503
    found = answer.json()
    assert (found["database"], found["reminders"]) == ("ok", "ok")
    assert (found["broker"], found["worker"], found["scheduler"]) == ("no answer", "unknown", "unknown")


def test_a_database_that_is_down_is_named(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise OperationalError("canary")

    with monkeypatch.context() as patch:
        patch.setattr(connection, "cursor", refuse)
        patch.setattr(connection, "close", lambda: None)
        answer = client.get("/healthz")
    assert answer.status_code == 503
    assert (answer.json()["database"], answer.json()["reminders"]) == ("no answer", "unknown")
    assert b"canary" not in answer.content


def test_of_two_schedulers_one_fires_and_the_other_takes_over() -> None:
    first, second = (beat.LockedScheduler(app, lazy=True) for _ in range(2))
    try:
        assert first.holds_lock()
        assert first.holds_lock()
        assert not second.holds_lock()
        assert second.tick() == beat.LOOK_AGAIN
        first.close()
        assert second.holds_lock()
    finally:
        first.close()
        second.close()


def test_a_scheduler_that_lost_its_connection_lets_another_take_over_and_comes_back() -> None:
    scheduler = beat.LockedScheduler(app, lazy=True)
    try:
        assert scheduler.holds_lock()
        assert scheduler.lock_connection is not None
        with psycopg2.connect(os.environ["TEST_DATABASE_URL"]) as other, other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [scheduler.lock_connection.info.backend_pid])
        other.close()
        assert not scheduler.holds_lock()
        assert scheduler.holds_lock()
    finally:
        scheduler.close()


def test_the_scheduler_connects_as_the_address_of_the_database_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", {"sslmode": "require"})  # the tests' Postgres has none
    with pytest.raises(psycopg2.OperationalError, match="SSL"):
        beat.connect()


def test_a_tick_is_a_sign_of_life() -> None:
    scheduler = beat.LockedScheduler(app, lazy=True)
    try:
        assert scheduler.tick() <= beat.TICK_AT_LEAST
        with heartbeats.connect() as broker:
            assert heartbeats.fresh(broker, heartbeats.SCHEDULER, heartbeats.WORKER) == [True, False]
    finally:
        scheduler.close()


def test_each_process_of_the_tests_has_its_own_settings() -> None:
    """Two that shared a broker's database would take each other's tasks."""
    assert os.environ["REDIS_URL"] == settings.REDIS_URL
    assert os.environ["MEDIA_ROOT"] == settings.MEDIA_ROOT
