"""Silence raises an alarm: the health page, the metrics and the sign of life to an alarm outside (R33)."""

import threading
import uuid
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from config.celery import HINT_LIFE
from reminders import alarm, heartbeats
from reminders.alarm import stands_still
from reminders.delivery import deliver_next
from reminders.models import Control, Reminder, State
from reminders.overview import standing
from reminders.owed import write_owed
from reminders.staff import resume, stop
from reminders.tasks import look_at_ledger
from tests.factories import ManagerFactory, UserFactory
from tests.factories.readiness import RegistrationFactory
from tests.reminders.conftest import NOW, TODAY, due_step

pytestmark = pytest.mark.django_db
TOKEN = "a-token-for-the-monitor"


def waiting(minutes: float, **values: Any) -> Reminder:
    """Return a reminder that has been ready to go for so many minutes."""
    now = timezone.now()
    since = now - timedelta(minutes=minutes)
    known = {"owed_on": now.date(), "message_id": f"<{uuid.uuid4()}>", "next_attempt_at": since, "created_at": since}
    return Reminder.objects.create(recipient=UserFactory(), **known | values)


@pytest.fixture
def alive() -> Iterator[None]:
    """A worker and a scheduler that gave a sign of life just now, and a good look at the ledger."""
    heartbeats.record(heartbeats.WORKER)
    heartbeats.record(heartbeats.SCHEDULER)
    heartbeats.record_look()
    yield
    with heartbeats.connect() as broker:
        broker.delete("alive:worker", "alive:scheduler", "alive:look")


@pytest.mark.parametrize(
    ("minutes", "values", "status"),
    [
        (11, {}, 503),
        (11, {"state": State.CLAIMED, "lease_until": timezone.now()}, 503),
        (9, {}, 200),
        (-60, {}, 200),
        (11, {"state": State.FAILED}, 200),
        (11, {"state": State.CANCELLED}, 200),
    ],
)
def test_the_health_page_names_reminders_that_stand_still(
    alive: None, client: Client, minutes: float, values: dict[str, Any], status: int
) -> None:
    waiting(minutes, **values)
    answer = client.get("/healthz")
    assert answer.status_code == status
    assert (answer.json()["reminders"] == "ok") == (status == 200)


def test_what_somebody_stopped_is_no_alarm(alive: None, client: Client) -> None:
    waiting(60)
    Control.objects.update(is_stopped=True, reason="Server moves")
    assert client.get("/healthz").status_code == 200


def sent(minutes: float) -> Reminder:
    """Return a reminder that went out so many minutes ago."""
    return waiting(minutes, state=State.SENT, sent_at=timezone.now() - timedelta(minutes=minutes))


def test_a_backlog_that_drains_under_the_bound_is_no_alarm(alive: None, client: Client) -> None:
    waiting(60)
    sent(9)
    assert client.get("/healthz").status_code == 200
    Reminder.objects.filter(state=State.SENT).update(sent_at=timezone.now() - timedelta(minutes=11))
    assert client.get("/healthz").json()["reminders"] != "ok"


def test_whoever_lets_reminders_go_out_again_gets_ten_minutes(alive: None, client: Client) -> None:
    waiting(60)
    manager, now = ManagerFactory(), timezone.now()
    stop(reason="Server moves", by=manager, at=now - timedelta(hours=1))
    resume(by=manager, at=now - timedelta(minutes=9))
    assert client.get("/healthz").status_code == 200
    Control.objects.update(changed_at=now - timedelta(minutes=11))
    assert client.get("/healthz").status_code == 503


def test_a_mail_server_that_is_away_raises_the_alarm_after_ten_minutes(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    for _each in range(alarm.SEVERAL):
        due_step(on=TODAY)
    rang = {}
    for minute in range(0, 600, 5):
        at = NOW + timedelta(minutes=minute)
        write_owed(at=at)
        while deliver_next(at=at):
            pass
        rang[minute] = stands_still(at=at)
    assert not any(rang[minute] for minute in range(0, 11, 5))
    assert all(rang[minute] for minute in range(15, 600, 5))
    assert standing(at=at).oldest_unsent == at - NOW


def test_a_person_or_two_whose_mail_is_refused_raise_no_alarm(alive: None, client: Client) -> None:
    later = timezone.now() + timedelta(hours=1)
    for _each in range(alarm.SEVERAL - 1):
        waiting(300, attempts=5, next_attempt_at=later)
    assert client.get("/healthz").status_code == 200
    waiting(9, attempts=1, next_attempt_at=later)
    assert client.get("/healthz").status_code == 200
    waiting(11, attempts=1, next_attempt_at=later)
    assert client.get("/healthz").status_code == 503
    sent(3)
    assert client.get("/healthz").status_code == 200


def test_looks_that_fail_are_named_once_the_last_good_one_is_ten_minutes_old(
    alive: None, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: Any) -> int:
        raise RuntimeError

    with heartbeats.connect() as broker:
        look_at_ledger()
        assert 595 < broker.ttl("alive:look") <= 600
        broker.expire("alive:look", 30)
        monkeypatch.setattr("reminders.tasks.write_owed", fail)
        with pytest.raises(RuntimeError):
            look_at_ledger()
        assert broker.ttl("alive:look") <= 30, "a look that fails is no sign of life"
        assert client.get("/healthz").status_code == 200
        broker.delete("alive:look")
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()["ledger"]) == (503, "no good look at what is owed for 10 minutes")


