"""Rows for tests, in the states that a reader would name: `SubmittedPledgeFactory()`, `AnnouncedPledgeFactory()`.

Codes of made-up states are none of a real state's, so that rows can stand beside the real record.
"""

import csv
from datetime import UTC, date, datetime
from itertools import product
from string import ascii_uppercase
from typing import Any

import factory
from django.conf import settings
from django.contrib.auth.hashers import make_password
from factory.django import DjangoModelFactory

from accounts.models import Role, User
from capabilities.models import CapabilityType, Category, Edition, GenderTarget, Mission, Requirement
from conferences.models import (
    CoChair,
    Conference,
    Membership,
    MembershipRole,
    Participant,
    ParticipantKind,
    PreparatoryConference,
    PublishedTotal,
    RegionalGroup,
    Session,
)
from pledges.enums import (
    AssessedState,
    CaveatStage,
    Confidence,
    Confirmation,
    DocumentKind,
    EventKind,
    LineageKind,
    Match,
    Outcome,
    PartnerRole,
    ReadinessLevel,
    ReportedState,
    Status,
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
from pledges.references import ALPHABET

JOINED_AT = datetime(2025, 1, 1, 9, tzinfo=UTC)
# The steps of a factory pledge's life, each after the one before and all in the past.
DRAFTED_AT = datetime(2025, 3, 1, 9, tzinfo=UTC)
SUBMITTED_AT = datetime(2025, 4, 1, 9, tzinfo=UTC)
REGISTERED_AT = datetime(2025, 4, 15, 9, tzinfo=UTC)
ANNOUNCED_AT = datetime(2025, 5, 13, 9, tzinfo=UTC)
CLOSED_AT = datetime(2025, 9, 1, 9, tzinfo=UTC)

# Where rows of the public record come from.
SOURCE_TITLE = "Statement at the ministerial"
SOURCE_URL = "https://pledges.example/statement"


def read_taken(column: str) -> set[str]:
    """Return the codes of the real participants."""
    with (settings.RECORD_DIR / "participants.csv").open(newline="", encoding="utf-8") as opened:
        return {row[column] for row in csv.DictReader(opened)}


def free(codes: Any, column: str) -> list[str]:
    """Return those of `codes` that no real participant has."""
    taken = read_taken(column)
    return [code for code in codes if code not in taken]


# User-assigned codes of ISO 3166-1 begin with X; two-letter and numeric ones are picked from what is unassigned.
STATE_CODES = ["X" + "".join(letters) for letters in product(ascii_uppercase, repeat=2)]
ISO2_CODES = free(("".join(letters) for letters in product(ascii_uppercase, repeat=2)), "iso2")
M49_CODES = free((f"{number:03}" for number in range(1, 1000)), "m49")


# --- People -----------------------------------------------------------------------------------------------------------
class UserFactory(DjangoModelFactory):
    """A person of a delegation, in none yet. Sign in with `force_login`; a `password`, where given, is hashed."""

    class Meta:
        model = User

    username = factory.Sequence(lambda n: f"person-{n}")
    email = factory.LazyAttribute(lambda user: f"{user.username}@pledges.example")
    password = factory.Transformer(None, transform=make_password)
    role = Role.DELEGATION


class AnalystFactory(UserFactory):
    """Somebody who reads the API."""

    role = Role.ANALYST


class ReaderFactory(UserFactory):
    """Somebody of the Secretariat who reads only."""

    role = Role.READER


class OfficerFactory(UserFactory):
    """Somebody of the Secretariat who reviews and registers."""

    role = Role.OFFICER


class ManagerFactory(UserFactory):
    """Somebody of the Secretariat who announces."""

    role = Role.MANAGER


class AdministratorFactory(UserFactory):
    """Somebody of the Secretariat who keeps accounts."""

    role = Role.ADMINISTRATOR


# --- Conferences ------------------------------------------------------------------------------------------------------
class ParticipantFactory(DjangoModelFactory):
    """A member state."""

    class Meta:
        model = Participant
        django_get_or_create = ("code",)

    class Params:
        number = factory.Sequence(lambda n: n)

    code = factory.LazyAttribute(lambda state: STATE_CODES[state.number % len(STATE_CODES)])
    iso2 = factory.LazyAttribute(lambda state: ISO2_CODES[state.number % len(ISO2_CODES)])
    m49 = factory.LazyAttribute(lambda state: M49_CODES[state.number % len(M49_CODES)])
    kind = ParticipantKind.MEMBER_STATE
    name_en = factory.LazyAttribute(lambda participant: f"Participant {participant.code}")
    name_fr = name_es = name_ar = name_zh = name_ru = factory.SelfAttribute("name_en")
    name_source = "un"
    regional_group = RegionalGroup.WEOG
    un_member_since = 1960


class ObserverStateFactory(ParticipantFactory):
    """An observer state."""

    kind = ParticipantKind.OBSERVER_STATE
    regional_group = RegionalGroup.NONE
    un_member_since = None


class OrganizationFactory(ObserverStateFactory):
    """An organisation that can pledge."""

    kind = ParticipantKind.ORGANIZATION
    code = factory.Sequence(lambda n: f"ORG{n}")
    iso2 = m49 = ""


class SecretariatFactory(OrganizationFactory):
    """The Secretariat as host and co-chair; it cannot pledge."""

    kind = ParticipantKind.SECRETARIAT
    code = "UN"


class MembershipFactory(DjangoModelFactory):
    """A drafter's place in a delegation."""

    class Meta:
        model = Membership

    user = factory.SubFactory(UserFactory)
    participant = factory.SubFactory(ParticipantFactory)
    role = MembershipRole.DRAFTER
    started_at = JOINED_AT


def member_of(participant: Participant, role: str = MembershipRole.DRAFTER, **user: Any) -> User:
    """Return a new person with this role in the delegation; `user` names fields of the account."""
    return MembershipFactory(participant=participant, role=role, user=UserFactory(**user)).user


class ConferenceFactory(DjangoModelFactory):
    """A ministerial that is over."""

    class Meta:
        model = Conference
        django_get_or_create = ("slug",)

    slug = factory.Sequence(lambda n: f"conference-{n}")
    title = factory.LazyAttribute(lambda conference: f"Title of {conference.slug}")
    series = "ministerial"
    starts_on = date(2025, 5, 13)
    starts_on_precision = "day"
    ends_on = date(2025, 5, 14)
    ends_on_precision = "day"
    reference_prefix = "PKM25"


class CoChairFactory(DjangoModelFactory):
    """A participant's co-chairmanship."""

    class Meta:
        model = CoChair

    conference = factory.SubFactory(ConferenceFactory)
    participant = factory.SubFactory(ParticipantFactory)
    role = "co-chair"
    position = factory.Sequence(lambda n: n % 1000)


class PreparatoryConferenceFactory(DjangoModelFactory):
    """A preparatory conference of unknown days."""

    class Meta:
        model = PreparatoryConference

    key = factory.Sequence(lambda n: f"preparatory-{n}")
    conference = factory.SubFactory(ConferenceFactory)
    theme = "Safety and security"


class SessionFactory(DjangoModelFactory):
    """A session with a published title."""

    class Meta:
        model = Session

    conference = factory.SubFactory(ConferenceFactory)
    position = factory.Sequence(lambda n: n % 1000)
    title = "The future of peacekeeping"
    title_kind = "published"


class PublishedTotalFactory(DjangoModelFactory):
    """A figure as the UN published it."""

    class Meta:
        model = PublishedTotal

    conference = factory.SubFactory(ConferenceFactory)
    measure = "pledging-states"
    value = 74
    unit = "states"
    qualifier = "exact"
    counted_by = "UN"
    source_title = "Closing note"


# --- Capabilities -----------------------------------------------------------------------------------------------------
class CategoryFactory(DjangoModelFactory):
    """A family of things to count."""

    class Meta:
        model = Category
        django_get_or_create = ("code",)

    code = factory.Sequence(lambda n: f"category-{n}")
    name = factory.LazyAttribute(lambda category: f"Name of {category.code}")
    position = factory.Sequence(lambda n: n % 1000)


class CapabilityTypeFactory(DjangoModelFactory):
    """A registrable unit, counted in units."""

    class Meta:
        model = CapabilityType
        django_get_or_create = ("code",)

    code = factory.Sequence(lambda n: f"type-{n}")
    name = factory.LazyAttribute(lambda type: f"Name of {type.code}")
    category = factory.SubFactory(CategoryFactory)
    unit_of_measure = "unit"
    is_pcrs_registrable = True


class MissionFactory(DjangoModelFactory):
    """A running peacekeeping mission."""

    class Meta:
        model = Mission
        django_get_or_create = ("acronym",)

    acronym = factory.Sequence(lambda n: f"UNM{n}")
    name = factory.LazyAttribute(lambda mission: f"Mission {mission.acronym}")
    type = Mission.Type.PEACEKEEPING
    starts_on = date(2015, 3, 1)
    starts_on_precision = "month"


class EditionFactory(DjangoModelFactory):
    """A requirements paper."""

    class Meta:
        model = Edition
        django_get_or_create = ("name",)

    name = factory.Sequence(lambda n: f"Requirements paper {n}")
    published_on = date(2025, 1, 1)
    published_on_precision = "month"


class RequirementFactory(DjangoModelFactory):
    """An ask for eight units, counted as the type is."""

    class Meta:
        model = Requirement

    reference = factory.Sequence(lambda n: f"REQ-{n}")
    edition = factory.SubFactory(EditionFactory)
    capability_type = factory.SubFactory(CapabilityTypeFactory)
    quantity = 8
    unit = factory.SelfAttribute("capability_type.unit_of_measure")
    source_title = "Uniformed capability requirements"
    source_url = "https://pledges.example/requirements"


class GenderTargetFactory(DjangoModelFactory):
    """A stated target."""

    class Meta:
        model = GenderTarget

    category = factory.Sequence(lambda n: f"gender-category-{n}")
    year = 2025
    target_percent = 12
    source_url = "https://pledges.example/targets"


# --- Pledges ----------------------------------------------------------------------------------------------------------
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
            PledgeMissionFactory(pledge=self, mission=mission)

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


class RecordPledgeFactory(AnnouncedPledgeFactory):
    """An announced pledge of the public record."""

    author = None
    submitted_at = None
    source_title = SOURCE_TITLE
    source_url = SOURCE_URL
    source_confidence = Confidence.OFFICIAL
    record_key = factory.Sequence(lambda n: f"pledge-{n}")


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


class ReviewNoteFactory(DjangoModelFactory):
    """A word of the Secretariat on a whole pledge."""

    class Meta:
        model = ReviewNote

    pledge = factory.SubFactory(SubmittedPledgeFactory)
    text = "Say when the unit is available."
    author = factory.SubFactory(OfficerFactory)
