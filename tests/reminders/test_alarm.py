"""Silence raises an alarm: the health page, the metrics and the sign of life to an alarm outside (R33)."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from reminders import alarm, heartbeats
from reminders.models import Control, Reminder, State
from reminders.staff import resume, stop
from reminders.tasks import look_at_ledger
from tests.factories import ManagerFactory, UserFactory

pytestmark = pytest.mark.django_db
TOKEN = "a-token-for-the-monitor"


def waiting(minutes: float, **values: Any) -> Reminder:
    """Return a reminder that has been ready to go for so many minutes."""
    now = timezone.now()
    known = {"owed_on": now.date(), "message_id": f"<{minutes}>", "next_attempt_at": now - timedelta(minutes=minutes)}
    return Reminder.objects.create(recipient=UserFactory(), **known | values)


@pytest.fixture
def alive() -> Iterator[None]:
    """A worker and a scheduler that gave a sign of life just now."""
    heartbeats.record(heartbeats.WORKER)
    heartbeats.record(heartbeats.SCHEDULER)
    yield
    with heartbeats.connect() as broker:
        broker.delete("alive:worker", "alive:scheduler")


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
    return {sample.name.removeprefix("pledges_reminders_"): sample.value for one in families for sample in one.samples}


def test_the_metrics_say_how_the_ledger_stands(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = TOKEN
    waiting(3)
    waiting(-30)
    waiting(5, state=State.FAILED)
    waiting(6, outcome_unknown=True, state=State.SENT, sent_at=timezone.now())
    found = figures(client)
    assert 180 <= found.pop("oldest_unsent_seconds") < 240
    assert found == {
        "owed": 1, "waiting": 1, "failed": 1, "outcome_unknown": 1, "bounced": 0, "undeliverable_contacts": 0,
        "stopped": 0,
    }  # fmt: skip
    Control.objects.update(is_stopped=True, reason="Server moves")
    assert figures(client)["stopped"] == 1


def test_without_a_token_there_are_no_metrics(client: Client, settings: Any) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert client.get("/metrics", headers=headers).status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404
    settings.METRICS_TOKEN = TOKEN
    for wrong in ({}, {"Authorization": "Bearer "}, {"Authorization": "Bearer x"}, {"Authorization": TOKEN}):
        assert client.get("/metrics", headers=wrong).status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Bearer é"}).status_code == 401
