"""What the Secretariat finds of a registered pledge, beside what its delegation reports, and closing it on that."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.history import acting
from conferences.dates import Precision
from pledges import permissions
from pledges.assessed import OUTCOME_OF, check_read
from pledges.enums import AssessedState
from pledges.errors import Incomplete
from pledges.models import Assessment, Pledge, ProgressUpdate
from pledges.transitions import apply_transition

# Withdrawing has a step of its own, of its delegation or of two people.
STATES = tuple(state for state in AssessedState if state != AssessedState.WITHDRAWN)


@transaction.atomic
def assess(
    *,
    pledge: Pledge,
    state: str,
    confirmed_quantity: int | None,
    reason: str,
    by: Any,
    at: datetime,
    closes: bool = False,
    was: str | None = None,
) -> Assessment:
    """Store what the Secretariat finds; where it `closes`, the pledge ends with the outcome that says the same.

    "Delivered" confirms all that was pledged, whatever is left empty. What this person has just found in the same words
    is not stored twice, unless somebody said something in between. `was` is the mark of what the person read before
    (assessed.Known). Raises NotAllowed, WrongStatus, EditConflict, or Incomplete with the field that cannot stand; then
    nothing has changed.
    """
    locked = Pledge.objects.locked(pledge)
    permissions.check_can_assess(by, locked)
    check_read(locked, by, was)
    if state == AssessedState.DELIVERED and confirmed_quantity is None:
        confirmed_quantity = locked.quantity
    found = complaints(locked, state, confirmed_quantity, reason, closes=closes)
    if found:
        raise Incomplete(_("This assessment cannot stand as it is."), found)
    said = {"state": state, "confirmed_quantity": confirmed_quantity, "reason": reason, "assessed_on": at.date()}
    latest = locked.assessments.filter(author=by).order_by("-pk").first()
    with acting(by, "assess"):
        if latest is None or not says_again(latest, said):
            latest = Assessment.objects.create(
                pledge=locked, assessed_on_precision=Precision.DAY, author=by, created_at=at, **said
            )
    if closes:
        outcome = OUTCOME_OF[AssessedState(state)]
        apply_transition("close", pledge=locked, by=by, at=at, reason=reason, outcome=outcome)
    return latest


def says_again(latest: Assessment, said: dict[str, Any]) -> bool:
    """Return whether this is what somebody found last, and nobody reported or assessed since: a second click."""
    if any(getattr(latest, name) != value for name, value in said.items()):
        return False
    reported = ProgressUpdate.objects.filter(pledge=latest.pledge_id, created_at__gt=latest.created_at)
    assessed = Assessment.objects.filter(pledge=latest.pledge_id, pk__gt=latest.pk)
    return not (reported.exists() or assessed.exists())


def complaints(pledge: Pledge, state: str, quantity: int | None, reason: str, *, closes: bool) -> dict[str, str]:
    """Return each field of an assessment that cannot stand, with a sentence."""
    found = {}
    if state not in STATES:
        found["state"] = _("Choose one of those listed.")
    elif closes and state not in OUTCOME_OF:
        found["closes"] = _(
            "A pledge that is “%(state)s” has not ended: leave this empty, or choose another state."
        ) % {"state": AssessedState(state).label}
    if not reason.strip():
        found["reason"] = _("Say on what this rests, in a sentence or two.")
    wrong = wrong_quantity(pledge, state, quantity)
    return found | ({"confirmed_quantity": wrong} if wrong else {})


def wrong_quantity(pledge: Pledge, state: str, quantity: int | None) -> str:
    """Return why so many units cannot be confirmed with this state, "" where they can."""
    if quantity is None:
        return ""
    whole = {"whole": f"{pledge.quantity or 0:,}", "unit": pledge.unit}
    if pledge.quantity is None:
        return _("The pledge states no number: leave this empty.")
    if not 0 < quantity <= pledge.quantity:
        return _("Enter a number no higher than what was pledged: %(whole)s (%(unit)s).") % whole
    if state == AssessedState.DELIVERED and quantity < pledge.quantity:
        return _("Delivered means all of it, %(whole)s (%(unit)s): choose “partly delivered”, or confirm all.") % whole
    if state == AssessedState.PARTLY_DELIVERED and quantity == pledge.quantity:
        return _("This is all that was pledged: choose “delivered”, or enter a lower number.")
    if state == AssessedState.NOT_DELIVERED:
        return _("Leave this empty: nothing was delivered.")
    return ""
