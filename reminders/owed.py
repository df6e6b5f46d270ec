"""What is owed, derived from the pledges by one query per reason and written into the ledger before anything is sent.

Of each thing that is waited for, every person of the audiences of its ladder is owed the last step that was reached
where that person lives. So a day, or a week, that was missed is caught up by one message, and a date that moves is
owed anew; so is, on a later day, what failed and surely did not arrive. Run it as often as you like and from as many
workers: a debt is written once.
"""

import uuid
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from email.utils import parseaddr
from itertools import islice
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F

from accounts.models import REVIEWERS
from reminders.ladders import AUDIENCES, CATCH_UP, IN_DELEGATION
from reminders.models import Audience, LadderStep, Reason, Reminder, ReminderItem, State, Undeliverable
from reminders.once_a_day import gather, gone_out
from reminders.pauses import Over, Paused, Rest, control, paused
from reminders.people import (
    Person,
    columns,
    heard_again,
    hearing,
    local_day,
    message_day,
    monday_of,
    people,
    reachable,
    stand_ins,
)
from reminders.reasons import OF_AN_INSTANT, SUBJECTS, subjects, utc_day

AT_ONCE = 2_000  # debts held in memory
NOTED = 7  # days: of a step that was reached longer ago it is not noted that nobody was there to hear
# Whose day takes work to find: it is found once for each subject, and then compared. The others are found by their day.
LABORIOUS = (Reason.REPORT_DUE, Reason.REPORT_OVERDUE, Reason.CLARIFICATION)
# Items of messages that surely did not arrive: what they speak of is owed anew. DEBTS says the same in SQL.
OF_UNTOLD: dict[str, Any] = {
    "reminder__state__in": [State.FAILED, State.CANCELLED],
    "reminder__text_began": False,
    "reminder__outcome_unknown": False,
}
WRITING = 0x6F776564  # the advisory lock under which the ledger is written: "owed"

DEBTS = """
WITH subject (subject, pledge, participant, conference, due_on) AS {materialized} ({subjects}),
person (recipient, audience, participant, conference, today, message_of, zone) AS (
    SELECT * FROM unnest(%s::int[], %s::text[], %s::text[], %s::text[], %s::date[], %s::date[], %s::text[])),
pause (pledge, participant, conference, until, whose) AS (
    SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::date[], %s::text[])),
over (pledge, participant, conference, since, ended) AS (
    SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::date[], %s::date[])),
step (offset_days, audience) AS (
    SELECT offset_days, audience FROM reminders_ladderstep WHERE reason = %s AND audience = ANY(%s)),
waiting AS (
    SELECT * FROM subject
    WHERE due_on >= %s - (SELECT max(offset_days) FROM step)
    AND due_on <= %s - (SELECT min(offset_days) FROM step) + 2), -- an instant, within two days of the days it has
concerned AS (
    SELECT subject, pledge, waiting.participant, waiting.conference, {day} AS due_on,
        recipient, audience, today, message_of
    FROM waiting JOIN person ON person.participant = waiting.participant
    UNION ALL
    SELECT subject, pledge, waiting.participant, waiting.conference, {day} AS due_on,
        recipient, audience, today, message_of
    FROM waiting JOIN person ON person.conference = waiting.conference),
reached AS (
    SELECT DISTINCT ON (recipient, subject, due_on)
        recipient, message_of, subject, pledge, due_on, offset_days, audience
    FROM concerned JOIN step USING (audience)
    WHERE due_on + offset_days <= message_of
    AND (due_on + offset_days > message_of - {catch_up} OR EXISTS (
        SELECT FROM over WHERE due_on + offset_days >= since AND ended > message_of - {catch_up}
        AND (over.pledge = concerned.pledge OR over.participant = concerned.participant
            OR over.conference = concerned.conference)))
    AND (recipient > 0 OR due_on + offset_days > message_of - {noted})
    AND NOT EXISTS (SELECT FROM pause WHERE pause.pledge = concerned.pledge AND until > today
        AND (whose IS NULL OR whose = concerned.participant AND audience = ANY(%s)))
    AND NOT EXISTS (SELECT FROM pause WHERE pause.participant = concerned.participant AND until > today)
    AND NOT EXISTS (SELECT FROM pause WHERE pause.conference = concerned.conference AND until > today)
    ORDER BY recipient, subject, due_on, offset_days DESC, audience)
SELECT recipient, message_of, %s AS reason, subject, pledge, due_on, offset_days, audience FROM reached
WHERE NOT EXISTS (
    SELECT FROM reminders_reminderitem item JOIN reminders_reminder mail ON mail.id = item.reminder_id
    WHERE item.reason = %s AND item.recipient_id = reached.recipient AND item.subject = reached.subject
    AND item.due_on = reached.due_on AND item.offset_days >= reached.offset_days
    AND (mail.text_began OR mail.outcome_unknown OR mail.state NOT IN ('failed', 'cancelled')))
AND (recipient > 0 OR NOT EXISTS ( -- where nobody is there, whoever heard may have left since
    SELECT FROM reminders_reminderitem item JOIN reminders_reminder mail ON mail.id = item.reminder_id
    WHERE item.reason = %s AND item.subject = reached.subject AND abs(item.due_on - reached.due_on) <= {apart}
    AND item.audience = reached.audience AND item.offset_days >= reached.offset_days
    AND mail.state = 'sent' AND mail.delivery <> 'bounced'))
ORDER BY recipient, due_on, subject
"""


