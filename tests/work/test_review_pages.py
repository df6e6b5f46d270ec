"""The pages of the review: few inputs per decision, reasons at the fields, nothing lost, nothing for outsiders."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from conferences.models import MembershipRole
from pledges import review
from pledges.enums import Status
from pledges.forms import PledgeForm
from pledges.models import Claim, Pledge, ReviewNote
from pledges.services import add_note, claim, resolve_note, return_with_notes
from pledges.services.joint import answer_share
from pledges.transitions import apply_transition
from pledges.versions import FIELDS, compare, label_of, versions
from tests.factories import (
    AnnouncedPledgeFactory,
    CapabilityTypeFactory,
    CoChairFactory,
    ConferenceFactory,
    ConfirmedPartnerFactory,
    DraftPledgeFactory,
    OfficerFactory,
    ReaderFactory,
    RegisteredPledgeFactory,
    RequirementFactory,
    SubmittedPledgeFactory,
    member_of,
)
from tests.work.conftest import People, edit_url, form_of

SignedIn = Callable[[User | None], Client]
QUEUE = "/work/review/"
NOW = timezone.now()


def review_url(pledge: Pledge) -> str:
    return reverse("review-pledge", args=[pledge.reference])


def waiting(days: int, **given: Any) -> Pledge:
    return SubmittedPledgeFactory(submitted_at=NOW - timedelta(days=days), **given)


# --- The queue --------------------------------------------------------------------------------------------------------
def test_the_queue_shows_what_is_due_first_who_reads_it_and_what_is_late(people: People, signed_in: SignedIn) -> None:
    closed = ConferenceFactory(window_closes_at=NOW - timedelta(days=30))
    old = waiting(20, title="Old", conference=closed, quality_score=80, quality_rules="1")
    waiting(0, title="New")
    RegisteredPledgeFactory(title="Reviewed")
    claim(old, by=people.manager, at=timezone.now())
    page = signed_in(people.officer).get(QUEUE)
    text = page.content.decode()
    assert [item.pledge.title for item in page.context["queue"].rows] == ["Old", "New"]
    assert "after the window" in text
    assert "working days over" in text
    assert f"<bdi>{people.manager}</bdi>" in text
    assert "80" in text
    page = signed_in(people.officer).get(QUEUE, {"conference": closed.pk})
    assert [item.pledge.title for item in page.context["queue"].rows] == ["Old"]
    assert signed_in(people.officer).get(QUEUE, {"conference": "nowhere"}).status_code == 400


def test_what_is_due_later_stands_on_further_pages(
    people: People, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(review, "ROWS", 2)
    conference = ConferenceFactory()
    for days, title in ((3, "Fifth"), (7, "First"), (4, "Fourth"), (6, "Second"), (5, "Third")):
        waiting(days * 7, title=title, conference=conference)
    officer, read, url = signed_in(people.officer), [], f"{QUEUE}?conference={conference.pk}"
    while url:
        page = officer.get(url)
        assert (page.context["queue"].total, page.context["queue"].overdue) == (5, 5)
        read += [item.pledge.title for item in page.context["queue"].rows]
        url = page.context["pages"]["next"]
    assert read == ["First", "Second", "Third", "Fourth", "Fifth"]
    assert "Pledges 5 to 5 of 5" in page.content.decode()
    for strange in ("0", "99", "x", "\0"):
        assert officer.get(QUEUE, {"page": strange}).status_code == 200


def test_an_empty_queue_says_when_the_last_one_was_reviewed(people: People, signed_in: SignedIn) -> None:
    officer = signed_in(people.officer)
    assert "Nothing is submitted and waiting." in officer.get(QUEUE).content.decode()
    apply_transition("register", pledge=waiting(1), by=people.officer, at=NOW)
    assert "The last one was reviewed on" in officer.get(QUEUE).content.decode()


def test_readers_look_and_do_not_act(signed_in: SignedIn, people: People) -> None:
    pledge = waiting(1)
    reader = signed_in(ReaderFactory())
    assert "Review the next" not in reader.get(QUEUE).content.decode()
    assert reader.post(reverse("review-next")).status_code == 403
    assert reader.post(review_url(pledge), {"act": "register"}).status_code == 403
    assert not Claim.objects.exists()


# --- One after the other ----------------------------------------------------------------------------------------------
def test_simple_items_are_reviewed_with_one_press_each(people: People, signed_in: SignedIn) -> None:
    first, second, third = waiting(9), waiting(8), waiting(7)
    claim(second, by=people.manager, at=timezone.now())  # somebody else reads it
    officer = signed_in(people.officer)
    page = officer.post(reverse("review-next"), follow=True)
    assert page.redirect_chain[-1][0] == review_url(first)
    page = officer.post(review_url(first), {"act": "register", "version": first.version}, follow=True)
    assert page.redirect_chain[-1][0] == review_url(third)
    assert Claim.objects.get(pledge=third).officer == people.officer
    page = officer.post(review_url(third), {"act": "return", "version": 1, "note_title": "Shorter."}, follow=True)
    assert page.redirect_chain[-1][0] == QUEUE
    assert "Everything else that waits is being read by somebody." in page.content.decode()
    assert [Pledge.objects.get(pk=pledge.pk).status for pledge in (first, second, third)] == [
        Status.REGISTERED,
        Status.SUBMITTED,
        Status.RETURNED,
    ]


def test_an_item_is_passed_over_and_let_go(people: People, signed_in: SignedIn) -> None:
    first, second = waiting(9), waiting(8)
    officer = signed_in(people.officer)
    officer.post(reverse("review-next"))
    page = officer.post(reverse("review-next"), {"after": first.reference}, follow=True)
    assert page.redirect_chain[-1][0] == review_url(second)
    assert [row.pledge for row in Claim.objects.all()] == [second]


def test_reading_changes_nothing(people: People, signed_in: SignedIn) -> None:
    pledge = waiting(1)
    assert signed_in(people.officer).get(review_url(pledge)).status_code == 200
    assert not Claim.objects.exists()


def test_what_another_officer_reads_is_shown_and_not_decided_and_what_was_typed_stays(
    people: People, signed_in: SignedIn
) -> None:
    pledge = waiting(1)
    claim(pledge, by=people.manager, at=timezone.now())
    officer = signed_in(people.officer)
    assert f"{people.manager} is reading it until" in officer.get(review_url(pledge)).content.decode()
    page = officer.post(review_url(pledge), {"act": "return", "version": 1, "note_title": "Mine."})
    assert "is reading this pledge until" in page.content.decode()
    assert "Mine." in page.content.decode()
    pledge.refresh_from_db()
    assert pledge.status == Status.SUBMITTED


def test_nobody_registers_words_that_they_have_not_read(people: People, signed_in: SignedIn) -> None:
    pledge = waiting(1)
    Pledge.objects.filter(pk=pledge.pk).update(title="Other words")
    officer = signed_in(people.officer)
    page = officer.post(review_url(pledge), {"act": "register", "version": 1})
    assert "Somebody changed this pledge after you opened the page" in page.content.decode()
    officer.post(review_url(pledge), {"act": "register", "version": page.context["form"].data["version"]})
    pledge.refresh_from_db()
    assert pledge.status == Status.REGISTERED


def test_a_pledge_with_requests_for_changes_is_not_registered_by_a_slip(people: People, signed_in: SignedIn) -> None:
    pledge = waiting(1)
    page = signed_in(people.officer).post(review_url(pledge), {"act": "register", "version": 1, "reason": "Beds?"})
    assert "return the pledge, or empty them" in page.content.decode()
    assert "Beds?" in page.content.decode()
    page = signed_in(people.officer).post(review_url(pledge), {"act": "return", "version": 1})
    assert "Say at a field, or here, what the delegation is to change." in page.content.decode()


@pytest.mark.parametrize("act", ["", "nonsense"])
def test_nothing_is_decided_without_a_button_that_says_it(people: People, signed_in: SignedIn, act: str) -> None:
    pledge = waiting(1)
    page = signed_in(people.officer).post(review_url(pledge), {"act": act, "version": 1})
    text = page.content.decode()
    assert "Nothing was decided" in text
    buttons = re.findall(r"<button[^>]*>", text[text.index('name="version"') - 300 :])
    assert "disabled" in buttons[0], "what Enter in a box presses"
    pledge.refresh_from_db()
    assert pledge.status == Status.SUBMITTED


def test_reasons_are_offered_at_the_fields_of_its_form_and_all_of_them_are_read(
    people: People, signed_in: SignedIn
) -> None:
    kind = CapabilityTypeFactory(unit_of_measure="company")
    pledge = SubmittedPledgeFactory(participant=people.delegation, capability_type=kind)
    offered = {box.name for *_rest, box in signed_in(people.officer).get(review_url(pledge)).context["fields"]}
    assert "note_quantity" in offered
    assert not {"note_amount", "note_courses", "note_earlier_pledge"} & offered
    notes = {"title": "Shorter.", "earlier_pledge": "Which one?"}
    return_with_notes(pledge, notes=notes, reason="", by=people.officer, at=timezone.now())
    page = signed_in(people.drafter).get(edit_url(pledge))
    assert [(label, [note.text for note in said]) for label, said in page.context["asked_elsewhere"]] == [
        ("Earlier pledge", ["Which one?"])
    ]
    text = page.content.decode()
    assert "The Secretariat asks about “Earlier pledge”:" in text
    assert text.index("Which one?") < text.index("Shorter."), "above the fields"


@pytest.mark.django_db(transaction=True)
def test_a_share_that_changed_since_the_last_submission_is_among_what_changed(
    people: People, signed_in: SignedIn
) -> None:
    pledge = SubmittedPledgeFactory(participant=people.delegation, quantity=5, submitted_at=NOW - timedelta(days=1))
    partner = ConfirmedPartnerFactory(pledge=pledge, share_quantity=1)
    approver = member_of(partner.participant, MembershipRole.APPROVER)
    for number in (2, 3):
        shares = {"share_quantity": number, "share_personnel": None, "share_amount": None}
        answer_share(partner=partner, confirmation="confirmed", shares=shares, by=approver, at=timezone.now())
    pledge.refresh_from_db()
    found = versions(pledge)
    [difference] = compare(pledge, found[-2], found[-1], people.officer)
    assert (difference.label, difference.before, difference.after) == (
        "Partners",
        f"{partner.participant}: Co-pledger, Confirmed, 2 {pledge.unit}",
        f"{partner.participant}: Co-pledger, Confirmed, 3 {pledge.unit}",
    )
    assert "Co-pledger, Confirmed: <span>3" in signed_in(people.officer).get(review_url(pledge)).content.decode()


# --- What changed -----------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_a_pledge_that_came_back_shows_on_top_what_changed_and_what_was_asked(
    people: People, signed_in: SignedIn
) -> None:
    pledge = DraftPledgeFactory(participant=people.delegation, description="Ten beds.")
    approver, officer = signed_in(people.approver), signed_in(people.officer)
    apply_transition("submit", pledge=pledge, by=people.approver, at=NOW)
    assert "there is no earlier version" in officer.get(review_url(pledge)).content.decode()
    pledge.refresh_from_db()
    asked = {"note_description": "How many?", "note_title": "Shorter."}
    officer.post(review_url(pledge), {"act": "return", "version": pledge.version, **asked})
    approver.post(edit_url(pledge), form_of(approver, edit_url(pledge)) | {"description": "Twenty beds."})
    pledge.refresh_from_db()
    apply_transition("submit", pledge=pledge, by=people.approver, at=timezone.now())
    page = officer.get(review_url(pledge))
    text = page.content.decode()
    assert [difference.name for difference in page.context["differences"]] == ["description"]
    assert '<del><span class="visually-hidden">removed: </span>Ten</del>' in text
    assert '<ins><span class="visually-hidden">added: </span>Twenty</ins>' in text
    assert {(label, changed) for label, _notes, changed in page.context["asked"]} == {
        ("What is pledged", True), ("Title", False)
    }  # fmt: skip
    versions = reverse("pledge-versions", args=[pledge.reference])
    found = approver.get(versions, {"from": "1", "to": "4"})
    assert [difference.name for difference in found.context["differences"]] == ["description"]
    turned = approver.get(versions, {"from": "4", "to": "1"})
    assert (turned.context["earlier"].number, turned.context["later"].number) == (1, 4)
    assert approver.get(versions, {"from": "99"}).status_code == 404


@pytest.mark.parametrize("unit", ["unit", "USD", "course", "commitment"])
def test_the_review_names_each_field_as_the_form_does(people: People, unit: str) -> None:
    pledge = SubmittedPledgeFactory(capability_type=CapabilityTypeFactory(unit_of_measure=unit))
    form = PledgeForm(user=people.drafter, at=NOW, pledge=pledge)
    asked = [name for name in FIELDS if name in form.fields]
    assert [label_of(name, pledge) for name in asked] == [str(form.fields[name].label) for name in asked]
    assert label_of("deliver_by", pledge) in {"Delivered by", "Paid by", "Held by", "Done by"}


def test_asks_and_likely_duplicates_stand_beside(people: People, signed_in: SignedIn) -> None:
    pledge = waiting(1, title="Level 2 hospital for the north")
    ask = RequirementFactory(capability_type=pledge.capability_type)
    twin = RegisteredPledgeFactory(
        participant=pledge.participant, title="Level 2 hospital in the north", capability_type=pledge.capability_type
    )
    RegisteredPledgeFactory(title="Level 2 hospital for the north")  # of somebody else
    page = signed_in(people.officer).get(review_url(pledge))
    assert [row.earlier.pk for row in page.context["repeats"]] == [twin.pk]
    assert [one.requirement for one in page.context["suggestions"]] == [ask]
    assert "the same type" in page.content.decode()


def test_merging_keeps_both_pages_each_linked_to_the_other(people: People, signed_in: SignedIn) -> None:
    pledge = waiting(1, participant=people.delegation, title="Sent twice")
    twin = RegisteredPledgeFactory(participant=people.delegation, title="Sent first")
    officer = signed_in(people.officer)
    url = f"{reverse('pledge-merge', args=[pledge.reference])}?with={twin.reference}"
    typed = {"typed_reference": pledge.reference.lower()}
    page = officer.post(url, {"keep": twin.reference, "reason": " "} | typed)
    assert "Say why both are the same commitment." in page.content.decode()
    stale = officer.post(url, {"keep": twin.reference, "reason": "Sent twice.", "seen": "as it was"} | typed)
    assert "One of the two has changed since you opened the page" in stale.content.decode()
    seen = re.search(r'name="seen" value="([^"]*)"', stale.content.decode())[1]
    said = {"keep": twin.reference, "reason": "Sent twice.", "seen": seen}
    page = officer.post(url, said | {"typed_reference": twin.reference})
    assert f"This is another reference: type {pledge.reference}." in page.content.decode()
    page = officer.post(url, said | typed, follow=True)
    assert page.redirect_chain[-1][0] == twin.get_absolute_url()
    approver = signed_in(people.approver)
    assert f"Merged into {twin.reference}" in approver.get(pledge.get_absolute_url()).content.decode()
    assert twin.get_absolute_url() in approver.get(pledge.get_absolute_url()).content.decode()
    assert pledge.get_absolute_url() in approver.get(twin.get_absolute_url()).content.decode()


def test_two_people_merge_what_everyone_sees_and_everyone_reads_into_what(people: People, signed_in: SignedIn) -> None:
    keep, drop = (AnnouncedPledgeFactory(participant=people.delegation, title=title) for title in ("Kept", "Twice"))
    officer, manager, visitor = signed_in(people.officer), signed_in(people.manager), signed_in(None)
    find = reverse("pledge-merge", args=[drop.reference])
    assert find in officer.get(drop.get_absolute_url()).content.decode()
    assert "no other pledge with this reference" in officer.get(f"{find}?named=PKM25-NONE").content.decode()
    url = officer.get(f"{find}?named={keep.reference.lower()}")["Location"]
    form = officer.get(url).context["form"]
    said = {"keep": keep.reference, "reason": "Sent twice.", "seen": form["seen"].value()}
    page = officer.post(url, said | {"typed_reference": drop.reference}, follow=True)
    assert f"Merge {drop.reference} into {keep.reference}" in page.content.decode()
    assert officer.post(url, said | {"typed_reference": drop.reference})["Location"] == page.redirect_chain[-1][0]
    another = AnnouncedPledgeFactory(participant=people.delegation, title="Kept rather")
    url = officer.get(f"{find}?named={another.reference}")["Location"]
    said = {
        "keep": another.reference,
        "reason": "Sent twice.",
        "seen": officer.get(url).context["form"]["seen"].value(),
    }
    refused = officer.post(url, said | {"typed_reference": drop.reference})
    assert "Two people are deciding on the pledge that is closed: end that first." in refused.content.decode()
    approver = signed_in(people.approver)
    proposal = approver.get(reverse("pledge-proposal", args=[drop.reference])).content.decode()
    assert f"It is proposed to merge this pledge into {keep.reference}" in proposal
    assert "Sent twice." in proposal
    assert f"merge this pledge into {keep.reference}" in approver.get(drop.get_absolute_url()).content.decode()
    assert keep.reference not in visitor.get(drop.get_absolute_url()).content.decode()
    manager.post(page.redirect_chain[-1][0], {"verdict": "confirmed"})
    for browser in (visitor, approver):
        assert f"Merged into {keep.reference}" in browser.get(drop.get_absolute_url()).content.decode()
        assert f"Merged into this one, {drop.reference}" in browser.get(keep.get_absolute_url()).content.decode()


# --- The thread -------------------------------------------------------------------------------------------------------
def test_delegation_and_secretariat_write_to_each_other_and_nobody_else_reads(
    people: People, signed_in: SignedIn
) -> None:
    pledge = AnnouncedPledgeFactory(participant=people.delegation)
    url = reverse("pledge-notes", args=[pledge.reference])
    officer, drafter = signed_in(people.officer), signed_in(people.drafter)
    officer.post(url, {"text": "How many beds has it?"})
    assert "How many beds has it?" in drafter.get(url).content.decode()
    drafter.post(url, {"text": "Twenty."})
    note = ReviewNote.objects.get(text="How many beds has it?")
    assert "answered on" in drafter.post(url, {"answered": note.pk}, follow=True).content.decode()
    assert "Send the message" not in signed_in(people.viewer).get(url).content.decode()
    assert signed_in(people.viewer).post(url, {"text": "No."}).status_code == 403

    partner = member_of(ConfirmedPartnerFactory(pledge=pledge).participant, "approver")
    chair = member_of(CoChairFactory(conference=pledge.conference).participant, "co_chair")
    for outsider in (partner, chair, people.other_approver, people.analyst):
        assert signed_in(outsider).get(url).status_code == 403
        assert signed_in(outsider).post(url, {"text": "Hello."}).status_code == 403
        assert "How many beds has it?" not in signed_in(outsider).get(pledge.get_absolute_url()).content.decode()
    assert ReviewNote.objects.count() == 2


def test_a_note_of_another_pledge_is_not_answered_here(people: People, signed_in: SignedIn) -> None:
    own, other = SubmittedPledgeFactory(participant=people.delegation), SubmittedPledgeFactory()
    note = add_note(other, text="Hidden", by=people.officer, at=NOW)
    for key in (str(note.pk), "x", "9" * 40):
        answer = signed_in(people.drafter).post(reverse("pledge-notes", args=[own.reference]), {"answered": key})
        assert answer.status_code == 404
    note.refresh_from_db()
    assert note.resolved_at is None


# --- Cost -------------------------------------------------------------------------------------------------------------
def test_the_pages_cost_the_same_for_any_number_of_rows(people: People, signed_in: SignedIn) -> None:
    officer, counts = signed_in(people.officer), []
    pledge = waiting(1, title="Looked at")
    for rows in (1, 50):
        SubmittedPledgeFactory.create_batch(rows)
        for row in Pledge.objects.filter(claim=None, status=Status.SUBMITTED).exclude(pk=pledge.pk):
            claim(row, by=OfficerFactory(), at=timezone.now())
        RequirementFactory.create_batch(rows, capability_type=pledge.capability_type)
        RegisteredPledgeFactory.create_batch(
            rows, participant=pledge.participant, title="Looked at too", capability_type=pledge.capability_type
        )
        for n in range(rows):
            add_note(pledge, text=f"Note {rows} {n}", by=OfficerFactory(), at=NOW)
        officer.get(QUEUE)
        taken = []
        for url in (QUEUE, review_url(pledge), reverse("pledge-notes", args=[pledge.reference])):
            with CaptureQueriesContext(connection) as queries:
                assert officer.get(url).status_code == 200
            taken.append(len(queries))
        counts.append(taken)
    assert counts[0] == counts[1]
    assert all(count <= 32 for count in counts[1])


def test_a_message_waits_on_the_work_page_of_the_other_side_until_it_is_answered(
    people: People, signed_in: SignedIn
) -> None:
    pledge = RegisteredPledgeFactory(participant=people.delegation)
    question = add_note(pledge, text="How many beds has it?", by=people.officer, at=NOW)
    add_note(pledge, text="Twenty, and a pharmacy.", by=people.drafter, at=NOW)
    desks = {
        person: signed_in(getattr(people, person)).get("/work/").content.decode()
        for person in ("viewer", "officer", "other_approver")
    }
    assert [person for person, text in desks.items() if "How many beds" in text] == ["viewer"]
    assert [person for person, text in desks.items() if "Twenty, and" in text] == ["officer"]
    resolve_note(question, by=people.drafter, at=NOW)
    assert "How many beds" not in signed_in(people.viewer).get("/work/").content.decode()
