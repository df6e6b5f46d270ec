"""Regular reports: each due day without one climbs its whole ladder; list and mail speak of the same day."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from conferences.models import Liaison, MembershipRole
from pledges.due import next_report_due
from pledges.models import Pledge
from pledges.services import report_progress
from reminders import staff
from reminders.calendar import due_days
from reminders.delivery import deliver_next
from reminders.models import LadderStep, Reason, Reminder, ReminderItem, State
from reminders.owed import write_owed
from tests.factories import ConferenceFactory, MilestoneFactory, OfficerFactory, RegisteredPledgeFactory
from tests.reminders.conftest import NOW, TODAY, delegation_of

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
REPORTS = (Reason.REPORT_DUE, Reason.REPORT_OVERDUE)


def registered(on: date, *, months: int, **conference: Any) -> Pledge:
    """A pledge registered on a day, with a drafter and an approver, on which a report is owed every so many months."""
    delegation = delegation_of(MembershipRole.DRAFTER, MembershipRole.APPROVER)
    moment = datetime.combine(on, time(9), UTC)
    return RegisteredPledgeFactory(
        participant=delegation, conference=ConferenceFactory(reporting_cycle_months=months, **conference),
        created_at=moment - 60 * DAY, submitted_at=moment - 30 * DAY, registered_at=moment,
    )  # fmt: skip


def look(day: date) -> list[ReminderItem]:
    """Look at the ledger at noon, take all for sent, and return what was new."""
    at = datetime.combine(day, time(12), UTC)
    before = set(ReminderItem.objects.values_list("pk", flat=True))
    write_owed(at=at)
    Reminder.objects.filter(state=State.OWED).update(state=State.SENT, sent_at=at, attempts=1)
    return list(ReminderItem.objects.exclude(pk__in=before))


def test_where_reports_are_owed_each_month_each_of_them_climbs_its_whole_ladder() -> None:
    pledge = registered(date(2025, 1, 15), months=1, coordinator=OfficerFactory())
    Liaison.objects.create(participant=pledge.participant, desk_officer=OfficerFactory())
    LadderStep.objects.exclude(reason__in=REPORTS).delete()
    climbed: dict[date, set[int]] = {}
    for days in range(180):
        for item in look(date(2025, 1, 16) + days * DAY):
            climbed.setdefault(item.due_on, set()).add(item.offset_days)
            assert item.reminder.owed_on == item.due_on + item.offset_days * DAY
    ladder = set(LadderStep.objects.values_list("offset_days", flat=True))
    assert ladder == {-30, -7, 0, 7, 21, 30, 45, 75}
    assert climbed[date(2025, 2, 15)] == climbed[date(2025, 3, 15)] == climbed[date(2025, 4, 15)] == ladder
    assert set(climbed) == {date(2025, month, 15) for month in range(2, 8)}


def test_a_report_ends_the_ladders_of_all_days_before_it() -> None:
    pledge = registered(date(2025, 1, 15), months=1)
    LadderStep.objects.exclude(reason__in=REPORTS).delete()
    look(date(2025, 4, 16))
    drafter = pledge.participant.memberships.get(role=MembershipRole.DRAFTER).user
    report_progress(
        pledge=pledge, state="in_progress", text="On track.", by=drafter, at=datetime(2025, 4, 20, 9, tzinfo=UTC)
    )
    days = {item.due_on for number in range(60) for item in look(date(2025, 4, 21) + number * DAY)}
    assert days == {date(2025, 5, 15), date(2025, 6, 15), date(2025, 7, 15)}


@pytest.mark.parametrize(
    "registered_on",
    [
        pytest.param(date(2024, 7, 20), id="two missed"),
        pytest.param(date(2024, 8, 20), id="the next one within a month"),
    ],
)
def test_remind_now_speaks_of_the_report_that_the_list_shows_and_is_sent(
    registered_on: date, mailoutbox: list[Any]
) -> None:
    pledge = registered(registered_on, months=6)
    assert staff.remind_now([pledge], by=OfficerFactory(), at=NOW).left_out == {}
    item = ReminderItem.objects.get(recipient__memberships__role=MembershipRole.DRAFTER)
    assert (item.reason, item.due_on) == (Reason.REPORT_OVERDUE, next_report_due(pledge))
    assert item.due_on < TODAY
    deliver_next(at=NOW)
    assert ReminderItem.objects.get(pk=item.pk).reminder.state == State.SENT
    assert mailoutbox[0].subject.startswith("Report overdue since")


def test_remind_now_names_the_late_report_beside_another_late_thing() -> None:
    pledge = registered(date(2024, 8, 20), months=6)
    MilestoneFactory(pledge=pledge, due_on=TODAY - DAY)
    staff.remind_now([pledge], by=OfficerFactory(), at=NOW)
    reasons = ReminderItem.objects.order_by("due_on").values_list("reason", flat=True).distinct()
    assert list(dict.fromkeys(reasons)) == [Reason.REPORT_OVERDUE, Reason.MILESTONE_DUE]


def test_what_was_asked_of_an_earlier_day_falls_away_once_a_report_came() -> None:
    pledge = registered(date(2024, 7, 20), months=6)
    staff.remind_now([pledge], by=OfficerFactory(), at=NOW)
    drafter = pledge.participant.memberships.get(role=MembershipRole.DRAFTER).user
    report_progress(pledge=pledge, state="in_progress", text="On track.", by=drafter, at=NOW)
    while deliver_next(at=NOW):
        pass
    assert set(Reminder.objects.values_list("state", flat=True)) == {State.CANCELLED}


def test_a_pledge_without_a_report_for_years_stays_in_the_calendar() -> None:
    pledge = registered(date(2022, 4, 15), months=6)
    drafter = pledge.participant.memberships.get(role=MembershipRole.DRAFTER).user
    assert [day.on for day in due_days(drafter, at=NOW)] == [date(2025, 4, 15)]
