"""Taking reminders from the ledger and handing them to the mail server, one at a time.

owed --claim--> claimed --the server took it--> sent
                        --it said "later"-----> owed again, after a while, for two days
                        --it said "never"-----> failed
                        --nobody knows--------> owed again, once; then failed
owed --nothing owed any more, or it goes with a newer one--> cancelled

SMTP cannot tell whether a message has arrived whose text was on its way when the line was cut or a worker died. We
would rather send it twice than not at all: once more, under the same Message-ID, and flagged. After a second unknown
outcome it ends as failed, and staff decide.
"""

import logging
import time
from datetime import datetime, timedelta

from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Case, F, QuerySet, TextField, Value, When

from reminders.bounces import address_failed, note_full
from reminders.handing_over import DIALOGUE, Refused, connected, hand_over, in_words
from reminders.mails import message_for, spoken_day
from reminders.models import Delivery, Reminder, ReminderItem, State
from reminders.once_a_day import free_from
from reminders.pauses import control
from reminders.standing import drop_settled

logger = logging.getLogger(__name__)
LEASE = timedelta(minutes=4)  # longer than a dialogue with the mail server can take
FIRST_PAUSE = timedelta(minutes=5)
LONGEST_PAUSE = timedelta(hours=6)
GIVE_UP_AFTER = timedelta(hours=48)
OLDEST_SENT = timedelta(days=9)  # a message of the week that is tried to the last: the ledger has an index by its day


def deliver_next(*, at: datetime, seconds: float | None = None) -> Reminder | None:
    """Send, or cancel, the reminder that has waited longest, and return it; None when nothing waits or may go.

    The dialogue with the mail server takes so many seconds at most; DIALOGUE where nobody says.
    """
    if control().is_stopped:
        return None
    until = time.monotonic() + (seconds or DIALOGUE)
    reminder, items = claim_next(at=at)
    if reminder is None or not items:
        return reminder
    try:
        mail = written(reminder, items, at=at)
        with connected(until=until) as server:
            hand_over(server, mail, begins=lambda: record_begun(reminder, at=at), until=until)
            record_sent(reminder, mail, at=at)
    except Refused as refusal:
        record_failure(reminder, str(refusal), at=at, is_permanent=refusal.is_permanent)
        if refusal.is_of_address:
            address_failed(reminder.recipient, reminder.recipient.email, Delivery.BOUNCED, str(refusal), at=at)
        note_full(reminder, at=at)
    except Exception as error:  # one message, whatever is wrong with it, must never stop the others
        logger.exception("Reminder %s: nobody knows whether it went out", reminder.pk)
        record_failure(reminder, in_words(error), at=at, outcome_unknown=True)
    return reminder


def sent_since(instant: datetime) -> int:
    """Return how many messages the mail server took since an instant, at most days ago."""
    lately = Reminder.objects.filter(owed_on__gt=(instant - OLDEST_SENT).date())
    return lately.filter(state=State.SENT, sent_at__gt=instant).count()


@transaction.atomic
def claim_next(*, at: datetime) -> tuple[Reminder | None, list[ReminderItem]]:
    """Take the next reminder under a lease, with what it speaks of. Nothing is to be sent where that is nothing: it is
    cancelled, since nothing of it is owed any more, or waits until its person may hear again.

    A reminder whose lease ran out was in the hands of a worker that died: where its text had begun to go, nobody knows
    whether it arrived.
    """
    waiting = Reminder.objects.filter(state__in=[State.OWED, State.CLAIMED], next_attempt_at__lte=at)
    oldest = waiting.order_by("next_attempt_at", "pk").select_for_update(skip_locked=True, of=("self",))
    reminder = oldest.select_related("recipient").first()
    if reminder is None:
        return None, []
    if reminder.state == State.CLAIMED and not taken_over(reminder):
        return reminder, []
    if (free := free_from(reminder, at=at)) > at:
        reminder.state, reminder.lease_until = State.OWED, None
        reminder.next_attempt_at = reminder.created_at = free  # it is not ready to go until then
        reminder.save()
        return reminder, []
    items = drop_settled(reminder, at=at)
    if items:
        reminder.state = State.CLAIMED
        reminder.attempts += 1
        reminder.first_tried_at = reminder.first_tried_at or at
        reminder.text_began = False
        reminder.lease_until = reminder.next_attempt_at = at + LEASE
    else:
        reminder.state = State.CANCELLED
        reminder.lease_until = None
    reminder.save()
    return reminder, items


