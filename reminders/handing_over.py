"""Giving a message to the mail server, and reading what it says.

What matters is whether the text had begun to go when something went wrong. Before it surely nothing went out; after it
nobody knows, unless the server answers.
"""

import re
import smtplib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend

DIALOGUE = 55.0  # seconds that a whole dialogue may take where nobody says otherwise: less than a task
FOR_THE_ANSWER = 20.0  # seconds of it at least that are kept for the answer to the text, when servers look for viruses
ANSWERED_NO = 400  # what is below it and not a yes is no answer at all
REFUSING_ADDRESS = frozenset({550, 551, 553})  # RFC 5321, 4.2.2: the mailbox, where no enhanced code says more
ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?!\.?\d)")  # RFC 3463; no part of an IP address
PERMANENT = "5"
ABOUT_ADDRESS = "1"  # 5.1.x: the address
OF_SENDER = frozenset({"7", "8"})  # but 5.1.7 and 5.1.8: the sender's
DISABLED = ("2", "1")  # 5.2.1: the mailbox takes no mail
FULL, EXCEEDED = ("2", "2"), 552
POLICY = "7"  # 5.7.x: what we are allowed to send
QUOTED = re.compile(r"\s*(?:smtp;\s*)?(?:([245]\d\d)(?![\d.])[ -]?)?(.*)", re.DOTALL | re.IGNORECASE)


class Refused(Exception):
    """The message surely did not go out. `is_permanent`: trying again is of no use."""

    def __init__(self, error: Exception, *, is_permanent: bool = False, is_of_address: bool = False) -> None:
        super().__init__(in_words(error))
        self.is_permanent = is_permanent
        self.is_of_address = is_of_address  # the mail server knows no such address


@contextmanager
def connected(*, until: float) -> Iterator[BaseEmailBackend]:
    """Give an open line to the mail server. Raises Refused where it does not open: that passes.

    Each step before the text waits for EMAIL_TIMEOUT, and until `until` (of time.monotonic) less what the answer needs.
    """
    server = get_connection(timeout=min(settings.EMAIL_TIMEOUT, patience(until - FOR_THE_ANSWER)))
    try:
        server.open()
    except (OSError, smtplib.SMTPException) as error:
        raise Refused(error) from error
    try:
        yield server
    finally:
        with suppress(OSError, smtplib.SMTPException):  # how the line ends says nothing of the message
            server.close()


def hand_over(server: BaseEmailBackend, mail: EmailMessage, *, begins: Callable[[], None], until: float) -> None:
    """Give a message to the mail server, and call `begins` right before the first byte of its text goes.

    Raises Refused where it surely did not go out, anything else where it may have.
    """
    has_begun = False

    def text_begins() -> None:
        nonlocal has_begun
        if until - time.monotonic() < FOR_THE_ANSWER:
            raise Refused(TimeoutError("the mail server took too long to take the text"))
        begins()
        has_begun = True

    try:
        give(server, mail, text_begins, until=until)
    except smtplib.SMTPResponseException as error:
        if has_begun and error.smtp_code < ANSWERED_NO:
            raise
        raise of_message(error) from error
    except smtplib.SMTPRecipientsRefused as error:
        raise of_recipient(error) from error
    except smtplib.SMTPNotSupportedError as error:
        raise Refused(error, is_permanent=True) from error
    except Refused:
        raise
    except Exception as error:
        if has_begun:
            raise
        raise Refused(error) from error


def give(server: BaseEmailBackend, mail: EmailMessage, text_begins: Callable[[], None], *, until: float) -> None:
    """Hold the dialogue; the line tells when the text begins, and has the rest of the time for the answer to it."""
    line = getattr(server, "connection", None)
    if not isinstance(line, smtplib.SMTP):  # a folder, where there is no mail server
        text_begins()
        server.send_messages([mail])
        return
    send = line.send

    def telling(data: bytes | str) -> None:
        if isinstance(data, bytes):  # smtplib gives commands as str, and the text as one piece of bytes
            try:
                text_begins()
            except BaseException:
                line.close()  # the server waits for a text: whatever else it were told would be one
                raise
            if line.sock:
                line.sock.settimeout(patience(until))
        send(data)

    line.send = telling  # type: ignore[method-assign,assignment]
    server.send_messages([mail])


def patience(until: float) -> float:
    """Return the seconds that are left."""
    return max(until - time.monotonic(), 1.0)


def of_message(error: smtplib.SMTPResponseException) -> Refused:
    """Return what a refusal of the message, or of us as its sender, means.

    One of the sender concerns us, not the recipient: it passes, and must not fail everybody's reminders. Of the
    message, only a code that names the recipient's address blames it.
    """
    if isinstance(error, smtplib.SMTPSenderRefused):
        return Refused(error)
    is_permanent = error.smtp_code >= 500
    text = as_text(error.smtp_error)
    return Refused(error, is_permanent=is_permanent, is_of_address=is_permanent and names_address(text))


def of_recipient(error: smtplib.SMTPRecipientsRefused) -> Refused:
    """Return what a refusal of the recipient means.

    The address is to blame where the enhanced code says so, or plain 550, 551 or 553. A refusal by policy (5.7.x), such
    as of relaying, is about us: it passes once somebody mends it.
    """
    [(code, answer)] = error.recipients.values()
    said = as_text(answer)
    enhanced = ENHANCED.match(said.lstrip())
    is_permanent = code >= 500 and (enhanced is None or enhanced[2] != POLICY)
    return Refused(error, is_permanent=is_permanent, is_of_address=is_permanent and blames_address(code, said))


def blames_address(code: int, said: str) -> bool:
    """Return whether a refusal of a recipient with this SMTP code (0 where it is not told) is for its address: by the
    enhanced code with which the text begins, or plain 550, 551 or 553 where it has none. A temporary one never is."""
    return names_address(said) if ENHANCED.match(said.lstrip()) else code in REFUSING_ADDRESS


def names_address(said: str) -> bool:
    """Return whether an enhanced code (RFC 3463) at the beginning of an answer says that the address is wrong."""
    enhanced = ENHANCED.match(said.lstrip())
    if enhanced is None:
        return False
    kind, subject, detail = enhanced.groups()
    is_address = (subject == ABOUT_ADDRESS and detail not in OF_SENDER) or (subject, detail) == DISABLED
    return kind == PERMANENT and is_address


def is_of_full_mailbox(answer: str) -> bool:
    """Return whether an answer says that the mailbox is full: x.2.2 (RFC 3463, 3.3), or plain 552 (RFC 5321, 4.2.2)."""
    code, said = quoted(answer)
    enhanced = ENHANCED.match(said.lstrip())
    return enhanced.groups()[1:] == FULL if enhanced else code == EXCEEDED


def quoted(text: str) -> tuple[int, str]:
    """Return the SMTP code (0 without one) and the rest of an answer that somebody quotes, as "550 5.1.1 Unknown" or,
    with its protocol, "smtp; 550 5.1.1 Unknown"."""
    found = QUOTED.match(text)
    return (int(found[1] or 0), found[2]) if found else (0, text)


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
