"""What the mail server's answers mean: surely not out, perhaps out, whose fault it is, and for how long we try."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from reminders import delivery, handing_over
from reminders.delivery import GIVE_UP_AFTER, LEASE, deliver_next
from reminders.models import Control, Reminder, State, Undeliverable
from reminders.owed import write_owed
from tests.reminders.conftest import NOW, due_step
from tests.reminders.sink import CUT, HANG, Sink

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("only_steps_on_their_day")]


def owe() -> Reminder:
    """Write a reminder into the ledger and return it."""
    due_step()
    write_owed(at=NOW)
    return Reminder.objects.get()


def saying(command: str, reply: str) -> Callable[[str, str], str]:
    """Return the answers of a mail server that says this to one command."""
    return lambda given, recipient: reply if given == command else ""


def try_until_over(reminder: Reminder, *, most: int = 40) -> datetime:
    """Look at the ledger whenever the reminder is due again, and return when it was last tried."""
    at = NOW
    for _ in range(most):
        reminder.refresh_from_db()
        if reminder.state not in {State.OWED, State.CLAIMED}:
            break
        at = max(at, reminder.next_attempt_at)
        deliver_next(at=at)
    reminder.refresh_from_db()
    return at


# --- Surely not, or perhaps -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("reply", [CUT, f"{CUT} after taking", HANG])
def test_what_may_have_arrived_is_sent_once_more_and_then_left_to_staff(
    sink: Sink, monkeypatch: pytest.MonkeyPatch, reply: str
) -> None:
    reminder = owe()
    sink.answer = saying("END", reply)
    monkeypatch.setattr(handing_over, "FOR_THE_ANSWER", 1)
    monkeypatch.setattr(delivery, "DIALOGUE", 2)
    try_until_over(reminder)
    assert (reminder.state, reminder.attempts, reminder.outcome_unknown) == (State.FAILED, 2, True)
    assert len({str(message["Message-ID"]) for message in sink.messages}) <= 1
    assert len(sink.messages) == (2 if reply == f"{CUT} after taking" else 0)
    assert write_owed(at=NOW + timedelta(days=1)) == 0, "staff decide, not the ladder"


@pytest.mark.parametrize("command", ["EHLO", "MAIL", "RCPT", "DATA"])
def test_a_cut_before_the_text_is_no_unknown_outcome_and_is_tried_on(sink: Sink, command: str) -> None:
    reminder = owe()
    sink.answer = saying(command, CUT)
    for _each in range(4):
        deliver_next(at=reminder.next_attempt_at)
        reminder.refresh_from_db()
    assert (reminder.state, reminder.attempts, reminder.outcome_unknown) == (State.OWED, 4, False)
    sink.answer = saying("", "")
    deliver_next(at=reminder.next_attempt_at)
    assert len(sink.messages) == 1


def test_a_text_that_is_surely_not_out_after_all_is_tried_on(sink: Sink) -> None:
    """An unknown outcome, then a plain no: what is tried afterwards is still the second text at most."""
    reminder = owe()
    sink.answer = saying("END", f"{CUT} after taking")
    deliver_next(at=NOW)
    sink.answer = saying("RCPT", "450 later")
    for _ in range(3):
        reminder.refresh_from_db()
        deliver_next(at=reminder.next_attempt_at)
    sink.answer = saying("", "")
    reminder.refresh_from_db()
    deliver_next(at=reminder.next_attempt_at)
    reminder.refresh_from_db()
    assert (reminder.state, reminder.outcome_unknown, len(sink.messages)) == (State.SENT, True, 2)


@pytest.mark.parametrize(("text_began", "state"), [(True, State.FAILED), (False, State.SENT)])
def test_a_second_worker_that_dies_ends_it_only_where_the_text_had_begun(
    sink: Sink, text_began: bool, state: State
) -> None:
    reminder = owe()
    held = {"state": State.CLAIMED, "lease_until": NOW, "next_attempt_at": NOW, "attempts": 2}
    Reminder.objects.update(outcome_unknown=True, text_began=text_began, **held)
    deliver_next(at=NOW)
    reminder.refresh_from_db()
    assert (reminder.state, reminder.outcome_unknown, reminder.takeovers) == (state, True, 1)
    assert len(sink.messages) == (state == State.SENT)


def test_a_server_that_takes_long_before_the_text_is_left_in_time(sink: Sink) -> None:
    reminder = owe()
    sink.delay = 0.4
    began = time.monotonic()
    deliver_next(at=NOW, seconds=handing_over.FOR_THE_ANSWER + 0.5)
    assert time.monotonic() - began < 5
    reminder.refresh_from_db()
    assert (reminder.state, reminder.text_began, reminder.outcome_unknown) == (State.OWED, False, False)
    assert sink.messages == []


def test_the_answer_to_the_text_may_take_longer_than_a_step_before_it(sink: Sink, settings: Any) -> None:
    settings.EMAIL_TIMEOUT = 1

    def slow(command: str, _recipient: str) -> str:
        if command == "END":
            time.sleep(3)
        return ""

    reminder = owe()
    sink.answer = slow
    deliver_next(at=NOW)
    reminder.refresh_from_db()
    assert (reminder.state, reminder.outcome_unknown) == (State.SENT, False)


def test_a_lease_outlasts_the_longest_dialogue_and_the_longest_task(settings: Any) -> None:
    longest = max(handing_over.DIALOGUE, settings.CELERY_TASK_TIME_LIMIT)
    assert timedelta(seconds=longest) < LEASE
    assert handing_over.DIALOGUE < settings.CELERY_TASK_SOFT_TIME_LIMIT


# --- For how long -----------------------------------------------------------------------------------------------------
def test_two_days_of_trying_begin_with_the_first_attempt(sink: Sink) -> None:
    reminder = owe()
    Control.objects.update(is_stopped=True, reason="Server moves")
    later = NOW + timedelta(days=3)
    assert deliver_next(at=later) is None
    Control.objects.update(is_stopped=False, reason="")
    sink.answer = saying("RCPT", "450 greylisted")
    deliver_next(at=later)
    reminder.refresh_from_db()
    assert (reminder.state, reminder.first_tried_at) == (State.OWED, later)
    last = try_until_over(reminder)
    assert reminder.state == State.FAILED
    assert timedelta(hours=36) < last - later <= GIVE_UP_AFTER


# --- Whose fault ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("command", "reply", "state", "is_of_address"),
    [
        ("RCPT", "550 no such user", State.FAILED, True),
        ("RCPT", "551 user not local", State.FAILED, True),
        ("RCPT", "553 no such name", State.FAILED, True),
        ("RCPT", "550 5.1.1 no such user", State.FAILED, True),
        ("RCPT", "556 5.1.10 the domain takes no mail", State.FAILED, True),
        ("RCPT", "550 5.2.1 mailbox disabled", State.FAILED, True),
        ("END", "550 5.1.1 no such user", State.FAILED, True),
        ("RCPT", "552 mailbox full", State.FAILED, False),
        ("RCPT", "552 5.2.2 mailbox full", State.FAILED, False),
        ("RCPT", "554 no", State.FAILED, False),
        ("RCPT", "550 5.1.8 bad sender", State.FAILED, False),
        ("RCPT", "554 5.7.1 relay access denied", State.OWED, False),
        ("RCPT", "550 5.7.1 not allowed", State.OWED, False),
        ("END", "554 5.7.1 looks like spam", State.FAILED, False),
        ("END", "550 looks like spam", State.FAILED, False),
        ("RCPT", "450 4.1.1 not just now", State.OWED, False),
    ],
)
def test_only_codes_that_name_the_address_put_it_into_the_queue(
    sink: Sink, command: str, reply: str, state: State, is_of_address: bool
) -> None:
    reminder = owe()
    sink.answer = saying(command, reply)
    deliver_next(at=NOW)
    reminder.refresh_from_db()
    assert (reminder.state, reminder.error) == (state, reply)
    assert Undeliverable.objects.exists() == is_of_address
