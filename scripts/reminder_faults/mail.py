"""The mail server fails at each step of the dialogue (R05), the clock moved by hand."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import NamedTuple
from unittest.mock import patch

from django.test import override_settings
from django.utils import timezone

from reminders.delivery import GIVE_UP_AFTER, LONGEST_PAUSE, deliver_next
from reminders.models import Reminder, State
from reminders.owed import write_owed
from scripts.reminder_faults.due import Verdict, due_steps, one_rung
from scripts.reminder_faults.kills import Size
from scripts.reminder_faults.rig import Rig
from tests.reminders.sink import CUT, HANG

HELD = timedelta(minutes=5)  # no row stays claimed for longer
SPREAD = 5  # different pauses at least, of ten people


class Fault(NamedTuple):
    """How the mail server fails: at which command, with what, and what has to become of the reminder."""

    command: str
    reply: str
    becomes: State


FAULTS = (
    Fault("RCPT", "421 going down", State.OWED),
    Fault("RCPT", "450 greylisted", State.OWED),
    Fault("RCPT", "451 try later", State.OWED),
    Fault("END", "451 disk full", State.OWED),
    Fault("RCPT", "552 mailbox full", State.FAILED),
    Fault("END", "552 too large", State.FAILED),
    Fault("RCPT", "550 no such user", State.FAILED),
    Fault("DATA", CUT, State.OWED),
    Fault("END", CUT, State.OWED),
    Fault("END", f"{CUT} after taking", State.OWED),
    Fault("END", HANG, State.OWED),
)


def mail_faults(rig: Rig, size: Size) -> Verdict:
    """R05: each fault for every second recipient: sorted, tried again with spread pauses, and no other is blocked."""
    one_rung()
    verdict, people = (
        Verdict({"faults": len(FAULTS) + 1, "recipients of each": 0}),
        max(2, min(20, size.reminders // 50)),
    )
    verdict.figures["recipients of each"] = people
    at = timezone.now()
    for fault in FAULTS:
        count = 2 if fault.reply == HANG else people  # each hangs until the time is over
        with failing(rig, fault, count, at=at) as owed:
            judge(rig, fault, owed, verdict, at=at)
    without_encryption(rig, verdict, at=at)
    gives_up(rig, people, verdict, at=at)
    return verdict


@contextmanager
def failing(rig: Rig, fault: Fault, people: int, *, at: datetime) -> Iterator[dict[int, bool]]:
    """Owe reminders, every second one to an address at which the mail server fails; yield by key whether it does."""
    before = set(Reminder.objects.values_list("pk", flat=True))
    due_steps(people, on=at.date(), people=1)
    write_owed(at=at)
    new = list(Reminder.objects.exclude(pk__in=before).select_related("recipient").order_by("pk"))
    bad = {reminder.recipient.email for reminder in new[::2]}
    rig.sink.answer = lambda command, recipient: fault.reply if command == fault.command and recipient in bad else ""
    brief = patch("reminders.delivery.DIALOGUE", 3), patch("reminders.handing_over.FOR_THE_ANSWER", 1)
    with override_settings(EMAIL_TIMEOUT=1), brief[0], brief[1]:
        yield {reminder.pk: reminder.recipient.email in bad for reminder in new}
    rig.sink.answer = lambda command, recipient: ""


def judge(rig: Rig, fault: Fault, owed: dict[int, bool], verdict: Verdict, *, at: datetime) -> None:
    """See what becomes of them at once, and once the mail server works again."""
    name = f"{fault.command} {fault.reply}"
    deliver_all(len(owed), at=at)
    rows = Reminder.objects.filter(pk__in=owed).in_bulk()
    verdict.demand(all(rows[key].state == State.SENT for key, bad in owed.items() if not bad), f"{name}: blocks others")
    verdict.demand(
        all(rows[key].state == fault.becomes for key, bad in owed.items() if bad), f"{name}: not {fault.becomes.value}"
    )
    verdict.demand(all(rows[key].error for key, bad in owed.items() if bad), f"{name}: staff are not told why")
    rig.sink.answer = lambda command, recipient: ""
    deliver_all(len(owed), at=at + LONGEST_PAUSE)
    held = Reminder.objects.filter(state=State.CLAIMED, lease_until__lt=at + LONGEST_PAUSE + HELD).count()
    verdict.demand(not held, f"{name}: {held} rows held for more than five minutes")
    unsent = Reminder.objects.filter(pk__in=owed).exclude(state=State.SENT).count()
    expected = sum(owed.values()) if fault.becomes == State.FAILED else 0
    verdict.demand(unsent == expected, f"{name}: {unsent} not sent in the end, of {expected} expected")


def without_encryption(rig: Rig, verdict: Verdict, *, at: datetime) -> None:
    """The mail server offers no encryption where we ask for it: nothing goes out, nothing is given up."""
    before = len(rig.sink.messages)
    with failing(rig, Fault("-", "", State.OWED), 2, at=at) as owed, override_settings(EMAIL_USE_TLS=True):
        deliver_all(len(owed), at=at)
    verdict.demand(len(rig.sink.messages) == before, "mail went out without encryption")
    verdict.demand(
        set(Reminder.objects.filter(pk__in=owed).values_list("state", flat=True)) == {State.OWED.value},
        "no encryption: given up",
    )
    deliver_all(len(owed), at=at + LONGEST_PAUSE)


def gives_up(rig: Rig, people: int, verdict: Verdict, *, at: datetime) -> None:
    """A fault that lasts is tried again for two days, at times that are spread."""
    first: set[timedelta] = set()
    with failing(rig, Fault("RCPT", "450 later", State.OWED), 2 * people, at=at) as owed:
        waiting = Reminder.objects.filter(pk__in=owed, state=State.OWED)
        deliver_all(len(owed), at=at)
        first = {row.next_attempt_at - at for row in waiting}
        now = at
        for _ in range(people * 30):
            row = waiting.order_by("next_attempt_at").first()
            if row is None:
                break
            now = row.next_attempt_at
            deliver_next(at=now)
        failed = Reminder.objects.filter(pk__in=owed, state=State.FAILED).count()
    verdict.figures["attempts of a lasting fault"] = max(Reminder.objects.filter(pk__in=owed).values_list("attempts"))[
        0
    ]
    verdict.demand(len(first) >= min(SPREAD, people), f"only {len(first)} different pauses: they all come back at once")
    verdict.demand(failed == people, f"{failed} of {people} given up in the end")
    verdict.demand(now - at <= GIVE_UP_AFTER, f"tried for {now - at}")
    verdict.demand(now - at >= GIVE_UP_AFTER - 2 * LONGEST_PAUSE, f"given up after {now - at}")


def deliver_all(most: int, *, at: datetime) -> int:
    """Deliver until nothing waits; return how many were taken. Never more than ten times the number that can wait."""
    for taken in range(10 * most):
        if not deliver_next(at=at):
            return taken
    return 10 * most
