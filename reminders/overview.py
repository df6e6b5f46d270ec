"""How the reminders are doing: what waits, and what failed. Whether people answer is in answers.py."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min, Q, Sum

from reminders.models import Delivery, Reminder, State
from reminders.pauses import live_pauses
from reminders.people import broken_addresses

RECENT = timedelta(days=30)  # what failed longer ago is history, and in the ledger
UNSENT = (State.OWED, State.CLAIMED)
CAME_BACK = Q(delivery__in=[Delivery.BOUNCED, Delivery.COMPLAINED])


@dataclass(frozen=True)
class Standing:
    """The ledger at an instant; failed, unknown, bounced and takeovers are those of the last 30 days."""

    owed: int
    retrying: int
    failed: int
    unknown: int
    bounced: int
    takeovers: int  # leases that ran out
    oldest_unsent: timedelta  # how long ago the longest waiting was first ready to go, however often it was tried
    contacts: int
    pauses: int

    @property
    def minutes(self) -> int:
        """How many full minutes ago the longest waiting was first ready to go."""
        return self.oldest_unsent // timedelta(minutes=1)


def ready(at: datetime) -> Q:
    """Return the rule for what is ready to go at an instant: owed, or left behind by a worker that died."""
    return Q(state__in=UNSENT, next_attempt_at__lte=at)


def not_yet(at: datetime) -> Q:
    """Return the rule for what waits for its time or for another try, or is being sent."""
    return Q(state__in=UNSENT, next_attempt_at__gt=at)


def recent(at: datetime) -> Q:
    """Return the rule for what was owed within RECENT before an instant."""
    return Q(owed_on__gt=(at - RECENT).date())


def standing(*, at: datetime) -> Standing:
    """Return how the ledger stands; four queries, whatever is in it."""
    waiting = Reminder.objects.filter(state__in=UNSENT).aggregate(
        owed=Count("pk", filter=ready(at)),
        retrying=Count("pk", filter=not_yet(at)),
        oldest=Min("created_at"),
    )
    lately = Reminder.objects.filter(recent(at)).aggregate(
        failed=Count("pk", filter=Q(state=State.FAILED)),
        unknown=Count("pk", filter=Q(outcome_unknown=True)),
        bounced=Count("pk", filter=CAME_BACK),
        takeovers=Sum("takeovers", default=0),
    )
    oldest = waiting.pop("oldest") or at
    return Standing(
        **waiting,
        **lately,
        oldest_unsent=max(at - oldest, timedelta(0)),
        contacts=broken_addresses().count(),
        pauses=live_pauses(at=at).count(),
    )
