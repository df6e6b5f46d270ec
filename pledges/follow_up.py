"""Who is late: registered pledges on which their delegation owes a report, or an answer on a step of its plan."""

from collections.abc import Collection
from datetime import date
from typing import Any

from django.db.models import Case, DateField, F, Max, Min, OuterRef, Q, QuerySet, Subquery, TextChoices, When
from django.db.models.functions import Least
from django.utils.translation import gettext_lazy as _

from conferences.keyset import Order
from conferences.models import WRITERS, Membership
from pledges.due import entered_by_delegations, open_steps, unanswered, with_report_due
from pledges.enums import Status
from pledges.models import Milestone
from pledges.querysets import PledgeQuerySet

LATE_SINCE = Least("report_due_on", "late_step", output_field=DateField())
OLDEST = Order("late_since", "reference", expression=LATE_SINCE)


class Reason(TextChoices):
    """What is late."""

    REPORT = "report", _("Report")
    STEP = "step", _("Step of the plan")


def late(pledges: PledgeQuerySet, *, on: date, reasons: Collection[str] = tuple(Reason)) -> Any:
    """Return the pledges on which something is late for one of these reasons; order them with OLDEST.

    Each has `report_due_on`, perhaps not late, and `late_step`, the day of the first late step, null where none is.
    """
    entered = entered_by_delegations(pledges.filter(status=Status.REGISTERED))
    late_step = first_step(unanswered(open_steps().filter(due_on__lt=on)))
    rows = with_report_due(entered).annotate(late_step=late_step)
    if set(reasons) == {Reason.REPORT}:
        return rows.filter(report_due_on__lt=on)
    if set(reasons) == {Reason.STEP}:
        return rows.filter(late_step__isnull=False)
    return rows.annotate(late_since=LATE_SINCE).filter(late_since__lt=on)


def next_due(pledges: PledgeQuerySet, *, on: date) -> date | None:
    """Return the first day from this one on which a report or a step is due, None where none is."""
    rows = entered_by_delegations(pledges.filter(status=Status.REGISTERED))
    step = first_step(open_steps().filter(due_on__gte=on))
    report = Case(When(report_due_on__gte=on, then=F("report_due_on")), output_field=DateField())
    found: Any = with_report_due(rows).annotate(next_report=report, next_step=step)
    days = found.aggregate(report=Min("next_report"), step=Min("next_step")).values()
    return min(filter(None, days), default=None)


def first_step(steps: "QuerySet[Milestone]") -> Subquery:
    """Return the day of the first of these steps, for rows of pledges."""
    of_pledge = steps.filter(pledge=OuterRef("pk")).order_by().values("pledge")
    return Subquery(of_pledge.annotate(first=Min("due_on")).values("first"))


def late_steps(pledges: list[Any], *, on: date) -> dict[int, list[Milestone]]:
    """Return the late steps of these pledges, the earliest first, by the key of their pledge: one query."""
    found: dict[int, list[Milestone]] = {}
    for step in unanswered(open_steps().filter(pledge__in=pledges, due_on__lt=on)):
        found.setdefault(step.pledge_id, []).append(step)
    return found


def last_sign_ins(participants: set[str]) -> dict[str, Any]:
    """Return when a focal point or writer of each delegation signed in last, None for never: one query."""
    now = Membership.objects.open().filter(Q(role__in=WRITERS) | Q(is_focal_point=True))
    rows: Any = now.filter(participant__in=participants).order_by().values_list("participant")
    return dict(rows.annotate(last=Max("user__last_login")))