class Debt(NamedTuple):
    """One thing of which one person is to be reminded on a day."""

    recipient: int
    owed_on: date
    reason: str
    subject: int
    pledge: int | None
    due_on: date
    offset_days: int
    audience: str


def debts(
    reason: str, *, at: datetime, persons: list[Person], pauses: Paused, catch_up: int = CATCH_UP
) -> Iterator[Debt]:
    """Yield what is owed to these persons for a reason and is not in the ledger yet; one query, in flat memory.

    Steps that were reached up to `catch_up` days ago count, today's included, and those that were reached during a
    pause which ended in these days. To a stand-in, whose number is below zero, those of the last NOTED days are owed of
    which nobody of its audience had a message.
    """
    if not persons:
        return
    sql, parameters = debts_query(reason, at=at, persons=persons, pauses=pauses, catch_up=catch_up)
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(sql, parameters)
        while rows := cursor.fetchmany(AT_ONCE):
            yield from (Debt(*row) for row in rows)


def debts_query(
    reason: str, *, at: datetime, persons: list[Person], pauses: Paused, catch_up: int = CATCH_UP
) -> tuple[str, list[Any]]:
    """Return the SQL of what is owed to these persons for a reason, and its parameters."""
    is_instant = reason in OF_AN_INSTANT
    query, given = subjects(reason, at=at, day=F if is_instant else utc_day).query.sql_with_params()
    sql = DEBTS.format(
        subjects=query,
        catch_up=catch_up,
        noted=NOTED,
        materialized="MATERIALIZED" if reason in LABORIOUS else "",
        day="(waiting.due_on AT TIME ZONE person.zone)::date" if is_instant else "waiting.due_on",
        apart=int(is_instant),  # days between what an instant is in one zone and in another
    )
    persons = hearing(reason, persons)
    days = [person.message_of for person in persons]
    rows = [*given, *columns(persons, Person), *columns(pauses.rests, Rest), *columns(pauses.over, Over)]
    first = min([min(days) - timedelta(days=catch_up), *(one.since for one in pauses.over)])
    climbed = [reason, list(AUDIENCES[reason]), first, max(days), list(IN_DELEGATION)]
    return sql, [*rows, *climbed, reason, reason, reason]


def week_at_a_glance(*, at: datetime) -> Iterator[Debt]:
    """Yield the digest that each officer of the Secretariat is owed in a week, and that is not in the ledger yet.

    It is due on Monday, where the officer lives; one that was missed then goes on a later day of that week, in that
    day's message, or in Monday's to whoever gets one a week.
    """
    ladder = LadderStep.objects.filter(reason=Reason.WEEKLY_DIGEST, audience__in=AUDIENCES[Reason.WEEKLY_DIGEST])
    if not ladder.exists():
        return
    officers = reachable().filter(role__in=REVIEWERS).order_by("pk")
    days = {user: local_day(user, at=at) for user in officers}
    digests = ReminderItem.objects.filter(reason=Reason.WEEKLY_DIGEST, recipient__in=days)
    heard = digests.exclude(**OF_UNTOLD)
    written = set(heard.filter(due_on__in=set(map(monday_of, days.values()))).values_list("recipient", "due_on"))
    for officer, day in days.items():
        monday = monday_of(day)
        if (officer.pk, monday) not in written:
            on = message_day(day, officer.mail_rhythm)
            yield Debt(officer.pk, on, Reason.WEEKLY_DIGEST, officer.pk, None, monday, 0, Audience.DESK_OFFICER)


def unwritten(*, at: datetime) -> Iterator[Debt]:
    """Yield all that is owed at an instant and is not in the ledger yet, reason by reason.

    Where nobody is there to hear of a step, that is noted before it is asked what the Secretariat is to hear.
    """
    persons, pauses = people(at=at), paused(at=at)
    climbed = set(LadderStep.objects.values_list("reason", flat=True))
    nobody = stand_ins(persons, on=at.date()) if Reason.UNDELIVERABLE in climbed else []
    silent: dict[str | None, Person] = {}
    for reason in (reason for reason in SUBJECTS if reason in climbed):  # that of undeliverable contacts is the last
        if reason == Reason.UNDELIVERABLE:
            note_silent(silent.values(), at=at)
        for debt in debts(reason, at=at, persons=[*persons, *nobody], pauses=pauses):
            if debt.recipient > 0:
                yield debt
            else:
                one = nobody[-debt.recipient - 1]
                silent.setdefault(one.participant, one)
    yield from week_at_a_glance(at=at)


