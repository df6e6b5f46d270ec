"""Dates, spans, amounts and quantities in words that cannot be misread ("13 May 2025", "CAD 70,000,000")."""

from datetime import date

from django import template
from django.utils.dateformat import format as format_date
from django.utils.translation import gettext, pgettext

from conferences.dates import Precision
from pledges.quantities import amount, quantity

register = template.Library()

register.filter(amount)
register.filter(quantity)


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
