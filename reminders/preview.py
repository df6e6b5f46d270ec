"""What will go out: who gets what on a coming day and why, as things stand now, and the exact text. Nothing is written.

It asks owed.py with the clock set forward. A step that is answered before its day, a pause or another plan changes it.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.core.mail import EmailMessage
from django.db import transaction

from accounts.models import MailRhythm, User
from pledges.models import Pledge
from reminders.ladders import CATCH_UP
from reminders.mails import message_for
from reminders.models import Reminder, ReminderItem, State
from reminders.owed import Debt, debts, new_item, new_message_id, week_at_a_glance
from reminders.pauses import paused
from reminders.people import NEVER_HELD_BACK, Person, message_day, monday_of, people
from reminders.reasons import SUBJECTS
from reminders.standing import still_owed

DAYS_AHEAD = 60
WEEK = 7  # days
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Message:
    """What one person will get on a day."""

    recipient: User
    items: list[ReminderItem]
    more: int  # things it speaks of beside those items


def instant_on(day: date, *, at: datetime) -> datetime:
    """Return the instant at which a day is looked at: now for today, its noon for another."""
    return max(at, datetime.combine(day, time(12), UTC))


def owed_on(day: date, *, at: datetime, only: int | None = None, asked: Sequence[Debt] = ()) -> dict[int, list[Debt]]:
    """Return what is owed to each person on a day, as things stand now: in the ledger, or still to be written.

    `only` one person where given; `asked` as if an officer had asked for it. Whoever had a message on that day already
    gets no other. A fixed number of queries.
    """
    full = tried_on(day, monday_of(day))
    found: dict[int, list[Debt]] = defaultdict(list)
    told = {(one.recipient, *thing(one)) for one in asked}  # a later step of the ladder than any that is reached
    coming = (debt for debt in to_be_written(day, at=at, only=only) if (debt.recipient, *thing(debt)) not in told)
    for debt in [*written_for(day, at=at, only=only), *asked, *coming]:
        if debt[:2] not in full:
            found[debt.recipient].append(debt)
    return {person: sorted(found[person], key=lambda debt: debt.due_on) for person in sorted(found)}


def tried_on(*days: date) -> set[tuple[int, date]]:
    """Return whose message of which of these days takes nothing more."""
    tried = Reminder.objects.filter(owed_on__in=days).exclude(state__in=[State.OWED, State.CANCELLED])
    return set(tried.values_list("recipient", "owed_on"))


def thing(one: Debt | ReminderItem) -> tuple[str, int, date]:
    """Return of what a debt or an item speaks, to whomever."""
    return one.reason, one.subject, one.due_on


def written_for(day: date, *, at: datetime, only: int | None) -> Iterator[Debt]:
    """Yield what stands in the ledger and is to be sent on a day; on the first, also what waits from days before."""
    open_ones = ReminderItem.objects.filter(reminder__state=State.OWED)
    open_ones = open_ones.filter(recipient=only) if only else open_ones
    mine = open_ones.filter(reminder__owed_on__lte=day) if day <= at.date() else open_ones.filter(reminder__owed_on=day)
    names = ("recipient", "reason", "subject", "pledge", "due_on", "offset_days", "audience")
    for recipient, *rest in mine.values_list(*names).order_by("recipient", "due_on", "pk"):
        yield Debt(recipient, day, *rest)


def to_be_written(day: date, *, at: datetime, only: int | None) -> Iterator[Debt]:
    """Yield what will be written into the ledger on a day, and is not yet."""
    moment, today = instant_on(day, at=at), at.date()
    pauses, persons = paused(at=moment), people(at=at, only=only)
    in_rhythm, each_day = (by_days_back(day, persons, at=at, daily=daily) for daily in (False, True))
    for reason in SUBJECTS:
        groups = each_day if reason in NEVER_HELD_BACK else in_rhythm
        for days, group in groups.items():
            yield from debts(reason, at=moment, persons=group, pauses=pauses, catch_up=days)
    had = tried_on(today)
    for digest in week_at_a_glance(at=moment):  # on Monday, or with the first message that can still take it
        is_first = day == today or (day == today + DAY and (digest.recipient, today) in had)
        if only in (None, digest.recipient) and (is_first or day == digest.due_on):
            yield digest


def by_days_back(day: date, persons: list[Person], *, at: datetime, daily: bool) -> dict[int, list[Person]]:
    """Return who of these hears on a day, by how many days of steps their message gathers; `daily`: as if all read
    every day.

    The first message that a person can get from now on catches up; a later one has the steps of its day or week.
    Whoever hears once a week gets on Monday what its week brings, and today what was missed on the last one.
    """
    today = at.date()
    had = tried_on(today, monday_of(today))
    rhythms = {} if daily else dict(User.objects.values_list("pk", "mail_rhythm"))
    found: dict[int, list[Person]] = defaultdict(list)
    for person in persons:
        rhythm = rhythms.get(person.recipient, MailRhythm.DAILY)
        now, then = message_day(today, rhythm), message_day(day, rhythm)
        if day not in (today, then):
            continue
        each = WEEK if rhythm == MailRhythm.WEEKLY else 1
        first = {now, now + each * DAY} if (person.recipient, now) in had else {now}
        found[CATCH_UP if then in first else each].append(person._replace(today=day, message_of=then))
    return found


def messages_on(day: date, owed: dict[int, list[Debt]], recipients: list[int], *, most: int = 0) -> list[Message]:
    """Return the messages of these people with at most so many items each, all where `most` is 0; two queries."""
    users = User.objects.in_bulk(recipients)
    shown = {person: owed[person][: most or None] for person in recipients}
    keys = {debt.pledge for debts_of in shown.values() for debt in debts_of if debt.pledge}
    pledges = Pledge.objects.select_related("participant", "conference").in_bulk(keys)
    return [
        Message(
            users[person],
            items_of(shown[person], Reminder(recipient=users[person], owed_on=day), pledges),
            len(owed[person]) - len(shown[person]),
        )
        for person in recipients
    ]


def items_of(owed: list[Debt], reminder: Reminder, pledges: dict[int, Pledge]) -> list[ReminderItem]:
    """Return debts as rows that are never stored."""
    items = []
    for number, debt in enumerate(owed, start=1):
        item = new_item(debt, reminder)
        item.pk = -number  # tells them apart; no row has a key below zero
        item.pledge = pledges.get(debt.pledge) if debt.pledge else None
        items.append(item)
    return items


def text_for(
    recipient: Any, day: date, *, at: datetime, asked: Sequence[Debt] = (), asked_by: Any = None
) -> tuple[EmailMessage | None, list[ReminderItem]]:
    """Return the message that a person will get on a day, None where nothing is owed then, and what it speaks of.

    `asked`: what `asked_by` is about to ask for beside what goes out anyway.
    What would fall away when it is sent, such as what this person may not see, is left out here too, and so is the
    link through which the person reports without signing in. Whatever building
    it writes is undone: nothing is stored or sent.
    """
    owed = owed_on(day, at=at, only=recipient.pk, asked=asked).get(recipient.pk, [])
    by_hand = askers(recipient) | {thing(one): asked_by for one in asked}
    with transaction.atomic():
        [message] = messages_on(day, {recipient.pk: owed}, [recipient.pk])
        for item in message.items:
            item.asked_by = by_hand.get(thing(item))
        moment = instant_on(day, at=at)
        stands = still_owed(recipient, message.items, at=moment)
        items = [item for item in message.items if item.pk in stands]
        reminder = Reminder(recipient=recipient, owed_on=day, message_id=new_message_id())
        mail = message_for(reminder, items, at=moment, on=day, for_others=True) if items else None
        transaction.set_rollback(True)
    return mail, items


def askers(recipient: Any) -> dict[tuple[str, int, date], Any]:
    """Return what officers asked for in messages that wait for a person, each with who did."""
    items = ReminderItem.objects.filter(recipient=recipient, reminder__state=State.OWED, asked_by__isnull=False)
    return {thing(item): item.asked_by for item in items.select_related("asked_by")}
