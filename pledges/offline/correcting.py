"""Rows with problems as a form on the page: what was typed kept, the error at its field, the other rows carried on."""

from typing import Any

from django import forms
from django.core import signing
from django.http import QueryDict
from django.utils.translation import gettext as _

from pledges.offline.checking import Problem
from pledges.offline.columns import SHORT_NAME, Column, how_to_write
from pledges.offline.reading import Row, Table

SALT = "offline"
HOURS = 24
MOST_SHOWN = 20  # rows; a request has a limit of fields
LONGEST = 1_500_000  # characters carried; a request has a limit of length


class CellsForm(forms.Form):
    """The cells of one row as they were typed. What they mean is for the pledge's own form to say."""

    use_required_attribute = False

    def __init__(self, data: dict[str, str], row: Row, columns: list[Column]) -> None:
        super().__init__(data, prefix=prefix(row))
        self.line = row.line
        for column in columns:
            self.fields[column.name] = forms.CharField(
                label=column.label,
                help_text=hint_for(column),
                required=False,
                widget=widget_for(column, self.data.get(self.add_prefix(column.name), "")),
            )

    def complain(self, problems: list[Problem]) -> None:
        """Put each problem at its field."""
        self.full_clean()
        for problem in problems:
            if problem.line == self.line:
                self.add_error(problem.name or None, problem.sentence)

    @property
    def wrong(self) -> list[forms.BoundField]:
        """The fields with a problem."""
        return [bound for bound in self if bound.errors]

    @property
    def right(self) -> list[forms.BoundField]:
        """The other fields."""
        return [bound for bound in self if not bound.errors]


def hint_for(column: Column) -> str:
    """Return what a cell may hold; where it may name several, by which short names."""
    if not column.takes_several:
        return how_to_write(column)
    names = ", ".join(words.split(SHORT_NAME)[0] for _value, words in column.choices)
    return _("One or more of these, with commas between them: %(names)s.") % {"names": names}


def widget_for(column: Column, typed: str) -> forms.Widget:
    """Return the widget for a cell; among choices, what was typed stays one of them until it is changed."""
    if column.choices and not column.takes_several:
        words = [words for _value, words in column.choices]
        kept = [typed] if typed and typed not in words else []
        return forms.Select(choices=[("", ""), *((choice, choice) for choice in kept + words)])
    return forms.Textarea(attrs={"rows": 3}) if column.is_long else forms.TextInput(attrs={"autocomplete": "off"})


def prefix(row: Row) -> str:
    """Return what the names of a row's fields begin with."""
    return f"row{row.line}"


def forms_for(rows: list[Row], problems: list[Problem], columns: list[Column]) -> list[CellsForm]:
    """Return a form for each of the first rows with problems."""
    lines = {problem.line for problem in problems}
    shown = [row for row in rows if row.line in lines][:MOST_SHOWN]
    made = []
    for row in shown:
        cells = {f"{prefix(row)}-{name}": typed for name, typed in row.cells.items()}
        form = CellsForm(cells, row, columns)
        form.complain(problems)
        made.append(form)
    return made


def carry(table: Table, conference: str, user: Any) -> str:
    """Return the rows, signed for this person and conference, for a hidden field; empty where they are too many."""
    rows = [[row.line, row.key, row.cells, row.unread] for row in table.rows]
    content = {"by": user.pk, "for": conference, "sheet": table.sheet, "letters": table.letters, "rows": rows}
    text = signing.dumps(content, salt=SALT, compress=True)
    return text if len(text) <= LONGEST else ""


def carried(text: str, conference: str, user: Any) -> Table | None:
    """Return the rows that were carried; None for what this server has not carried for this person."""
    try:
        content = signing.loads(text, salt=SALT, max_age=HOURS * 3600)
    except signing.BadSignature:
        return None
    if (content["by"], content["for"]) != (user.pk, conference):
        return None
    rows = [Row(line, key, cells, unread) for line, key, cells, unread in content["rows"]]
    return Table(content["sheet"], content["letters"], rows)


def corrected(table: Table, data: QueryDict, columns: list[Column]) -> Table:
    """Return the table with what was typed on the page in place of what stood in the file."""
    return Table(table.sheet, table.letters, [with_typed(row, data, columns) for row in table.rows])


def with_typed(row: Row, data: QueryDict, columns: list[Column]) -> Row:
    """Return a row with what was typed for it, if anything was sent."""
    names = {column.name: f"{prefix(row)}-{column.name}" for column in columns}
    sent = {name: str(data[key]).replace("\r\n", "\n") for name, key in names.items() if key in data}
    return row.with_cells(sent) if sent else row
