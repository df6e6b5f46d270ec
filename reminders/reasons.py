"""What is waited for, reason by reason: one query each, over pledges and what stands beside them.

Each row has the columns of Subject. `due_on` is the day something is due or, where somebody is waited for, the day on
which the waiting began: the ladders count from it.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Case, CharField, DateField, IntegerField, Min, OuterRef, Subquery, Value, When
from django.db.models.functions import Cast, Coalesce, TruncDate
from django.db.models.lookups import LessThanOrEqual

from conferences.models import Membership
from pledges import waiting
from pledges.cycles import cycles_until, due_day
from pledges.due import entered_by_delegations, owing_reports
from pledges.enums import Status
from pledges.models import Handover, Pledge
from reminders.models import LadderStep, Reason, Undeliverable


class Subject(NamedTuple):
    """One thing that is waited for. `key` is that of its row in the table of its reason."""

    key: int
    pledge: int | None
    participant: str | None
    conference: str | None
    due_on: date


Rows = Any  # a queryset of tuples with the columns of Subject


def reports_due(at: datetime) -> Rows:
    """Return the reports that delegations are to give; the key is the pledge's."""
    return reports(Reason.REPORT_DUE, at)


def reports_overdue(at: datetime) -> Rows:
    """Return the reports that delegations should have given; the key is the pledge's."""
    return reports(Reason.REPORT_OVERDUE, at)


def reports(reason: str, at: datetime) -> Rows:
    """Return the reports that delegations owe, each for the last due day whose ladder has begun.

    Whoever let a cycle pass is reminded again in the next: the two reasons climb their ladders one after the other.
    """
    first_step = LadderStep.objects.filter(reason=reason).aggregate(first=Min("offset_days"))["first"] or 0
    begun_by = at.date() + timedelta(days=1 - first_step)  # where the day begins earliest, it is tomorrow already
    owed = owing_reports(Pledge.objects.all()).annotate(
        due_on=Case(When(report_due_on__gt=begun_by, then="report_due_on"), default=last_due_day(begun_by))
    )
    return owed.order_by().values_list("pk", "pk", "participant", "conference", "due_on")


def last_due_day(until: date) -> Any:
    """Return the last due day of a pledge up to a day; for a day before all of them, some day that is no later."""
    day = Value(until, output_field=DateField())
    k = cycles_until(day)
    return Case(When(LessThanOrEqual(due_day(k), day), then=due_day(k)), default=due_day(k - Value(1)))


def steps(at: datetime) -> Rows:
    """Return the open steps of plans, those of a share for the partner who confirmed it."""
    rows = waiting.steps().order_by()
    return rows.values_list("pk", "pledge", "doer", "pledge__conference", "due_on")


def clarifications(at: datetime) -> Rows:
    """Return the pledges on which the Secretariat waits for the delegation."""
    return waiting.answers().order_by().values_list("pk", "pk", "participant", "conference", "since")


def partners(at: datetime) -> Rows:
    """Return the partners whose confirmation is awaited."""
    rows = waiting.confirmations().order_by()
    return rows.values_list("pk", "pledge", "participant", "pledge__conference", "since")


def approvals(at: datetime) -> Rows:
    """Return the drafts that were put before the approvers of their delegation."""
    handed = Handover.objects.filter(ended_at=None, pledge__status__in=[Status.DRAFT, Status.RETURNED])
    handed = handed.annotate(since=TruncDate("created_at", tzinfo=UTC))
    return handed.order_by().values_list("pk", "pledge", "pledge__participant", "pledge__conference", "since")


def closing_windows(at: datetime) -> Rows:
    """Return the drafts whose conference still takes pledges, until a stated instant."""
    drafts = entered_by_delegations(Pledge.objects.filter(status__in=[Status.DRAFT, Status.RETURNED]))
    drafts = drafts.filter(conference__window_closes_at__gt=at)
    drafts = drafts.annotate(closes_on=TruncDate("conference__window_closes_at", tzinfo=UTC))
    return drafts.order_by().values_list("pk", "pk", "participant", "conference", "closes_on")


def broken_contacts(at: datetime) -> Rows:
    """Return the addresses that mail does not reach, for the desk officer of one of the person's delegations."""
    places = Membership.objects.open().filter(user=OuterRef("user")).order_by("participant").values("participant")
    broken = Undeliverable.objects.filter(mended_at=None).annotate(
        delegation=Coalesce(Subquery(places[:1]), Value(""), output_field=CharField()),
        since=TruncDate("found_at", tzinfo=UTC),
        no_pledge=Cast(Value(None), IntegerField()),
        no_conference=Value(None, CharField()),
    )
    return broken.order_by().values_list("pk", "no_pledge", "delegation", "no_conference", "since")


def renewals(at: datetime) -> Rows:
    """Return the units whose entry in the readiness system is to be renewed."""
    rows = waiting.renewals().order_by()
    return rows.values_list("pk", "pledge", "pledge__participant", "pledge__conference", "renewal_due_on")


def arrivals(at: datetime) -> Rows:
    """Return the units that are to arrive within 60 days of the UN's request."""
    rows = waiting.arrivals().order_by()
    return rows.values_list("pk", "pledge", "pledge__participant", "pledge__conference", "arrival_due_on")


SUBJECTS: dict[str, Callable[[datetime], Rows]] = {
    Reason.REPORT_DUE: reports_due,
    Reason.REPORT_OVERDUE: reports_overdue,
    Reason.MILESTONE_DUE: steps,
    Reason.RENEWAL_DUE: renewals,
    Reason.RDL_CLOCK: arrivals,
    Reason.CLARIFICATION: clarifications,
    Reason.PARTNER_AWAITED: partners,
    Reason.APPROVAL_AWAITED: approvals,
    Reason.WINDOW_CLOSING: closing_windows,
    Reason.UNDELIVERABLE: broken_contacts,
}


def subjects(reason: str, *, at: datetime) -> Rows:
    """Return all that is waited for, for a reason, at an instant: one query."""
    return SUBJECTS[reason](at)


def still_waited_for(reason: str, keys: list[int], *, at: datetime) -> dict[int, Subject]:
    """Return those of these subjects that are still waited for, by key."""
    return {row[0]: Subject(*row) for row in subjects(reason, at=at).filter(pk__in=keys)}
