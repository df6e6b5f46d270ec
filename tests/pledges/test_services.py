"""What can happen to a pledge between its steps: drafting, editing, planning, reporting."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError

from pledges.enums import EventKind, ReportedState
from pledges.errors import EditConflict, Incomplete, NotAllowed, WrongStatus
from pledges.models import Milestone, Pledge, ProgressUpdate
from pledges.permissions import can_edit, can_report
from pledges.services import draft_pledge, edit_pledge, plan_milestone, report_progress, writing
from tests.factories import (
    AnnouncedPledgeFactory,
    CapabilityTypeFactory,
    CategoryFactory,
    ClosedPledgeFactory,
    ConferenceFactory,
    DraftPledgeFactory,
    MilestoneFactory,
    MissionFactory,
    ParticipantFactory,
    RegisteredPledgeFactory,
    ReturnedPledgeFactory,
    SubmittedPledgeFactory,
    member_of,
)
from tests.pledges.conftest import Cast

pytestmark = pytest.mark.django_db

NOW = datetime(2025, 10, 1, 9, tzinfo=UTC)


def draft(content: dict[str, Any], **others: Any) -> Pledge:
    """A first draft by a drafter of a new delegation."""
    participant = ParticipantFactory()
    given = {"conference": ConferenceFactory(), "participant": participant, "by": member_of(participant), "at": NOW}
    return draft_pledge(content=content, **given | others)


def edit(pledge: Pledge, content: dict[str, Any], **others: Any) -> Pledge:
    """An edit by a drafter of its delegation."""
    given = {"version": pledge.version, "by": member_of(pledge.participant), "at": NOW}
    return edit_pledge(pledge=pledge, content=content, **given | others)


# --- Who --------------------------------------------------------------------------------------------------------------
def test_writers_draft_and_nobody_else(cast: Cast) -> None:
    writers = set()
    for name, user in cast.people.items():
        try:
            draft({}, conference=cast.conference, participant=cast.lead, by=user)
        except NotAllowed:
            continue
        writers.add(name)
    assert writers == {"drafter", "approver", "deputy"}
    assert Pledge.objects.count() == 3


@pytest.mark.parametrize(
    ("make", "editable", "reportable"),
    [
        (DraftPledgeFactory, True, False),
        (SubmittedPledgeFactory, False, False),
        (ReturnedPledgeFactory, True, False),
        (RegisteredPledgeFactory, False, True),
        (AnnouncedPledgeFactory, False, True),
        (ClosedPledgeFactory, False, False),
    ],
)
def test_writers_edit_until_they_submit_and_report_once_registered(
    cast: Cast, make: Any, *, editable: bool, reportable: bool
) -> None:
    pledge = cast.join_partners(make(participant=cast.lead, conference=cast.conference))
    writers = {"drafter", "approver", "deputy"}
    assert {name for name, user in cast.people.items() if can_edit(user, pledge)} == (writers if editable else set())
    assert {name for name, user in cast.people.items() if can_report(user, pledge)} == (
        writers if reportable else set()
    )
    attempt = {"pledge": pledge, "by": cast.people["drafter"], "at": NOW}
    if not editable:
        with pytest.raises(WrongStatus):
            edit_pledge(content={}, version=pledge.version, **attempt)
    if not reportable:
        with pytest.raises(WrongStatus):
            report_progress(state="planning", text="", **attempt)


# --- Drafting ---------------------------------------------------------------------------------------------------------
def test_a_draft_may_lack_everything() -> None:
    pledge = draft({})
    assert (pledge.status, pledge.title, pledge.version, pledge.created_at) == ("draft", "", 1, NOW)
    assert pledge.reference.startswith(f"{pledge.conference.reference_prefix}-")


def test_a_type_brings_its_category_and_its_unit() -> None:
    kind = CapabilityTypeFactory(unit_of_measure="helicopter")
    pledge = draft({"capability_type": kind, "quantity": 2, "category": CategoryFactory(), "unit": "boat"})
    assert (pledge.match, pledge.category, pledge.unit) == ("exact", kind.category, "helicopter")


def test_a_type_without_a_quantity_brings_no_unit() -> None:
    pledge = draft({"capability_type": CapabilityTypeFactory()})
    assert (pledge.match, pledge.quantity, pledge.unit) == ("exact", None, "")


def test_without_a_type_the_category_is_its_own() -> None:
    category = CategoryFactory()
    pledge = draft({"category": category, "quantity": 2, "unit": "boat"})
    assert (pledge.match, pledge.category, pledge.unit) == ("none", category, "boat")


def test_taking_the_type_away_leaves_no_match() -> None:
    pledge = edit(DraftPledgeFactory(), {"capability_type": None})
    assert (pledge.match, pledge.capability_type) == ("none", None)


@pytest.mark.parametrize("name", ["status", "participant", "conference", "author", "announced_at", "reference", "id"])
def test_what_is_not_a_delegations_to_write_is_refused_by_name(name: str) -> None:
    with pytest.raises(Incomplete) as refusal:
        draft({name: "x"})
    assert list(refusal.value.fields) == [name]
    assert not Pledge.objects.exists()


def test_fields_that_contradict_each_other_are_named_and_nothing_is_stored() -> None:
    with pytest.raises(Incomplete) as refusal:
        draft({"personnel": 10, "women": 11, "amount": 5, "quantity": 0})
    assert set(refusal.value.fields) == {"women", "currency", "quantity"}
    assert not Pledge.objects.exists()


def test_a_reference_that_is_taken_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = DraftPledgeFactory().reference
    drawn = iter([taken, taken, "PKM25-22222"])
    monkeypatch.setattr(writing, "new_reference", lambda _prefix: next(drawn))
    assert draft({"title": "Ours"}).reference == "PKM25-22222"


def test_references_are_not_drawn_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = DraftPledgeFactory().reference
    monkeypatch.setattr(writing, "new_reference", lambda _prefix: taken)
    with pytest.raises(IntegrityError, match="reference"):
        draft({})
    assert Pledge.objects.count() == 1


def test_another_refusal_is_not_taken_for_a_reference_that_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []
    monkeypatch.setattr(writing, "new_reference", lambda prefix: drawn.append(prefix) or f"{prefix}-22222")
    with pytest.raises(IntegrityError, match="pledge_kind_known"):
        draft({"title": "A reference for pledges_pledge_reference_key", "kind": "odd"})
    assert len(drawn) == 1


def test_a_form_sent_twice_is_one_draft() -> None:
    participant = ParticipantFactory()
    same = {"participant": participant, "by": member_of(participant), "form_key": uuid4()}
    first, again = draft({"title": "Once"}, **same), draft({"title": "Once"}, **same)
    assert first.pk == again.pk == Pledge.objects.get().pk


# --- Editing ----------------------------------------------------------------------------------------------------------
def test_an_edit_changes_what_it_names_and_counts_as_a_version() -> None:
    before = DraftPledgeFactory(title="Old", description="Kept")
    after = edit(before, {"title": "New"})
    assert (after.title, after.description, after.version, after.updated_at) == ("New", "Kept", 2, NOW)


def test_an_edit_of_an_old_version_is_a_conflict_and_changes_nothing() -> None:
    pledge = DraftPledgeFactory(title="Old")
    edit(pledge, {"title": "First"}, version=1)
    with pytest.raises(EditConflict):
        edit(pledge, {"title": "Second"}, version=1)
    pledge.refresh_from_db()
    assert (pledge.title, pledge.version) == ("First", 2)


@pytest.mark.parametrize("content", [{}, {"missions": []}, {"caveats": ["Not at night."]}])
def test_every_edit_is_a_version_even_of_what_stands_beside_the_pledge(content: dict[str, Any]) -> None:
    pledge = DraftPledgeFactory()
    assert edit(pledge, content).version == 2


def test_a_report_does_not_make_a_form_stale() -> None:
    pledge = RegisteredPledgeFactory()
    report(pledge, "planning", "")
    pledge.refresh_from_db()
    assert (pledge.version, pledge.reported_state) == (1, "planning")


def test_missions_become_those_named_and_those_that_stay_are_left_alone() -> None:
    first, second, third = MissionFactory.create_batch(3)
    pledge = DraftPledgeFactory(missions=[first, second])
    kept = pledge.mission_links.get(mission=second).pk
    edit(pledge, {"missions": [second, third]})
    assert set(pledge.missions.all()) == {second, third}
    assert pledge.mission_links.get(mission=second).pk == kept


def test_missions_that_are_not_named_stay() -> None:
    mission = MissionFactory()
    pledge = DraftPledgeFactory(missions=[mission])
    edit(pledge, {"title": "New"})
    assert list(pledge.missions.all()) == [mission]


def test_caveats_become_those_named_and_those_that_stay_keep_their_day() -> None:
    pledge = draft({"caveats": ["Not at night.", "Not alone."]}, at=datetime(2025, 9, 1, tzinfo=UTC))
    edit(pledge, {"caveats": ["Not alone.", "Not far."]})
    assert dict(pledge.caveats.values_list("text", "declared_on")) == {
        "Not alone.": date(2025, 9, 1),
        "Not far.": date(2025, 10, 1),
    }


# --- Planning and reporting -------------------------------------------------------------------------------------------
def report(pledge: Pledge, state: str, text: str, **others: Any) -> ProgressUpdate:
    """A report by a drafter of its delegation."""
    given = {"by": others.pop("by", None) or member_of(pledge.participant), "at": NOW}
    return report_progress(pledge=pledge, state=state, text=text, **given | others)


@pytest.mark.parametrize("make", [DraftPledgeFactory, RegisteredPledgeFactory])
def test_a_step_is_planned_once(make: Any) -> None:
    pledge = make()
    for _ in range(2):
        plan_milestone(pledge=pledge, title="Train", due_on=date(2026, 1, 1), by=member_of(pledge.participant))
    assert Milestone.objects.get().pledge == pledge


@pytest.mark.parametrize("make", [SubmittedPledgeFactory, ClosedPledgeFactory])
def test_no_step_is_planned_while_the_secretariat_reviews_or_when_all_is_over(make: Any) -> None:
    pledge = make()
    with pytest.raises(WrongStatus):
        plan_milestone(pledge=pledge, title="Train", due_on=date(2026, 1, 1), by=member_of(pledge.participant))


def test_a_report_tells_who_when_and_how_far() -> None:
    pledge = RegisteredPledgeFactory(quantity=4)
    by = member_of(pledge.participant)
    update = report(pledge, "in_progress", "Two are ready.", delivered_quantity=2, by=by)
    update.refresh_from_db()
    assert (update.kind, update.author, update.happened_on, update.delivered_quantity, update.unit) == (
        EventKind.REPORTED,
        by,
        NOW.date(),
        2,
        pledge.unit,
    )


def test_the_same_state_without_a_word_is_no_change() -> None:
    pledge = RegisteredPledgeFactory()
    report(pledge, "planning", "We began.")
    assert report(pledge, "planning", "").kind == EventKind.NO_CHANGE
    assert report(pledge, "planning", "Still at it.").kind == EventKind.REPORTED
    assert report(pledge, "delayed", "").kind == EventKind.REPORTED


@pytest.mark.parametrize("text", ["", "Two are ready."])
def test_a_report_sent_twice_is_one_report(text: str) -> None:
    pledge = RegisteredPledgeFactory()
    by = member_of(pledge.participant)
    assert report(pledge, "planning", text, by=by) == report(pledge, "planning", text, by=by)
    assert ProgressUpdate.objects.get().text == text


@pytest.mark.parametrize(
    ("state", "step_done", "done"), [("delivered", False, True), ("planning", True, True), ("planning", False, False)]
)
def test_a_report_on_a_step_may_finish_it(state: str, *, step_done: bool, done: bool) -> None:
    step = MilestoneFactory()
    report(step.pledge, state, "Trained.", milestone=step, step_done=step_done)
    step.refresh_from_db()
    assert step.done_on == (NOW.date() if done else None)


def test_a_step_that_is_done_keeps_its_day() -> None:
    step = MilestoneFactory(done_on=date(2025, 9, 1))
    report(step.pledge, ReportedState.DELIVERED, "All done.", milestone=step)
    step.refresh_from_db()
    assert step.done_on == date(2025, 9, 1)


def test_a_step_of_another_pledge_is_refused_and_stays_open() -> None:
    step = MilestoneFactory()
    with pytest.raises(WrongStatus, match="another pledge"):
        report(RegisteredPledgeFactory(), "delivered", "Trained.", milestone=step)
    step.refresh_from_db()
    assert step.done_on is None


def test_a_confirmed_partner_does_not_report_for_the_lead(cast: Cast) -> None:
    pledge = cast.join_partners(RegisteredPledgeFactory(participant=cast.lead))
    with pytest.raises(NotAllowed):
        report(pledge, "planning", "", by=cast.people["confirmed partner"])
