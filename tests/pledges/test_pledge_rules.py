"""The database keeps the rules of a pledge and of all that belongs to it, whoever writes."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, InternalError, transaction

from pledges.models import Allocation, Milestone, Partner, Pledge, StatusChange, Unread
from tests.factories import (
    REGISTERED_AT,
    SUBMITTED_AT,
    AllocationFactory,
    AnnouncedPledgeFactory,
    AssessmentFactory,
    CapabilityTypeFactory,
    CaveatFactory,
    ClaimFactory,
    ClosedPledgeFactory,
    ConfirmedDecisionFactory,
    ConfirmedPartnerFactory,
    DecisionFactory,
    DecisionPledgeFactory,
    DiscardedPledgeFactory,
    DraftPledgeFactory,
    EvidenceFileFactory,
    HandoverFactory,
    LineageFactory,
    MilestoneFactory,
    PartnerFactory,
    PledgeMissionFactory,
    PresenceFactory,
    ProgressUpdateFactory,
    ReadinessFactory,
    RecordPledgeFactory,
    RecordProgressUpdateFactory,
    RegisteredPledgeFactory,
    RequirementFactory,
    ReviewNoteFactory,
    SecretariatFactory,
    SessionFactory,
    SubmittedPledgeFactory,
    UserFactory,
)
from tests.factories.desk import PROPOSED_AT
from tests.rules import Its, Make, Rule, change, insert, refusal, run, update

pytestmark = pytest.mark.django_db

DAY = date(2025, 5, 13)
NOW = datetime(2025, 10, 1, tzinfo=UTC)
NEW = {"reference": "PKM25-22222", "record_key": None}


def manned() -> Pledge:
    """A pledge of persons and money."""
    return RegisteredPledgeFactory(personnel=100, women=100, amount=1000, currency="EUR")


def shared() -> Partner:
    """A share of one unit, ten persons and 100 euros in a pledge of four units, 100 persons and 1,000 euros."""
    return PartnerFactory(pledge=manned(), share_personnel=10, share_amount=100)


def other_partner() -> Partner:
    return PartnerFactory()


def unregistrable() -> Pledge:
    return RegisteredPledgeFactory(capability_type=CapabilityTypeFactory(is_pcrs_registrable=False))


def status_change() -> StatusChange:
    pledge = SubmittedPledgeFactory()
    return StatusChange.objects.create(
        pledge=pledge, action="submit", source="draft", target="submitted", author=pledge.author
    )


def elsewhere() -> Milestone:
    return MilestoneFactory()


WORDS = [
    change("pledge_kind_known", DraftPledgeFactory, kind="old"),
    change("pledge_match_known", DraftPledgeFactory, match="near"),
    change("pledge_status_known", SubmittedPledgeFactory, status="lost"),
    change("pledge_outcome_known", ClosedPledgeFactory, outcome="forgotten"),
    change("pledge_caveats_known", DraftPledgeFactory, caveats_known="perhaps"),
    change("pledge_declared_readiness_known", DraftPledgeFactory, declared_readiness="4"),
    change("pledge_commitment_known", DraftPledgeFactory, commitment="hoped"),
    change("pledge_confidence_known", RecordPledgeFactory, source_confidence="rumour"),
    change("partner_role_known", PartnerFactory, role="friend"),
    change("partner_confirmation_known", PartnerFactory, confirmation="maybe"),
    change("lineage_kind_known", LineageFactory, kind="resembles"),
    change("caveat_stage_known", CaveatFactory, stage="never"),
    change("progress_kind_known", RecordProgressUpdateFactory, kind="rumour"),
    change("progress_state_known", RecordProgressUpdateFactory, state="fine"),
    change("progress_confidence_known", RecordProgressUpdateFactory, source_confidence="rumour"),
    insert("assessment_state_known", AssessmentFactory, state="fine"),
    insert("assessment_confidence_known", AssessmentFactory, source_confidence="rumour"),
    insert("readiness_level_known", ReadinessFactory, level="4"),
    insert("readiness_confidence_known", ReadinessFactory, source_confidence="rumour"),
    change("file_kind_known", EvidenceFileFactory, kind="photo"),
    insert("status_change_source_known", status_change, source="lost"),
    insert("status_change_target_known", status_change, target="lost"),
    change("file_scan_state_known", EvidenceFileFactory, scan_state="fine"),
]
NUMBERS = [
    change("pledge_quantity_positive", DraftPledgeFactory, quantity=0),
    change("pledge_personnel_positive", DraftPledgeFactory, personnel=0),
    change("pledge_amount_positive", DraftPledgeFactory, amount=0, currency="EUR"),
    insert("pledge_amount_positive", DraftPledgeFactory, **NEW, amount=-1, currency="EUR"),
    change("pledge_women_within_personnel", DraftPledgeFactory, personnel=9, women=10),
    change("pledge_women_within_personnel", DraftPledgeFactory, women=1),
    change("pledge_women_within_personnel", manned, personnel=99),
    change("pledge_amount_with_currency", DraftPledgeFactory, amount=1),
    change("pledge_amount_with_currency", DraftPledgeFactory, currency="EUR"),
    change("pledge_amount_with_currency", manned, currency="euro"[:3]),
    change("pledge_quantity_with_unit_once_submitted", SubmittedPledgeFactory, unit=""),
    change("partner_share_quantity_positive", PartnerFactory, share_quantity=0),
    change("partner_share_personnel_positive", shared, share_personnel=0),
    change("partner_share_amount_positive", shared, share_amount=0),
    change("allocation_quantity_positive", AllocationFactory, quantity=0),
    change("progress_quantity_positive", RecordProgressUpdateFactory, delivered_quantity=0),
    insert("assessment_quantity_positive", AssessmentFactory, confirmed_quantity=0),
    change("file_not_empty", EvidenceFileFactory, size=0),
    change("pledge_courses_positive", DraftPledgeFactory, courses=0),
    change("pledge_places_positive", DraftPledgeFactory, places=0),
    change("pledge_places_for_women_percent", DraftPledgeFactory, places_for_women=10),
    change("pledge_places_for_women_percent", DraftPledgeFactory, places=9, places_for_women=101),
    change("pledge_fund_with_amount", DraftPledgeFactory, fund="Elsie Fund"),
    change("pledge_quality_with_rules", DraftPledgeFactory, quality_score=50),
    change("pledge_quality_with_rules", DraftPledgeFactory, quality_rules="1"),
    change("pledge_quality_with_rules", DraftPledgeFactory, quality_score=101, quality_rules="1"),
]
DATES = [
    change("pledge_deliver_from_dated", DraftPledgeFactory, deliver_from=DAY),
    change("pledge_deliver_by_dated", DraftPledgeFactory, deliver_by_precision="year"),
    change(
        "pledge_dates_in_order",
        DraftPledgeFactory,
        deliver_from=DAY,
        deliver_from_precision="day",
        deliver_by=DAY - timedelta(days=1),
        deliver_by_precision="day",
    ),
    change("caveat_dated", CaveatFactory, declared_on_precision=""),
    change("progress_dated", RecordProgressUpdateFactory, happened_on=None),
    insert("assessment_dated", AssessmentFactory, assessed_on_precision=""),
    insert("readiness_dated", ReadinessFactory, reached_on_precision=""),
    change("partner_confirmation_dated", PartnerFactory, confirmation="confirmed"),
    change("partner_confirmation_dated", PartnerFactory, confirmed_at=NOW),
    change("partner_confirmation_dated", ConfirmedPartnerFactory, confirmation="declined"),
]
LIFE = [
    change("pledge_submission_dated", DraftPledgeFactory, status="submitted"),
    change("pledge_registration_dated", SubmittedPledgeFactory, status="registered"),
    change("pledge_registration_dated", ClosedPledgeFactory, registered_at=None),
    change("pledge_registration_dated", DiscardedPledgeFactory, outcome="delivered"),
    change("pledge_registration_dated", DiscardedPledgeFactory, announced_at=NOW),
    change("pledge_registration_dated", RegisteredPledgeFactory, status="returned"),
    change("pledge_announced_once_registered", DraftPledgeFactory, announced_at=NOW),
    change("pledge_announced_once_registered", SubmittedPledgeFactory, announced_at=NOW),
    change("pledge_announced_once_registered", AnnouncedPledgeFactory, status="returned"),
    change("pledge_closed_with_outcome", RegisteredPledgeFactory, status="closed", closed_at=NOW),
    change("pledge_closed_with_outcome", RegisteredPledgeFactory, status="closed", outcome="delivered"),
    change("pledge_closed_with_outcome", RegisteredPledgeFactory, outcome="delivered"),
    change("pledge_closed_with_outcome", RegisteredPledgeFactory, closed_at=NOW),
    change("pledge_life_in_order", RegisteredPledgeFactory, registered_at=SUBMITTED_AT - timedelta(seconds=1)),
    change("pledge_life_in_order", AnnouncedPledgeFactory, announced_at=REGISTERED_AT - timedelta(seconds=1)),
    change("pledge_life_in_order", ClosedPledgeFactory, closed_at=REGISTERED_AT - timedelta(seconds=1)),
    change("pledge_complete_once_submitted", SubmittedPledgeFactory, title=""),
    change("pledge_complete_once_submitted", SubmittedPledgeFactory, description=""),
    change("pledge_complete_once_submitted", RecordPledgeFactory, category_id=None),
    change("pledge_match_with_type", DraftPledgeFactory, match="none"),
    change("pledge_match_with_type", DraftPledgeFactory, capability_type_id=None),
]
DESK = [
    change("decision_action_known", DecisionFactory, action="delete"),
    change("decision_verdict_known", ConfirmedDecisionFactory, verdict="perhaps"),
    change("decision_merge_names_what_is_kept", DecisionFactory, action="merge"),
    change("decision_merge_names_what_is_kept", DecisionFactory, kept_id=RegisteredPledgeFactory),
    change("decision_verdict_signed", DecisionFactory, verdict="refused"),
    change("decision_verdict_signed", DecisionFactory, decided_by_id=UserFactory),
    change("decision_verdict_signed", ConfirmedDecisionFactory, decided_at=PROPOSED_AT - timedelta(seconds=1)),
    change("decision_takes_two_people", ConfirmedDecisionFactory, decided_by_id=Its(lambda row: row.proposed_by_id)),
    change("decision_problem_ends_item", DecisionPledgeFactory, problem="Closed before."),
    insert("decision_open_once_per_pledge", DecisionPledgeFactory, decision_id=DecisionFactory),
    insert("decision_names_pledge_once", lambda: DecisionPledgeFactory(ended_at=NOW)),
    change("handover_dates_in_order", HandoverFactory, ended_at=REGISTERED_AT - timedelta(days=3650)),
    insert("handover_open_once", HandoverFactory),
    change("claim_runs_out", ClaimFactory, until=REGISTERED_AT),
    insert("pledges_claim_pledge_id_key", ClaimFactory),
    change("presence_runs_out", PresenceFactory, until=REGISTERED_AT),
    insert("presence_once_per_person", PresenceFactory),
    insert("announcement_was_proposed", status_change, action="announce"),
    insert("step_takes_two_people", status_change, proposed_by_id=Its(lambda row: row.author_id)),
    change("pledge_session_of_conference", DraftPledgeFactory, session_id=SessionFactory),
]
ORIGIN = [
    change("pledge_has_source_or_author", DraftPledgeFactory, author_id=None),
    insert("pledge_has_source_or_author", RecordPledgeFactory, **NEW, source_title=""),
    change("pledge_has_source_or_author", RecordPledgeFactory, source_url=""),
    change("pledge_has_source_or_author", RecordPledgeFactory, source_confidence=""),
    insert("progress_has_source_or_author", ProgressUpdateFactory, author_id=None),
    change("progress_has_source_or_author", RecordProgressUpdateFactory, source_url=""),
    insert("assessment_has_source_or_author", AssessmentFactory, author_id=None),
    insert("readiness_has_source_or_author", ReadinessFactory, author_id=None),
    insert("assessment_has_reason", AssessmentFactory, reason=""),
    insert("readiness_has_evidence", ReadinessFactory, evidence=""),
    change("allocation_has_reason", AllocationFactory, reason=""),
    change("milestone_has_title", MilestoneFactory, title=""),
    change("caveat_says_something", CaveatFactory, text=""),
    change("review_note_says_something", ReviewNoteFactory, text=""),
    change("file_sha256_form", EvidenceFileFactory, sha256="0" * 63),
]


def unread() -> Unread:
    """Words that could not be read."""
    return Unread.objects.create(pledge=DraftPledgeFactory(), field="quantity", parts=["a few"])


ONCE = [
    insert("pledges_pledge_reference_key", RecordPledgeFactory, record_key=None),
    insert("pledges_pledge_record_key_key", RecordPledgeFactory, reference="PKM25-22222"),
    insert("pledge_form_used_once", lambda: DraftPledgeFactory(form_key=uuid4()), **NEW),
    insert("partner_once_per_pledge", PartnerFactory, role="funder"),
    insert("mission_once_per_pledge", PledgeMissionFactory),
    insert("unread_once_per_field", unread),
    insert("lineage_once_per_pair", LineageFactory, kind="repeats"),
    insert("allocation_once_per_pair", AllocationFactory),
]
ONE_LEAD = [
    insert("pledge_lead_can_pledge", DraftPledgeFactory, **NEW, participant_id=SecretariatFactory),
    change("pledge_lead_can_pledge", DraftPledgeFactory, participant_id=SecretariatFactory),
    insert("pledge_lead_is_no_partner", PartnerFactory, participant_id=Its(lambda row: row.pledge.participant)),
    change("pledge_lead_is_no_partner", PartnerFactory, participant_id=Its(lambda row: row.pledge.participant)),
    change(
        "pledge_lead_is_no_partner",
        lambda: PartnerFactory().pledge,
        participant_id=Its(lambda pledge: pledge.partners.get().participant),
    ),
]
SUMS = [
    # Shares
    change("partner_shares_within_pledge", shared, share_quantity=5),
    change("partner_shares_within_pledge", shared, share_personnel=101),
    change("partner_shares_within_pledge", shared, share_amount=1001),
    change("partner_shares_within_pledge", lambda: shared().pledge, amount=99),
    change("partner_shares_within_pledge", lambda: shared().pledge, personnel=9, women=9),
    change("partner_shares_within_pledge", lambda: PartnerFactory(share_quantity=4).pledge, quantity=3),
    change("partner_shares_within_pledge", lambda: PartnerFactory().pledge, quantity=None),
    change("partner_shares_within_pledge", PartnerFactory, pledge_id=lambda: RegisteredPledgeFactory(quantity=None)),
    # Allocations
    change("allocations_within_pledge", AllocationFactory, quantity=5),
    change("allocations_within_pledge", lambda: AllocationFactory(quantity=4).pledge, quantity=3),
    change("allocations_within_pledge", lambda: AllocationFactory().pledge, quantity=None),
    insert("allocations_within_pledge", AllocationFactory, requirement_id=RequirementFactory, quantity=4),
]
KINDS = [
    insert("allocation_unit_compatible", AllocationFactory, requirement_id=lambda: RequirementFactory(unit="person")),
    change("allocation_unit_compatible", AllocationFactory, requirement_id=lambda: RequirementFactory(unit="person")),
    change("allocation_unit_compatible", lambda: AllocationFactory().pledge, match="broader"),
    change("allocation_unit_compatible", lambda: AllocationFactory().pledge, capability_type_id=CapabilityTypeFactory),
    insert("readiness_only_registrable", ReadinessFactory, pledge_id=unregistrable),
    insert(
        "readiness_only_registrable",
        ReadinessFactory,
        pledge_id=lambda: RegisteredPledgeFactory(capability_type=None, quantity=None),
    ),
    change(
        "readiness_only_registrable",
        lambda: ReadinessFactory().pledge,
        capability_type_id=lambda: CapabilityTypeFactory(is_pcrs_registrable=False),
    ),
    change("readiness_only_registrable", lambda: ReadinessFactory().pledge, capability_type_id=None, match="none"),
]
BELONGING = [
    change("lineage_without_loop", LineageFactory, earlier_id=Its(lambda row: row.later)),
    insert(
        "lineage_without_loop",
        LineageFactory,
        later_id=Its(lambda row: row.earlier),
        earlier_id=Its(lambda row: LineageFactory(later=row.later).later),
    ),
    change("milestone_partner_of_same_pledge", MilestoneFactory, partner_id=other_partner),
    change("progress_partner_of_same_pledge", RecordProgressUpdateFactory, partner_id=other_partner),
    change("progress_milestone_of_same_pledge", RecordProgressUpdateFactory, milestone_id=elsewhere),
    change("file_update_of_same_pledge", EvidenceFileFactory, progress_update_id=ProgressUpdateFactory),
]
RULES = WORDS + NUMBERS + DATES + LIFE + DESK + ORIGIN + ONCE + ONE_LEAD + SUMS + KINDS + BELONGING


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_database_refuses(rule: Rule) -> None:
    assert refusal(rule) == rule.constraint


@pytest.mark.parametrize(
    ("make", "column"),
    [
        (status_change, "reason"),
        (ProgressUpdateFactory, "text"),
        (AssessmentFactory, "reason"),
        (ReadinessFactory, "evidence"),
    ],
    ids=["status change", "report", "assessment", "readiness"],
)
def test_what_a_person_stated_stays_as_stated(make: Make, column: str) -> None:
    row = make()
    table = row._meta.db_table
    for statement in (f"UPDATE {table} SET {column} = 'Otherwise.'", f"DELETE FROM {table}"):
        with pytest.raises(InternalError, match="Cannot update or delete rows"), transaction.atomic():
            run(f"{statement} WHERE id = %s", [row.pk])
    assert getattr(type(row).objects.get(), column) == getattr(row, column)


def test_what_a_public_source_tells_may_be_corrected() -> None:
    row = RecordProgressUpdateFactory()
    update(row, {"text": "Two companies, not one."})
    row.delete()
    assert row.pk is None


def test_a_whole_pledge_may_be_shared_and_allocated() -> None:
    pledge = RegisteredPledgeFactory(quantity=4)
    PartnerFactory(pledge=pledge, share_quantity=3)
    PartnerFactory(pledge=pledge, share_quantity=1)
    AllocationFactory(pledge=pledge, quantity=3)
    AllocationFactory(pledge=pledge, quantity=1)
    with pytest.raises(IntegrityError):
        PartnerFactory(pledge=pledge, share_quantity=1)


def test_a_declined_share_counts_for_nothing_until_it_is_taken_up_again() -> None:
    pledge = RegisteredPledgeFactory(quantity=4)
    declined = PartnerFactory(pledge=pledge, share_quantity=4, confirmation="declined")
    PartnerFactory(pledge=pledge, share_quantity=4)
    again = change("partner_shares_within_pledge", lambda: declined, confirmation="awaited")
    assert refusal(again) == again.constraint


def test_a_refused_allocation_needs_no_units() -> None:
    refused = AllocationFactory(
        pledge=RegisteredPledgeFactory(quantity=None), requirement=RequirementFactory(unit="person"), quantity=None
    )
    assert Allocation.objects.get() == refused


def test_a_line_of_pledges_may_branch_but_not_turn_back() -> None:
    first, second, third = RegisteredPledgeFactory.create_batch(3)
    LineageFactory(later=second, earlier=first)
    LineageFactory(later=third, earlier=first)
    last = LineageFactory(later=third, earlier=second)
    back = insert("lineage_without_loop", lambda: last, later_id=first.pk, earlier_id=third.pk)
    assert refusal(back) == back.constraint


def test_a_lineage_may_be_turned_round() -> None:
    row = LineageFactory()
    row.later, row.earlier = row.earlier, row.later
    row.save()
    assert row.later.descends_from.get() == row


@pytest.mark.parametrize(
    ("make", "column"), [(DraftPledgeFactory, "participant_id"), (MilestoneFactory, "pledge_id")], ids=str
)
def test_a_pledge_has_a_lead_and_what_belongs_to_it_a_pledge(make: Make, column: str) -> None:
    row = make()
    with pytest.raises(IntegrityError, match="not-null"), transaction.atomic():
        update(row, {column: None})
