"""What people hand to each other: drafts, items of the queue, decisions of two."""

from datetime import timedelta

import factory
from factory.django import DjangoModelFactory

from pledges.models import Claim, Decision, DecisionPledge, Handover, Presence
from tests.factories.people import ManagerFactory, OfficerFactory, UserFactory
from tests.factories.pledges import REGISTERED_AT, DraftPledgeFactory, RegisteredPledgeFactory, SubmittedPledgeFactory

PROPOSED_AT = REGISTERED_AT + timedelta(hours=1)


class HandoverFactory(DjangoModelFactory):
    """A draft that waits for an approver."""

    class Meta:
        model = Handover

    pledge = factory.SubFactory(DraftPledgeFactory)
    note = "The strength is agreed with the ministry of defence."
    author = factory.SubFactory(UserFactory)


class ClaimFactory(DjangoModelFactory):
    """A submitted pledge that an officer is reading."""

    class Meta:
        model = Claim

    pledge = factory.SubFactory(SubmittedPledgeFactory)
    officer = factory.SubFactory(OfficerFactory)
    claimed_at = REGISTERED_AT
    until = factory.LazyAttribute(lambda claim: claim.claimed_at + timedelta(minutes=30))


class PresenceFactory(DjangoModelFactory):
    """Somebody who has the form of a draft open."""

    class Meta:
        model = Presence

    pledge = factory.SubFactory(DraftPledgeFactory)
    person = factory.SubFactory(UserFactory)
    since = REGISTERED_AT
    until = factory.LazyAttribute(lambda presence: presence.since + timedelta(minutes=10))


class DecisionFactory(DjangoModelFactory):
    """A proposal to announce, on which nobody has decided."""

    class Meta:
        model = Decision

    action = "announce"
    takes_effect_at = PROPOSED_AT
    proposed_by = factory.SubFactory(OfficerFactory)
    proposed_at = PROPOSED_AT


class ConfirmedDecisionFactory(DecisionFactory):
    """A proposal that a second person confirmed."""

    verdict = "confirmed"
    decided_by = factory.SubFactory(ManagerFactory)
    decided_at = PROPOSED_AT


class DecisionPledgeFactory(DjangoModelFactory):
    """A registered pledge that waits for a second person."""

    class Meta:
        model = DecisionPledge

    decision = factory.SubFactory(DecisionFactory)
    pledge = factory.SubFactory(RegisteredPledgeFactory)
