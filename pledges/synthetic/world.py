"""What made-up pledges are about: the reference data, in the order in which the record uses it."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db.models import Q

from accounts.models import Role, User
from capabilities.models import CapabilityType, Category, Mission, Requirement
from conferences.models import Conference, Membership, MembershipRole, Participant
from pledges.models import Pledge, PledgeMission

# Follow-through is told up to a year after the last conference: a fixed day, so that a seed always gives the same.
TOLD_FOR = timedelta(days=365)


class NothingToBuildOn(Exception):
    """The reference data is not there; `str()` says what to do."""


@dataclass
class World:
    """Reference rows, the most used first, and the accounts that act."""

    conferences: list[Conference]
    conference_weights: list[float]
    participants: list[Participant]
    types: list[CapabilityType]
    categories: list[Category]
    missions: list[str]
    requirements: dict[str, list[int]]
    users: dict[str, int]
    officer: int
    manager: int

    @property
    def until(self) -> date:
        """The last day of which anything is told."""
        return max(one.ends_on for one in self.conferences) + TOLD_FOR


def load_world() -> World:
    """Read the reference data and make the accounts; raises NothingToBuildOn where the record is not loaded."""
    pledges = Pledge.objects.filter(record_key__isnull=False)
    conferences = list(Conference.objects.filter(has_pledges=True).order_by("starts_on", "slug"))
    participants = by_use(Participant.objects.able_to_pledge(), used(pledges, "participant"))
    types = by_use(CapabilityType.objects.select_related("category"), used(pledges, "capability_type"))
    missions = by_use(still_running(), used(PledgeMission.objects.filter(pledge__in=pledges), "mission"))
    if not (conferences and participants and types and missions):
        raise NothingToBuildOn("There is no reference data to build on: run load_record first.")
    users, officer, manager = accounts(participants)
    made = used(pledges, "conference")
    usual = sum(made.values()) / len(conferences) or 1
    return World(
        conferences=conferences,
        conference_weights=[made.get(one.slug, usual) for one in conferences],
        participants=participants,
        types=types,
        categories=by_use(Category.objects.all(), used(pledges, "category")),
        missions=[one.acronym for one in missions],
        requirements=requirements_by_type(),
        users=users,
        officer=officer,
        manager=manager,
    )


def used(rows: Any, column: str) -> dict[str, int]:
    """Return how often each value of a column is used."""
    return Counter(rows.order_by().values_list(column, flat=True))


def by_use(rows: Any, uses: dict[str, int]) -> list[Any]:
    """Return the rows, the most used first, then by code."""
    return sorted(rows, key=lambda row: (-uses.get(row.pk, 0), row.pk))


def still_running() -> Any:
    """Return the missions of the UN that ran at some time since the first conference."""
    recent = Q(ends_on=None) | Q(ends_on__year__gte=2014)
    return Mission.objects.filter(recent).exclude(type=Mission.Type.PARTNER)


def requirements_by_type() -> dict[str, list[int]]:
    """Return the requirements to which pledges of a type can be allocated: those counted in the type's unit."""
    found = defaultdict(list)
    rows = Requirement.objects.order_by("reference").values_list(
        "capability_type", "unit", "capability_type__unit_of_measure", "pk"
    )
    for code, unit, measure, pk in rows:
        if unit == measure:
            found[code].append(pk)
    return found


def accounts(participants: list[Participant]) -> tuple[dict[str, int], int, int]:
    """Return an account for each delegation, an officer's and a manager's, made where they are not there yet.

    Nobody can sign in with them.
    """
    delegations = {name_of(one.code): one.code for one in participants}
    staff = {name_of("officer"): Role.OFFICER, name_of("manager"): Role.MANAGER}
    roles = {**dict.fromkeys(delegations, Role.DELEGATION), **staff}
    there = set(User.objects.filter(username__in=roles).values_list("username", flat=True))
    made = [
        User(username=name, email=f"{name}@pledges.example", role=role, is_active=False, password=make_password(None))
        for name, role in roles.items()
        if name not in there
    ]
    User.objects.bulk_create(made)
    keys = dict(User.objects.filter(username__in=roles).values_list("username", "pk"))
    Membership.objects.bulk_create(
        Membership(user=user, participant_id=delegations[user.username], role=MembershipRole.APPROVER)
        for user in made
        if user.username in delegations
    )
    officer, manager = (keys[name] for name in staff)
    return {code: keys[name] for name, code in delegations.items()}, officer, manager


def name_of(whom: str) -> str:
    """Return the name of an account."""
    return f"synthetic-{whom.lower()}"
