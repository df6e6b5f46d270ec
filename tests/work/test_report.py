"""Reports and steps of the plan."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from conferences.models import MembershipRole
from pledges.due import months_later
from pledges.enums import EventKind, ReportedState
from pledges.models import Milestone, Pledge, ProgressUpdate
from tests.factories import (
    ClosedPledgeFactory,
    ConfirmedPartnerFactory,
    DraftPledgeFactory,
    MilestoneFactory,
    ParticipantFactory,
    ProgressUpdateFactory,
    RegisteredPledgeFactory,
    member_of,
)
from tests.work.conftest import People

SignedIn = Callable[[User | None], Client]


def report_url(step: Milestone) -> str:
    """Return where a step is reported on, as in the mail."""
    return f"{reverse('pledge-report', args=[step.pledge.reference])}?milestone={step.pk}"


@pytest.fixture
def step(people: People) -> Milestone:
    """An open step of a registered pledge."""
    pledge = RegisteredPledgeFactory(participant=people.delegation)
    return MilestoneFactory(pledge=pledge, title="Contingent trained", due_on=timezone.now().date())


def test_the_link_of_the_mail_opens_the_form_filled_in_with_at_most_four_inputs(
    people: People, signed_in: SignedIn, step: Milestone
) -> None:
    page = signed_in(people.drafter).get(report_url(step))
    form = page.context["form"]
    assert [field.name for field in form.main_fields] == ["step_done", "state", "delivered_quantity", "text"]
    assert form["milestone"].value() == step.pk
    assert "Contingent trained" in page.content.decode()


def test_the_link_leads_through_signing_in(people: People, client: Client, step: Milestone) -> None:
    people.drafter.set_password("a long enough password")
    people.drafter.save()
    answer = client.get(report_url(step), follow=True)
    assert answer.context["redirect_field_value"] == report_url(step)
    signed = client.post(
        reverse("sign-in"),
        {"login": people.drafter.username, "password": "a long enough password", "next": report_url(step)},
        follow=True,
    )
    assert signed.redirect_chain == [(report_url(step), 302)]


def test_a_step_is_done_without_the_pledge_being_delivered(
    people: People, signed_in: SignedIn, step: Milestone
) -> None:
    said = {
        "milestone": step.pk,
        "step_done": "on",
        "state": "in_progress",
        "text": "Trained.",
        "delivered_quantity": "٢",
    }
    page = signed_in(people.drafter).post(report_url(step), said, follow=True)
    step.refresh_from_db()
    update = ProgressUpdate.objects.get()
    assert step.done_on == timezone.now().date()
    assert (update.milestone, update.state, update.text) == (step, ReportedState.IN_PROGRESS, "Trained.")
    assert (update.delivered_quantity, update.unit, update.author) == (2, "unit", people.drafter)
    step.pledge.refresh_from_db()
    assert step.pledge.reported_state == ReportedState.IN_PROGRESS
    assert f"Your report on {step.pledge.reference} is recorded." in page.content.decode()


def test_a_delivered_pledge_finishes_the_step(people: People, signed_in: SignedIn, step: Milestone) -> None:
    signed_in(people.approver).post(report_url(step), {"milestone": step.pk, "state": "delivered"})
    step.refresh_from_db()
    assert step.done_on


def test_no_change_takes_one_click(people: People, signed_in: SignedIn, step: Milestone) -> None:
    browser = signed_in(people.drafter)
    ProgressUpdateFactory(pledge=step.pledge, state=ReportedState.DELAYED, happened_on=date(2025, 6, 1))
    assert "No change since the last report" in browser.get(report_url(step)).content.decode()
    browser.post(report_url(step), {"no_change": "1"})
    latest = ProgressUpdate.objects.order_by("-pk")[0]
    assert (latest.kind, latest.state, latest.milestone) == (EventKind.NO_CHANGE, ReportedState.DELAYED, step)
    step.refresh_from_db()
    assert step.done_on is None


def test_no_change_is_not_offered_before_a_first_report(people: People, signed_in: SignedIn, step: Milestone) -> None:
    ProgressUpdateFactory(pledge=step.pledge, state="", kind=EventKind.NO_CHANGE)  # of the time when it was
    browser = signed_in(people.drafter)
    assert "No change" not in browser.get(report_url(step)).content.decode()
    page = browser.post(report_url(step), {"no_change": "1", "text": "Words kept"}).content.decode()
    assert "Choose how the pledge stands." in page
    assert "Words kept" in page
    assert ProgressUpdate.objects.count() == 1


def test_more_than_was_pledged_is_taken_once_it_is_said_to_be_right(
    people: People, signed_in: SignedIn, step: Milestone
) -> None:
    browser = signed_in(people.drafter)
    assert "is_more" not in browser.get(report_url(step)).context["form"].fields
    Pledge.objects.filter(pk=step.pledge_id).update(quantity=4, unit="unit")
    said = {"milestone": step.pk, "state": "delivered", "delivered_quantity": "5", "text": "Words kept"}
    page = browser.post(report_url(step), said)
    assert "More than was pledged, 4 units: correct the number, or tick that it is right." in page.content.decode()
    assert "Words kept" in page.content.decode()
    assert not ProgressUpdate.objects.exists()
    page = browser.post(report_url(step), said | {"is_more": "on"}, follow=True)
    assert ProgressUpdate.objects.get().delivered_quantity == 5
    assert "(5 units)" in page.content.decode(), "the timeline"


def test_a_report_without_a_state_says_what_to_choose(people: People, signed_in: SignedIn, step: Milestone) -> None:
    page = signed_in(people.drafter).post(report_url(step), {"milestone": step.pk, "state": "", "text": "Words kept"})
    text = page.content.decode()
    assert "Choose how the pledge stands." in text
    assert "Words kept" in text
    assert not ProgressUpdate.objects.exists()


def test_a_report_sent_twice_is_one_report(people: People, signed_in: SignedIn, step: Milestone) -> None:
    browser = signed_in(people.drafter)
    said = {"milestone": step.pk, "state": "delayed", "text": "Ship is late."}
    for _click in range(2):
        page = browser.post(report_url(step), said, follow=True)
        assert "is recorded" in page.content.decode()
    assert ProgressUpdate.objects.count() == 1
    browser.post(report_url(step), said | {"text": "Ship is later."})
    assert ProgressUpdate.objects.count() == 2


def test_a_pledge_can_be_reported_on_as_a_whole(people: People, signed_in: SignedIn, step: Milestone) -> None:
    url = reverse("pledge-report", args=[step.pledge.reference])
    form = signed_in(people.drafter).get(url).context["form"]
    assert [label for _value, label in form.fields["milestone"].choices] == [
        "The pledge as a whole",
        "Contingent trained",
    ]
    signed_in(people.drafter).post(url, {"milestone": "", "state": "planning"})
    assert ProgressUpdate.objects.get().milestone is None


@pytest.mark.parametrize("key", ["0", "x", "9" * 30, "٣", "-1"])
def test_a_step_that_is_not_the_pledges_is_not_found(
    people: People, signed_in: SignedIn, step: Milestone, key: str
) -> None:
    url = reverse("pledge-report", args=[step.pledge.reference])
    assert signed_in(people.drafter).get(url, {"milestone": key}).status_code == 404


def test_a_step_of_another_pledge_is_neither_found_nor_accepted(
    people: People, signed_in: SignedIn, step: Milestone
) -> None:
    other = MilestoneFactory()
    browser = signed_in(people.drafter)
    url = reverse("pledge-report", args=[step.pledge.reference])
    assert browser.get(url, {"milestone": other.pk}).status_code == 404
    page = browser.post(url, {"milestone": other.pk, "state": "delivered"})
    assert page.context["form"].errors["milestone"] == ["Choose one of those listed."]
    other.refresh_from_db()
    assert other.done_on is None


@pytest.mark.parametrize("name", ["viewer", "officer", "manager"])
def test_only_writers_report(people: People, signed_in: SignedIn, step: Milestone, name: str) -> None:
    browser = signed_in(getattr(people, name))
    assert browser.get(report_url(step)).status_code == 403
    assert browser.post(report_url(step), {"state": "delivered", "milestone": step.pk}).status_code == 403
    assert not ProgressUpdate.objects.exists()


@pytest.mark.parametrize("factory", [DraftPledgeFactory, ClosedPledgeFactory])
def test_only_registered_pledges_are_reported_on(people: People, signed_in: SignedIn, factory: Any) -> None:
    pledge = factory(participant=people.delegation)
    page = signed_in(people.drafter).get(reverse("pledge-report", args=[pledge.reference]), follow=True)
    assert page.redirect_chain == [(pledge.get_absolute_url(), 302)]
    assert "Progress is reported on registered pledges." in page.content.decode()


# --- The plan ---------------------------------------------------------------------------------------------------------
def day_boxes(day: date) -> dict[str, str]:
    """Return what stands in the boxes for a day."""
    return {"due_on_day": str(day.day), "due_on_month": str(day.month), "due_on_year": str(day.year)}


@pytest.mark.parametrize("factory", [DraftPledgeFactory, RegisteredPledgeFactory])
def test_a_step_is_planned_once_however_often_it_is_sent(people: People, signed_in: SignedIn, factory: Any) -> None:
    pledge = factory(participant=people.delegation)
    day = timezone.now().date() + timedelta(days=30)
    url = reverse("milestone-create", args=[pledge.reference])
    for _click in range(2):
        signed_in(people.drafter).post(url, {"title": "Memorandum signed", **day_boxes(day)})
    assert list(pledge.milestones.values_list("title", "due_on")) == [("Memorandum signed", day)]


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ({"title": ""}, {"title": ["Name the step in a few words."]}),
        ({"due_on_day": ""}, {"due_on": ["Enter the day and the month too."]}),
        (
            {"due_on_day": "", "due_on_month": "", "due_on_year": ""},
            {"due_on": ["Enter the day, the month and the year."]},
        ),
        ({"due_on_year": "2024"}, {"due_on": ["Enter a day that has not passed."]}),
    ],
)
def test_a_step_needs_a_name_and_a_day_to_come(
    people: People, signed_in: SignedIn, typed: dict[str, str], complaint: dict[str, list[str]]
) -> None:
    pledge = RegisteredPledgeFactory(participant=people.delegation)
    sent = {"title": "Signed", **day_boxes(timezone.now().date())} | typed
    page = signed_in(people.drafter).post(reverse("milestone-create", args=[pledge.reference]), sent)
    assert page.context["form"].errors == complaint
    assert not pledge.milestones.exists()


def test_a_closed_pledge_takes_no_more_steps(people: People, signed_in: SignedIn) -> None:
    pledge = ClosedPledgeFactory(participant=people.delegation)
    url = reverse("milestone-create", args=[pledge.reference])
    signed_in(people.drafter).post(url, {"title": "Late", **day_boxes(timezone.now().date())})
    assert signed_in(people.officer).get(url).status_code == 403
    assert not pledge.milestones.exists()


# --- When the next report is due --------------------------------------------------------------------------------------
REPORTED = datetime(2025, 6, 2, 9, tzinfo=UTC)


def pledge_of(delegation: Any) -> Pledge:
    """A pledge whose next report, once it was reported on in June, is due on 1 September 2025."""
    made = dict.fromkeys(("created_at", "submitted_at", "registered_at"), datetime(2025, 3, 1, tzinfo=UTC))
    return RegisteredPledgeFactory(participant=delegation, conference__reporting_cycle_months=6, **made)


def said_after(browser: Client, url: str, **said: str) -> str:
    """Return the page that follows a report."""
    return browser.post(url, said, follow=True).content.decode()


@pytest.mark.parametrize(
    ("steps", "state", "named"),
    [
        ([], "in_progress", "1 September 2025"),
        ([date(2028, 5, 1)], "in_progress", "1 September 2025"),
        ([date(2025, 7, 1), date(2028, 5, 1)], "in_progress", "1 July 2025"),
        ([date(2025, 5, 1)], "in_progress", "1 September 2025"),
        ([date(2025, 7, 1)], "delivered", "1 July 2025"),
        ([], "delivered", ""),
        ([], "will_not_deliver", ""),
        ([], "in_progress, to be delivered by August", "1 August 2025"),
        ([], "delivered, to be delivered by August", ""),
        ([], "will_not_deliver, to be delivered by August", ""),
    ],
)
@time_machine.travel(REPORTED, tick=False)
def test_the_earliest_day_that_comes_is_named_and_none_where_nothing_is_due(
    people: People, signed_in: SignedIn, steps: list[date], state: str, named: str
) -> None:
    pledge = pledge_of(people.delegation)
    for day in steps:
        MilestoneFactory(pledge=pledge, due_on=day)
    state, _comma, deliver_by = state.partition(", ")
    if deliver_by:
        Pledge.objects.filter(pk=pledge.pk).update(deliver_by=date(2025, 8, 1), deliver_by_precision="day")
    text = said_after(signed_in(people.drafter), reverse("pledge-report", args=[pledge.reference]), state=state)
    assert "is recorded." in text
    assert ("Next due on" in text) == bool(named)
    assert f"Next due on {named}." in text or not named


@time_machine.travel(REPORTED, tick=False)
def test_lead_and_partner_each_hear_of_their_own_next_day(people: People, signed_in: SignedIn) -> None:
    share = ConfirmedPartnerFactory(pledge=pledge_of(ParticipantFactory()), participant=people.delegation)
    lead = member_of(share.pledge.participant, MembershipRole.DRAFTER)
    MilestoneFactory(pledge=share.pledge, partner=share, due_on=date(2025, 7, 1))
    MilestoneFactory(pledge=share.pledge, due_on=date(2025, 8, 1))
    whole = reverse("pledge-report", args=[share.pledge.reference])
    part = reverse("share-report", args=[share.pledge.reference, share.participant_id])
    assert "Next due on 1 August 2025." in said_after(signed_in(lead), whole, state="in_progress")
    assert "Next due on 1 July 2025." in said_after(signed_in(people.drafter), part, state="in_progress")
    share.milestones.update(done_on=REPORTED.date())
    assert "Next due on" not in said_after(signed_in(people.drafter), part, state="delayed")


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2025, 8, 31), 6, date(2026, 2, 28)),
        (date(2023, 8, 31), 6, date(2024, 2, 29)),
        (date(2025, 1, 15), 12, date(2026, 1, 15)),
        (date(2025, 12, 1), 1, date(2026, 1, 1)),
    ],
)
def test_months_later(day: date, months: int, later: date) -> None:
    assert months_later(day, months) == later
