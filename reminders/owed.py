"""What is owed on a day, derived from the pledges by one query, and written into the ledger before anything is sent.

Run it as often as you like and from as many workers: a debt is written once.
"""

import uuid
from datetime import date, datetime, timedelta
from email.utils import parseaddr
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from conferences.models import WRITERS, Membership
from pledges.due import steps_due
from reminders.models import Reason, Reminder, ReminderItem, State

CATCH_UP = timedelta(days=90)  # a step that came due longer ago is not reminded of
WRITING = 0x6F776564  # the advisory lock under which the ledger is written: "owed"
MEMBERSHIPS = "pledge__participant__memberships"


class Debt(NamedTuple):
    """One step of one pledge of which one person is to be reminded."""

    recipient: int
    pledge: int
    milestone: int
    due_on: date


def recipients() -> "QuerySet[Membership]":
    """Return whom a delegation is reminded through: its focal points, else its drafters and approvers; only people
    who are in it now, may report for it, whose account is alive and who have an address."""
    reachable = Membership.objects.open().filter(role__in=WRITERS).exclude(user__email="")
    focal_points = reachable.filter(is_focal_point=True, participant=OuterRef("participant"))
    return reachable.filter(Q(is_focal_point=True) | ~Exists(focal_points))


def debts(*, on: date) -> "QuerySet[Any]":
    """Return, as Debt tuples, all that is owed on a day, whether it is in the ledger or not."""
    steps = steps_due(on=on).filter(due_on__gt=on - CATCH_UP, **{f"{MEMBERSHIPS}__in": recipients()})
    owed = steps.annotate(recipient=F(f"{MEMBERSHIPS}__user")).order_by("recipient", "due_on", "pk").distinct()
    return owed.values_list("recipient", "pledge", "pk", "due_on")


def unwritten(*, on: date) -> list[Debt]:
    """Return what is owed on a day and not in the ledger yet."""
    written = ReminderItem.objects.filter(
        reason=Reason.MILESTONE_DUE,
        recipient=OuterRef("recipient"),
        milestone=OuterRef("pk"),
        due_on=OuterRef("due_on"),
    )
    return [Debt(*row) for row in debts(on=on).filter(~Exists(written))]


@transaction.atomic
def write_owed(*, on: date, at: datetime) -> int:
    """Write what is owed on a day into the ledger and return how many debts were new.

    Whoever was reminded on that day already waits for the next: one message a person and day.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [WRITING])
    owed = unwritten(on=on)
    if not owed:
        return 0
    Reminder.objects.bulk_create(
        [new_reminder(recipient, on=on, at=at) for recipient in sorted({debt.recipient for debt in owed})],
        ignore_conflicts=True,
    )
    open_today = Reminder.objects.filter(reason=Reason.MILESTONE_DUE, owed_on=on, state=State.OWED, attempts=0)
    waiting = {reminder.recipient_id: reminder for reminder in open_today.select_for_update()}
    items = [new_item(debt, waiting[debt.recipient]) for debt in owed if debt.recipient in waiting]
    ReminderItem.objects.bulk_create(items, ignore_conflicts=True)
    return len(items)


def new_reminder(recipient: int, *, on: date, at: datetime) -> Reminder:
    """Return a reminder with the Message-ID that it keeps, however often it is sent."""
    return Reminder(
        reason=Reason.MILESTONE_DUE,
        recipient_id=recipient,
        owed_on=on,
        message_id=new_message_id(),
        next_attempt_at=at,
        created_at=at,
    )


def new_message_id() -> str:
    """Return a fresh Message-ID in the domain from which we send."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    return f"<{uuid.uuid4()}@{domain}>"


def new_item(debt: Debt, reminder: Reminder) -> ReminderItem:
    """Return a debt as a row of its reminder."""
    return ReminderItem(
        reminder=reminder,
        reason=reminder.reason,
        recipient_id=debt.recipient,
        pledge_id=debt.pledge,
        milestone_id=debt.milestone,
        due_on=debt.due_on,
    )


def drop_settled(reminder: Reminder) -> list[ReminderItem]:
    """Return the items of a reminder that are still owed, earliest first; the others leave the ledger.

    They leave it so that they can be owed anew: a step reported as done by mistake, a deadline moved to and fro.
    """
    owed = debts(on=reminder.owed_on).filter(recipient=reminder.recipient_id)
    still = {Debt(*row) for row in owed}
    items = list(reminder.items.select_related("pledge", "pledge__participant", "milestone").order_by("due_on", "pk"))
    kept = [item for item in items if Debt(item.recipient_id, item.pledge_id, item.milestone_id, item.due_on) in still]
    reminder.items.exclude(pk__in=[item.pk for item in kept]).delete()
    return kept
