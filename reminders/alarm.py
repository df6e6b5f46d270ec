"""Whether reminders stand still, and the sign of life to an alarm outside: it rings when the sign stays away."""

import logging
import urllib.request
from datetime import datetime, timedelta

from django.conf import settings

from reminders.models import Reminder, State
from reminders.pauses import control

logger = logging.getLogger(__name__)
TOO_LONG = timedelta(minutes=10)
LOOKED_BACK = timedelta(days=90)  # what was owed longer ago is not looked for among what was sent: an index helps
TIMEOUT = 5  # seconds


def stands_still(*, at: datetime) -> bool:
    """Return whether none was sent for TOO_LONG although one was ready to go all that time, and nobody stopped them.

    One that waits for its turn under the bound on messages a minute does not stand still, as long as others go out.
    """
    since = at - TOO_LONG
    if not Reminder.objects.filter(state__in=[State.OWED, State.CLAIMED], next_attempt_at__lt=since).exists():
        return False
    now = control()
    if now.is_stopped or (now.changed_by_id and now.changed_at > since):  # stopped, or let go out again just now
        return False
    recent = Reminder.objects.filter(owed_on__gt=(at - LOOKED_BACK).date(), state=State.SENT)
    return not recent.filter(sent_at__gt=since).exists()


def say_alive() -> None:
    """Call the alarm outside, where one is configured. A call that fails is logged: reminders do not depend on it."""
    if not settings.ALARM_PING_URL:
        return
    try:
        with urllib.request.urlopen(settings.ALARM_PING_URL, timeout=TIMEOUT):  # noqa: S310  http(s) only, by config
            pass
    except (OSError, ValueError) as error:  # ValueError: an address that cannot be asked
        logger.warning("The alarm outside did not answer: %s", error)
