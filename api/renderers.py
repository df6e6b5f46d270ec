"""The two formats of an answer: JSON, and CSV with the same rows. What is sent is JSON."""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

import orjson
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer

from api.serializers import fields_of

# What a spreadsheet takes for the beginning of a formula, also in the wide forms of East Asian keyboards.
FORMULA = re.compile(r"\s*[=+\-@|%＝＋－＠]|[\t\r\n]")
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
Row = Mapping[str, Any]


class OrjsonRenderer(BaseRenderer):
    """JSON."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        """Return the answer's body."""
        return orjson.dumps(data)


class OrjsonParser(BaseParser):
    """JSON as the standard has it (RFC 8259): no NaN, no lone surrogates, no bottomless nesting."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """Return what was sent."""
        try:
            return orjson.loads(stream.read())
        except orjson.JSONDecodeError as error:
            raise ParseError(_("This is no JSON: %(reason)s.") % {"reason": error}) from error


class Column(NamedTuple):
    """One column of a CSV file: its name, and the path of its values in a row."""

    name: str
    path: tuple[str, ...]


class CSVRenderer(BaseRenderer):
    """CSV (RFC 4180, UTF-8) of the rows that the JSON answer holds, nested values joined by ";"."""

    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> str:
        """Return the rows of a list, or the one row of a single answer."""
        if data is None:
            return ""
        rows = data["results"] if isinstance(data, dict) and "results" in data else [data]
        columns = columns_of(renderer_context["view"].row_serializer_class())
        return "".join(csv_lines(columns, rows))


class Negotiation(DefaultContentNegotiation):
    """Chooses the format; an unknown one is an error of the parameter, not a missing page."""

    def filter_renderers(self, renderers: Iterable[BaseRenderer], format: str) -> list[BaseRenderer]:
        """Return the renderers of this format."""
        found = [renderer for renderer in renderers if renderer.format == format]
        if not found:
            known = ", ".join(renderer.format for renderer in renderers)
            raise ValidationError({"format": _("Write one of: %(known)s.") % {"known": known}})
        return found


class Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        """Return the text."""
        return text


def csv_lines(columns: list[Column], rows: Iterable[Row]) -> Iterator[str]:
    """Yield the lines of a CSV file, the names of the columns first."""
    writer = csv.writer(Echo())
    yield writer.writerow([column.name for column in columns])
    for row in rows:
        yield writer.writerow([cell(value_at(row, column.path)) for column in columns])


def columns_of(serializer: serializers.BaseSerializer[Any], *above: str) -> list[Column]:
    """Return the columns for a described shape: `source_url` for the url in `source`, `missions` for a list."""
    columns = []
    for name, field in fields_of(serializer).items():
        if isinstance(field, serializers.BaseSerializer):
            columns += columns_of(field, *above, name)
        else:
            columns.append(Column("_".join((*above, name)), (*above, name)))
    return columns


def value_at(value: Any, path: tuple[str, ...]) -> Any:
    """Return what stands at a path; for a list of objects, what stands there in each."""
    for depth, name in enumerate(path):
        if value is None:
            return None
        if isinstance(value, list):
            return [value_at(item, path[depth:]) for item in value]
        value = value[name]
    return value


def cell(value: Any) -> str | int | float:
    """Return the content of a cell: nothing for what is not known, and never what a spreadsheet would run."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, list):
        return neutral(";".join(str(cell(item)) for item in value))
    return neutral(str(value))


def neutral(text: str) -> str:
    """Return text with an apostrophe before what would be a formula; a number such as -12.5 stays one."""
    return f"'{text}" if FORMULA.match(text) and not NUMBER.fullmatch(text) else text
