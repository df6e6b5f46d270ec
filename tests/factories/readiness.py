"""The readiness system around a registered pledge: its entry, visits, statements, agreements and requests."""

from datetime import date

import factory
from factory.django import DjangoModelFactory

from pledges.enums import VisitKind
from pledges.models import (
    DeploymentRequest,
    Registration,
    Renewal,
    UnitAgreement,
    UnitStatement,
    Variation,
    Visit,
    VisitedUnit,
)
from tests.factories.capabilities import CapabilityTypeFactory
from tests.factories.conferences import ParticipantFactory
from tests.factories.people import OfficerFactory
from tests.factories.pledges import RegisteredPledgeFactory


class RegistrationFactory(DjangoModelFactory):
    """An entry received and accepted."""

    class Meta:
        model = Registration

    pledge = factory.SubFactory(RegisteredPledgeFactory)
    received_on = date(2025, 5, 2)
    acknowledged_on = date(2025, 5, 5)
    accepted_on = date(2025, 6, 2)
    author = factory.SubFactory(OfficerFactory)


class RenewalFactory(DjangoModelFactory):
    """The first renewal, on its day."""

    class Meta:
        model = Renewal

    registration = factory.SubFactory(RegistrationFactory)
    renewed_on = date(2026, 6, 2)
    author = factory.SubFactory(OfficerFactory)


class VisitFactory(DjangoModelFactory):
    """A planned assessment and advisory visit."""

    class Meta:
        model = Visit

    kind = VisitKind.ASSESSMENT
    participant = factory.SubFactory(ParticipantFactory)
    planned_on = date(2025, 9, 1)
    place = "The training centre"
    author = factory.SubFactory(OfficerFactory)


class VisitedUnitFactory(DjangoModelFactory):
    """A unit that a planned visit covers."""

    class Meta:
        model = VisitedUnit

    pledge = factory.SubFactory(RegisteredPledgeFactory)
    visit = factory.SubFactory(VisitFactory, participant=factory.SelfAttribute("..pledge.participant"))


class UnitStatementFactory(DjangoModelFactory):
    """The first version of a generic statement."""

    class Meta:
        model = UnitStatement

    capability_type = factory.SubFactory(CapabilityTypeFactory)
    title = "Statement of unit requirements"
    version = factory.Sequence(lambda n: f"version {n}")
    issued_on = date(2025, 5, 19)
    author = factory.SubFactory(OfficerFactory)


class UnitAgreementFactory(DjangoModelFactory):
    """A pledge matched to a statement for its type, nothing signed."""

    class Meta:
        model = UnitAgreement

    pledge = factory.SubFactory(RegisteredPledgeFactory)
    statement = factory.SubFactory(
        UnitStatementFactory, capability_type=factory.SelfAttribute("..pledge.capability_type")
    )
    matched_on = date(2025, 10, 1)
    author = factory.SubFactory(OfficerFactory)


class VariationFactory(DjangoModelFactory):
    """A way to differ that is proposed."""

    class Meta:
        model = Variation

    agreement = factory.SubFactory(UnitAgreementFactory)
    text = "Three helicopters instead of four."
    proposed_on = date(2025, 10, 2)


class DeploymentRequestFactory(DjangoModelFactory):
    """An open request to a unit at the rapid deployment level, of which no visit is recorded."""

    class Meta:
        model = DeploymentRequest

    pledge = factory.SubFactory(RegisteredPledgeFactory)
    requested_on = date(2026, 11, 1)
    is_rapid = True
    exception = "The mission had seen it before."
    author = factory.SubFactory(OfficerFactory)
