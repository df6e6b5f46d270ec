"""Handing reminders to the mail server: nothing lost, nothing doubled, faults sorted, and true when it is sent."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from conferences.models import Membership, MembershipRole
from pledges.enums import Status
from pledges.models import Milestone, Pledge
from pledges.services import report_progress
from reminders import delivery, handing_over
from reminders.delivery import GIVE_UP_AFTER, LEASE, LONGEST_PAUSE, claim_next, deliver_next
from reminders.models import LadderStep, Pause, Reminder, ReminderItem, State, Undeliverable
from reminders.owed import write_owed
from reminders.people import Person
from reminders.standing import still_owed
from tests.factories import MilestoneFactory, OfficerFactory
from tests.reminders.conftest import NOW, TODAY, delegation_of, due_step
from tests.reminders.sink import CUT, HANG, Sink

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("only_steps_on_their_day")]
DRAFTER = MembershipRole.DRAFTER
SECOND = timedelta(seconds=1)


class Killed(BaseException):
    """The worker is gone, as after kill -9: nothing after this point runs."""


def owe(count: int = 1) -> list[Reminder]:
    """Write so many reminders, each to another delegation, in the order of the ledger."""
    for _n in range(count):
        due_step()
    write_owed(at=NOW)
    return list(Reminder.objects.order_by("pk"))


def deliver_all(at: datetime = NOW) -> list[Reminder]:
    """Deliver until nothing waits."""
    taken = []
    while reminder := deliver_next(at=at):
        taken.append(reminder)
    return taken


def ids(sink: Sink) -> list[str]:
    """Return the Message-IDs that arrived."""
    return [str(message["Message-ID"]) for message in sink.messages]


# --- The plain case ---------------------------------------------------------------------------------------------------
def test_what_is_owed_is_sent_once_and_recorded(sink: Sink) -> None:
    [reminder] = owe()
    assert len(deliver_all()) == 1
    assert deliver_all(NOW + timedelta(days=3)) == []
    reminder.refresh_from_db()
    assert (reminder.state, reminder.sent_at, reminder.attempts, reminder.error) == (State.SENT, NOW, 1, "")
    assert not reminder.outcome_unknown
    [message] = sink.messages
    assert message["Message-ID"] == reminder.message_id
    assert message["To"] == reminder.recipient.email
    assert message["Subject"] == reminder.subject


@pytest.mark.parametrize(("bounces", "envelope"), [("", "pledges@site.org"), ("bounces@site.org", "bounces@site.org")])
def test_what_comes_back_goes_to_its_own_address_where_one_is_named(
    sink: Sink, settings: Any, bounces: str, envelope: str
) -> None:
    settings.DEFAULT_FROM_EMAIL, settings.BOUNCE_EMAIL = "Pledges <pledges@site.org>", bounces
    owe()
    deliver_all()
    assert (sink.senders, sink.messages[0]["From"]) == ([envelope], "Pledges <pledges@site.org>")


def test_nothing_is_sent_before_its_time(sink: Sink) -> None:
    owe()
    assert deliver_all(NOW - SECOND) == []
    assert sink.messages == []


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_send_each_message_once(sink: Sink) -> None:
    reminders = owe(20)

    def work(_number: int) -> int:
        try:
            return len(deliver_all())
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(work, range(4))) == 20
    assert Counter(ids(sink)) == {reminder.message_id: 1 for reminder in reminders}


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_claim_the_same_reminder() -> None:
    owe()
    both = threading.Barrier(2)

    def claim(_number: int) -> Reminder | None:
        try:
            both.wait(5)
            return claim_next(at=NOW)[0]
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        claimed = [reminder for reminder in pool.map(claim, range(2)) if reminder]
    assert len(claimed) == 1
    assert Reminder.objects.get().attempts == 1


# --- A worker dies ----------------------------------------------------------------------------------------------------
def die(*_args: Any, **_kwargs: Any) -> None:
    raise Killed


@pytest.mark.parametrize(("where", "arrived"), [("written", 0), ("connected", 0), ("hand_over", 0), ("record_sent", 1)])
def test_what_a_dead_worker_held_is_sent_again_under_the_same_id_and_flagged_where_its_text_had_begun_to_go(
    sink: Sink, monkeypatch: pytest.MonkeyPatch, where: str, arrived: int
) -> None:
    [reminder] = owe()
    with monkeypatch.context() as patch:
        patch.setattr(delivery, where, die)
        with pytest.raises(Killed):
            deliver_next(at=NOW)
    assert len(sink.messages) == arrived
    reminder.refresh_from_db()
    assert (reminder.state, reminder.lease_until) == (State.CLAIMED, NOW + LEASE)

    assert deliver_all(NOW + LEASE - SECOND) == [], "the lease still runs"
    assert len(deliver_all(NOW + LEASE)) == 1
    assert ids(sink) == [reminder.message_id] * (arrived + 1)
    reminder.refresh_from_db()
    assert (reminder.state, reminder.attempts, reminder.outcome_unknown) == (State.SENT, 2, arrived == 1)
    assert reminder.takeovers == 1
    assert deliver_all(NOW + 10 * LEASE) == []


@pytest.mark.parametrize("refusal", ["451 later", "554 no"])
def test_what_may_have_arrived_and_is_refused_then_ends_as_failed_and_is_never_written_anew(
    sink: Sink, refusal: str
) -> None:
    owe()
    sink.answer = lambda command, _: "cut after taking" if command == "END" else ""
    deliver_all()
    sink.answer = lambda command, _: refusal if command == "RCPT" else ""
    for hour in range(60):
        write_owed(at=NOW + timedelta(hours=hour))
        deliver_all(NOW + timedelta(hours=hour))
    assert len(ids(sink)) == 1
    assert [(one.state, one.outcome_unknown) for one in Reminder.objects.all()] == [(State.FAILED, True)]
    assert ReminderItem.objects.count() == 1


def test_a_worker_that_dies_before_its_claim_is_stored_leaves_no_trace(
    sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    [reminder] = owe()
    with monkeypatch.context() as patch:
        patch.setattr(delivery, "drop_settled", die)
        with pytest.raises(Killed):
            deliver_next(at=NOW)
    deliver_all()
    reminder.refresh_from_db()
    assert (reminder.state, reminder.attempts, reminder.outcome_unknown) == (State.SENT, 1, False)
    assert ids(sink) == [reminder.message_id]


def test_the_lease_is_shorter_than_five_minutes_and_longer_than_a_task() -> None:
    from django.conf import settings

    assert timedelta(seconds=settings.CELERY_TASK_TIME_LIMIT) < LEASE <= timedelta(minutes=5)


def test_a_worker_taken_for_dead_does_not_overwrite_its_successor() -> None:
    owe()
    slow, _items = claim_next(at=NOW)
    successor, _items = claim_next(at=NOW + LEASE)
    assert slow
    assert successor
    delivery.record_failure(slow, "too slow", at=NOW + LEASE)
    successor.refresh_from_db()
    assert (successor.state, successor.attempts, successor.error) == (State.CLAIMED, 2, "")


# --- The mail server refuses ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("command", "reply", "state", "unknown"),
    [
        ("RCPT", "550 no such user", State.FAILED, False),
        ("RCPT", "552 mailbox full", State.FAILED, False),
        ("END", "554 looks like spam", State.FAILED, False),
        ("RCPT", "450 greylisted", State.OWED, False),
        ("RCPT", "451 try later", State.OWED, False),
        ("END", "451 disk full", State.OWED, False),
        ("DATA", "421 going down", State.OWED, False),
        ("MAIL", "550 we do not like the sender", State.OWED, False),
        ("EHLO", CUT, State.OWED, False),
        ("RCPT", CUT, State.OWED, False),
        ("END", CUT, State.OWED, True),
        ("END", f"{CUT} after taking", State.OWED, True),
        ("END", HANG, State.OWED, True),
    ],
)
def test_refusals_for_now_are_tried_again_and_those_for_good_are_not(
    sink: Sink, monkeypatch: pytest.MonkeyPatch, command: str, reply: str, state: State, unknown: bool
) -> None:
    monkeypatch.setattr(handing_over, "FOR_THE_ANSWER", 1)
    monkeypatch.setattr(delivery, "DIALOGUE", 2)
    [reminder] = owe()
    sink.answer = lambda given, recipient: reply if given == command else ""
    deliver_next(at=NOW)
    reminder.refresh_from_db()
    assert (reminder.state, reminder.outcome_unknown, reminder.sent_at) == (state, unknown, None)
    assert reminder.error
    assert reply[:3] in reminder.error or reply.startswith((CUT, HANG))
    assert reminder.lease_until is None

    sink.answer = lambda given, recipient: ""
    again = deliver_all(NOW + LONGEST_PAUSE)
    assert len(again) == (1 if state == State.OWED else 0)
    assert len(set(ids(sink))) == (1 if again else 0), "the same Message-ID, however often"


def test_a_server_that_is_not_there_is_a_fault_that_passes(settings: Any, sink: Sink) -> None:
    [reminder] = owe()
    settings.EMAIL_PORT = 1
    deliver_next(at=NOW)
    reminder.refresh_from_db()
    assert (reminder.state, reminder.outcome_unknown) == (State.OWED, False)
    assert "refused" in reminder.error


def test_pauses_grow_are_spread_and_end_after_two_days(sink: Sink) -> None:
    reminders = owe(10)
    sink.answer = lambda command, recipient: "450 later" if command == "RCPT" else ""
    pauses: dict[int, list[timedelta]] = {reminder.pk: [] for reminder in reminders}
    now = NOW
    while waiting := Reminder.objects.filter(state=State.OWED).order_by("next_attempt_at").first():
        now = waiting.next_attempt_at
        taken = deliver_next(at=now)
        assert taken
        taken.refresh_from_db()
        if taken.state == State.OWED:
            pauses[taken.pk].append(taken.next_attempt_at - now)
    assert NOW + GIVE_UP_AFTER - LONGEST_PAUSE * 1.2 <= now <= NOW + GIVE_UP_AFTER
    assert set(Reminder.objects.values_list("state", "error")) == {(State.FAILED, "450 later")}
    assert all(8 <= len(own) <= 20 for own in pauses.values())
    first = [own[0] for own in pauses.values()]
    assert len(set(first)) > 5
    assert all(timedelta(minutes=4) <= pause <= timedelta(minutes=6) for pause in first)
    assert all(own == sorted(own) for own in pauses.values())


def test_one_bad_address_never_blocks_the_others(sink: Sink) -> None:
    reminders = owe(5)
    bad = reminders[0].recipient.email
    sink.answer = lambda command, recipient: "550 no such user" if (command, recipient) == ("RCPT", bad) else ""
    deliver_all()
    assert Counter(Reminder.objects.values_list("state", flat=True)) == {State.FAILED: 1, State.SENT: 4}
    assert Reminder.objects.get(state=State.FAILED).error == "550 no such user"


@pytest.mark.parametrize("answer", ["552 5.2.2 Mailbox full", "552 Too much mail", "452 4.2.2 Over quota"])
def test_a_mailbox_that_is_full_for_the_third_message_is_a_contact_to_mend(sink: Sink, answer: str) -> None:
    owe()
    sink.answer = lambda command, _: answer if command == "RCPT" else ""
    found = []
    for hour in range(0, 12 * 24, 6):
        at = NOW + timedelta(hours=hour)
        write_owed(at=at)
        deliver_all(at)
        found.append((Reminder.objects.filter(state=State.FAILED).count(), Undeliverable.objects.count()))
    assert [queued for failed, queued in found if failed < 3] == [0] * sum(failed < 3 for failed, _queued in found)
    assert found[-1] == (3, 1)


def refused_for_days(sink: Sink, answer: str, days: range) -> None:
    """Let the mail server refuse the recipient of all that is owed on these days, a message a day."""
    sink.answer = lambda command, _: answer if command == "RCPT" else ""
    for day in days:
        write_owed(at=NOW + timedelta(days=day))
        deliver_all(NOW + timedelta(days=day))


@pytest.mark.parametrize("passing", ["421 down", "451 greylisted", "552 5.3.4 Too large", "552 5.2.2 Mailbox full"])
@pytest.mark.parametrize("moved", [False, True])
def test_whoever_was_mended_is_not_silenced_by_one_fault(sink: Sink, passing: str, moved: bool) -> None:
    owe()
    refused_for_days(sink, "552 5.2.2 Mailbox full", range(3))
    contact = Undeliverable.objects.get()
    if moved:
        User.objects.filter(pk=contact.user_id).update(email="new@mission.example")
    Undeliverable.objects.update(mended_at=NOW + timedelta(days=3))
    refused_for_days(sink, passing, range(4, 6))
    assert not Undeliverable.objects.filter(mended_at=None).exists()


def test_a_message_that_is_too_large_blames_no_mailbox(sink: Sink) -> None:
    owe()
    refused_for_days(sink, "552 5.3.4 Message size exceeds fixed limit", range(4))
    assert (Reminder.objects.filter(state=State.FAILED).count(), Undeliverable.objects.count()) == (4, 0)


@pytest.mark.parametrize("what", ["paused", "off its ladder"])
def test_what_may_have_arrived_and_is_not_to_go_again_stays_as_told(sink: Sink, what: str) -> None:
    owe()
    sink.answer = lambda command, _: "cut after taking" if command == "END" else ""
    deliver_all()
    sink.answer = lambda command, _: ""
    pause = Pause.objects.create(pledge=Pledge.objects.get(), reason="x", author=OfficerFactory(), created_at=NOW)
    later = NOW + timedelta(hours=2)
    if what == "off its ladder":
        pause.delete()
        [(reason, days, audience)] = LadderStep.objects.values_list("reason", "offset_days", "audience")
        LadderStep.objects.all().delete()
    deliver_all(later)
    assert Reminder.objects.get().state == State.CANCELLED
    if what == "off its ladder":
        LadderStep.objects.create(reason=reason, offset_days=days, audience=audience)
    else:
        Pause.objects.update(ended_at=later)
    assert write_owed(at=later + timedelta(days=1)) == 0
    deliver_all(later + timedelta(days=1))
    assert len(ids(sink)) == 1


def test_a_mailbox_that_was_emptied_meanwhile_is_no_contact_to_mend(sink: Sink) -> None:
    owe()
    for day, answer in enumerate(["552 5.2.2 Full", "552 5.2.2 Full", "", "552 5.2.2 Full", "552 5.2.2 Full"]):
        sink.answer = lambda command, _, answer=answer: answer if command == "RCPT" else ""
        MilestoneFactory(pledge=Pledge.objects.get(), due_on=TODAY + timedelta(days=day))
        write_owed(at=NOW + timedelta(days=day))
        deliver_all(NOW + timedelta(days=day))
    assert not Undeliverable.objects.exists()


def test_a_message_that_cannot_be_written_never_blocks_the_others(sink: Sink) -> None:
    reminders = owe(3)
    recipient = reminders[0].recipient
    type(recipient).objects.filter(pk=recipient.pk).update(email="a@pledges.example\nBcc: b@pledges.example")
    deliver_all()
    assert Counter(Reminder.objects.values_list("state", flat=True)) == {State.OWED: 1, State.SENT: 2}
    assert [message["Bcc"] for message in sink.messages] == [None, None]


# --- True when it is sent ---------------------------------------------------------------------------------------------
def withdraw(step: Milestone) -> None:
    Pledge.objects.filter(pk=step.pledge.pk).update(
        status=Status.CLOSED, outcome="withdrawn", closed_at=step.pledge.registered_at
    )


def report(step: Milestone) -> None:
    by = step.pledge.participant.memberships.get().user
    report_progress(pledge=step.pledge, milestone=step, state="in_progress", text="Under way.", by=by, at=NOW)


def move(step: Milestone) -> None:
    Milestone.objects.filter(pk=step.pk).update(due_on=TODAY + timedelta(days=30))


def leave(step: Milestone) -> None:
    Membership.objects.filter(participant=step.pledge.participant).update(ended_at=NOW)


def end_account(step: Milestone) -> None:
    for place in step.pledge.participant.memberships.all():
        type(place.user).objects.filter(pk=place.user.pk).update(is_active=False)


def lose_address(step: Milestone) -> None:
    for place in step.pledge.participant.memberships.all():
        type(place.user).objects.filter(pk=place.user.pk).update(email="")


@pytest.mark.parametrize("change", [report, withdraw, move, leave, end_account, lose_address])
def test_what_is_no_longer_owed_when_it_would_be_sent_is_cancelled(sink: Sink, change: Any) -> None:
    step = due_step()
    write_owed(at=NOW)
    change(step)
    deliver_all()
    assert sink.messages == []
    reminder = Reminder.objects.get()
    assert (reminder.state, reminder.attempts) == (State.CANCELLED, 0)


def test_of_what_came_under_embargo_meanwhile_the_subject_names_the_reference_alone(sink: Sink) -> None:
    """Subjects show on locked screens; the delegation's own people hear of it all the same."""
    step = due_step()
    pledges = Pledge.objects.filter(pk=step.pledge.pk)
    pledges.update(announced_at=NOW - timedelta(days=1))
    write_owed(at=NOW)
    pledges.update(announced_at=NOW + timedelta(days=30))
    deliver_all()
    [message] = sink.messages
    assert step.pledge.reference in message["Subject"]
    assert step.pledge.title not in message["Subject"]


