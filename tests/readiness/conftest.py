"""The people and the unit of the readiness system."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest

from accounts.models import User
from conferences.models import MembershipRole, Participant
from pledges.enums import VisitKind
from pledges.models import Pledge
from pledges.readiness import ANNEXES
from tests.factories import (
    AnalystFactory,
    EvidenceFileFactory,
    OfficerFactory,
    ParticipantFactory,
    ReaderFactory,
    RegisteredPledgeFactory,
    member_of,
)
from tests.factories.readiness import RegistrationFactory, UnitAgreementFactory, VisitedUnitFactory

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TODAY = NOW.date()


@dataclass(frozen=True)
class People:
    """One person of each kind; `other` is a drafter of another delegation."""

    lead: Participant
    drafter: User
    viewer: User
    other: User
    officer: User
    reader: User
    analyst: User


@pytest.fixture
def people(db: None) -> People:
    """The delegation that leads the unit, another, the Secretariat and an analyst."""
    lead = ParticipantFactory()
    return People(
        lead=lead,
        drafter=member_of(lead, MembershipRole.DRAFTER),
        viewer=member_of(lead, MembershipRole.VIEWER),
        other=member_of(ParticipantFactory(), MembershipRole.DRAFTER),
        officer=OfficerFactory(),
        reader=ReaderFactory(),
        analyst=AnalystFactory(),
    )


@pytest.fixture
def unit(people: People) -> Pledge:
    """A registered unit of which the readiness system knows nothing."""
    return RegisteredPledgeFactory(participant=people.lead)


def add_documents(pledge: Pledge, *, without: str = "") -> None:
    """Give a pledge its note verbale and annexes, one of them left out."""
    for kind in ANNEXES:
        if kind != without:
            EvidenceFileFactory(
                pledge=pledge,
                kind=kind,
                file=f"evidence/{pledge.pk}-{kind}",
                sha256=hashlib.sha256(kind.encode()).hexdigest(),
            )


def pass_visit(pledge: Pledge, kind: str = VisitKind.ASSESSMENT, *, held_on: date = date(2025, 9, 1)) -> None:
    """Let a unit pass a visit."""
    VisitedUnitFactory(pledge=pledge, visit__kind=kind, visit__held_on=held_on, is_passed=True)


def make_ready(pledge: Pledge) -> None:
    """Give a pledge all that the rapid deployment level takes but for the levels themselves."""
    RegistrationFactory(pledge=pledge)
    add_documents(pledge)
    pass_visit(pledge)
    UnitAgreementFactory(pledge=pledge, signed_on=date(2025, 12, 1))
    pass_visit(pledge, VisitKind.VERIFICATION, held_on=date(2025, 11, 3))
