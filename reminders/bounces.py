"""What is heard of a message after the mail server took it: delivered, bounced, or marked as unwanted (R08).

It may be heard before we have noted that the message was sent, and twice: each fact is kept apart from the other.
"""

import logging
from datetime import datetime
from typing import Any

from django.db.models import Max
from django.utils import timezone

from reminders.handing_over import is_of_full_mailbox
from reminders.models import Delivery, Reminder, State, Undeliverable

logger = logging.getLogger(__name__)
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
            note_full(reminder, at=at)
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


def note_full(reminder: Reminder, *, at: datetime) -> None:
    """Put the address that a message went to into the queue of contacts to mend where it came back, as the ones before
    it did, since the mailbox is full: one time it may be emptied soon, but who reads it?

    Only what ended there since the person was last mended counts, and an error that may pass is not the end.
    """
    user = reminder.recipient
    ended = Reminder.objects.filter(recipient=user, sent_to__iexact=user.email, state__in=[State.SENT, State.FAILED])
    mended = Undeliverable.objects.filter(user=user).aggregate(last=Max("mended_at"))["last"]
    since = ended.filter(first_tried_at__gt=mended) if mended else ended
    last = list(since.order_by("-owed_on", "-pk")[:IN_A_ROW])
    if len(last) == IN_A_ROW and reminder in last and all(map(came_back_full, last)):
        address_failed(user, user.email, Delivery.BOUNCED, last[0].error, at=at)


def came_back_full(reminder: Reminder) -> bool:
    """Return whether a message did not arrive since the mailbox is full."""
    came_back = reminder.state == State.FAILED or reminder.delivery == Delivery.BOUNCED
    return came_back and is_of_full_mailbox(reminder.error)


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
