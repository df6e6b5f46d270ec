"""A reminder is true when it is sent: what of it still stands, asked again inside the claim (R09)."""

from datetime import datetime
from typing import Any

from pledges.models import Pledge
from pledges.querysets import invitations_of
from reminders.ladders import AUDIENCES
from reminders.models import Reason, Reminder, ReminderItem
from reminders.pauses import paused
from reminders.people import local_day, people, post_of, reachable, zone_of
from reminders.reasons import still_waited_for


def drop_settled(reminder: Reminder, *, at: datetime) -> list[ReminderItem]:
    """Return the items of a reminder that are still owed, earliest first; the others leave the ledger.

    They leave it so that they can be owed anew: a step reported as done by mistake, a deadline moved to and fro.
    """
    items = list(reminder.items.select_related("pledge__participant").order_by("due_on", "pk"))
    owed = still_owed(reminder.recipient, items, at=at)
    kept = [item for item in items if item.pk in owed]
    reminder.items.exclude(pk__in=[item.pk for item in kept]).delete()
    return kept


def still_owed(recipient: Any, items: list[ReminderItem], *, at: datetime) -> set[int]:
    """Return the keys of the items that are still waited for on the same day, from somebody who still holds the post,
    may hear of such things and still see the pledge and is reached by mail; and that nobody paused."""
    posts = {(person.audience, post_of(person)) for person in people(at=at, only=recipient.pk)}
    pauses, seen, today = paused(at=at), seen_by(recipient, items), local_day(recipient, at=at)
    hears_digest = recipient.is_reviewer and reachable().filter(pk=recipient.pk).exists()
    owed = {item.pk for item in items if item.reason == Reason.WEEKLY_DIGEST and hears_digest}
    kinds = {(item.reason, item.asked_by_id is not None) for item in items if item.reason != Reason.WEEKLY_DIGEST}
    zone = zone_of(recipient)
    for reason, by_hand in kinds:
        mine = [item for item in items if (item.reason, item.asked_by_id is not None) == (reason, by_hand)]
        waited_for = still_waited_for(reason, [item.subject for item in mine], at=at, zone=zone, by_hand=by_hand)
        for item in mine:
            subject = waited_for.get((item.subject, item.due_on))
            if subject is None or item.audience not in AUDIENCES[reason]:
                continue
            if pauses.covers(subject, item.audience, on=today):
                continue
            holds_post = {(item.audience, subject.participant), (item.audience, subject.conference)} & posts
            if holds_post and (item.pledge_id is None or (reason, item.pledge_id) in seen):
                owed.add(item.pk)
    return owed


def seen_by(recipient: Any, items: list[ReminderItem]) -> set[tuple[str, int]]:
    """Return of which pledges this person may read, for which reason: an invited partner reads its own invitation."""
    named = {(item.reason, item.pledge_id) for item in items if item.pledge_id}
    keys = {pledge for _reason, pledge in named}
    visible = set(Pledge.objects.visible_to(recipient).filter(pk__in=keys).values_list("pk", flat=True))
    invited = set(invitations_of(recipient).filter(pledge__in=keys).values_list("pledge", flat=True))
    return {
        (reason, pledge)
        for reason, pledge in named
        if pledge in visible or (reason == Reason.PARTNER_AWAITED and pledge in invited)
    }
