"""A step that was taken for done by mistake is opened again: with a reason, and reminded of anew."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from pledges.enums import Confirmation
from pledges.errors import Incomplete, NotAllowed, WrongStatus
from pledges.models import Milestone, MilestoneReopening, Partner
from pledges.permissions import allowed, check_can_reopen
from pledges.services.following import report_progress
from pledges.services.plans import finish, put_off, reopen
from pledges.timeline import timeline
from reminders.models import LadderStep, Reason, Reminder, ReminderItem, State
from reminders.owed import write_owed
from reminders.reasons import subjects
from tests.factories import (
    AssessmentFactory,
    ConfirmedPartnerFactory,
    MilestoneDependencyFactory,
    MilestoneFactory,
    OfficerFactory,
    PartnerFactory,
    member_of,
)
from tests.progress.conftest import Joint, People, SignedIn, day_boxes

pytestmark = pytest.mark.django_db
WHY = "The contract was signed by one side only."
DUE, DONE = date(2027, 6, 1), datetime(2027, 5, 20, 9, tzinfo=UTC)
LATER = DONE + timedelta(days=2)


@pytest.fixture
def done(joint: Joint) -> Milestone:
    """A step that its delegation took for done before its day."""
    step = MilestoneFactory(pledge=joint.pledge, title="Contract signed", due_on=DUE)
    return finish(step=step, by=joint.lead, at=DONE)


def test_it_is_open_again_with_the_reason_and_the_day_stays(done: Milestone, joint: Joint) -> None:
    opened = reopen(step=done, reason=WHY, by=joint.lead, at=LATER)
    assert (opened.done_on, opened.due_on) == (None, DUE)
    kept = MilestoneReopening.objects.get()
    assert (kept.done_before, kept.due_before, kept.due_after) == (DONE.date(), DUE, DUE)
    assert (kept.reason, kept.author, kept.created_at) == (WHY, joint.lead, LATER)
    told = done.events.order_by("pgh_id").last()
    assert (told.done_on, told.pgh_context["actor"], told.pgh_context["reason"]) == (None, joint.lead.pk, WHY)


def test_sent_twice_it_is_opened_once_and_an_open_step_is_not_opened(done: Milestone, joint: Joint) -> None:
    for _n in range(2):
        reopen(step=done, reason=WHY, by=joint.lead, at=LATER)
    assert MilestoneReopening.objects.count() == 1
    with pytest.raises(WrongStatus, match="open already"):
        reopen(step=done, reason="Another reason.", by=joint.lead, at=LATER)


@pytest.mark.parametrize(
    ("at", "due_on", "reason", "field"),
    [
        (LATER, None, "  ", "reason"),
        (LATER, DUE - timedelta(days=1), WHY, "due_on"),
        (datetime(2027, 6, 2, tzinfo=UTC), None, WHY, "due_on"),
        (datetime(2027, 6, 9, tzinfo=UTC), date(2027, 6, 8), WHY, "due_on"),
    ],
    ids=["no reason", "an earlier day", "the day has passed", "a day that has passed"],
)
def test_what_cannot_stand_is_named(
    done: Milestone, joint: Joint, at: datetime, due_on: date | None, reason: str, field: str
) -> None:
    with pytest.raises(Incomplete) as refused:
        reopen(step=done, reason=reason, due_on=due_on, by=joint.lead, at=at)
    assert list(refused.value.fields) == [field]
    assert not MilestoneReopening.objects.exists()


def test_what_came_after_it_is_opened_first(done: Milestone, joint: Joint) -> None:
    after = MilestoneFactory(pledge=joint.pledge, title="Unit deployed", due_on=DUE)
    MilestoneDependencyFactory(milestone=after, needs=done)
    finish(step=after, by=joint.lead, at=DONE)
    with pytest.raises(WrongStatus, match="Unit deployed"):
        reopen(step=done, reason=WHY, by=joint.lead, at=LATER)
    for step in (after, done):
        reopen(step=step, reason=WHY, by=joint.lead, at=LATER)
    assert not Milestone.objects.filter(done_on__isnull=False).exists()


def test_who_may(done: Milestone, joint: Joint, people: People) -> None:
    everybody = {name: getattr(people, name) for name in ("viewer", "approver", "other_approver", "analyst")}
    everybody |= {"officer": people.officer, "manager": people.manager, "lead": joint.lead, "partner": joint.partner}
    may = {name for name, person in everybody.items() if allowed(check_can_reopen, person, done)}
    assert may == {"officer", "manager", "lead", "approver"}
    done.partner = joint.share
    assert {name for name, person in everybody.items() if allowed(check_can_reopen, person, done)} == {
        "officer", "manager", "partner",
    }  # fmt: skip


def test_once_the_secretariat_has_assessed_it_only_the_secretariat_opens_it(done: Milestone, joint: Joint) -> None:
    AssessmentFactory(pledge=joint.pledge, created_at=DONE - timedelta(days=1))
    with transaction.atomic():
        reopen(step=done, reason=WHY, by=joint.lead, at=LATER)
        transaction.set_rollback(True)
    AssessmentFactory(pledge=joint.pledge, created_at=DONE + timedelta(hours=1))
    with pytest.raises(WrongStatus, match="has assessed"):
        reopen(step=done, reason=WHY, by=joint.lead, at=LATER)
    assert reopen(step=done, reason=WHY, by=OfficerFactory(), at=LATER).done_on is None


def test_nobody_opens_the_step_of_another_delegation(done: Milestone, joint: Joint) -> None:
    with pytest.raises(NotAllowed):
        reopen(step=done, reason=WHY, by=joint.partner, at=LATER)


# --- Reminders --------------------------------------------------------------------------------------------------------
@pytest.fixture
def on_its_day(db: None) -> None:
    """The only step of all ladders: focal points hear on the day a step is due."""
    LadderStep.objects.exclude(reason=Reason.MILESTONE_DUE, offset_days=0).delete()


def look(day: date) -> list[int]:
    """Write what is owed at noon of a day, take it for sent, and return which steps were reminded of."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    write_owed(at=noon)
    Reminder.objects.filter(state=State.OWED).update(state=State.SENT, sent_at=noon, attempts=1)
    return list(ReminderItem.objects.filter(reminder__owed_on=day).values_list("subject", flat=True).distinct())


