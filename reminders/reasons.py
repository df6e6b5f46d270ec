"""What is waited for, reason by reason: one query each, over pledges and what stands beside them.

Each row has the columns of Subject. `due_on` is the day something is due or, where somebody is waited for, the day on
which the waiting began: the ladders count from it.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import (
    Case,
    CharField,
    DateField,
    IntegerField,
    Min,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, Greatest, Least, TruncDate
from django.db.models.lookups import LessThanOrEqual

from accounts.models import SECRETARIAT
from conferences.models import Membership
from pledges.cycles import cycles_until, due_day
from pledges.due import entered_by_delegations, open_steps, unanswered, with_report_due
from pledges.enums import Confirmation, Status
from pledges.models import DeploymentRequest, Handover, Partner, Pledge, Registration, ReviewNote, StatusChange
from pledges.readiness import with_arrival_due, with_renewal_due
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
    owed = with_report_due(Pledge.objects.all()).filter(report_due_on__isnull=False)
    owed = owed.annotate(due_on=Greatest("report_due_on", last_due_day(begun_by)))
    return owed.order_by().values_list("pk", "pk", "participant", "conference", "due_on")


def last_due_day(until: date) -> Any:
    """Return the last due day of a pledge up to a day; for a day before all of them, some day that is no later."""
    day = Value(until, output_field=DateField())
    k = cycles_until(day)
    return Case(When(LessThanOrEqual(due_day(k), day), then=due_day(k)), default=due_day(k - Value(1)))


def steps(at: datetime) -> Rows:
    """Return the open steps of plans, those of a share for the partner who confirmed it."""
    waiting = unanswered(open_steps()).filter(
        Q(partner=None) | Q(partner__confirmation=Confirmation.CONFIRMED), pledge__author__isnull=False
    )
    waiting = waiting.annotate(doer=Coalesce("partner__participant", "pledge__participant"))
    return waiting.select_related(None).order_by().values_list("pk", "pledge", "doer", "pledge__conference", "due_on")


def clarifications(at: datetime) -> Rows:
    """Return the pledges on which the Secretariat waits for the delegation: returned, or asked and not answered."""
    asked = ReviewNote.objects.filter(
        pledge=OuterRef("pk"), field="", resolved_at=None, author__role__in=SECRETARIAT
    ).order_by()
    returned = StatusChange.objects.filter(pledge=OuterRef("pk"), action="return").order_by("-created_at", "-pk")
    waiting = entered_by_delegations(Pledge.objects.exclude(status=Status.CLOSED)).annotate(
        since=TruncDate(
            Least(
                Subquery(asked.values("pledge").annotate(first=Min("created_at")).values("first")),
                Subquery(returned.filter(target=OuterRef("status")).values("created_at")[:1]),
            )
        )
    )
    return waiting.filter(since__isnull=False).order_by().values_list("pk", "pk", "participant", "conference", "since")


def partners(at: datetime) -> Rows:
    """Return the partners whose confirmation is awaited."""
    awaited = Partner.objects.filter(confirmation=Confirmation.AWAITED, pledge__author__isnull=False)
    awaited = awaited.exclude(pledge__status=Status.CLOSED).annotate(since=TruncDate("invited_at"))
    return awaited.order_by().values_list("pk", "pledge", "participant", "pledge__conference", "since")


def approvals(at: datetime) -> Rows:
    """Return the drafts that were put before the approvers of their delegation."""
    waiting = Handover.objects.filter(ended_at=None, pledge__status__in=[Status.DRAFT, Status.RETURNED])
    waiting = waiting.annotate(since=TruncDate("created_at"))
    return waiting.order_by().values_list("pk", "pledge", "pledge__participant", "pledge__conference", "since")


def closing_windows(at: datetime) -> Rows:
    """Return the drafts whose conference still takes pledges, until a stated instant."""
    drafts = entered_by_delegations(Pledge.objects.filter(status__in=[Status.DRAFT, Status.RETURNED]))
    drafts = drafts.filter(conference__window_closes_at__gt=at)
    drafts = drafts.annotate(closes_on=TruncDate("conference__window_closes_at"))
    return drafts.order_by().values_list("pk", "pk", "participant", "conference", "closes_on")


def broken_contacts(at: datetime) -> Rows:
    """Return the addresses that mail does not reach, for the desk officer of one of the person's delegations."""
    places = Membership.objects.open().filter(user=OuterRef("user")).order_by("participant").values("participant")
    broken = Undeliverable.objects.filter(mended_at=None).annotate(
        delegation=Coalesce(Subquery(places[:1]), Value(""), output_field=CharField()), since=TruncDate("found_at"),
        no_pledge=Cast(Value(None), IntegerField()), no_conference=Value(None, CharField()),
    )  # fmt: skip
    return broken.order_by().values_list("pk", "no_pledge", "delegation", "no_conference", "since")


def renewals(at: datetime) -> Rows:
    """Return the units whose entry in the readiness system is to be renewed."""
    registered = with_renewal_due(Registration.objects.filter(pledge__author__isnull=False))
    return registered.order_by().values_list(
        "pk", "pledge", "pledge__participant", "pledge__conference", "renewal_due_on"
    )


def arrivals(at: datetime) -> Rows:
    """Return the units that are to arrive within 60 days of the UN's request."""
    requested = with_arrival_due(DeploymentRequest.objects.filter(pledge__status=Status.REGISTERED))
    return requested.order_by().values_list(
        "pk", "pledge", "pledge__participant", "pledge__conference", "arrival_due_on"
    )


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
