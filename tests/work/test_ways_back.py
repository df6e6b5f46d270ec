"""The ways back from a mistake: a draft is discarded, a registered pledge sent back; a refusal keeps what was typed."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from pledges.enums import Status
from pledges.models import Pledge
from tests.factories import (
    AnnouncedPledgeFactory,
    ConfirmedPartnerFactory,
    DecisionPledgeFactory,
    DraftPledgeFactory,
    PartnerFactory,
    RegisteredPledgeFactory,
    ReturnedPledgeFactory,
    SubmittedPledgeFactory,
    member_of,
)
from tests.work.conftest import People, step_url

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


def test_an_announced_pledge_says_what_can_be_done_instead(people: People, signed_in: SignedIn) -> None:
    pledge = AnnouncedPledgeFactory(participant=people.delegation)
    said = signed_in(people.officer).get(review_url(pledge), follow=True).content.decode()
    assert "it is not returned any more" in said
    said = signed_in(people.drafter).get(reverse("pledge-edit", args=[pledge.reference]), follow=True).content.decode()
    assert "superseded by a new pledge" in said


# --- A refusal keeps what was typed -----------------------------------------------------------------------------------
def test_a_withdrawal_refused_since_it_was_announced_keeps_the_reason(people: People, signed_in: SignedIn) -> None:
    pledge = RegisteredPledgeFactory(participant=people.delegation)
    approver = signed_in(people.approver)
    version = approver.get(step_url(pledge, "withdraw")).context["form"].initial["version"]
    Pledge.objects.filter(pk=pledge.pk).update(announced_at=timezone.now())
    page = approver.post(step_url(pledge, "withdraw"), {"version": version, "reason": "The law did not pass."})
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
