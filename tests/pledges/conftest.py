"""The people around one conference and one delegation, by what they may do."""

from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser

from conferences.models import Conference, MembershipRole, Participant
from tests.factories import (
    JOINED_AT,
    REGISTERED_AT,
    AdministratorFactory,
    AnalystFactory,
    CoChairFactory,
    ConfirmedPartnerFactory,
    ManagerFactory,
    MembershipFactory,
    OfficerFactory,
    ParticipantFactory,
    PartnerFactory,
    ReaderFactory,
    UserFactory,
    member_of,
)

FAR_AWAY = JOINED_AT.replace(year=2999)
SECRETARIAT = ("reader", "officer", "manager", "administrator")
OWN = ("viewer", "drafter", "approver", "deputy")


@dataclass(frozen=True)
class Cast:
    """The lead of the pledges, its partners, the conference, and everybody who may look or act."""

    lead: Participant
    confirmed: Participant
    awaited: Participant
    declined: Participant
    conference: Conference
    people: dict[str, Any]

    def join_partners(self, pledge: Any) -> Any:
        """Make the three partners take part in a pledge, and return it."""
        ConfirmedPartnerFactory(pledge=pledge, participant=self.confirmed)
        PartnerFactory(pledge=pledge, participant=self.awaited)
        PartnerFactory(pledge=pledge, participant=self.declined, confirmation="declined")
        return pledge


@pytest.fixture
def cast(db: None) -> Cast:
    """Everybody."""
    lead, other, confirmed, awaited, declined, chair, elsewhere = ParticipantFactory.create_batch(7)
    conference = CoChairFactory(participant=chair).conference
    CoChairFactory(participant=elsewhere)
    people = {
        "anonymous": AnonymousUser(),
        "analyst": AnalystFactory(),
        "superuser": UserFactory(is_superuser=True, is_staff=True),
        "reader": ReaderFactory(),
        "officer": OfficerFactory(),
        "manager": ManagerFactory(),
        "administrator": AdministratorFactory(),
        **{role: member_of(lead, role) for role in OWN},
        "lead's co-chair": member_of(lead, MembershipRole.CO_CHAIR),
        "partner's co-chair": member_of(confirmed, MembershipRole.CO_CHAIR),
        "other approver": member_of(other, MembershipRole.APPROVER),
        "confirmed partner": member_of(confirmed, MembershipRole.APPROVER),
        "awaited partner": member_of(awaited, MembershipRole.APPROVER),
        "declined partner": member_of(declined, MembershipRole.APPROVER),
        "co-chair": member_of(chair, MembershipRole.CO_CHAIR),
        "co-chair's approver": member_of(chair, MembershipRole.APPROVER),
        "co-chair elsewhere": member_of(elsewhere, MembershipRole.CO_CHAIR),
        "former approver": MembershipFactory(participant=lead, role="approver", ended_at=REGISTERED_AT).user,
        "coming approver": MembershipFactory(participant=lead, role="approver", started_at=FAR_AWAY).user,
        "locked approver": member_of(lead, MembershipRole.APPROVER, is_active=False),
        "locked manager": ManagerFactory(is_active=False),
        "locked superuser": UserFactory(is_superuser=True, is_active=False),
    }
    return Cast(lead, confirmed, awaited, declined, conference, people)
