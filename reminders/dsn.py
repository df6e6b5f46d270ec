"""Reading what a mail server writes back: delivery status notifications (RFC 3464) and complaints (RFC 5965).

Anybody can write a message that looks like one. It is believed for a Message-ID of ours, which nobody guesses.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import Message

from reminders.handing_over import blames_address, names_address, quoted
from reminders.models import Delivery

LONGEST = 10 * 1024 * 1024  # bytes of a message that are read
UNDEFINED = re.compile(r"\d\.0\.0\b|$")  # RFC 3463, 3.1: the status says no more than that it failed
OUTCOMES = {"failed": Delivery.BOUNCED, "delivered": Delivery.DELIVERED, "relayed": Delivery.DELIVERED}


@dataclass(frozen=True)
class Recipient:
    """What became of a message for one address. `outcome` is None while the mail server still tries; `is_of_address`:
    it is for the address, or its owner, that none is to go there any more."""

    address: str
    outcome: Delivery | None
    detail: str
    is_of_address: bool


@dataclass(frozen=True)
class Report:
    """What a mail server says of a message: its Message-ID, empty where it is not told, and each recipient."""

    message_id: str
    recipients: tuple[Recipient, ...]

    def for_address(self, address: str) -> Recipient | None:
        """Return what became of it for an address.

        Where the address is not named, as after forwarding, all named must agree: on the outcome, and that it is of
        the address.
        """
        named = [one for one in self.recipients if one.address.casefold() == address.casefold()]
        if not named and len({one.outcome for one in self.recipients}) == 1:
            named = sorted(self.recipients, key=lambda one: one.is_of_address)  # first whoever blames no address
        return named[0] if named else None


def read(raw: bytes) -> Report | None:
    """Return what a message reports; None for one that reports nothing, whatever is in it."""
    message = message_from_bytes(raw[:LONGEST], policy=policy.compat32)  # the newer policies choke on broken headers
    recipients = tuple(recipient for part in message.walk() for recipient in recipients_of(part))
    return Report(original_id(message), recipients) if recipients else None


def recipients_of(part: Message) -> Iterator[Recipient]:
    """Yield what a part says of recipients; nothing unless it is a report for machines."""
    blocks = [block for block in payload(part) if isinstance(block, Message)]
    if part.get_content_type() == "message/delivery-status":
        for block in blocks:
            if "Action" in block:
                yield status_of(block)
    elif part.get_content_type() == "message/feedback-report":
        fields = blocks[0] if blocks else message_from_bytes(decoded(part))
        if header(fields, "Feedback-Type").lower() == "abuse":
            address = address_in(header(fields, "Original-Rcpt-To"))
            yield Recipient(address, Delivery.COMPLAINED, header(fields, "User-Agent"), is_of_address=True)


def status_of(block: Message) -> Recipient:
    """Return what the fields of one recipient say (RFC 3464, 2.3); the quoted answer, where the status is x.0.0."""
    address = address_in(header(block, "Original-Recipient")) or address_in(header(block, "Final-Recipient"))
    diagnosis = header(block, "Diagnostic-Code").partition(";")[2].strip()
    status = header(block, "Status")
    detail = " ".join(filter(None, [status, diagnosis]))
    is_of_address = blames_address(*quoted(diagnosis)) if UNDEFINED.match(status) else names_address(status)
    return Recipient(address, OUTCOMES.get(header(block, "Action").lower()), detail, is_of_address)


def original_id(message: Message) -> str:
    """Return the Message-ID of the message that is reported on, from what of it was sent back."""
    for part in message.walk():
        if part.get_content_type() == "message/rfc822":
            for block in payload(part):
                if isinstance(block, Message) and (found := header(block, "Message-ID")):
                    return found
        if part.get_content_type() == "text/rfc822-headers":
            found = header(message_from_bytes(decoded(part)), "Message-ID")
            if found:
                return found
    return ""


def payload(part: Message) -> list[object]:
    """Return the blocks or parts in a part."""
    found = part.get_payload()
    return list(found) if isinstance(found, list) else []


def decoded(part: Message) -> bytes:
    """Return the text of a part."""
    found = part.get_payload(decode=True)
    return found if isinstance(found, bytes) else b""


def header(block: Message, name: str) -> str:
    """Return a header in one line, without marks that the database or a page would stumble over."""
    text = " ".join(str(block.get(name, "")).split())
    return "".join(letter if letter.isprintable() else " " for letter in text)[:1000]


def address_in(field: str) -> str:
    """Return the address in a field such as "rfc822; name@example.org"."""
    kind, semicolon, address = field.partition(";")
    return (address if semicolon else kind).strip().strip("<>")
