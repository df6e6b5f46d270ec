"""The life of a pledge: who can take which step from where, and what a step leaves behind."""

from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from django.db import transaction

from pledges.enums import Outcome, Status
from pledges.errors import Incomplete, NeedsSecondPerson, NotAllowed, WrongStatus
from pledges.models import Pledge, StatusChange
from pledges.transitions import TRANSITIONS, apply_transition, possible_actions
from tests.factories import (
    AnnouncedPledgeFactory,
    ClosedPledgeFactory,
    DecisionPledgeFactory,
    DiscardedPledgeFactory,
    DraftPledgeFactory,
    HandoverFactory,
    LineageFactory,
    ManagerFactory,
    OfficerFactory,
    RegisteredPledgeFactory,
    ReturnedPledgeFactory,
    ReviewNoteFactory,
    SubmittedPledgeFactory,
    UserFactory,
    assessed,
    member_of,
)
from tests.pledges.conftest import Cast

pytestmark = pytest.mark.django_db

NOW = datetime(2025, 10, 1, 9, tzinfo=UTC)
WORDS = {"reason": "Say when.", "outcome": Outcome.OVERTAKEN}
ACTORS = {
    "submit": {"approver", "deputy"},
    "return": {"officer", "manager"},
    "register": {"officer", "manager"},
    "recall": {"approver", "deputy"},
    "announce": {"officer", "manager"},
    "withdraw": {"approver", "deputy", "manager"},
    "close": {"officer", "manager"},
    "discard": {"approver", "deputy"},  # of a draft its drafter too
}
# Each state a pledge can be in, and the steps that lead on from it.
STATES = {
    "draft": (DraftPledgeFactory, {"submit", "discard"}),
    "submitted": (SubmittedPledgeFactory, {"recall", "return", "register"}),
    "returned": (ReturnedPledgeFactory, {"submit", "discard"}),
    "registered": (RegisteredPledgeFactory, {"return", "announce", "withdraw", "close"}),
    "announced": (AnnouncedPledgeFactory, {"withdraw", "close"}),
    "closed": (ClosedPledgeFactory, set()),
    "closed under embargo": (partial(ClosedPledgeFactory, announced_at=None), {"announce"}),
    "discarded": (DiscardedPledgeFactory, set()),
}
TAKES_TWO = {("announce", "registered"), ("announce", "closed under embargo"), ("withdraw", "announced")}


class Undo(Exception):
    """Takes back what was tried."""


def attempt(action: str, pledge: Pledge, by: Any) -> str:
    """Return "done" or the name of the refusal; a step that was taken is taken back."""
    try:
        with transaction.atomic():
            apply_transition(action, pledge=pledge, by=by, at=NOW, **WORDS)
            raise Undo
    except Undo:
        return "done"
    except (NeedsSecondPerson, NotAllowed, WrongStatus) as refusal:
        return type(refusal).__name__


def expected(action: str, person: str, state: str) -> str:
    if person not in ACTORS[action] and (person, action, state) != ("drafter", "discard", "draft"):
        return "NotAllowed"
    if action not in STATES[state][1]:
        return "WrongStatus"
    return "NeedsSecondPerson" if (action, state) in TAKES_TWO else "done"


def stored(pledge: Pledge) -> dict[str, Any]:
    return Pledge.objects.filter(pk=pledge.pk).values().get()


def test_the_table_is_the_life_of_a_pledge() -> None:
    assert {name: ([*step.sources], step.target) for name, step in TRANSITIONS.items() if len(step.sources) == 1} == {
        "register": ([Status.SUBMITTED], Status.REGISTERED),
        "recall": ([Status.SUBMITTED], Status.DRAFT),
        "withdraw": ([Status.REGISTERED], Status.CLOSED),
        "close": ([Status.REGISTERED], Status.CLOSED),
    }
    assert TRANSITIONS["submit"].sources == {Status.DRAFT, Status.RETURNED}
    assert TRANSITIONS["submit"].target == Status.SUBMITTED
    assert TRANSITIONS["return"].sources == {Status.SUBMITTED, Status.REGISTERED}
    assert TRANSITIONS["return"].target == Status.RETURNED
    assert TRANSITIONS["discard"].sources == {Status.DRAFT, Status.RETURNED}
    assert TRANSITIONS["discard"].target == Status.CLOSED
    assert TRANSITIONS["announce"].sources == {Status.REGISTERED, Status.CLOSED}
    assert TRANSITIONS["announce"].target is None


