"""Pages of a list by key, never by offset: a page at any depth costs the same, and rows that arrive move nothing.

A cursor holds the order's value and the unique key of the row it stands at: nothing that tells of hidden rows.
"""

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db.models import Expression, F, Func, GeneratedField, QuerySet, TextField, Value
from django.db.models.lookups import GreaterThan, LessThan

LAST = "last"


class BadCursor(ValueError):
    """The cursor was not made by this list."""


@dataclass(frozen=True)
class Order:
    """One way to order a list: a column without gaps, and a unique column that settles ties, in one direction."""

    column: str
    key: str
    descending: bool = False
    expression: Expression | None = None

    def apply(self, queryset: "QuerySet[Any]", *, backwards: bool) -> "QuerySet[Any]":
        """Return the rows in this order, or in the opposite one."""
        if self.expression is not None:
            queryset = queryset.annotate(**{self.column: self.expression})
        sign = "-" if self.descending != backwards else ""
        names = [self.column] if self.column == self.key else [self.column, self.key]
        return queryset.order_by(*(sign + name for name in names))

    def beyond(self, queryset: "QuerySet[Any]", position: list[str], *, backwards: bool) -> "QuerySet[Any]":
        """Return the rows that come after a position, compared as one row so that the index is walked, not filtered."""
        here = Row(*(typed(part, self.field(queryset, i)) for i, part in enumerate(position)))
        comparison = LessThan if self.descending != backwards else GreaterThan
        return queryset.filter(comparison(Row(F(self.column), F(self.key)), here))

    def field(self, queryset: "QuerySet[Any]", index: int) -> Any:
        """Return the model field behind the value (0) or the key (1) of a position."""
        if index == 0 and self.expression is not None:
            return self.expression.output_field
        field = queryset.model._meta.get_field((self.column, self.key)[index])
        return field.output_field if isinstance(field, GeneratedField) else field

    def position(self, row: Any) -> list[str]:
        """Return where a row stands in this order."""
        return [as_text(row[name] if isinstance(row, dict) else getattr(row, name)) for name in (self.column, self.key)]


def typed(text: str, field: Any) -> Value:
    """Return a part of a position as its field's type: the database is not left to guess what "now" may mean."""
    value = field.to_python(text)
    if isinstance(value, datetime) and value.tzinfo is None:
        raise ValueError("An instant has a zone.")
    return Value(value, output_field=field)


class Row(Func):
    """Several values compared as one."""

    template = "(%(expressions)s)"
    output_field = TextField()


class Page(NamedTuple):
    """Some rows of a list, and the cursors of its neighbours, empty where there is none."""

    rows: list[Any]
    next: str
    previous: str


# How rows are read: those after a position (None: from an end), forwards or backwards, at most so many.
Fetch = Callable[[list[str] | None, bool, int], list[Any]]


def page_of(queryset: "QuerySet[Any]", *, order: Order, size: int, cursor: str = "") -> Page:
    """Return the page at `cursor` (the first without one, the last for "last") in a single query.

    The queryset may yield models or dicts; dicts must hold the order's column and key. Raises BadCursor.
    """

    def fetch(position: list[str] | None, backwards: bool, limit: int) -> list[Any]:
        rows = order.apply(queryset, backwards=backwards)
        return list((order.beyond(rows, position, backwards=backwards) if position else rows)[:limit])

    return page_by(fetch, order=order, size=size, cursor=cursor)


def page_by(fetch: Fetch, *, order: Order, size: int, cursor: str = "") -> Page:
    """Return the page at `cursor` of rows that `fetch` reads in this order. Raises BadCursor."""
    backwards, position = (True, None) if cursor == LAST else decoded(cursor)
    try:
        found = fetch(position, backwards, size + 1)
    except (ValidationError, ValueError, TypeError) as error:
        raise BadCursor("This cursor does not belong to this list: start again without it.") from error
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    elsewhere = position is not None
    onward = more if not backwards else elsewhere
    back = more if backwards else elsewhere
    return Page(
        rows=found,
        next=encoded("n", order.position(found[-1])) if found and onward else "",
        previous=encoded("p", order.position(found[0])) if found and back else "",
    )


def as_text(value: Any) -> str:
    """Return a column's value as text that its field can read again."""
    return value.isoformat() if isinstance(value, datetime | date) else str(value)


def encoded(direction: str, position: list[str]) -> str:
    """Return the cursor for a position."""
    return base64.urlsafe_b64encode(json.dumps([direction, *position]).encode()).decode().rstrip("=")


def decoded(cursor: str) -> tuple[bool, list[str] | None]:
    """Return whether a cursor looks backwards, and its position. Raises BadCursor."""
    if not cursor:
        return False, None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        parts = json.loads(base64.urlsafe_b64decode(padded))
        direction, value, key = map(text_of, parts)
    except (binascii.Error, ValueError, TypeError, RecursionError) as error:
        raise BadCursor("This cursor cannot be read: start again without it.") from error
    if direction not in {"n", "p"}:
        raise BadCursor("This cursor cannot be read: start again without it.")
    return direction == "p", [value, key]


def text_of(part: Any) -> str:
    """Return a part of a cursor if it is text that the database takes. Raises TypeError."""
    if not isinstance(part, str) or "\0" in part:
        raise TypeError
    return part
