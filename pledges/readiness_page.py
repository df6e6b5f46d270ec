"""What the page of a pledge says of its readiness: levels to whoever sees the pledge, the rest to insiders."""

from datetime import date
from typing import Any

from django.utils import timezone

from pledges.models import Pledge, Readiness, Registration
from pledges.permissions import allowed, check_can_keep_readiness, check_can_renew, check_is_reviewer
from pledges.readiness import (
    Standing,
    changed_on,
    last_day_to_arrive,
    rank,
    renewable_from,
    standing_of,
    steps,
    with_renewal_due,
)


def readiness_section(pledge: Pledge, user: Any, *, insider: bool, is_beside_form: bool = False) -> dict[str, Any]:
    """Return what `pledges/_readiness.html` shows; empty where there is nothing to show.

    Levels are for everyone who sees the pledge, the reason of an exception or of lowering for insiders alone, as is the
    working side: registration, visits, agreement, variations, requests.
    """
    if not (pledge.capability_type_id and pledge.capability_type and pledge.capability_type.is_pcrs_registrable):
        return {}
    if not insider:
        levels = told(list(pledge.readiness.all()))
        return {"levels": levels, "insider": False} if levels else {}
    today = timezone.localdate()
    standing = standing_of(pledge)
    agreement: Any = standing.agreement  # with_change
    return {
        "levels": told(standing.levels),
        "insider": True,
        "standing": standing,
        "steps": steps(standing, on=today) if is_live(pledge) else [],
        "agreement": agreement,
        "changed_on": agreement.changed_on if agreement else None,
        "earlier_agreements": [row for row in standing.agreements if row.ended_on],
        "requests": [asked(row, today) for row in standing.requests],
        **renewal(standing, today),
        **({} if is_beside_form else buttons(standing, user)),
    }


def is_live(pledge: Pledge) -> bool:
    """Return whether readiness is still kept: registered, and not closed."""
    return bool(pledge.status == "registered")


def told(levels: list[Readiness]) -> list[dict[str, Any]]:
    """Return the levels, newest first, each with whether it is lower than the one before it."""
    before = [*(row.level for row in levels[1:]), ""]
    return [
        {"row": row, "is_lower": rank(row.level) < rank(earlier)} for row, earlier in zip(levels, before, strict=False)
    ]


def renewal(standing: Standing, today: date) -> dict[str, Any]:
    """Return when the entry is to be renewed, and by how many days that is overdue; nothing where none is due."""
    if not standing.registration or not is_live(standing.pledge):
        return {}
    entry = with_renewal_due(Registration.objects.filter(pk=standing.registration.pk)).get()
    due = entry.renewal_due_on
    return {
        "renewal_due_on": due,
        "days_overdue": max((today - due).days, 0),
        "renewals": list(standing.registration.renewals.all()),
        "is_renewable": today >= renewable_from(due),
    }


def asked(request: Any, today: date) -> dict[str, Any]:
    """Return a request to deploy with its last day, and while it is open the days left, below zero when late."""
    last_day = last_day_to_arrive(request)
    is_open = request.arrived_on is None and request.cancelled_on is None
    return {
        "row": request,
        "is_open": is_open,
        "last_day": last_day,
        "days_left": (last_day - today).days if last_day and is_open else None,
        "is_late": bool(last_day and (request.arrived_on or today) > last_day and not request.cancelled_on),
    }


def buttons(standing: Standing, user: Any) -> dict[str, Any]:
    """Return which forms this person can open now."""
    pledge, agreement = standing.pledge, standing.agreement
    can_keep = allowed(check_can_keep_readiness, user, pledge)
    open_variations = bool(agreement and any(row.accepted_on is None for row in agreement.variations.all()))
    can_end = allowed(check_is_reviewer, user, pledge) and standing.request is not None
    return {
        "can_keep": can_keep,
        "can_renew": standing.registration is not None and allowed(check_can_renew, user, pledge),
        "can_sign": can_keep and agreement is not None and agreement.signed_on is None and not changed_on(agreement),
        "can_accept": can_keep and open_variations,
        "can_end": can_end,
    }
