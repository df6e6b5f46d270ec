"""What a delegation owes on its pledges on a day: steps of the plan, and a report in every cycle of its conference."""

import calendar
from datetime import date
from typing import Any

from django.db.models import DateField, Exists, ExpressionWrapper, Func, Min, OuterRef, QuerySet, Value

from pledges.cycles import NEXT_DUE, OWES_REPORTS
from pledges.enums import ReportedState, Status
from pledges.models import Milestone, MilestoneExtension, MilestoneReopening, Partner, Pledge, ProgressUpdate
from pledges.querysets import PledgeQuerySet


def open_steps() -> "QuerySet[Milestone]":
    """Return the steps of registered pledges that are not done, the earliest first."""
    open_ones = Milestone.objects.filter(done_on=None, pledge__status=Status.REGISTERED)
    return open_ones.select_related("pledge", "pledge__conference", "pledge__participant").order_by("due_on", "pk")


def unanswered(steps: "QuerySet[Milestone]", *, days_before: int) -> "QuerySet[Milestone]":
    """Return those on which nobody has reported since so many days before they come due; "no change" is a report too.

    What was reported of a step before it was opened again, or put off to another day, is no answer. A step that is
    reported on stays open, and late once its day has passed.
    """
    of_it_since = {"milestone": OuterRef("milestone"), "created_at__gte": OuterRef("created_at")}
    opened_since = MilestoneReopening.objects.filter(**of_it_since)
    put_off_since = MilestoneExtension.objects.filter(**of_it_since)
    reports = ProgressUpdate.objects.filter(~Exists(opened_since), ~Exists(put_off_since), milestone=OuterRef("pk"))
    return steps.filter(~Exists(since(reports, "due_on", days_before)))


def unanswered_deliveries(deliveries: "PledgeQuerySet", *, days_before: int) -> "PledgeQuerySet":
    """Return those of which the lead has not said how they stand since so many days before their day of delivery.

    As with steps "no change" says it too, and so does a report on a step; a partner's does not.
    """
    reports = ProgressUpdate.objects.filter(pledge=OuterRef("pk"), partner=None)
    return deliveries.filter(~Exists(since(reports, "deliver_by", days_before)))


def since(reports: Any, day: str, days_before: int) -> Any:
    """Return those of these reports, inside a subquery, that a delegation gave since so many days before the `day` of
    the row outside. The day of a report is that where its author lives."""
    reported_on = Func(
        "author__time_zone", "created_at", template="timezone(%(expressions)s)::date", output_field=DateField()
    )
    begun = ExpressionWrapper(OuterRef(day) - Value(days_before), output_field=DateField())
    return reports.filter(author__isnull=False).alias(reported_on=reported_on).filter(reported_on__gte=begun)


def entered_by_delegations(pledges: "PledgeQuerySet") -> "PledgeQuerySet":
    """Return the pledges that their delegation entered itself: reports are owed on these, not on the public record."""
    return pledges.filter(author__isnull=False)


def owing_delivery(pledges: "PledgeQuerySet") -> "PledgeQuerySet":
    """Return those whose delegation is still to deliver by a day: it entered them, and nobody says that it is done, nor
    that it will not be."""
    return entered_by_delegations(pledges.undelivered()).exclude(reported_state=ReportedState.WILL_NOT_DELIVER)


def with_report_due(pledges: "PledgeQuerySet") -> Any:
    """Return the pledges with `report_due_on`: the day the next report is due, null where none is owed."""
    return pledges.with_report_due()


def owing_reports(pledges: "PledgeQuerySet") -> Any:
    """Return only the pledges on which a report is owed, each with `report_due_on`; an index holds just these."""
    return pledges.filter(OWES_REPORTS).annotate(report_due_on=NEXT_DUE)


def next_report_due(pledge: Pledge) -> date | None:
    """Return the day on which the next report on a pledge is due, None where none is owed: one query."""
    found = with_report_due(Pledge.objects.filter(pk=pledge.pk)).values_list("report_due_on", flat=True)
    return found.first()


def months_later(day: date, months: int) -> date:
    """Return the same day so many months later, or the last day of that month where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def next_due(pledge: Pledge, partner: Partner | None, *, on: date) -> date | None:
    """Return the earliest day after this one on which something is due of a part of a pledge, None where nothing is.

    That is an open step of the part and, of the lead's (`partner` is None), the next regular report and the delivery.
    """
    steps = pledge.milestones.filter(partner=partner, done_on=None, due_on__gt=on)
    days = [steps.aggregate(first=Min("due_on"))["first"]]
    if partner is None:
        pledged = owing_delivery(Pledge.objects.filter(pk=pledge.pk, deliver_by__gt=on))
        days += [next_report_due(pledge), pledged.values_list("deliver_by", flat=True).first()]
    return min(filter(None, days), default=None)
