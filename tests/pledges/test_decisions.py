"""Two people announce and withdraw together, at the stated instant: never early, never alone, never by halves."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError

from config.celery import app
from pledges import tasks
from pledges.enums import Outcome, Status, Verdict
from pledges.errors import EditConflict, Incomplete, NeedsSecondPerson, NotAllowed, WrongStatus
from pledges.models import Decision, Lineage, Pledge, StatusChange
from pledges.services import (
    cancel,
    carry_out_due,
    confirm,
    decisions,
    merge_duplicates,
    propose,
    propose_merge,
    refuse,
)
from tests.concurrency import at_once
from tests.factories import (
    AnnouncedPledgeFactory,
    ManagerFactory,
    OfficerFactory,
    ReaderFactory,
    RegisteredPledgeFactory,
    member_of,
)

NOW = datetime(2025, 10, 1, 9, tzinfo=UTC)
LATER = NOW + timedelta(hours=6)
SECOND = timedelta(seconds=1)


def everyone_sees(at: datetime) -> set[str]:
    """The titles that a visitor sees at an instant."""
    return set(Pledge.objects.visible_to(AnonymousUser(), at=at).values_list("title", flat=True))


@pytest.fixture
def pledges(db: None) -> list[Pledge]:
    return [RegisteredPledgeFactory(title=title) for title in "ABC"]


@pytest.fixture
def proposal(pledges: list[Pledge]) -> Decision:
    """Three pledges that an officer proposes to announce six hours later."""
    return propose("announce", pledges, by=OfficerFactory(), at=NOW, takes_effect_at=LATER)


# --- Two people -------------------------------------------------------------------------------------------------------
def test_what_is_proposed_and_confirmed_by_another_is_announced_at_once(pledges: list[Pledge]) -> None:
    officer, manager = OfficerFactory(), ManagerFactory()
    decision = propose("announce", pledges, by=officer, at=NOW)
    assert everyone_sees(NOW) == set()
    confirm(decision, by=manager, at=NOW + SECOND)
    assert everyone_sees(NOW) == set()
    assert everyone_sees(NOW + SECOND) == {"A", "B", "C"}
    change = pledges[0].status_changes.get()
    assert (change.action, change.author, change.proposed_by) == ("announce", manager, officer)


def test_nobody_confirms_or_refuses_the_own_proposal(pledges: list[Pledge]) -> None:
    manager = ManagerFactory()
    decision = propose("announce", pledges, by=manager, at=NOW)
    for verdict in (confirm, partial(refuse, reason="No.")):
        with pytest.raises(NeedsSecondPerson):
            verdict(decision, by=manager, at=NOW)
    assert everyone_sees(LATER) == set()
    confirm(decision, by=ManagerFactory(), at=NOW)
    assert everyone_sees(NOW) == {"A", "B", "C"}


@pytest.mark.parametrize("make", [OfficerFactory, ReaderFactory])
def test_only_a_manager_confirms_or_refuses(proposal: Decision, make: Any) -> None:
    for verdict in (confirm, cancel, partial(refuse, reason="No.")):
        with pytest.raises(NotAllowed):
            verdict(proposal, by=make(), at=NOW)
    proposal.refresh_from_db()
    assert proposal.verdict == ""


def test_what_another_proposed_is_refused_with_a_reason_and_not_taken_back(proposal: Decision) -> None:
    with pytest.raises(WrongStatus, match="refuse it, and say why"):
        cancel(proposal, by=ManagerFactory(), at=NOW)
    cancel(proposal, by=proposal.proposed_by, at=NOW)
    proposal.refresh_from_db()
    assert proposal.verdict == Verdict.CANCELLED


def test_a_proposal_is_decided_once(proposal: Decision) -> None:
    confirm(proposal, by=ManagerFactory(), at=NOW)
    for verdict in (confirm, partial(refuse, reason="No.")):
        with pytest.raises(WrongStatus):
            verdict(proposal, by=ManagerFactory(), at=NOW)


def test_a_refused_proposal_has_a_reason_and_can_be_made_again(proposal: Decision, pledges: list[Pledge]) -> None:
    manager = ManagerFactory()
    with pytest.raises(Incomplete):
        refuse(proposal, by=manager, at=NOW, reason=" ")
    refused = refuse(proposal, by=manager, at=NOW, reason="One is missing.")
    assert (refused.verdict, refused.verdict_reason) == (Verdict.REFUSED, "One is missing.")
    assert carry_out_due(at=LATER) == 0
    assert propose("announce", pledges, by=OfficerFactory(), at=NOW).items.count() == 3


def test_a_pledge_waits_for_one_second_person_at_a_time(proposal: Decision, pledges: list[Pledge]) -> None:
    with pytest.raises(WrongStatus, match=pledges[1].reference):
        propose("announce", [RegisteredPledgeFactory(), pledges[1]], by=OfficerFactory(), at=NOW)
    assert Decision.objects.count() == 1


@pytest.mark.django_db
def test_an_announced_pledge_is_withdrawn_by_its_approver_and_a_manager() -> None:
    pledge = AnnouncedPledgeFactory()
    approver, manager = member_of(pledge.participant, "approver"), ManagerFactory()
    with pytest.raises(NotAllowed):
        propose("withdraw", [pledge], by=member_of(pledge.participant, "drafter"), at=NOW, reason="The budget is cut.")
    with pytest.raises(Incomplete):
        propose("withdraw", [pledge], by=approver, at=NOW)
    decision = propose("withdraw", [pledge], by=approver, at=NOW, reason="The budget is cut.")
    with pytest.raises(NotAllowed):
        confirm(decision, by=member_of(pledge.participant, "approver"), at=NOW)
    confirm(decision, by=manager, at=NOW)
    pledge.refresh_from_db()
    change = pledge.status_changes.get()
    assert (pledge.status, pledge.outcome) == (Status.CLOSED, "withdrawn")
    assert (change.author, change.proposed_by, change.reason) == (manager, approver, "The budget is cut.")


# --- Duplicates of what everyone sees ---------------------------------------------------------------------------------
@pytest.fixture
def twins(db: None) -> tuple[Pledge, Pledge]:
    """Two announced pledges of one participant: the one that is kept, and the one that is the same."""
    keep = AnnouncedPledgeFactory(title="Kept")
    return keep, AnnouncedPledgeFactory(title="The same", participant=keep.participant)


def test_an_announced_duplicate_is_merged_by_two_and_both_references_stay(twins: tuple[Pledge, Pledge]) -> None:
    keep, drop = twins
    officer, manager = OfficerFactory(), ManagerFactory()
    decision = propose_merge(keep=keep, drop=drop, reason="Sent twice.", by=officer, at=NOW)
    assert (decision.action, decision.kept) == ("merge", keep)
    assert not Lineage.objects.exists()
    confirm(decision, by=manager, at=NOW)
    drop.refresh_from_db()
    assert (drop.status, drop.outcome) == (Status.CLOSED, Outcome.SUPERSEDED)
    link = Lineage.objects.get()
    assert (link.later, link.earlier, link.kind) == (keep, drop, "supersedes")
    change = drop.status_changes.get()
    assert (change.action, change.author, change.proposed_by) == ("close", manager, officer)
    assert change.reason == "Sent twice."
    assert set(Pledge.objects.counted(among=Pledge.objects.all())) == {keep}
    assert everyone_sees(NOW) == {"Kept", "The same"}


def test_nobody_merges_alone_what_everyone_sees(twins: tuple[Pledge, Pledge]) -> None:
    keep, drop = twins
    manager = ManagerFactory()
    with pytest.raises(WrongStatus, match="two people"):
        merge_duplicates(keep=keep, drop=drop, reason="The same.", by=manager, at=NOW)
    decision = propose_merge(keep=keep, drop=drop, reason="The same.", by=manager, at=NOW)
    with pytest.raises(NeedsSecondPerson):
        confirm(decision, by=manager, at=NOW)
    with pytest.raises(NotAllowed):
        confirm(decision, by=OfficerFactory(), at=NOW)
    assert not StatusChange.objects.exists()


def test_what_is_no_pair_of_duplicates_is_not_proposed(twins: tuple[Pledge, Pledge]) -> None:
    keep, drop = twins
    hidden = RegisteredPledgeFactory(participant=keep.participant)
    for kept, by, expected in (
        (keep, ReaderFactory(), NotAllowed),
        (keep, member_of(keep.participant, "approver"), NotAllowed),
        (hidden, OfficerFactory(), WrongStatus),
        (drop, OfficerFactory(), WrongStatus),
        (AnnouncedPledgeFactory(), OfficerFactory(), WrongStatus),
    ):
        with pytest.raises(expected):
            propose_merge(keep=kept, drop=drop, reason="The same.", by=by, at=NOW)
    with pytest.raises(Incomplete):
        propose_merge(keep=keep, drop=drop, reason=" ", by=OfficerFactory(), at=NOW)
    Pledge.objects.filter(pk=keep.pk).update(title="Changed meanwhile")
    with pytest.raises(EditConflict):
        propose_merge(keep=keep, drop=drop, reason="The same.", by=OfficerFactory(), at=NOW)
    assert not Decision.objects.exists()


def test_a_pledge_that_may_end_is_not_kept_in_the_place_of_another(twins: tuple[Pledge, Pledge]) -> None:
    keep, drop = twins
    merge = propose_merge(keep=keep, drop=drop, reason="The same.", by=OfficerFactory(), at=NOW)
    end = propose("withdraw", [keep], by=member_of(keep.participant, "approver"), at=NOW, reason="It is the other one.")
    confirm(merge, by=ManagerFactory(), at=NOW)
    drop.refresh_from_db()
    refusal = "Two people are deciding whether the pledge that is kept ends: end that first."
    assert (drop.status, merge.items.get().problem) == (Status.REGISTERED, refusal)
    with pytest.raises(WrongStatus, match="kept ends"):
        propose_merge(keep=keep, drop=drop, reason="The same.", by=OfficerFactory(), at=NOW)
    confirm(end, by=ManagerFactory(), at=NOW)
    assert set(Pledge.objects.counted(among=Pledge.objects.all())) == {drop}


def test_a_renewal_that_is_kept_supersedes_what_it_renewed(twins: tuple[Pledge, Pledge]) -> None:
    keep, drop = twins
    Lineage.objects.create(later=keep, earlier=drop, kind="renews")
    confirm(
        propose_merge(keep=keep, drop=drop, reason="The same.", by=OfficerFactory(), at=NOW),
        by=ManagerFactory(),
        at=NOW,
    )
    assert Lineage.objects.get().kind == "supersedes"


def test_a_merge_whose_kept_pledge_has_ended_meanwhile_keeps_its_problem(twins: tuple[Pledge, Pledge]) -> None:
    keep, drop = twins
    decision = propose_merge(keep=keep, drop=drop, reason="The same.", by=OfficerFactory(), at=NOW)
    Pledge.objects.filter(pk=keep.pk).update(status=Status.CLOSED, outcome="not_delivered", closed_at=NOW)
    confirm(decision, by=ManagerFactory(), at=NOW)
    drop.refresh_from_db()
    assert drop.status == Status.REGISTERED
    assert decision.items.get().problem == "The pledge that is kept must be submitted or registered."
    assert not Lineage.objects.exists()


# --- The instant ------------------------------------------------------------------------------------------------------
def test_an_embargo_lifts_at_the_stated_instant_and_never_before(proposal: Decision, pledges: list[Pledge]) -> None:
    confirm(proposal, by=ManagerFactory(), at=NOW + SECOND)
    assert carry_out_due(at=LATER - SECOND) == 0
    assert everyone_sees(LATER) == set()
    assert carry_out_due(at=LATER) == 3
    assert everyone_sees(LATER - SECOND) == set()
    assert everyone_sees(LATER) == {"A", "B", "C"}
    assert carry_out_due(at=LATER) == 0
    assert [pledge.status_changes.count() for pledge in pledges] == [1, 1, 1]


def test_a_late_job_stamps_the_stated_instant(proposal: Decision, pledges: list[Pledge]) -> None:
    confirm(proposal, by=ManagerFactory(), at=NOW)
    carry_out_due(at=LATER + timedelta(minutes=10))
    pledges[0].refresh_from_db()
    assert pledges[0].announced_at == LATER


def test_what_is_confirmed_after_its_instant_takes_effect_then(proposal: Decision, pledges: list[Pledge]) -> None:
    confirmed_at = LATER + timedelta(hours=1)
    confirm(proposal, by=ManagerFactory(), at=confirmed_at)
    pledges[0].refresh_from_db()
    assert pledges[0].announced_at == confirmed_at


def test_what_nobody_confirmed_is_not_announced(proposal: Decision) -> None:
    assert carry_out_due(at=LATER) == 0
    assert everyone_sees(LATER) == set()


def test_a_confirmed_decision_is_stopped_before_its_instant_by_its_proposer_or_a_manager(
    pledges: list[Pledge],
) -> None:
    officer = OfficerFactory()
    for by in (officer, ManagerFactory()):
        decision = propose("announce", pledges, by=officer, at=NOW, takes_effect_at=LATER)
        confirm(decision, by=ManagerFactory(), at=NOW)
        cancel(decision, by=by, at=LATER - SECOND)
        assert carry_out_due(at=LATER) == 0
    assert everyone_sees(LATER) == set()


def test_the_job_looks_often_enough_to_lift_an_embargo_within_a_minute(pledges: list[Pledge]) -> None:
    entry = app.conf.beat_schedule["carry-out-decisions"]
    assert entry["task"] == tasks.carry_out_decisions.name
    assert entry["schedule"] <= 30
    before = datetime.now(UTC)
    decision = propose("announce", pledges, by=OfficerFactory(), at=before - SECOND)
    Decision.objects.filter(pk=decision.pk).update(verdict="confirmed", decided_by=ManagerFactory(), decided_at=before)
    tasks.carry_out_decisions()
    assert everyone_sees(datetime.now(UTC)) == {"A", "B", "C"}


# --- Many at once -----------------------------------------------------------------------------------------------------
def test_one_that_is_no_longer_ready_keeps_its_problem_and_the_others_go_ahead(
    proposal: Decision, pledges: list[Pledge]
) -> None:
    confirm(proposal, by=ManagerFactory(), at=NOW)
    Pledge.objects.filter(pk=pledges[1].pk).update(announced_at=NOW)
    assert carry_out_due(at=LATER) == 2
    problems = dict(proposal.items.values_list("pledge__title", "problem"))
    assert problems == {"A": "", "B": "This pledge is already announced.", "C": ""}


def test_a_decision_that_the_database_refuses_is_left_whole_and_holds_up_no_other(
    proposal: Decision, pledges: list[Pledge], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = RegisteredPledgeFactory(title="D")
    second = propose("announce", [other], by=OfficerFactory(), at=NOW, takes_effect_at=LATER)
    for decision in (proposal, second):
        confirm(decision, by=ManagerFactory(), at=NOW)
    step = decisions.apply_transition

    def fail_for_c(action: str, *, pledge: Pledge, **given: Any) -> Pledge:
        if pledge.title == "C":
            raise DatabaseError("no")
        return step(action, pledge=pledge, **given)

    monkeypatch.setattr(decisions, "apply_transition", fail_for_c)
    assert carry_out_due(at=LATER) == 1
    assert everyone_sees(LATER) == {"D"}  # neither A nor B without C
    monkeypatch.undo()
    assert carry_out_due(at=LATER) == 3


def test_more_than_a_request_can_wait_for_is_left_to_the_job(
    monkeypatch: pytest.MonkeyPatch, proposal: Decision
) -> None:
    monkeypatch.setattr(decisions, "AT_ONCE", 2)
    confirm(proposal, by=ManagerFactory(), at=LATER)
    assert everyone_sees(LATER) == set()
    assert carry_out_due(at=LATER) == 3


@pytest.mark.django_db(transaction=True)
def test_two_jobs_at_once_announce_once() -> None:
    pledge = RegisteredPledgeFactory()
    decision = propose("announce", [pledge], by=OfficerFactory(), at=NOW, takes_effect_at=LATER)
    confirm(decision, by=ManagerFactory(), at=NOW)
    assert sorted(at_once(pledge, [partial(carry_out_due, at=LATER)] * 2)) == [0, 1]
    assert pledge.status_changes.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_managers_who_decide_at_once_one_does() -> None:
    pledge = RegisteredPledgeFactory()
    decision = propose("announce", [pledge], by=OfficerFactory(), at=NOW)
    first, second = at_once(
        pledge,
        [
            partial(confirm, decision, by=ManagerFactory(), at=NOW),
            partial(refuse, decision, by=ManagerFactory(), at=NOW, reason="No."),
        ],
    )
    assert (first.verdict, type(second)) == (Verdict.CONFIRMED, WrongStatus)
    assert pledge.status_changes.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_propose_one_pledge_at_once_one_does() -> None:
    pledge = RegisteredPledgeFactory()
    made, refused = at_once(pledge, [partial(propose, "announce", [pledge], by=OfficerFactory(), at=NOW)] * 2)
    assert (type(made), type(refused)) == (Decision, WrongStatus)
