"""The whole reminder path on real parts: a worker process, the broker, Postgres and a mail server."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from conferences.models import MembershipRole
from pledges.enums import ReportedState
from reminders.delivery import deliver_next
from reminders.models import Reminder, State
from reminders.owed import write_owed
from reminders.tasks import look_at_ledger
from tests.reminders.conftest import delegation_of, due_step
from tests.reminders.sink import HANG, Sink

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
Start = Callable[[], "subprocess.Popen[bytes]"]


def database_url() -> str:
    """Return the address of the tests' own database."""
    own = connection.settings_dict
    return f"postgres://{own['USER']}:{own['PASSWORD']}@{own['HOST']}:{own['PORT']}/{own['NAME']}"


@pytest.fixture
def start_worker(sink: Sink, db: None) -> Iterator[Start]:
    """Return a function that starts a worker process, as in service but for the mail server."""
    workers: list[subprocess.Popen[bytes]] = []
    environment = os.environ | {"DATABASE_URL": database_url(), "EMAIL_URL": f"smtp://127.0.0.1:{sink.port}"}
    command = [sys.executable, "-P", "-m", "celery", "--app=config", "worker", "--pool=solo", "--loglevel=WARNING"]

    def start() -> "subprocess.Popen[bytes]":
        workers.append(
            subprocess.Popen([*command, "--without-gossip", "--without-mingle"], env=environment, cwd=settings.BASE_DIR)
        )
        return workers[-1]

    environment["PYTHONPATH"] = str(settings.BASE_DIR)
    yield start
    for worker in workers:
        worker.kill()
        worker.wait(10)


def wait_until(happened: Callable[[], Any], seconds: float = 120) -> None:
    """Wait for something that another process does; a worker on a busy machine takes half a minute to start."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def is_in(state: State) -> bool:
    """Return whether the one reminder is in this state."""
    return Reminder.objects.filter(state=state).exists()


def test_a_step_comes_due_is_mailed_and_answered(sink: Sink, start_worker: Start) -> None:
    today = timezone.now().date()
    step = due_step(delegation_of(MembershipRole.DRAFTER), on=today)
    start_worker()
    for _hint in range(3):  # the broker may say it as often as it likes
        look_at_ledger.delay()
    wait_until(lambda: is_in(State.SENT))

    [message] = sink.messages
    link = next(line for line in message.get_body(("plain",)).get_content().splitlines() if line.startswith("http"))
    browser = Client()
    browser.force_login(step.pledge.participant.memberships.get().user)
    address = link.removeprefix(settings.BASE_URL)
    assert step.title in browser.get(address).content.decode()
    browser.post(
        address, {"milestone": step.pk, "state": ReportedState.IN_PROGRESS, "step_done": "on", "text": "Done."}
    )
    step.refresh_from_db()
    assert step.done_on == today

    look_at_ledger.delay()
    due_step(delegation_of(MembershipRole.DRAFTER), on=today)  # proof that the ledger was looked at again
    look_at_ledger.delay()
    wait_until(lambda: len(sink.messages) == 2)
    assert Reminder.objects.filter(recipient=step.pledge.participant.memberships.get().user).count() == 1


def test_a_worker_killed_while_sending_leaves_its_message_to_the_next(sink: Sink, start_worker: Start) -> None:
    now = timezone.now()
    due_step(on=now.date())
    write_owed(at=now)
    sink.answer = lambda command, recipient: HANG if command == "END" else ""
    worker = start_worker()
    look_at_ledger.delay()
    wait_until(lambda: Reminder.objects.filter(state=State.CLAIMED, text_began=True).exists())
    worker.send_signal(signal.SIGKILL)
    worker.wait(10)

    sink.answer = lambda command, recipient: ""
    reminder = Reminder.objects.get()
    assert deliver_next(at=timezone.now()) is None
    assert reminder.lease_until
    deliver_next(at=reminder.lease_until)
    reminder.refresh_from_db()
    assert (reminder.state, reminder.attempts, reminder.outcome_unknown) == (State.SENT, 2, True)
    assert [message["Message-ID"] for message in sink.messages] == [reminder.message_id]
