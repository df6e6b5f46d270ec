"""The review: a clock that stands still while the delegation writes, claims that run out, reasons, and duplicates."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError

from pledges import services
from pledges.enums import Outcome, Status
from pledges.errors import EditConflict, Incomplete, NotAllowed, WrongStatus
from pledges.models import Claim, Lineage, Pledge
from pledges.review import clocks, item_of, queue, returned_notes
from pledges.services import (
    add_note,
    claim,
    confirm,
    edit_pledge,
    merge_duplicates,
    propose,
    release,
    resolve_note,
    return_with_notes,
)
from pledges.services.writing import answer_repeats
from pledges.timeline import timeline
from pledges.transitions import apply_transition
from pledges.versions import compare, contents, last_two_submissions, parts, versions
from pledges.windows import came_after
from tests.concurrency import at_once
from tests.factories import (
    AllocationFactory,
    AnnouncedPledgeFactory,
    CapabilityTypeFactory,
    ConfirmedPartnerFactory,
    DraftPledgeFactory,
    HolidayFactory,
    LineageFactory,
    ManagerFactory,
    MissionFactory,
    OfficerFactory,
    ReaderFactory,
    RegisteredPledgeFactory,
    SubmittedPledgeFactory,
    member_of,
)

MONDAY = datetime(2026, 3, 2, 15, tzinfo=UTC)  # ten in the morning in New York
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


def submitted(at: datetime = MONDAY, **given: Any) -> Pledge:
    """A pledge that its approver submitted at an instant."""
    pledge = DraftPledgeFactory(**given)
    return apply_transition("submit", pledge=pledge, by=member_of(pledge.participant, "approver"), at=at)


def resubmit(pledge: Pledge, at: datetime) -> Pledge:
    return apply_transition("submit", pledge=pledge, by=member_of(pledge.participant, "approver"), at=at)


def returned(pledge: Pledge, at: datetime, **notes: str) -> Pledge:
    return return_with_notes(pledge, notes=notes, reason="More.", by=OfficerFactory(), at=at)


# --- The clock --------------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_a_submitted_pledge_is_due_after_five_working_days() -> None:
    pledge = submitted()
    found = item_of(pledge, at=MONDAY + DAY).clock
    assert (str(found.due), found.left, found.is_overdue) == ("2026-03-09", 4, False)
    found = item_of(pledge, at=MONDAY + 9 * DAY).clock
    assert (found.is_overdue, found.days_over) == (True, 2)


@pytest.mark.django_db
def test_holidays_and_the_setting_move_the_deadline(settings: Any) -> None:
    pledge = submitted()
    HolidayFactory(day=(MONDAY + 2 * DAY).date())
    assert str(item_of(pledge, at=MONDAY).clock.due) == "2026-03-10"
    settings.REVIEW_WORKING_DAYS = 1
    assert str(item_of(pledge, at=MONDAY).clock.due) == "2026-03-03"


@pytest.mark.django_db
def test_the_clock_stands_still_while_the_delegation_has_the_pledge() -> None:
    pledge = returned(submitted(), MONDAY + 2 * DAY)  # two working days used
    again = resubmit(pledge, MONDAY + 21 * DAY)
    found = item_of(again, at=MONDAY + 21 * DAY).clock
    assert (str(found.due), found.left, found.rounds) == ("2026-03-26", 3, 2)
    by = member_of(again.participant, "approver")
    back = apply_transition("recall", pledge=again, by=by, at=MONDAY + 22 * DAY)  # a third
    assert item_of(resubmit(back, MONDAY + 28 * DAY), at=MONDAY + 28 * DAY).clock.left == 2


@pytest.mark.django_db
def test_what_is_due_first_comes_first_and_not_what_was_submitted_first() -> None:
    again = resubmit(returned(submitted(), MONDAY + 3 * DAY), MONDAY + 9 * DAY)  # two days are left: due 13 March
    fresh = submitted(MONDAY + 8 * DAY)  # due 17 March
    found = queue(Pledge.objects.all(), at=MONDAY + 10 * DAY)
    assert [item.pledge.pk for item in found.rows] == [again.pk, fresh.pk]
    assert list(clocks(Pledge.objects.all(), at=MONDAY)) == [again.pk, fresh.pk]
    assert (found.total, found.overdue) == (2, 0)
    assert queue(Pledge.objects.all(), at=MONDAY + 14 * DAY).overdue == 1


@pytest.mark.django_db
def test_a_pledge_is_marked_if_it_first_came_after_the_window_and_not_if_it_came_back() -> None:
    window = {"conference__window_closes_at": MONDAY + DAY}
    after, in_time = submitted(MONDAY + 2 * DAY, **window), submitted(MONDAY, **window)
    back = resubmit(returned(in_time, MONDAY + 2 * DAY), MONDAY + 3 * DAY)
    assert [item_of(pledge, at=MONDAY).came_after_window for pledge in (after, back)] == [True, False]
    assert [came_after(pledge, at=MONDAY + 9 * DAY) for pledge in (after, back)] == [True, False]


@pytest.mark.django_db
def test_an_empty_queue_knows_the_last_review() -> None:
    assert queue(Pledge.objects.all(), at=MONDAY).last_review is None
    apply_transition("register", pledge=submitted(), by=OfficerFactory(), at=MONDAY + DAY)
    last = queue(Pledge.objects.all(), at=MONDAY + DAY).last_review
    assert last
    assert last.created_at == MONDAY + DAY


# --- Claims -----------------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_while_one_officer_reads_a_pledge_no_other_decides_on_it() -> None:
    pledge, reader, other = submitted(), OfficerFactory(), OfficerFactory()
    claim(pledge, by=reader, at=MONDAY)
    for act in (
        partial(claim, pledge, by=other, at=MONDAY + 29 * MINUTE),
        partial(apply_transition, "register", pledge=pledge, by=other, at=MONDAY + 29 * MINUTE),
        partial(return_with_notes, pledge, notes={}, reason="More.", by=other, at=MONDAY + 29 * MINUTE),
    ):
        with pytest.raises(WrongStatus, match="is reading this pledge until 15:30 UTC"):
            act()
    assert apply_transition("register", pledge=pledge, by=reader, at=MONDAY + MINUTE).status == Status.REGISTERED
    assert not Claim.objects.exists()


@pytest.mark.django_db
def test_a_claim_runs_out_by_itself_and_can_be_let_go() -> None:
    first, second = submitted(), submitted()
    reader, other = OfficerFactory(), OfficerFactory()
    claim(first, by=reader, at=MONDAY)
    assert claim(first, by=other, at=MONDAY + 30 * MINUTE).officer == other
    claim(second, by=reader, at=MONDAY)
    release(second, by=other)
    assert Claim.objects.filter(pledge=second, officer=reader).exists()
    release(second, by=reader)
    assert claim(second, by=other, at=MONDAY).officer == other


@pytest.mark.django_db
def test_a_claim_does_not_keep_the_delegation_from_taking_the_pledge_back() -> None:
    pledge = submitted()
    claim(pledge, by=OfficerFactory(), at=MONDAY)
    by = member_of(pledge.participant, "approver")
    assert apply_transition("recall", pledge=pledge, by=by, at=MONDAY).status == Status.DRAFT
    assert not Claim.objects.exists()


@pytest.mark.django_db
def test_only_officers_claim_and_only_what_is_submitted() -> None:
    with pytest.raises(NotAllowed):
        claim(submitted(), by=ReaderFactory(), at=MONDAY)
    with pytest.raises(WrongStatus):
        claim(RegisteredPledgeFactory(), by=OfficerFactory(), at=MONDAY)


@pytest.mark.django_db(transaction=True)
def test_of_two_officers_who_claim_at_once_one_does() -> None:
    pledge = submitted()
    results = at_once(pledge, [partial(claim, pledge, by=OfficerFactory(), at=MONDAY) for _n in range(2)])
    assert [type(result) for result in results] == [Claim, WrongStatus]


# --- Returning --------------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_reasons_stand_at_the_fields_until_the_next_return() -> None:
    pledge = returned(submitted(), MONDAY, quantity="How many beds?", title=" ")
    assert {name: [note.text for note in notes] for name, notes in returned_notes(pledge).items()} == {
        "quantity": ["How many beds?"]
    }
    pledge = returned(resubmit(pledge, MONDAY + DAY), MONDAY + 2 * DAY, title="Name the mission.")
    assert list(returned_notes(pledge)) == ["title"]


@pytest.mark.django_db
def test_a_return_says_why_at_a_field_or_on_the_whole() -> None:
    pledge = submitted()
    with pytest.raises(Incomplete):
        return_with_notes(pledge, notes={"title": " "}, reason=" ", by=OfficerFactory(), at=MONDAY)
    assert not pledge.review_notes.exists()
    back = return_with_notes(pledge, notes={"title": "Shorter."}, reason="", by=OfficerFactory(), at=MONDAY)
    assert back.status == Status.RETURNED


@pytest.mark.django_db
def test_what_cannot_be_returned_gets_no_notes() -> None:
    pledge = AnnouncedPledgeFactory()
    with pytest.raises(WrongStatus):
        returned(pledge, MONDAY, title="Shorter.")
    assert not pledge.review_notes.exists()


# --- Two versions -----------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_the_difference_between_two_submissions_is_told_field_by_field() -> None:
    type_a = CapabilityTypeFactory(name="Level 1 hospital", unit_of_measure="facility")
    type_b = CapabilityTypeFactory(name="Level 2 hospital", unit_of_measure="facility")
    pledge = submitted(capability_type=type_a, quantity=1, description="Ten beds and a pharmacy.", women=None)
    pledge = returned(pledge, MONDAY + DAY)
    mission, by = MissionFactory(), member_of(pledge.participant)
    content = {
        "capability_type": type_b,
        "capability_wording": "Field hospital",
        "description": "Twenty beds and a pharmacy.",
        "missions": [mission],
        "caveats_known": "declared",
        "caveats": ["Not at night."],
        "deliver_by": MONDAY.date(),
        "deliver_by_precision": "month",
    }
    edited = edit_pledge(pledge=pledge, content=content, version=pledge.version, by=by, at=MONDAY + DAY)
    pledge = resubmit(edited, MONDAY + 2 * DAY)
    found = versions(pledge)
    assert [version.what for version in found] == ["Drafted", "Submitted", "Returned", "Edited", "Submitted"]
    both = last_two_submissions(found)
    assert both
    told = {difference.name: (difference.before, difference.after) for difference in compare(pledge, *both, by)}
    assert told == {
        "capability": ("Level 1 hospital", "Level 2 hospital"),
        "capability_wording": ("", "Field hospital"),
        "description": ("Ten beds and a pharmacy.", "Twenty beds and a pharmacy."),
        "missions": ("", mission.pk),
        "deliver_by": ("", "March 2026"),
        "caveats_known": ("Unknown", "Declared"),
        "caveats": ("", "Not at night."),
    }
    assert compare(pledge, found[-1], found[-1], by) == []
    assert found[3].who == by.username


@pytest.mark.django_db(transaction=True)
def test_the_earlier_pledge_that_is_named_is_told_to_those_who_may_see_it() -> None:
    pledge, of_another = submitted(), RegisteredPledgeFactory()
    first, second = RegisteredPledgeFactory.create_batch(2, participant=pledge.participant)
    by = member_of(pledge.participant)
    for earlier in (first, second):
        pledge = returned(pledge, MONDAY + DAY)
        pledge = answer_repeats(pledge=pledge, kind="renewed", earlier=earlier.reference, by=by, at=MONDAY + DAY)
        pledge = resubmit(pledge, MONDAY + 2 * DAY)
    LineageFactory(later=pledge, earlier=of_another, kind="hands_over")
    Pledge.objects.filter(pk=pledge.pk).update(title="Retitled")
    found = versions(pledge)
    both = last_two_submissions(found)
    assert both
    (told,) = [row for row in compare(pledge, *both, by) if row.name == "lineage"]
    assert (told.label, told.before, told.after) == (
        "Linked to", f"Renews {first.reference}", f"Renews {second.reference}"
    )  # fmt: skip
    (for_delegation,), (for_desk,) = (contents(pledge, found[-1:], reader) for reader in (by, OfficerFactory()))
    assert for_delegation["lineage"] == f"Renews {second.reference}"
    assert for_desk["lineage"] == f"Renews {second.reference}\nTakes over from {of_another.reference}"


@pytest.mark.django_db(transaction=True)
def test_a_submission_is_one_in_whatever_language_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    pledge = returned(submitted(), MONDAY + DAY)
    monkeypatch.setattr("pledges.versions._", lambda text: "Edited")
    assert [version.is_submission for version in versions(pledge)] == [False, True, False]
    assert last_two_submissions(versions(pledge)) is None


def test_words_that_were_removed_and_added_are_marked() -> None:
    told = [(part.kind, part.text) for part in parts("Ten beds and a pharmacy.", "Twenty beds and a pharmacy.")]
    assert told == [("removed", "Ten"), ("added", "Twenty"), ("same", " beds and a pharmacy.")]
    assert parts("", "New") == parts("", "New")
    long = "word " * 5000
    assert [part.kind for part in parts(long, long + "more")] == ["removed", "added"]


# --- The thread -------------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_both_sides_write_and_answer_and_nobody_else() -> None:
    pledge = AnnouncedPledgeFactory()
    partner = ConfirmedPartnerFactory(pledge=pledge).participant
    drafter, officer = member_of(pledge.participant, "drafter"), OfficerFactory()
    question = add_note(pledge, text=" How many beds? ", by=officer, at=MONDAY)
    assert add_note(pledge, text="How many beds?", by=officer, at=MONDAY + MINUTE) == question
    answer = add_note(pledge, text="Twenty.", by=drafter, at=MONDAY + MINUTE)
    assert [note.text for note in pledge.review_notes.all()] == ["How many beds?", "Twenty."]
    assert resolve_note(question, by=drafter, at=MONDAY + DAY).resolved_at == MONDAY + DAY
    assert resolve_note(question, by=officer, at=MONDAY + 2 * DAY).resolved_at == MONDAY + DAY
    for outsider in (member_of(partner, "approver"), member_of(pledge.participant, "viewer"), ReaderFactory()):
        with pytest.raises(NotAllowed):
            add_note(pledge, text="Hello.", by=outsider, at=MONDAY)
        with pytest.raises(NotAllowed):
            resolve_note(answer, by=outsider, at=MONDAY)
    with pytest.raises(Incomplete):
        add_note(pledge, text=" ", by=officer, at=MONDAY)


@pytest.mark.django_db
def test_the_same_words_later_or_after_an_answer_are_another_message() -> None:
    pledge = SubmittedPledgeFactory()
    drafter, officer = member_of(pledge.participant, "drafter"), OfficerFactory()
    first = add_note(pledge, text="Any news?", by=drafter, at=MONDAY)
    assert add_note(pledge, text="Any news?", by=drafter, at=MONDAY + 2 * MINUTE) != first
    last = add_note(pledge, text="Any news?", by=drafter, at=MONDAY + 9 * DAY)
    assert (pledge.review_notes.count(), last.resolved_at) == (3, None)
    resolve_note(last, by=officer, at=MONDAY + 9 * DAY)
    again = add_note(pledge, text="Any news?", by=drafter, at=MONDAY + 9 * DAY + MINUTE)
    assert again != last
    assert again.resolved_at is None


# --- Duplicates -------------------------------------------------------------------------------------------------------
@pytest.mark.django_db
@pytest.mark.parametrize("make", [SubmittedPledgeFactory, RegisteredPledgeFactory])
def test_merging_closes_one_as_superseded_and_keeps_both_references(make: Any) -> None:
    keep = AnnouncedPledgeFactory()
    drop = make(participant=keep.participant)
    merge_duplicates(keep=keep, drop=drop, reason="Sent twice.", by=OfficerFactory(), at=MONDAY)
    drop.refresh_from_db()
    assert (drop.status, drop.outcome) == (Status.CLOSED, Outcome.SUPERSEDED)
    link = Lineage.objects.get()
    assert (link.later, link.earlier, link.kind) == (keep, drop, "supersedes")
    assert Pledge.objects.get(pk=keep.pk).status == Status.REGISTERED


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["renews", "supersedes", "repeats", "hands_over"])
@pytest.mark.parametrize("keeps_the_earlier", [True, False])
def test_of_two_linked_pledges_one_counts_after_merging_as_before(kind: str, *, keeps_the_earlier: bool) -> None:
    first = RegisteredPledgeFactory()
    second = RegisteredPledgeFactory(participant=first.participant)
    oldest = RegisteredPledgeFactory(participant=first.participant)
    LineageFactory(earlier=first, later=second, kind=kind)
    LineageFactory(earlier=oldest, later=second)
    keep, drop = (first, second) if keeps_the_earlier else (second, first)
    merge_duplicates(keep=keep, drop=drop, reason="The same.", by=OfficerFactory(), at=MONDAY)
    assert set(Pledge.objects.counted(among=Pledge.objects.all())) == {keep}
    assert list(drop.continued_by.values_list("later", flat=True)) == [keep.pk]


@pytest.mark.django_db
def test_one_officer_takes_nothing_out_of_the_public_figures() -> None:
    first = AnnouncedPledgeFactory()
    second = AnnouncedPledgeFactory(participant=first.participant)
    LineageFactory(earlier=first, later=second)
    hidden = RegisteredPledgeFactory(participant=first.participant)
    for keep, drop in ((first, second), (second, first), (hidden, first)):
        with pytest.raises(WrongStatus, match="two people merge it"):
            merge_duplicates(keep=keep, drop=drop, reason="The same.", by=OfficerFactory(), at=MONDAY)
    LineageFactory(earlier=second, later=hidden)
    close = {"by": OfficerFactory(), "at": MONDAY, "reason": "Renewed.", "outcome": "superseded"}
    with pytest.raises(Incomplete):  # it renews another, and what renews it is under embargo
        apply_transition("close", pledge=second, **close)
    assert apply_transition("close", pledge=first, **close).outcome == "superseded"


@pytest.mark.django_db
def test_nobody_merges_what_they_have_not_read() -> None:
    keep = RegisteredPledgeFactory()
    drop = RegisteredPledgeFactory(participant=keep.participant)
    Pledge.objects.filter(pk=keep.pk).update(title="Changed meanwhile")
    with pytest.raises(EditConflict):
        merge_duplicates(keep=keep, drop=drop, reason="The same.", by=OfficerFactory(), at=MONDAY)
    assert not Lineage.objects.exists()


@pytest.mark.django_db
def test_what_only_says_something_again_is_not_kept_in_place_of_it() -> None:
    drop = RegisteredPledgeFactory()
    keep = RegisteredPledgeFactory(participant=drop.participant, kind="already_announced")
    with pytest.raises(WrongStatus, match="keep the other one"):
        merge_duplicates(keep=keep, drop=drop, reason="The same.", by=OfficerFactory(), at=MONDAY)


@pytest.mark.django_db
def test_what_is_no_pair_of_duplicates_is_not_merged() -> None:
    keep, by = RegisteredPledgeFactory(), OfficerFactory()
    same = {"participant": keep.participant}
    allocated = RegisteredPledgeFactory(**same)
    AllocationFactory(pledge=allocated)
    for drop in (keep, RegisteredPledgeFactory(), DraftPledgeFactory(**same), allocated):
        with pytest.raises(WrongStatus):
            merge_duplicates(keep=keep, drop=drop, reason="Twice.", by=by, at=MONDAY)
    drop = SubmittedPledgeFactory(**same)
    with pytest.raises(Incomplete):
        merge_duplicates(keep=keep, drop=drop, reason=" ", by=by, at=MONDAY)
    with pytest.raises(NotAllowed):
        merge_duplicates(keep=keep, drop=drop, reason="Twice.", by=ReaderFactory(), at=MONDAY)
    assert not Lineage.objects.exists()
    assert Pledge.objects.filter(status=Status.CLOSED).count() == 0


@pytest.mark.django_db
def test_a_merge_that_cannot_be_written_leaves_both_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    keep = RegisteredPledgeFactory()
    drop = SubmittedPledgeFactory(participant=keep.participant)

    def refuse(**_given: Any) -> None:
        raise IntegrityError

    monkeypatch.setattr(services.review.Lineage.objects, "create", refuse)
    with pytest.raises(IntegrityError):
        merge_duplicates(keep=keep, drop=drop, reason="Twice.", by=OfficerFactory(), at=MONDAY)
    assert Pledge.objects.get(pk=drop.pk).status == Status.SUBMITTED


@pytest.mark.django_db
def test_the_timeline_names_both_people_of_a_decision_and_the_field_of_a_request() -> None:
    pledge = returned(submitted(), MONDAY, title="Shorter.")
    told = {entry.kind: entry for entry in timeline(pledge, OfficerFactory())}
    assert told["note"].title == "Asked for at “Title”"
    officer, manager = OfficerFactory(), ManagerFactory()
    other = RegisteredPledgeFactory()
    confirm(propose("announce", [other], by=officer, at=MONDAY), by=manager, at=MONDAY)
    told = {entry.kind: entry for entry in timeline(other, officer)}
    assert told["step"].who == f"proposed by {officer}, confirmed by {manager}"
