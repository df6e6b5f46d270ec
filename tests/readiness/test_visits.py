"""Visits cover several units of one participant; a replaced statement flags the agreements that rest on it."""

from datetime import date
from typing import Any

import pytest

from dashboards.readiness import agreement_rows
from pledges.enums import VisitKind
from pledges.errors import EditConflict, Incomplete, NotAllowed, WrongStatus
from pledges.models import DeploymentRequest, Pledge, UnitAgreement, UnitStatement, Visit
from pledges.readiness import changed_on, flagged
from pledges.readiness_page import readiness_section
from pledges.services.readiness import (
    accept_variation,
    cancel_request,
    match_statement,
    propose_variation,
    request_deployment,
    sign_agreement,
)
from pledges.services.visits import Result, cancel_visit, found, hold_visit, issue_statement, note_mended, plan_visit
from tests.factories import CapabilityTypeFactory, ClosedPledgeFactory, RegisteredPledgeFactory
from tests.factories.readiness import UnitAgreementFactory, UnitStatementFactory, VisitedUnitFactory
from tests.readiness.conftest import NOW, TODAY, People, pass_visit

PLANNED = date(2026, 12, 1)
HELD = date(2026, 11, 10)


def plan(people: People, *units: Pledge, **said: Any) -> Visit:
    """Plan an assessment visit."""
    values: dict[str, Any] = {"kind": VisitKind.ASSESSMENT, "participant": people.lead, "planned_on": PLANNED}
    return plan_visit(**(values | {"pledges": units, "by": people.officer, "at": NOW} | said))


def hold(people: People, visit: Visit, *results: Result, **said: Any) -> Visit:
    """Record what a visit found, unit by unit."""
    by_unit = dict(zip(visit.units.values_list("pk", flat=True), results, strict=False))
    return hold_visit(**({"visit": visit, "held_on": HELD, "results": by_unit, "by": people.officer, "at": NOW} | said))


def test_a_visit_covers_several_units_with_a_result_each(people: People, unit: Pledge) -> None:
    second, third = RegisteredPledgeFactory.create_batch(2, participant=people.lead)
    visit = plan(people, unit, second, third)
    hold(people, visit, Result(True), Result(False, "Generators are missing."), Result(None))
    assert list(visit.units.values_list("pledge", "is_passed", "to_mend")) == [
        (unit.pk, True, ""),
        (second.pk, False, "Generators are missing."),
        (third.pk, None, ""),
    ]
    row = note_mended(unit=visit.units.get(pledge=second), mended_on=TODAY, by=people.officer, at=NOW)
    assert (row.mended_on, row.is_passed) == (TODAY, False)


def test_a_visit_planned_twice_is_one(people: People, unit: Pledge) -> None:
    second = RegisteredPledgeFactory(participant=people.lead)
    visit = plan(people, unit, second)
    assert plan(people, second, unit) == visit
    assert plan(people, unit) != visit


def test_a_visit_goes_to_live_units_of_one_participant(people: People, unit: Pledge) -> None:
    of_another = RegisteredPledgeFactory()
    no_unit = RegisteredPledgeFactory(
        participant=people.lead, capability_type=CapabilityTypeFactory(is_pcrs_registrable=False)
    )
    for wrong in ((unit, of_another), (unit, no_unit), ()):
        with pytest.raises(Incomplete) as refused:
            plan(people, *wrong)
        assert set(refused.value.fields) == {"pledges"}
    with pytest.raises(WrongStatus):
        plan(people, unit, ClosedPledgeFactory(participant=people.lead))
    assert not Visit.objects.exists()


def test_what_did_not_pass_says_what_to_mend(people: People, unit: Pledge) -> None:
    visit = plan(people, unit)
    key = visit.units.get().pk
    with pytest.raises(Incomplete) as refused:
        hold(people, visit, Result(False))
    assert set(refused.value.fields) == {f"to_mend_{key}"}
    for results in ((), (Result(None),)):
        with pytest.raises(Incomplete) as refused:
            hold(people, visit, *results)
        assert set(refused.value.fields) == {"held_on"}
    with pytest.raises(Incomplete):
        hold(people, visit, Result(True), held_on=PLANNED)


def test_what_a_visit_found_is_corrected_but_not_over_another_correction(people: People, unit: Pledge) -> None:
    visit = plan(people, unit)
    was = found(visit)
    hold(people, visit, Result(False, "Generators."), was=was)
    note_mended(unit=visit.units.get(), mended_on=TODAY, by=people.officer, at=NOW)
    with pytest.raises(EditConflict):
        hold(people, visit, Result(True), was=was)
    hold(people, visit, Result(False, "Generators."))
    assert visit.units.get().mended_on == TODAY
    hold(people, visit, Result(False, "Generators and water."))
    assert visit.units.get().mended_on is None


