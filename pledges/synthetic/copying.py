"""Writes many rows with COPY, so that constraints and triggers see them as they see any other row."""

import io
from collections.abc import Iterable
from typing import Any

from django.db import connection, models

ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


class Table:
    """Rows of one model on their way into the database; what a row does not name has the model's default."""

    def __init__(self, model: type[models.Model], *, left_out: Iterable[str] = ("id",)) -> None:
        self.name = model._meta.db_table
        fields = [
            field
            for field in model._meta.concrete_fields
            if not field.generated and field.column not in {"search", *left_out}
        ]
        # In the order of the columns. Instants have no default here: what is made up must not depend on the day.
        self.defaults = {
            field.column: written(None if isinstance(field, models.DateTimeField) else field.get_default())
            for field in fields
        }
        self.rows = io.StringIO()

    def add(self, **values: Any) -> None:
        """Add a row, given by its columns."""
        cells = self.defaults | {column: written(value) for column, value in values.items()}
        self.rows.write("\t".join(cells.values()) + "\n")

    def flush(self) -> None:
        """Send what was added."""
        self.rows.seek(0)
        with connection.cursor() as cursor:
            columns = ", ".join(f'"{column}"' for column in self.defaults)
            cursor.copy_expert(f'COPY "{self.name}" ({columns}) FROM STDIN', self.rows)
        self.rows = io.StringIO()


def written(value: Any) -> str:
    """Return a value as COPY's text format has it."""
    if value is None:
        return "\\N"
    text = str(value)
    return text if text.isprintable() and "\\" not in text else text.translate(ESCAPES)


def analyze(tables: Iterable[Table]) -> None:
    """Let the planner see how the tables have grown: triggers keep the plans they made when the tables were empty."""
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f'ANALYZE "{table.name}" (id)')  # one column is enough, and all of them take long


def next_ids(model: type[models.Model], count: int) -> list[int]:
    """Take that many primary keys from the table's sequence."""
    with connection.cursor() as cursor:
        draw = "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)"
        cursor.execute(draw, [model._meta.db_table, count])
        return [row[0] for row in cursor.fetchall()]
