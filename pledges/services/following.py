"""What a delegation plans and reports on a registered pledge."""

from datetime import date, datetime
from typing import Any

from django.db import transaction

from accounts.history import acting
from conferences.dates import Precision
from pledges import permissions
from pledges.enums import EventKind, ReportedState
from pledges.models import Milestone, Pledge, ProgressUpdate


@transaction.atomic
def plan_milestone(*, pledge: Pledge, title: str, due_on: date, by: Any) -> Milestone:
    """Add a dated step to the plan of a pledge that its delegation can still edit or report on; once, if sent twice."""
    with acting(by, "plan"):
        locked = Pledge.objects.locked(pledge)
        if not permissions.can_edit(by, locked):
            permissions.check_can_report(by, locked)
        step, _created = Milestone.objects.get_or_create(pledge=locked, title=title, due_on=due_on)
    return step


@transaction.atomic
def report_progress(
    *,
    pledge: Pledge,
    state: str,
    text: str,
    by: Any,
    at: datetime,
    delivered_quantity: int | None = None,
    milestone: Milestone | None = None,
    step_done: bool = False,
) -> ProgressUpdate:
    """Append a delegation's report. A milestone reported on is done with state "delivered", or where `step_done`.

    Raises NotAllowed or WrongStatus. An empty `text` with an unchanged `state` is a valid "no change". What this
    person has just reported in the same words is not reported twice.
    """
    locked = Pledge.objects.locked(pledge)
    permissions.check_can_report(by, locked)
    unchanged = not text and delivered_quantity is None and state == locked.reported_state
    said = {
        "milestone": milestone,
        "state": state,
        "text": text,
        "delivered_quantity": delivered_quantity,
        "happened_on": at.date(),
        "author": by,
    }
    with acting(by, "report"):
        if milestone and not milestone.done_on and (step_done or state == ReportedState.DELIVERED):
            milestone.done_on = at.date()
            milestone.save(update_fields=["done_on"])
        latest = locked.progress_updates.filter(author__isnull=False).order_by("-pk").first()
        if latest and all(getattr(latest, name) == value for name, value in said.items()):
            return latest
        return ProgressUpdate.objects.create(
            pledge=locked,
            kind=EventKind.NO_CHANGE if unchanged else EventKind.REPORTED,
            unit=locked.unit if delivered_quantity else "",
            happened_on_precision=Precision.DAY,
            created_at=at,
            **said,
        )
