"""Shows what reminders the public record would have caused, day by day since its first pledge."""

import time
from argparse import ArgumentTypeError
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from conferences.models import Membership
from pledges.models import Pledge
from reminders.models import Reason
from reminders.replay import Found, replay


class Command(BaseCommand):
    """Nothing stays in the database and nothing is mailed: all happens in a transaction that is rolled back."""

    help = "Moves the clock through the whole record and counts the reminders: how many, of what, the largest day."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the last day, and the word of somebody who knows that people work in this database."""
        parser.add_argument("--until", type=day, help="the last day, YYYY-MM-DD (today unless given)")
        parser.add_argument("--yes", action="store_true", help="run although delegations have accounts here")

    def handle(self, *args: Any, until: date | None, yes: bool, **options: Any) -> None:
        """Run, and print the counts."""
        if not Pledge.objects.exclude(record_key=None).exists():
            raise CommandError("The record is not in this database: run load_record first.")
        if Membership.objects.exists() and not yes:
            raise CommandError(
                "Delegations have accounts in this database. The run rolls everything back, but it holds locks on "
                "their pledges for minutes: use a copy, or add --yes."
            )
        last, began = until or timezone.now().date(), time.monotonic()
        with tqdm(unit=" days", disable=None) as bar:
            found = replay(until=last, tick=lambda _day: bar.update())
        self.stdout.write(report(found, minutes=(time.monotonic() - began) / 60))
        if found.doubled:
            raise CommandError(f"{found.doubled} reminders are doubled.")


def day(text: str) -> date:
    """Return a day as given on the command line."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"“{text}” is not a day: write it as 2025-12-31.") from None


def report(found: Found, *, minutes: float) -> str:
    """Return the counts as lines for a terminal."""
    largest, on = found.largest
    head = [
        f"{found.pledges} pledges of {found.delegations} delegations, {found.first} to {found.last}: "
        f"{(found.last - found.first).days + 1} days in {minutes:.1f} minutes",
        f"{found.messages} messages to {found.people} people, of {sum(found.by_reason.values())} things owed",
        f"largest day: {largest} messages, on {on}; most to one person on one day: {found.most_to_one}; "
        f"doubled: {found.doubled}",
    ]
    reasons = [f"  {count:>7}  {Reason(reason).label}" for reason, count in found.by_reason.most_common()]
    years = ", ".join(f"{year}: {count}" for year, count in sorted(found.by_year.items()))
    return "\n".join([*head, *reasons, f"messages by year: {years}"])
