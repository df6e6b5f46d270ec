"""Loads the public record."""

from dataclasses import astuple
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from pledges.importing.sync import Counts
from pledges.record.files import RecordError
from pledges.record.load import load_record

COLUMNS = ("created", "updated", "unchanged", "removed")


class Command(BaseCommand):
    """Safe to run again: changes what changed in the files, and never what a delegation entered."""

    help = "Loads the public record from the data folder; a second run changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the folder."""
        parser.add_argument("--from", dest="folder", type=Path, default=settings.RECORD_DIR, help="another data folder")

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        """Load, then say what was done per file."""
        try:
            counts = load_record(folder)
        except RecordError as error:
            raise CommandError(f"Nothing was loaded. {error}") from error
        self.stdout.write(table(counts))


def table(counts: dict[str, Counts]) -> str:
    """Return the counts as a table for a terminal."""
    width = max(map(len, counts))
    lines = [" " * width + "".join(f"{column:>11}" for column in COLUMNS)]
    whole = sum(counts.values(), Counts())
    for name, done in [*counts.items(), ("all", whole)]:
        lines.append(f"{name:<{width}}" + "".join(f"{number:>11}" for number in astuple(done)))
    return "\n".join(lines)
