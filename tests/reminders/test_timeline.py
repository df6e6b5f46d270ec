"""The timeline of a pledge tells its own people and the Secretariat who was reminded, and nobody else."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser

from conferences.models import MembershipRole
from pledges.models import Pledge
from pledges.timeline import timeline
from reminders.models import Audience, Reason, Reminder, ReminderItem, State
from tests.factories import AnnouncedPledgeFactory, OfficerFactory, member_of
from tests.reminders.conftest import NOW, TODAY, delegation_of

pytestmark = pytest.mark.django_db


def reminded(pledge: Pledge, person: Any, *, state: str = State.SENT) -> None:
    """Write that a person was reminded of a report on a pledge."""
    reminder = Reminder.objects.create(
        recipient=person, owed_on=TODAY, message_id=f"<{person.pk}@pledges.example>", state=state,
        sent_at=NOW if state == State.SENT else None,
    )  # fmt: skip
    ReminderItem.objects.create(
        reminder=reminder, reason=Reason.REPORT_DUE, recipient=person, subject=pledge.pk, pledge=pledge,
        due_on=TODAY, offset_days=0, audience=Audience.FOCAL_POINT,
    )  # fmt: skip


def mails(pledge: Pledge, reader: Any) -> set[str]:
    """Return what a reader's timeline says of reminders."""
    return {entry.title for entry in timeline(pledge, reader) if entry.kind == "mail"}


def test_own_people_and_the_secretariat_see_who_was_reminded() -> None:
    delegation = delegation_of()
    drafter, approver = (member_of(delegation, role) for role in (MembershipRole.DRAFTER, MembershipRole.APPROVER))
    officer, stranger = OfficerFactory(), member_of(delegation_of(), MembershipRole.DRAFTER)
    pledge = AnnouncedPledgeFactory(participant=delegation)
    reminded(pledge, drafter)
    reminded(pledge, officer)
    reminded(pledge, approver, state=State.OWED)
    to_drafter, to_officer = (f"Reminder to {person}: A report is due" for person in (drafter, officer))
    assert mails(pledge, approver) == {to_drafter}
    assert mails(pledge, officer) == {to_drafter, to_officer}
    assert mails(pledge, stranger) == mails(pledge, AnonymousUser()) == set()
