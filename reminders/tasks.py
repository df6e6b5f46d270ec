"""Celery tasks: hints to look at the ledger. They carry no facts, so a lost or repeated one does no harm."""

import time
from datetime import timedelta

from celery import shared_task

from reminders.alarm import say_alive, stands_still
from reminders.clock import ledger_now
from reminders.delivery import deliver_next, sent_since
from reminders.handing_over import DIALOGUE
from reminders.heartbeats import record_look
from reminders.owed import write_owed
from reminders.pauses import control

SECONDS = 30.0  # after which a run begins no other message: the last has time left before the limits of tasks
EXPIRES = 600  # seconds, as the hints of the schedule: more than the clocks of two machines differ
MINUTE = timedelta(minutes=1)


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
    """Send until nothing waits, the time is over or a minute's share is sent; no dialogue outlasts the task.

    The share is counted in the ledger, for hints that waited come at once, and several workers send.
    """
    began, most = time.monotonic(), control().most_per_run
    while (spent := time.monotonic() - began) < SECONDS:
        now = ledger_now()
        if sent_since(now - MINUTE) >= most or not deliver_next(at=now, seconds=DIALOGUE - spent):
            break
