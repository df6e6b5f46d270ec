"""The whole record replayed day by day: counted, never doubled, and gone afterwards."""

from datetime import UTC, date, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from conferences.models import Membership, MembershipRole
from pledges.enums import ReportedState
from pledges.models import Milestone, Pledge
from reminders.models import Reason, Reminder
from reminders.replay import replay
from tests.factories import (
    ConferenceFactory,
    RecordPledgeFactory,
    RecordProgressUpdateFactory,
    member_of,
)

pytestmark = pytest.mark.django_db
ANNOUNCED = datetime(2021, 12, 8, 9, tzinfo=UTC)


@pytest.fixture
def pledge() -> Pledge:
    """A pledge of the record: a report is due on 8 March 2022."""
    return RecordPledgeFactory(
        conference=ConferenceFactory(reporting_cycle_months=3), registered_at=ANNOUNCED, announced_at=ANNOUNCED
    )


def test_a_pledge_nobody_reports_on_climbs_the_ladders(pledge: Pledge) -> None:
    found = replay(until=date(2022, 5, 1))
    assert (found.first, found.pledges, found.delegations) == (date(2021, 12, 8), 1, 1)
    assert found.by_reason[Reason.REPORT_DUE] == 5
    assert found.by_reason[Reason.REPORT_OVERDUE] == 2  # the approver and the desk officer
    assert found.doubled == 0
    assert found.most_to_one == 1


def test_what_the_record_tells_counts_as_a_report_on_its_day(pledge: Pledge) -> None:
    RecordProgressUpdateFactory(pledge=pledge, state=ReportedState.DELIVERED, happened_on=date(2022, 3, 3))
    assert replay(until=date(2022, 3, 9)).by_reason[Reason.REPORT_DUE] == 2


@pytest.mark.parametrize(("said", "heard"), [(None, 4), ("in_progress", 4), ("delivered", 1), ("will_not_deliver", 1)])
def test_a_stated_day_of_delivery_climbs_its_ladder_until_the_record_tells_how_it_ended(
    pledge: Pledge, said: str | None, heard: int
) -> None:
    Pledge.objects.update(deliver_by=date(2022, 2, 1), deliver_by_precision="day")
    if said:
        RecordProgressUpdateFactory(pledge=pledge, state=said, happened_on=date(2022, 1, 20))
    found = replay(until=date(2022, 3, 5))
    assert found.by_reason[Reason.DELIVERY_DUE] == heard
    assert found.by_reason[Reason.MILESTONE_DUE] == 0


def test_nothing_stays(pledge: Pledge) -> None:
    before = list(Pledge.objects.values())
    assert replay(until=date(2022, 2, 7)).messages
    assert list(Pledge.objects.values()) == before
    assert not User.objects.filter(username__startswith="replay").exists()
    assert not Membership.objects.exists()
    assert not Milestone.objects.exists()
    assert not Reminder.objects.exists()


def test_a_database_that_people_use_is_refused(pledge: Pledge) -> None:
    member_of(pledge.participant, MembershipRole.DRAFTER)
    with pytest.raises(CommandError, match="Delegations have accounts"):
        call_command("replay_record")


def test_without_the_record_there_is_nothing_to_replay() -> None:
    with pytest.raises(CommandError, match="run load_record first"):
        call_command("replay_record")


def test_the_command_prints_what_it_counted(pledge: Pledge) -> None:
    out = StringIO()
    call_command("replay_record", until=date(2022, 2, 7), stdout=out)
    text = out.getvalue()
    assert "1 pledges of 1 delegations, 2021-12-08 to 2022-02-07: 62 days" in text
    assert "doubled: 0" in text
    assert "1  A report is due" in text
