"""All who send go by one clock, the database's: their own may be off (R32)."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from reminders.models import Reminder, ReminderItem, State
from reminders.owed import write_owed
from reminders.tasks import look_at_ledger, send_owed
from tests.reminders.conftest import due_step
from tests.reminders.sink import Sink

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("only_steps_on_their_day")]


@pytest.fixture(params=[-1, 1])
def off(request: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A machine whose clock is days off."""
    now = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: now() + request.param * timedelta(days=2))
    return now()


def test_what_is_owed_is_what_is_owed_by_the_databases_clock(
    off: Any, monkeypatch: pytest.MonkeyPatch, sink: Sink
) -> None:
    monkeypatch.setattr(send_owed, "apply_async", lambda **options: None)
    steps = {days: due_step(on=off.date() + timedelta(days=days)) for days in (-2, 0, 1, 2)}
    look_at_ledger()
    assert set(ReminderItem.objects.values_list("subject", "reminder__owed_on")) == {
        (steps[-2].pk, off.date()), (steps[0].pk, off.date()),
    }  # fmt: skip


def test_a_lease_that_holds_by_the_databases_clock_is_left_alone(off: Any, sink: Sink) -> None:
    due_step(on=off.date())
    write_owed(at=off)
    held = {"lease_until": off + timedelta(minutes=4), "next_attempt_at": off + timedelta(minutes=4)}
    Reminder.objects.update(state=State.CLAIMED, attempts=1, **held)
    send_owed()
    assert not sink.messages
    Reminder.objects.update(lease_until=off, next_attempt_at=off)
    send_owed()
    assert len(sink.messages) == 1
