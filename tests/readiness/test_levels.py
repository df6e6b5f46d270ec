"""Levels are recorded in their order, with what they take, or with an exception that says why not; and lowered with a
reason (manual for the generation and deployment of units, chapter 3)."""

from datetime import date, timedelta
from typing import Any

import pytest

from pledges.enums import DocumentKind, ScanState, VisitKind
from pledges.errors import Incomplete, NotAllowed, WrongStatus
from pledges.models import EvidenceFile, Pledge, Readiness
from pledges.readiness import last_day_to_arrive, missing, standing_of, steps
from pledges.services.readiness import record_level, request_deployment
from tests.factories import CapabilityTypeFactory, ClosedPledgeFactory, ReadinessFactory, RegisteredPledgeFactory
from tests.factories.readiness import (
    RegistrationFactory,
    UnitAgreementFactory,
    UnitStatementFactory,
    VisitedUnitFactory,
)
from tests.readiness.conftest import NOW, TODAY, People, add_documents, make_ready, pass_visit


def record(unit: Pledge, level: str, by: Any, **said: Any) -> Readiness:
    """Record a level today."""
    values = {"reached_on": TODAY, "evidence": "Letter of the planning cell.", "at": NOW}
    return record_level(pledge=unit, level=level, by=by, **(values | said))


def lacking(unit: Pledge, level: str, on: date = TODAY) -> list[str]:
    return missing(standing_of(unit), level, on=on)


def test_level_1_takes_an_accepted_registration_the_note_verbale_and_the_annexes(unit: Pledge) -> None:
    assert lacking(unit, "1") == [
        "The registration is not recorded.",
        "No document: Note verbale.",
        "No document: Table of organisation.",
        "No document: Equipment list.",
        "No document: Self-sustainment.",
    ]
    entry = RegistrationFactory(pledge=unit, accepted_on=None)
    add_documents(unit, without=DocumentKind.EQUIPMENT_LIST)
    assert lacking(unit, "1") == ["The registration is not accepted.", "No document: Equipment list."]
    entry.accepted_on = TODAY
    entry.save()
    assert lacking(unit, "1", date(2026, 11, 19)) == [
        "The registration is not accepted.",
        "No document: Equipment list.",
    ]
    assert lacking(unit, "1") == ["No document: Equipment list."]


@pytest.mark.parametrize("state", [ScanState.INFECTED, ScanState.QUARANTINED])
def test_a_document_in_quarantine_is_none(unit: Pledge, state: str) -> None:
    RegistrationFactory(pledge=unit)
    add_documents(unit)
    assert lacking(unit, "1") == []
    EvidenceFile.objects.filter(kind=DocumentKind.NOTE_VERBALE).update(scan_state=state)
    assert lacking(unit, "1") == ["No document: Note verbale."]


def test_level_2_takes_level_1_and_a_passed_assessment_visit(unit: Pledge) -> None:
    held = "Not held yet: Assessment and advisory visit."
    assert lacking(unit, "2") == ["Level 1 is not recorded.", held]
    ReadinessFactory(pledge=unit, level="1", reached_on=date(2025, 7, 1))
    VisitedUnitFactory(pledge=unit)
    pass_visit(unit, VisitKind.VERIFICATION)
    assert lacking(unit, "2") == [held]
    pass_visit(unit, held_on=date(2025, 9, 1))
    assert lacking(unit, "2", date(2025, 8, 31)) == [held]
    assert lacking(unit, "2") == []


def test_the_last_visit_that_saw_the_unit_decides(unit: Pledge) -> None:
    ReadinessFactory(pledge=unit, level="1", reached_on=date(2025, 7, 1))
    pass_visit(unit)
    VisitedUnitFactory(pledge=unit, visit__held_on=date(2026, 2, 3), is_passed=False, to_mend="Generators.")
    VisitedUnitFactory(pledge=unit, visit__held_on=date(2026, 5, 3))
    assert lacking(unit, "2") == ["Not passed on 3 February 2026: Assessment and advisory visit."]
    pass_visit(unit, held_on=date(2026, 9, 1))
    assert lacking(unit, "2") == []