def test_a_visit_is_cancelled_with_a_reason_until_it_is_held(people: People, unit: Pledge) -> None:
    said = {"by": people.officer, "at": NOW, "cancelled_on": TODAY, "reason": "The road is closed."}
    held = hold(people, plan(people, unit), Result(True))
    with pytest.raises(WrongStatus):
        cancel_visit(visit=held, **said)
    visit = plan(people, unit, planned_on=TODAY)
    with pytest.raises(Incomplete):
        cancel_visit(visit=visit, **(said | {"reason": " "}))
    assert cancel_visit(visit=visit, **said).note == "The road is closed."
    with pytest.raises(WrongStatus):
        hold(people, visit, Result(True))


def test_only_officers_keep_visits_statements_and_agreements(people: People, unit: Pledge) -> None:
    visit, statement = plan(people, unit), UnitStatementFactory(capability_type=unit.capability_type)
    for person in (people.drafter, people.reader, people.analyst, people.other):
        said: dict[str, Any] = {"by": person, "at": NOW}
        for act in (
            lambda said=said: plan(people, unit, **said),
            lambda said=said: hold(people, visit, Result(True), **said),
            lambda said=said: cancel_visit(visit=visit, cancelled_on=TODAY, reason="No.", **said),
            lambda said=said: match_statement(pledge=unit, statement=statement, matched_on=TODAY, **said),
            lambda said=said: sign_agreement(pledge=unit, signed_on=TODAY, **said),
            lambda said=said: propose_variation(pledge=unit, text="Less.", proposed_on=TODAY, **said),
            lambda said=said: request_deployment(pledge=unit, requested_on=TODAY, **said),
            lambda said=said: cancel_request(pledge=unit, cancelled_on=TODAY, reason="No.", **said),
            lambda said=said: issue(unit, **said),
        ):
            with pytest.raises(NotAllowed):
                act()
    assert (Visit.objects.count(), UnitStatement.objects.count(), UnitAgreement.objects.count()) == (1, 1, 0)


def issue(unit: Pledge, **said: Any) -> UnitStatement:
    """Issue a statement for the type of a unit."""
    values: dict[str, Any] = {"title": "Utility helicopter unit", "version": "2026.1", "issued_on": date(2026, 3, 1)}
    return issue_statement(capability_type=unit.capability_type, **(values | said))


def test_a_replaced_statement_flags_the_agreements_on_it_until_they_are_matched_anew(
    people: People, unit: Pledge
) -> None:
    said: dict[str, Any] = {"by": people.officer, "at": NOW}
    old = UnitStatementFactory(capability_type=unit.capability_type)
    agreement = match_statement(pledge=unit, statement=old, matched_on=date(2026, 1, 5), **said)
    ended = UnitAgreementFactory(statement=old, pledge__capability_type=unit.capability_type, ended_on=TODAY)
    closed = UnitAgreementFactory(pledge=ClosedPledgeFactory(capability_type=unit.capability_type), statement=old)
    assert not flagged(UnitAgreement.objects.all()).exists()
    new = issue(unit, replaces=old, note="More trucks.", **said)
    assert [(row, row.changed_on) for row in flagged(UnitAgreement.objects.all())] == [(agreement, date(2026, 3, 1))]
    assert changed_on(UnitAgreement.objects.get(pk=agreement.pk)) == date(2026, 3, 1)
    with pytest.raises(Incomplete):
        match_statement(pledge=RegisteredPledgeFactory(capability_type=unit.capability_type), statement=old,
                        matched_on=TODAY, **said)  # fmt: skip
    fresh = match_statement(pledge=unit, statement=new, matched_on=date(2026, 4, 1), **said)
    assert not flagged(UnitAgreement.objects.all()).exists()
    agreement.refresh_from_db()
    assert (agreement.ended_on, fresh.ended_on) == (date(2026, 4, 1), None)
    assert {ended.ended_on, closed.ended_on} == {TODAY, None}


def test_a_signed_agreement_stays_flagged_until_it_is_signed_on_the_new_requirements(
    people: People, unit: Pledge
) -> None:
    """A match that nobody has signed is no agreement on what changed."""
    said: dict[str, Any] = {"by": people.officer, "at": NOW}
    old = UnitStatementFactory(capability_type=unit.capability_type)
    match_statement(pledge=unit, statement=old, matched_on=date(2026, 1, 5), **said)
    sign_agreement(pledge=unit, signed_on=date(2026, 1, 20), **said)
    new = issue(unit, replaces=old, note="More trucks.", **said)
    fresh = match_statement(pledge=unit, statement=new, matched_on=date(2026, 4, 1), **said)
    assert [(row, row.changed_on) for row in flagged(UnitAgreement.objects.all())] == [(fresh, date(2026, 3, 1))]
    assert [row.pk for row in agreement_rows(people.officer, TODAY, {"only": "flagged"})] == [unit.pk]
    assert readiness_section(unit, people.officer, insider=True)["changed_on"] == date(2026, 3, 1)
    assert readiness_section(unit, people.officer, insider=True)["can_sign"]
    sign_agreement(pledge=unit, signed_on=date(2026, 4, 9), **said)
    assert not flagged(UnitAgreement.objects.all()).exists()
    assert not agreement_rows(people.officer, TODAY, {"only": "flagged"})
    assert readiness_section(unit, people.officer, insider=True)["changed_on"] is None


