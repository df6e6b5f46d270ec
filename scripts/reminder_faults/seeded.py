"""Faults planted on purpose, each with the test that has to catch it: a gate that cannot fail is none (T1)."""

import functools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from unittest.mock import patch

from django.db import connection

Patches = list[tuple[str, Any]]


@dataclass(frozen=True)
class Seed:
    """A fault: the name of the test that catches it, what is put in the place of what, SQL, and how the rig differs."""

    gate: str
    patches: Callable[[], Patches] = list
    sql: tuple[str, ...] = ()
    rig: dict[str, Any] = field(default_factory=dict)


@contextmanager
def planted(name: str) -> Iterator[None]:
    """Plant a fault in this process and in the database."""
    running = plant(name)
    with connection.cursor() as cursor:
        for statement in SEEDS[name].sql:
            cursor.execute(statement)
    try:
        yield
    finally:
        for one in running:
            one.stop()


def plant(name: str) -> list[Any]:
    """Plant a fault in this process for good, unless what is returned is stopped."""
    running = [patch(target, new) for target, new in SEEDS[name].patches()]
    for one in running:
        one.start()
    return running


def recorded_before_it_goes() -> Patches:
    """Note that a message is sent, then send it: who dies between loses it."""
    from reminders import delivery

    written = delivery.written

    def record_and_write(reminder: Any, items: Any, *, at: datetime) -> Any:
        mail = written(reminder, items, at=at)
        delivery.record_sent(reminder, mail, at=at)
        return mail

    return [("reminders.delivery.written", record_and_write)]


def sent_without_claim() -> Patches:
    """Send first, and claim never: whoever looks sends it too."""
    from reminders.models import Reminder, State

    def peek(*, at: datetime) -> tuple[Any, list[Any]]:
        waiting = Reminder.objects.filter(state=State.OWED, next_attempt_at__lte=at).select_related("recipient")
        reminder = waiting.order_by("next_attempt_at", "pk").first()
        if reminder is None:
            return None, []
        return reminder, list(reminder.items.select_related("pledge__participant"))

    def any_row(reminder: Any) -> Any:
        return Reminder.objects.filter(pk=reminder.pk)

    return [("reminders.delivery.claim_next", peek), ("reminders.delivery.ours", any_row)]


def own_lock() -> Patches:
    """Each process writes under a lock of its own, and takes so long that another writes meanwhile."""
    import os

    from reminders import owed

    def slowly(*, at: datetime) -> None:
        gather(at=at)
        time.sleep(1.5)

    gather = owed.gather
    return [("reminders.owed.WRITING", os.getpid()), ("reminders.owed.gather", slowly)]


def endless_lease() -> Patches:
    """What a dead worker held is held for ever."""
    return [("reminders.delivery.LEASE", timedelta(days=3650))]


def new_id_each_time() -> Patches:
    """Each attempt goes under a Message-ID of its own."""
    from reminders import delivery
    from reminders.owed import new_message_id

    written = delivery.written

    def renamed(reminder: Any, items: Any, *, at: datetime) -> Any:
        mail = written(reminder, items, at=at)
        mail.extra_headers["Message-ID"] = new_message_id() if reminder.attempts > 1 else reminder.message_id
        return mail

    return [("reminders.delivery.written", renamed)]


def flag_forgotten() -> Patches:
    """Nobody is told that a message may have gone out twice."""
    from reminders import delivery
    from reminders.models import Reminder

    claim_next = delivery.claim_next

    def unflagged(*, at: datetime) -> Any:
        reminder, items = claim_next(at=at)
        if reminder:
            reminder.outcome_unknown = False
            Reminder.objects.filter(pk=reminder.pk).update(outcome_unknown=False)
        return reminder, items

    return [("reminders.delivery.claim_next", unflagged)]


def not_asked_again() -> Patches:
    """Send what was owed when it was written."""
    return [("reminders.delivery.drop_settled", lambda reminder, at: list(reminder.items.select_related("pledge")))]


def rights_not_asked() -> Patches:
    """Whoever had the post when it was written hears of it."""
    from reminders import standing
    from reminders.models import Audience

    def every_post(*, at: datetime, only: int) -> Any:
        from conferences.models import Participant
        from reminders.people import Person

        codes = Participant.objects.values_list("pk", flat=True)
        today = at.date()
        return [Person(only, audience, code, None, today, today) for audience in Audience for code in codes]

    return [("reminders.standing.people", every_post), ("reminders.standing.Pledge", AllVisible(standing.Pledge))]


class AllVisible:
    """Pledges of which everybody sees every one."""

    def __init__(self, pledge: Any) -> None:
        self.pledge = pledge

    @property
    def objects(self) -> "AllVisible":
        """Itself."""
        return self

    def visible_to(self, user: Any) -> Any:
        """Return all."""
        return self.pledge._default_manager.all()


def no_pause() -> Patches:
    """Forget what is paused."""
    from reminders.pauses import Paused

    def nothing(*, at: datetime) -> Paused:
        return Paused([], [])

    return [("reminders.standing.paused", nothing), ("reminders.owed.paused", nothing)]


def no_stop() -> Patches:
    """The switch does nothing."""
    from types import SimpleNamespace

    def running() -> Any:
        return SimpleNamespace(is_stopped=False, most_per_run=300)

    return [("reminders.delivery.control", running), ("reminders.owed.control", running)]


def days_of_utc() -> Patches:
    """It is the same day everywhere."""

    def day_of_utc(user: Any, *, at: datetime) -> date:
        return at.astimezone(UTC).date()

    return [("reminders.people.local_day", day_of_utc)]


