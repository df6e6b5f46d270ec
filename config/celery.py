"""The Celery application and its schedule. Tasks carry hints: what is owed stands in the database."""

import os

from celery import Celery
from celery.schedules import crontab

# Seconds after which a hint that nobody took is dropped: the worker's clock decides, which may differ from the
# scheduler's by minutes.
HINT_LIFE = 600

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("config")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    "look-at-the-reminder-ledger": {
        "task": "reminders.tasks.look_at_ledger",
        "schedule": 60.0,
        "options": {"expires": HINT_LIFE},
    },
    "carry-out-decisions": {
        "task": "pledges.tasks.carry_out_decisions",
        "schedule": 15.0,  # with the time that hundreds of pledges take, still within a minute
        "options": {"expires": HINT_LIFE},
    },
    "scan-waiting-documents": {
        "task": "pledges.tasks.scan_files",
        "schedule": 300.0,
        "options": {"expires": HINT_LIFE},
    },
    "sweep-stored-documents": {
        "task": "pledges.tasks.sweep_files",
        "schedule": crontab(hour="2", minute="30"),
        "options": {"expires": 3600},
    },
    "forget-idempotency-keys": {
        "task": "api.tasks.forget_idempotency_keys",
        "schedule": crontab(minute="15"),
        "options": {"expires": 3000},
    },
    "send-mail-about-accounts": {
        "task": "accounts.tasks.send_account_mail",
        "schedule": 15.0,
        "options": {"expires": HINT_LIFE},
    },
}
