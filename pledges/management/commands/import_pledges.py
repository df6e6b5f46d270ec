"""Imports pledges of any conference from a CSV file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from accounts.history import acting
from pledges.importing.rows import PledgeRow
from pledges.importing.table import FileRefused, Problem, import_file

VALUE_WIDTH = 40


class Command(BaseCommand):
    """All or nothing: one wrong cell and nothing is stored. The same file a second time adds nothing."""

    help = "Imports pledges from a CSV file; its form is described in docs/data.md."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file."""
        parser.add_argument("file", type=Path, help="CSV file in UTF-8 with a header row")
        parser.add_argument("--dry-run", action="store_true", help="check every row and store nothing")

    def handle(self, *args: Any, file: Path, dry_run: bool, **options: Any) -> None:
        """Check every row, store them if all are right, and say what was done."""
        try:
            with acting(None, f"import {file.name}"):
                counts = import_file(file, dry_run=dry_run, progress=self.bar)
        except FileRefused as refused:
            self.report(refused.problems)
            raise CommandError(f"Nothing was stored: {summary(refused.problems)}.") from None
        if dry_run:
            self.stdout.write("All rows are right. Nothing was stored: this was a dry run.")
        else:
            self.stdout.write(f"{counts.created} added, {counts.updated} updated, {counts.unchanged} as they were.")

    def bar(self, step: str, rows: Iterator[PledgeRow], whole: int | None) -> Iterator[PledgeRow]:
        """Show how many rows are done, on stderr."""
        yield from tqdm(rows, desc=step, unit=" rows", total=whole)

    def report(self, problems: list[Problem]) -> None:
        """Write each problem by row, column, value and reason."""
        self.stderr.write("row\tcolumn\tvalue\treason")
        for problem in problems:
            value = " ".join(problem.value.split())
            short = value if len(value) <= VALUE_WIDTH else value[: VALUE_WIDTH - 1] + "…"
            self.stderr.write(f"{problem.row or '-'}\t{problem.column or '-'}\t{short!r}\t{problem.reason}")


def summary(problems: list[Problem]) -> str:
    """Return how much is wrong, in words."""
    rows = len({problem.row for problem in problems})
    return f"{len(problems)} problem{'s'[: len(problems) != 1]} in {rows} row{'s'[: rows != 1]}"
