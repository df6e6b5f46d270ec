"""take_bounce: read a bounce from standard input, as a mail server pipes it in, and note what it says."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from reminders.dsn import LONGEST
from reminders.hooks import take_bounce


class Command(BaseCommand):
    """Take one message. It ends well whatever is in it: a pipe that fails makes the mail server bounce the bounce."""

    help = "Reads a delivery status notification (RFC 3464) or a complaint (RFC 5965) from standard input."

    def add_arguments(self, parser: CommandParser) -> None:
        """Say what may be asked."""
        parser.add_argument(
            "--by-recipient",
            action="store_true",
            help="Believe a bounce without our Message-ID too, for an address that heard from us within a week. Only "
            "where nobody but the mail server can write to this command: a forged bounce silences the address.",
        )

    def handle(self, *_: Any, by_recipient: bool, **__: Any) -> None:
        """Take the message."""
        is_ours = take_bounce(sys.stdin.buffer.read(LONGEST), at=timezone.now(), by_recipient=by_recipient)
        self.stdout.write("Noted." if is_ours else "Not about a message of ours: nothing is noted.")