def test_level_3_takes_an_open_match_to_a_statement_that_stands(unit: Pledge) -> None:
    ReadinessFactory(pledge=unit, level="2")
    assert lacking(unit, "3") == ["It is matched to no statement of unit requirements."]
    UnitAgreementFactory(pledge=unit, ended_on=date(2025, 12, 1))
    assert lacking(unit, "3") == ["It is matched to no statement of unit requirements."]
    match = UnitAgreementFactory(pledge=unit)
    assert lacking(unit, "3") == []
    UnitStatementFactory(
        capability_type=unit.capability_type, replaces=match.statement, issued_on=date(2026, 3, 1), note="More trucks."
    )
    assert lacking(unit, "3") == ["Its requirements changed on 1 March 2026: match it anew."]
    assert lacking(unit, "3", on=date(2026, 2, 28)) == []


def test_rdl_takes_a_passed_verification_visit_and_a_signed_agreement(unit: Pledge) -> None:
    ReadinessFactory(pledge=unit, level="3")
    UnitAgreementFactory(pledge=unit)
    unsigned = "The rapid deployment agreement is not signed."
    assert lacking(unit, "rdl") == ["Not held yet: Verification visit.", unsigned]
    pass_visit(unit, VisitKind.VERIFICATION)
    assert lacking(unit, "rdl") == [unsigned]
    unit.agreements.update(signed_on=TODAY)
    assert lacking(unit, "rdl") == []
    UnitStatementFactory(
        capability_type=unit.capability_type, replaces=unit.agreements.get().statement, issued_on=TODAY, note="Trucks."
    )
    assert lacking(unit, "rdl") == [f"Its requirements changed on {TODAY:%-d %B %Y}: match it anew."]


def test_a_level_recorded_after_the_request_for_a_day_before_it_sets_its_clock(unit: Pledge, people: People) -> None:
    make_ready(unit)
    request_deployment(pledge=unit, requested_on=TODAY, by=people.officer, at=NOW)
    clock = unit.deployment_requests.get
    assert last_day_to_arrive(clock()) is None
    for level in ("1", "2", "3", "rdl"):
        record(unit, level, people.officer)
    assert last_day_to_arrive(clock()) == TODAY + timedelta(days=60)
    record(unit, "3", people.officer, lowered_because="Entered by mistake.")
    assert last_day_to_arrive(clock()) is None


def test_a_level_is_lowered_again_on_the_day_on_which_it_rose_again(unit: Pledge, people: People) -> None:
    make_ready(unit)
    lowered = {"level": "1", "by": people.officer, "lowered_because": "The unit was disbanded."}
    record(unit, "1", people.officer, reached_on=TODAY - timedelta(days=30))
    for said in ({"level": "2", "by": people.officer}, lowered, {"level": "2", "by": people.officer}, lowered, lowered):
        record(unit, **said)
    unit.refresh_from_db()
    assert unit.readiness_level == "1"
    assert [row.level for row in unit.readiness.filter(reached_on=TODAY)] == ["1", "2", "1", "2"]


def test_a_level_of_an_earlier_day_said_twice_is_one(unit: Pledge, people: People) -> None:
    make_ready(unit)
    before = TODAY - timedelta(days=30)
    record(unit, "1", people.officer, reached_on=before)
    record(unit, "2", people.officer)
    assert record(unit, "1", people.officer, reached_on=before) == unit.readiness.get(level="1")


def test_a_unit_rises_level_by_level(unit: Pledge, people: People) -> None:
    make_ready(unit)
    assert [(step.level, step.missing) for step in steps(standing_of(unit), on=TODAY)] == [
        ("1", []),
        ("2", ["Level 1 is not recorded."]),
        ("3", ["Level 2 is not recorded."]),
        ("rdl", ["Level 3 is not recorded."]),
    ]
    for level in ("1", "2", "3", "rdl"):
        record(unit, level, people.officer)
        unit.refresh_from_db()
        assert unit.readiness_level == level
    assert steps(standing_of(unit), on=TODAY) == []
    assert [(row.author, row.exception) for row in unit.readiness.all()] == [(people.officer, "")] * 4


