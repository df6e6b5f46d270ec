"""Numbers as people type them."""

from decimal import Decimal

import pytest

from pledges.numbers import parse_decimal, parse_whole


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1200", 1200),
        ("1 200", 1200),
        (" 1\u00a0200 ", 1200),
        ("1\u202f200", 1200),
        ("1\u2009200\u2009000", 1200000),
        ("12  345 678", 12345678),
        ("'1200", 1200),
        ("1,200", 1200),
        ("1.200", 1200),
        ("1'200", 1200),
        ("1’200", 1200),
        ("12,345,678", 12345678),
        ("١٢٠٠", 1200),
        ("١٬٢٠٠", 1200),
        ("۱۲۰۰", 1200),
        ("１２００", 1200),
        ("１，２００", 1200),
        ("0", 0),
        ("007", 7),
    ],
)
def test_whole_numbers_of_many_scripts_and_separators(text: str, number: int) -> None:
    assert parse_whole(text) == number


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "-5", "1.5", "1,5", "12,34", "1,2345", "1,234.567", "0,500", "about 20", "1e3", "²", "Ⅳ", "½"),
        *(
            "10 20",
            "1 2",
            "1\u00a02",
            "1\u202f20",
            "1 2345",
            "1200 000",
            "0 500",
            "1'20",
            "1_2",
            "1 200,000",
            "1,200 000",
        ),
    ],
)
def test_what_is_no_whole_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no whole number"):
        parse_whole(text)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1200", "1200"),
        ("1,200.50", "1200.50"),
        ("1.200,50", "1200.50"),
        ("1 200,5", "1200.5"),
        ("1200.5", "1200.5"),
        ("1,200", "1200"),
        ("1.200.000", "1200000"),
        ("١٢٠٠٫٥", "1200.5"),
        ("١٬٢٠٠٫٥٠", "1200.50"),
        ("0,5", "0.5"),
    ],
)
def test_amounts_with_decimals(text: str, amount: str) -> None:
    assert parse_decimal(text) == Decimal(amount)


@pytest.mark.parametrize(
    "text", ["", "-5", "1,200,5", "1.2.3", "1,200.505", "0.500", "USD 5", "1,20,000", "10 20", "1 2,5", "1 200 5"]
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no amount"):
        parse_decimal(text)
