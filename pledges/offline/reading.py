"""Reading a filled-in spreadsheet: what stands in which cell, as it was typed. Nothing is judged here but the frame."""

import uuid
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from conferences.models import Conference
from pledges.errors import FileRefused
from pledges.offline.columns import Column
from pledges.offline.template import CONFERENCE, MOST_ROWS
from pledges.uploads import check_upload

WIDEST = 60  # columns looked at
FEWEST = 3  # labels by which their row is known
LONGEST = 5_000  # rows looked at; some programs say that a sheet has a million
MOST_UNPACKED = 20 * 1024 * 1024  # bytes
KEYS = uuid.UUID("6d1a6a52-7b1c-5b7e-9a39-3d7d7a5a5d10")


@dataclass(frozen=True)
class Row:
    """One row that somebody filled in: where it stands, its cells as typed, and what cannot be read in them.

    `key` is the same for the same row of the same file at one conference, so that uploading it twice makes one draft.
    """

    line: int
    key: str
    cells: dict[str, str]
    unread: dict[str, str] = field(default_factory=dict)

    def with_cells(self, cells: dict[str, str]) -> "Row":
        """Return the row as it was corrected."""
        return replace(self, cells=self.cells | cells, unread={})


@dataclass(frozen=True)
class Table:
    """What was read: the name of the sheet, the letter of each column that is there, and the rows with something in."""

    sheet: str
    letters: dict[str, str]
    rows: list[Row]


def read_table(file: Any, conference: Conference, columns: list[Column]) -> Table:
    """Return what stands in an uploaded spreadsheet. Raises FileRefused where it cannot be the template filled in."""
    checked = check_upload(file, kinds=(".xlsx",))
    check_unpacked(file, checked.name)
    try:
        book = load_workbook(file, read_only=True)
    except Exception as error:  # whatever the library makes of a file that is none
        raise unreadable(checked.name) from error
    try:
        check_conference(book, conference)
        for sheet in book.worksheets:
            found = read_sheet(numbered(sheet, checked.name), sheet.title, columns, f"{conference.pk}:{checked.sha256}")
            if found:
                return found
    finally:
        book.close()
    raise FileRefused(
        _("“%(name)s” has no row with the names of the columns. Download the template and copy your rows into it.")
        % {"name": checked.name}
    )


def unreadable(name: str) -> FileRefused:
    """Return the refusal of a file that is damaged, or no spreadsheet."""
    return FileRefused(_("“%(name)s” cannot be read. Save it as XLSX again.") % {"name": name})


def check_unpacked(file: Any, name: str) -> None:
    """Refuse a spreadsheet with far more in it than the template: all its texts are held in memory at once."""
    with zipfile.ZipFile(file) as archive:
        unpacked = sum(part.file_size for part in archive.infolist())
    file.seek(0)
    if unpacked > MOST_UNPACKED:
        raise FileRefused(
            _("“%(name)s” holds far more than the template. Copy your rows into a fresh one and upload that.")
            % {"name": name}
        )


def check_conference(book: Any, conference: Conference) -> None:
    """Refuse the template of another conference."""
    made_for = {prop.name: prop.value for prop in book.custom_doc_props.props}.get(CONFERENCE, conference.pk)
    if made_for != conference.pk:
        raise FileRefused(
            _("This is the template of another conference (%(other)s). Upload it on the page of that conference.")
            % {"other": made_for}
        )


def read_sheet(lines: Iterator[tuple[int, list[Any]]], title: str, columns: list[Column], file: str) -> Table | None:
    """Return what stands below the labels; None for a sheet without them. `file` names conference and file."""
    names = next((found for line, cells in lines if (found := labels_in(cells, columns))), None)
    if not names:
        return None
    by_name = {column.name: column for column in columns}
    rows = []
    for line, cells in lines:
        row = read_row(line, cells, names, by_name, file)
        if any(row.cells.values()) or row.unread:
            rows.append(row)
    check_length(rows)
    letters = {name: get_column_letter(number) for number, name in names.items()}
    return Table(title, letters, rows)


