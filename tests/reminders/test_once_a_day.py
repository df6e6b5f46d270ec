"""One message a person and day whatever failed or waited; and what failed, or was cancelled, is owed anew (R10)."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from conferences.models import MembershipRole
from pledges.models import Milestone
from reminders import staff
from reminders.delivery import LEASE, claim_next, deliver_next
from reminders.models import Audience, LadderStep, Reason, Reminder, ReminderItem, State, Undeliverable
from reminders.owed import write_owed
from tests.factories import OfficerFactory
from tests.reminders.conftest import NOW, TODAY, delegation_of, due_step
from tests.reminders.sink import CUT, Sink

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("only_steps_on_their_day")]
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
DRAFTER = MembershipRole.DRAFTER


def run(at: datetime) -> None:
    """Look at the ledger as the worker does."""
    write_owed(at=at)
    for _each in range(50):
        if not deliver_next(at=at):
            break


def hours(first: float, last: float) -> Iterator[datetime]:
    """Yield each half hour of these, counted from now."""
    for half in range(int(first * 2), int(last * 2)):
        yield NOW + half * HOUR / 2


def mails_by_day() -> Counter[Any]:
    """Return how many messages went out to each person on each day where that person lives."""
    rows = Reminder.objects.filter(state=State.SENT).values_list("recipient", "recipient__time_zone", "sent_at")
    return Counter((person, at.astimezone(ZoneInfo(zone)).date()) for person, zone, at in rows if at)


def refuse(sink: Sink, reply: str, command: str = "RCPT") -> None:
    sink.answer = lambda given, recipient: reply if given == command else ""


def take(sink: Sink) -> None:
    sink.answer = lambda given, recipient: ""


# --- One a day --------------------------------------------------------------------------------------------------------
def test_after_two_days_without_a_mail_server_everything_comes_in_one_message(sink: Sink) -> None:
    delegation = delegation_of(DRAFTER)
    steps = {due_step(delegation, on=TODAY + days * DAY).pk for days in range(3)}
    refuse(sink, "450 later")
    for at in hours(0, 47):
        run(at)
    take(sink)
    for at in hours(47, 60):
        run(at)
    assert set(mails_by_day().values()) == {1}
    [sent] = Reminder.objects.filter(state=State.SENT)
    assert set(sent.items.values_list("subject", flat=True)) == steps
    assert Counter(Reminder.objects.values_list("state", flat=True)) == {State.SENT: 1, State.CANCELLED: 2}
    assert len(sink.messages) == 1


def test_what_waited_while_all_was_stopped_comes_in_one_message(sink: Sink) -> None:
    delegation = delegation_of(DRAFTER)
    for days in range(3):
        due_step(delegation, on=TODAY + days * DAY)
        write_owed(at=NOW + days * DAY)
    for at in hours(48, 60):
        run(at)
    assert set(mails_by_day().values()) == {1}
    assert len(sink.messages) == 1


def test_of_two_steps_of_a_ladder_the_later_one_is_told(sink: Sink) -> None:
    LadderStep.objects.create(reason=Reason.MILESTONE_DUE, offset_days=1, audience=Audience.FOCAL_POINT)
    due_step()
    write_owed(at=NOW)
    write_owed(at=NOW + DAY)
    run(NOW + DAY)
    assert list(ReminderItem.objects.values_list("offset_days", "reminder__state")) == [(1, State.SENT)]
    assert len(sink.messages) == 1


def test_whoever_got_yesterdays_after_midnight_gets_todays_tomorrow(sink: Sink) -> None:
    delegation = delegation_of(DRAFTER)
    due_step(delegation)
    refuse(sink, "450 later")
    run(NOW)
    take(sink)
    write_owed(at=NOW + 17 * HOUR)
    deliver_next(at=NOW + 18.5 * HOUR)  # half an hour after midnight in UTC
    due_step(delegation, on=TODAY + DAY)
    for at in hours(18.5, 60):
        run(at)
    assert list(mails_by_day().values()) == [1, 1]
    assert len(sink.messages) == 2


def test_a_second_message_of_a_person_waits_while_the_first_is_being_sent_and_then_for_tomorrow() -> None:
    delegation = delegation_of(DRAFTER)
    due_step(delegation)
    write_owed(at=NOW)
    first, _items = claim_next(at=NOW)
    due_step(delegation, on=TODAY + DAY)
    later = NOW + DAY
    Reminder.objects.update(next_attempt_at=later + LEASE, lease_until=later + LEASE)
    write_owed(at=later)
    second, items = claim_next(at=later)
    assert first
    assert second
    assert (second.state, items, second.next_attempt_at) == (State.OWED, [], later + LEASE)
    Reminder.objects.filter(pk=first.pk).update(state=State.SENT, sent_at=later, lease_until=None)
    midnight = datetime.combine(TODAY + 2 * DAY, datetime.min.time(), ZoneInfo("UTC"))
    second, items = claim_next(at=later + LEASE)
    assert second
    assert (second.state, items, second.next_attempt_at) == (State.OWED, [], midnight)


def test_one_that_may_have_arrived_is_left_as_it_is(sink: Sink) -> None:
    delegation = delegation_of(DRAFTER)
    due_step(delegation)
    refuse(sink, f"{CUT} after taking", "END")
    run(NOW)
    [unknown] = Reminder.objects.all()
    take(sink)
    due_step(delegation, on=TODAY + DAY)
    Reminder.objects.update(next_attempt_at=NOW + DAY)
    write_owed(at=NOW + DAY)
    unknown.refresh_from_db()
    assert (unknown.state, unknown.items.count()) == (State.OWED, 1)
    for at in hours(24, 72):
        run(at)
    assert set(mails_by_day().values()) == {1}
    assert Counter(str(message["Message-ID"]) for message in sink.messages)[unknown.message_id] == 2


def test_what_waits_for_its_turn_keeps_it() -> None:
    delegation = delegation_of(DRAFTER)
    due_step(delegation)
    write_owed(at=NOW)
    due_step(delegation, on=TODAY + DAY)
    write_owed(at=NOW + DAY)
    newest = Reminder.objects.get(state=State.OWED)
    assert (newest.owed_on, newest.created_at, newest.next_attempt_at) == (TODAY + DAY, NOW, NOW)


def test_many_that_waited_are_gathered_in_the_same_number_of_queries(django_assert_max_num_queries: Any) -> None:
    for _each in range(5):
        delegation = delegation_of(DRAFTER)
        due_step(delegation)
        due_step(delegation, on=TODAY + DAY)
    write_owed(at=NOW)
    with django_assert_max_num_queries(60):
        write_owed(at=NOW + DAY)
    assert Counter(Reminder.objects.values_list("state", flat=True)) == {State.OWED: 5, State.CANCELLED: 5}


# --- What failed is owed anew -----------------------------------------------------------------------------------------
def test_what_failed_is_owed_once_the_address_is_mended(sink: Sink) -> None:
    due_step()
    refuse(sink, "550 no such user")
    run(NOW)
    take(sink)
    assert [write_owed(at=NOW + days * DAY) for days in range(3)] == [0, 0, 0]
    Undeliverable.objects.update(mended_at=NOW + 2 * DAY)
    run(NOW + 3 * DAY)
    assert len(sink.messages) == 1
    assert ReminderItem.objects.get().reminder.state == State.SENT
    assert write_owed(at=NOW + 4 * DAY) == 0


def test_what_a_mail_server_lost_for_more_than_two_days_is_owed_anew_once_a_day(sink: Sink) -> None:
    for _each in range(3):
        due_step()
    refuse(sink, "450 later")
    for at in hours(0, 60):
        run(at)
    assert Reminder.objects.filter(state=State.FAILED).count() == 3
    take(sink)
    for at in hours(60, 130):
        run(at)
    assert Reminder.objects.filter(state=State.SENT).count() == len(sink.messages) == 3
    assert ReminderItem.objects.filter(reminder__state=State.SENT).count() == ReminderItem.objects.count() == 3


# --- What was cancelled does not block the day ------------------------------------------------------------------------
def cancel(step: Milestone) -> None:
    """Let the message of a step be cancelled: the step is done before it goes."""
    write_owed(at=NOW)
    Milestone.objects.filter(pk=step.pk).update(done_on=TODAY)
    taken = deliver_next(at=NOW)
    assert taken
    assert taken.state == State.CANCELLED


def test_what_comes_due_after_a_message_was_cancelled_goes_out_that_day(sink: Sink) -> None:
    delegation = delegation_of(DRAFTER)
    cancel(due_step(delegation))
    before = Reminder.objects.get().message_id
    due_step(delegation, title="Second step")
    run(NOW + HOUR)
    [message] = sink.messages
    assert "Second step" in message.get_body(("plain",)).get_content()
    assert message["Message-ID"] != before
    assert Reminder.objects.get().created_at == NOW + HOUR


def test_remind_now_after_a_message_was_cancelled_goes_out_that_day(sink: Sink) -> None:
    delegation = delegation_of(DRAFTER)
    cancel(due_step(delegation))
    late = due_step(delegation, on=TODAY - 5 * DAY)
    assert staff.remind_now([late.pledge], by=OfficerFactory(), at=NOW + HOUR).left_out == {}
    assert deliver_next(at=NOW + HOUR)
    assert len(sink.messages) == 1


def test_a_lifted_pause_lets_the_message_go_within_minutes(sink: Sink) -> None:
    step, officer = due_step(), OfficerFactory()
    write_owed(at=NOW)
    [pause] = staff.pause(pledges=[step.pledge], until=None, reason="Talks", by=officer, at=NOW)
    run(NOW)
    staff.lift(pause, by=officer, at=NOW + HOUR)
    run(NOW + HOUR)
    assert len(sink.messages) == 1


def test_a_cancelled_message_that_may_have_arrived_is_not_opened_again(sink: Sink) -> None:
    delegation = delegation_of(DRAFTER)
    first = due_step(delegation)
    refuse(sink, f"{CUT} after taking", "END")
    run(NOW)
    take(sink)
    Milestone.objects.filter(pk=first.pk).update(done_on=TODAY)
    Reminder.objects.update(next_attempt_at=NOW)
    run(NOW)
    assert Reminder.objects.get().state == State.CANCELLED
    due_step(delegation)
    run(NOW + HOUR)
    assert len(sink.messages) == 1
