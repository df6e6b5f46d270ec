"""What is derived as owed is still owed when it is sent at the same instant: else it were written and dropped daily."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import MailRhythm, User
from pledges.models import Pledge
from reminders.models import Audience, LadderStep, Pause, Reason, Reminder, State
from reminders.owed import write_owed
from reminders.standing import still_owed
from tests.factories import (
    ManagerFactory,
)
from tests.reminders.test_ladders import LADDERS, World, make_world

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
BEGINS = datetime(2026, 4, 12, 6, tzinfo=UTC)
ZONES = ("UTC", "Pacific/Kiritimati", "Etc/GMT+12", "America/New_York", "Asia/Kathmandu")


def all_that_is_waited_for() -> World:
    """Return a world in which something of every kind is waited for."""
    world = make_world()
    for _reason, make, _ladder in LADDERS:
        make(world)
    return world


def any_ladder() -> None:
    """Let every reason speak to every audience, those that it may not speak to as well, on many days."""
    LadderStep.objects.all().delete()
    LadderStep.objects.bulk_create(
        LadderStep(reason=reason, offset_days=days, audience=audience)
        for reason in Reason
        for number, audience in enumerate(Audience)
        for days in range(-32 + number, 80, 8)
    )


def some_pauses(world: World, draw: random.Random) -> None:
    """Pause and put off a few things, until days within the time that is looked at."""
    for pledge in Pledge.objects.order_by("pk"):
        until = BEGINS.date() + draw.randrange(60) * DAY
        if draw.random() < 0.4:
            is_snooze = draw.random() < 0.5
            partner = draw.choice([None, *pledge.partners.order_by("pk")]) if is_snooze else None
            Pause.objects.create(
                pledge=pledge, partner=partner, reason="x", until=until, is_snooze=is_snooze, author=world.focal_point
            )


@pytest.mark.parametrize("seed", range(2))
def test_everything_derived_is_still_owed_at_the_same_instant(seed: int) -> None:
    draw = random.Random(seed)
    world = all_that_is_waited_for()
    ManagerFactory()
    any_ladder()
    some_pauses(world, draw)
    for user in User.objects.order_by("pk"):
        rhythm = draw.choice([MailRhythm.DAILY, MailRhythm.WEEKLY])
        User.objects.filter(pk=user.pk).update(time_zone=draw.choice(ZONES), mail_rhythm=rhythm)
    reasons = set()
    for step in range(14):
        at = BEGINS + step * (4 * DAY + 17 * HOUR)
        write_owed(at=at)
        for reminder in Reminder.objects.filter(state=State.OWED).select_related("recipient"):
            items = list(reminder.items.select_related("pledge__participant"))
            kept = still_owed(reminder.recipient, items, at=at)
            assert {str(item) for item in items if item.pk not in kept} == set(), at
            reasons |= {item.reason for item in items}
        Reminder.objects.filter(state=State.OWED).update(state=State.SENT, sent_at=at, attempts=1)
    assert reasons == set(Reason)
