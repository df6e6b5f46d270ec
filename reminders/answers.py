"""Whether people answer: what became of the reminders that were sent, by reason and step."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from accounts.models import SECRETARIAT
from reminders.models import Reason, step_in_words

ANSWER_WITHIN = 30  # days: what comes later is not counted as an answer
COUNTED = timedelta(days=365)

# When what a reminder asks for was done: a part for each reason but the overview, which asks nobody for anything.
ANSWERS = """
SELECT item.reason, CASE WHEN item.asked_by_id IS NULL THEN item.offset_days END AS step, count(*),
    count(*) FILTER (WHERE mail.delivery = 'delivered'),
    count(*) FILTER (WHERE mail.delivery IN ('bounced', 'complained')),
    count(answer.instant),
    percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM answer.instant - mail.sent_at) / 86400)
FROM reminders_reminderitem item
JOIN reminders_reminder mail ON mail.id = item.reminder_id
LEFT JOIN pledges_milestone step ON item.reason = 'milestone_due' AND step.id = item.subject
LEFT JOIN LATERAL (
    SELECT min(done.instant) AS instant FROM (
        SELECT created_at AS instant FROM pledges_progressupdate
        WHERE item.reason IN ('report_due', 'report_overdue', 'milestone_due', 'delivery_due')
            AND pledge_id = item.pledge_id
            AND author_id IS NOT NULL AND partner_id IS NOT DISTINCT FROM step.partner_id
        UNION ALL
        SELECT pgh_created_at FROM pledges_milestoneevent
        WHERE item.reason = 'milestone_due' AND pgh_obj_id = item.subject AND done_on IS NOT NULL
        UNION ALL
        SELECT created_at FROM pledges_renewal
        WHERE item.reason = 'renewal_due' AND registration_id = item.subject
        UNION ALL
        SELECT pgh_created_at FROM pledges_deploymentrequestevent
        WHERE item.reason = 'rdl_clock' AND pgh_obj_id = item.subject
            AND (arrived_on IS NOT NULL OR cancelled_on IS NOT NULL)
        UNION ALL
        SELECT note.created_at FROM pledges_reviewnote note JOIN accounts_user author ON author.id = note.author_id
        WHERE item.reason = 'clarification' AND note.pledge_id = item.pledge_id AND note.field = ''
            AND author.role <> ALL (%(secretariat)s)
        UNION ALL
        SELECT created_at FROM pledges_statuschange
        WHERE item.reason IN ('clarification', 'window_closing') AND pledge_id = item.pledge_id AND action = 'submit'
        UNION ALL
        SELECT pgh_created_at FROM pledges_partnerevent
        WHERE item.reason = 'partner_awaited' AND pgh_obj_id = item.subject
            AND confirmation IN ('confirmed', 'declined')
        UNION ALL
        SELECT ended_at FROM pledges_handover WHERE item.reason = 'approval_awaited' AND id = item.subject
        UNION ALL
        SELECT decided_at FROM pledges_proposedreport WHERE item.reason = 'approval_awaited' AND id = -item.subject
        UNION ALL
        SELECT mended_at FROM reminders_undeliverable WHERE item.reason = 'undeliverable' AND id = abs(item.subject)
    ) done
    WHERE done.instant BETWEEN mail.sent_at AND mail.sent_at + make_interval(days => %(within)s)) answer ON true
WHERE mail.state = 'sent' AND mail.sent_at > %(since)s
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
    answered: int | None  # None where nothing is asked for
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

    Answered is a reminder after which what it asks for was done within ANSWER_WITHIN days: its delegation reported on
    that pledge, or on its own share of it; a step was done, a unit renewed or there; a word was given; a draft was
    submitted; an address was mended.
    """
    named: dict[str, Any] = {"within": ANSWER_WITHIN, "since": at - COUNTED, "secretariat": list(SECRETARIAT)}
    with connection.cursor() as cursor:
        cursor.execute(ANSWERS, named)
        rows = cursor.fetchall()
    return [
        StepAnswers(reason, step, sent, delivered, bounced, None if reason == Reason.WEEKLY_DIGEST else found, days)
        for reason, step, sent, delivered, bounced, found, days in rows
    ]
