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
UNSENT = (State.OWED, State.CLAIMED)
SEVERAL = 3  # people whose mail fails at once


def stands_still(*, at: datetime) -> bool:
    """Return whether none was sent for TOO_LONG although some should have been, and nobody stopped them.

    Either one was ready to go all that time, or those of several people were tried in vain: then the mail server is
    away, whereas one person's may be refused for days. One that waits for its turn under the bound on messages a minute
    does not stand still, as long as others go out.
    """
    since = at - TOO_LONG
    if not (waits_idle(since) or fails_for_several(since)):
        return False
    now = control()
    if now.is_stopped or (now.changed_by_id and now.changed_at > since):  # stopped, or let go out again just now
        return False
    recent = Reminder.objects.filter(owed_on__gt=(at - LOOKED_BACK).date(), state=State.SENT)
    return not recent.filter(sent_at__gt=since).exists()


def waits_idle(since: datetime) -> bool:
    """Return whether one has been ready to go since then and nobody took it."""
    return Reminder.objects.filter(state__in=UNSENT, next_attempt_at__lt=since).exists()


def fails_for_several(since: datetime) -> bool:
    """Return whether those of several people, first ready before then, were tried and did not go."""
    tried = Reminder.objects.filter(state__in=UNSENT, attempts__gt=0, created_at__lt=since)
    return tried.values("recipient").distinct().count() >= SEVERAL


def say_alive() -> None:
    """Call the alarm outside, where one is configured. A call that fails is logged: reminders do not depend on it."""
    if not settings.ALARM_PING_URL:
        return
    try:
        with urllib.request.urlopen(settings.ALARM_PING_URL, timeout=TIMEOUT):  # noqa: S310  http(s) only, by config
            pass
    except (OSError, ValueError) as error:  # ValueError: an address that cannot be asked
        logger.warning("The alarm outside did not answer: %s", error)
