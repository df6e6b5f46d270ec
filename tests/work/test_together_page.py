"""The pledges of one conference in one view and in one submission, and the page that copies a pledge."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from conferences.models import Conference
from pledges.models import Pledge, StatusChange, Unread
from pledges.transitions import apply_transition
from tests.factories import (
    AnnouncedPledgeFactory,
    ConferenceFactory,
    DraftPledgeFactory,
    MissionFactory,
    PartnerFactory,
    RegisteredPledgeFactory,
    ReturnedPledgeFactory,
    SubmittedPledgeFactory,
)
from tests.work.conftest import People

pytestmark = pytest.mark.django_db
SignedIn = Callable[[User | None], Client]


def view_url(conference: Conference) -> str:
    return reverse("conference-work", args=[conference.pk])


def copy_url(pledge: Pledge) -> str:
    return reverse("pledge-copy", args=[pledge.reference])


def ticked(*pledges: Pledge) -> dict[str, object]:
    """Return what a browser sends with these pledges ticked."""
    return {"pledge": [pledge.reference for pledge in pledges]} | {
        f"version-{pledge.reference}": pledge.version for pledge in pledges
    }


@pytest.fixture
def ready(people: People, conference: Conference) -> list[Pledge]:
    """Two drafts that have all that submission needs."""
    return DraftPledgeFactory.create_batch(
        2, participant=people.delegation, conference=conference, repeats_answered_at=timezone.now()
    )


def test_all_pledges_of_the_delegation_at_the_conference_stand_in_one_view(
    people: People, conference: Conference, signed_in: SignedIn
) -> None:
    here = {"participant": people.delegation, "conference": conference}
    DraftPledgeFactory(**here, title="", quality_score=40, quality_rules="1")
    PartnerFactory(pledge=RegisteredPledgeFactory(**here, title="Registered one"))
    ReturnedPledgeFactory(**here, title="Returned one")
    AnnouncedPledgeFactory(conference=conference, title="Of somebody else")
    DraftPledgeFactory(participant=people.delegation, title="Elsewhere")
    page = signed_in(people.viewer).get(view_url(conference))
    assert [row.pledge.title for row in page.context["rows"]] == ["Returned one", "", "Registered one"]
    text = page.content.decode()
    for said in ("Give the pledge a short title.", ">40<", "1 partner has not confirmed yet."):
        assert said in text
    assert 'type="checkbox"' not in text


def test_an_approver_submits_what_is_ticked(
    people: People, conference: Conference, ready: list[Pledge], signed_in: SignedIn
) -> None:
    client = signed_in(people.approver)
    left = DraftPledgeFactory(participant=people.delegation, conference=conference)
    text = client.get(view_url(conference)).content.decode()
    for pledge in ready:
        assert f'value="{pledge.reference}"' in text
    for _click in range(2):
        assert client.post(view_url(conference), ticked(*ready))["Location"] == view_url(conference)
    assert "2 pledges are submitted." in client.get(view_url(conference)).content.decode()
    assert set(Pledge.objects.filter(status="submitted")) == set(ready)
    assert StatusChange.objects.count() == 2
    left.refresh_from_db()
    assert left.status == "draft"


def test_if_one_is_refused_none_is_submitted_and_the_ticks_stay(
    people: People, conference: Conference, ready: list[Pledge], signed_in: SignedIn
) -> None:
    good, changed = ready
    sent = ticked(good, changed)
    Pledge.objects.filter(pk=changed.pk).update(title="Changed meanwhile")
    answer = signed_in(people.approver).post(view_url(conference), sent)
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "Nothing was submitted" in text
    assert f"{changed.reference}: Somebody changed this pledge" in text
    assert text.count(" checked>") == 2
    assert not StatusChange.objects.exists()


def test_a_ticked_pledge_that_is_gone_is_named_and_none_is_submitted(
    people: People, conference: Conference, ready: list[Pledge], signed_in: SignedIn
) -> None:
    stays, gone = ready
    sent = ticked(stays, gone)
    apply_transition("discard", pledge=gone, by=people.drafter, at=timezone.now(), version=gone.version)
    client = signed_in(people.approver)
    answer = client.post(view_url(conference), sent)
    assert answer.status_code == 409
    text = answer.content.decode()
    assert f"<bdi>{gone.reference}</bdi>: It is not in this list any more." in text
    assert text.count(" checked>") == 1
    alone = client.post(view_url(conference), ticked(gone))
    assert alone.status_code == 409
    assert not StatusChange.objects.filter(action="submit").exists()


def test_a_likely_repeat_that_nobody_has_spoken_of_is_named(
    people: People, conference: Conference, ready: list[Pledge], signed_in: SignedIn
) -> None:
    good, again = ready
    earlier = AnnouncedPledgeFactory(
        participant=people.delegation, title=again.title, capability_type=again.capability_type
    )
    Pledge.objects.filter(pk=again.pk).update(repeats_answered_at=None)
    again.refresh_from_db()
    answer = signed_in(people.approver).post(view_url(conference), ticked(good, again))
    assert answer.status_code == 409
    assert f"it may repeat {earlier.reference}" in answer.content.decode()
    assert not StatusChange.objects.exists()


def test_what_keeps_a_row_from_being_submitted_is_said_before_it_is_ticked(
    people: People, conference: Conference, ready: list[Pledge], signed_in: SignedIn
) -> None:
    unread, again = ready
    Unread.objects.create(pledge=unread, field="quantity", parts=["a dozen"])
    earlier = AnnouncedPledgeFactory(
        participant=people.delegation, title=again.title, capability_type=again.capability_type
    )
    Pledge.objects.filter(pk=again.pk).update(repeats_answered_at=None)
    page = signed_in(people.approver).get(view_url(conference))
    rows = {row.pledge: row for row in page.context["rows"]}
    assert rows[unread].missing == ["Correct “a dozen”: it could not be read."]
    assert rows[again].missing == [f"Say whether this is new: it may repeat {earlier.reference}."]
    assert not any(row.can_submit for row in rows.values())


def test_nothing_ticked_is_said(
    people: People, conference: Conference, ready: list[Pledge], signed_in: SignedIn
) -> None:
    answer = signed_in(people.approver).post(view_url(conference), {})
    assert "Tick at least one pledge." in answer.content.decode()


def test_who_is_no_approver_submits_nothing(
    people: People, conference: Conference, ready: list[Pledge], signed_in: SignedIn
) -> None:
    for person in (people.drafter, people.viewer):
        assert signed_in(person).post(view_url(conference), ticked(*ready)).status_code == 409
    signed_in(people.other_approver).post(view_url(conference), ticked(*ready))
    assert signed_in(people.officer).post(view_url(conference), ticked(*ready)).status_code == 403
    assert not StatusChange.objects.exists()


def test_the_view_takes_the_same_queries_for_one_row_and_for_fifty(
    people: People, conference: Conference, signed_in: SignedIn
) -> None:
    client, here = signed_in(people.approver), {"participant": people.delegation, "conference": conference}

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(view_url(conference)).status_code == 200
        return len(captured)

    PartnerFactory(pledge=DraftPledgeFactory(**here))
    few = queries()
    for pledge in [*DraftPledgeFactory.create_batch(25, **here), *SubmittedPledgeFactory.create_batch(24, **here)]:
        PartnerFactory(pledge=pledge)
    assert queries() == few


def test_a_pledge_is_copied_with_its_relation(people: People, signed_in: SignedIn) -> None:
    ended = MissionFactory(ends_on="2020-12-31", ends_on_precision="day")
    pledge = AnnouncedPledgeFactory(participant=people.delegation, missions=[ended])
    later = ConferenceFactory(title="The next one")
    client = signed_in(people.drafter)
    page = client.get(copy_url(pledge))
    assert f"{ended} has ended." in page.content.decode()
    sent = {"conference": later.pk, "relation": "renews", "form_key": page.context["form"]["form_key"].value()}
    answers = [client.post(copy_url(pledge), sent) for _click in range(2)]
    draft = Pledge.objects.get(status="draft")
    assert {answer["Location"] for answer in answers} == {reverse("pledge-edit", args=[draft.reference])}
    assert (draft.title, draft.conference, draft.descends_from.get().earlier) == (pledge.title, later, pledge)


def test_the_relation_must_be_said_where_there_can_be_one(people: People, signed_in: SignedIn) -> None:
    conference = ConferenceFactory()
    registered = RegisteredPledgeFactory(participant=people.delegation)
    answer = signed_in(people.drafter).post(copy_url(registered), {"conference": conference.pk})
    assert answer.context["form"].errors["relation"]
    draft = DraftPledgeFactory(participant=people.delegation)
    answer = signed_in(people.drafter).post(copy_url(draft), {"conference": conference.pk})
    assert answer.status_code == 302


def test_a_conference_that_takes_no_pledges_is_not_offered(people: People, signed_in: SignedIn) -> None:
    coming = ConferenceFactory(window_opens_at=timezone.now() + timezone.timedelta(days=1))
    pledge = RegisteredPledgeFactory(participant=people.delegation)
    answer = signed_in(people.drafter).post(copy_url(pledge), {"conference": coming.pk, "relation": "none"})
    assert answer.context["form"].errors["conference"]


def test_others_copy_nothing(people: People, signed_in: SignedIn) -> None:
    pledge = AnnouncedPledgeFactory(participant=people.delegation)
    for person in (people.viewer, people.other_approver, people.officer):
        assert signed_in(person).get(copy_url(pledge)).status_code == 403
    assert copy_url(pledge) in signed_in(people.drafter).get(pledge.get_absolute_url()).content.decode()
    assert copy_url(pledge) not in signed_in(people.officer).get(pledge.get_absolute_url()).content.decode()
