"""What a delegation writes: drafts and their changes."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from copy import copy
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from accounts.history import acting
from capabilities.kinds import COURSE
from conferences.dates import Precision
from conferences.models import Conference, Participant
from pledges import permissions, quality
from pledges.enums import CaveatKnowledge, CaveatStage, Kind, Match
from pledges.errors import EditConflict, Incomplete
from pledges.models import Caveat, Lineage, Pledge, PledgeMission, Unread
from pledges.references import new_reference
from pledges.repeats import LINKS, resembles_others
from pledges.services.joint import ask_anew
from pledges.shares import measures, outgrown
from pledges.validators import inconsistencies

ATTEMPTS = 5
Words = Mapping[str, Sequence[str]]
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
    unread: Words | None = None,
) -> Pledge:
    """Store a first draft for a delegation. Where this person has stored a draft from the same form before, that draft
    is returned as it is now.

    `content` maps field names to clean values, `missions` and `caveats` to lists; `unread` maps fields of the form to
    words that could not be read and wait there for a correction.
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
        add_missions(pledge, {mission.pk for mission in content.get("missions", ())})
        add_caveats(pledge, content.get("caveats", ()), on=at.date())
        add_unread(pledge, unread or {})
    return pledge


@transaction.atomic
def edit_pledge(
    *,
    pledge: Pledge,
    content: Mapping[str, Any],
    version: int,
    by: Any,
    at: datetime,
    unread: Words | None = None,
) -> Pledge:
    """Change a draft or returned pledge that still is at `version`; `content` and `unread` as for a first draft.

    What the delegation said of likely repeats is asked for again where the pledge becomes like another earlier one.
    Raises NotAllowed, WrongStatus, Incomplete, or EditConflict when somebody else stored a version in between.
    """
    with acting(by, "edit"):
        locked = Pledge.objects.locked(pledge)
        permissions.check_can_edit(by, locked)
        check_version(locked, version)
        before = copy(locked)
        fill(locked, content)
        ask_anew(locked, measures(before), at=at)
        if locked.repeats_answered_at and resembles_others(before, locked, by):
            locked.repeats_answered_at = None
        refuse_misfit(locked)
        locked.updated_at = at
        locked.save()
        set_link(locked, content)
        set_missions(locked, content)
        set_caveats(locked, content, on=at.date())
        set_unread(locked, content, unread or {})
        locked.refresh_from_db()
    return locked


@transaction.atomic
def answer_repeats(
    *, pledge: Pledge, kind: str, earlier: str = "", by: Any, at: datetime, version: int | None = None
) -> Pledge:
    """Say whether a draft or returned pledge is new, renews an earlier one, or was announced before (`Kind`).

    `earlier` is the reference of the pledge that it renews or repeats. An answer replaces the one before.
    Raises NotAllowed, WrongStatus, Incomplete where kind or earlier pledge is missing or does not fit, or EditConflict
    where a `version` is named and the pledge no longer is at it.
    """
    with acting(by, "edit"):
        locked = Pledge.objects.locked(pledge)
        permissions.check_can_edit(by, locked)
        if version is not None:
            check_version(locked, version)
        if kind not in Kind.values:
            raise Incomplete(_("Say what this pledge is."), {"repeats": _("Choose one of the answers.")})
        link = LINKS.get(Kind(kind))
        found = earlier_pledge(locked, earlier, by) if link else None
        locked.descends_from.filter(kind__in=LINKS.values()).delete()
        if found and link:
            link_to_earlier(locked, found, link)
        locked.kind, locked.repeats_answered_at, locked.updated_at = kind, at, at
        locked.save()
        locked.refresh_from_db()
    return locked


def refuse_misfit(pledge: Pledge) -> None:
    """Refuse numbers and a type that do not hold what was built on them: partners' shares, and what an officer counted
    or found while the pledge was registered. Of numbers and type the database refuses the same."""
    too_small = outgrown(pledge)
    if too_small:
        raise Incomplete(_("The partners' shares exceed the pledge."), too_small)
    if not pledge.submitted_at:
        return
    found = built_upon(pledge)
    if found:
        raise Incomplete(_("The Secretariat has built on what the pledge said."), found)


def built_upon(pledge: Pledge) -> dict[str, str]:
    """Return the fields that cannot be as they are now, with a sentence each: the Secretariat counted units of the
    pledge towards asks, entered its readiness, or recorded conditions that were declared later."""
    counted = pledge.allocations.aggregate(units=Sum("quantity"))["units"] or 0
    was = Pledge.objects.only("capability_type").get(pk=pledge.pk)
    found = {}
    if counted > (pledge.quantity or 0):
        found["quantity"] = _(
            "The Secretariat counts %(units)s of them towards what missions asked for: enter no less, or ask it to "
            "take that back."
        ) % {"units": f"{counted:,}"}
    if counted and (pledge.capability_type_id != was.capability_type_id or pledge.match != Match.EXACT):
        found["capability_type"] = _(
            "The Secretariat counts units of this type towards what missions asked for: leave it, or ask it to take "
            "that back."
        )
    elif pledge.readiness.exists() and not (pledge.capability_type and pledge.capability_type.is_pcrs_registrable):
        found["capability_type"] = _("The pledge has a level of readiness: choose a type that is registrable in PCRS.")
    if pledge.caveats_known != CaveatKnowledge.DECLARED and pledge.caveats.exclude(stage=CaveatStage.PLEDGE).exists():
        found["caveats_known"] = _(
            "The Secretariat recorded conditions that were declared after the pledge: choose “Yes: named below”."
        )
    return found