@pytest.mark.parametrize("state", STATES)
def test_each_person_takes_their_steps_and_no_others(cast: Cast, state: str) -> None:
    make, _steps = STATES[state]
    pledge = cast.join_partners(make(participant=cast.lead, conference=cast.conference))
    assessed(pledge, WORDS["outcome"])
    before = stored(pledge)
    tried = {
        name: {action: attempt(action, pledge, user) for action in TRANSITIONS} for name, user in cast.people.items()
    }
    assert tried == {name: {action: expected(action, name, state) for action in TRANSITIONS} for name in cast.people}
    assert stored(pledge) == before
    assert not StatusChange.objects.exists()
    offered = {name: possible_actions(pledge, user) for name, user in cast.people.items()}
    assert offered == {
        name: [action for action, result in results.items() if result in {"done", "NeedsSecondPerson"}]
        for name, results in tried.items()
    }


@pytest.mark.parametrize(
    ("action", "make"), [("announce", RegisteredPledgeFactory), ("withdraw", AnnouncedPledgeFactory)]
)
def test_two_people_must_not_be_one(action: str, make: Any) -> None:
    pledge, manager, other = make(), ManagerFactory(), ManagerFactory()
    officer, approver = OfficerFactory(), member_of(pledge.participant, "approver")
    step = {"pledge": pledge, "at": NOW, "reason": "Because."}
    for by, proposed_by in [(manager, None), (manager, manager)]:
        with pytest.raises(NeedsSecondPerson):
            apply_transition(action, **step, by=by, proposed_by=proposed_by)
    proposer = officer if action == "announce" else approver
    for by, proposed_by in [(proposer, other), (manager, UserFactory()), (OfficerFactory(), other)]:
        with pytest.raises(NotAllowed):
            apply_transition(action, **step, by=by, proposed_by=proposed_by)
    apply_transition(action, **step, by=manager, proposed_by=proposer)
    change = pledge.status_changes.get()
    assert (change.author, change.proposed_by) == (manager, proposer)


def test_what_is_withdrawn_counts_nowhere() -> None:
    pledge = RegisteredPledgeFactory()
    by = member_of(pledge.participant, "approver")
    withdrawn = apply_transition("withdraw", pledge=pledge, by=by, at=NOW, reason="The budget was cut.")
    assert (withdrawn.status, withdrawn.outcome) == ("closed", "withdrawn")
    with pytest.raises(WrongStatus, match="stays private"):
        apply_transition("announce", pledge=pledge, by=ManagerFactory(), proposed_by=OfficerFactory(), at=NOW)
    assert not Pledge.objects.counted(Pledge.objects.all()).filter(pk=pledge.pk).exists()


def test_a_step_of_its_life_ends_the_hand_over() -> None:
    draft = HandoverFactory(created_at=NOW).pledge
    apply_transition("submit", pledge=draft, by=member_of(draft.participant, "approver"), at=NOW)
    assert [handover.ended_at for handover in draft.handovers.all()] == [NOW]


SCORED = {"quality_score": 17, "quality_rules": "1"}  # one of six ingredients: number and unit


