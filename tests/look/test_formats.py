"""Dates, spans, amounts and quantities as pages write them."""

from datetime import date
from decimal import Decimal

import pytest

from dashboards.templatetags.formats import approximate_date, date_span
from pledges.quantities import amount, plural, quantity

MAY = date(2025, 5, 13)


@pytest.mark.parametrize(("precision", "written"), [("day", "13 May 2025"), ("month", "May 2025"), ("year", "2025")])
def test_a_date_says_no_more_than_is_known(precision: str, written: str) -> None:
    assert approximate_date(MAY, precision) == written


def test_no_date_is_no_text() -> None:
    assert approximate_date(None) == ""
    assert date_span(None, None) == ""


@pytest.mark.parametrize(
    ("start", "end", "precision", "written"),
    [
        (date(2021, 12, 7), date(2021, 12, 8), "day", "7–8 December 2021"),
        (date(2021, 12, 7), date(2021, 12, 7), "day", "7 December 2021"),
        (date(2016, 9, 30), date(2016, 10, 2), "day", "30 September to 2 October 2016"),
        (date(2016, 12, 30), date(2017, 1, 2), "day", "30 December 2016 to 2 January 2017"),
        (date(2021, 5, 1), date(2021, 6, 30), "month", "May to June 2021"),
        (date(2022, 1, 1), date(2025, 12, 31), "year", "2022 to 2025"),
        (date(2022, 1, 1), date(2022, 12, 31), "year", "2022"),
        (None, date(2025, 12, 31), "year", "2025"),
        (date(2022, 1, 1), None, "year", "2022"),
    ],
)
def test_a_span_is_written_once_where_its_ends_agree(
    start: date | None, end: date | None, precision: str, written: str
) -> None:
    assert date_span(start, end, precision) == written


def test_a_span_of_mixed_precision_names_both_years() -> None:
    assert date_span(date(2022, 1, 1), date(2022, 6, 30), "year", "month") == "2022 to June 2022"


@pytest.mark.parametrize(
    ("value", "written"),
    [(70_000_000, "CAD\u00a070,000,000"), (Decimal("84140.00"), "CAD\u00a084,140"), (0, "CAD\u00a00"), (None, "")],
)
def test_an_amount_names_its_currency_and_does_not_break(value: int | Decimal | None, written: str) -> None:
    assert amount(value, "CAD") == written


@pytest.mark.parametrize(
    ("value", "unit", "written"),
    [
        (3, "battalion", "3 battalions"),
        (1, "battalion", "1 battalion"),
        (Decimal("1.00"), "battalion", "1 battalion"),
        (Decimal("2.50"), "percent", "2.5 percent"),
        (0, "unit", "0 units"),
        (1000, "kit", "1,000 kits"),
        (2, "", "2"),
        (5_000_000, "USD", "USD\u00a05,000,000"),
        (None, "battalion", ""),
    ],
)
def test_a_quantity_agrees_with_its_unit(value: int | Decimal | None, unit: str, written: str) -> None:
    assert quantity(value, unit) == written


@pytest.mark.parametrize(
    ("unit", "several"),
    [
        ("company", "companies"),
        ("facility", "facilities"),
        ("formed police unit", "formed police units"),
        ("survey", "surveys"),
        ("aircraft", "aircraft"),
        ("personnel", "personnel"),
        ("box", "boxes"),
        ("trainers", "trainers"),
    ],
)
def test_the_plural_of_the_units_in_the_record(unit: str, several: str) -> None:
    assert plural(unit) == several