def check_version(pledge: Pledge, version: int) -> None:
    """Raise EditConflict where a pledge is no longer at the version that was read."""
    if pledge.version != version:
        raise EditConflict(_("Somebody else changed this pledge while you were writing."))


def earlier_pledge(pledge: Pledge, reference: str, by: Any) -> Pledge:
    """Return the pledge of the same participant that is named. Raises Incomplete where there is none to be seen."""
    own = Pledge.objects.visible_to(by).filter(participant=pledge.participant_id).exclude(pk=pledge.pk)
    found = own.filter(reference=reference).first()
    if not found:
        sentence = _("Name an earlier pledge of your delegation by its reference.")
        raise Incomplete(_("There is no such pledge."), {"repeats": sentence})
    return found


def link_to_earlier(pledge: Pledge, earlier: Pledge, kind: str) -> None:
    """Link a pledge to an earlier one. Raises Incomplete where that one descends from this one."""
    try:
        with transaction.atomic():
            Lineage.objects.update_or_create(later=pledge, earlier=earlier, defaults={"kind": kind})
    except IntegrityError as error:
        sentence = _("%(reference)s continues this pledge itself: choose another.") % {"reference": earlier.reference}
        raise Incomplete(_("The two pledges would continue each other."), {"repeats": sentence}) from error


def fill(pledge: Pledge, content: Mapping[str, Any]) -> None:
    """Put clean values on a pledge; a delegation names the type itself, so its quantity counts in the type's unit.

    A quantity that was counted in another unit is emptied, unless `content` states it anew.
    """
    strange = content.keys() - CONTENT
    if strange:
        raise Incomplete(_("Some fields cannot be set."), {name: _("This cannot be set here.") for name in strange})
    unit = measures(pledge).unit
    for name in content.keys() - {"missions", "caveats"}:
        setattr(pledge, name, content[name])
    if unit and measures(pledge).unit != unit and "quantity" not in content:
        pledge.quantity = None
    if pledge.capability_type:
        pledge.match = Match.EXACT
        pledge.category = pledge.capability_type.category
        says_courses = pledge.quantity is None or ("courses" in content and not content.get("quantity"))
        if pledge.capability_type.unit_of_measure == COURSE and says_courses:
            pledge.quantity = pledge.courses
        pledge.unit = pledge.capability_type.unit_of_measure if pledge.quantity else ""
    else:
        pledge.match = Match.NONE
    pledge.quality_score, pledge.quality_rules = quality.score(pledge), quality.RULES
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


def set_link(pledge: Pledge, content: Mapping[str, Any]) -> None:
    """Let the link to an earlier pledge say what the kind in `content` says, if any; what is new has none."""
    if "kind" not in content:
        return
    links, kind = pledge.descends_from.filter(kind__in=LINKS.values()), LINKS.get(Kind(pledge.kind))
    if kind:
        links.exclude(kind=kind).update(kind=kind)
    else:
        links.delete()


def set_missions(pledge: Pledge, content: Mapping[str, Any]) -> None:
    """Make the missions of a pledge those in `content`, if it names any; links that stay are left alone."""
    if "missions" not in content:
        return
    wanted = {mission.pk for mission in content["missions"]}
    present = set(pledge.mission_links.values_list("mission_id", flat=True))
    pledge.mission_links.filter(mission__in=present - wanted).delete()
    add_missions(pledge, wanted - present)


def add_missions(pledge: Pledge, keys: Collection[str]) -> None:
    """Link a pledge to missions to which it is not linked yet."""
    PledgeMission.objects.bulk_create(PledgeMission(pledge=pledge, mission_id=key) for key in sorted(keys))


def set_caveats(pledge: Pledge, content: Mapping[str, Any], *, on: date) -> None:
    """Make the caveats declared with a pledge those in `content`, if it names any; those that stay keep their day."""
    if "caveats" not in content:
        return
    wanted = dict.fromkeys(content["caveats"])
    declared = pledge.caveats.filter(stage=CaveatStage.PLEDGE)
    declared.exclude(text__in=wanted).delete()
    present = set(declared.values_list("text", flat=True))
    add_caveats(pledge, [text for text in wanted if text not in present], on=on)


def add_caveats(pledge: Pledge, texts: Iterable[str], *, on: date) -> None:
    """Declare conditions with a pledge that does not have them yet; the same words twice are one."""
    Caveat.objects.bulk_create(
        Caveat(pledge=pledge, text=text, stage=CaveatStage.PLEDGE, declared_on=on, declared_on_precision=Precision.DAY)
        for text in dict.fromkeys(texts)
    )


def set_unread(pledge: Pledge, content: Mapping[str, Any], unread: Words) -> None:
    """Keep the words that could not be read; a field that was read, or set through `content`, has none waiting."""
    capability = {"capability"} if content.keys() & {"category", "capability_type"} else set()
    pledge.unread.filter(field__in=(content.keys() | capability) - unread.keys()).delete()
    add_unread(pledge, unread)


def add_unread(pledge: Pledge, unread: Words) -> None:
    """Put words that could not be read beside a pledge, in place of those that wait at the same fields."""
    for field, parts in unread.items():
        Unread.objects.update_or_create(pledge=pledge, field=field, defaults={"parts": list(parts)})