def taken_over(reminder: Reminder) -> bool:
    """Note that a lease ran out; return whether the message may go once more, else it has failed."""
    reminder.takeovers += 1
    is_over = reminder.text_began and reminder.outcome_unknown
    reminder.outcome_unknown |= reminder.text_began
    if is_over:
        reminder.state, reminder.lease_until = State.FAILED, None
        reminder.error = "Two workers died while they sent it."
        reminder.save()
    return not is_over


def written(reminder: Reminder, items: list[ReminderItem], *, at: datetime) -> EmailMessage:
    """Return the message. Raises Refused where it cannot be written, before anybody hears of it."""
    try:
        mail = message_for(reminder, items, at=at)
        mail.message()  # an address or a header that cannot be sent shows here
    except Exception as error:
        logger.exception("Reminder %s cannot be written", reminder.pk)
        raise Refused(error) from error
    return mail


def record_begun(reminder: Reminder, *, at: datetime) -> None:
    """Note, before the first byte of the text goes, that from now on it may have arrived. Raises Refused where the row
    is not ours any more."""
    said = {"sent_to": reminder.recipient.email, "worded_on": spoken_day(reminder, at=at)}
    if not ours(reminder).update(text_began=True, **said):
        raise Refused(TimeoutError("another worker has taken it over"))


def record_sent(reminder: Reminder, mail: EmailMessage, *, at: datetime) -> None:
    """Note that the server took the message; why it came back, where that was heard before, stays."""
    error = Case(When(delivery=Delivery.BOUNCED, then=F("error")), default=Value(""), output_field=TextField())
    ours(reminder).update(
        state=State.SENT, sent_at=at, subject=mail.subject, lease_until=None, error=error, next_attempt_at=at
    )


def record_failure(
    reminder: Reminder, error: str, *, at: datetime, is_permanent: bool = False, outcome_unknown: bool = False
) -> None:
    """Note that the message did not go out, or may not have; try again later unless that is of no use.

    One of unknown outcome is sent once more and no more: whoever has it twice has it in any case.
    """
    next_attempt_at = at + pause_after(reminder)
    is_late = next_attempt_at > (reminder.first_tried_at or at) + GIVE_UP_AFTER
    is_over = is_permanent or is_late or (outcome_unknown and reminder.outcome_unknown)
    ours(reminder).update(
        state=State.FAILED if is_over else State.OWED,
        next_attempt_at=next_attempt_at,
        lease_until=None,
        error=error[:1000],
        sent_to=reminder.recipient.email,
        outcome_unknown=reminder.outcome_unknown or outcome_unknown,
        text_began=outcome_unknown,
    )


def ours(reminder: Reminder) -> "QuerySet[Reminder]":
    """Return the row as long as we hold it: a worker that was taken for dead must not overwrite its successor."""
    return Reminder.objects.filter(pk=reminder.pk, state=State.CLAIMED, attempts=reminder.attempts)


def pause_after(reminder: Reminder) -> timedelta:
    """Return how long to wait after so many attempts: twice as long each time, spread so that not all come at once."""
    pause = min(FIRST_PAUSE * 2 ** (min(reminder.attempts, 20) - 1), LONGEST_PAUSE)
    spread = 0.8 + 0.4 * (reminder.pk * 37 % 100) / 100
    return pause * spread
