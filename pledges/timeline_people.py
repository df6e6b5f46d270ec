"""In which role the people of a timeline acted: of which delegation, or in the Secretariat."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.models import Role, User
from conferences.models import Membership, MembershipRole
from pledges.models import Pledge
from pledges.timeline_entry import Entry, Person, in_one


def with_roles(entries: list[Entry], pledge: Pledge) -> list[Entry]:
    """Return the entries of a pledge, each person with their role, in two queries whatever their number.

    A place in a delegation is told as it was when they acted; a role in the Secretariat as it is now.
    """
    keys = {person.pk for entry in entries for person in entry.people}
    if not keys:
        return entries
    users = User.objects.in_bulk(keys)
    places: dict[int, list[Membership]] = {}
    for place in Membership.objects.filter(user__in=keys).select_related("participant").order_by("pk"):
        places.setdefault(place.user_id, []).append(place)

    def named(person: Person, at: datetime | None) -> str:
        """Return a person with the role."""
        user = users.get(person.pk)
        if user is None:
            return person.name
        role = role_of(user, held(places.get(person.pk, []), pledge, at))
        return _("%(person)s (%(role)s)") % {"person": user, "role": role} if role else str(user)

    return [
        replace(entry, who=in_one([named(person, entry.at) for person in entry.people])) if entry.people else entry
        for entry in entries
    ]


def held(places: Iterable[Membership], pledge: Pledge, at: datetime | None) -> Membership | None:
    """Return the place in which somebody acted at an instant: in the delegation of the pledge before any other."""
    running = [
        place for place in places if not at or (place.started_at <= at and (not place.ended_at or at < place.ended_at))
    ]
    # A co-chair's place only lets its holder read.
    return min(
        running,
        key=lambda place: (place.role == MembershipRole.CO_CHAIR, place.participant_id != pledge.participant_id),
        default=None,
    )


def role_of(user: User, place: Membership | None) -> str:
    """Return the role of a person in words; empty where they had none."""
    if user.role != Role.DELEGATION:
        return str(Role(user.role).label)
    if place is None:
        return ""
    return _("%(role)s, %(delegation)s") % {"role": place.get_role_display(), "delegation": place.participant}
