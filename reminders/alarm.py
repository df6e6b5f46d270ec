"""Whether reminders stand still, and the sign of life to an alarm outside: it rings when the sign stays away."""

import logging
import urllib.request
from datetime import datetime, timedelta

from django.conf import settings

from reminders.models import Reminder, State
from reminders.pauses import control

logger = logging.getLogger(__name__)
TOO_LONG = timedelta(minutes=10)
TIMEOUT = 5  # seconds


def stands_still(*, at: datetime) -> bool:
    """Return whether a reminder that is ready to go has waited for more than TOO_LONG, and nobody stopped them."""
    waiting = Reminder.objects.filter(state__in=[State.OWED, State.CLAIMED], next_attempt_at__lt=at - TOO_LONG)
    return waiting.exists() and not control().is_stopped


def say_alive() -> None:
    """Call the alarm outside, where one is configured. A call that fails is logged: reminders do not depend on it."""
    if not settings.ALARM_PING_URL:
        return
    try:
        with urllib.request.urlopen(settings.ALARM_PING_URL, timeout=TIMEOUT):  # noqa: S310  http(s) only, by config
            pass
    except (OSError, ValueError) as error:  # ValueError: an address that cannot be asked
        logger.warning("The alarm outside did not answer: %s", error)
