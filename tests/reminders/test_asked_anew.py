"""Whoever is asked anew hears of it anew: the waiting begins with the latest asking that is unanswered."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from conferences.models import MembershipRole
from pledges.models import Partner
from pledges.services.joint import change_partner, invite_partner
from reminders.models import LadderStep, Reason, Reminder, ReminderItem, State
from reminders.owed import write_owed
from tests.factories import OfficerFactory, PartnerFactory, RegisteredPledgeFactory
from tests.reminders.conftest import delegation_of

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
