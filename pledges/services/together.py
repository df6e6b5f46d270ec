"""Several pledges submitted in one go: all of them, or none."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from pledges.enums import Status
from pledges.errors import PledgeError, SeveralRefused, WrongStatus
from pledges.models import Pledge
from pledges.transitions import apply_transition


@transaction.atomic
def submit_together(versions: Mapping[Pledge, int], *, by: Any, at: datetime) -> list[Pledge]:
    """Submit pledges, each still at the version that the person has read, and return them as stored.

    What this person has just submitted stays submitted: a second click is no second step and no error. Raises
    SeveralRefused with the refusal of each pledge that cannot be submitted, and then none is.
    """
    taken, refusals = [], {}
    for pledge in sorted(versions, key=lambda chosen: chosen.pk):  # one order: two at once cannot wait for each other
        try:
            taken.append(submit(pledge, versions[pledge], by=by, at=at))
        except PledgeError as refusal:
            refusals[pledge.reference] = refusal
    if refusals:
        raise SeveralRefused(refusals)
    return taken


def submit(pledge: Pledge, version: int, *, by: Any, at: datetime) -> Pledge:
    """Submit one pledge, or return it where this person has submitted it already."""
    try:
        return apply_transition("submit", pledge=pledge, by=by, at=at, version=version)
    except WrongStatus:
        stored = Pledge.objects.get(pk=pledge.pk)
        last = stored.status_changes.order_by("-pk").first()
        if stored.status == Status.SUBMITTED and last and (last.action, last.author_id) == ("submit", by.pk):
            return stored
        raise
