"""The Celery application and its schedule. Tasks carry hints: what is owed stands in the database."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("config")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    "look-at-the-reminder-ledger": {
        "task": "reminders.tasks.look_at_ledger",
        "schedule": 60.0,
        "options": {"expires": 55},
    },
}
