"""Rows for tests, in the states that a reader would name: `SubmittedPledgeFactory()`, `AnnouncedPledgeFactory()`.

Codes of made-up states are none of a real state's, so that rows can stand beside the real record.
"""

# ruff: noqa: F401
from tests.factories.beside import (
    AllocationFactory,
    AssessmentFactory,
    CaveatFactory,
    ConfirmedPartnerFactory,
    EvidenceFileFactory,
    LineageFactory,
    MilestoneFactory,
    PartnerFactory,
    PledgeMissionFactory,
    ProgressUpdateFactory,
    ReadinessFactory,
    RecordProgressUpdateFactory,
    ReviewNoteFactory,
    stored_file,
)
from tests.factories.capabilities import (
    CapabilityTypeFactory,
    CategoryFactory,
    EditionFactory,
    GenderTargetFactory,
    MissionFactory,
    RequirementFactory,
)
from tests.factories.conferences import (
    JOINED_AT,
    CoChairFactory,
    ConferenceFactory,
    HolidayFactory,
    InvitationFactory,
    MembershipFactory,
    ObserverStateFactory,
    OrganizationFactory,
    ParticipantFactory,
    PreparatoryConferenceFactory,
    PublishedTotalFactory,
    SecretariatFactory,
    SessionFactory,
    member_of,
)
from tests.factories.desk import (
    ClaimFactory,
    ConfirmedDecisionFactory,
    DecisionFactory,
    DecisionPledgeFactory,
    HandoverFactory,
    PresenceFactory,
)
from tests.factories.people import (
    AddressChangeFactory,
    AdministratorFactory,
    AnalystFactory,
    ManagerFactory,
    OfficerFactory,
    ReaderFactory,
    RoleGrantFactory,
    UserFactory,
)
from tests.factories.pledges import (
    ANNOUNCED_AT,
    CLOSED_AT,
    DRAFTED_AT,
    REGISTERED_AT,
    SOURCE_TITLE,
    SOURCE_URL,
    SUBMITTED_AT,
    AnnouncedPledgeFactory,
    ClosedPledgeFactory,
    DiscardedPledgeFactory,
    DraftPledgeFactory,
    PledgeFactory,
    RecordPledgeFactory,
    RegisteredPledgeFactory,
    ReturnedPledgeFactory,
    SubmittedPledgeFactory,
)
from tests.factories.progress import (
    MilestoneDependencyFactory,
    MilestoneExtensionFactory,
    MilestoneReopeningFactory,
    ProposedReportFactory,
    ReportLinkFactory,
    assessed,
)
