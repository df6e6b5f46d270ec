"""The work page: for each person what waits for them, what is due first on top, and nothing of others."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import ApiToken, User
from pledges.workspace import ROWS
from tests.factories import (
    AnnouncedPledgeFactory,
    DraftPledgeFactory,
    MilestoneFactory,
    ProgressUpdateFactory,
    RecordPledgeFactory,
    RegisteredPledgeFactory,
    ReturnedPledgeFactory,
    SubmittedPledgeFactory,
    UserFactory,
)
from tests.work.conftest import People

SignedIn = Callable[[User | None], Client]
URL = "/work/"
TODAY = timezone.now().date()
DAY = timedelta(days=1)


def test_a_visitor_is_asked_to_sign_in(client: Client) -> None:
    assert client.get(URL)["Location"] == f"{reverse('sign-in')}?next={URL}"


def test_signing_in_leads_to_the_own_work(people: People, client: Client) -> None:
    people.drafter.set_password("a long enough password")
    people.drafter.save()
    answer = client.post(
        reverse("sign-in"), {"login": people.drafter.username, "password": "a long enough password"}
    )
    assert answer["Location"] == URL


def test_a_first_visit_says_how_to_begin(people: People, signed_in: SignedIn) -> None:
    RecordPledgeFactory(participant=people.delegation)
    text = signed_in(people.drafter).get(URL).content.decode()
    assert "Your delegation has not entered a pledge here yet" in text
    assert reverse("pledge-create") in text
    assert reverse("pledge-create") not in signed_in(people.viewer).get(URL).content.decode()


def test_what_is_due_first_stands_on_top(people: People, signed_in: SignedIn) -> None:
    registered = timezone.now()
    pledge = RegisteredPledgeFactory(
        participant=people.delegation,
        registered_at=registered,
        submitted_at=registered,
        conference__reporting_cycle_months=1,
    )
    for days in (60, -3, 0):
        MilestoneFactory(pledge=pledge, title=f"Step {days}", due_on=TODAY + days * DAY)
    MilestoneFactory(pledge=pledge, title="Done", due_on=TODAY - DAY, done_on=TODAY)
    answered = MilestoneFactory(pledge=pledge, title="Answered", due_on=TODAY)
    ProgressUpdateFactory(pledge=pledge, milestone=answered, happened_on=TODAY)
    page = signed_in(people.drafter).get(URL)
    due = page.context["delegation"].due
    assert [(item.title, item.is_late, item.days) for item in due][:2] == [("Step -3", True, 3), ("Step 0", False, 0)]
    assert [item.title for item in due][2:] == ["Regular report", "Step 60"]
    text = page.content.decode()
    assert "3 days late" in text
    assert "Due today" in text
    assert (
        due[0].url
        == f"{reverse('pledge-report', args=[pledge.reference])}?milestone={pledge.milestones.get(title='Step -3').pk}"
    )


def test_the_public_record_owes_no_reports(people: People, signed_in: SignedIn) -> None:
    RecordPledgeFactory(participant=people.delegation)
    page = signed_in(people.drafter).get(URL)
    assert page.context["delegation"].due == []
    assert "Nothing is due." in page.content.decode()


def test_drafts_show_author_time_and_what_is_missing(people: People, signed_in: SignedIn) -> None:
    DraftPledgeFactory(participant=people.delegation, author=people.drafter, title="", description="")
    ReturnedPledgeFactory(participant=people.delegation, title="Came back")
    page = signed_in(people.approver).get(URL)
    assert [draft.pledge.status for draft in page.context["delegation"].drafts] == ["returned", "draft"]
    text = page.content.decode()
    assert "Untitled pledge" in text
    assert "Give the pledge a short title." in text
    assert str(people.drafter) in text
    assert "1 March 2025, 09:00 UTC" in text


def test_nothing_of_other_delegations_is_there(people: People, signed_in: SignedIn) -> None:
    hidden = [
        factory(title=f"Hidden {number}")
        for number, factory in enumerate((DraftPledgeFactory, SubmittedPledgeFactory, RegisteredPledgeFactory))
    ]
    MilestoneFactory(pledge=hidden[2], title="Hidden step", due_on=TODAY)
    AnnouncedPledgeFactory(title="Hidden too: it is no work of ours")
    for person in (people.drafter, people.viewer, people.analyst, UserFactory()):
        assert "Hidden" not in signed_in(person).get(URL).content.decode()


def test_the_secretariat_sees_its_queues_oldest_first(people: People, signed_in: SignedIn) -> None:
    now = timezone.now()
    for days in (1, 9, 5):
        SubmittedPledgeFactory(title=f"Waits {days} days", submitted_at=now - days * DAY)
    waiting = RegisteredPledgeFactory(title="Under embargo")
    AnnouncedPledgeFactory(title="Announced")
    late = RegisteredPledgeFactory(title="Overdue", deliver_by=TODAY - DAY, deliver_by_precision="day")
    MilestoneFactory(pledge=waiting, title="Late step", due_on=TODAY - DAY)
    page = signed_in(people.officer).get(URL)
    desk = page.context["secretariat"]
    assert [pledge.title for pledge in desk.submitted.rows] == ["Waits 9 days", "Waits 5 days", "Waits 1 days"]
    assert {pledge.title for pledge in desk.unannounced.rows} == {"Under embargo", "Overdue"}
    assert [step.title for step in desk.late_steps.rows] == ["Late step"]
    assert [pledge.pk for pledge in desk.overdue.rows] == [late.pk]
    assert page.context["delegation"] is None


def test_an_analyst_sees_the_own_tokens_without_their_secrets(people: People, signed_in: SignedIn) -> None:
    _token, secret = ApiToken.objects.issue(user=people.analyst, name="Notebook", at=timezone.now())
    ApiToken.objects.issue(user=UserFactory(), name="Somebody else's", at=timezone.now())
    revoked, _secret = ApiToken.objects.issue(user=people.analyst, name="Revoked", at=timezone.now())
    ApiToken.objects.filter(pk=revoked.pk).update(revoked_at=timezone.now())
    text = signed_in(people.analyst).get(URL).content.decode()
    assert "Notebook" in text
    assert secret not in text
    assert "Somebody else" not in text
    assert "Revoked" not in text


@pytest.mark.parametrize("name", ["drafter", "officer"])
@pytest.mark.parametrize("count", [1, 50])
def test_the_page_costs_the_same_for_any_number_of_rows(
    people: People, signed_in: SignedIn, django_assert_num_queries: Any, name: str, count: int
) -> None:
    for _n in range(count):
        DraftPledgeFactory(participant=people.delegation)
        SubmittedPledgeFactory(participant=people.delegation)
        ReturnedPledgeFactory(participant=people.delegation)
        pledge = RegisteredPledgeFactory(
            participant=people.delegation, deliver_by=TODAY - DAY, deliver_by_precision="day"
        )
        MilestoneFactory(pledge=pledge, due_on=TODAY - DAY)
    browser = signed_in(getattr(people, name))
    browser.get(URL)
    with django_assert_num_queries({"drafter": 15, "officer": 12}[name]):
        page = browser.get(URL)
    if name == "officer":
        assert len(page.context["secretariat"].submitted.rows) == min(count, ROWS)
