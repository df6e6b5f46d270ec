"""Clocks of the Secretariat count the days on which headquarters works."""

from datetime import UTC, date, datetime

import pytest

from conferences.working_days import WorkingDays, day_of
from tests.factories import HolidayFactory

FRIDAY, SATURDAY, MONDAY = date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 23)
THANKSGIVING = date(2026, 11, 26)


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [
        (FRIDAY, FRIDAY, 0),
        (FRIDAY, SATURDAY, 0),
        (FRIDAY, MONDAY, 1),
        (SATURDAY, MONDAY, 1),
        (MONDAY, FRIDAY, -1),
        (date(2026, 1, 1), date(2026, 12, 31), 259),  # 261 weekdays less the first and Thanksgiving
    ],
)
def test_working_days_between_two_days(first: date, last: date, days: int) -> None:
    assert WorkingDays((THANKSGIVING,)).between(first, last) == days


def test_the_last_day_of_a_deadline_is_a_working_day() -> None:
    calendar = WorkingDays((THANKSGIVING,))
    assert calendar.after(FRIDAY, 0) == FRIDAY
    assert calendar.after(FRIDAY, 1) == MONDAY
    assert calendar.after(FRIDAY, 4) == date(2026, 11, 27)
    assert WorkingDays().after(FRIDAY, 4) == THANKSGIVING


def test_a_day_begins_in_new_york() -> None:
    assert day_of(datetime(2026, 11, 21, 4, 59, tzinfo=UTC)) == FRIDAY
    assert day_of(datetime(2026, 11, 21, 5, 0, tzinfo=UTC)) == SATURDAY


@pytest.mark.django_db
def test_holidays_at_a_weekend_take_nothing_away() -> None:
    HolidayFactory(day=THANKSGIVING)
    HolidayFactory(day=SATURDAY)
    assert WorkingDays.load() == WorkingDays((THANKSGIVING,))
