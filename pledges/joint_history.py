"""What happened to the shares of a joint pledge, read from the history that the database writes; for insiders."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.utils.translation import gettext as _

from pledges.enums import Confirmation
from pledges.models import Pledge
from pledges.shares import WHOLES

VERBS = {"", "invite", "change", "remove"}  # reasons that say no more than what is told anyway


@dataclass(frozen=True)
class ShareEvent:
    """One change of a partner's place in a pledge; `row` holds role and shares as they were then."""

    at: datetime
    what: str
    who: str
    note: str
    row: Any


def answers_so_far(pledge: Pledge) -> list[ShareEvent]:
    """Return every invitation, change and answer of a pledge, the latest first, in one query."""
    events = apps.get_model("pledges", "PartnerEvent")._default_manager.filter(pledge=pledge)
    before: dict[int, Any] = {}
    told = []
    for event in events.select_related("participant").order_by("pgh_id"):
        told.append(tell(event, before.get(event.id)))
        before[event.id] = event
    return told[::-1]


def tell(event: Any, before: Any) -> ShareEvent:
    """Return a row of the history as something that happened; `before` is the partner's row before it, if any."""
    context = event.pgh_context or {}
    answers = event.confirmation != Confirmation.AWAITED and event.pgh_label != "delete"
    # Who answers for another delegation is its own affair: the lead reads its name alone.
    who = str(event.participant) if answers else context.get("actor_name", "")
    reason = context.get("reason", "")
    note = reason if answers and reason not in VERBS else ""
    return ShareEvent(event.pgh_created_at, what_happened(event, before), who, note, event)


def what_happened(event: Any, before: Any) -> str:
    """Return in a sentence what one row of the history tells."""
    names = {"partner": event.participant}
    if event.pgh_label == "delete":
        return _("%(partner)s was taken off the pledge") % names
    if event.confirmation == Confirmation.DECLINED:
        return _("%(partner)s declined") % names
    if event.confirmation == Confirmation.CONFIRMED:
        changed = before is not None and any(getattr(event, share) != getattr(before, share) for share in WHOLES)
        sentence = _("%(partner)s changed its share and confirmed it") if changed else _("%(partner)s confirmed")
        return sentence % names
    if before is None or before.confirmation == Confirmation.DECLINED:
        return _("%(partner)s was invited") % names
    return _("The terms of %(partner)s were changed") % names
