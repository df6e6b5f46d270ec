"""The database keeps the rules of the readiness system, whoever writes."""

from datetime import date

import pytest
from django.db import InternalError, transaction

from pledges.models import DeploymentRequest, ProgressUpdate, Readiness
from tests.factories import (
    SOURCE_TITLE,
    SOURCE_URL,
    CapabilityTypeFactory,
    ReadinessFactory,
    RecordProgressUpdateFactory,
    RegisteredPledgeFactory,
)
from tests.factories.readiness import (
    DeploymentRequestFactory,
    RegistrationFactory,
    RenewalFactory,
    UnitAgreementFactory,
    UnitStatementFactory,
    VariationFactory,
    VisitedUnitFactory,
    VisitFactory,
)
from tests.rules import Its, Rule, change, insert, refusal, run

pytestmark = pytest.mark.django_db

EARLY, LATE = date(2020, 1, 1), date(2030, 1, 1)
RECORD = {
    "author_id": None,
    "source_title": SOURCE_TITLE,
    "source_url": SOURCE_URL,
    "source_confidence": "official",
}


def of_no_registrable_type() -> int:
    """A pledge of a type that the readiness system does not take."""
    return RegisteredPledgeFactory(capability_type=CapabilityTypeFactory(is_pcrs_registrable=False)).pk


def level_3() -> Readiness:
    return ReadinessFactory(level="3", reached_on=date(2025, 8, 1))


def unnamed() -> ProgressUpdate:
    """What the public record tells, without a number of persons; such a row may be corrected."""
    return RecordProgressUpdateFactory()


def ended_request() -> DeploymentRequest:
    """A request that was cancelled, to a unit that passed a visit on 1 September 2025 and did not pass the next one, on
    3 February 2026."""
    row: DeploymentRequest = DeploymentRequestFactory(cancelled_on=LATE)
    VisitedUnitFactory(pledge=row.pledge, visit__held_on=date(2025, 9, 1), is_passed=True)
    VisitedUnitFactory(pledge=row.pledge, visit__held_on=date(2026, 2, 3), is_passed=False, to_mend="Generators.")
    return row


def another_of_its_lead() -> Its:
    """A pledge of the participant that a visit goes to, of a type that the readiness system does not take."""
    kind = CapabilityTypeFactory.create
    return Its(
        lambda unit: RegisteredPledgeFactory(
            participant=unit.pledge.participant, capability_type=kind(is_pcrs_registrable=False)
        )
    )


