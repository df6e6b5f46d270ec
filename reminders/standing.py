"""A reminder is true when it is sent: what of it still stands, asked again inside the claim (R09)."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from pledges.models import Pledge
from pledges.querysets import invitations_of
from reminders.ladders import AUDIENCES
from reminders.models import LadderStep, Reason, Reminder, ReminderItem
from reminders.pauses import paused
from reminders.people import local_day, people, post_of, reachable, zone_of
from reminders.reasons import Subject, still_waited_for


def drop_settled(reminder: Reminder, *, at: datetime) -> list[ReminderItem]:
    """Return the items of a reminder that are still owed, earliest first; the others leave the ledger.

    They leave it so that they can be owed anew: a step reported as done by mistake, a deadline moved to and fro. Not
    those of a message that may have arrived: somebody may have read of them, so that they stay as told.
    """
    items = list(reminder.items.select_related("pledge__participant").order_by("due_on", "pk"))
    owed = still_owed(reminder.recipient, items, at=at)
    kept = [item for item in items if item.pk in owed]
    if not reminder.outcome_unknown:
        reminder.items.exclude(pk__in=[item.pk for item in kept]).delete()
    return kept


def still_owed(recipient: Any, items: list[ReminderItem], *, at: datetime) -> set[int]:
    """Return the keys of the items that are still waited for on the same day, from somebody who still holds the post,
    may hear of such things and still see the pledge and is reached by mail; that nobody paused, and whose step nobody
    took off its ladder."""
    standing = on_ladder(items)
    items = [item for item in items if item.pk in standing]
    posts = {(person.audience, post_of(person)) for person in people(at=at, only=recipient.pk)}
    pauses, seen, today = paused(at=at), seen_by(recipient, items), local_day(recipient, at=at)
    hears_digest = recipient.is_reviewer and reachable().filter(pk=recipient.pk).exists()
    owed = {item.pk for item in items if item.reason == Reason.WEEKLY_DIGEST and hears_digest}
    for item, subject in waited_for(recipient, items, at=at):
        if item.audience not in AUDIENCES[item.reason] or pauses.covers(subject, item.audience, on=today):
            continue
        holds_post = {(item.audience, subject.participant), (item.audience, subject.conference)} & posts
        if holds_post and (item.pledge_id is None or (item.reason, item.pledge_id) in seen):
            owed.add(item.pk)
    return owed


def on_ladder(items: list[ReminderItem]) -> set[int]:
    """Return the keys of the items whose step stands on its ladder as that is now, or for which an officer asked: one
    query. Who finds too much being mailed takes a step off, and of what is written already too."""
    rungs = {rung(*step) for step in LadderStep.objects.values_list("reason", "offset_days", "audience")}
    return {
        item.pk for item in items if item.asked_by_id or rung(item.reason, item.offset_days, item.audience) in rungs
    }


def rung(reason: str, offset_days: int, audience: str) -> tuple[str, int, str]:
    """Return a step of a ladder, to be compared: the digest goes on Mondays, whatever day its step names."""
    return reason, 0 if reason == Reason.WEEKLY_DIGEST else offset_days, audience


def waited_for(recipient: Any, items: list[ReminderItem], *, at: datetime) -> Iterator[tuple[ReminderItem, Subject]]:
    """Yield the items, but for digests, that are still waited for on the same day, each with what it speaks of: one
    query for each reason."""
    groups: dict[tuple[str, bool], list[ReminderItem]] = defaultdict(list)
    for item in items:
        if item.reason != Reason.WEEKLY_DIGEST:
            groups[item.reason, item.asked_by_id is not None].append(item)
    zone = zone_of(recipient)
    for (reason, by_hand), mine in groups.items():
        found = still_waited_for(reason, [item.subject for item in mine], at=at, zone=zone, by_hand=by_hand)
        yield from ((item, found[key]) for item in mine if (key := (item.subject, item.due_on)) in found)


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
