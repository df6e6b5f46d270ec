"""Celery tasks: hints to look at the ledger. They carry no facts, so a lost or repeated one does no harm."""

import time

from celery import shared_task

from reminders.alarm import say_alive, stands_still
from reminders.clock import ledger_now
from reminders.delivery import deliver_next
from reminders.handing_over import DIALOGUE
from reminders.heartbeats import record_look
from reminders.owed import write_owed
from reminders.pauses import control

SECONDS = 30.0  # after which a run begins no other message: the last has time left before the limits of tasks
EXPIRES = 600  # seconds: more than two machines' clocks differ; the next look hints again


@shared_task(name="reminders.tasks.look_at_ledger")
def look_at_ledger() -> None:
    """Write what is owed now, and hint at sending it: a task of its own, so that writing takes no time from it.

    What is in the ledger is sent even where writing fails; but then the look gives no sign of life.
    """
    try:
        write_owed(at=ledger_now())
    finally:
        send_owed.apply_async(expires=EXPIRES)
    record_look()
    if not stands_still(at=ledger_now()):
        say_alive()


@shared_task(name="reminders.tasks.send_owed")
def send_owed() -> None:
    """Send until nothing waits, the time is over or the run's share is sent; no dialogue outlasts the task."""
    began, left = time.monotonic(), control().most_per_run
    while left and (spent := time.monotonic() - began) < SECONDS:
        if not deliver_next(at=ledger_now(), seconds=DIALOGUE - spent):
            break
        left -= 1
