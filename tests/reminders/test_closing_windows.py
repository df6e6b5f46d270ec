"""A window that closes is told in time: to whoever reads once a week as well, and by the day that it has for them."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts.models import MailRhythm, User
from conferences.models import Conference, MembershipRole, Participant
from pledges.models import ReviewNote
from reminders.delivery import deliver_next
from reminders.models import LadderStep, Reason, Reminder, ReminderItem, State
from reminders.owed import write_owed
from reminders.preview import owed_on
from reminders.staff import remind_now
from reminders.standing import still_owed
from tests.factories import (
    ConferenceFactory,
    DraftPledgeFactory,
    HandoverFactory,
    OfficerFactory,
    PartnerFactory,
    RegisteredPledgeFactory,
    ReviewNoteFactory,
)
from tests.reminders.conftest import delegation_of, due_step

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
MONDAY_5 = date(2026, 5, 4)
NEW_YORK = "America/New_York"
CLOSES = datetime(2026, 5, 2, 3, 59, tzinfo=UTC)  # 1 May, 23:59 in New York


def look(day: date) -> int:
    """Look at the ledger at noon of a day as the worker does, and return how many debts were new."""
    at = datetime.combine(day, time(12, tzinfo=UTC))
    written = write_owed(at=at)
    while deliver_next(at=at):
        pass
    return written


def reader(**values: str) -> User:
    """Return the one drafter of a new delegation."""
    person = delegation_of(MembershipRole.DRAFTER).memberships.get().user
    User.objects.filter(pk=person.pk).update(**values)
    return User.objects.get(pk=person.pk)


def delegation(person: User) -> Participant:
    return person.memberships.get().participant


def draft(person: User, *, closes: datetime) -> None:
    conference = ConferenceFactory(window_closes_at=closes)
    DraftPledgeFactory(participant=delegation(person), conference=conference)


def one_step(reason: str, days: int) -> None:
    LadderStep.objects.all().delete()
    LadderStep.objects.create(reason=reason, offset_days=days, audience="focal_point")


def days_told() -> list[date]:
    return list(Reminder.objects.filter(state=State.SENT).order_by("owed_on").values_list("owed_on", flat=True))


# --- Once a week ------------------------------------------------------------------------------------------------------
def test_a_window_that_closes_before_the_next_monday_is_told_on_its_day() -> None:
    one_step(Reason.WINDOW_CLOSING, -1)
    draft(reader(mail_rhythm=MailRhythm.WEEKLY), closes=datetime(2026, 5, 8, 22, tzinfo=UTC))
    assert [look(MONDAY_5 + n * DAY) for n in range(8)] == [0, 0, 0, 1, 0, 0, 0, 0]
    assert days_told() == [MONDAY_5 + 3 * DAY]


def test_nothing_else_comes_with_it_and_mondays_comes_as_ever() -> None:
    one_step(Reason.WINDOW_CLOSING, -1)
    LadderStep.objects.create(reason=Reason.MILESTONE_DUE, offset_days=0, audience="focal_point")
    person = reader(mail_rhythm=MailRhythm.WEEKLY)
    draft(person, closes=datetime(2026, 5, 8, 22, tzinfo=UTC))
    for n in (0, 2, 3):
        due_step(delegation(person), on=MONDAY_5 + n * DAY)
    assert [look(MONDAY_5 + n * DAY) for n in range(8)] == [1, 0, 0, 1, 0, 0, 0, 2]
    assert days_told() == [MONDAY_5, MONDAY_5 + 3 * DAY, MONDAY_5 + 7 * DAY]


def test_a_missed_monday_joins_it_and_there_is_no_second_message_of_that_week() -> None:
    one_step(Reason.WINDOW_CLOSING, -1)
    LadderStep.objects.create(reason=Reason.MILESTONE_DUE, offset_days=0, audience="focal_point")
    person = reader(mail_rhythm=MailRhythm.WEEKLY)
    draft(person, closes=datetime(2026, 5, 8, 22, tzinfo=UTC))
    due_step(delegation(person), on=MONDAY_5)
    assert look(MONDAY_5 + 3 * DAY) == 2
    due_step(delegation(person), on=MONDAY_5)  # entered late
    assert [look(MONDAY_5 + n * DAY) for n in (4, 5, 7)] == [0, 0, 1]
    assert days_told() == [MONDAY_5 + 3 * DAY, MONDAY_5 + 7 * DAY]


def test_the_preview_shows_it_on_its_day() -> None:
    one_step(Reason.WINDOW_CLOSING, -1)
    draft(reader(mail_rhythm=MailRhythm.WEEKLY), closes=datetime(2026, 5, 8, 22, tzinfo=UTC))
    at = datetime.combine(MONDAY_5, time(12, tzinfo=UTC))
    assert [len(owed_on(MONDAY_5 + n * DAY, at=at)) for n in range(8)] == [0, 0, 0, 1, 0, 0, 0, 0]


# --- The reader's day -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("zone", "closes_on"), [(NEW_YORK, date(2026, 5, 1)), ("UTC", date(2026, 5, 2)), ("Asia/Tokyo", date(2026, 5, 2))]
)
def test_the_ladder_counts_from_the_day_on_which_it_closes_where_the_reader_lives(zone: str, closes_on: date) -> None:
    one_step(Reason.WINDOW_CLOSING, -1)
    person = reader(time_zone=zone)
    draft(person, closes=CLOSES)
    begins = datetime.combine(closes_on - DAY, time.min, ZoneInfo(zone))
    assert write_owed(at=begins - timedelta(seconds=1)) == 0
    assert write_owed(at=begins) == 1
    item = ReminderItem.objects.get()
    assert item.due_on == closes_on
    assert still_owed(person, [item], at=begins) == {item.pk}
    Conference.objects.update(window_closes_at=CLOSES + DAY)
    assert still_owed(person, [item], at=begins) == set()


ASKED = datetime(2026, 5, 2, 1, tzinfo=UTC)  # 1 May, 21:00 in New York


def a_question(person: User) -> None:
    pledge = RegisteredPledgeFactory(participant=delegation(person))
    ReviewNoteFactory(pledge=pledge, author=OfficerFactory(), created_at=ASKED)


def an_invitation(person: User) -> None:
    PartnerFactory(participant=delegation(person), invited_at=ASKED)


def a_draft_to_approve(person: User) -> None:
    HandoverFactory(pledge=DraftPledgeFactory(participant=delegation(person)), created_at=ASKED)


@pytest.mark.parametrize(
    ("reason", "make"),
    [
        (Reason.CLARIFICATION, a_question),
        (Reason.PARTNER_AWAITED, an_invitation),
        (Reason.APPROVAL_AWAITED, a_draft_to_approve),
    ],
)
@pytest.mark.parametrize(("zone", "since"), [(NEW_YORK, date(2026, 5, 1)), ("UTC", date(2026, 5, 2))])
def test_what_is_waited_for_is_waited_for_since_the_readers_day(
    reason: str, make: Callable[[User], None], zone: str, since: date
) -> None:
    one_step(reason, 3)
    person = reader(time_zone=zone)
    make(person)
    begins = datetime.combine(since + 3 * DAY, time.min, ZoneInfo(zone))
    assert write_owed(at=begins - timedelta(seconds=1)) == 0
    assert write_owed(at=begins) == 1
    item = ReminderItem.objects.get(recipient=person)
    assert item.due_on == since
    assert still_owed(person, [item], at=begins) == {item.pk}


def test_what_an_officer_reminds_of_by_hand_is_sent_whatever_the_zone() -> None:
    one_step(Reason.CLARIFICATION, 30)
    person = reader(time_zone=NEW_YORK)
    a_question(person)
    at = ASKED + 5 * DAY
    pledge = ReviewNote.objects.get().pledge
    assert remind_now([pledge], by=OfficerFactory(), at=at).left_out == {}
    item = ReminderItem.objects.get()
    assert still_owed(person, [item], at=at) == {item.pk}


def test_by_hand_a_question_of_which_todays_message_speaks_already_is_not_told_twice() -> None:
    one_step(Reason.CLARIFICATION, 3)
    person = reader(time_zone=NEW_YORK)
    a_question(person)
    at = ASKED + 3.5 * DAY
    assert write_owed(at=at) == 1
    remind_now([ReviewNote.objects.get().pledge], by=OfficerFactory(), at=at)
    assert ReminderItem.objects.count() == 1


def test_in_a_zone_that_only_the_database_knows_days_are_those_of_utc() -> None:
    """Our list of zones may be older than its own: one person's zone must not stop everybody's reminders."""
    one_step(Reason.WINDOW_CLOSING, -1)
    person = reader(time_zone="FOO+3")  # to the database a zone by POSIX
    draft(person, closes=CLOSES)
    assert look(date(2026, 5, 1)) == 1
    assert Reminder.objects.get().state == State.SENT
