"""What missions still need of the kind that a pledge names."""

from datetime import date
from typing import Any

from django.db.models import Exists, Q

from capabilities.models import Requirement
from pledges.figures import GapRow, gap, readers_pledges
from pledges.models import Pledge

SHOWN = 5


def still_needed(pledge: Pledge, user: Any, *, on: date) -> list[GapRow]:
    """Return the asks of this type that offers do not cover, those with the largest remainder first, in three queries.

    They are those stated for the pledge's conference or for none; where nothing of this type was, those for others.
    Asks of missions that have ended are left out. Offers are those that `user` may see, as in every figure.
    """
    if not pledge.capability_type_id:
        return []
    asks = Requirement.objects.filter(capability_type=pledge.capability_type_id)
    stated_here = asks.filter(conference=pledge.conference_id)
    running = Q(mission=None) | Q(mission__ends_on=None) | Q(mission__ends_on__gte=on)
    asks = asks.filter(running, Q(conference=pledge.conference_id) | Q(conference=None) | ~Exists(stated_here))
    offers = readers_pledges(user).filter(capability_type=pledge.capability_type_id)
    rows = [row for row in gap(asks, offers) if row.missing != 0]
    return sorted(rows, key=lambda row: -(row.missing or 0))[:SHOWN]
