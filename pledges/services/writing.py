"""What a delegation writes: drafts and their changes."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.history import acting
from conferences.dates import Precision
from conferences.models import Conference, Participant
from pledges import permissions
from pledges.enums import CaveatStage, Match
from pledges.errors import EditConflict, Incomplete
from pledges.models import Caveat, Pledge, PledgeMission
from pledges.references import new_reference
from pledges.shares import outgrown
from pledges.validators import inconsistencies

ATTEMPTS = 5
# All that a delegation writes itself; what is not named here no form and no request can set.
CONTENT = frozenset(
    {
        "kind", "earlier_pledge", "title", "description", "category", "capability_type", "capability_wording",
        "quantity", "unit", "personnel", "women", "amount", "currency", "fund", "missions", "session",
        "courses", "places", "places_for_women", "languages", "declared_readiness", "commitment",
        "deliver_from", "deliver_from_precision", "deliver_by", "deliver_by_precision",
        "intended_outcome", "responsible_office", "means_of_verification", "caveats_known", "caveats",
    }
)  # fmt: skip


@transaction.atomic
def draft_pledge(
    *,
    conference: Conference,
    participant: Participant,
    content: Mapping[str, Any],
    by: Any,
    at: datetime,
    form_key: UUID | None = None,
) -> Pledge:
    """Store a first draft for a delegation. `content` maps field names to clean values, `missions` and `caveats` to
    lists. Where this person has stored a draft from the same form before, that draft is returned as it is now.

    Raises NotAllowed for anybody but the delegation's writers, Incomplete where fields contradict each other.
    """
    permissions.check_can_draft_for(by, participant)
    pledge = Pledge(
        conference=conference, participant=participant, author=by, form_key=form_key, created_at=at, updated_at=at
    )
    with acting(by, "draft"):
        fill(pledge, content)
        try:
            insert_with_new_reference(pledge)
        except IntegrityError as error:
            if violated(error) != "pledge_form_used_once":
                raise
            return Pledge.objects.get(author=by, form_key=form_key)
        set_missions(pledge, content)
        set_caveats(pledge, content, on=at.date())
    return pledge


@transaction.atomic
def edit_pledge(*, pledge: Pledge, content: Mapping[str, Any], version: int, by: Any, at: datetime) -> Pledge:
    """Change a draft or returned pledge that still is at `version`.

    Raises NotAllowed, WrongStatus, Incomplete, or EditConflict when somebody else stored a version in between.
    """
    with acting(by, "edit"):
        locked = Pledge.objects.locked(pledge)
        permissions.check_can_edit(by, locked)
        if locked.version != version:
            raise EditConflict(_("Somebody else changed this pledge while you were writing."))
        fill(locked, content)
        too_small = outgrown(locked)
        if too_small:
            raise Incomplete(_("The partners' shares exceed the pledge."), too_small)
        locked.updated_at = at
        locked.save()
        set_missions(locked, content)
        set_caveats(locked, content, on=at.date())
        locked.refresh_from_db()
    return locked


def fill(pledge: Pledge, content: Mapping[str, Any]) -> None:
    """Put clean values on a pledge; a delegation names the type itself, so its quantity counts in the type's unit."""
    strange = content.keys() - CONTENT
    if strange:
        raise Incomplete(_("Some fields cannot be set."), {name: _("This cannot be set here.") for name in strange})
    for name in content.keys() - {"missions", "caveats"}:
        setattr(pledge, name, content[name])
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
            if violated(error) != "pledges_pledge_reference_key" or attempt == ATTEMPTS:
                raise


def violated(error: IntegrityError) -> str:
    """Return the name of the constraint that refused."""
    diagnosis = getattr(error.__cause__, "diag", None)
    return str(getattr(diagnosis, "constraint_name", ""))


def set_missions(pledge: Pledge, content: Mapping[str, Any]) -> None:
    """Make the missions of a pledge those in `content`, if it names any; links that stay are left alone."""
    if "missions" not in content:
        return
    wanted = {mission.pk for mission in content["missions"]}
    present = set(pledge.mission_links.values_list("mission_id", flat=True))
    pledge.mission_links.filter(mission__in=present - wanted).delete()
    PledgeMission.objects.bulk_create(PledgeMission(pledge=pledge, mission_id=pk) for pk in sorted(wanted - present))


def set_caveats(pledge: Pledge, content: Mapping[str, Any], *, on: date) -> None:
    """Make the caveats declared with a pledge those in `content`, if it names any; those that stay keep their day."""
    if "caveats" not in content:
        return
    wanted = dict.fromkeys(content["caveats"])
    declared = pledge.caveats.filter(stage=CaveatStage.PLEDGE)
    declared.exclude(text__in=wanted).delete()
    present = set(declared.values_list("text", flat=True))
    for text in (text for text in wanted if text not in present):
        Caveat.objects.create(
            pledge=pledge, text=text, stage=CaveatStage.PLEDGE, declared_on=on, declared_on_precision=Precision.DAY
        )
