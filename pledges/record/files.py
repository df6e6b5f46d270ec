"""Reads the files of the data folder; empty cells stay empty text, dates become days with a precision."""

import csv
from pathlib import Path
from typing import Any

import yaml

from conferences.dates import parse_date

# The same loader in C, where it is built.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Line = dict[str, str]
PledgeName = tuple[str, str, str]


class RecordError(Exception):
    """The files of the record do not fit together; `str()` says where."""


def read_csv(file: Path) -> list[Line]:
    """Return the rows of a CSV file of ours."""
    with file.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened, strict=True))


def read_yaml(file: Path) -> Any:
    """Return the content of a YAML file of ours."""
    return yaml.load(file.read_text(encoding="utf-8"), Loader=LOADER)  # noqa: S506 (both loaders are the safe ones)


def codes(cell: str) -> list[str]:
    """Return the codes in a cell of several, in their order."""
    return [code for code in cell.split(";") if code]


def number(cell: str) -> int | None:
    """Return a whole number; empty is unknown, never 0."""
    return int(cell) if cell else None


def dated(column: str, text: Any, *, deadline: bool = False) -> dict[str, Any]:
    """Return an approximate date, which YAML may have read as a date already, as the two columns that hold it."""
    known = parse_date(str(text) if text else None, deadline=deadline)
    return {column: known.day, f"{column}_precision": known.precision}


def pledge_name(line: Line, prefix: str = "", title: str = "title") -> PledgeName:
    """Return the three cells that name a pledge."""
    return line[f"{prefix}conference"], line[f"{prefix}participant"], line[f"{prefix}{title}"]


def source(line: Line) -> Line:
    """Return the three columns of a source as they stand in the file."""
    return {name: line[name] for name in ("source_title", "source_url", "source_confidence")}
