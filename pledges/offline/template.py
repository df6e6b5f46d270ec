"""The spreadsheet that a delegation downloads: a sheet to fill in, a sheet that explains, a sheet of lists."""

import io
from typing import Any, cast

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.comments import Comment
from openpyxl.packaging.custom import StringProperty
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from conferences.models import Conference
from pledges.offline.columns import Column, how_to_write

MOST_ROWS = 500  # each goes through the form: some seconds for so many
HEADER = 3  # the row of the labels; the pledges begin below it
LAST = HEADER + MOST_ROWS
CONFERENCE = "conference"  # the property of the file that says for which conference it was made
DARK = PatternFill("solid", fgColor="1F3F66")
PROMPT_LENGTH = 255  # of a message beside a cell, and 32 of its title: limits of the format


def build_template(conference: Conference, columns: list[Column], *, address: str) -> bytes:
    """Return the file for a conference; `address` is where it is uploaded."""
    book = Workbook()
    sheet, notes, lists = (
        cast("Worksheet", book.active),
        book.create_sheet(_("How to fill it in")),
        book.create_sheet(_("Lists")),
    )
    sheet.title = _("Pledges")
    cast("Any", book).custom_doc_props.append(StringProperty(name=CONFERENCE, value=conference.pk))
    write_head(sheet, conference, columns)
    write_notes(notes, columns, address)
    for number, column in enumerate(columns, start=1):
        rule = rule_for(column, number, lists)
        if rule:
            sheet.add_data_validation(rule)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def write_text(cell: Cell, text: str) -> Cell:
    """Write a text as text: what begins like a formula stays what somebody wrote."""
    cell.value = ILLEGAL_CHARACTERS_RE.sub("", text)
    cell.data_type = "s"
    return cell


def write_head(sheet: Worksheet, conference: Conference, columns: list[Column]) -> None:
    """Write title and labels, a note on each label, and make the sheet comfortable to fill in."""
    write_text(at(sheet, 1, 1), _("Pledges for %(conference)s") % {"conference": conference.title}).font = Font(
        bold=True, size=14
    )
    write_text(at(sheet, 2, 1), _("One row for each pledge. Leave empty what you do not know yet."))
    for number, column in enumerate(columns, start=1):
        cell = write_text(at(sheet, HEADER, number), column.label)
        cell.font, cell.fill = Font(bold=True, color="FFFFFF"), DARK
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        note = " ".join(filter(None, [column.hint, how_to_write(column)]))
        if note:
            cell.comment = Comment(note, "", width=320, height=120)
        width = 48 if column.is_long else 32 if column.choices else 18
        sheet.column_dimensions[get_column_letter(number)].width = width
        if column.is_date:
            for row in range(HEADER + 1, LAST + 1):  # else Excel makes "6 2027" a day of its own choosing
                at(sheet, row, number).number_format = "@"
    sheet.row_dimensions[HEADER].height = 32
    sheet.freeze_panes = at(sheet, HEADER + 1, 1)


def at(sheet: Worksheet, row: int, column: int) -> Cell:
    """Return a cell."""
    return cast("Cell", sheet.cell(row, column))


def rule_for(column: Column, number: int, lists: Worksheet) -> DataValidation | None:
    """Return what a spreadsheet program checks and says while a cell of the column is filled in."""
    rule: DataValidation | None = None
    if column.choices:
        rule = DataValidation(type="list", formula1=write_list(lists, column), errorStyle="stop")
        rule.showErrorMessage = not column.takes_several
        rule.error = _("Choose one of the list.")
    elif column.is_number:
        least = getattr(column.asked, "lowest", 0)
        rule = DataValidation(type="decimal", operator="greaterThanOrEqual", formula1=str(least), errorStyle="warning")
        rule.showErrorMessage, rule.error = True, _("This looks like no number. Keep it all the same?")
    elif column.is_date:
        cell = f"{get_column_letter(number)}{HEADER + 1}"
        rule = DataValidation(type="custom", formula1=f"AND(LEN({cell})>=4,LEN({cell})<=20)", errorStyle="warning")
        rule.showErrorMessage, rule.error = True, _("This looks like no date. Keep it all the same?")
    note = " ".join(filter(None, [column.hint, how_to_write(column)]))
    if note and rule is None:
        rule = DataValidation(type=None)
    if rule is not None:
        rule.allow_blank, rule.showInputMessage = True, bool(note)
        rule.promptTitle, rule.prompt = column.label[:32], note[:PROMPT_LENGTH]
        letter = get_column_letter(number)
        rule.add(f"{letter}{HEADER + 1}:{letter}{LAST}")
    return rule


def write_list(lists: Worksheet, column: Column) -> str:
    """Write the choices of a column below its label and return the range."""
    number = sum(1 for cell in lists[1] if cell.value is not None) + 1
    write_text(at(lists, 1, number), column.label).font = Font(bold=True)
    for row, (_value, words) in enumerate(column.choices, start=2):
        write_text(at(lists, row, number), words)
    letter = get_column_letter(number)
    lists.column_dimensions[letter].width = 40
    return f"{quote_sheetname(lists.title)}!${letter}$2:${letter}${len(column.choices) + 1}"


def write_notes(notes: Worksheet, columns: list[Column], address: str) -> None:
    """Write how the file is filled in, and what each column means."""
    general = [
        _("Fill in the first sheet, one row for each pledge, up to %(rows)s rows.") % {"rows": MOST_ROWS},
        _("Gaps are fine: each row becomes a draft, and what is missing is asked for when you submit it."),
        _("Write values, not formulas. Keep the row with the names of the columns."),
        _("Numbers: 1200, 1 200 or 1,200. Dates: 30 6 2027, or 6 2027 or 2027 where the day is not yet known."),
        _("Several missions: with commas between them, such as UNMISS, MONUSCO."),
        _("Upload the file here: %(address)s") % {"address": address},
        _("Nothing is stored until every row is right. You can correct rows there or here, and upload again."),
        _("Only your delegation and the Secretariat see the drafts. They become public when they are announced."),
    ]
    for row, sentence in enumerate(general, start=1):
        write_text(at(notes, row, 1), sentence)
    start = len(general) + 2
    heads: list[Any] = [_("Column"), _("What it means"), _("What to write")]
    for number, head in enumerate(heads, start=1):
        write_text(at(notes, start, number), head).font = Font(bold=True)
    for row, column in enumerate(columns, start=start + 1):
        for number, text in enumerate([column.label, column.hint, how_to_write(column)], start=1):
            write_text(at(notes, row, number), text).alignment = Alignment(wrap_text=number > 1, vertical="top")
    notes.column_dimensions["A"].width = 34
    notes.column_dimensions["B"].width = 70
    notes.column_dimensions["C"].width = 44
