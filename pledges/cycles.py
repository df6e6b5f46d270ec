"""Reporting cycles in SQL: on which days reports on a pledge are due. Expressions over pledges, no rule elsewhere.

Due days are the anchor plus k cycles of the conference (k = 1, 2, ...), the anchor being the day of announcement, else
of registration; where a month is too short, its last day. A report counts for the due day that it is nearest to, if
that lies at most half a cycle from it; a month of the cycle counts 15 days to that half.
"""

from datetime import UTC, date
from typing import Any

from django.db.models import Case, DateField, F, Func, IntegerField, Q, Value, When
from django.db.models.functions import Cast, Coalesce, Greatest, TruncDate
from django.db.models.lookups import GreaterThan, LessThanOrEqual

from pledges.enums import AssessedState, ReportedState, Status

FINISHED = (AssessedState.DELIVERED, AssessedState.WITHDRAWN, AssessedState.OVERTAKEN, AssessedState.NOT_DELIVERED)
FINAL_REPORTS = (ReportedState.DELIVERED, ReportedState.WILL_NOT_DELIVER)
HALF_A_MONTH = 15  # days

# Nobody asks for reports on the public record: no delegation entered it here.
OWES_REPORTS = (
    Q(status=Status.REGISTERED, author__isnull=False)
    & ~Q(assessed_state__in=FINISHED)
    & ~Q(reported_state__in=FINAL_REPORTS)
)

CYCLE = F("conference__reporting_cycle_months")
ANCHOR = TruncDate(Coalesce("announced_at", "registered_at"), tzinfo=UTC)


def half_a_cycle(later_than: Any) -> Any:
    """Return the day half a cycle after another, up to which a report counts for it."""
    template, joiner = f"(%(expressions)s * {HALF_A_MONTH})", " + "
    return Func(later_than, CYCLE, template=template, arg_joiner=joiner, output_field=DateField())


def months_later(day: Any, months: Any) -> Any:
    """Return the same day so many months later, or the last day of that month where it is shorter."""
    template, joiner = "(%(expressions)s))::date", " + make_interval(months => "
    return Func(day, months, template=template, arg_joiner=joiner, output_field=DateField())


def month_number(day: Any) -> Any:
    """Return the months from the year 0 to a day's. By date_part: EXTRACT with its decimals takes twice the time."""
    template, joiner = "(date_part('year', %(expressions)s))::int", ") * 12 + date_part('month', "
    return Func(day, day, template=template, arg_joiner=joiner, output_field=IntegerField())


def cycles_until(day: Any) -> Any:
    """Return the number k of the last due day that lies in an earlier month than `day`, or in the same one."""
    return Cast((month_number(day) - month_number(ANCHOR)) / CYCLE, IntegerField())


def due_day(k: Any) -> Any:
    """Return the due day of number k."""
    return months_later(ANCHOR, k * CYCLE)


def next_due_day(after: Any) -> Any:
    """Return the first due day later than a day that is not before the anchor."""
    k = cycles_until(after)
    day = due_day(k)
    return Case(When(GreaterThan(day, after), then=day), default=due_day(k + Value(1)), output_field=DateField())


class Numbers(Func):
    """The whole numbers from one to another: a row for each."""

    function = "generate_series"
    output_field = IntegerField()
    set_returning = True


def due_days(since: date, until: date) -> Any:
    """Return the due days between two days on which no report came: a row for each, and at least the first or last.

    Earlier ones of the month of `since` may be among them.
    """
    first, last = Value(since, output_field=DateField()), Value(until, output_field=DateField())
    k, k_next, k_last = cycles_until(first), cycles_until(ANSWERED), cycles_until(last)
    following = Case(When(GreaterThan(due_day(k_next), ANSWERED), then=k_next), default=k_next + Value(1))
    last_begun = Case(When(LessThanOrEqual(due_day(k_last), last), then=k_last), default=k_last - Value(1))
    return due_day(Numbers(Greatest(following, k), Greatest(following, last_begun)))


# Up to half a cycle after the last report, or the anchor, no report is owed any more.
ANSWERED = half_a_cycle(Greatest(ANCHOR, "last_reported_on"))
NEXT_DUE = next_due_day(ANSWERED)
REPORT_DUE_ON = Case(When(OWES_REPORTS, then=NEXT_DUE), output_field=DateField())


def silent_on(on: date) -> Q:
    """Return the condition that half a cycle went by since a report was due, and none came: the cycle is lost."""
    return OWES_REPORTS & Q(LessThanOrEqual(half_a_cycle(NEXT_DUE), on))
