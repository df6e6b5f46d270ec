"""What reminders would have gone out had the product been there since the first pledge of the public record.

The clock is moved day by day through the whole record inside a transaction that is rolled back. Every pledging
participant gets a focal point and an approver, its pledges count as entered by it, and reports, judgements and closings
come on the days on which the record says that they happened.
"""

from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Max, Min, QuerySet

from accounts.models import Role, User
from conferences.models import Conference, Liaison, Membership, MembershipRole, Participant
from pledges.enums import Status
from pledges.models import Assessment, Pledge, ProgressUpdate
from reminders.models import LadderStep, Reminder, ReminderItem, State
from reminders.owed import write_owed
from reminders.reasons import SUBJECTS, subjects

NOON = time(12, tzinfo=UTC)
ZONE = "America/New_York"  # permanent missions
Event = tuple[int, dict[str, Any]]  # a pledge's key, and what its row says from that day


class Undo(Exception):
    """Ends the transaction without a trace."""


@dataclass
class Found:
    """What the run counted."""

    first: date
    last: date
    pledges: int
    delegations: int
    by_reason: Counter[str] = field(default_factory=Counter)
    by_year: Counter[int] = field(default_factory=Counter)
    messages: int = 0
    people: int = 0
    largest: tuple[int, date | None] = (0, None)
    most_to_one: int = 0
    doubled: int = 0


def replay(*, until: date, tick: Callable[[date], object] = lambda day: None) -> Found:
    """Move the clock from the first announcement to a day, and return what was owed; nothing of it stays.

    `tick` is called with each day. Needs the public record in the database.
    """
    found = None
    with suppress(Undo), transaction.atomic():
        found = run(until=until, tick=tick)
        raise Undo
    assert found is not None  # noqa: S101  (for the type checker: an error of the run is not suppressed)
    return found


def run(*, until: date, tick: Callable[[date], object]) -> Found:
    """Write what is owed on every day and count it."""
    Reminder.objects.all().delete()
    events = hand_over_the_record()
    drop_idle_ladders(until)
    mine = Pledge.objects.filter(author__isnull=False)
    first = mine.aggregate(first=Min("announced_at"))["first"].date()
    found = Found(first, until, mine.count(), mine.values("participant").distinct().count())
    for day in (first + timedelta(days=n) for n in range((until - first).days + 1)):
        for pledge, values in events.get(day, ()):
            Pledge.objects.filter(pk=pledge).update(**values)
        look(datetime.combine(day, NOON), found)
        tick(day)
    return counted(found)


def look(at: datetime, found: Found) -> None:
    """Write what is owed at an instant, and take all of it for delivered."""
    write_owed(at=at)
    sent = Reminder.objects.filter(state=State.OWED).update(state=State.SENT, sent_at=at, attempts=1)
    found.messages += sent
    found.by_year[at.year] += sent
    found.largest = max(found.largest, (sent, at.date()), key=lambda day: day[0])


def counted(found: Found) -> Found:
    """Add the counts over the whole ledger. `doubled` asks the rows, whatever the unique keys promise."""
    items, rows = ReminderItem.objects.order_by(), Reminder.objects.order_by()
    found.by_reason = Counter(dict(items.values_list("reason").annotate(n=Count("pk"))))
    found.people = rows.values("recipient").distinct().count()
    a_day = rows.values("recipient", "sent_at__date").annotate(n=Count("pk"))
    found.most_to_one = a_day.aggregate(most=Max("n"))["most"] or 0
    debts = items.values("recipient", "reason", "subject", "due_on", "offset_days").annotate(n=Count("pk"))
    found.doubled = debts.filter(n__gt=1).count() + a_day.filter(n__gt=1).count()
    return found


def hand_over_the_record() -> dict[date, list[Event]]:
    """Give the record's pledges to people, set them back to their beginning, and return what happens on which day."""
    record = Pledge.objects.exclude(record_key=None).filter(author=None, announced_at__isnull=False)
    codes = sorted(set(record.values_list("participant", flat=True)))
    make_secretariat(Participant.objects.filter(pk__in=codes))
    for code in codes:
        focal_point = make_delegation(code)
        record.filter(participant=code).update(author=focal_point, submitted_at=F("registered_at"))
    events = what_happened()
    mine = Pledge.objects.filter(author__isnull=False)
    mine.filter(status=Status.CLOSED).update(status=Status.REGISTERED, outcome="", closed_at=None)
    mine.update(reported_state="", last_reported_on=None, assessed_state="", delivered_quantity=None)
    return events


def drop_idle_ladders(until: date) -> None:
    """Remove the ladders of reasons for which the record holds nothing, so that no day is spent on asking for them."""
    at = datetime.combine(until, NOON)
    idle = [reason for reason in SUBJECTS if not subjects(reason, at=at).exists()]
    LadderStep.objects.filter(reason__in=idle).delete()


def what_happened() -> dict[date, list[Event]]:
    """Return what the record tells of its pledges, by day; of a month or a year its first day."""
    events: dict[date, list[Event]] = defaultdict(list)
    reports = ProgressUpdate.objects.order_by("happened_on", "pk")
    for key, day, state in reports.values_list("pledge", "happened_on", "state"):
        if day:
            events[day].append((key, {"last_reported_on": day} | ({"reported_state": state} if state else {})))
    judged = Assessment.objects.order_by("assessed_on", "pk")
    for key, day, state in judged.values_list("pledge", "assessed_on", "state"):
        if day:
            events[day].append((key, {"assessed_state": state}))
    for pledge in Pledge.objects.filter(status=Status.CLOSED):
        if pledge.closed_at:
            closing = {"status": Status.CLOSED, "outcome": pledge.outcome, "closed_at": pledge.closed_at}
            events[pledge.closed_at.date()].append((pledge.pk, closing))
    return events


def make_delegation(code: str) -> User:
    """Make the focal point and the approver of a participant, and return the first."""
    began = datetime(2014, 1, 1, tzinfo=UTC)
    people = [make_person(f"replay-{role}-{code}", Role.DELEGATION) for role in ("focal", "approver")]
    Membership.objects.bulk_create(
        Membership(user=user, participant_id=code, role=role, is_focal_point=is_focal, started_at=began)
        for user, role, is_focal in zip(
            people, (MembershipRole.DRAFTER, MembershipRole.APPROVER), (True, False), strict=True
        )
    )
    return people[0]


def make_secretariat(participants: "QuerySet[Participant]") -> None:
    """Make a desk officer for the participants of each regional group, and a coordinator for each conference."""
    Liaison.objects.all().delete()
    groups = sorted({participant.regional_group for participant in participants})
    desks = {group: make_person(f"replay-desk-{n}", Role.OFFICER) for n, group in enumerate(groups)}
    Liaison.objects.bulk_create(
        Liaison(participant=participant, desk_officer=desks[participant.regional_group]) for participant in participants
    )
    for conference in Conference.objects.filter(pledges__in=Pledge.objects.all()).distinct():
        coordinator = make_person(f"replay-coordinator-{conference.pk}", Role.OFFICER)
        Conference.objects.filter(pk=conference.pk).update(coordinator=coordinator)


def make_person(name: str, role: Role) -> User:
    """Return a new person whom mail reaches."""
    return User.objects.create(username=name, email=f"{name}@pledges.invalid", role=role, time_zone=ZONE)
