"""A session that ended while somebody was typing: nothing is typed twice."""

import re
import time
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import typed
from accounts.models import User
from pledges.models import Pledge
from tests.factories import (
    AnnouncedPledgeFactory,
    ConferenceFactory,
    DraftPledgeFactory,
    RegisteredPledgeFactory,
    SubmittedPledgeFactory,
)
from tests.work.conftest import People, edit_url, form_of, step_url

PASSWORD = "a long enough password"


def by(user: User) -> dict[str, str]:
    """Return the mark that a form shown to this person carries."""
    return {typed.FIELD: typed.mark(user)}


def signs_in(browser: Client, user: User, url: str) -> Any:
    """Sign in as the sign-in page asks, and return the page it leads to."""
    user.set_password(PASSWORD)
    user.save()
    sent = {"login": user.username, "password": PASSWORD, "next": url}
    return browser.post(reverse("sign-in"), sent, follow=True)


def test_a_draft_typed_into_an_ended_session_is_there_after_signing_in(
    people: People, answers: dict[str, Any], client: Client
) -> None:
    url = f"{reverse('pledge-create')}?{urlencode({'conference': answers['conference']})}"
    answer = client.post(url, answers | by(people.drafter))
    assert answer.status_code == 302
    page = signs_in(client, people.drafter, url)
    assert "What you typed is here" in page.content.decode()
    assert page.context["form"]["title"].value() == answers["title"]
    assert not Pledge.objects.exists()
    client.post(url, answers)
    assert Pledge.objects.get().title == answers["title"]
    assert "What you typed is here" not in client.get(url).content.decode(), "it is shown once"


def test_an_edit_keeps_its_version_and_meets_the_conflict(people: People, client: Client) -> None:
    pledge = DraftPledgeFactory(participant=people.delegation)
    client.force_login(people.drafter)
    sent = form_of(client, edit_url(pledge)) | {"title": "Mine"}
    client.logout()
    client.post(edit_url(pledge), sent | by(people.drafter))
    Pledge.objects.filter(pk=pledge.pk).update(title="Theirs")
    page = signs_in(client, people.drafter, edit_url(pledge))
    assert page.context["form"]["title"].value() == "Mine"
    kept = {bound.name: bound.value() for bound in page.context["form"]}
    page = client.post(edit_url(pledge), sent | {"version": kept["version"], "seen": kept["seen"]})
    assert "Somebody else saved this pledge" in page.content.decode()


@pytest.mark.parametrize("kind", ["report", "return", "milestone"])
def test_other_words_are_kept_too(people: People, client: Client, kind: str) -> None:
    registered, submitted = (
        f(participant=people.delegation) for f in (RegisteredPledgeFactory, SubmittedPledgeFactory)
    )
    user, url, sent = {
        "report": (people.drafter, reverse("pledge-report", args=[registered.reference]), {"text": "Kept words"}),
        "return": (people.officer, step_url(submitted, "return"), {"reason": "Kept words"}),
        "milestone": (
            people.drafter,
            reverse("milestone-create", args=[registered.reference]),
            {"title": "Kept words"},
        ),
    }[kind]
    client.post(url, sent | by(user))
    assert "Kept words" in signs_in(client, user, url).content.decode()
    submitted.refresh_from_db()
    assert submitted.status == "submitted"
    assert not registered.milestones.exists()
    assert not registered.progress_updates.exists()


