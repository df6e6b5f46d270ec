"""All that can happen to a pledge: one verb per function, the actor always `by`, the clock passed in as `at`.

Steps from one status to the next stand in transitions.py.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.history import acting
from conferences.models import Conference, Participant
from pledges import permissions
from pledges.enums import EventKind, Match, ReportedState
from pledges.errors import EditConflict, Incomplete
from pledges.models import Milestone, Pledge, PledgeMission, ProgressUpdate
from pledges.references import new_reference
from pledges.validators import inconsistencies

ATTEMPTS = 5


@transaction.atomic
def draft_pledge(
    *, conference: Conference, participant: Participant, content: Mapping[str, Any], by: Any, at: datetime
) -> Pledge:
    """Store a first draft for a delegation. `content` maps field names to clean values, `missions` to a list.

    Raises NotAllowed for anybody but the delegation's writers, Incomplete where fields contradict each other.
    """
    permissions.check_can_draft_for(by, participant)
    pledge = Pledge(conference=conference, participant=participant, author=by, created_at=at, updated_at=at)
    with acting(by, "draft"):
        fill(pledge, content)
        insert_with_new_reference(pledge)
        set_missions(pledge, content)
    return pledge


@transaction.atomic
def edit_pledge(*, pledge: Pledge, content: Mapping[str, Any], version: int, by: Any, at: datetime) -> Pledge:
    """Change a draft or returned pledge that still is at `version`.

    Raises NotAllowed, WrongStatus, Incomplete, or EditConflict when somebody else stored a version in between.
    """
    with acting(by, "edit"):
        locked = Pledge.objects.select_for_update(of=("self",)).get(pk=pledge.pk)
        permissions.check_can_edit(by, locked)
        if locked.version != version:
            raise EditConflict(_("Somebody else changed this pledge while you were writing."))
        fill(locked, content)
        locked.save()
        set_missions(locked, content)
        locked.refresh_from_db()
    return locked


def fill(pledge: Pledge, content: Mapping[str, Any]) -> None:
    """Put clean values on a pledge; a delegation names the type itself, so its quantity counts in the type's unit."""
    for name, value in content.items():
        if name != "missions":
            setattr(pledge, name, value)
    if pledge.capability_type:
        pledge.match = Match.EXACT
        pledge.category = pledge.capability_type.category
        pledge.unit = pledge.capability_type.unit_of_measure if pledge.quantity else ""
    else:
        pledge.match = Match.NONE
    contradictions = inconsistencies(pledge)
    if contradictions:
        raise Incomplete(_("Some fields contradict each other."), contradictions)


def insert_with_new_reference(pledge: Pledge) -> None:
    """Insert a pledge under a fresh random reference; a taken one is drawn again."""
    for attempt in range(1, ATTEMPTS + 1):
        pledge.reference = new_reference(pledge.conference.reference_prefix)
        try:
            with transaction.atomic():
                pledge.save(force_insert=True)
            return
        except IntegrityError as error:
            if "reference" not in str(error) or attempt == ATTEMPTS:
                raise


def set_missions(pledge: Pledge, content: Mapping[str, Any]) -> None:
    """Make the missions of a pledge those in `content`, if it names any; links that stay are left alone."""
    if "missions" not in content:
        return
    wanted = {mission.pk for mission in content["missions"]}
    present = set(pledge.mission_links.values_list("mission_id", flat=True))
    pledge.mission_links.filter(mission__in=present - wanted).delete()
    PledgeMission.objects.bulk_create(PledgeMission(pledge=pledge, mission_id=pk) for pk in sorted(wanted - present))


@transaction.atomic
def plan_milestone(*, pledge: Pledge, title: str, due_on: Any, by: Any) -> Milestone:
    """Add a dated step to the plan of a pledge that its delegation can still edit or report on."""
    if not permissions.can_edit(by, pledge):
        permissions.check_can_report(by, pledge)
    with acting(by, "plan"):
        return Milestone.objects.create(pledge=pledge, title=title, due_on=due_on)


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
) -> ProgressUpdate:
    """Append a delegation's report; with state "delivered" a milestone reported on is done.

    Raises NotAllowed or WrongStatus. An empty `text` with an unchanged `state` is a valid "no change".
    """
    permissions.check_can_report(by, pledge)
    unchanged = not text and state == pledge.reported_state
    with acting(by, "report"):
        if milestone and state == ReportedState.DELIVERED:
            milestone.done_on = at.date()
            milestone.save()
        return ProgressUpdate.objects.create(
            pledge=pledge,
            milestone=milestone,
            kind=EventKind.NO_CHANGE if unchanged else EventKind.REPORTED,
            state=state,
            text=text,
            delivered_quantity=delivered_quantity,
            unit=pledge.unit if delivered_quantity else "",
            happened_on=at.date(),
            happened_on_precision="day",
            author=by,
            created_at=at,
        )
