"""The record as it ships, loaded once for each module; what a test does to it is undone after the test."""

import csv
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import transaction

from accounts.history import acting
from pledges.importing.rows import COLUMNS
from pledges.record.files import read_csv
from pledges.record.load import load_record

DATA: Path = settings.RECORD_DIR
PLEDGE_FILES = ("pledges_2014_2017.csv", "pledges_2019_2023.csv")
Lines = list[dict[str, str]]

ROW = {
    "conference": "berlin-2025",
    "participant": "BGD",
    "partners": "",
    "title": "Two engineering companies",
    "description": "Bangladesh offers two engineering companies.",
    "category": "engineering",
    "capability": "engineering company",
    "quantity": "2",
    "unit": "company",
    "personnel": "350",
    "amount": "",
    "currency": "",
    "mission": "",
    "timeframe": "",
    "earlier_pledge": "",
    "source_title": "Statement at the ministerial",
    "source_url": "https://pledges.example/statement",
    "source_confidence": "official",
}


@pytest.fixture(scope="module")
def record(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Load the record inside a transaction around the whole module."""
    with django_db_blocker.unblock(), transaction.atomic():
        load_record(DATA)
        yield
        transaction.set_rollback(True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the data folder that a test may change."""
    return Path(shutil.copytree(DATA, tmp_path / "data"))


@pytest.fixture
def pledge_file(tmp_path: Path) -> Callable[..., Path]:
    """Write a file of the pledge form: each row given by how it differs from ROW."""

    def write(*rows: dict[str, str], columns: tuple[str, ...] = COLUMNS) -> Path:
        lines = [{**ROW, "title": f"Pledge {number}", **row} for number, row in enumerate(rows, 2)]
        return write_lines(tmp_path / "pledges.csv", lines, columns)

    return write


def write_lines(file: Path, lines: Lines, columns: tuple[str, ...] = ()) -> Path:
    """Write rows as CSV."""
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, columns or list(lines[0]), lineterminator="\n", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(lines)
    return file


def change_line(file: Path, number: int, **cells: str) -> dict[str, str]:
    """Change cells of one row of a file, counted from 0, and return the row as it was."""
    lines = read_csv(file)
    before = dict(lines[number])
    lines[number] |= cells
    write_lines(file, lines)
    return before


def lines_of(*files: str) -> Lines:
    """Return the rows of files of the record."""
    return [line for file in files for line in read_csv(DATA / file)]


def history_rows() -> dict[str, int]:
    """Return how many rows each history table holds."""
    return {
        model._meta.db_table: model._default_manager.count()
        for model in apps.get_models()
        if hasattr(model, "pgh_tracked_model")
    }


def history_added(do: Callable[[], Any]) -> dict[str, int]:
    """Do something and return how many history rows that added, per table that has any."""
    before = history_rows()
    do()
    after = history_rows()
    return {table: after[table] - before[table] for table in after if after[table] != before[table]}


__all__ = ["DATA", "PLEDGE_FILES", "ROW", "acting", "change_line", "history_added", "lines_of", "write_lines"]
