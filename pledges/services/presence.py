"""Who has the form of a draft open: noted when it is opened and saved, gone by itself a while after."""

from datetime import datetime, timedelta
from typing import Any

from pledges import permissions
from pledges.models import Pledge, Presence

OPEN_FOR = timedelta(minutes=10)  # after the form was last opened or saved


def note_presence(pledge: Pledge, *, by: Any, at: datetime) -> list[Presence]:
    """Note that this person has the form open, and return who else has, who opened it first on top.

    Raises NotAllowed, or WrongStatus where the pledge is no draft.
    """
    permissions.check_can_edit(by, pledge)
    Presence.objects.filter(pledge=pledge, until__lte=at).delete()
    Presence.objects.bulk_create(
        [Presence(pledge=pledge, person=by, since=at, until=at + OPEN_FOR)],
        update_conflicts=True,
        unique_fields=["pledge", "person"],
        update_fields=["until"],
    )
    others = Presence.objects.filter(pledge=pledge).exclude(person=by)
    return list(others.select_related("person").order_by("since", "pk"))


def end_presence(pledge: Pledge, *, by: Any) -> None:
    """Note that this person has left the form; nothing happens where they had not opened it."""
    Presence.objects.filter(pledge=pledge, person=by.pk).delete()
