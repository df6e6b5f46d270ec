"""A draft put before the delegation's approvers: "ready for approval", with a note that only the delegation reads.

Submitting ends it (`pledges.transitions`).
"""

from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.history import acting
from pledges import permissions
from pledges.models import Handover, Pledge


@transaction.atomic
def hand_over(*, pledge: Pledge, note: str, by: Any, at: datetime) -> Handover:
    """Say that a draft is ready for approval. Said again in the same words it is one; in others, the newer stands.

    Raises NotAllowed for anybody but the delegation's writers, WrongStatus where the pledge is no draft.
    """
    locked = Pledge.objects.locked(pledge)
    permissions.check_can_edit(by, locked)
    earlier = locked.handovers.filter(ended_at=None).first()
    if earlier and (earlier.author_id, earlier.note) == (by.pk, note) and locked.updated_at <= earlier.created_at:
        return earlier
    with acting(by, "hand over"):
        end(earlier, at)
        return Handover.objects.create(pledge=locked, note=note, author=by, created_at=at)


@transaction.atomic
def take_back(*, pledge: Pledge, by: Any, at: datetime) -> None:
    """Take a draft back from its approvers, to go on writing; nothing happens where it is not before them.

    Raises NotAllowed for anybody but the delegation's writers, WrongStatus where the pledge is no draft.
    """
    locked = Pledge.objects.locked(pledge)
    permissions.check_can_edit(by, locked)
    with acting(by, "take back"):
        end(locked.handovers.filter(ended_at=None).first(), at)


def end(handover: Handover | None, at: datetime) -> None:
    """End a hand-over that still stands."""
    if handover:
        handover.ended_at = at
        handover.save(update_fields=["ended_at"])
