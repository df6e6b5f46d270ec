"""How the reminders are doing: what waits, what failed, and whether people answer."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, Min, Q, Sum

from reminders.models import Delivery, Reason, Reminder, State, step_in_words
from reminders.pauses import live_pauses
from reminders.people import broken_addresses

RECENT = timedelta(days=30)  # what failed longer ago is history, and in the ledger
UNSENT = (State.OWED, State.CLAIMED)
CAME_BACK = Q(delivery__in=[Delivery.BOUNCED, Delivery.COMPLAINED])
ANSWER_WITHIN = 30  # days: a report that comes later is not counted as an answer
COUNTED = timedelta(days=365)
REPORTS = frozenset({Reason.REPORT_DUE, Reason.REPORT_OVERDUE, Reason.MILESTONE_DUE})  # answered by a report


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


ANSWERS = """
SELECT item.reason, CASE WHEN item.asked_by_id IS NULL THEN item.offset_days END AS step, count(*),
    count(*) FILTER (WHERE mail.delivery = 'delivered'),
    count(*) FILTER (WHERE mail.delivery IN ('bounced', 'complained')),
    count(report.created_at),
    percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM report.created_at - mail.sent_at) / 86400)
FROM reminders_reminderitem item
JOIN reminders_reminder mail ON mail.id = item.reminder_id
LEFT JOIN pledges_milestone step ON item.reason = 'milestone_due' AND step.id = item.subject
LEFT JOIN LATERAL (
    SELECT min(created_at) AS created_at FROM pledges_progressupdate
    WHERE pledge_id = item.pledge_id AND author_id IS NOT NULL AND partner_id IS NOT DISTINCT FROM step.partner_id
    AND created_at BETWEEN mail.sent_at AND mail.sent_at + make_interval(days => %s)) report ON true
WHERE mail.state = 'sent' AND mail.sent_at > %s
GROUP BY 1, 2 ORDER BY 1, 2 NULLS LAST
"""


@dataclass(frozen=True)
class StepAnswers:
    """What became of the reminders of one step of one ladder. `step` is None for those that an officer asked for."""

    reason: str
    step: int | None
    sent: int
    delivered: int
    bounced: int
    answered: int | None  # None where no report answers this reason
    median_days: float | None

    @property
    def reason_words(self) -> Any:
        """The reason in words."""
        return Reason(self.reason).label

    @property
    def step_words(self) -> str:
        """The step in words, empty where an officer asked."""
        return "" if self.step is None else step_in_words(self.step)


def answers(*, at: datetime) -> list[StepAnswers]:
    """Return what became of the reminders sent within a year before `at`, by reason and step: one query.

    Answered is a reminder after which its delegation reported on that pledge, or on its own share of it, within
    ANSWER_WITHIN days.
    """
    with connection.cursor() as cursor:
        cursor.execute(ANSWERS, [ANSWER_WITHIN, at - COUNTED])
        rows = cursor.fetchall()
    return [
        StepAnswers(reason, step, sent, delivered, bounced, *((found, days) if reason in REPORTS else (None, None)))
        for reason, step, sent, delivered, bounced, found, days in rows
    ]