def test_a_statement_replaces_the_one_that_stands_and_says_what_changed(people: People, unit: Pledge) -> None:
    said: dict[str, Any] = {"by": people.officer, "at": NOW}
    first = issue(unit, **said)
    for wrong, field in (
        ({"version": "2026.1"}, "version"),
        ({"version": "2", "replaces": first}, "note"),
        ({"version": "2", "replaces": first, "note": "x", "issued_on": date(2026, 2, 1)}, "issued_on"),
        ({"version": "2", "replaces": UnitStatementFactory(), "note": "x"}, "replaces"),
        ({"version": "2", "issued_on": date(2026, 12, 1)}, "issued_on"),
        ({"version": "2", "title": " "}, "title"),
    ):
        with pytest.raises(Incomplete) as refused:
            issue(unit, **said, **wrong)
        assert set(refused.value.fields) == {field}
    issue(unit, version="2", replaces=first, note="More trucks.", **said)
    with pytest.raises(Incomplete) as refused:
        issue(unit, version="3", replaces=first, note="Fewer trucks.", **said)
    assert set(refused.value.fields) == {"replaces"}


def test_variations_and_signature_belong_to_the_open_agreement(people: People, unit: Pledge) -> None:
    said: dict[str, Any] = {"pledge": unit, "by": people.officer, "at": NOW}
    with pytest.raises(WrongStatus):
        sign_agreement(**said, signed_on=TODAY)
    with pytest.raises(WrongStatus):
        propose_variation(**said, text="Three helicopters.", proposed_on=TODAY)
    old = UnitStatementFactory(capability_type=unit.capability_type)
    match_statement(**said, statement=old, matched_on=date(2026, 1, 5))
    row = propose_variation(**said, text="Three helicopters.", proposed_on=date(2026, 1, 6))
    assert propose_variation(**said, text="Three helicopters.", proposed_on=TODAY) == row
    with pytest.raises(Incomplete):
        accept_variation(variation=row, accepted_on=date(2026, 1, 5), by=people.officer, at=NOW)
    assert accept_variation(variation=row, accepted_on=TODAY, by=people.officer, at=NOW).accepted_on == TODAY
    with pytest.raises(Incomplete):
        sign_agreement(**said, signed_on=date(2026, 1, 4))
    assert sign_agreement(**said, signed_on=date(2026, 2, 1)).signed_on == date(2026, 2, 1)
    new = issue(unit, replaces=old, note="More trucks.", by=people.officer, at=NOW)
    match_statement(**said, statement=new, matched_on=date(2026, 4, 1))
    late = propose_variation(**said, text="Fewer trucks.", proposed_on=TODAY)
    assert late.agreement.statement == new


def test_nothing_is_signed_on_requirements_that_changed(people: People, unit: Pledge) -> None:
    agreement = UnitAgreementFactory(pledge=unit)
    issue(unit, replaces=agreement.statement, note="More trucks.", by=people.officer, at=NOW)
    with pytest.raises(WrongStatus):
        sign_agreement(pledge=unit, signed_on=TODAY, by=people.officer, at=NOW)


def test_no_unit_is_chosen_without_a_passed_assessment_visit_but_by_exception(people: People, unit: Pledge) -> None:
    def ask(on: date = TODAY, **said: Any) -> DeploymentRequest:
        return request_deployment(pledge=unit, requested_on=on, by=people.officer, at=NOW, **said)

    def is_refused(on: date = TODAY, **said: Any) -> str:
        with pytest.raises(Incomplete) as refused:
            ask(on, **said)
        return refused.value.fields["exception"]

    assert "Not held yet: Assessment and advisory visit." in is_refused()
    pass_visit(unit, VisitKind.VERIFICATION)
    assert "Not held yet: Assessment and advisory visit." in is_refused(exception="  ")
    pass_visit(unit, held_on=date(2026, 9, 1))
    assert "Not held yet" in is_refused(date(2026, 8, 31))
    assert is_refused(exception="In haste.") == "Leave this empty: nothing is missing."
    VisitedUnitFactory(pledge=unit, visit__held_on=date(2026, 10, 1), is_passed=False, to_mend="Generators.")
    assert "Not passed on 1 October 2026" in is_refused()
    assert ask(date(2026, 9, 30)).exception == ""
    cancel_request(pledge=unit, cancelled_on=TODAY, reason="Another unit goes.", by=people.officer, at=NOW)
    assert ask(exception=" The generators are bought. ").exception == "The generators are bought."


def test_a_request_is_cancelled_with_a_reason(people: People, unit: Pledge) -> None:
    pass_visit(unit)
    said: dict[str, Any] = {"pledge": unit, "by": people.officer, "at": NOW}
    request_deployment(**said, requested_on=date(2026, 11, 1), note="For the rains.")
    with pytest.raises(Incomplete):
        cancel_request(**said, cancelled_on=TODAY, reason="")
    row = cancel_request(**said, cancelled_on=TODAY, reason="Another unit goes.")
    assert (row.cancelled_on, row.note) == (TODAY, "For the rains.\nAnother unit goes.")
