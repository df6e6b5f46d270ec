"""Checking rows with the form itself, and storing them: all of them or none."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction

from conferences.models import Conference
from pledges.errors import Incomplete, PledgeError
from pledges.forms import PledgeForm
from pledges.models import Pledge
from pledges.offline.columns import Column, delegations, empty_form, form_data
from pledges.offline.reading import Row
from pledges.querysets import DISCARDED
from pledges.services import draft_pledge
from pledges.values import chosen, content_of


@dataclass(frozen=True)
class Problem:
    """What is wrong with one cell, or with a row as a whole where `name` is empty."""

    line: int
    name: str
    text: str
    sentence: str


@dataclass(frozen=True)
class Checked:
    """Rows after the form has looked at them: its values for each, and every problem."""

    values: list[tuple[Row, dict[str, Any]]]
    problems: list[Problem]


def check_rows(rows: list[Row], columns: list[Column], conference: Conference, *, user: Any, at: datetime) -> Checked:
    """Return the form's verdict on each row; the rules are the form's own."""
    form = empty_form(user, at, conference)
    own = delegations(form)
    fixed = {"conference": str(conference.pk)} | ({"participant": str(own[0].pk)} if len(own) == 1 else {})
    values, problems = [], []
    for row in rows:
        data = form_data(columns, row.cells, fixed | {"form_key": row.key})
        form.read(data)
        found = list(problems_of(row, form))
        problems += found
        if not found:
            values.append((row, form.cleaned_data))
    return Checked(values, problems)


def problems_of(row: Row, form: PledgeForm) -> Iterable[Problem]:
    """Return what is wrong with a row: what could not be read, and what the form refuses."""
    for name, sentence in row.unread.items():
        yield Problem(row.line, name, row.cells.get(name, ""), sentence)
    for name, sentences in form.errors.items():
        shown = name if name in row.cells else ""
        for said in sentences if name not in row.unread else ():
            yield Problem(row.line, shown, row.cells.get(name, ""), str(said))


def store_rows(
    values: list[tuple[Row, dict[str, Any]]], conference: Conference, *, by: Any, at: datetime
) -> tuple[list[Pledge], list[Problem]]:
    """Draft a pledge from each row, or none where one is refused; a row that was stored before is found again, unless
    its draft was discarded: then it is drafted anew.

    Returns the pledges, and what was refused.
    """
    pledges: list[Pledge] = []
    problems: list[Problem] = []
    remembered = cache(chosen)
    with transaction.atomic():
        keys = form_keys([row for row, _found in values], by)
        for row, found in values:
            try:
                pledges.append(
                    draft_pledge(
                        conference=conference,
                        participant=found["participant"],
                        content=content_of(found, chosen=remembered),
                        by=by,
                        at=at,
                        form_key=keys[row.key],
                    )
                )
            except PledgeError as refusal:
                problems += refused_at(row, refusal)
        if problems:
            transaction.set_rollback(True)
    return ([] if problems else pledges), problems


def form_keys(rows: Iterable[Row], by: Any) -> dict[str, UUID]:
    """Return for the key of each row the one under which its draft is stored: while that of a person is discarded, the
    next one derived from it."""
    keys = {row.key: UUID(row.key) for row in rows}
    own = Pledge.objects.filter(DISCARDED, author=by).order_by()
    while gone := set(own.filter(form_key__in=keys.values()).values_list("form_key", flat=True)):
        keys = {row: uuid5(key, "again") if key in gone else key for row, key in keys.items()}
    return keys


def refused_at(row: Row, refusal: PledgeError) -> list[Problem]:
    """Return a refusal as problems of a row."""
    if not isinstance(refusal, Incomplete):
        return [Problem(row.line, "", "", str(refusal))]
    return [
        Problem(row.line, name if name in row.cells else "", row.cells.get(name, ""), sentence)
        for name, sentence in refusal.fields.items()
    ]