def test_what_is_missing_is_said_and_a_level_recorded_all_the_same_is_an_exception(
    unit: Pledge, people: People
) -> None:
    RegistrationFactory(pledge=unit)
    add_documents(unit)
    with pytest.raises(Incomplete) as refused:
        record(unit, "2", people.officer)
    assert "Level 1 is not recorded. Not held yet: Assessment and advisory visit." in refused.value.fields["exception"]
    assert not Readiness.objects.exists()
    row = record(unit, "2", people.officer, exception="Seen by the mission in the field.")
    assert row.exception == "Seen by the mission in the field."


def test_an_exception_is_for_what_is_missing_alone(unit: Pledge, people: People) -> None:
    make_ready(unit)
    with pytest.raises(Incomplete) as refused:
        record(unit, "1", people.officer, exception="To be safe.")
    assert set(refused.value.fields) == {"exception"}
    with pytest.raises(Incomplete) as refused:
        record(unit, "1", people.officer, lowered_because="To be safe.")
    assert set(refused.value.fields) == {"lowered_because"}


def test_lowering_takes_a_reason_and_nothing_else(unit: Pledge, people: People) -> None:
    ReadinessFactory(pledge=unit, level="3", reached_on=date(2026, 1, 5))
    with pytest.raises(Incomplete) as refused:
        record(unit, "2", people.officer)
    assert set(refused.value.fields) == {"lowered_because"}
    with pytest.raises(Incomplete) as refused:
        record(unit, "2", people.officer, lowered_because="The unit was disbanded.", exception="x")
    assert set(refused.value.fields) == {"exception"}
    record(unit, "2", people.officer, lowered_because="The unit was disbanded.")
    unit.refresh_from_db()
    assert unit.readiness_level == "2"


def test_a_level_is_not_put_before_a_lower_one_that_gives_no_reason(unit: Pledge, people: People) -> None:
    ReadinessFactory(pledge=unit, level="1", reached_on=date(2026, 1, 5))
    with pytest.raises(Incomplete) as refused:
        record(unit, "2", people.officer, reached_on=date(2025, 12, 1), exception="Inspected at home.")
    assert refused.value.fields == {"reached_on": "Level 1 is recorded on 5 January 2026: enter a later day."}


@pytest.mark.parametrize(
    ("said", "field"),
    [({"evidence": "  "}, "evidence"), ({"reached_on": date(2026, 11, 21)}, "reached_on")],
)
def test_a_level_has_evidence_and_a_day_that_has_come(
    unit: Pledge, people: People, said: dict[str, Any], field: str
) -> None:
    make_ready(unit)
    with pytest.raises(Incomplete) as refused:
        record(unit, "1", people.officer, **said)
    assert set(refused.value.fields) == {field}


def test_a_level_sent_twice_is_one(unit: Pledge, people: People) -> None:
    make_ready(unit)
    assert record(unit, "1", people.officer) == record(unit, "1", people.officer)


def test_only_officers_keep_levels_and_only_of_live_registrable_pledges(unit: Pledge, people: People) -> None:
    make_ready(unit)
    for person in (people.drafter, people.viewer, people.reader, people.analyst, people.other):
        with pytest.raises(NotAllowed):
            record(unit, "1", person)
    for pledge in (
        ClosedPledgeFactory(),
        RegisteredPledgeFactory(capability_type=CapabilityTypeFactory(is_pcrs_registrable=False)),
    ):
        with pytest.raises(WrongStatus):
            record(pledge, "1", people.officer)


def test_history_knows_who_recorded_a_level(unit: Pledge, people: People) -> None:
    make_ready(unit)
    row: Any = record(unit, "1", people.officer)
    assert row.events.get().pgh_context["actor"] == people.officer.pk
