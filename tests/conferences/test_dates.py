"""Dates as people know them."""

from datetime import date

import pytest

from conferences.dates import UNKNOWN, ApproximateDate, parse_date, parse_span, period_end


@pytest.mark.parametrize(
    ("text", "beginning", "deadline", "precision"),
    [
        ("2025", date(2025, 1, 1), date(2025, 12, 31), "year"),
        ("2025-05", date(2025, 5, 1), date(2025, 5, 31), "month"),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29), "month"),
        ("2025-12", date(2025, 12, 1), date(2025, 12, 31), "month"),
        ("2025-05-13", date(2025, 5, 13), date(2025, 5, 13), "day"),
    ],
)
def test_a_date_begins_or_ends_its_period(text: str, beginning: date, deadline: date, precision: str) -> None:
    assert parse_date(text) == ApproximateDate(beginning, precision)
    assert parse_date(text, deadline=True) == ApproximateDate(deadline, precision)


@pytest.mark.parametrize("text", ["", None])
def test_nothing_is_unknown(text: str | None) -> None:
    assert parse_date(text) == UNKNOWN == (None, "")


@pytest.mark.parametrize(
    "text", ["25", "2025-5", "2025-05-1", "13.05.2025", "2025/05", "soon", " 2025", "2025-05-13T00:00", "2025-"]
)
def test_another_form_is_refused_with_the_forms_there_are(text: str) -> None:
    with pytest.raises(ValueError, match="write 2025, 2025-05 or 2025-05-13"):
        parse_date(text)


@pytest.mark.parametrize("text", ["2025-13", "2025-00", "2025-02-30", "2025-05-00", "2025-00-13", "0000", "2023-02-29"])
def test_a_day_that_no_calendar_has_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no date of the calendar"):
        parse_date(text)


@pytest.mark.parametrize(
    ("text", "beginning", "deadline"),
    [
        ("2022/2025", (date(2022, 1, 1), "year"), (date(2025, 12, 31), "year")),
        ("2025-03/2025-05-13", (date(2025, 3, 1), "month"), (date(2025, 5, 13), "day")),
        ("2025/2025", (date(2025, 1, 1), "year"), (date(2025, 12, 31), "year")),
        ("2025", UNKNOWN, (date(2025, 12, 31), "year")),
        ("/2025", UNKNOWN, (date(2025, 12, 31), "year")),
        ("2025/", (date(2025, 1, 1), "year"), UNKNOWN),
        ("", UNKNOWN, UNKNOWN),
        (None, UNKNOWN, UNKNOWN),
    ],
)
def test_a_span_has_both_ends_and_a_date_alone_is_a_deadline(
    text: str | None, beginning: tuple[date | None, str], deadline: tuple[date | None, str]
) -> None:
    assert parse_span(text) == (beginning, deadline)


@pytest.mark.parametrize("text", ["2025/2024", "2025-06/2025-05", "2025-05-14/2025-05-13"])
def test_a_span_that_ends_before_it_begins_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="ends before it begins"):
        parse_span(text)


def test_a_span_of_three_is_refused() -> None:
    with pytest.raises(ValueError, match="is no date"):
        parse_span("2022/2023/2024")


@pytest.mark.parametrize(
    ("precision", "end"),
    [("year", date(2024, 12, 31)), ("month", date(2024, 2, 29)), ("day", date(2024, 2, 10)), ("", date(2024, 2, 10))],
)
def test_a_period_ends_on_its_last_day(precision: str, end: date) -> None:
    assert period_end(date(2024, 2, 10), precision) == end