@pytest.mark.parametrize(
    ("action", "make", "after"),
    [
        ("submit", DraftPledgeFactory, {"status": "submitted", "submitted_at": NOW} | SCORED),
        ("submit", ReturnedPledgeFactory, {"status": "submitted", "submitted_at": NOW} | SCORED),
        ("return", SubmittedPledgeFactory, {"status": "returned"}),
        ("return", RegisteredPledgeFactory, {"status": "returned", "registered_at": None}),
        ("discard", DraftPledgeFactory, {"status": "closed", "closed_at": NOW, "outcome": "withdrawn"}),
        ("discard", ReturnedPledgeFactory, {"status": "closed", "closed_at": NOW, "outcome": "withdrawn"}),
        ("register", SubmittedPledgeFactory, {"status": "registered", "registered_at": NOW}),
        ("announce", RegisteredPledgeFactory, {"announced_at": NOW}),
        (
            "close",
            AnnouncedPledgeFactory,
            {"status": "closed", "closed_at": NOW, "outcome": "overtaken"},
        ),
        ("recall", SubmittedPledgeFactory, {"status": "draft"}),
        ("withdraw", RegisteredPledgeFactory, {"status": "closed", "closed_at": NOW, "outcome": "withdrawn"}),
    ],
)
def test_a_step_changes_this_and_nothing_else(action: str, make: Any, after: dict[str, Any]) -> None:
    pledge = make()
    of_delegation = action in {"submit", "recall", "discard"}
    by = member_of(pledge.participant, "approver") if of_delegation else ManagerFactory()
    proposed_by = OfficerFactory() if action == "announce" else None
    if action == "close":
        assessed(pledge, WORDS["outcome"])
    before = stored(pledge)
    returned = apply_transition(action, pledge=pledge, by=by, proposed_by=proposed_by, at=NOW, **WORDS)
    changed = {name: value for name, value in stored(pledge).items() if before[name] != value}
    moved = {"dated_at": NOW} if action == "announce" else {}
    assert changed == after | moved | {"version": before["version"] + 1, "updated_at": NOW}
    assert stored(returned) == Pledge.objects.filter(pk=pledge.pk).values().get()
    assert returned.status == after.get("status", "registered")


def test_a_step_is_written_once_with_who_when_and_why() -> None:
    pledge, officer = SubmittedPledgeFactory(), OfficerFactory()
    apply_transition("return", pledge=pledge, by=officer, at=NOW, reason="Say when.")
    (change,) = StatusChange.objects.values("pledge", "action", "source", "target", "reason", "author", "created_at")
    assert change == {
        "pledge": pledge.pk,
        "action": "return",
        "source": "submitted",
        "target": "returned",
        "reason": "Say when.",
        "author": officer.pk,
        "created_at": NOW,
    }


def test_history_tells_the_step_with_who_and_why() -> None:
    pledge, officer = SubmittedPledgeFactory(), OfficerFactory()
    apply_transition("return", pledge=pledge, by=officer, at=NOW, reason="Say when.")
    step = pledge.events.filter(pgh_label="update").get()
    assert (step.status, step.pgh_context["actor"], step.pgh_context["reason"]) == ("returned", officer.pk, "Say when.")


@pytest.mark.parametrize(
    ("missing", "fields"),
    [
        ({"title": ""}, {"title"}),
        ({"title": "  "}, {"title"}),
        ({"description": ""}, {"description"}),
        ({"capability_type": None, "category": None, "quantity": None}, {"category"}),
        ({"capability_type": None, "unit": ""}, {"capability_type"}),
        (
            {"title": "", "description": "", "capability_type": None, "category": None, "quantity": None},
            {"title", "description", "category"},
        ),
    ],
)
def test_an_incomplete_pledge_is_not_submitted_and_all_that_is_missing_is_named(
    missing: dict[str, Any], fields: set[str]
) -> None:
    pledge = DraftPledgeFactory(**missing)
    approver = member_of(pledge.participant, "approver")
    before = stored(pledge)
    with pytest.raises(Incomplete) as refusal:
        apply_transition("submit", pledge=pledge, by=approver, at=NOW)
    assert set(refusal.value.fields) == fields
    assert all(refusal.value.fields.values())
    assert stored(pledge) == before
    assert possible_actions(pledge, approver) == ["submit", "discard"]  # offered: trying says what is missing


@pytest.mark.parametrize(
    ("action", "make", "words", "field"),
    [
        ("return", SubmittedPledgeFactory, {}, "reason"),
        ("return", SubmittedPledgeFactory, {"reason": " \n"}, "reason"),
        ("close", RegisteredPledgeFactory, {"outcome": "delivered"}, "reason"),
        ("close", RegisteredPledgeFactory, {"reason": "Paid."}, "outcome"),
        ("close", RegisteredPledgeFactory, {"reason": "Paid.", "outcome": "forgotten"}, "outcome"),
        ("close", RegisteredPledgeFactory, {"reason": "Paid.", "outcome": "withdrawn"}, "outcome"),
        ("withdraw", RegisteredPledgeFactory, {}, "reason"),
        ("return", RegisteredPledgeFactory, {"reason": " "}, "reason"),
        ("discard", ReturnedPledgeFactory, {}, "reason"),
    ],
)
def test_a_step_needs_its_words(action: str, make: Any, words: dict[str, str], field: str) -> None:
    pledge = assessed(make())
    by = member_of(pledge.participant, "approver") if action == "discard" else ManagerFactory()
    before = stored(pledge)
    with pytest.raises(Incomplete) as refusal:
        apply_transition(action, pledge=pledge, by=by, at=NOW, **words)
    assert list(refusal.value.fields) == [field]
    assert stored(pledge) == before