RULES = [
    insert("pledges_registration_pledge_id_key", RegistrationFactory),
    change("registration_days_in_order", RegistrationFactory, acknowledged_on=EARLY),
    change("registration_days_in_order", RegistrationFactory, accepted_on=date(2025, 5, 4)),
    change("registration_days_in_order", lambda: RegistrationFactory(acknowledged_on=None), accepted_on=EARLY),
    change("readiness_only_registrable", RegistrationFactory, pledge_id=of_no_registrable_type),
    insert("renewal_once_a_day", RenewalFactory),
    change("visit_kind_known", VisitFactory, kind="courtesy"),
    change("visit_held_or_cancelled", lambda: VisitFactory(held_on=EARLY), cancelled_on=LATE),
    insert("visit_covers_a_unit_once", VisitedUnitFactory),
    change("visit_failed_says_what_to_mend", VisitedUnitFactory, is_passed=False),
    change("visit_mends_what_was_named", VisitedUnitFactory, mended_on=LATE),
    change("visit_of_lead", VisitedUnitFactory, pledge_id=RegisteredPledgeFactory),
    change("visit_of_lead", VisitedUnitFactory, visit_id=VisitFactory),
    change("readiness_only_registrable", VisitedUnitFactory, pledge_id=another_of_its_lead()),
    insert("unit_statement_version_once", UnitStatementFactory),
    change("unit_statement_has_title_and_version", UnitStatementFactory, title=""),
    change("unit_statement_has_title_and_version", UnitStatementFactory, version=""),
    insert(
        "pledges_unitstatement_replaces_id_key",
        lambda: UnitStatementFactory(replaces=UnitStatementFactory()),
        version="another",
    ),
    change("agreement_days_in_order", UnitAgreementFactory, signed_on=EARLY),
    change("agreement_days_in_order", UnitAgreementFactory, ended_on=EARLY),
    insert("agreement_open_once", UnitAgreementFactory),
    change("agreement_of_same_type", UnitAgreementFactory, statement_id=UnitStatementFactory),
    change("readiness_only_registrable", UnitAgreementFactory, pledge_id=of_no_registrable_type),
    change("variation_says_something", VariationFactory, text=""),
    change("variation_days_in_order", VariationFactory, accepted_on=EARLY),
    change("deployment_days_in_order", DeploymentRequestFactory, arrived_on=EARLY),
    change("deployment_days_in_order", DeploymentRequestFactory, cancelled_on=EARLY),
    change("deployment_arrived_or_cancelled", DeploymentRequestFactory, arrived_on=LATE, cancelled_on=LATE),
    insert("deployment_open_once", DeploymentRequestFactory),
    change("readiness_only_registrable", DeploymentRequestFactory, pledge_id=of_no_registrable_type),
    insert("deployment_chosen_after_visit", ended_request, exception="", requested_on=date(2025, 8, 31)),
    insert("deployment_chosen_after_visit", ended_request, exception=" ", requested_on=date(2026, 2, 3)),
    insert("readiness_dated_by_its_author", ReadinessFactory, reached_on=None, reached_on_precision=""),
    change("progress_women_within_personnel", unnamed, women=1),
    insert("progress_women_within_personnel", unnamed, personnel=10, women=11, record_key=None),
    insert("readiness_lowered_with_reason", level_3, level="2", record_key=None),
    insert("readiness_lowered_with_reason", level_3, level="1", reached_on=LATE, record_key=None),
    insert("readiness_lowered_with_reason", level_3, level="2", lowered_because="  ", record_key=None),
]


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_the_database_refuses(rule: Rule) -> None:
    assert refusal(rule) == rule.constraint


def test_a_renewal_stays_as_it_was_given() -> None:
    row = RenewalFactory()
    for statement in ("UPDATE pledges_renewal SET renewed_on = now()", "DELETE FROM pledges_renewal"):
        with pytest.raises(InternalError), transaction.atomic():
            run(f"{statement} WHERE id = %s", [row.pk])


@pytest.mark.parametrize("day", [date(2025, 9, 1), date(2026, 2, 2)])
def test_a_unit_whose_last_visit_was_passed_is_requested_without_an_exception(day: date) -> None:
    DeploymentRequestFactory(pledge=ended_request().pledge, requested_on=day, exception="")


def test_a_level_is_lowered_with_a_reason_and_then_counts() -> None:
    row = level_3()
    ReadinessFactory(pledge=row.pledge, level="2", reached_on=LATE, lowered_because="The vehicles were sold.")
    row.pledge.refresh_from_db()
    assert row.pledge.readiness_level == "2"


def test_an_earlier_level_may_be_added_afterwards() -> None:
    row = level_3()
    ReadinessFactory(pledge=row.pledge, level="1", reached_on=EARLY)
    row.pledge.refresh_from_db()
    assert row.pledge.readiness_level == "3"


def test_the_public_record_may_state_a_lower_level_later() -> None:
    row = level_3()
    ReadinessFactory(pledge=row.pledge, level="1", reached_on=LATE, author=None, **without_author())
    row.pledge.refresh_from_db()
    assert row.pledge.readiness_level == "1"


def without_author() -> dict[str, str]:
    return {name: value for name, value in RECORD.items() if value is not None}


def test_a_level_of_an_unknown_day_comes_before_all_others() -> None:
    pledge = RegisteredPledgeFactory()
    undated = {"reached_on": None, "reached_on_precision": ""}
    ReadinessFactory(pledge=pledge, level="3", author=None, **undated, **without_author())
    lower = insert("readiness_lowered_with_reason", lambda: ReadinessFactory(pledge=pledge, level="3"), level="2")
    assert refusal(lower) == lower.constraint
