"""Two people have one draft open: each reads who else has, on the page and while a script saves."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from pledges.errors import NotAllowed, WrongStatus
from pledges.models import Pledge, Presence
from pledges.services.presence import OPEN_FOR, end_presence, note_presence
from tests.factories import DraftPledgeFactory, SubmittedPledgeFactory
from tests.work.conftest import People, edit_url, form_of

SignedIn = Callable[[User | None], Client]


@pytest.fixture
def draft(people: People) -> Pledge:
    """A draft of the delegation, whose approver has a name."""
    User.objects.filter(pk=people.approver.pk).update(first_name="Ana", last_name="Kovač", time_zone="Asia/Dhaka")
    pledge: Pledge = DraftPledgeFactory(participant=people.delegation)
    return pledge


def others(browser: Client, url: str) -> str:
    """Return what the page of the form says of other people."""
    said: str = browser.get(url).context["others"]
    return said


def test_each_reads_who_has_had_it_open_and_since_when(people: People, signed_in: SignedIn, draft: Pledge) -> None:
    drafter, approver = signed_in(people.drafter), signed_in(people.approver)
    assert others(approver, edit_url(draft)) == ""
    Presence.objects.update(since=timezone.now().replace(hour=0, minute=2) - timedelta(days=1))
    page = drafter.get(edit_url(draft, "when"))
    assert page.context["others"] == "Ana Kovač is editing this too, since 00:02 UTC."
    assert "Ana Kovač is editing this too, since 00:02 UTC." in page.content.decode()
    assert str(people.drafter) in others(approver, edit_url(draft, "what")), "on whichever step"


def test_a_save_by_script_tells_too_and_keeps_one_there(people: People, signed_in: SignedIn, draft: Pledge) -> None:
    drafter, approver = signed_in(people.drafter), signed_in(people.approver)
    sent = form_of(drafter, edit_url(draft)) | {"title": "Typed", "autosave": "1"}
    Presence.objects.update(since=timezone.now() - timedelta(hours=2), until=timezone.now() + timedelta(seconds=5))
    approver.get(edit_url(draft))
    answer: dict[str, Any] = drafter.post(edit_url(draft), sent).json()
    assert answer["others"].startswith("Ana Kovač is editing this too, since ")
    mine = Presence.objects.get(person=people.drafter)
    assert mine.until > timezone.now() + OPEN_FOR - timedelta(minutes=1)
    assert mine.since < timezone.now() - timedelta(hours=1), "since the first opening"


def test_it_runs_out(people: People, draft: Pledge) -> None:
    at = timezone.now()
    note_presence(draft, by=people.approver, at=at)
    assert [row.person for row in note_presence(draft, by=people.drafter, at=at + OPEN_FOR / 2)] == [people.approver]
    assert note_presence(draft, by=people.drafter, at=at + OPEN_FOR) == []
    again = at + 3 * OPEN_FOR
    note_presence(draft, by=people.approver, at=again)
    assert Presence.objects.get().since == again, "who comes back has had it open since then"


def test_who_saves_and_leaves_has_it_open_no_more(people: People, signed_in: SignedIn, draft: Pledge) -> None:
    drafter, approver = signed_in(people.drafter), signed_in(people.approver)
    approver.post(edit_url(draft), form_of(approver, edit_url(draft)) | {"title": "Done", "then": "leave"})
    assert others(drafter, edit_url(draft)) == ""
    end_presence(draft, by=people.approver)  # not there: nothing happens
    assert [row.person for row in Presence.objects.all()] == [people.drafter]


def test_only_who_may_edit_is_noted(people: People) -> None:
    draft, submitted = (
        DraftPledgeFactory(participant=people.delegation),
        SubmittedPledgeFactory(participant=people.delegation),
    )
    for person in (people.viewer, people.officer, people.other_approver):
        with pytest.raises(NotAllowed):
            note_presence(draft, by=person, at=timezone.now())
    with pytest.raises(WrongStatus):
        note_presence(submitted, by=people.drafter, at=timezone.now())
    assert not Presence.objects.exists()
