"""The database keeps the rules of participants, delegations and conferences, whoever writes."""

from datetime import UTC, date, datetime

import pytest

from conferences.models import ConferenceSource, CrossCuttingTheme, OutcomeDocument, Priority, SideEvent
from tests.factories import (
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
    UserFactory,
)
from tests.rules import Rule, change, insert, refusal

pytestmark = pytest.mark.django_db

DAY = date(2025, 5, 13)
BEFORE = date(2025, 5, 12)
MEMBER_STATE = {"kind": "member_state", "regional_group": "WEOG", "un_member_since": 1960}


def theme() -> CrossCuttingTheme:
    return CrossCuttingTheme.objects.create(conference=ConferenceFactory(), position=1, name="Women")


def side_event() -> SideEvent:
    return SideEvent.objects.create(conference=ConferenceFactory(), position=1, title="Exhibition")


def document() -> OutcomeDocument:
    return OutcomeDocument.objects.create(conference=ConferenceFactory(), position=1, title="Summary", kind="summary")


def source() -> ConferenceSource:
    return ConferenceSource.objects.create(conference=ConferenceFactory(), position=1, title="Chair's summary")


def priority() -> Priority:
    return Priority.objects.create(framework="A4P+", code="coherence", name="Coherence", position=1)


RULES = [
    change("holiday_has_name", HolidayFactory, name=""),
    insert("conferences_holiday_day_key", HolidayFactory),
    # Who is asked into a delegation
    change("invitation_role_known", InvitationFactory, role="guest"),
    change("invitation_language_known", InvitationFactory, language="tlh"),
    change(
        "invitation_accepted_by_somebody_or_revoked", InvitationFactory, accepted_at=datetime(2025, 6, 1, tzinfo=UTC)
    ),
    change("invitation_accepted_by_somebody_or_revoked", InvitationFactory, accepted_by_id=UserFactory),
    insert("invitation_waits_once", InvitationFactory),
    # What a participant is
    change("participant_kind_known", ParticipantFactory, kind="company"),
    change("participant_group_known", ParticipantFactory, regional_group="Nordic"),
    change("participant_member_state_is_a_state", OrganizationFactory, **MEMBER_STATE),
    change("participant_member_state_is_a_state", OrganizationFactory, **MEMBER_STATE, iso2="A1", m49="001"),
    change("participant_member_state_is_a_state", OrganizationFactory, **MEMBER_STATE, iso2="ZZ", m49="AU"),
    insert("participant_member_state_is_a_state", OrganizationFactory, **MEMBER_STATE, code="NEW", name_en="New"),
    change("participant_member_state_is_a_state", ParticipantFactory, un_member_since=None),
    change("participant_member_state_is_a_state", ParticipantFactory, regional_group="none"),
    change("participant_only_member_states_in_groups", OrganizationFactory, regional_group="WEOG"),
    change("participant_only_member_states_in_groups", ObserverStateFactory, un_member_since=1960),
    change("participant_organization_without_state_codes", OrganizationFactory, iso2="ZZ"),
    change("participant_organization_without_state_codes", SecretariatFactory, m49="999"),
    change("participant_organization_without_state_codes", ObserverStateFactory, iso2=""),
    insert("participant_iso2_once", ParticipantFactory, code="NEW", name_en="New", m49="999"),
    insert("participant_m49_once", ParticipantFactory, code="NEW", name_en="New", iso2="ZZ"),
    insert("conferences_participant_pkey", ParticipantFactory, name_en="New", iso2="ZZ", m49="999"),
    insert("conferences_participant_name_en_key", ParticipantFactory, code="NEW", iso2="ZZ", m49="999"),
    # Who is in a delegation
    change("membership_role_known", MembershipFactory, role="king"),
    change("membership_dates_in_order", MembershipFactory, ended_at=datetime(2024, 1, 1, tzinfo=UTC)),
    insert("membership_open_once", MembershipFactory),
    # Conferences
    change("conference_series_known", ConferenceFactory, series="picnic"),
    change("conference_days_in_order", ConferenceFactory, ends_on=BEFORE),
    change(
        "conference_window_in_order",
        ConferenceFactory,
        window_opens_at=datetime(2025, 1, 1, tzinfo=UTC),
        window_closes_at=datetime(2025, 1, 1, tzinfo=UTC),
    ),
    change("conference_cycle_positive", ConferenceFactory, reporting_cycle_months=0),
    change("conference_reference_prefix_form", ConferenceFactory, reference_prefix="pkm25"),
    change("conference_reference_prefix_form", ConferenceFactory, reference_prefix=""),
    change("conference_starts_dated", ConferenceFactory, starts_on_precision=""),
    change("conference_ends_dated", ConferenceFactory, ends_on_precision="week"),
    # What surrounds them
    change("co_chair_role_known", CoChairFactory, role="guest"),
    insert("co_chair_once_per_conference", CoChairFactory, position=1001),
    change("preparatory_starts_dated", PreparatoryConferenceFactory, starts_on=DAY),
    change("preparatory_ends_dated", PreparatoryConferenceFactory, ends_on_precision="day"),
    change("preparatory_days_in_order", PreparatoryConferenceFactory, ends_on=DAY, ends_on_precision="day"),
    change(
        "preparatory_days_in_order",
        PreparatoryConferenceFactory,
        starts_on=DAY,
        starts_on_precision="day",
        ends_on=BEFORE,
        ends_on_precision="day",
    ),
    change("session_title_kind_known", SessionFactory, title_kind="guessed"),
    change("session_dated", SessionFactory, day=DAY),
    insert("session_position_once", SessionFactory, title="Another"),
    insert("theme_once_per_conference", theme, position=2),
    insert("side_event_position_once", side_event, title="Another"),
    change("side_event_starts_dated", side_event, starts_on=DAY),
    change("side_event_ends_dated", side_event, ends_on_precision="month"),
    change(
        "side_event_days_in_order",
        side_event,
        starts_on=DAY,
        starts_on_precision="day",
        ends_on=BEFORE,
        ends_on_precision="day",
    ),
    insert("outcome_document_position_once", document, title="Another"),
    change("outcome_document_dated", document, dated_on=DAY),
    insert("conference_source_position_once", source, title="Another"),
    change("conference_source_dated", source, dated_on_precision="year"),
    insert("priority_once_per_framework", priority, position=2),
    # Figures as published
    insert("published_total_once", PublishedTotalFactory),
    change("published_total_qualifier_known", PublishedTotalFactory, qualifier="roughly"),
    change("published_total_dated", PublishedTotalFactory, published_on=DAY),
    change("published_total_has_counter_and_source", PublishedTotalFactory, counted_by=""),
    change("published_total_has_counter_and_source", PublishedTotalFactory, source_title=""),
]


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_database_refuses(rule: Rule) -> None:
    assert refusal(rule) == rule.constraint


def test_membership_that_ended_may_begin_again() -> None:
    former = MembershipFactory(ended_at=datetime(2025, 6, 1, tzinfo=UTC))
    again = MembershipFactory(user=former.user, participant=former.participant, role=former.role)
    assert again.pk != former.pk