def numbered(sheet: Any, name: str) -> Iterator[tuple[int, list[Any]]]:
    """Return the rows that are looked at, each with its number. Raises FileRefused where the sheet is damaged."""
    rows = sheet.iter_rows(max_row=LONGEST, max_col=WIDEST)
    try:
        yield from ((line, list(cells)) for line, cells in enumerate(rows, start=1))
    except Exception as error:  # cells are read as one goes: whatever the library makes of a damaged one
        raise unreadable(name) from error


def labels_in(cells: list[Any], columns: list[Column]) -> dict[int, str]:
    """Return which column stands where if this row holds the labels, else nothing. Raises FileRefused."""
    by_label = {column.label.casefold(): column.name for column in columns}
    texts = {number: str(cell.value).strip() for number, cell in enumerate(cells, start=1) if cell.value is not None}
    names = {number: by_label[text.casefold()] for number, text in texts.items() if text.casefold() in by_label}
    typed_in = {column.name for column in columns if not column.choices}  # the sheet of lists has the others
    if len(names) < FEWEST or not typed_in & set(names.values()):
        return {}
    for number, text in texts.items():
        if number not in names:
            raise FileRefused(
                _("Column %(letter)s is headed “%(label)s”, which is none of the template. Remove it, or rename it.")
                % {"letter": get_column_letter(number), "label": text[:60]}
            )
    if len(set(names.values())) < len(names):
        raise FileRefused(_("Two columns have the same heading. Remove one of them."))
    return names


def check_length(rows: list[Row]) -> None:
    """Refuse a table without rows, and one with too many."""
    if not rows:
        raise FileRefused(_("No row is filled in below the names of the columns. Fill in one for each pledge."))
    if len(rows) > MOST_ROWS:
        raise FileRefused(
            _("There are more than %(rows)s rows. Split them between two files and upload one after the other.")
            % {"rows": MOST_ROWS}
        )


def read_row(line: int, cells: list[Any], names: dict[int, str], by_name: dict[str, Column], file: str) -> Row:
    """Return one row."""
    texts: dict[str, str] = {}
    unread: dict[str, str] = {}
    for number, name in names.items():
        cell = cells[number - 1] if number <= len(cells) else None
        texts[name] = typed(cell, by_name[name])
        if cell is not None and cell.data_type in {"f", "e"} and cell.value is not None:
            unread[name] = (
                _("Write the value itself: formulas are not read.")
                if cell.data_type == "f"
                else _("This cell shows an error. Write a value, or empty it.")
            )
    return Row(line, str(uuid.uuid5(KEYS, f"{file}:{line}")), texts, unread)


def typed(cell: Any, column: Column) -> str:
    """Return what stands in a cell, as somebody would type it into the form."""
    value = None if cell is None else cell.value
    if value is None:
        return ""
    if isinstance(value, datetime | date):
        return date_text(value, str(cell.number_format)) if column.is_date else value.isoformat()[:10]
    if isinstance(value, float):
        return number_text(value)
    return str(value).replace("\r\n", "\n").replace("_x000D_", "").strip()


def date_text(value: date, shown_as: str) -> str:
    """Return a date as far as its cell shows it: programs make "6/2027" the first of June, shown as a month."""
    shown = shown_as.casefold()
    if "d" in shown or ("m" not in shown and "y" not in shown):
        return f"{value.day} {value.month} {value.year}"
    return f"{value.month} {value.year}" if "m" in shown else str(value.year)


def number_text(value: float) -> str:
    """Return a number; with more than two decimals it gets a fourth, so that it cannot be read as thousands."""
    if value.is_integer():
        return str(int(value))
    plain = f"{value:.10f}".rstrip("0")
    return plain if len(plain.partition(".")[2]) <= 2 else f"{value:.4f}"
