"""Made-up people and pledges, stored and never kept: what the real rules say of them is what they say of anybody."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User
from capabilities.models import Category
from conferences.dates import Precision
from conferences.models import CoChair, Conference, Membership, MembershipRole, Participant, ParticipantKind
from pledges.enums import Confirmation, Match, Outcome, PartnerRole, Status
from pledges.models import Partner, Pledge

# Where each member of a delegation belongs: to the one that leads the pledge, to a confirmed partner, and so on.
MEMBERS: dict[str, tuple[str, str]] = {
    "viewer": ("LEAD", MembershipRole.VIEWER),
    "drafter": ("LEAD", MembershipRole.DRAFTER),
    "deputy": ("LEAD", MembershipRole.DEPUTY),
    "approver": ("LEAD", MembershipRole.APPROVER),
    "invited": ("INVITED", MembershipRole.APPROVER),
    "partner": ("PARTNER", MembershipRole.APPROVER),
    "co_chair": ("CHAIR", MembershipRole.CO_CHAIR),
    "other": ("OTHER", MembershipRole.APPROVER),
}
STAFF: dict[str, Role] = {
    "analyst": Role.ANALYST,
    "reader": Role.READER,
    "officer": Role.OFFICER,
    "manager": Role.MANAGER,
    "administrator": Role.ADMINISTRATOR,
}
ACTORS: dict[str, Any] = {
    "visitor": _("everybody, without an account"),
    "analyst": _("analyst"),
    "viewer": _("viewer of the delegation"),
    "drafter": _("drafter of the delegation"),
    "deputy": _("deputy approver of the delegation"),
    "approver": _("approver of the delegation"),
    "invited": _("approver of a delegation that is asked to take part"),
    "partner": _("approver of a delegation that takes part"),
    "other": _("approver of another delegation"),
    "co_chair": _("co-chair of the conference"),
    "reader": _("Secretariat reader"),
    "officer": _("Secretariat officer"),
    "manager": _("Secretariat manager"),
    "administrator": _("administrator"),
}
# A pledge at each point of its life: its status, and how many of its instants have come.
LIVES: dict[str, tuple[Any, Status, int]] = {
    "draft": (_("a draft"), Status.DRAFT, 0),
    "submitted": (_("a submitted pledge"), Status.SUBMITTED, 1),
    "returned": (_("a returned pledge"), Status.RETURNED, 1),
    "registered": (_("a registered pledge, under embargo"), Status.REGISTERED, 2),
    "announced": (_("an announced pledge"), Status.REGISTERED, 3),
    "withdrawn": (_("a pledge withdrawn before it was announced"), Status.CLOSED, 2),
}
INSTANTS = ("submitted_at", "registered_at", "announced_at")


class World:
    """One delegation's pledges through their life, and one person of every kind."""

    def __init__(self) -> None:
        self.now = timezone.now()
        self.participants = {code: participant(code) for code in ("LEAD", "INVITED", "PARTNER", "CHAIR", "OTHER")}
        self.conference = Conference.objects.create(
            slug="made-up",
            title="Made up",
            series="ministerial",
            starts_on=self.now.date(),
            starts_on_precision=Precision.DAY,
            ends_on=self.now.date(),
            ends_on_precision=Precision.DAY,
            reference_prefix="PKM00",
        )
        CoChair.objects.create(
            conference=self.conference, participant=self.participants["CHAIR"], role="co-chair", position=1
        )
        self.people: dict[str, Any] = {"visitor": AnonymousUser()}
        self.people |= {name: person(name, role) for name, role in STAFF.items()}
        self.people |= {name: self.member(name, *place) for name, place in MEMBERS.items()}
        self.category = Category.objects.create(code="made-up", name="Made up", position=0)
        self.pledges = {name: self.pledge(number, *life[1:]) for number, (name, life) in enumerate(LIVES.items())}
        self.colleague = person("colleague", Role.MANAGER)

    def member(self, name: str, code: str, role: str) -> User:
        """Return somebody of a delegation."""
        user = person(name, Role.DELEGATION)
        Membership.objects.create(
            user=user, participant=self.participants[code], role=role, started_at=self.now - timedelta(days=1)
        )
        return user

    def pledge(self, number: int, status: Status, instants: int) -> Pledge:
        """Return a pledge of the lead with one partner that has confirmed and one that is asked."""
        is_closed = status == Status.CLOSED
        pledge = Pledge.objects.create(
            reference=f"PKM00-BCDF{'BCDFGH'[number]}",
            conference=self.conference,
            participant=self.participants["LEAD"],
            category=self.category,
            match=Match.NONE,
            title="Made up",
            description="Made up",
            status=status,
            outcome=Outcome.WITHDRAWN if is_closed else "",
            closed_at=self.now if is_closed else None,
            created_at=self.now,
            updated_at=self.now,
            author=self.people["drafter"],
            **dict.fromkeys(INSTANTS[:instants], self.now),
        )
        for code, confirmation in (("PARTNER", Confirmation.CONFIRMED), ("INVITED", Confirmation.AWAITED)):
            Partner.objects.create(
                pledge=pledge,
                participant=self.participants[code],
                role=PartnerRole.CO_PLEDGER,
                confirmation=confirmation,
                confirmed_at=self.now if confirmation == Confirmation.CONFIRMED else None,
            )
        return pledge


def participant(code: str) -> Participant:
    """Return a made-up organisation."""
    names = {f"name_{language}": f"Made up: {code}" for language in ("en", "fr", "es", "ar", "zh", "ru")}
    return Participant.objects.create(
        code=code, kind=ParticipantKind.ORGANIZATION, regional_group="none", name_source="own", **names
    )


def person(name: str, role: str) -> User:
    """Return a made-up person who cannot sign in."""
    return User.objects.create(username=f"made-up:{name}", email=f"{name}@pledges.invalid", role=role)


@contextmanager
def made_up_world() -> Iterator[World]:
    """Give the made-up world, and take all of it back afterwards."""
    with transaction.atomic():
        try:
            yield World()
        finally:
            transaction.set_rollback(True)
