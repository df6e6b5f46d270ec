"""Reminding now, outside the ladder: an officer asks, and it goes into the person's next message.

Never above one message a person and day: whoever had today's already hears with tomorrow's, whoever wants one message
a week hears on Monday. The page that asks shows the same plan that is then written.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import MailRhythm, User
from accounts.zones import zone_named
from pledges.models import Pledge
from reminders.ladders import IN_DELEGATION
from reminders.models import Audience, Reason, Reminder, ReminderItem, State
from reminders.once_a_day import gone_out
from reminders.owed import WRITING, Debt, write
from reminders.pauses import control, paused
from reminders.people import MONDAY, Person, people
from reminders.permissions import check_can_remind
from reminders.reasons import OF_AN_INSTANT, Subject, kind, listed
from reminders.resting import Part, resting, said

Due = list[Part]


@dataclass(frozen=True)
class Plan:
    """What reminding of some pledges now can write, whoever of the delegations is chosen to hear.

    `persons` are those of whoever is to answer whom mail reaches, by delegation, with an empty list where there are
    none. `could` has, for each pledge, what each of them can be told with their next message; `fresh` what no message
    of theirs speaks of yet; `today` which day it is for them; `never` why nobody can hear of a pledge; `resting` what
    of a pledge a pause leaves out, in sentences.
    """

    persons: dict[str, list[Person]]
    could: dict[Pledge, list[Debt]]
    fresh: frozenset[Debt]
    today: dict[int, date]
    never: dict[Pledge, str]
    resting: dict[Pledge, str] = field(default_factory=dict)

    @property
    def usual(self) -> set[int]:
        """Who is reminded where nobody else is chosen: the focal points."""
        return {one.recipient for one in self.all if one.audience == Audience.FOCAL_POINT}

    @property
    def all(self) -> list[Debt]:
        """All that could be told, pledge by pledge."""
        return [one for debts in self.could.values() for one in debts]

    def owed(self, to: Collection[int]) -> list[Debt]:
        """Return what is to be written where these people are reminded."""
        return [one for one in self.all if one.recipient in to and one in self.fresh]

    def left_out(self, to: Collection[int]) -> dict[Pledge, str]:
        """Return the pledges of which none of these people is reminded now, and why."""
        found = dict(self.never)
        for pledge, debts in self.could.items():
            if debts and not any(one.recipient in to for one in debts):
                found[pledge] = _("Nobody who is to answer on it is ticked.")
        return found

    def later(self, to: Collection[int]) -> dict[Pledge, str]:
        """Return the pledges of which these people heard already, hear on another day than today, or not of all that is
        due, in sentences."""
        mine = {pledge: [one for one in debts if one.recipient in to] for pledge, debts in self.could.items()}
        found = {pledge: [self.when(debts), self.resting.get(pledge, "")] for pledge, debts in mine.items() if debts}
        return {pledge: " ".join(filter(None, words)) for pledge, words in found.items() if any(words)}

    def told(self, to: Collection[int]) -> frozenset[Pledge]:
        """Return the pledges of which the messages of these people say already all that could be told."""
        mine = {pledge: [one for one in debts if one.recipient in to] for pledge, debts in self.could.items()}
        return frozenset(pledge for pledge, debts in mine.items() if debts and not self.fresh.intersection(debts))

    def when(self, debts: list[Debt]) -> str:
        """Return when people are told of these things, in a sentence; "" for today."""
        new = [one for one in debts if one in self.fresh]
        if not new:
            return _("A message of theirs speaks of it already.")
        if all(one.owed_on > self.today[one.recipient] for one in new):
            day = date_format(min(one.owed_on for one in new), "j F")
            return _("It goes with their message of %(day)s.") % {"day": day}
        return ""


@dataclass(frozen=True)
class Asked:
    """What came of asking: of which pledges nobody is reminded, of which not today by this or not of all, and why.

    `told` are those of which nothing was written, for a message of these people speaks of them already.
    """

    left_out: dict[Pledge, str]
    later: dict[Pledge, str]
    told: frozenset[Pledge] = frozenset()


@transaction.atomic
def remind_now(pledges: Iterable[Pledge], *, by: Any, at: datetime, to: Collection[int] | None = None) -> Asked:
    """Remind of what is due on each pledge, or is due next, whoever is to answer: its focal points.

    `to`, where given, are the keys of the people who hear instead; others than those of the delegations that are to
    answer are passed over. Raises NotAllowed.
    """
    check_can_remind(by)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [WRITING])
    plan = planned(pledges, at=at)
    chosen = plan.usual if to is None else to
    asked = Asked(plan.left_out(chosen), plan.later(chosen), plan.told(chosen))
    write_for_their_days(plan.owed(chosen), by=by, at=at)
    return asked


def planned(pledges: Iterable[Pledge], *, at: datetime) -> Plan:
    """Return what reminding of these pledges now can write, in a fixed number of queries."""
    asked = list(pledges)
    if control().is_stopped:
        return Plan({}, {}, frozenset(), {}, dict.fromkeys(asked, _("All reminders are stopped.")))
    waiting, pauses = waited_for(asked, at=at), paused(at=at)
    parts = [part for due in waiting.values() for part in due]
    everybody = people_of({subject.participant or "" for _reason, subject in parts}, at=at)
    at_rest = resting(parts, everybody, at=at)
    open_ones = {pledge: [part for part in waiting[pledge.pk] if part not in at_rest] for pledge in asked}
    concerned = {subject.participant or "" for due in open_ones.values() for _reason, subject in due}
    persons = {code: found for code, found in everybody.items() if code in concerned}
    today = {person.recipient: person.today for found in persons.values() for person in found}
    days = next_days(today, at=at)
    could = {
        pledge: [
            debt(reason, subject, person, on=days[person.recipient])
            for reason, subject in due
            for person in persons[subject.participant or ""]
            if not pauses.covers(subject, person.audience, on=person.today)
        ]
        for pledge, due in open_ones.items()
    }
    fresh = not_reminded([one for debts in could.values() for one in debts], today=at.date())
    left = {pledge: {part: at_rest[part] for part in waiting[pledge.pk] if part in at_rest} for pledge in asked}
    sentences = said(left, whole={pledge for pledge in asked if not open_ones[pledge]})
    never = {
        pledge: why_nobody(waiting[pledge.pk], open_ones[pledge], sentences.get(pledge, ""))
        for pledge in asked
        if not could[pledge]
    }
    return Plan(persons, could, frozenset(fresh), today, never, sentences)


def why_nobody(due: Due, open_ones: Due, at_rest: str) -> str:
    """Return why nobody can be reminded of a pledge; `at_rest` is what pauses leave out of it, in sentences."""
    if not due:
        return _("Nothing is due on it, and nothing is planned.")
    if not open_ones:
        return at_rest
    return " ".join(filter(None, [_("Nobody of the delegation can be reached by mail."), at_rest]))


# Where each kind of thing that one can be reminded of now names its pledge (reminders/reasons.py).
PLEDGE_IN: dict[str, str] = {
    Reason.REPORT_DUE: "pk",
    Reason.MILESTONE_DUE: "pledge",
    Reason.DELIVERY_DUE: "pk",
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


def people_of(participants: Collection[str], *, at: datetime) -> dict[str, list[Person]]:
    """Return whom mail reaches of each of these delegations, everybody once, the focal points first."""
    found: dict[str, dict[int, Person]] = {code: {} for code in sorted(participants)}
    for person in sorted(people(at=at), key=lambda one: one.audience != Audience.FOCAL_POINT):
        if person.participant in found and person.audience in IN_DELEGATION:
            found[person.participant].setdefault(person.recipient, person)
    return {code: list(persons.values()) for code, persons in found.items()}


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
    return Debt(person.recipient, on, reason, subject.key, subject.pledge, subject.due_on, offset, person.audience)


def not_reminded(debts: list[Debt], *, today: date) -> list[Debt]:
    """Return those of which no message of this day or a later one speaks already."""
    rows = ReminderItem.objects.filter(subject__in={one.subject for one in debts}, reminder__owed_on__gte=today)
    rows = rows.exclude(reminder__state=State.FAILED)
    known = {(kind(reason), *rest) for reason, *rest in rows.values_list("reason", "recipient", "subject", "due_on")}
    return [one for one in debts if not any((kind(one.reason), *key) in known for key in keys(one))]


def keys(one: Debt) -> list[tuple[int, int, date]]:
    """Return under which keys a debt may stand in the ledger: the reader's day of an instant may be the one beside."""
    beside = (-1, 0, 1) if one.reason in OF_AN_INSTANT else (0,)
    return [(one.recipient, one.subject, one.due_on + timedelta(days=days)) for days in beside]


def write_for_their_days(owed: list[Debt], *, by: Any, at: datetime) -> None:
    """Write debts into the messages of their days; a message of a day to come waits until that day begins."""
    starts: dict[datetime, list[Debt]] = defaultdict(list)
    zones = dict(User.objects.filter(pk__in={one.recipient for one in owed}).values_list("pk", "time_zone"))
    for one in owed:
        begins = datetime.combine(one.owed_on, time.min, zone_named(zones[one.recipient]))
        starts[max(at, begins)].append(one)
    for start, debts in starts.items():
        write(debts, at=start, asked_by=by)
