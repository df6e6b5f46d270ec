"""The Secretariat counts units of a pledge towards requirements, or says why they do not fit."""

import hashlib
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from accounts.history import acting
from capabilities.models import Requirement
from pledges import permissions
from pledges.enums import Match
from pledges.errors import EditConflict, Incomplete
from pledges.models import Allocation, Pledge

UNKNOWN = "-"


def stored(allocation: Allocation | None) -> str:
    """Return a fingerprint of what an allocation says, so that a form can tell whether it was changed meanwhile."""
    if allocation is None:
        return UNKNOWN
    said = f"{allocation.quantity or 'refused'} {allocation.reason}"
    return hashlib.sha256(said.encode()).hexdigest()


def units_left(pledge: Pledge, *, besides: Requirement | None = None) -> int:
    """Return how many units of a pledge are not allocated, those for one requirement left out of account."""
    rows = pledge.allocations.exclude(requirement=besides) if besides else pledge.allocations.all()
    return (pledge.quantity or 0) - (rows.aggregate(units=Sum("quantity"))["units"] or 0)


def counts_alike(pledge: Pledge, requirement: Requirement) -> bool:
    """Return whether both are counted in one unit: else nothing can be counted towards the requirement."""
    kind = pledge.capability_type
    return pledge.match == Match.EXACT and kind is not None and requirement.unit == kind.unit_of_measure


def allocate(
    *,
    pledge: Pledge,
    requirement: Requirement,
    quantity: int,
    reason: str,
    by: Any,
    at: datetime,
    was: str | None = None,
) -> Allocation:
    """Count so many units of a registered pledge towards a requirement, in place of what was counted before.

    `was`, where given, is what the person read (`stored`). Raises NotAllowed, WrongStatus, EditConflict, or Incomplete
    with the field; then nothing has changed. The database refuses what exceeds the pledge, whoever asks.
    """
    return store(pledge, requirement, quantity, reason, by=by, at=at, was=was)


def refuse_allocation(
    *, pledge: Pledge, requirement: Requirement, reason: str, by: Any, at: datetime, was: str | None = None
) -> Allocation:
    """Keep that a pledge does not fit a requirement, and why. Raises as `allocate` does."""
    return store(pledge, requirement, None, reason, by=by, at=at, was=was)


@transaction.atomic
def store(
    pledge: Pledge,
    requirement: Requirement,
    quantity: int | None,
    reason: str,
    *,
    by: Any,
    at: datetime,
    was: str | None,
) -> Allocation:
    """Write an allocation or a refusal over the one that there may be."""
    locked = Pledge.objects.locked(pledge)
    permissions.check_can_allocate(by, locked)
    present = locked.allocations.filter(requirement=requirement).first()
    if present:
        permissions.check_can_change_allocation(by, present)
    check_unchanged(present, was)
    if not reason.strip():
        raise Incomplete(_("Say why."), {"reason": _("Say in a sentence why it fits, or why it does not.")})
    if quantity is not None:
        check_fits(locked, requirement, quantity)
    row = present or Allocation(pledge=locked, requirement=requirement)
    row.quantity, row.reason, row.author, row.created_at = quantity, reason.strip(), by, at
    with acting(by, reason):
        row.save()
    return row


def check_unchanged(allocation: Allocation | None, was: str | None) -> None:
    """Refuse to change what has changed since it was read."""
    if was is not None and was != stored(allocation):
        raise EditConflict(_("Somebody changed this meanwhile: read what is counted now, then decide again."))


def check_fits(pledge: Pledge, requirement: Requirement, quantity: int) -> None:
    """Refuse a number that the pledge does not hold, and units of another kind."""
    if not counts_alike(pledge, requirement):
        raise Incomplete(
            _("Both are counted in different units."),
            {"quantity": _("The pledge and the ask are counted in different units: nothing can be counted.")},
        )
    left = units_left(pledge, besides=requirement)
    if not 0 < quantity <= left:
        raise Incomplete(
            _("More than the pledge holds."),
            {"quantity": _("Enter a number from 1 to %(left)s: so many units are left.") % {"left": max(left, 0)}}
            if left > 0
            else {"quantity": _("All units of this pledge are counted already: lower another allocation first.")},
        )


@transaction.atomic
def remove_allocation(allocation: Allocation, *, by: Any, was: str | None = None) -> None:
    """Take an allocation or refusal away; its history stays. Raises NotAllowed or EditConflict."""
    Pledge.objects.locked(allocation.pledge)
    present = Allocation.objects.select_related("pledge").filter(pk=allocation.pk).first()
    if not present:
        return
    permissions.check_can_change_allocation(by, present)
    check_unchanged(present, was)
    with acting(by, "remove allocation"):
        present.delete()
