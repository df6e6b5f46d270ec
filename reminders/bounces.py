"""What is heard of a message after the mail server took it: delivered, bounced, or marked as unwanted (R08).

It may be heard before we have noted that the message was sent, and twice: each fact is kept apart from the other.
"""

import logging
import re
from datetime import datetime
from typing import Any

from django.utils import timezone

from reminders.models import Delivery, Reminder, State, Undeliverable

logger = logging.getLogger(__name__)
FULL = re.compile(r"^552\b|\b[45]\.2\.2\b")  # a full mailbox: RFC 5321, 4.2.2, and RFC 3463, 3.3
IN_A_ROW = 3  # messages: a mailbox that took none of so many is not being read


def heard(
    message_id: str, delivery: str, *, at: datetime, address: str = "", detail: str = "", is_of_address: bool = True
) -> bool:
    """Note what became of the message with this Message-ID; return whether it is one of ours.

    A bounce or a complaint is final: a late word of delivery does not undo it. The address is kept from further mail,
    as long as it is the person's still: a bounce of a former one says nothing of the present; nor does what is heard
    again of a message from before the address was mended. Where it is not for the address that the message came back
    (`is_of_address`), the fault is perhaps ours: the ledger keeps the words, and the log has them.
    """
    reminder = Reminder.objects.select_related("recipient").filter(message_id=message_id).first()
    if reminder is None:
        return False
    known = Reminder.objects.filter(pk=reminder.pk)
    if delivery == Delivery.DELIVERED:
        known.filter(delivery="").update(delivery=delivery, delivery_at=at)
    else:
        said = {"error": detail[:1000]} if delivery == Delivery.BOUNCED else {}
        known.exclude(delivery=delivery).update(delivery=delivery, delivery_at=at, **said)
        broken = address or went_to(reminder)
        if not is_of_address:
            logger.warning("Reminder %s came back, but not for its address: %s", reminder.pk, detail)
            note_full(reminder.recipient, at=at)
        elif not mended_since(reminder, broken):
            address_failed(reminder.recipient, broken, delivery, detail, at=at)
    return True


def mended_since(reminder: Reminder, address: str) -> bool:
    """Return whether an address of the recipient was mended after this message went there."""
    if reminder.sent_at is None:
        return False
    rows = Undeliverable.objects.filter(user=reminder.recipient, address__iexact=address)
    return rows.filter(mended_at__gt=reminder.sent_at).exists()


def went_to(reminder: Reminder) -> str:
    """Return the address that a message went to; the person's own for those from before it was kept."""
    return reminder.sent_to or reminder.recipient.email


def note_full(user: Any, *, at: datetime) -> None:
    """Put the address of a person into the queue of contacts to mend where the mailbox was full for each of the last
    messages: one time it may be emptied soon, but who reads it?"""
    ended = Reminder.objects.filter(recipient=user, state__in=[State.SENT, State.FAILED])
    last = list(ended.order_by("-owed_on", "-pk")[:IN_A_ROW])
    came_back = [one for one in last if one.state == State.FAILED or one.delivery == Delivery.BOUNCED]
    if len(came_back) == IN_A_ROW and all(FULL.search(one.error) for one in came_back):
        address_failed(user, user.email, Delivery.BOUNCED, last[0].error, at=at)


def address_failed(user: Any, address: str, kind: str, detail: str, *, at: datetime) -> None:
    """Put an address into the queue of contacts to mend, once; nothing is sent there until it is mended."""
    if address.casefold() == user.email.casefold():
        Undeliverable.objects.get_or_create(
            user=user,
            address=user.email,
            mended_at=None,
            defaults={"kind": kind, "detail": detail[:2000], "found_at": at},
        )


def address_changed(user: Any) -> None:
    """Take the former addresses of a person out of the queue: mail goes to the new one, and the history says who
    changed it."""
    former = Undeliverable.objects.filter(user=user, mended_at=None).exclude(address__iexact=user.email)
    former.update(mended_at=timezone.now())
