"""Dates, spans, amounts and quantities in words that cannot be misread ("13 May 2025", "CAD 70,000,000")."""

from datetime import date
from decimal import Decimal

from django import template
from django.utils.dateformat import format as format_date
from django.utils.formats import number_format
from django.utils.translation import gettext, pgettext

from conferences.dates import Precision

register = template.Library()

NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"
UNCHANGING_UNITS = frozenset({"aircraft", "percent", "personnel", "police"})


@register.filter
def approximate_date(day: date | None, precision: str = Precision.DAY) -> str:
    """Return "13 May 2025", "May 2025" or "2025", whatever is known; "" without a date."""
    if day is None:
        return ""
    if precision == Precision.YEAR:
        return str(day.year)
    if precision == Precision.MONTH:
        return format_date(day, pgettext("date format: month and year", "F Y"))
    return format_date(day, pgettext("date format: full", "j F Y"))


@register.simple_tag
def date_span(
    start: date | None, end: date | None, start_precision: str = Precision.DAY, end_precision: str = ""
) -> str:
    """Return "7–8 December 2021", "30 November to 1 December 2016", "2022 to 2025"; one date where only one is known.

    `end_precision` is that of the start where it is left out.
    """
    end_precision = end_precision or start_precision
    first, last = approximate_date(start, start_precision), approximate_date(end, end_precision)
    if start is None or end is None or first == last:
        return last or first
    if start_precision == end_precision == Precision.DAY and (start.year, start.month) == (end.year, end.month):
        return f"{start.day}–{last}"
    if start.year == end.year and start_precision == end_precision:
        first = first.removesuffix(f" {start.year}")
    return gettext("%(first)s to %(last)s") % {"first": first, "last": last}


@register.filter
def amount(value: Decimal | int | None, currency: str) -> str:
    """Return "CAD 70,000,000": code, whole units, separated thousands, not to be broken; "" without a value."""
    if value is None:
        return ""
    return f"{currency}{NO_BREAK_SPACE}{grouped(value)}"


@register.filter
def quantity(value: Decimal | int | None, unit: str = "") -> str:
    """Return "3 battalions" or "1 battalion"; a unit that is a currency makes an amount; "" without a value.

    Units are the English words of the record; a translated unit would need its own plural rule.
    """
    if value is None:
        return ""
    if len(unit) == 3 and unit.isupper():
        return amount(value, unit)
    return f"{grouped(value)} {unit if value == 1 else plural(unit)}".strip()


def grouped(value: Decimal | int) -> str:
    """Return the number with its thousands separated, with decimals only where it has some."""
    if isinstance(value, Decimal):
        value = value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()
    return number_format(value, use_l10n=True, force_grouping=True)


def plural(unit: str) -> str:
    """Return the English plural of a unit of measure: its last word takes s, es or ies, or stays as it is."""
    last = unit.rpartition(" ")[2]
    if not unit or last in UNCHANGING_UNITS or last.endswith("s"):
        return unit
    if last.endswith(("x", "ch", "sh")):
        return f"{unit}es"
    if last.endswith("y") and last[-2:-1] not in "aeiou":
        return f"{unit[:-1]}ies"
    return f"{unit}s"