def test_whoever_saw_it_because_everyone_did_hears_nothing_once_it_is_under_embargo(sink: Sink) -> None:
    step = due_step()
    pledges = Pledge.objects.filter(pk=step.pledge.pk)
    pledges.update(announced_at=timezone.now() - timedelta(days=1))
    write_owed(at=NOW)
    outsider = delegation_of(DRAFTER).memberships.get().user
    post = Person(outsider.pk, "focal_point", step.pledge.participant_id, None, TODAY, TODAY)
    ReminderItem.objects.update(recipient=outsider)
    Reminder.objects.update(recipient=outsider)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("reminders.standing.people", lambda **_: [post])  # as if the post alone decided
        assert still_owed(outsider, list(ReminderItem.objects.all()), at=NOW)
        pledges.update(announced_at=timezone.now() + timedelta(days=30))
        deliver_all()
    assert sink.messages == []
    assert Reminder.objects.get().state == State.CANCELLED


def test_what_is_settled_leaves_a_message_that_speaks_of_more(sink: Sink) -> None:
    delegation = delegation_of(DRAFTER)
    settled, owed = due_step(delegation), due_step(delegation, title="Second step")
    write_owed(at=NOW)
    report(settled)
    deliver_all()
    [message] = sink.messages
    assert "Second step" in message.get_body(("plain",)).get_content()
    assert settled.title not in message.get_body(("plain",)).get_content()
    assert Reminder.objects.get().items.get().subject == owed.pk


def test_a_date_moved_away_and_back_is_still_owed(sink: Sink) -> None:
    step = due_step()
    write_owed(at=NOW)
    move(step)
    deliver_all()
    Milestone.objects.filter(pk=step.pk).update(due_on=TODAY)
    assert write_owed(at=NOW + timedelta(days=1)) == 1
    deliver_all(NOW + timedelta(days=1))
    assert len(sink.messages) == 1


def test_a_report_filed_after_a_worker_died_stops_the_second_message(
    sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = due_step()
    write_owed(at=NOW)
    with monkeypatch.context() as patch:
        patch.setattr(delivery, "record_sent", die)
        with pytest.raises(Killed):
            deliver_next(at=NOW)
    report(step)
    deliver_all(NOW + LEASE)
    assert len(sink.messages) == 1
    reminder = Reminder.objects.get()
    assert (reminder.state, reminder.outcome_unknown) == (State.CANCELLED, True)


def test_taking_the_next_costs_the_same_for_any_number(sink: Sink, django_assert_max_num_queries: Any) -> None:
    owe(10)
    with django_assert_max_num_queries(37):
        deliver_next(at=NOW)
