"""When a conference takes pledges: set by managers of the Secretariat, each time with the reason."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.history import acting
from conferences.models import Conference
from pledges.errors import EditConflict, Incomplete
from pledges.permissions import check_is_manager


@transaction.atomic
def set_window(
    *, conference: Conference, opens_at: datetime | None, closes_at: datetime | None, reason: str, version: int, by: Any
) -> Conference:
    """Set when pledging opens and closes; None takes that end of the window away. The record no longer sets it then.

    Raises NotAllowed, Incomplete for a close that is not after the opening, EditConflict where `version` is not the
    stored one: another manager set the window since.
    """
    check_is_manager(by)
    if opens_at and closes_at and closes_at <= opens_at:
        said = _("Pledging closes after it opens: enter a later day or time.")
        raise Incomplete(_("This window cannot stand."), {"closes_day": said})
    held = Conference.objects.select_for_update(of=("self",), no_key=True).get(pk=conference.pk)
    if held.window_version != version:
        raise EditConflict(_("Another manager set this window while you had the page open."))
    if (held.window_opens_at, held.window_closes_at) != (opens_at, closes_at):
        held.window_opens_at, held.window_closes_at = opens_at, closes_at
        held.window_version += 1
        with acting(by, reason):
            held.save(update_fields=["window_opens_at", "window_closes_at", "window_version"])
    return held
