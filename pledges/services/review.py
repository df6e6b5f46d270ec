"""What the Secretariat does with a submitted pledge, and what both sides say to each other about it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.history import acting
from pledges import permissions
from pledges.enums import JointAction, Kind, LineageKind, Outcome, Status
from pledges.errors import Incomplete, WrongStatus
from pledges.models import Claim, Decision, Lineage, Pledge, ReviewNote
from pledges.services.writing import check_version, violated
from pledges.transitions import apply_transition

CLAIM = timedelta(minutes=30)
SENT_TWICE = timedelta(minutes=1)  # the same words within it are a second click


# --- Who reads what ---------------------------------------------------------------------------------------------------
@transaction.atomic
def claim(pledge: Pledge, *, by: Any, at: datetime) -> Claim:
    """Note that an officer reads a submitted pledge for half an hour; claiming again begins anew.

    Raises NotAllowed, or WrongStatus where it is not submitted or somebody else is reading it.
    """
    locked = Pledge.objects.locked(pledge)
    permissions.check_can_review(by, locked)
    permissions.check_not_claimed(by, locked, at=at)
    claimed, _created = Claim.objects.update_or_create(
        pledge=locked, defaults={"officer": by, "claimed_at": at, "until": at + CLAIM}
    )
    return claimed


def release(pledge: Pledge, *, by: Any) -> None:
    """Let others read a pledge that this officer claimed; nothing happens where they did not."""
    Claim.objects.filter(pledge=pledge, officer=by).delete()


# --- The decision -----------------------------------------------------------------------------------------------------
@transaction.atomic
def return_with_notes(
    pledge: Pledge, *, notes: Mapping[str, str], reason: str, by: Any, at: datetime, version: int | None = None
) -> Pledge:
    """Return a pledge to its delegation, with a reason for each field in `notes` and one for the whole in `reason`.

    One of both is needed. Raises what the step raises (`transitions.apply_transition`); then nothing is stored.
    """
    said = {name: text.strip() for name, text in notes.items() if text.strip()}
    if not said and not reason.strip():
        raise Incomplete(
            _("Say what is to be changed."),
            {"reason": _("Say at a field, or here, what the delegation is to change.")},
        )
    returned = apply_transition(
        "return",
        pledge=pledge,
        by=by,
        at=at,
        reason=reason.strip() or _("See what is asked for at the fields."),
        version=version,
    )
    with acting(by, "return"):
        ReviewNote.objects.bulk_create(
            ReviewNote(pledge=returned, field=name, text=text, author=by, created_at=at) for name, text in said.items()
        )
    return returned


# --- The thread -------------------------------------------------------------------------------------------------------
@transaction.atomic
def add_note(pledge: Pledge, *, text: str, by: Any, at: datetime) -> ReviewNote:
    """Add a word to the thread of a pledge; sent twice within a minute, it is one, unless it was answered in between.

    Raises NotAllowed, or Incomplete without words.
    """
    permissions.check_can_discuss(by, pledge)
    if not text.strip():
        raise Incomplete(_("Nothing is written yet."), {"text": _("Write what you want to say or ask.")})
    locked = Pledge.objects.locked(pledge)
    last = locked.review_notes.filter(field="").order_by("-pk").first()
    is_second_click = last and (last.author_id, last.text, last.resolved_at) == (by.pk, text.strip(), None)
    if last and is_second_click and at - last.created_at <= SENT_TWICE:
        return last
    with acting(by, "note"):
        return ReviewNote.objects.create(pledge=locked, text=text.strip(), author=by, created_at=at)


@transaction.atomic
def resolve_note(note: ReviewNote, *, by: Any, at: datetime) -> ReviewNote:
    """Mark a question of the thread as answered; either side may, once. Raises NotAllowed."""
    permissions.check_can_discuss(by, note.pledge)
    locked = ReviewNote.objects.select_for_update().get(pk=note.pk)
    if locked.resolved_at is None:
        with acting(by, "answered"):
            locked.resolved_at = at
            locked.save()
    return locked


# --- Duplicates -------------------------------------------------------------------------------------------------------
MERGEABLE = (Status.SUBMITTED, Status.REGISTERED)


@transaction.atomic
def merge_duplicates(*, keep: Pledge, drop: Pledge, reason: str, by: Any, at: datetime) -> Pledge:
    """Close a pledge as superseded by another of the same participant; both references stay, linked. Returns `drop`.

    Both are given as they were read. Raises NotAllowed, WrongStatus where one cannot be part of this, EditConflict
    where one has changed since, Incomplete without a reason; then nothing changes.
    """
    permissions.check_is_reviewer(by, drop)
    kept, dropped = locked_pair(keep, drop)
    for read, locked in ((keep, kept), (drop, dropped)):
        check_version(locked, read.version)
    check_one_closes(dropped)
    check_can_merge(kept, dropped)
    if not reason.strip():
        raise Incomplete(_("Say why."), {"reason": _("Say why both are the same commitment.")})
    if dropped.status == Status.SUBMITTED:  # only what is registered can be closed: the table has no shortcut
        dropped = apply_transition("register", pledge=dropped, by=by, at=at)
    with acting(by, reason):
        supersede(keep, drop)
    return apply_transition("close", pledge=dropped, by=by, at=at, reason=reason, outcome=Outcome.SUPERSEDED)


@transaction.atomic
def merge_as_decided(decision: Decision, drop: Pledge, *, by: Any, proposed_by: Any, at: datetime, reason: str) -> None:
    """Close a pledge that everyone sees as superseded by the one that two people decided to keep.

    Both rows are read again: raises as `merge_duplicates` does where they are no pair of duplicates by now.
    """
    kept, dropped = locked_pair(decision.kept, drop)
    check_can_merge(kept, dropped, decision=decision)
    with acting(by, reason):
        supersede(kept, dropped)
    apply_transition(
        "close", pledge=dropped, by=by, proposed_by=proposed_by, at=at, reason=reason, outcome=Outcome.SUPERSEDED
    )


def locked_pair(keep: Any, drop: Pledge) -> tuple[Pledge, Pledge]:
    """Return both rows as they are now, locked in the order of their keys: two merges at once do not wait for each
    other."""
    found = Pledge.objects.filter(pk__in=[keep.pk, drop.pk]).order_by("pk")
    rows = {pledge.pk: pledge for pledge in found.select_for_update(of=("self",), no_key=True)}
    return rows[keep.pk], rows[drop.pk]


def supersede(keep: Pledge, drop: Pledge) -> None:
    """Note that one pledge supersedes the other. Where the other continues it, itself or through others, that is turned
    round: the kept one takes over what the other continued, as far as that does not continue the kept one."""
    if link(keep, drop, LineageKind.SUPERSEDES):
        return
    for line in drop.descends_from.select_related("earlier"):
        line.delete()
        if line.earlier_id != keep.pk:
            link(keep, line.earlier, line.kind)
    Lineage.objects.create(later=keep, earlier=drop, kind=LineageKind.SUPERSEDES)


def link(later: Pledge, earlier: Pledge, kind: str) -> bool:
    """Link two pledges, and return whether they are: not where the earlier one continues the later."""
    present = later.descends_from.filter(earlier=earlier)
    if present.exists():
        weaker = present if kind == LineageKind.SUPERSEDES else present.filter(kind=LineageKind.REPEATS)
        weaker.update(kind=kind)
        return True
    try:
        with transaction.atomic():
            Lineage.objects.create(later=later, earlier=earlier, kind=kind)
    except IntegrityError as error:
        if violated(error) != "lineage_without_loop":
            raise
        return False
    return True


def check_one_closes(drop: Pledge) -> None:
    """Refuse to close as a duplicate, alone, what everyone sees."""
    if drop.announced_at:
        raise WrongStatus(_("Everyone sees the pledge that is closed: two people merge it. Propose it."))


def check_can_merge(keep: Pledge, drop: Pledge, *, decision: Decision | None = None) -> None:
    """Refuse to merge what is no pair of duplicates, or what would take counted units away unseen.

    `decision` is the one that is carried out by it, if two people decided on it.
    """
    if keep.pk == drop.pk or keep.participant_id != drop.participant_id:
        raise WrongStatus(_("Only two pledges of one participant can be merged."))
    if keep.status not in MERGEABLE:
        raise WrongStatus(_("The pledge that is kept must be submitted or registered."))
    if drop.status not in MERGEABLE:
        raise WrongStatus(_("The pledge that is closed must be submitted or registered."))
    if drop.announced_at and not keep.announced_at:
        raise WrongStatus(
            _("Everyone sees the pledge that is closed, and not the one that is kept: keep the other one.")
        )
    if keep.kind == Kind.ALREADY_ANNOUNCED != drop.kind:
        raise WrongStatus(_("The pledge that is kept only says again what was announced: keep the other one."))
    if drop.allocations.filter(quantity__isnull=False).exists():
        raise WrongStatus(_("Units of the pledge that is closed are allocated: remove those allocations first."))
    if drop.decision_items.filter(ended_at=None).exclude(decision=decision).exists():
        raise WrongStatus(_("Two people are deciding on the pledge that is closed: end that first."))
    if keep.decision_items.filter(ended_at=None).exclude(decision__action=JointAction.ANNOUNCE).exists():
        raise WrongStatus(_("Two people are deciding whether the pledge that is kept ends: end that first."))
