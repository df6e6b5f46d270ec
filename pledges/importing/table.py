"""Reads a CSV file of the pledge form, refuses it whole with every problem in it, or stores it whole."""

import csv
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TextIO

from django.db import transaction
from django.utils.translation import gettext as _

from pledges.importing.built_on import misfits
from pledges.importing.known import Known
from pledges.importing.rows import COLUMNS, PledgeRow, clean_row
from pledges.importing.store import store
from pledges.importing.sync import BATCH, Counts, expect_many_rows

HEADER_ROW = 1


class Problem(NamedTuple):
    """What is wrong where: rows as a spreadsheet counts them, the header being 1; no row for the whole file."""

    row: int | None
    column: str
    value: str
    reason: str


class FileRefused(Exception):
    """The file cannot be taken; `problems` says what is wrong, in the order of the rows."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(_("%(count)s problems") % {"count": len(problems)})
        self.problems = problems


def silent(_step: str, rows: Iterator[PledgeRow], _whole: int | None) -> Iterator[PledgeRow]:
    """Show no progress."""
    return rows


# Passes rows on and shows how many are done: the name of the step, the rows, and how many there are, once known.
Progress = Callable[[str, Iterator[PledgeRow], int | None], Iterator[PledgeRow]]


@transaction.atomic
def import_file(file: Path, *, dry_run: bool = False, progress: Progress = silent) -> Counts:
    """Store the pledges of a file, all or none, and return what was done; `dry_run` only checks.

    Reads the file twice, a batch at a time: once to check every row, once to store. Raises FileRefused with all
    problems, and then nothing is stored.
    """
    expect_many_rows()
    known = Known.load()
    with open_text(file) as opened:
        whole = check_all(opened, known, progress)
        counts = Counts()
        if not dry_run:
            opened.seek(0)
            rows = progress(_("Storing"), checked(opened, known, [], {}), whole)
            while batch := list(islice(rows, BATCH)):
                counts += store(batch, known)
    return counts


def check_all(opened: TextIO, known: Known, progress: Progress) -> int:
    """Check every row of an open file and return how many there are; raises FileRefused with all problems."""
    problems: list[Problem] = []
    numbers: dict[str, int] = {}
    whole = 0
    rows = progress(_("Checking"), checked(opened, known, problems, numbers), None)
    while batch := list(islice(rows, BATCH)):
        whole += len(batch)
        problems += [Problem(numbers[key], *wrong) for key, wrong in misfits(batch, known)]
    if problems:
        raise FileRefused(sorted(problems, key=lambda problem: problem.row or 0))
    return whole


def open_text(file: Path) -> TextIO:
    """Open the file as UTF-8, with or without a byte order mark; raises FileRefused where it cannot be read."""
    try:
        return file.open(encoding="utf-8-sig", newline="")
    except OSError as error:
        reason = _("The file cannot be opened: %(why)s.") % {"why": error.strerror}
        raise FileRefused([Problem(None, "", str(file), reason)]) from error


def checked(opened: TextIO, known: Known, problems: list[Problem], numbers: dict[str, int]) -> Iterator[PledgeRow]:
    """Yield the clean rows of an open file; what is wrong with the others is added to `problems`.

    `numbers` is given the number of each pledge's row, by the pledge's key.
    """
    number, is_empty = HEADER_ROW, True
    try:
        lines = csv.reader(opened, strict=True)
        header = next(lines, [])
        if wrong := header_problems(header):
            problems += wrong
            return
        for number, cells in enumerate(lines, HEADER_ROW + 1):
            if not cells:
                continue
            is_empty = False
            row = one_row(header, cells, known, number, problems)
            if row and not repeated(row, number, numbers, problems):
                yield row
    except UnicodeDecodeError:
        problems.append(Problem(None, "", "", _("The file is not UTF-8 text: save it as CSV UTF-8.")))
    except csv.Error as error:
        reason = _("The file is no well-formed CSV from here on: %(why)s.") % {"why": error}
        problems.append(Problem(number + 1, "", "", reason))
    else:
        if is_empty:
            problems.append(Problem(None, "", "", _("The file holds no pledges.")))


def header_problems(header: list[str]) -> list[Problem]:
    """Return what is wrong with the names of the columns; their order is free."""
    if not header:
        return [Problem(None, "", "", _("The file is empty."))]
    problems = [
        Problem(HEADER_ROW, column, "", _("This column is missing.")) for column in COLUMNS if column not in header
    ]
    for column in dict.fromkeys(header):
        if column not in COLUMNS:
            problems.append(Problem(HEADER_ROW, column, column, _("There is no such column in the pledge form.")))
        elif header.count(column) > 1:
            problems.append(Problem(HEADER_ROW, column, column, _("This column stands here twice.")))
    return problems


def one_row(
    header: list[str], cells: list[str], known: Known, number: int, problems: list[Problem]
) -> PledgeRow | None:
    """Return the clean values of one row, or None with its problems noted."""
    if len(cells) != len(header):
        reason = _("The row has %(found)s cells where the header has %(wanted)s.")
        counts = {"found": len(cells), "wanted": len(header)}
        problems.append(Problem(number, "", ",".join(cells), reason % counts))
        return None
    checked_row = clean_row(dict(zip(header, cells, strict=True)), known)
    if isinstance(checked_row, PledgeRow):
        return checked_row
    problems += [Problem(number, *wrong) for wrong in checked_row]
    return None


def repeated(row: PledgeRow, number: int, numbers: dict[str, int], problems: list[Problem]) -> bool:
    """Return whether an earlier row of the file is the same pledge, and note it."""
    first = numbers.setdefault(row.key, number)
    if first == number:
        return False
    reason = _("Row %(row)s is the same pledge: same conference, participant and title.") % {"row": first}
    problems.append(Problem(number, "title", row.title, reason))
    return True