def test_a_worker_that_starts_has_ten_minutes_for_its_first_look_and_no_more() -> None:
    with heartbeats.connect() as broker:
        broker.delete("alive:look")
        heartbeats.expect_look()
        assert 595 < broker.ttl("alive:look") <= 600
        broker.expire("alive:look", 30)
        heartbeats.expect_look()
        assert broker.ttl("alive:look") <= 30, "one that starts again and again is no sign of life"


# --- The alarm outside ------------------------------------------------------------------------------------------------
@pytest.fixture
def outside(settings: Any) -> Iterator[list[str]]:
    """An alarm outside, as the list of what it was asked."""
    asked: list[str] = []

    class Alarm(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(500 if "broken" in self.path else 200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Alarm)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.ALARM_PING_URL = f"http://127.0.0.1:{server.server_port}/ping"
    yield asked
    server.shutdown()
    server.server_close()


def test_each_good_run_gives_a_sign_of_life(outside: list[str]) -> None:
    look_at_ledger()
    look_at_ledger()
    assert outside == ["/ping", "/ping"]


def test_a_run_that_fails_gives_none(outside: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: Any) -> int:
        raise RuntimeError

    monkeypatch.setattr("reminders.tasks.write_owed", fail)
    with pytest.raises(RuntimeError):
        look_at_ledger()
    assert outside == []


def test_a_run_while_reminders_stand_still_gives_none(outside: list[str]) -> None:
    waiting(11)
    look_at_ledger()
    assert outside == []


def test_writing_that_fails_does_not_keep_what_is_owed_from_being_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    hinted: list[dict[str, Any]] = []
    monkeypatch.setattr("reminders.tasks.write_owed", lambda **_: 1 / 0)
    monkeypatch.setattr("reminders.tasks.send_owed.apply_async", lambda **options: hinted.append(options))
    with pytest.raises(ZeroDivisionError):
        look_at_ledger()
    assert hinted == [{"expires": HINT_LIFE}]


def test_an_alarm_that_is_away_or_broken_stops_nothing(outside: list[str], settings: Any) -> None:
    settings.ALARM_PING_URL += "/broken"
    look_at_ledger()
    settings.ALARM_PING_URL = "http://127.0.0.1:1/"
    look_at_ledger()
    assert outside == ["/ping/broken"]


def test_nothing_is_called_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alarm.urllib.request, "urlopen", lambda *_, **__: pytest.fail("called"))
    look_at_ledger()


# --- Metrics ----------------------------------------------------------------------------------------------------------
def figures(client: Client) -> dict[str, float]:
    """Return the metrics by name."""
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.content.decode())
    return {sample.name.removeprefix("pledges_"): sample.value for one in families for sample in one.samples}


def test_the_metrics_say_how_the_ledger_stands(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = TOKEN
    waiting(3)
    waiting(-30)
    waiting(5, state=State.FAILED)
    waiting(6, outcome_unknown=True, state=State.SENT, sent_at=timezone.now(), takeovers=2)
    found = figures(client)
    found = {name.removeprefix("reminders_"): value for name, value in found.items() if name.startswith("reminders_")}
    assert 180 <= found.pop("oldest_unsent_seconds") < 240
    assert found == {
        "owed": 1, "waiting": 1, "failed": 1, "outcome_unknown": 1, "lease_takeovers": 2, "bounced": 0,
        "undeliverable_contacts": 0, "stopped": 0,
    }  # fmt: skip
    Control.objects.update(is_stopped=True, reason="Server moves")
    assert figures(client)["reminders_stopped"] == 1


def signs_of_life(client: Client) -> dict[str, float]:
    """Return what the metrics say of who lives."""
    return {name: value for name, value in figures(client).items() if name.startswith("alive_")}


def test_the_metrics_say_whether_worker_and_scheduler_live_and_look(alive: None, client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = TOKEN
    assert signs_of_life(client) == {"alive_worker": 1, "alive_scheduler": 1, "alive_look": 1}
    for name in ("worker", "scheduler", "look"):
        with heartbeats.connect() as broker:
            broker.delete(f"alive:{name}")
        assert signs_of_life(client)[f"alive_{name}"] == 0
    assert sum(signs_of_life(client).values()) == 0


def test_where_the_broker_does_not_answer_the_metrics_say_that_nobody_lives(
    alive: None, client: Client, settings: Any
) -> None:
    settings.METRICS_TOKEN = TOKEN
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    found = figures(client)
    assert {value for name, value in found.items() if name.startswith("alive_")} == {0}
    assert found["reminders_owed"] == 0, "the others are answered all the same"


@pytest.mark.parametrize(("overdue", "alarm"), [(1, 0), (2, 1)])
def test_the_metrics_give_the_alarm_over_units_past_renewal(
    client: Client, settings: Any, overdue: int, alarm: int
) -> None:
    settings.METRICS_TOKEN = TOKEN
    for number in range(5):
        accepted = timezone.now().date() - timedelta(days=800 if number < overdue else 30)
        RegistrationFactory(received_on=accepted, acknowledged_on=None, accepted_on=accepted)
    found = {name: value for name, value in figures(client).items() if name.startswith("readiness_")}
    assert found == {
        "readiness_entries_live": 5, "readiness_entries_past_renewal": overdue, "readiness_renewal_alarm": alarm,
    }  # fmt: skip


def test_without_a_token_there_are_no_metrics(client: Client, settings: Any) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert client.get("/metrics", headers=headers).status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404
    settings.METRICS_TOKEN = TOKEN
    for wrong in ({}, {"Authorization": "Bearer "}, {"Authorization": "Bearer x"}, {"Authorization": TOKEN}):
        assert client.get("/metrics", headers=wrong).status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Bearer é"}).status_code == 401
