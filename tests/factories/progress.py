"""What belongs to the follow-through of a pledge: steps put off or waiting, links through which people report."""

from datetime import date, timedelta

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from pledges.enums import AssessedState, ReportedState
from pledges.models import (
    MilestoneDependency,
    MilestoneExtension,
    MilestoneReopening,
    Pledge,
    ProposedReport,
    ReportLink,
)
from tests.factories.beside import AssessmentFactory, MilestoneFactory
from tests.factories.people import UserFactory
from tests.factories.pledges import RegisteredPledgeFactory


class MilestoneExtensionFactory(DjangoModelFactory):
    """A step put off by two months."""

    class Meta:
        model = MilestoneExtension

    milestone = factory.SubFactory(MilestoneFactory)
    due_before = date(2025, 6, 1)
    due_after = date(2025, 8, 1)
    reason = "The ship is late."
    author = factory.SubFactory(UserFactory)


class MilestoneReopeningFactory(DjangoModelFactory):
    """A step that was taken for done, and is open again."""

    class Meta:
        model = MilestoneReopening

    milestone = factory.SubFactory(MilestoneFactory)
    done_before = date(2025, 5, 20)
    due_before = date(2025, 6, 1)
    due_after = date(2025, 6, 1)
    reason = "The training was put off."
    author = factory.SubFactory(UserFactory)


class MilestoneDependencyFactory(DjangoModelFactory):
    """A step that waits for another of the same pledge."""

    class Meta:
        model = MilestoneDependency

    milestone = factory.SubFactory(MilestoneFactory, title="Unit deployed")
    needs = factory.SubFactory(MilestoneFactory, pledge=factory.SelfAttribute("..milestone.pledge"))


class ReportLinkFactory(DjangoModelFactory):
    """An open link that was made just now."""

    class Meta:
        model = ReportLink

    pledge = factory.SubFactory(RegisteredPledgeFactory)
    recipient = factory.SubFactory(UserFactory)
    created_at = factory.LazyFunction(timezone.now)
    expires_at = factory.LazyAttribute(lambda link: link.created_at + timedelta(days=21))


class ProposedReportFactory(DjangoModelFactory):
    """A report that came through a link and that nobody has confirmed."""

    class Meta:
        model = ProposedReport

    link = factory.SubFactory(ReportLinkFactory, used_at=factory.LazyFunction(timezone.now))
    state = ReportedState.IN_PROGRESS
    text = "Training began."


def assessed(pledge: Pledge, state: str = AssessedState.DELIVERED) -> Pledge:
    """Let an officer find this of a pledge, so that it can be closed with the outcome of that name; return it."""
    AssessmentFactory(pledge=pledge, state=state)
    return pledge
