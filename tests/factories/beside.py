"""What stands beside a pledge: partners, plans, reports, assessments, allocations."""

import hashlib
import uuid
from datetime import date
from typing import Any

import factory
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from factory.django import DjangoModelFactory

from pledges.enums import (
    AssessedState,
    CaveatStage,
    Confidence,
    Confirmation,
    DocumentKind,
    EventKind,
    LineageKind,
    PartnerRole,
    ReadinessLevel,
    ReportedState,
)
from pledges.models import (
    Allocation,
    Assessment,
    Caveat,
    EvidenceFile,
    Lineage,
    Milestone,
    Partner,
    Pledge,
    PledgeMission,
    ProgressUpdate,
    Readiness,
    ReviewNote,
)
from tests.factories.capabilities import MissionFactory, RequirementFactory
from tests.factories.conferences import ParticipantFactory
from tests.factories.people import OfficerFactory, UserFactory
from tests.factories.pledges import (
    REGISTERED_AT,
    SOURCE_TITLE,
    SOURCE_URL,
    AnnouncedPledgeFactory,
    RegisteredPledgeFactory,
    SubmittedPledgeFactory,
)


class PledgeMissionFactory(DjangoModelFactory):
    """A mission that a pledge names."""

    class Meta:
        model = PledgeMission

    pledge = factory.SubFactory(RegisteredPledgeFactory)
    mission = factory.SubFactory(MissionFactory)


class PartnerFactory(DjangoModelFactory):
    """A co-pledger whose confirmation is awaited; one of the pledge's units is its share."""

    class Meta:
        model = Partner

    pledge = factory.SubFactory(RegisteredPledgeFactory)
    participant = factory.SubFactory(ParticipantFactory)
    role = PartnerRole.CO_PLEDGER
    share_quantity = 1


class ConfirmedPartnerFactory(PartnerFactory):
    """A co-pledger that confirmed."""

    confirmation = Confirmation.CONFIRMED
    confirmed_at = REGISTERED_AT


class LineageFactory(DjangoModelFactory):
    """A later pledge that renews an earlier one."""

    class Meta:
        model = Lineage

    later = factory.SubFactory(AnnouncedPledgeFactory)
    earlier = factory.SubFactory(AnnouncedPledgeFactory)
    kind = LineageKind.RENEWS


class CaveatFactory(DjangoModelFactory):
    """A condition declared with the pledge."""

    class Meta:
        model = Caveat

    pledge = factory.SubFactory(RegisteredPledgeFactory)
    text = "No deployment at night."
    stage = CaveatStage.PLEDGE
    declared_on = date(2025, 4, 1)
    declared_on_precision = "day"


class MilestoneFactory(DjangoModelFactory):
    """An open step of the plan."""

    class Meta:
        model = Milestone

    pledge = factory.SubFactory(RegisteredPledgeFactory)
    title = "Unit trained"
    due_on = date(2025, 8, 1)


class ProgressUpdateFactory(DjangoModelFactory):
    """A delegation's report that work is under way."""

    class Meta:
        model = ProgressUpdate

    pledge = factory.SubFactory(RegisteredPledgeFactory)
    kind = EventKind.REPORTED
    state = ReportedState.IN_PROGRESS
    text = "Training began."
    happened_on = date(2025, 6, 1)
    happened_on_precision = "day"
    author = factory.SubFactory(UserFactory)


class RecordProgressUpdateFactory(ProgressUpdateFactory):
    """What a public source tells."""

    author = None
    source_title = SOURCE_TITLE
    source_url = SOURCE_URL
    source_confidence = Confidence.OFFICIAL


class AssessmentFactory(DjangoModelFactory):
    """The Secretariat's judgement that a pledge is on track."""

    class Meta:
        model = Assessment

    pledge = factory.SubFactory(RegisteredPledgeFactory)
    state = AssessedState.ON_TRACK
    reason = "Seen by the assessment team."
    assessed_on = date(2025, 7, 1)
    assessed_on_precision = "day"
    author = factory.SubFactory(OfficerFactory)


class ReadinessFactory(DjangoModelFactory):
    """Level 1 of the readiness system."""

    class Meta:
        model = Readiness

    pledge = factory.SubFactory(RegisteredPledgeFactory)
    level = ReadinessLevel.LEVEL_1
    reached_on = date(2025, 7, 1)
    reached_on_precision = "day"
    evidence = "Note verbale of 1 July"
    author = factory.SubFactory(OfficerFactory)


class AllocationFactory(DjangoModelFactory):
    """One unit of a pledge counted towards a requirement of its type."""

    class Meta:
        model = Allocation

    pledge = factory.SubFactory(RegisteredPledgeFactory)
    requirement = factory.SubFactory(
        RequirementFactory, capability_type=factory.SelfAttribute("..pledge.capability_type")
    )
    quantity = 1
    reason = "Fits the range asked for."
    author = factory.SubFactory(OfficerFactory)


class EvidenceFileFactory(DjangoModelFactory):
    """A note verbale that has not been scanned."""

    class Meta:
        model = EvidenceFile

    pledge = factory.SubFactory(RegisteredPledgeFactory)
    kind = DocumentKind.NOTE_VERBALE
    file = "evidence/note.pdf"
    original_name = "note.pdf"
    content_type = "application/pdf"
    size = 1000
    sha256 = "0" * 64
    author = factory.SubFactory(UserFactory)


def stored_file(pledge: Pledge, content: bytes = b"%PDF-1.7 canary", **values: Any) -> EvidenceFile:
    """Store a document with its content, past all checks."""
    name = default_storage.save(f"evidence/{uuid.uuid4().hex}", ContentFile(content))
    digest = hashlib.sha256(content).hexdigest()
    return EvidenceFileFactory(pledge=pledge, file=name, size=len(content), sha256=digest, **values)


class ReviewNoteFactory(DjangoModelFactory):
    """A word of the Secretariat on a whole pledge."""

    class Meta:
        model = ReviewNote

    pledge = factory.SubFactory(SubmittedPledgeFactory)
    text = "Say when the unit is available."
    author = factory.SubFactory(OfficerFactory)
