"""The database keeps the rules of the reminder ledger, whoever writes."""

from datetime import UTC, date, datetime

import pytest

from pledges.models import Milestone
from reminders.models import Reason, Reminder, ReminderItem
from tests.factories import MilestoneFactory, UserFactory
from tests.rules import Rule, change, insert, refusal

pytestmark = pytest.mark.django_db

NOW = datetime(2025, 10, 1, tzinfo=UTC)


def reminder() -> Reminder:
    return Reminder.objects.create(
        reason=Reason.MILESTONE_DUE, recipient=UserFactory(), owed_on=date(2025, 8, 1), message_id="<1@pledges.example>"
    )


def item() -> ReminderItem:
    owed = reminder()
    step: Milestone = MilestoneFactory()
    return ReminderItem.objects.create(
        reminder=owed,
        reason=owed.reason,
        recipient=owed.recipient,
        pledge=step.pledge,
        milestone=step,
        due_on=step.due_on,
    )


RULES = [
    insert("reminder_once_a_day", reminder, message_id="<2@pledges.example>"),
    insert("reminders_reminder_message_id_key", reminder, owed_on=date(2025, 8, 2)),
    change("reminder_reason_known", reminder, reason="boredom"),
    change("reminder_state_known", reminder, state="lost"),
    change("reminder_sent_with_instant", reminder, state="sent"),
    change("reminder_sent_with_instant", reminder, sent_at=NOW),
    change("reminder_claimed_with_lease", reminder, state="claimed"),
    insert("reminder_item_once_per_debt", item),
]


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_database_refuses(rule: Rule) -> None:
    assert refusal(rule) == rule.constraint