def test_what_is_kept_stays_with_its_address_its_hour_and_its_reader(
    people: People, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    pledge, other = (DraftPledgeFactory(participant=people.delegation) for _n in range(2))
    client.post(edit_url(pledge), {"title": "Kept words"} | by(people.drafter))
    assert "Kept words" not in signs_in(client, people.drafter, edit_url(other)).content.decode()

    visitor = Client()
    visitor.post(edit_url(pledge), {"title": "Kept words"} | by(people.drafter))
    assert signs_in(visitor, people.other_approver, edit_url(pledge)).status_code == 404

    late = Client()
    late.post(edit_url(pledge), {"title": "Kept words"} | by(people.drafter))
    now = time.time()
    monkeypatch.setattr(typed.time, "time", lambda: now + typed.SECONDS + 1)
    assert "Kept words" not in signs_in(late, people.drafter, edit_url(pledge)).content.decode()


def test_the_next_person_at_the_same_desk_does_not_read_it(people: People, client: Client) -> None:
    url = reverse("pledge-create")
    client.post(url, {"title": "Kept words"} | by(people.drafter))
    assert "Kept words" not in signs_in(client, people.other_approver, url).content.decode()


def test_what_is_kept_for_a_forged_mark_is_nothing(people: People, client: Client) -> None:
    client.post(reverse("pledge-create"), by(people.drafter) | {typed.FIELD: "forged"})
    assert typed.KEY not in client.session


def test_of_a_flood_only_the_fact_is_kept_and_told(people: People, client: Client) -> None:
    url = reverse("pledge-create")
    client.post(url, by(people.drafter) | {"title": "Words", "description": "x" * typed.LONGEST})
    assert len(str(client.session[typed.KEY])) < 500
    page = signs_in(client, people.drafter, url).content.decode()
    assert "It was more than can be kept here: enter it again." in page
    assert "What you typed is here" not in page


@pytest.mark.parametrize("letter", ["x", "ж", "ع", "力", " "])
def test_every_script_keeps_as_many_characters(people: People, client: Client, letter: str) -> None:
    url, text = reverse("pledge-create"), "a" + letter * (typed.LONGEST - 100)
    client.post(url, by(people.drafter) | {"description": text})
    page = signs_in(client, people.drafter, url)
    assert page.context["form"]["description"].value() == text


def test_what_a_script_saves_does_not_take_the_place_of_what_was_sent(people: People, client: Client) -> None:
    mine, other = (DraftPledgeFactory(participant=people.delegation) for _n in range(2))
    client.post(edit_url(mine), {"title": "Kept words"} | by(people.drafter))
    client.post(edit_url(other), {"title": "Of another tab", "autosave": "1"} | by(people.drafter))
    assert "Kept words" in signs_in(client, people.drafter, edit_url(mine)).content.decode()


def test_a_file_is_asked_for_again_in_words(people: People, client: Client) -> None:
    pledge = DraftPledgeFactory(participant=people.delegation)
    url = reverse("pledge-files", args=[pledge.reference])
    file = SimpleUploadedFile("note.pdf", b"%PDF-1.4")
    client.post(url, {"kind": "note_verbale", "file": file} | by(people.drafter))
    page = signs_in(client, people.drafter, url).content.decode()
    assert "What you typed is here: send it again. Choose the file again." in page
    assert re.search(r'value="note_verbale"[^>]* checked', page)


@pytest.mark.parametrize("role", ["drafter", "approver"])
def test_the_answer_to_a_likely_repeat_is_kept(people: People, client: Client, role: str) -> None:
    user = getattr(people, role)
    earlier = AnnouncedPledgeFactory(participant=people.delegation, title="Level 2 hospital")
    pledge = DraftPledgeFactory(
        participant=people.delegation, title=earlier.title, capability_type=earlier.capability_type
    )
    url, answer = reverse("pledge-check", args=[pledge.reference]), f"renewed:{earlier.reference}"
    client.post(url, {"answer": answer} | by(user))
    page = signs_in(client, user, url)
    assert page.context["question"]["answer"].value() == answer
    assert not pledge.descends_from.exists()
    client.post(url, {"answer": answer})
    assert pledge.descends_from.get().earlier == earlier


@pytest.mark.parametrize("page_name", ["conference-work", "conference-discard"])
def test_ticks_are_kept(people: People, client: Client, page_name: str) -> None:
    first, second = DraftPledgeFactory.create_batch(
        2, participant=people.delegation, conference=ConferenceFactory(), repeats_answered_at=timezone.now()
    )
    url = reverse(page_name, args=[first.conference_id])
    client.post(url, {"pledge": [second.reference], f"version-{second.reference}": 1} | by(people.approver))
    page = signs_in(client, people.approver, url).content.decode()
    assert "What you typed is here" in page
    ticked = re.findall(r'value="(PK[^"]+)"[^>]*? checked', page)
    assert ticked == [second.reference]
    assert set(Pledge.objects.values_list("status", flat=True)) == {"draft"}


def test_no_token_is_kept(people: People, client: Client) -> None:
    sent = {"title": "Words", "csrfmiddlewaretoken": "secret"}
    client.post(reverse("pledge-create"), sent | by(people.drafter))
    assert "secret" not in str(client.session[typed.KEY])
