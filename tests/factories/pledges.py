"""Pledges in the states of their life."""

from datetime import UTC, datetime
from typing import Any

import factory
from factory.django import DjangoModelFactory

from pledges.enums import Confidence, Match, Outcome, Status
from pledges.models import Pledge, PledgeMission
from pledges.references import ALPHABET
from tests.factories.capabilities import CapabilityTypeFactory, CategoryFactory
from tests.factories.conferences import ConferenceFactory, ParticipantFactory
from tests.factories.people import UserFactory

# The steps of a factory pledge's life, each after the one before and all in the past.
DRAFTED_AT = datetime(2025, 3, 1, 9, tzinfo=UTC)
SUBMITTED_AT = datetime(2025, 4, 1, 9, tzinfo=UTC)
REGISTERED_AT = datetime(2025, 4, 15, 9, tzinfo=UTC)
ANNOUNCED_AT = datetime(2025, 5, 13, 9, tzinfo=UTC)
CLOSED_AT = datetime(2025, 9, 1, 9, tzinfo=UTC)

# Where rows of the public record come from.
SOURCE_TITLE = "Statement at the ministerial"
SOURCE_URL = "https://pledges.example/statement"


def letters(number: int) -> str:
    """Return the letters of a reference: as many as real ones have, another for each number."""
    found = ""
    for _ in range(5):
        number, index = divmod(number, len(ALPHABET))
        found += ALPHABET[index]
    return found


class PledgeFactory(DjangoModelFactory):
    """What pledges of all states have in common. They count units of a type, unless `capability_type` is None."""

    class Meta:
        model = Pledge
        abstract = True

    conference = factory.SubFactory(ConferenceFactory)
    participant = factory.SubFactory(ParticipantFactory)
    reference = factory.Sequence(lambda n: f"PKM25-{letters(n)}")
    title = factory.Sequence(lambda n: f"Title of pledge {n}")
    description = "Ready to deploy within six months."
    capability_type = factory.SubFactory(CapabilityTypeFactory)
    category = factory.Maybe(
        "capability_type",
        yes_declaration=factory.SelfAttribute("capability_type.category"),
        no_declaration=factory.SubFactory(CategoryFactory),
    )
    match = factory.LazyAttribute(lambda pledge: Match.EXACT if pledge.capability_type else Match.NONE)
    quantity = 4
    unit = factory.LazyAttribute(
        lambda pledge: pledge.capability_type.unit_of_measure if pledge.quantity and pledge.capability_type else ""
    )
    created_at = updated_at = DRAFTED_AT
    author = factory.SubFactory(UserFactory)

    @factory.post_generation
    def missions(self, create: bool, extracted: Any, **kwargs: Any) -> None:
        """Name the missions given as `missions=[…]`."""
        for mission in extracted or ():
            PledgeMission.objects.create(pledge=self, mission=mission)

    @classmethod
    def _after_postgeneration(cls, instance: Pledge, create: bool, results: Any = None) -> None:
        """Do not save again: links are rows of their own."""


class DraftPledgeFactory(PledgeFactory):
    """Seen by its own delegation and the Secretariat."""

    status = Status.DRAFT


class SubmittedPledgeFactory(DraftPledgeFactory):
    """Waiting for the Secretariat."""

    status = Status.SUBMITTED
    submitted_at = SUBMITTED_AT


class ReturnedPledgeFactory(SubmittedPledgeFactory):
    """Back with its delegation."""

    status = Status.RETURNED


class RegisteredPledgeFactory(SubmittedPledgeFactory):
    """Registered and still under embargo."""

    status = Status.REGISTERED
    registered_at = REGISTERED_AT


class AnnouncedPledgeFactory(RegisteredPledgeFactory):
    """Seen by everyone; `announced_at` in the future makes an embargo with a known end."""

    announced_at = ANNOUNCED_AT


class ClosedPledgeFactory(AnnouncedPledgeFactory):
    """Announced, and closed as delivered."""

    status = Status.CLOSED
    outcome = Outcome.DELIVERED
    closed_at = CLOSED_AT


class DiscardedPledgeFactory(DraftPledgeFactory):
    """Dropped before it was ever registered."""

    status = Status.CLOSED
    outcome = Outcome.WITHDRAWN
    closed_at = CLOSED_AT


class RecordPledgeFactory(AnnouncedPledgeFactory):
    """An announced pledge of the public record."""

    author = None
    submitted_at = None
    source_title = SOURCE_TITLE
    source_url = SOURCE_URL
    source_confidence = Confidence.OFFICIAL
    record_key = factory.Sequence(lambda n: f"pledge-{n}")
