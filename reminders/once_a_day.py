"""One message a person and day, whatever waited: older ones join the newest, and a second waits for tomorrow."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q

from accounts.zones import zone_named, zone_of
from reminders.ladders import CATCH_UP
from reminders.models import Reminder, ReminderItem, State
from reminders.people import NEVER_HELD_BACK, monday_of

CLAIMING = 0x636C6169  # the advisory locks under which one of a person's messages is claimed: "clai"


def gone_out(recipients: Iterable[int], *, at: datetime) -> set[tuple[int, date]]:
    """Return which of these people had a message on which day where they live, of the last CATCH_UP days.

    What spoke of more than what is never held back counts for its week's Monday too: whoever hears once a week had its
    message.
    """
    since = at.date() - timedelta(days=CATCH_UP)
    sent = Reminder.objects.filter(recipient__in=set(recipients), owed_on__gte=since, state=State.SENT)
    others = ReminderItem.objects.filter(reminder=OuterRef("pk")).exclude(reason__in=NEVER_HELD_BACK)
    rows = sent.values_list("recipient", "sent_at", "recipient__time_zone", Exists(others))
    days = {
        (person, sent_at.astimezone(zone_named(zone)).date(), more) for person, sent_at, zone, more in rows if sent_at
    }
    return {(person, one) for person, day, more in days for one in ({day, monday_of(day)} if more else {day})}


def free_from(reminder: Reminder, *, at: datetime) -> datetime:
    """Return from when a reminder may go: `at`, or once its person may hear again. Call it in the claim's transaction.

    Whoever had a message on this day hears tomorrow; while another is being sent, nobody knows whether it counts.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [CLAIMING, reminder.recipient_id])
    zone = zone_of(reminder.recipient)
    today = at.astimezone(zone).date()
    begins, ends = (datetime.combine(day, time.min, zone) for day in (today, today + timedelta(days=1)))
    others = Reminder.objects.filter(recipient=reminder.recipient).exclude(pk=reminder.pk)
    sending = Q(state=State.CLAIMED, lease_until__gt=at)
    found = others.filter(sending | Q(state=State.SENT, sent_at__gte=begins)).values_list("state", "lease_until")
    return max([at, *(ends if state == State.SENT else until or at for state, until in found)])


def gather(*, at: datetime) -> None:
    """Move what a person's older messages speak of into the newest that may go by now; the older end as cancelled.

    Only of messages of which surely nothing went out, and into one that was never tried: the same Message-ID must never
    stand for two texts.
    """
    open_ones = Reminder.objects.filter(state=State.OWED, outcome_unknown=False, created_at__lte=at)
    several = open_ones.values("recipient").annotate(count=Count("pk")).filter(count__gt=1).values("recipient")
    keys = list(several.values_list("recipient", flat=True))
    groups: dict[int, list[Reminder]] = defaultdict(list)
    for reminder in open_ones.filter(recipient__in=keys).order_by("recipient", "-owed_on").select_for_update():
        groups[reminder.recipient_id].append(reminder)
    into = {
        older.pk: newest for newest, *rest in groups.values() if newest.attempts == 0 for older in rest
    }  # an older one, and which takes its place
    if into:
        move_items(into)
        supersede(groups, into)


def move_items(into: dict[int, Reminder]) -> None:
    """Let the items of older messages belong to the newer ones; of two steps for one thing the later stays."""
    items = ReminderItem.objects.filter(reminder__in={*into, *(newest.pk for newest in into.values())})
    kept: dict[tuple[int, str, int, date], ReminderItem] = {}
    idle = []
    for item in items.order_by("offset_days"):
        key = (item.recipient_id, item.reason, item.subject, item.due_on)
        if key in kept:
            idle.append(kept[key].pk)
        kept[key] = item
    ReminderItem.objects.filter(pk__in=idle).delete()
    moving = [item for item in kept.values() if item.reminder_id in into]
    for item in moving:
        item.reminder = into[item.reminder_id]
    ReminderItem.objects.bulk_update(moving, ["reminder"], batch_size=1_000)


def supersede(groups: dict[int, list[Reminder]], into: dict[int, Reminder]) -> None:
    """End the older messages; the newer ones take over since when they wait, and their turn."""
    newer = list({newest.pk: newest for newest in into.values()}.values())
    for newest in newer:
        own = groups[newest.recipient_id]
        newest.created_at = min(one.created_at for one in own)
        newest.next_attempt_at = min(one.next_attempt_at for one in own)
    Reminder.objects.bulk_update(newer, ["created_at", "next_attempt_at"], batch_size=1_000)
    older = [one for own in groups.values() for one in own if one.pk in into]
    for one in older:
        one.state, one.error = State.CANCELLED, f"It goes with the message of {into[one.pk].owed_on}."
    Reminder.objects.bulk_update(older, ["state", "error"], batch_size=1_000)
