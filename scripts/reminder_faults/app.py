"""The product's Celery application, in processes that can be told to die: `celery --app=scripts.reminder_faults.app`.

REMINDER_FAULTS holds, as JSON: the folder of notes, the seconds between two hints of the scheduler, how often it says
each, the broker's visibility timeout, how long a sign of life is believed, after how many seconds a run begins no other
message, by how many seconds the clock is ahead, and the seeded fault to be caught, if any.
"""

import json
import os
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from celery.signals import import_modules, task_postrun, task_prerun

from config.celery import app

told: dict[str, Any] = json.loads(os.environ["REMINDER_FAULTS"])
hint = app.conf.beat_schedule["look-at-the-reminder-ledger"] | {"schedule": told["every"]}
app.conf.beat_schedule = {f"hint-{number}": hint for number in range(told["times"])}
app.conf.broker_transport_options = app.conf.broker_transport_options | {
    "visibility_timeout": told["visibility_timeout"],
    "unacked_restore_interval": 1,
}


@import_modules.connect
def put_points(**_: Any) -> None:
    """Wrap the sender once Django is set up."""
    from reminders import heartbeats, tasks
    from scripts.reminder_faults import points, seeded

    heartbeats.FRESH_FOR = told["fresh_for"]
    tasks.SECONDS = told["seconds"]
    if told["clock"]:
        move_clock(timedelta(seconds=told["clock"]))
    if told["seeded"]:
        seeded.plant(told["seeded"])
    points.install(points.Notes(Path(told["folder"])))


def move_clock(ahead: timedelta) -> None:
    """Let this process' clock be ahead, as Django and Celery read it."""
    from celery.worker import request
    from django.utils import timezone

    now = timezone.now

    class Moved(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.now(tz) + ahead

    timezone.now = lambda: now() + ahead
    request.datetime = Moved


began: dict[str, float] = {}


@task_prerun.connect
def note_begin(task_id: str, **_: Any) -> None:
    """Remember when a task began."""
    began[task_id] = time.monotonic()


@task_postrun.connect
def note_end(task_id: str, **_: Any) -> None:
    """Note how long a task took."""
    from scripts.reminder_faults import points

    points.Notes(Path(told["folder"])).write("took", time.monotonic() - began.pop(task_id))