def nothing_is_final() -> Patches:
    """Whatever the mail server says, try again."""
    from reminders import delivery

    record_failure = delivery.record_failure

    def passing(reminder: Any, error: str, **options: Any) -> None:
        record_failure(reminder, error, **(options | {"is_permanent": False}))

    return [("reminders.delivery.record_failure", passing)]


def failure_ends_the_run() -> Patches:
    """The first address that fails ends the work of all."""

    def give_up(reminder: Any, error: str, **options: Any) -> None:
        raise RuntimeError(error)

    return [("reminders.delivery.record_failure", give_up)]


def all_back_at_once() -> Patches:
    """Everybody waits for the same time."""
    return [("reminders.delivery.pause_after", lambda reminder: timedelta(minutes=5))]


def last_word_counts() -> Patches:
    """Whatever is heard last of a message is what became of it."""
    from reminders.models import Reminder

    def heard(message_id: str, delivery: str, *, at: datetime, **_: Any) -> bool:
        return bool(Reminder.objects.filter(message_id=message_id).update(delivery=delivery, delivery_at=at))

    return [("reminders.hooks.heard", heard)]


def silences_nobody() -> Patches:
    """A bounce is noted, and the next message goes to the same address."""
    return [("reminders.bounces.address_failed", lambda *words, **options: None)]


def heard_once_it_is_noted() -> Patches:
    """A word that comes before we have noted that a message went is taken for none of ours."""
    from reminders import hooks
    from reminders.models import Reminder, State

    heard = hooks.heard

    def late(message_id: str, delivery: str, **options: Any) -> bool:
        is_noted = Reminder.objects.filter(message_id=message_id, state=State.SENT).exists()
        return is_noted and heard(message_id, delivery, **options)

    return [("reminders.hooks.heard", late)]


def only_today() -> Patches:
    """Remind on the very day, or never."""
    from reminders import owed

    return [("reminders.owed.debts", functools.partial(owed.debts, catch_up=1))]


def mail_for_each_debt() -> Patches:
    """A message for each thing that is owed."""
    from reminders import owed

    def write_each(debts: list[Any], *, at: datetime, asked_by: Any = None) -> int:
        for debt in debts:
            reminder = owed.new_reminder(debt.recipient, on=debt.owed_on, at=at)
            reminder.save()
            owed.new_item(debt, reminder).save()
        return len(debts)

    return [("reminders.owed.write", write_each)]


def no_word_of_today() -> Patches:
    """A message for each thing that is owed, whatever the person had today."""

    def at_once(reminder: Any, *, at: datetime) -> datetime:
        return at

    def left_apart(*, at: datetime) -> None:
        return None

    return [*mail_for_each_debt(), ("reminders.delivery.free_from", at_once), ("reminders.owed.gather", left_apart)]


def eternal_life() -> Patches:
    """A sign of life is believed for an hour."""
    return [("reminders.heartbeats.FRESH_FOR", 3600)]


def run_without_end() -> Patches:
    """A run sends until nothing waits, however long that takes."""
    return [("reminders.tasks.SECONDS", 3600.0), ("reminders.tasks.DIALOGUE", 3600.0)]


def each_its_own_clock() -> Patches:
    """Each process takes its own clock for right."""
    from django.utils import timezone

    return [("reminders.tasks.ledger_now", lambda: timezone.now())]


def impatient() -> Patches:
    """Nothing but the wait of the test is shortened."""
    return [("scripts.reminder_faults.kills.RETURN", -40)]


def submission_tells_the_broker() -> Patches:
    """A submission is done only once the broker has heard of it."""
    from pledges.transitions import apply_transition
    from reminders import heartbeats

    def take_and_tell(action: str, **said: Any) -> Any:
        with heartbeats.connect() as broker:
            broker.ping()
        return apply_transition(action, **said)

    return [("pledges.work.steps.apply_transition", take_and_tell)]


ONCE_A_DAY = "ALTER TABLE reminders_reminder DROP CONSTRAINT reminder_once_a_day"
ONCE_A_DEBT = "ALTER TABLE reminders_reminderitem DROP CONSTRAINT reminder_item_once_per_debt"
SEEDS: dict[str, Seed] = {
    "recorded before it goes": Seed("kills", recorded_before_it_goes),
    "sent without a claim": Seed("hints", sent_without_claim),
    "no unique key": Seed("hints", own_lock, sql=(ONCE_A_DAY, ONCE_A_DEBT)),
    "another Message-ID each time": Seed("kills", new_id_each_time),
    "no lease": Seed("lease", endless_lease),
    "unknown outcome not flagged": Seed("lease", flag_forgotten),
    "the scheduler hints once": Seed("broker", impatient, rig={"every": 36_000}),
    "a submission needs the broker": Seed("broker", submission_tells_the_broker),
    "not asked again when it goes": Seed("truth", not_asked_again),
    "rights not asked again": Seed("truth", rights_not_asked),
    "pauses forgotten": Seed("truth", no_pause),
    "the switch does nothing": Seed("truth", no_stop),
    "days of UTC": Seed("days", days_of_utc),
    "each process its own clock": Seed("clocks", each_its_own_clock),
    "a run without end": Seed("slow", run_without_end),
    "nothing is final": Seed("mail", nothing_is_final),
    "one failure ends the run": Seed("mail", failure_ends_the_run),
    "all back at once": Seed("mail", all_back_at_once),
    "the last word counts": Seed("bounces", last_word_counts),
    "a bounce silences nobody": Seed("bounces", silences_nobody),
    "an early word is lost": Seed("bounces", heard_once_it_is_noted),
    "only on the very day": Seed("outage", only_today),
    "a mail for each debt": Seed("outage", mail_for_each_debt, sql=(ONCE_A_DAY,)),
    "a date that moves is a new mail": Seed("moved", no_word_of_today, sql=(ONCE_A_DAY,)),
    "signs of life do not end": Seed("silence", eternal_life),
}
