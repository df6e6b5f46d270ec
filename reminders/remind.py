"""Reminding now, outside the ladder: an officer asks, and it goes into the person's next message.

Never above one message a person and day: whoever had today's already hears with tomorrow's, whoever wants one message
a week hears on Monday.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import MailRhythm, User
from pledges.models import Pledge
from reminders.models import Audience, Reason, Reminder, ReminderItem, State
from reminders.once_a_day import gone_out
from reminders.owed import WRITING, Debt, write
from reminders.pauses import control, paused
from reminders.people import MONDAY, Person, people
from reminders.permissions import check_can_remind
from reminders.reasons import Subject, listed


@transaction.atomic
def remind_now(pledges: Iterable[Pledge], *, by: Any, at: datetime) -> dict[Pledge, str | None]:
    """Remind the focal points of whoever is to answer on each pledge of what is due, or is due next.

    Return for each pledge None where somebody hears today, else a sentence that says why not, or when. Raises
    NotAllowed.
    """
    check_can_remind(by)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [WRITING])
    asked = list(pledges)
    if control().is_stopped:
        return dict.fromkeys(asked, _("All reminders are stopped."))
    waiting = waited_for(asked, at=at)
    persons = focal_points(at=at)
    days = next_days({person.recipient: person.today for found in persons.values() for person in found}, at=at)
    pauses = paused(at=at)
    owed: list[Debt] = []
    found: dict[Pledge, str | None] = {}
    for pledge in asked:
        due = waiting[pledge.pk]
        open_ones = [(reason, subject) for reason, subject in due if not pauses.covers(subject)]
        mine = [
            debt(reason, subject, person, on=days[person.recipient])
            for reason, subject in open_ones
            for person in persons[subject.participant]
        ]
        new = not_reminded(mine, today=at.date())
        owed += new
        found[pledge] = outcome(due, open_ones, mine, new, persons)
    write_for_their_days(owed, by=by, at=at)
    return found


Due = list[tuple[str, Subject]]


# Where each kind of thing that one can be reminded of now names its pledge (reminders/reasons.py).
PLEDGE_IN: dict[str, str] = {
    Reason.REPORT_DUE: "pk",
    Reason.MILESTONE_DUE: "pledge",
    Reason.RENEWAL_DUE: "pledge",
    Reason.RDL_CLOCK: "pledge",
    Reason.CLARIFICATION: "pk",
    Reason.PARTNER_AWAITED: "pledge",
}


def waited_for(pledges: list[Pledge], *, at: datetime) -> dict[int, Due]:
    """Return for each pledge what is due or awaited, with its reason; the next where nothing is yet.

    These are the kinds, and the days, that the list of who is late shows (pledges/follow_up.py).
    """
    keys, today = [pledge.pk for pledge in pledges], at.date()
    found: dict[int, Due] = defaultdict(list)
    for reason, pledge in PLEDGE_IN.items():
        for row in listed(reason, at=at).filter(**{f"{pledge}__in": keys}):
            subject = Subject(*row)
            is_overdue = reason == Reason.REPORT_DUE and subject.due_on < today
            found[subject.pledge or 0].append((Reason.REPORT_OVERDUE if is_overdue else reason, subject))
    for key, due in found.items():
        due.sort(key=lambda one: one[1].due_on)
        found[key] = [one for one in due if one[1].due_on <= today] or due[:1]
    return found


def focal_points(*, at: datetime) -> dict[str | None, list[Person]]:
    """Return the focal points of each delegation whom mail reaches."""
    found: dict[str | None, list[Person]] = defaultdict(list)
    for person in people(at=at):
        if person.audience == Audience.FOCAL_POINT:
            found[person.participant].append(person)
    return found


def next_days(today: dict[int, date], *, at: datetime) -> dict[int, date]:
    """Return for each person the day of the next message that can still take something."""
    weekly = set(User.objects.filter(pk__in=today, mail_rhythm=MailRhythm.WEEKLY).values_list("pk", flat=True))
    gone = Reminder.objects.filter(recipient__in=today, owed_on__gte=min(today.values(), default=at.date()))
    is_free = Q(state=State.OWED, attempts=0) | Q(state=State.CANCELLED, outcome_unknown=False)
    full = set(gone.exclude(is_free).values_list("recipient", "owed_on")) | gone_out(today, at=at)
    return {person: next_day(day, person, weekly=person in weekly, full=full) for person, day in today.items()}


def next_day(day: date, person: int, *, weekly: bool, full: set[tuple[int, date]]) -> date:
    """Return the first day from this one on which a person hears and whose message has not been tried yet."""
    while (person, day) in full or (weekly and day.isoweekday() != MONDAY):
        day += timedelta(days=1)
    return day


def debt(reason: str, subject: Subject, person: Person, *, on: date) -> Debt:
    """Return what is to be written; its step is the number of days between the day it is due and that message."""
    offset = (on - subject.due_on).days
    return Debt(person.recipient, on, reason, subject.key, subject.pledge, subject.due_on, offset, Audience.FOCAL_POINT)


def not_reminded(debts: list[Debt], *, today: date) -> list[Debt]:
    """Return those of which no message of this day or a later one speaks already."""
    rows = ReminderItem.objects.filter(subject__in={one.subject for one in debts}, reminder__owed_on__gte=today)
    rows = rows.exclude(reminder__state=State.FAILED)
    known = {(kind(reason), *rest) for reason, *rest in rows.values_list("reason", "recipient", "subject", "due_on")}
    return [one for one in debts if (kind(one.reason), one.recipient, one.subject, one.due_on) not in known]


def kind(reason: str) -> str:
    """Return one word for the two reasons that speak of the same report."""
    return Reason.REPORT_DUE if reason == Reason.REPORT_OVERDUE else reason


def outcome(due: Due, open_ones: Due, mine: list[Debt], new: list[Debt], persons: Any) -> str | None:
    """Return why nobody hears of a pledge today, or when they do; None where somebody does."""
    if not due:
        return _("Nothing is due on it, and nothing is planned.")
    if not open_ones:
        return _("Its reminders are paused.")
    if not mine:
        return _("Nobody of the delegation can be reached by mail.")
    if not new:
        return _("Their message of today speaks of it already.")
    today = {person.recipient: person.today for found in persons.values() for person in found}
    if any(one.owed_on == today[one.recipient] for one in new):
        return None
    day = date_format(min(one.owed_on for one in new), "j F")
    return _("They had their message already: it goes with that of %(day)s.") % {"day": day}


def write_for_their_days(owed: list[Debt], *, by: Any, at: datetime) -> None:
    """Write debts into the messages of their days; a message of a day to come waits until that day begins."""
    starts: dict[datetime, list[Debt]] = defaultdict(list)
    zones = dict(User.objects.filter(pk__in={one.recipient for one in owed}).values_list("pk", "time_zone"))
    for one in owed:
        begins = datetime.combine(one.owed_on, time.min, ZoneInfo(zones[one.recipient]))
        starts[max(at, begins)].append(one)
    for start, debts in starts.items():
        write(debts, at=start, asked_by=by)
