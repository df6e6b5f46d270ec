"""What there is to choose from when a pledge is drafted."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from capabilities.models import Category, Mission, Requirement
from conferences.models import WRITERS, Conference, Participant
from pledges import windows
from pledges.fields import RowField
from pledges.models import Pledge

OTHER = "other:"  # begins the choice of a category whose listed types do not fit


class ConferenceField(RowField):
    """A conference to pledge at; it says where the window has closed."""

    def label_from_instance(self, obj: Any) -> str:
        """Return its name, and the end of a window that has closed."""
        return windows.label(obj, at=timezone.now())


def capability_choices() -> list[tuple[Any, Any]]:
    """Return the types by category, each category with a choice for what no type fits."""
    groups: list[tuple[Any, Any]] = [("", _("Not yet chosen"))]
    for category in Category.objects.prefetch_related("capability_types"):
        types: Iterable[tuple[str, str]] = ((found.pk, found.name) for found in category.capability_types.all())
        other = (OTHER + category.pk, _("Something else: %(category)s") % {"category": category.name})
        groups.append((category.name, [*types, other]))
    return groups


def session_choices(conference: Conference) -> list[tuple[str, str]]:
    """Return the sessions of a conference in the order of its programme; none where it has none."""
    name = _("Session %(number)s: %(title)s")
    rows = conference.sessions.all()
    return [(str(row.pk), name % {"number": row.position, "title": row.title}) for row in rows]


def delegations_of(user: Any) -> "QuerySet[Participant]":
    """Return the participants for which this person may write."""
    return Participant.objects.of(user, *WRITERS).able_to_pledge()


def open_conferences(at: datetime) -> "QuerySet[Conference]":
    """Return the conferences that take pledges at this instant, the latest first: those whose window has opened, or
    that have none. What comes after a window closes is taken, and marked (`pledges/windows.py`)."""
    opened = Q(window_opens_at=None) | Q(window_opens_at__lte=at)
    return Conference.objects.filter(opened, has_pledges=True).order_by("-starts_on")


def missions_to_choose(pledge: Pledge | None, asked_for: Iterable[Mission], at: datetime) -> "QuerySet[Mission]":
    """Return the missions that run, and those that this pledge names already or is asked for."""
    running = Q(ends_on=None) | Q(ends_on__gte=at.date())
    named = Q(pledge_links__pledge=pledge) if pledge else Q()
    wanted = Q(pk__in=[mission.pk for mission in asked_for])
    if not named:
        return Mission.objects.filter(running | wanted).order_by("acronym")
    kept = Mission.objects.filter(named).values("pk")
    return Mission.objects.filter(running | wanted | Q(pk__in=kept)).order_by("acronym")


def answer_to(requirement: Requirement) -> dict[str, Any]:
    """Return the values with which the form opens for an ask."""
    values: dict[str, Any] = {
        "capability": requirement.capability_type_id,
        "title": requirement.capability_type.name,
        "missions": [requirement.mission] if requirement.mission else [],
        "conference": requirement.conference_id,
    }
    return {name: value for name, value in values.items() if value}
