"""Outages and dates that move (R10), and days where people live (R32): the clock is moved by hand."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from pledges.models import Milestone
from reminders.models import Audience, LadderStep, Reason, Reminder, ReminderItem
from reminders.owed import write_owed
from scripts.reminder_faults.due import Verdict, delegates, due_step, one_rung
from scripts.reminder_faults.kills import Size
from scripts.reminder_faults.mail import deliver_all
from scripts.reminder_faults.rig import Rig
from tests.factories import ConferenceFactory, DraftPledgeFactory, OrganizationFactory

MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
OUTAGE = 7  # days
MOVES = 10
STEPS = 3  # of each delegation, due on other days of the outage

ZONES = (
    "Pacific/Kiritimati", "Etc/GMT+12", "UTC", "America/New_York", "Europe/Berlin", "Asia/Kathmandu",
    "Australia/Lord_Howe", "Africa/Cairo", "America/Santiago", "Pacific/Apia",
)  # fmt: skip
# Leap day, the turn of a year, and days on which clocks are moved in some of the zones.
DAYS = (
    date(2028, 2, 29), date(2028, 3, 1), date(2027, 1, 1), date(2026, 3, 8), date(2026, 11, 1), date(2026, 3, 29),
    date(2026, 10, 25), date(2026, 10, 4), date(2026, 4, 24), date(2026, 9, 6),
)  # fmt: skip


def week_away(rig: Rig, size: Size) -> Verdict:
    """R10: nothing runs for a week in which things come due; then each person gets one message, and no storm."""
    people = max(4, size.reminders // 10)
    for number in range(people):
        delegation = OrganizationFactory()
        [person] = delegates(delegation, 1)
        for step in range(STEPS):
            due_step(delegation, person, on=(MONDAY + (1 + (number + step) % OUTAGE) * DAY).date())
    run(MONDAY - 40 * DAY, people)  # what was due long ago is said before
    run(MONDAY, people)
    before = len(rig.sink.messages)
    back = MONDAY + OUTAGE * DAY
    for hour in range(12):
        run(back + hour * HOUR, people)
    caught_up = len(rig.sink.messages) - before
    for day in range(1, 30):
        run(back + day * DAY, people)
    verdict = Verdict({"people": people, "outage, days": OUTAGE, "mails on return": caught_up})
    verdict.demand(caught_up == people, f"{caught_up} catch-up mails for {people} people")
    once_a_day(rig, verdict)
    steps_caught_up = ReminderItem.objects.filter(reminder__owed_on=back.date()).values("recipient").distinct().count()
    verdict.demand(steps_caught_up == people, f"{steps_caught_up} of {people} people heard of what they missed")
    return verdict


def moved_dates(rig: Rig, size: Size) -> Verdict:
    """R10: a day is moved back and forth ten times while we look after each move: at most one message a day."""
    one_rung()
    people = max(4, size.reminders // 20)
    for _ in range(people):
        delegation = OrganizationFactory()
        [person] = delegates(delegation, 1)
        due_step(delegation, person, on=MONDAY.date())
    for move in range(MOVES):
        Milestone.objects.update(due_on=(MONDAY + (move % 2) * DAY).date())
        run(MONDAY + DAY + move * timedelta(minutes=5), people)
    on_the_day = Counter(str(message["To"]) for message in rig.sink.messages)
    verdict = Verdict({"people": people, "moves": MOVES, "mails": len(rig.sink.messages)})
    verdict.demand(set(on_the_day.values()) <= {1}, f"{max(on_the_day.values())} mails to one person on one day")
    verdict.demand(len(on_the_day) == people, f"{len(on_the_day)} of {people} people heard of it")
    run(MONDAY + 2 * DAY, people)
    once_a_day(rig, verdict)
    return verdict


def run(at: datetime, people: int) -> None:
    """Write what is owed and deliver it, as one look at the ledger does."""
    write_owed(at=at)
    deliver_all(10 * people, at=at)


def once_a_day(rig: Rig, verdict: Verdict) -> None:
    """Demand at most one message a person and day, each of a row of its own."""
    rows = Counter(Reminder.objects.values_list("recipient", "sent_at__date"))
    arrived = Counter(str(message["Message-ID"]) for message in rig.sink.messages)
    verdict.figures |= {"mails": len(rig.sink.messages), "most a person and day": max(rows.values(), default=0)}
    verdict.demand(max(rows.values(), default=0) <= 1, "more than one message to a person on one day")
    verdict.demand(max(arrived.values(), default=0) <= 1, "a message arrived twice")


def local_days(rig: Rig, size: Size) -> Verdict:
    """R32: a step is owed from the first second of its day where the person lives, and not a second before; so is a
    window that closes in that day's last minute."""
    one_rung()
    LadderStep.objects.create(reason=Reason.WINDOW_CLOSING, offset_days=0, audience=Audience.FOCAL_POINT)
    days = DAYS if size.reminders >= len(DAYS) * len(ZONES) else DAYS[:2]
    looks = []
    for zone in ZONES:
        delegation = OrganizationFactory()
        [person] = delegates(delegation, 1, time_zone=zone)
        for day in days:
            step = due_step(delegation, person, on=day)
            begins = first_second(day, ZoneInfo(zone))
            closes = first_second(day + DAY, ZoneInfo(zone)) - timedelta(minutes=1)
            draft = DraftPledgeFactory(participant=delegation, conference=ConferenceFactory(window_closes_at=closes))
            for reason, key in ((Reason.MILESTONE_DUE, step.pk), (Reason.WINDOW_CLOSING, draft.pk)):
                looks += [(begins - timedelta(seconds=1), day, reason, key, False, zone)]
                looks += [(begins, day, reason, key, True, zone)]
    wrong, on_another_day = 0, 0
    verdict = Verdict({"zones": len(ZONES), "days": len(days), "looks": len(looks)})
    for at, day, reason, key, is_owed, zone in sorted(looks):
        write_owed(at=at)
        written = ReminderItem.objects.filter(reason=reason, subject=key).select_related("reminder").first()
        if bool(written) != is_owed:
            wrong += 1
            verdict.demand(False, f"{zone}: {reason} of {day} {'not owed' if is_owed else 'owed'} at {at}")
        on_another_day += bool(written and not written.reminder.owed_on == written.due_on == day)
    verdict.figures |= {"off by one": wrong + on_another_day}
    verdict.demand(not on_another_day, f"{on_another_day} written on another day")
    return verdict


def first_second(day: date, zone: ZoneInfo) -> datetime:
    """Return the instant at which a day begins in a zone; where clocks skip midnight, the first that there is."""
    at = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC) - 2 * HOUR
    while at.astimezone(zone).date() < day:
        at += timedelta(minutes=1)
    return at
