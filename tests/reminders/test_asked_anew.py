"""Whoever is asked anew hears of it anew: the waiting begins with the latest asking that is unanswered."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from conferences.models import MembershipRole
from pledges.models import Partner, Pledge, StatusChange
from pledges.review import unanswered_messages
from pledges.services import add_note, return_with_notes
from pledges.services.joint import change_partner, invite_partner
from pledges.waiting import answers
from reminders.delivery import deliver_next
from reminders.models import Audience, LadderStep, Reason, Reminder, ReminderItem, State
from reminders.owed import write_owed
from reminders.staff import remind_now
from tests.factories import (
    OfficerFactory,
    PartnerFactory,
    RegisteredPledgeFactory,
    ReviewNoteFactory,
    SubmittedPledgeFactory,
)
from tests.reminders.conftest import NOW, TODAY, delegation_of

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def look(at: Any) -> int:
    """Look at the ledger, take all for sent, and return how many debts were new."""
    new = write_owed(at=at)
    Reminder.objects.filter(state=State.OWED).update(state=State.SENT, sent_at=at, attempts=1)
    return new


# --- Partners ---------------------------------------------------------------------------------------------------------
def invited_long_ago(confirmation: str) -> Partner:
    """A partner who gave its word half a year ago, and whose approver can be reached."""
    LadderStep.objects.exclude(reason=Reason.PARTNER_AWAITED).delete()
    pledge = RegisteredPledgeFactory(participant=delegation_of(MembershipRole.DRAFTER), quantity=9)
    then = timezone.now() - 200 * DAY
    values = {"confirmed_at": then} if confirmation == "confirmed" else {}
    return PartnerFactory(
        pledge=pledge, participant=delegation_of(MembershipRole.APPROVER), share_quantity=1, invited_at=then,
        confirmation=confirmation, **values,
    )  # fmt: skip


def test_a_partner_whose_share_was_changed_is_reminded_of_the_new_question() -> None:
    partner = invited_long_ago("confirmed")
    change_partner(partner=partner, role=partner.role, shares={"share_quantity": 2}, by=OfficerFactory())
    now = timezone.now()
    assert [look(now + days * DAY) for days in range(11)] == [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1]


def test_a_partner_that_declined_and_is_invited_again_is_reminded_of_it() -> None:
    partner = invited_long_ago("declined")
    invite_partner(
        pledge=partner.pledge, participant=partner.participant, role=partner.role, shares={"share_quantity": 2},
        by=OfficerFactory(),
    )  # fmt: skip
    assert look(timezone.now() + 3 * DAY) == 1
    assert ReminderItem.objects.get().due_on == timezone.now().date()


def test_other_terms_while_the_answer_is_awaited_do_not_begin_the_waiting_anew() -> None:
    partner = invited_long_ago("awaited")
    change_partner(partner=partner, role=partner.role, shares={"share_quantity": 2}, by=OfficerFactory())
    partner.refresh_from_db()
    assert partner.invited_at < timezone.now() - 199 * DAY


# --- Questions --------------------------------------------------------------------------------------------------------
@pytest.fixture
def asked_long_ago() -> Pledge:
    """A submitted pledge with a question of the Secretariat that has waited for forty days, all its ladder climbed."""
    LadderStep.objects.exclude(reason=Reason.CLARIFICATION).delete()
    pledge = SubmittedPledgeFactory(participant=delegation_of(MembershipRole.DRAFTER))
    ReviewNoteFactory(pledge=pledge, created_at=NOW - 40 * DAY)
    for days in range(40):
        look(NOW - (40 - days) * DAY)
    return pledge


def heard_from(at: datetime) -> list[tuple[date, int]]:
    """Return of which day the focal point hears in the ten days from an instant, and on which step of the ladder."""
    before = set(ReminderItem.objects.values_list("pk", flat=True))
    for days in range(10):
        look(at + days * DAY)
    items = ReminderItem.objects.exclude(pk__in=before).filter(audience=Audience.FOCAL_POINT)
    return list(items.order_by("pk").values_list("due_on", "offset_days"))


def test_a_return_is_heard_of_though_an_old_question_waits(asked_long_ago: Pledge) -> None:
    return_with_notes(asked_long_ago, notes={"quantity": "How many?"}, reason="", by=OfficerFactory(), at=NOW)
    assert heard_from(NOW) == [(TODAY, 0), (TODAY, 3)]
    assert [since for _key, since in answers().values_list("pk", "since")] == [TODAY - 40 * DAY]


def test_a_later_question_is_heard_of_though_an_old_one_waits(asked_long_ago: Pledge) -> None:
    add_note(asked_long_ago, text="And when?", by=OfficerFactory(), at=NOW)
    assert heard_from(NOW) == [(TODAY, 0), (TODAY, 3)]


def test_a_return_and_a_question_of_one_day_are_one_reminder(asked_long_ago: Pledge) -> None:
    add_note(asked_long_ago, text="And when?", by=OfficerFactory(), at=NOW)
    return_with_notes(asked_long_ago, notes={"quantity": "How many?"}, reason="", by=OfficerFactory(), at=NOW)
    assert heard_from(NOW) == [(TODAY, 0), (TODAY, 3)]


def test_what_the_delegation_writes_answers_what_was_asked_before(asked_long_ago: Pledge) -> None:
    drafter = asked_long_ago.participant.memberships.get().user
    add_note(asked_long_ago, text="In March.", by=drafter, at=NOW)
    assert not answers().exists()
    assert not unanswered_messages(drafter).exists()
    add_note(asked_long_ago, text="Of which year?", by=OfficerFactory(), at=NOW + DAY)
    assert [since for _key, since in answers().values_list("pk", "since")] == [TODAY + DAY]
    assert unanswered_messages(drafter).count() == 1


def test_submitting_again_answers_what_was_asked_before(asked_long_ago: Pledge) -> None:
    StatusChange.objects.create(
        pledge=asked_long_ago, action="submit", source="returned", target="submitted", created_at=NOW,
        author=asked_long_ago.participant.memberships.get().user,
    )  # fmt: skip
    assert not answers().exists()


def test_remind_now_speaks_once_of_what_was_asked_several_times(asked_long_ago: Pledge) -> None:
    add_note(asked_long_ago, text="And when?", by=OfficerFactory(), at=NOW)
    remind_now([asked_long_ago], by=OfficerFactory(), at=NOW)
    assert [item.due_on for item in ReminderItem.objects.exclude(asked_by=None)] == [TODAY - 40 * DAY]
    deliver_next(at=NOW)
    assert ReminderItem.objects.exclude(asked_by=None).get().reminder.state == State.SENT
