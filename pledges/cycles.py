"""Reporting cycles in SQL: on which days reports on a pledge are due. Expressions over pledges, no rule elsewhere.

Due days are the anchor plus k cycles of the conference (k = 1, 2, ...), the anchor being the day of announcement, else
of registration; where a month is too short, its last day. A report counts for the due day that it is nearest to, if
that lies at most half a cycle from it; a month of the cycle counts 15 days to that half.

The arithmetic is text with the names of four columns in braces: nested expressions of the same took Django longer to
compile, on each list of pledges, than Postgres takes to read its rows.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any, ClassVar

from django.db.models import Case, DateField, F, Field, Func, Q, When
from django.db.models.lookups import LessThanOrEqual

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


def listed(values: Iterable[str]) -> str:
    """Return values of an enumeration as SQL's IN takes them."""
    return "(" + ", ".join(f"'{value}'" for value in values) + ")"


# The same as text, for what lists tell of each row.
OWES_REPORTS_TEXT = (
    f"{{status}} = '{Status.REGISTERED}' AND {{author}} IS NOT NULL"
    f" AND {{assessed}} NOT IN {listed(FINISHED)} AND {{said}} NOT IN {listed(FINAL_REPORTS)}"
)

# The delegation said its last word: the Secretariat assesses it, and closes the pledge.
ENDED_AS_REPORTED = Q(status=Status.REGISTERED, author__isnull=False, reported_state__in=FINAL_REPORTS)

CYCLE = F("conference__reporting_cycle_months")
ANCHOR_DAY = "(COALESCE({announced}, {registered}) AT TIME ZONE 'UTC')::date"


def half_a_cycle(later_than: str) -> str:
    """Return the day half a cycle after another, up to which a report counts for it."""
    return f"({later_than} + {{cycle}} * {HALF_A_MONTH})"


def month_number(day: str) -> str:
    """Return the months from the year 0 to a day's. By date_part: EXTRACT with its decimals takes twice the time."""
    return f"(date_part('year', {day}) * 12 + date_part('month', {day}))::int"


def cycles_until(day: str, anchor: str = ANCHOR_DAY) -> str:
    """Return the number k of the last due day that lies in an earlier month than `day`, or in the same one."""
    return f"(({month_number(day)} - {month_number(anchor)}) / {{cycle}})"


def due_day(k: str, anchor: str = ANCHOR_DAY) -> str:
    """Return the due day of number k: so many months later, or the last day of that month where it is shorter."""
    return f"({anchor} + make_interval(months => {k} * {{cycle}}))::date"


def next_number(after: str) -> str:
    """Return the number of the first due day later than a day that is not before the anchor."""
    k = cycles_until(after)
    return f"CASE WHEN {due_day(k)} > {after} THEN {k} ELSE {k} + 1 END"


def last_number(until: str) -> str:
    """Return the number of the last due day that is not later than a day."""
    k = cycles_until(until)
    return f"CASE WHEN {due_day(k)} <= {until} THEN {k} ELSE {k} - 1 END"


def next_due_day(after: str) -> str:
    """Return the first due day later than a day that is not before the anchor."""
    k = cycles_until(after)
    return f"CASE WHEN {due_day(k)} > {after} THEN {due_day(k)} ELSE {due_day(f'({k} + 1)')} END"


class InCycles(Func):
    """Text over when a pledge was announced and registered, the day of its last report, and its conference's cycle."""

    columns: ClassVar[dict[str, Any]] = {
        "announced": "announced_at",
        "registered": "registered_at",
        "reported": "last_reported_on",
        "cycle": CYCLE,
    }

    def __init__(self, text: str, output_field: "Field[Any, Any] | None" = None, **extra: Any):
        super().__init__(*self.columns.values(), output_field=output_field or DateField(), text=text, **extra)

    def as_sql(self, compiler: Any, connection: Any, **_context: Any) -> tuple[str, tuple[Any, ...]]:  # type: ignore[override]
        """Return the text with the columns in their places; columns bring no parameters."""
        found = (compiler.compile(column)[0] for column in self.get_source_expressions())
        return self.extra["text"].format(**dict(zip(self.columns, found, strict=True))), ()


class InState(InCycles):
    """Text that speaks of a pledge's status, author and outcome as well, and of what was last assessed and said."""

    columns: ClassVar[dict[str, Any]] = InCycles.columns | {
        "status": "status",
        "author": "author",
        "outcome": "outcome",
        "assessed": "assessed_state",
        "said": "reported_state",
    }


class Numbers(InCycles):
    """Whole numbers from one to another: a row for each."""

    set_returning = True


def due_days(since: date, until: date) -> Any:
    """Return the due days between two days on which no report came: a row for each, and at least the first or last.

    Earlier ones of the month of `since` may be among them.
    """
    first, last = (f"'{day.isoformat()}'::date" for day in (since, until))
    following = next_number(ANSWERED_DAY)
    numbers = (
        f"generate_series(GREATEST({following}, {cycles_until(first)}), GREATEST({following}, {last_number(last)}))"
    )
    return Numbers(due_day(numbers))


# Up to half a cycle after the last report, or the anchor, no report is owed any more.
ANSWERED_DAY = half_a_cycle(f"GREATEST({ANCHOR_DAY}, {{reported}})")
NEXT_DUE_DAY = next_due_day(ANSWERED_DAY)
ANCHOR = InCycles(ANCHOR_DAY)
NEXT_DUE = InCycles(NEXT_DUE_DAY)
LOST_DAY = half_a_cycle(f"({NEXT_DUE_DAY})")
LOST_ON = InCycles(LOST_DAY)
REPORT_DUE_ON = Case(When(OWES_REPORTS, then=NEXT_DUE), output_field=DateField())


def silent_on(on: date) -> Q:
    """Return the condition that half a cycle went by since a report was due, and none came: the cycle is lost."""
    return OWES_REPORTS & Q(LessThanOrEqual(LOST_ON, on))


def silent_text(on: date) -> str:
    """Return the condition of `silent_on` as text, for `InState`."""
    return f"{OWES_REPORTS_TEXT} AND {LOST_DAY} <= '{on.isoformat()}'::date"
