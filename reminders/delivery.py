"""Taking reminders from the ledger and handing them to the mail server, one at a time.

owed --claim--> claimed --the server took it--> sent
                        --it said "later"-----> owed again, after a while, for two days
                        --it said "never"-----> failed
owed --nothing owed any more--> cancelled

SMTP cannot tell whether a message that was on its way when a worker died has arrived. We would rather send it twice
than not at all: under the same Message-ID, and flagged.
"""

import logging
import smtplib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import QuerySet

from reminders.bounces import address_failed
from reminders.mails import message_for
from reminders.models import Delivery, Reminder, ReminderItem, State
from reminders.pauses import control
from reminders.standing import drop_settled

logger = logging.getLogger(__name__)
LEASE = timedelta(minutes=4)  # longer than a dialogue with the mail server can take
FIRST_PAUSE = timedelta(minutes=5)
LONGEST_PAUSE = timedelta(hours=6)
GIVE_UP_AFTER = timedelta(hours=48)


class Refused(Exception):
    """The mail server refused the message, or we never reached it. `is_permanent`: trying again is of no use."""

    def __init__(self, error: Exception, *, is_permanent: bool, is_of_address: bool = False) -> None:
        super().__init__(in_words(error))
        self.is_permanent = is_permanent
        self.is_of_address = is_of_address  # the mail server knows no such address


def deliver_next(*, at: datetime) -> Reminder | None:
    """Send, or cancel, the reminder that has waited longest, and return it; None when nothing waits or may go."""
    if control().is_stopped:
        return None
    reminder, items = claim_next(at=at)
    if reminder is None or reminder.state == State.CANCELLED:
        return reminder
    try:
        mail = written(reminder, items, at=at)
        with connected() as server:
            hand_over(server, mail)
            record_sent(reminder, mail, at=at)
    except Refused as refusal:
        record_failure(reminder, str(refusal), at=at, is_permanent=refusal.is_permanent)
        if refusal.is_of_address:
            address_failed(reminder.recipient, reminder.recipient.email, Delivery.BOUNCED, str(refusal), at=at)
    except Exception as error:  # one message, whatever is wrong with it, must never stop the others
        logger.exception("Reminder %s: nobody knows whether it went out", reminder.pk)
        record_failure(reminder, in_words(error), at=at, outcome_unknown=True)
    return reminder


@transaction.atomic
def claim_next(*, at: datetime) -> tuple[Reminder | None, list[ReminderItem]]:
    """Take the next reminder under a lease, or cancel it where nothing of it is owed any more.

    A reminder whose lease ran out was in the hands of a worker that died: nobody knows whether it went out.
    """
    waiting = Reminder.objects.filter(state__in=[State.OWED, State.CLAIMED], next_attempt_at__lte=at)
    oldest = waiting.order_by("next_attempt_at", "pk").select_for_update(skip_locked=True, of=("self",))
    reminder = oldest.select_related("recipient").first()
    if reminder is None:
        return None, []
    reminder.outcome_unknown |= reminder.state == State.CLAIMED
    items = drop_settled(reminder, at=at)
    if items:
        reminder.state = State.CLAIMED
        reminder.attempts += 1
        reminder.lease_until = reminder.next_attempt_at = at + LEASE
    else:
        reminder.state = State.CANCELLED
        reminder.lease_until = None
    reminder.save()
    return reminder, items


def written(reminder: Reminder, items: list[ReminderItem], *, at: datetime) -> EmailMessage:
    """Return the message. Raises Refused where it cannot be written, before anybody hears of it."""
    try:
        mail = message_for(reminder, items, at=at)
        mail.message()  # an address or a header that cannot be sent shows here
    except Exception as error:
        logger.exception("Reminder %s cannot be written", reminder.pk)
        raise Refused(error, is_permanent=False) from error
    return mail


@contextmanager
def connected() -> Iterator[BaseEmailBackend]:
    """Give an open line to the mail server. Raises Refused where it does not open: that passes."""
    server = get_connection()
    try:
        server.open()
    except (OSError, smtplib.SMTPException) as error:
        raise Refused(error, is_permanent=False) from error
    try:
        yield server
    finally:
        with suppress(OSError, smtplib.SMTPException):  # how the line ends says nothing of the message
            server.close()


def hand_over(server: BaseEmailBackend, mail: EmailMessage) -> None:
    """Give a message to the mail server. Raises Refused where it surely did not go out, anything else where it may.

    A refusal of this recipient or message for good is permanent; one of the sender concerns us, not the recipient: it
    passes, and must not fail everybody's reminders.
    """
    try:
        server.send_messages([mail])
    except smtplib.SMTPRecipientsRefused as error:
        is_permanent = all(code >= 500 for code, _text in error.recipients.values())
        raise Refused(error, is_permanent=is_permanent, is_of_address=is_permanent) from error
    except smtplib.SMTPSenderRefused as error:
        raise Refused(error, is_permanent=False) from error
    except smtplib.SMTPResponseException as error:
        raise Refused(error, is_permanent=error.smtp_code >= 500) from error
    except smtplib.SMTPNotSupportedError as error:
        raise Refused(error, is_permanent=True) from error


def record_sent(reminder: Reminder, mail: EmailMessage, *, at: datetime) -> None:
    """Note that the server took the message."""
    ours(reminder).update(
        state=State.SENT, sent_at=at, subject=mail.subject, lease_until=None, error="", next_attempt_at=at
    )


def record_failure(
    reminder: Reminder, error: str, *, at: datetime, is_permanent: bool = False, outcome_unknown: bool = False
) -> None:
    """Note that the message did not go out, or may not have; try again later unless that is of no use."""
    next_attempt_at = at + pause_after(reminder)
    is_over = is_permanent or next_attempt_at > reminder.created_at + GIVE_UP_AFTER
    ours(reminder).update(
        state=State.FAILED if is_over else State.OWED,
        next_attempt_at=next_attempt_at,
        lease_until=None,
        error=error[:1000],
        outcome_unknown=reminder.outcome_unknown or outcome_unknown,
    )


def ours(reminder: Reminder) -> "QuerySet[Reminder]":
    """Return the row as long as we hold it: a worker that was taken for dead must not overwrite its successor."""
    return Reminder.objects.filter(pk=reminder.pk, state=State.CLAIMED, attempts=reminder.attempts)


def pause_after(reminder: Reminder) -> timedelta:
    """Return how long to wait after so many attempts: twice as long each time, spread so that not all come at once."""
    pause = min(FIRST_PAUSE * 2 ** (min(reminder.attempts, 20) - 1), LONGEST_PAUSE)
    spread = 0.8 + 0.4 * (reminder.pk * 37 % 100) / 100
    return pause * spread


def in_words(error: Exception) -> str:
    """Return an error as staff read it."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "; ".join(f"{code} {as_text(text)}" for code, text in error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {as_text(error.smtp_error)}"
    return f"{type(error).__name__}: {error}"


def as_text(answer: bytes | str) -> str:
    """Return what a mail server said, whatever its bytes."""
    return answer.decode(errors="replace") if isinstance(answer, bytes) else str(answer)
