"""Dates as people know them: a day, a month or a year, with the precision kept beside the date.

A column `x_on` or `x_by` holds a day, `x_precision` says how much of it is known. A beginning is stored as the first
day of its period, a deadline as the last, so that "by 2026" is late only in 2027.
"""

import calendar
import re
from datetime import date
from typing import Any, NamedTuple

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Precision(models.TextChoices):
    """How much of a date is known."""

    DAY = "day", _("day")
    MONTH = "month", _("month")
    YEAR = "year", _("year")


class ApproximateDate(NamedTuple):
    """A day and how much of it is known; both empty when nothing is."""

    day: date | None
    precision: str


UNKNOWN = ApproximateDate(None, "")
FORM = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


def parse_date(text: str | None, *, deadline: bool = False) -> ApproximateDate:
    """Read `YYYY`, `YYYY-MM` or `YYYY-MM-DD`; empty gives UNKNOWN; `deadline` takes the last day of the period.

    Raises ValueError with a sentence when the text is no such date.
    """
    if not text:
        return UNKNOWN
    found = FORM.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is no date: write 2025, 2025-05 or 2025-05-13")
    parts = [int(part) for part in found.groups() if part]
    precision = (Precision.YEAR, Precision.MONTH, Precision.DAY)[len(parts) - 1]
    try:
        first = date(*parts, *[1] * (3 - len(parts)))
    except ValueError as error:
        raise ValueError(f"{text!r} is no date of the calendar") from error
    return ApproximateDate(period_end(first, precision) if deadline else first, precision)


def parse_span(text: str | None) -> tuple[ApproximateDate, ApproximateDate]:
    """Read `a/b` as a span with both ends included, a single date as a deadline without a beginning."""
    first, _slash, last = (text or "").rpartition("/")
    beginning, deadline = parse_date(first), parse_date(last, deadline=True)
    if beginning.day and deadline.day and beginning.day > deadline.day:
        raise ValueError(f"{text!r} ends before it begins")
    return beginning, deadline


def period_end(day: date, precision: str) -> date:
    """Return the last day of the day, month or year in which `day` lies."""
    if precision == Precision.YEAR:
        return date(day.year, 12, 31)
    if precision == Precision.MONTH:
        return date(day.year, day.month, calendar.monthrange(day.year, day.month)[1])
    return day


def precision_field(**options: Any) -> "models.CharField[str, str]":
    """Return the column that stands beside an approximate date."""
    return models.CharField(max_length=5, choices=Precision.choices, blank=True, default="", **options)


def dated(column: str, name: str, precision: str = "") -> models.CheckConstraint:
    """Return the constraint that ties a date to its precision: both there, or neither."""
    beside = precision or f"{column}_precision"
    known = Q(**{f"{column}__isnull": False, f"{beside}__in": Precision.values})
    return models.CheckConstraint(condition=known | Q(**{f"{column}__isnull": True, beside: ""}), name=name)
