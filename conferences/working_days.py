"""Days on which the UN Secretariat works: Monday to Friday in New York, without the official holidays."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from conferences.models import Holiday

HEADQUARTERS = ZoneInfo("America/New_York")


def day_of(instant: datetime) -> date:
    """Return the day at headquarters."""
    return instant.astimezone(HEADQUARTERS).date()


def weekdays_until(day: date) -> int:
    """Return how many Mondays to Fridays the calendar has up to and including a day; its first day is a Monday."""
    weeks, rest = divmod(day.toordinal(), 7)
    return weeks * 5 + min(rest, 5)


@dataclass(frozen=True)
class WorkingDays:
    """The calendar of the Secretariat. `holidays` are weekdays, in order."""

    holidays: tuple[date, ...] = ()

    @classmethod
    def load(cls) -> "WorkingDays":
        """Read the holidays, in one query."""
        days = Holiday.objects.order_by("day").values_list("day", flat=True)
        return cls(tuple(day for day in days if day.weekday() < 5))

    def until(self, day: date) -> int:
        """Return how many working days the calendar has up to and including a day."""
        return weekdays_until(day) - bisect_right(self.holidays, day)

    def between(self, first: date, last: date) -> int:
        """Return how many working days come after `first`, `last` included; below zero where `last` is earlier."""
        return self.until(last) - self.until(first)

    def after(self, day: date, number: int) -> date:
        """Return the day on which the given number of working days after `day` is full; `day` itself for none."""
        full = self.until(day) + number
        while self.until(day) < full:
            day += timedelta(days=1)
        return day
