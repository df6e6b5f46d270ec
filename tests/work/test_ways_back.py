"""The ways back from a mistake: a draft is discarded, a registered pledge sent back; a refusal keeps what was typed."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from pledges.enums import Status
from pledges.models import Pledge
from pledges.transitions import apply_transition
from tests.factories import (
    AllocationFactory,
    AnnouncedPledgeFactory,
    ConferenceFactory,
    ConfirmedPartnerFactory,
    DecisionPledgeFactory,
    DraftPledgeFactory,
    PartnerFactory,
    RegisteredPledgeFactory,
    ReturnedPledgeFactory,
    SubmittedPledgeFactory,
    member_of,
)
from tests.work.conftest import People, form_of, step_url

pytestmark = pytest.mark.django_db
SignedIn = Callable[[User | None], Client]


def review_url(pledge: Pledge) -> str:
    return reverse("review-pledge", args=[pledge.reference])


# --- Discarding -------------------------------------------------------------------------------------------------------
def test_a_drafter_discards_an_unwanted_draft_at_one_click(people: People, signed_in: SignedIn) -> None:
    draft = DraftPledgeFactory(participant=people.delegation)
    drafter = signed_in(people.drafter)
    assert "Discard the draft" in drafter.get(draft.get_absolute_url()).content.decode()
    assert "counts in no figure" in drafter.get(step_url(draft, "discard")).content.decode()
    page = drafter.post(step_url(draft, "discard"), {"version": draft.version}, follow=True).content.decode()
    assert f"{draft.reference} is discarded." in page
    draft.refresh_from_db()
    assert draft.is_discarded
    work = drafter.get(reverse("workspace")).content.decode()
    assert draft.title not in work
    again = drafter.post(step_url(draft, "discard"), {"version": draft.version}, follow=True).content.decode()
    assert f"{draft.reference} is discarded." in again
    assert draft.status_changes.count() == 1


def test_a_returned_pledge_is_discarded_by_an_approver_with_reason_and_reference(
    people: People, signed_in: SignedIn
) -> None:
    pledge = ReturnedPledgeFactory(participant=people.delegation)
    url = step_url(pledge, "discard")
    assert signed_in(people.drafter).get(url).status_code == 403
    approver = signed_in(people.approver)
    page = approver.post(url, {"version": pledge.version, "reason": "", "typed_reference": "PKM25-NOT"})
    assert set(page.context["form"].errors) == {"reason", "typed_reference"}
    approver.post(
        url, {"version": pledge.version, "reason": "No money.", "typed_reference": pledge.reference.lower() + " "}
    )
    pledge.refresh_from_db()
    assert pledge.is_discarded
    assert pledge.status_changes.get().reason == "No money."


def test_a_draft_that_a_partner_was_asked_to_join_takes_its_reference(people: People, signed_in: SignedIn) -> None:
    draft = PartnerFactory(pledge=DraftPledgeFactory(participant=people.delegation)).pledge
    drafter = signed_in(people.drafter)
    assert "see it no more" in drafter.get(step_url(draft, "discard")).content.decode()
    page = drafter.post(step_url(draft, "discard"), {"version": draft.version})
    assert list(page.context["form"].errors) == ["typed_reference"]


def test_partners_see_nothing_more_of_a_discarded_draft(people: People, signed_in: SignedIn) -> None:
    draft = DraftPledgeFactory(participant=people.delegation)
    confirmed = member_of(ConfirmedPartnerFactory(pledge=draft).participant, "approver")
    awaited = PartnerFactory(pledge=draft)
    asked = member_of(awaited.participant, "approver")
    invitation = reverse("pledge-invitation", args=[draft.reference, awaited.participant_id])
    assert signed_in(confirmed).get(draft.get_absolute_url()).status_code == 200
    assert signed_in(asked).get(invitation).status_code == 200
    form = {"version": draft.version, "typed_reference": draft.reference}
    signed_in(people.approver).post(step_url(draft, "discard"), form)
    assert signed_in(confirmed).get(draft.get_absolute_url()).status_code == 404
    assert signed_in(asked).get(invitation).status_code == 404
    for person in (confirmed, asked):
        assert draft.title not in signed_in(person).get(reverse("workspace")).content.decode()
    assert "was discarded before it counted" in signed_in(people.viewer).get(draft.get_absolute_url()).content.decode()


def test_a_discarded_draft_is_in_no_list_of_closed_pledges(people: People, signed_in: SignedIn) -> None:
    draft = DraftPledgeFactory(participant=people.delegation)
    officer = signed_in(people.officer)
    signed_in(people.drafter).post(step_url(draft, "discard"), {"version": draft.version})
    url = reverse("pledge-list")
    assert draft.title not in officer.get(url, {"status": "registered,closed"}).content.decode()
    assert draft.title in officer.get(url).content.decode()


def discard_url(pledge: Pledge) -> str:
    return reverse("conference-discard", args=[pledge.conference_id])


def ticked(*drafts: Pledge) -> dict[str, object]:
    """Return what a browser sends with these drafts ticked."""
    versions = {f"version-{draft.reference}": draft.version for draft in drafts}
    return {"pledge": [draft.reference for draft in drafts]} | versions


def test_the_drafts_of_a_wrong_spreadsheet_are_discarded_at_once(people: People, signed_in: SignedIn) -> None:
    kept, *wrong = drafts = DraftPledgeFactory.create_batch(
        3, participant=people.delegation, conference=ConferenceFactory()
    )
    shared = PartnerFactory(pledge=DraftPledgeFactory(participant=people.delegation, conference=kept.conference)).pledge
    foreign = DraftPledgeFactory(conference=kept.conference)
    drafter = signed_in(people.drafter)
    assert discard_url(kept) in drafter.get(reverse("conference-work", args=[kept.conference_id])).content.decode()
    text = drafter.get(discard_url(kept), {"tick": "all"}).content.decode()
    assert text.count(" checked") == len(drafts)
    assert shared.title not in text
    assert foreign.title not in text
    for _click in range(2):
        page = drafter.post(discard_url(kept), ticked(*wrong), follow=True).content.decode()
    assert f"{wrong[0].reference} is no draft in this list any more" in page  # what is discarded is no draft any more
    assert {draft.reference for draft in Pledge.objects.all() if draft.is_discarded} == {
        draft.reference for draft in wrong
    }
    work = drafter.get(reverse("conference-work", args=[kept.conference_id])).content.decode()
    assert kept.title in work
    assert wrong[0].title not in work


def test_of_drafts_that_cannot_all_be_discarded_none_is(people: People, signed_in: SignedIn) -> None:
    drafts = DraftPledgeFactory.create_batch(2, participant=people.delegation, conference=ConferenceFactory())
    stale = ticked(*drafts) | {f"version-{drafts[0].reference}": 7}
    page = signed_in(people.drafter).post(discard_url(drafts[0]), stale)
    assert page.status_code == 409
    assert f"{drafts[0].reference}: Somebody changed this pledge" in page.content.decode()
    assert page.content.decode().count(" checked") == 2
    page = signed_in(people.drafter).post(discard_url(drafts[0]), {})
    assert "Tick at least one draft." in page.content.decode()
    assert not Pledge.objects.exclude(status=Status.DRAFT).exists()


# --- Sending back -----------------------------------------------------------------------------------------------------
def test_an_officer_sends_a_registered_pledge_back_with_reasons_at_its_fields(
    people: People, signed_in: SignedIn
) -> None:
    pledge = RegisteredPledgeFactory(participant=people.delegation)
    officer = signed_in(people.officer)
    assert "Send back for correction" in officer.get(pledge.get_absolute_url()).content.decode()
    page = officer.get(review_url(pledge)).content.decode()
    assert "Until it is registered anew it counts in no figure" in page
    assert 'value="register"' not in page
    sent = officer.post(review_url(pledge), {"version": pledge.version, "act": "return", "note_title": "Spelling."})
    assert sent["Location"] == pledge.get_absolute_url()
    pledge.refresh_from_db()
    assert (pledge.status, pledge.registered_at) == (Status.RETURNED, None)
    assert pledge.review_notes.get().text == "Spelling."
    assert signed_in(people.drafter).get(reverse("pledge-edit", args=[pledge.reference])).status_code == 200


def test_what_was_counted_before_a_return_waits_and_is_not_undercut(people: People, signed_in: SignedIn) -> None:
    pledge = RegisteredPledgeFactory(participant=people.delegation, quantity=4)
    ask = AllocationFactory(pledge=pledge, quantity=3, author=people.officer).requirement
    officer, drafter = signed_in(people.officer), signed_in(people.drafter)
    officer.post(review_url(pledge), {"version": pledge.version, "act": "return", "reason": "One less."})
    edit = reverse("pledge-edit", args=[pledge.reference])
    page = drafter.post(edit, form_of(drafter, edit) | {"quantity": "2"})
    assert "enter no less, or ask it to take that back" in page.content.decode()
    assert (
        reverse("pledge-allocate", args=[pledge.reference]) in officer.get(pledge.get_absolute_url()).content.decode()
    )
    counted = f"{reverse('pledge-allocate', args=[pledge.reference])}?requirement={ask.reference}"
    officer.post(counted, {"act": "remove", "was": officer.get(counted).context["form"].initial["was"]})
    drafter.post(edit, form_of(drafter, edit) | {"quantity": "2"})
    pledge.refresh_from_db()
    assert pledge.quantity == 2


def test_an_announced_pledge_says_what_can_be_done_instead(people: People, signed_in: SignedIn) -> None:
    pledge = AnnouncedPledgeFactory(participant=people.delegation)
    said = signed_in(people.officer).get(review_url(pledge), follow=True).content.decode()
    assert "it is not returned any more" in said
    said = signed_in(people.drafter).get(reverse("pledge-edit", args=[pledge.reference]), follow=True).content.decode()
    assert "superseded by a new pledge" in said


def test_a_discarded_pledge_is_called_so_wherever_its_state_is_named(people: People, signed_in: SignedIn) -> None:
    draft = DraftPledgeFactory(participant=people.delegation)
    drafter = signed_in(people.drafter)
    drafter.post(step_url(draft, "discard"), {"version": draft.version})
    found = drafter.get(reverse("pledge-versions", args=[draft.reference])).context["versions"]
    assert [version.what for version in found] == ["Drafted", "Discarded"]
    for name in ("pledge-detail", "pledge-notes", "pledge-files"):
        text = drafter.get(reverse(name, args=[draft.reference])).content.decode()
        assert ">Discarded<" in text.replace("\n", ""), name
        assert ">Closed<" not in text, name


# --- A refusal keeps what was typed -----------------------------------------------------------------------------------
def test_a_withdrawal_refused_since_it_was_announced_keeps_the_reason(people: People, signed_in: SignedIn) -> None:
    pledge = RegisteredPledgeFactory(participant=people.delegation)
    approver = signed_in(people.approver)
    version = approver.get(step_url(pledge, "withdraw")).context["form"].initial["version"]
    Pledge.objects.filter(pk=pledge.pk).update(announced_at=timezone.now())
    typed = {"version": version, "reason": "The law did not pass.", "typed_reference": pledge.reference}
    page = approver.post(step_url(pledge, "withdraw"), typed)
    assert page.status_code == 409
    assert "The law did not pass." in page.content.decode()
    assert "This takes two people" in page.content.decode()
    assert f"{reverse('decision-propose')}?action=withdraw" in page.content.decode()


def test_a_return_refused_since_a_colleague_reads_it_keeps_the_reason(people: People, signed_in: SignedIn) -> None:
    pledge = SubmittedPledgeFactory(participant=people.delegation)
    signed_in(people.manager).post(review_url(pledge), {"act": "claim"})
    page = signed_in(people.officer).post(
        step_url(pledge, "return"), {"version": pledge.version, "reason": "Say by when."}
    )
    assert page.status_code == 409
    assert "Say by when." in page.content.decode()
    assert "is reading this pledge until" in page.content.decode()


# --- No dead ends on the check of the answers -------------------------------------------------------------------------
def test_a_drafter_hands_over_from_the_check_of_the_answers(people: People, signed_in: SignedIn) -> None:
    draft = DraftPledgeFactory(participant=people.delegation)
    text = signed_in(people.drafter).get(reverse("pledge-check", args=[draft.reference])).content.decode()
    assert reverse("pledge-handover", args=[draft.reference]) in text


def test_an_approver_who_answers_nothing_keeps_the_button_and_reads_why(people: People, signed_in: SignedIn) -> None:
    earlier = AnnouncedPledgeFactory(participant=people.delegation, title="Level 2 hospital")
    draft = DraftPledgeFactory(
        participant=people.delegation, title="Level 2 hospital", capability_type=earlier.capability_type
    )
    page = signed_in(people.approver).post(reverse("pledge-check", args=[draft.reference]), {"answer": ""})
    assert page.context["question"].errors
    assert page.context["form"] is not None
    assert "An approver of your delegation submits it" not in page.content.decode()


def test_the_receipt_of_what_was_taken_back_says_so(people: People, signed_in: SignedIn) -> None:
    pledge = DraftPledgeFactory(participant=people.delegation)
    approver, at = people.approver, timezone.now()
    apply_transition("submit", pledge=pledge, by=approver, at=at)
    apply_transition("recall", pledge=pledge, by=approver, at=at + timedelta(hours=1))
    text = signed_in(approver).get(reverse("pledge-receipt", args=[pledge.reference])).content.decode()
    assert "Your delegation took it back" in text
    assert "The Secretariat has answered" not in text


def test_the_form_marks_what_is_optional(people: People, signed_in: SignedIn) -> None:
    draft = DraftPledgeFactory(participant=people.delegation)
    text = signed_in(people.drafter).get(reverse("pledge-edit", args=[draft.reference])).content.decode()
    marked = set(re.findall(r'for="id_(\w+)">[^<]*<span class="optional">', text))
    assert {"quantity", "personnel", "intended_outcome"} <= marked
    assert not marked & {"title", "description", "capability"}


# --- What is said -----------------------------------------------------------------------------------------------------
def test_a_withdrawal_that_is_confirmed_for_later_is_not_said_to_be_announced(
    people: People, signed_in: SignedIn
) -> None:
    later = timezone.now() + timedelta(days=2)
    pledge = AnnouncedPledgeFactory(participant=people.delegation)
    DecisionPledgeFactory(
        pledge=pledge,
        decision__action="withdraw",
        decision__reason="Cut.",
        decision__takes_effect_at=later,
        decision__verdict="confirmed",
        decision__decided_by=people.manager,
        decision__decided_at=timezone.now(),
    )
    said = signed_in(people.approver).get(pledge.get_absolute_url()).content.decode()
    assert "to be withdrawn on" in said
    assert "to be announced on" not in said


def test_insiders_read_that_an_invited_delegation_reads_some_of_a_draft(people: People, signed_in: SignedIn) -> None:
    draft = DraftPledgeFactory(participant=people.delegation)
    asked = PartnerFactory(pledge=draft)
    confirmed = member_of(ConfirmedPartnerFactory(pledge=draft).participant, "approver")
    said = "Whoever is asked reads its title, capability and dates."
    text = signed_in(people.drafter).get(draft.get_absolute_url()).content.decode()
    assert said in text
    assert f"not answered yet: {asked.participant}." in text
    assert said not in signed_in(confirmed).get(draft.get_absolute_url()).content.decode()