@pytest.mark.parametrize("outcome", sorted(set(Outcome.values) - {"withdrawn"}))
def test_a_pledge_can_end_in_every_way(outcome: str) -> None:
    pledge = RegisteredPledgeFactory()
    if outcome == "superseded":
        LineageFactory(earlier=pledge)
    else:
        assessed(pledge, outcome)
    closed = apply_transition("close", pledge=pledge, by=OfficerFactory(), at=NOW, reason="Over.", outcome=outcome)
    assert (closed.status, closed.outcome) == ("closed", outcome)


def test_a_last_write_that_fails_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    pledge, officer = SubmittedPledgeFactory(), OfficerFactory()
    before = stored(pledge)

    def fail(**_values: Any) -> None:
        raise OSError("The disk is full.")

    monkeypatch.setattr(StatusChange.objects, "create", fail)
    with pytest.raises(OSError, match="disk"):
        apply_transition("register", pledge=pledge, by=officer, at=NOW)
    assert stored(pledge) == before
    assert [event.pgh_label for event in pledge.events.all()] == ["insert"]


def test_a_step_is_judged_by_what_is_stored_not_by_what_was_read() -> None:
    read_before = SubmittedPledgeFactory()
    apply_transition("register", pledge=read_before, by=OfficerFactory(), at=NOW)
    with pytest.raises(WrongStatus, match="Registered"):
        apply_transition("recall", pledge=read_before, by=member_of(read_before.participant, "approver"), at=NOW)


def test_superseded_is_no_judgement_of_delivery() -> None:
    pledge = AnnouncedPledgeFactory()
    LineageFactory(earlier=pledge)
    apply_transition("close", pledge=pledge, by=OfficerFactory(), at=NOW, reason="New one.", outcome="superseded")
    assert not pledge.assessments.exists()


def test_what_everyone_has_seen_is_not_returned() -> None:
    pledge = AnnouncedPledgeFactory()
    with pytest.raises(WrongStatus, match="superseded by a new one"):
        apply_transition("return", pledge=pledge, by=OfficerFactory(), at=NOW, reason="A typing error.")


def test_what_two_people_decide_on_is_not_returned_meanwhile() -> None:
    pledge = DecisionPledgeFactory().pledge
    with pytest.raises(WrongStatus, match="decide on that"):
        apply_transition("return", pledge=pledge, by=OfficerFactory(), at=NOW, reason="A typing error.")
    pledge.decision_items.update(ended_at=NOW)
    assert apply_transition("return", pledge=pledge, by=OfficerFactory(), at=NOW, reason="Now.").status == "returned"


def test_a_corrected_pledge_is_registered_anew() -> None:
    pledge = RegisteredPledgeFactory()
    approver, officer = member_of(pledge.participant, "approver"), OfficerFactory()
    apply_transition("return", pledge=pledge, by=officer, at=NOW, reason="A typing error.")
    apply_transition("submit", pledge=pledge, by=approver, at=NOW)
    registered = apply_transition("register", pledge=pledge, by=officer, at=NOW)
    assert (registered.status, registered.submitted_at, registered.registered_at) == ("registered", NOW, NOW)


def test_a_discarded_draft_waits_for_nobody() -> None:
    draft = HandoverFactory(created_at=NOW).pledge
    note = ReviewNoteFactory(pledge=draft)
    apply_transition("discard", pledge=draft, by=member_of(draft.participant, "drafter"), at=NOW)
    note.refresh_from_db()
    assert note.resolved_at == NOW
    assert [handover.ended_at for handover in draft.handovers.all()] == [NOW]


def test_a_draft_with_gaps_can_be_discarded() -> None:
    draft = DraftPledgeFactory(title="", description="", capability_type=None, category=None, unit="")
    by = member_of(draft.participant, "drafter")
    assert apply_transition("discard", pledge=draft, by=by, at=NOW).is_discarded