@pytest.mark.usefixtures("on_its_day")
def test_what_was_dropped_is_owed_anew_on_its_day(done: Milestone, joint: Joint) -> None:
    assert look(DUE - timedelta(days=1)) == []
    reopen(step=done, reason=WHY, by=joint.lead, at=LATER)
    assert look(DUE) == [done.pk]


@pytest.mark.usefixtures("on_its_day")
def test_what_was_reminded_of_and_reported_as_done_is_owed_anew_for_its_new_day(joint: Joint) -> None:
    step = MilestoneFactory(pledge=joint.pledge, due_on=DUE)
    assert look(DUE) == [step.pk]
    at = datetime(2027, 6, 1, 15, tzinfo=UTC)
    report_progress(
        pledge=joint.pledge, milestone=step, step_done=True, state="delivered", text="", by=joint.lead, at=at
    )
    new_day = DUE + timedelta(days=10)
    reopen(step=step, reason=WHY, due_on=new_day, by=OfficerFactory(), at=at + timedelta(days=1))
    assert look(new_day) == [step.pk]


def test_a_report_from_before_is_no_answer_any_more(joint: Joint) -> None:
    step = MilestoneFactory(pledge=joint.pledge, due_on=DUE)
    at = datetime(2027, 6, 1, 9, tzinfo=UTC)
    report_progress(
        pledge=joint.pledge, milestone=step, step_done=True, state="delivered", text="", by=joint.lead, at=at
    )
    reopen(step=step, reason=WHY, by=OfficerFactory(), at=at + timedelta(hours=1))
    assert [key for key, *_rest in subjects(Reason.MILESTONE_DUE, at=at)] == [step.pk]
    later = at + timedelta(hours=2)
    report_progress(pledge=joint.pledge, milestone=step, state="delayed", text="", by=joint.lead, at=later)
    assert not subjects(Reason.MILESTONE_DUE, at=at).exists()


# --- Pages ------------------------------------------------------------------------------------------------------------
def test_the_timeline_tells_those_who_see_the_plan(done: Milestone, joint: Joint, people: People) -> None:
    officer = OfficerFactory(first_name="Ada")
    reopen(step=done, reason=WHY, by=officer, at=LATER)
    for reader, name in ((joint.lead, "Ada"), (officer, "Ada"), (joint.partner, "")):
        [entry] = [entry for entry in timeline(joint.pledge, reader) if entry.kind == "plan"]
        assert (entry.title, entry.text, entry.who) == ("Step opened again: “Contract signed”", WHY, name)
    assert not [entry for entry in timeline(joint.pledge, people.analyst) if entry.kind == "plan"]


