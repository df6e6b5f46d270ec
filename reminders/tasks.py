"""Celery tasks: hints to look at the ledger. They carry no facts, so a lost or repeated one does no harm."""

import time

from celery import shared_task
from django.utils import timezone

from reminders.delivery import deliver_next
from reminders.owed import write_owed

SECONDS = 45.0  # well under the time limits of tasks (config/settings.py), and less than beat's minute


@shared_task(name="reminders.tasks.look_at_ledger")
def look_at_ledger() -> None:
    """Write what is owed today, then send until nothing waits or the time is over."""
    now = timezone.now()
    write_owed(on=now.date(), at=now)
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and deliver_next(at=timezone.now()):
        pass
