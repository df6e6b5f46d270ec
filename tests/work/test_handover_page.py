"""The page on which a drafter hands a pledge over to the approvers, and where the note can be read."""

from collections.abc import Callable

from django.test import Client
from django.urls import reverse

from accounts.models import User
from pledges.models import Pledge, Unread
from tests.factories import (
    SUBMITTED_AT,
    AnnouncedPledgeFactory,
    DraftPledgeFactory,
    HandoverFactory,
    SubmittedPledgeFactory,
)
from tests.work.conftest import People

SignedIn = Callable[[User | None], Client]
NOTE = "Cleared by the ministry of defence."


def handover_url(pledge: Pledge) -> str:
    return reverse("pledge-handover", args=[pledge.reference])


def test_a_drafter_hands_over_and_the_approver_reads_the_note_on_the_pledge(
    people: People, signed_in: SignedIn
) -> None:
    pledge = DraftPledgeFactory(participant=people.delegation)
    answer = signed_in(people.drafter).post(handover_url(pledge), {"note": NOTE})
    assert answer["Location"] == pledge.get_absolute_url()
    text = signed_in(people.approver).get(pledge.get_absolute_url()).content.decode()
    assert NOTE in text
    assert "Changed since" not in text


def test_the_secretariat_does_not_read_the_note(people: People, signed_in: SignedIn) -> None:
    pledge = HandoverFactory(pledge__participant=people.delegation, note=NOTE).pledge
    for person in (people.officer, people.manager):
        page = signed_in(person).get(pledge.get_absolute_url())
        assert page.status_code == 200
        assert NOTE not in page.content.decode()
        assert signed_in(person).get(handover_url(pledge)).status_code == 403


def test_what_is_missing_is_said(people: People, signed_in: SignedIn) -> None:
    pledge = DraftPledgeFactory(participant=people.delegation, title="")
    text = signed_in(people.drafter).get(handover_url(pledge)).content.decode()
    assert "Give the pledge a short title." in text


def test_words_that_could_not_be_read_and_a_likely_repeat_are_said(people: People, signed_in: SignedIn) -> None:
    pledge = DraftPledgeFactory(participant=people.delegation)
    Unread.objects.create(pledge=pledge, field="quantity", parts=["a dozen"])
    earlier = AnnouncedPledgeFactory(
        participant=people.delegation, title=pledge.title, capability_type=pledge.capability_type
    )
    text = signed_in(people.drafter).get(handover_url(pledge)).content.decode()
    assert "Correct “a dozen”: it could not be read." in text
    assert f"it may repeat {earlier.reference}" in text
    assert "Nothing is missing" not in text


def test_a_change_after_the_hand_over_is_said(people: People, signed_in: SignedIn) -> None:
    pledge = HandoverFactory(pledge__participant=people.delegation, created_at=SUBMITTED_AT).pledge
    assert "Changed since" not in signed_in(people.approver).get(pledge.get_absolute_url()).content.decode()
    Pledge.objects.filter(pk=pledge.pk).update(title="Another title")
    assert "Changed since" in signed_in(people.approver).get(pledge.get_absolute_url()).content.decode()


def test_a_draft_is_taken_back(people: People, signed_in: SignedIn) -> None:
    handover = HandoverFactory(pledge__participant=people.delegation)
    client = signed_in(people.drafter)
    assert "Take it back" in client.get(handover_url(handover.pledge)).content.decode()
    client.post(handover_url(handover.pledge), {"take_back": "1", "note": ""})
    handover.refresh_from_db()
    assert handover.ended_at


def test_a_note_too_long_is_kept_and_refused(people: People, signed_in: SignedIn) -> None:
    pledge = DraftPledgeFactory(participant=people.delegation)
    answer = signed_in(people.drafter).post(handover_url(pledge), {"note": "x" * 1001})
    assert "Shorten this to 1,000 characters or fewer." in answer.content.decode()
    assert "x" * 1001 in answer.content.decode()
    assert not pledge.handovers.exists()


def test_a_submitted_pledge_is_not_handed_over(people: People, signed_in: SignedIn) -> None:
    pledge = SubmittedPledgeFactory(participant=people.delegation)
    assert signed_in(people.drafter).get(handover_url(pledge))["Location"] == pledge.get_absolute_url()
    page = signed_in(people.drafter).post(handover_url(pledge), {"note": NOTE})
    assert page.status_code == 409
    assert "This pledge was submitted" in page.content.decode()
    assert page.context["form"]["note"].value() == NOTE  # what was typed is not lost
    assert not pledge.handovers.exists()