def note_silent(nobody: Iterable[Person], *, at: datetime) -> None:
    """Note of which delegations nobody was there to hear: the Secretariat does, once, until somebody is."""
    rows = [Undeliverable(participant_id=one.participant, audience=one.audience, found_at=at) for one in nobody]
    Undeliverable.objects.bulk_create(rows, ignore_conflicts=True)


def note_heard_again(*, at: datetime) -> None:
    """Note in which delegations somebody hears again."""
    Undeliverable.objects.filter(pk__in=heard_again(), found_at__lte=at).update(mended_at=at)


@transaction.atomic
def write_owed(*, at: datetime) -> int:
    """Write what is owed at an instant into the ledger and return how many debts were new; none while stopped.

    Whoever was reminded on that day already waits for the next: one message a person and day.
    """
    if control().is_stopped:
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [WRITING])
    note_heard_again(at=at)
    owed, written = unwritten(at=at), 0
    while chunk := list(islice(owed, AT_ONCE)):
        written += write(chunk, at=at)
    gather(at=at)
    return written


def write(owed: list[Debt], *, at: datetime, asked_by: Any = None) -> int:
    """Write debts as items of their day's reminders and return how many were new.

    Whoever had a message on that day already hears another day. A reminder that was tried takes nothing new: the same
    Message-ID must never stand for two texts.
    """
    had = gone_out({debt.recipient for debt in owed}, at=at)
    owed = [debt for debt in owed if debt[:2] not in had]
    days = sorted({debt[:2] for debt in owed})
    reopen(days, at=at)
    Reminder.objects.bulk_create(
        [new_reminder(recipient, on=day, at=at) for recipient, day in days], ignore_conflicts=True
    )
    open_ones = Reminder.objects.filter(recipient__in={debt.recipient for debt in owed}, state=State.OWED, attempts=0)
    waiting = {(reminder.recipient_id, reminder.owed_on): reminder for reminder in open_ones.select_for_update()}
    items = [new_item(debt, waiting[debt[:2]], asked_by) for debt in owed if debt[:2] in waiting]
    forget_untold(items)
    before = ReminderItem.objects.filter(reminder__in=waiting.values()).count()
    ReminderItem.objects.bulk_create(items, ignore_conflicts=True)
    return ReminderItem.objects.filter(reminder__in=waiting.values()).count() - before


def reopen(days: list[tuple[int, date]], *, at: datetime) -> None:
    """Let cancelled reminders of these people and days wait again, as new ones; not those that may have arrived."""
    idle = Reminder.objects.filter(state=State.CANCELLED, outcome_unknown=False)
    mine = idle.filter(recipient__in={person for person, _day in days}, owed_on__in={day for _person, day in days})
    wanted = set(days)
    again = [one for one in mine.select_for_update() if (one.recipient_id, one.owed_on) in wanted]
    for one in again:
        one.state, one.message_id, one.attempts, one.error = State.OWED, new_message_id(), 0, ""
        one.created_at, one.next_attempt_at, one.first_tried_at = at, at, None
    fields = ["state", "message_id", "attempts", "error", "created_at", "next_attempt_at", "first_tried_at"]
    Reminder.objects.bulk_update(again, fields)


def forget_untold(items: list[ReminderItem]) -> None:
    """Remove the items of failed reminders whose debts are written anew: of each debt one item speaks."""
    known = {(one.reason, one.recipient_id, one.subject, one.due_on, one.offset_days) for one in items}
    failed = ReminderItem.objects.filter(recipient__in={one.recipient_id for one in items}, **OF_UNTOLD)
    rows = failed.values_list("pk", "reason", "recipient", "subject", "due_on", "offset_days")
    ReminderItem.objects.filter(pk__in=[pk for pk, *key in rows if tuple(key) in known]).delete()


def new_reminder(recipient: int, *, on: date, at: datetime) -> Reminder:
    """Return a reminder with the Message-ID that it keeps, however often it is sent."""
    return Reminder(recipient_id=recipient, owed_on=on, message_id=new_message_id(), next_attempt_at=at, created_at=at)


def new_message_id() -> str:
    """Return a fresh Message-ID in the domain from which we send."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    return f"<{uuid.uuid4()}@{domain}>"


def new_item(debt: Debt, reminder: Reminder, asked_by: Any = None) -> ReminderItem:
    """Return a debt as a row of its reminder."""
    return ReminderItem(
        reminder=reminder,
        reason=debt.reason,
        recipient_id=debt.recipient,
        subject=debt.subject,
        pledge_id=debt.pledge,
        due_on=debt.due_on,
        offset_days=debt.offset_days,
        audience=debt.audience,
        asked_by=asked_by,
    )
