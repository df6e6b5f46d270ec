"""How a test tries to break a rule of the database: through raw SQL, with nothing of ours in between."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import IntegrityError, connection, models, transaction

Make = Callable[[], models.Model]


@dataclass(frozen=True)
class Its:
    """A value read from the row itself: `ends_on=Its(lambda conference: conference.starts_on)`."""

    of: Callable[[Any], Any]


@dataclass(frozen=True)
class Rule:
    """A constraint, a row that keeps it, and a statement that would break it.

    A value of the statement that is a function is called for a row to point to.
    """

    constraint: str
    make: Make
    statement: Callable[[models.Model, dict[str, Any]], None]
    values: dict[str, Any]

    def __str__(self) -> str:
        shown = (name if callable(value) or isinstance(value, Its) else f"{name}={value}" for name, value in self.terms)
        return " ".join([self.constraint, self.statement.__name__, *shown])

    @property
    def terms(self) -> Any:
        """The columns and values of the statement."""
        return self.values.items()

    def values_for(self, row: models.Model) -> dict[str, Any]:
        """Return the values of the statement on this row."""
        found = {}
        for name, value in self.terms:
            given = value.of(row) if isinstance(value, Its) else value() if callable(value) else value
            found[name] = getattr(given, "pk", given)
        return found


def change(constraint: str, make: Make, **values: Any) -> Rule:
    """Return the rule that refuses to set these columns of the row that `make` gives."""
    return Rule(constraint, make, update, values)


def insert(constraint: str, make: Make, **values: Any) -> Rule:
    """Return the rule that refuses a second row like the one that `make` gives, with these columns otherwise."""
    return Rule(constraint, make, insert_copy, values)


def update(row: models.Model, values: dict[str, Any]) -> None:
    """Change a row by UPDATE."""
    settings = ", ".join(f'"{name}" = %s' for name in values)
    run(f'UPDATE "{row._meta.db_table}" SET {settings} WHERE "{row._meta.pk.column}" = %s', [*values.values(), row.pk])


def insert_copy(row: models.Model, values: dict[str, Any]) -> None:
    """Insert a copy of a row by INSERT, with other `values` in some columns."""
    left_to_the_database = models.AutoField | models.BigAutoField | models.GeneratedField
    columns = [f.column for f in row._meta.concrete_fields if not isinstance(f, left_to_the_database)]
    assert set(values) <= set(columns)
    sources = ", ".join("%s" if column in values else f'"{column}"' for column in columns)
    names = ", ".join(f'"{column}"' for column in columns)
    run(
        f'INSERT INTO "{row._meta.db_table}" ({names}) '
        f'SELECT {sources} FROM "{row._meta.db_table}" WHERE "{row._meta.pk.column}" = %s',
        [*(values[column] for column in columns if column in values), row.pk],
    )


def run(sql: str, parameters: list[Any]) -> None:
    """Run a statement that touches one row."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        assert cursor.rowcount == 1


def violated(error: IntegrityError) -> str:
    """Return the name of the constraint that refused."""
    return error.__cause__.diag.constraint_name


def refusal(rule: Rule) -> str:
    """Make the row, run the statement, and return the name of the constraint that refused it."""
    row = rule.make()
    values = rule.values_for(row)
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        rule.statement(row, values)
    return violated(refused.value)
