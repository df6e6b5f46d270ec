"""Celery tasks: hints to look at the ledger. They carry no facts, so a lost or repeated one does no harm."""

import time

from celery import shared_task
from django.utils import timezone

from reminders.alarm import say_alive
from reminders.delivery import deliver_next
from reminders.owed import write_owed
from reminders.pauses import control

SECONDS = 45.0  # well under the time limits of tasks (config/settings.py), and less than beat's minute


@shared_task(name="reminders.tasks.look_at_ledger")
def look_at_ledger() -> None:
    """Write what is owed now, then send until nothing waits, the time is over or the run's share is sent."""
    write_owed(at=timezone.now())
    end, left = time.monotonic() + SECONDS, control().most_per_run
    while left and time.monotonic() < end and deliver_next(at=timezone.now()):
        left -= 1
    say_alive()
