"""While a report that came through a link waits for an approver's word, its reporters are not asked for it again."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from conferences.models import MembershipRole, Participant
from pledges.services.report_links import confirm_report, decline_report
from reminders import staff
from reminders.models import LadderStep, Reason, ReminderItem
from reminders.owed import write_owed
from tests.factories import (
    AnnouncedPledgeFactory,
    ConfirmedPartnerFactory,
    MilestoneFactory,
    OfficerFactory,
    ProposedReportFactory,
    RegisteredPledgeFactory,
)
from tests.reminders.conftest import NOW, TODAY, delegation_of

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
ASKING = (Reason.REPORT_DUE, Reason.REPORT_OVERDUE, Reason.MILESTONE_DUE, Reason.DELIVERY_DUE)


@pytest.fixture(autouse=True)
def _ladders_of_what_is_reported(db: None) -> None:
    """Nobody hears of anything but of what is to be reported."""
    LadderStep.objects.exclude(reason__in=ASKING).delete()


def with_a_regular_report(participant: Participant) -> dict[str, Any]:
    announced = {"announced_at": datetime(2025, 5, 1, 9, tzinfo=UTC), "conference__reporting_cycle_months": 3}
    return {"pledge": AnnouncedPledgeFactory(participant=participant, **announced)}


def with_a_step(participant: Participant) -> dict[str, Any]:
    pledge = RegisteredPledgeFactory(participant=participant)
    return {"pledge": pledge, "milestone": MilestoneFactory(pledge=pledge, due_on=TODAY)}


def with_a_step_of_a_share(participant: Participant) -> dict[str, Any]:
    share = ConfirmedPartnerFactory(participant=participant)
    step = MilestoneFactory(pledge=share.pledge, partner=share, due_on=TODAY)
    return {"pledge": share.pledge, "partner": share, "milestone": step}


def to_be_delivered(participant: Participant) -> dict[str, Any]:
    return {"pledge": RegisteredPledgeFactory(participant=participant, deliver_by=TODAY, deliver_by_precision="day")}


Parts = Callable[[Participant], dict[str, Any]]
every_part = pytest.mark.parametrize(
    "part_of", [with_a_regular_report, with_a_step, with_a_step_of_a_share, to_be_delivered]
)


def reported(part: dict[str, Any]) -> Any:
    """Return a report on a part that came through a link a day before something is due of it."""
    links = {f"link__{name}": value for name, value in part.items()}
    return ProposedReportFactory(**links, state="in_progress", created_at=NOW - DAY)


def told(at: datetime) -> int:
    write_owed(at=at)
    return ReminderItem.objects.count()


@every_part
def test_nobody_is_asked_while_it_waits_and_again_once_it_lies_for_long(part_of: Parts) -> None:
    part = part_of(delegation_of(MembershipRole.DRAFTER, MembershipRole.APPROVER))
    reported(part)
    assert [told(NOW + days * DAY) for days in (0, 7, 14, 28)] == [0, 0, 0, 0]
    assert told(NOW + 30 * DAY) > 0


@every_part
def test_what_an_approver_declines_is_asked_for_again(part_of: Parts) -> None:
    participant = delegation_of(MembershipRole.DRAFTER, MembershipRole.APPROVER)
    report = reported(part_of(participant))
    assert told(NOW) == 0
    approver = participant.memberships.get(role=MembershipRole.APPROVER).user
    decline_report(report=report, by=approver, at=NOW)
    assert told(NOW) > 0


@every_part
def test_what_an_approver_confirms_is_answered(part_of: Parts) -> None:
    participant = delegation_of(MembershipRole.DRAFTER, MembershipRole.APPROVER)
    report = reported(part_of(participant))
    confirm_report(report=report, by=participant.memberships.get(role=MembershipRole.APPROVER).user, at=NOW)
    assert told(NOW) == 0


@every_part
def test_another_part_is_asked_for_all_the_same(part_of: Parts) -> None:
    participant = delegation_of(MembershipRole.DRAFTER, MembershipRole.APPROVER)
    part_of(participant)
    reported(part_of(delegation_of(MembershipRole.DRAFTER)))
    assert told(NOW) > 0


def test_an_officer_can_still_ask_by_hand() -> None:
    part = with_a_step(delegation_of(MembershipRole.DRAFTER, MembershipRole.APPROVER))
    reported(part)
    staff.remind_now([part["pledge"]], by=OfficerFactory(), at=NOW)
    assert {item.asked_by_id is not None for item in ReminderItem.objects.all()} == {True}
