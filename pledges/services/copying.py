"""A new draft from an earlier pledge of the same delegation, with its declared relation to it."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.history import acting
from conferences.models import Conference
from pledges import permissions
from pledges.enums import CaveatKnowledge, CaveatStage, Kind, LineageKind, Match
from pledges.errors import WrongStatus
from pledges.models import Lineage, Pledge
from pledges.services.writing import CONTENT, draft_pledge

KINDS = {LineageKind.RENEWS: Kind.RENEWED, LineageKind.REPEATS: Kind.ALREADY_ANNOUNCED}
# What belongs to the earlier pledge alone: how it was made, and the words of the source in which it was read.
NOT_COPIED = frozenset({"kind", "earlier_pledge", "capability_wording", "session"})


@transaction.atomic
def copy_pledge(
    *, pledge: Pledge, conference: Conference, relation: str, by: Any, at: datetime, form_key: UUID | None = None
) -> Pledge:
    """Draft a pledge at `conference` from an earlier one, with all that is still true of it (`still_true`).

    `relation` says how the new pledge relates to the earlier: "renews", "repeats", or "" where only words are reused.
    The same form sent twice makes one draft. Raises NotAllowed for anybody but the delegation's writers, WrongStatus
    where a pledge that was never registered is to be renewed or repeated.
    """
    permissions.check_can_draft_for(by, pledge.participant)
    if relation and not pledge.registered_at:
        raise WrongStatus(_("Only a registered pledge can be renewed or repeated: copy the words alone."))
    content, _left_out = still_true(pledge, on=at.date())
    kind = KINDS[LineageKind(relation)] if relation else Kind.NEW
    draft = draft_pledge(
        conference=conference,
        participant=pledge.participant,
        content=content | {"kind": kind},
        by=by,
        at=at,
        form_key=form_key,
    )
    if relation and not draft.descends_from.exists():
        with acting(by, "copy"):
            Lineage.objects.create(later=draft, earlier=pledge, kind=relation)
            Pledge.objects.filter(pk=draft.pk).update(repeats_answered_at=at)
    draft.refresh_from_db()
    return draft


def still_true(pledge: Pledge, *, on: date) -> tuple[dict[str, Any], list[str]]:
    """Return the content that a copy takes over, and a sentence for each thing it leaves out."""
    content: dict[str, Any] = {name: getattr(pledge, name) for name in CONTENT - NOT_COPIED - {"missions", "caveats"}}
    caveats = list(pledge.caveats.all())
    content["caveats"] = [caveat.text for caveat in caveats if caveat.stage == CaveatStage.PLEDGE]
    missions = list(pledge.missions.all())
    content["missions"] = [mission for mission in missions if not mission.ends_on or mission.ends_on >= on]
    left_out = [
        _("%(mission)s has ended.") % {"mission": mission} for mission in missions if mission not in content["missions"]
    ]
    for name in ("deliver_from", "deliver_by"):
        if content[name] and content[name] < on:
            label = Pledge._meta.get_field(name).verbose_name  # type: ignore[union-attr]
            left_out.append(_("The date “%(label)s” has passed.") % {"label": label})
            content |= {name: None, f"{name}_precision": ""}
    if pledge.capability_type and pledge.match != Match.EXACT:
        left_out.append(_("The capability type fits only broadly: choose the one that fits."))
        content["capability_type"] = None
    if len(caveats) > len(content["caveats"]):
        left_out.append(
            _("Conditions that were recorded after it was registered: state those that hold for the new one.")
        )
        content["caveats_known"] = content["caveats_known"] if content["caveats"] else CaveatKnowledge.UNKNOWN
    if pledge.partners.exists():
        left_out.append(_("Partners: each must be invited to the new pledge."))
    return content, left_out
