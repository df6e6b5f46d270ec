"""Several pledges submitted, or several drafts discarded, in one go: all of them, or none."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from pledges.errors import PledgeError, SeveralRefused, WrongStatus
from pledges.models import Pledge
from pledges.transitions import TRANSITIONS, apply_transition


@transaction.atomic
def take_together(action: str, versions: Mapping[Pledge, int], *, by: Any, at: datetime) -> list[Pledge]:
    """Take pledges one step on, each still at the version that the person has read, and return them as stored.

    What this person has just done stays done: a second click is no second step and no error. Raises SeveralRefused
    with the refusal of each pledge that cannot take the step, and then none does.
    """
    taken, refusals = [], {}
    for pledge in sorted(versions, key=lambda chosen: chosen.pk):  # one order: two at once cannot wait for each other
        try:
            taken.append(take(action, pledge, versions[pledge], by=by, at=at))
        except PledgeError as refusal:
            refusals[pledge.reference] = refusal
    if refusals:
        raise SeveralRefused(refusals)
    return taken


def take(action: str, pledge: Pledge, version: int, *, by: Any, at: datetime) -> Pledge:
    """Take one pledge one step on, or return it where this person has taken that very step already."""
    try:
        return apply_transition(action, pledge=pledge, by=by, at=at, version=version)
    except WrongStatus:
        stored = Pledge.objects.get(pk=pledge.pk)
        last = stored.status_changes.order_by("-pk").first()
        if last and stored.status == TRANSITIONS[action].target and (last.action, last.author_id) == (action, by.pk):
            return stored
        raise
