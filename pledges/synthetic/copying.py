"""Writes many rows with COPY, so that constraints and triggers see them as they see any other row."""

import io
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from django.db import connection, models

Load = tuple[str, io.StringIO]
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

    def take(self) -> Load:
        """Return the statement that stores what was added since the last time, with its rows."""
        rows, self.rows = self.rows, io.StringIO()
        rows.seek(0)
        columns = ", ".join(f'"{column}"' for column in self.defaults)
        return f'COPY "{self.name}" ({columns}) FROM STDIN', rows


class Courier:
    """Sends rows to the database while more are being made up, in the transaction of the thread that made it.

    Between `send` and `wait` nobody else may use that connection.
    """

    def __init__(self) -> None:
        self.thread = ThreadPoolExecutor(max_workers=1)
        self.on_its_way: Future[None] | None = None

    def __enter__(self) -> "Courier":
        return self

    def __exit__(self, *_error: object) -> None:
        self.thread.shutdown()

    def send(self, loads: list[Load]) -> None:
        """Begin to store the rows, in this order."""
        self.on_its_way = self.thread.submit(copy, connection.connection, loads)

    def wait(self) -> None:
        """Return when what was sent is stored; raises what the database refused."""
        if self.on_its_way:
            self.on_its_way.result()


def copy(raw: Any, loads: list[Load]) -> None:
    """Store rows over a connection of psycopg2: Django's own belongs to one thread."""
    with raw.cursor() as cursor:
        for statement, rows in loads:
            cursor.copy_expert(statement, rows)


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
