"""A report on a step answers the reminders of it; the step stays open, and late once its day has passed."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from accounts.models import User
from pledges.follow_up import Reason as Late
from pledges.follow_up import late_on, late_page
from pledges.models import Milestone, Pledge
from pledges.services import report_progress
from pledges.services.plans import put_off
from reminders import staff
from reminders.calendar import due_days
from reminders.delivery import deliver_next
from reminders.models import Audience, LadderStep, Reason, Reminder, ReminderItem, State
from reminders.owed import write_owed
from tests.factories import OfficerFactory
from tests.reminders.conftest import NOW, TODAY, due_step

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _before_the_day_and_on_it(db: None) -> None:
    """The focal points hear seven days before a step is due, and on its day."""
    LadderStep.objects.exclude(reason=Reason.MILESTONE_DUE, audience=Audience.FOCAL_POINT).delete()


def look(day: date) -> int:
    """Look at the ledger at noon, take all for sent, and return how many debts were new."""
    at = datetime.combine(day, time(12), UTC)
    new = write_owed(at=at)
    Reminder.objects.filter(state=State.OWED).update(state=State.SENT, sent_at=at, attempts=1)
    return new


def writer_of(step: Milestone) -> User:
    """Return the person who is reminded of a step."""
    return step.pledge.participant.memberships.get().user


def report(step: Milestone, *, at: datetime) -> None:
    """Report on a step that it stands as it stood."""
    report_progress(pledge=step.pledge, milestone=step, state="in_progress", text="", by=writer_of(step), at=at)


@pytest.mark.parametrize(("days", "heard"), [(7, 0), (1, 0), (8, 1)])
def test_whoever_reports_once_it_was_asked_for_is_not_asked_again_on_the_day(days: int, heard: int) -> None:
    step = due_step()
    report(step, at=NOW - days * DAY)
    assert look(TODAY) == heard


@pytest.mark.parametrize(("hour", "heard"), [(14, 1), (15, 0)])
def test_the_day_of_a_report_is_that_of_its_author(hour: int, heard: int) -> None:
    LadderStep.objects.filter(offset_days=-7).delete()
    step = due_step()
    User.objects.filter(pk=writer_of(step).pk).update(time_zone="Asia/Tokyo")
    report(step, at=datetime(2025, 7, 31, hour, tzinfo=UTC))  # midnight in Tokyo is at 15:00
    assert look(TODAY) == heard


@pytest.mark.parametrize("hours", [0, 1])
def test_a_step_put_off_after_a_report_is_asked_for_on_its_new_day(hours: int) -> None:
    step = due_step()
    report(step, at=NOW - DAY)
    moved = {"due_on": TODAY + 6 * DAY, "reason": "Rains.", "by": writer_of(step)}
    put_off(step=step, **moved, at=NOW - DAY + timedelta(hours=hours))
    asked = [day for day in range(60) if look(TODAY + day * DAY)]
    assert asked == [0, 6]  # seven days before, which have begun, and on the day: the ladder of the new day, no more


def test_a_report_after_the_step_was_put_off_answers_for_its_new_day() -> None:
    step = due_step()
    put_off(step=step, due_on=TODAY + 6 * DAY, reason="Rains.", by=writer_of(step), at=NOW - DAY)
    assert look(TODAY) == 1
    report(step, at=NOW + DAY)
    assert look(TODAY + 6 * DAY) == 0


def test_a_step_that_was_reported_on_is_late_while_it_is_open() -> None:
    step = due_step(on=TODAY - 5 * DAY)
    report(step, at=NOW - DAY)
    page = late_page(Pledge.objects.all(), on=TODAY, reasons=[Late.STEP], size=10)
    assert [row.pledge for row in page.rows] == [step.pledge.pk]
    assert Late.STEP in [debt.reason for debt in late_on([step.pledge], on=TODAY)[step.pledge.pk]]
    assert look(TODAY) == 0


def test_an_officer_can_remind_of_it_by_hand(mailoutbox: list[Any]) -> None:
    step = due_step(on=TODAY - 5 * DAY, title="Contingent trained")
    report(step, at=NOW - DAY)
    assert staff.remind_now([step.pledge], by=OfficerFactory(), at=NOW).left_out == {}
    assert ReminderItem.objects.get(reason=Reason.MILESTONE_DUE).subject == step.pk
    deliver_next(at=NOW)
    assert "Contingent trained" in mailoutbox[0].body


def test_it_stays_in_the_calendar() -> None:
    step = due_step(on=TODAY + DAY)
    report(step, at=NOW)
    days = due_days(writer_of(step), at=NOW)
    assert [day.key for day in days if day.reason == Reason.MILESTONE_DUE] == [step.pk]
