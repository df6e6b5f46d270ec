"""The database keeps the rules of the reminder ledger, whoever writes."""

from datetime import UTC, date, datetime
from importlib import import_module
from typing import Any

import pytest
from django.db import connection

from reminders.models import Audience, Control, LadderStep, Pause, Reason, Reminder, ReminderItem, Undeliverable
from tests.factories import (
    ConferenceFactory,
    ConfirmedPartnerFactory,
    MilestoneFactory,
    ParticipantFactory,
    RegisteredPledgeFactory,
    UserFactory,
)
from tests.rules import Rule, change, insert, refusal

pytestmark = pytest.mark.django_db

NOW = datetime(2025, 10, 1, tzinfo=UTC)
BEFORE = datetime(2025, 9, 1, tzinfo=UTC)


def reminder() -> Reminder:
    return Reminder.objects.create(
        recipient=UserFactory(), owed_on=date(2025, 8, 1), message_id="<1@pledges.example>", created_at=NOW
    )


def item() -> ReminderItem:
    owed, step = reminder(), MilestoneFactory()
    return ReminderItem.objects.create(
        reminder=owed,
        reason=Reason.MILESTONE_DUE,
        recipient=owed.recipient,
        pledge=step.pledge,
        subject=step.pk,
        due_on=step.due_on,
        offset_days=0,
        audience=Audience.FOCAL_POINT,
    )


def rung() -> LadderStep:
    return LadderStep.objects.create(reason=Reason.REPORT_DUE, offset_days=99, audience=Audience.FOCAL_POINT)


def pause(**values: Any) -> Pause:
    return Pause.objects.create(
        pledge=RegisteredPledgeFactory(), reason="Talks.", author=UserFactory(), created_at=NOW, **values
    )


def long_winded() -> Pause:
    return Pause.objects.create(
        conference=ConferenceFactory(), reason="".join(map(chr, range(0x4E00, 0x5800))), author=UserFactory(),
        created_at=NOW,
    )  # fmt: skip


def snooze() -> Pause:
    return pause(is_snooze=True, until=date(2025, 10, 8))


def partners_snooze() -> Pause:
    share = ConfirmedPartnerFactory()
    return Pause.objects.create(
        pledge=share.pledge, partner=share, is_snooze=True, until=date(2025, 10, 8), reason="Talks.",
        author=UserFactory(), created_at=NOW,
    )  # fmt: skip


def twin(first: Pause, **values: Any) -> Pause:
    """Store a pause anew, with these values other than the first's."""
    columns = {field.attname: getattr(first, field.attname) for field in Pause._meta.fields if not field.primary_key}
    return Pause.objects.create(**columns | values)


def broken() -> Undeliverable:
    user = UserFactory()
    return Undeliverable.objects.create(user=user, address=user.email, kind="bounced", found_at=NOW)


def unheard() -> Undeliverable:
    return Undeliverable.objects.create(participant=ParticipantFactory(), audience=Audience.APPROVER, found_at=NOW)


def control() -> Control:
    return Control.objects.get_or_create(pk=1)[0]


RULES = [
    insert("reminder_once_a_day", reminder, message_id="<2@pledges.example>"),
    insert("reminders_reminder_message_id_key", reminder, owed_on=date(2025, 8, 2)),
    change("reminder_state_known", reminder, state="lost"),
    change("reminder_sent_with_instant", reminder, state="sent"),
    change("reminder_sent_with_instant", reminder, sent_at=NOW),
    change("reminder_claimed_with_lease", reminder, state="claimed"),
    change("reminder_delivery_known", reminder, delivery="eaten", delivery_at=NOW),
    change("reminder_delivery_with_instant", reminder, delivery="bounced"),
    change("reminder_delivery_with_instant", reminder, delivery_at=NOW),
    insert("reminder_item_once_per_debt", item),
    change("reminder_item_reason_known", item, reason="boredom"),
    change("reminder_item_audience_known", item, audience="everyone"),
    change("ladder_reason_known", rung, reason="boredom"),
    change("ladder_audience_known", rung, audience="everyone"),
    change("ladder_within_a_year", rung, offset_days=366),
    change("ladder_within_a_year", rung, offset_days=-366),
    insert("ladder_step_once", rung),
    change("pause_of_one_thing", pause, pledge_id=None),
    change("pause_of_one_thing", pause, conference_id=ConferenceFactory),
    change("pause_has_reason", pause, reason=""),
    change("snooze_ends", snooze, until=None),
    change("pause_of_partner_is_snooze", partners_snooze, is_snooze=False),
    change("pause_partner_of_same_pledge", partners_snooze, partner_id=ConfirmedPartnerFactory),
    insert("pause_partner_of_same_pledge", partners_snooze, pledge_id=RegisteredPledgeFactory),
    change("pause_dates_in_order", pause, ended_at=BEFORE),
    insert("pause_open_once", pause),
    insert("pause_open_once", snooze),
    insert("pause_open_once", partners_snooze),
    insert("pause_open_once", long_winded),
    change("undeliverable_kind_known", broken, kind="delivered"),
    change("undeliverable_kind_known", unheard, kind="bounced"),
    change("undeliverable_of_one", broken, audience="approver"),
    change("undeliverable_of_one", unheard, participant_id=None),
    change("undeliverable_of_one", unheard, audience="coordinator"),
    change("undeliverable_of_one", unheard, address="somebody@mission.example"),
    insert("undeliverable_delegation_once", unheard),
    insert("undeliverable_open_once", broken),
    change("undeliverable_dates_in_order", broken, mended_at=BEFORE),
    change("control_is_one_row", control, id=2),
    change("control_stop_has_reason", control, is_stopped=True),
    change("control_cap_positive", control, most_per_run=0),
]


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_database_refuses(rule: Rule) -> None:
    assert refusal(rule) == rule.constraint


def test_of_pauses_stored_twice_the_first_stands_before_the_rule_holds() -> None:
    """The others end, with what their history tells of them; a pause that differs, or has ended, is left as it is."""
    migration = import_module("reminders.migrations.0010_equal_pauses_once")
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX pause_open_once")
        first, whole = partners_snooze(), long_winded()
        again, whole_again = twin(first), twin(whole)
        other, ended = twin(first, reason="Elections."), twin(first, ended_at=NOW)
        cursor.execute(migration.END_REPEATED)
    still_open = {first.pk, whole.pk, other.pk}
    assert set(Pause.objects.filter(ended_at=None).values_list("pk", flat=True)) == still_open
    assert Pause.objects.get(pk=ended.pk).ended_at == NOW
    for repeated in (again, whole_again):
        assert list(repeated.events.values_list("pgh_label", flat=True)) == ["insert", "update"]