def test_a_step_of_a_share_that_is_not_confirmed_is_told_to_insiders_alone(joint: Joint) -> None:
    invited = PartnerFactory(pledge=joint.pledge)
    step = MilestoneFactory(pledge=joint.pledge, partner=invited, done_on=DONE.date())
    MilestoneReopening.objects.create(
        milestone=step, done_before=DONE.date(), due_before=DUE, due_after=DUE, reason=WHY, author=OfficerFactory()
    )
    kinds = {reader: [entry.kind for entry in timeline(joint.pledge, reader)] for reader in (joint.lead, joint.partner)}
    assert ("plan" in kinds[joint.lead], "plan" in kinds[joint.partner]) == (True, False)


@pytest.mark.parametrize("who", ["lead", "officer"])
def test_on_its_page(done: Milestone, joint: Joint, people: People, signed_in: SignedIn, who: str) -> None:
    Milestone.objects.filter(pk=done.pk).update(due_on=date(2025, 1, 1), done_on=date(2025, 1, 1))
    browser: Client = signed_in(joint.lead if who == "lead" else people.officer)
    url = reverse("milestone-reopen", args=[joint.pledge.reference, done.pk])
    assert url in browser.get(joint.pledge.get_absolute_url()).content.decode()
    kept = browser.post(url, {"reason": WHY})
    assert WHY in kept.content.decode(), "what was typed stays in the form"
    assert "Enter the day, the month and the year." in kept.content.decode()
    day = timezone.now().date() + timedelta(days=9)
    answer = browser.post(url, {"reason": WHY} | day_boxes("due_on", day))
    assert answer["Location"] == joint.pledge.get_absolute_url()
    done.refresh_from_db()
    assert (done.done_on, done.due_on) == (None, day)
    page = browser.get(joint.pledge.get_absolute_url()).content.decode()
    assert "opened again because: " + WHY in page
    assert browser.get(url).status_code == 302, "it is open already"


def test_where_its_day_is_ahead_the_page_asks_for_no_other(done: Milestone, joint: Joint, signed_in: SignedIn) -> None:
    ahead = timezone.now().date() + timedelta(days=9)
    Milestone.objects.filter(pk=done.pk).update(due_on=ahead)
    url = reverse("milestone-reopen", args=[joint.pledge.reference, done.pk])
    signed_in(joint.lead).post(url, {"reason": WHY})
    done.refresh_from_db()
    assert (done.done_on, done.due_on) == (None, ahead)


def test_a_plan_asks_the_same_number_of_queries_however_often_steps_were_opened_again(
    joint: Joint, signed_in: SignedIn
) -> None:
    browser, url = signed_in(member_of(joint.pledge.participant)), joint.pledge.get_absolute_url()
    counts = []
    for _n in range(3):
        step = MilestoneFactory(pledge=joint.pledge, done_on=DONE.date())
        MilestoneReopening.objects.create(
            milestone=step, done_before=DONE.date(), due_before=DUE, due_after=DUE, reason=WHY, author=joint.lead
        )
        with CaptureQueriesContext(connection) as asked:
            browser.get(url)
        counts.append(len(asked))
    assert len(set(counts)) == 1, counts


def test_a_step_that_was_put_off_stands_there_as_well_for_the_same_readers(joint: Joint, people: People) -> None:
    step = MilestoneFactory(pledge=joint.pledge, title="Contract signed", due_on=DUE)
    for part in (step, MilestoneFactory(pledge=joint.pledge, partner=joint.share, title="Funds paid", due_on=DUE)):
        by = joint.lead if part == step else joint.partner
        put_off(step=part, due_on=DUE + timedelta(days=30), reason="The tender is late.", by=by, at=DONE)
    lead, partner = (str(person) for person in (joint.lead, joint.partner))
    said = "put off from 1 June 2027 to 1 July 2027"
    for reader, names in (
        (joint.lead, [partner, lead]),
        (OfficerFactory(), [partner, lead]),
        (joint.partner, ["", ""]),
    ):
        entries = [entry for entry in timeline(joint.pledge, reader) if entry.kind == "plan"]
        titles = {f"Step {said}: “Contract signed”", f"Step {said}: “Funds paid”"}
        assert {entry.title for entry in entries} == titles
        assert sorted(entry.who for entry in entries) == sorted(names)
        assert {entry.text for entry in entries} == {"The tender is late."}
        assert len({entry.anchor for entry in entries}) == 2
    assert not [entry for entry in timeline(joint.pledge, people.analyst) if entry.kind == "plan"]
    Partner.objects.filter(pk=joint.share.pk).update(confirmation=Confirmation.AWAITED, confirmed_at=None)
    other = member_of(ConfirmedPartnerFactory(pledge=joint.pledge).participant, "approver")
    assert len([entry for entry in timeline(joint.pledge, other) if entry.kind == "plan"]) == 1
