"""What is owed is derived from the pledges and written once, however often and by however many workers it is run."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from conferences.models import Membership, MembershipRole
from pledges.enums import Status
from pledges.models import Pledge
from pledges.services import report_progress
from reminders.models import Reminder, ReminderItem, State
from reminders.owed import write_owed
from reminders.people import in_delegations
from tests.factories import (
    ClosedPledgeFactory,
    ConfirmedPartnerFactory,
    DraftPledgeFactory,
    MilestoneFactory,
    ParticipantFactory,
    ProgressUpdateFactory,
    SubmittedPledgeFactory,
    member_of,
)
from tests.reminders.conftest import NOW, TODAY, delegation_of, due_step

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("only_steps_on_their_day")]
DAY = timedelta(days=1)
DRAFTER, APPROVER, VIEWER = MembershipRole.DRAFTER, MembershipRole.APPROVER, MembershipRole.VIEWER


def run(days: int = 0) -> int:
    """Write what is owed so many days from today."""
    return write_owed(at=NOW + days * DAY)


def reminded() -> set[str]:
    """Return the usernames of all who are in the ledger."""
    return set(Reminder.objects.values_list("recipient__username", flat=True))


def test_a_step_that_comes_due_is_owed_once_however_often_we_look() -> None:
    step = due_step()
    assert [run(-1), run(), run(), run(1), run(30)] == [0, 1, 0, 0, 0]
    reminder = Reminder.objects.get()
    assert (reminder.owed_on, reminder.state, reminder.next_attempt_at) == (TODAY, State.OWED, NOW)
    item = reminder.items.get()
    assert (item.subject, item.pledge, item.due_on, item.offset_days) == (step.pk, step.pledge, TODAY, 0)


@pytest.mark.parametrize(("days", "owed"), [(1, 1), (89, 1), (90, 0), (400, 0)])
def test_missed_days_are_caught_up_for_ninety_days(days: int, owed: int) -> None:
    due_step()
    assert run(days) == owed


def test_what_is_due_on_one_day_is_one_message() -> None:
    delegation = delegation_of(DRAFTER)
    for _n in range(3):
        due_step(delegation)
    assert run() == 3
    assert Reminder.objects.get().items.count() == 3


def test_a_date_that_moves_is_owed_anew_but_never_twice_a_day() -> None:
    step = due_step()
    run()
    for days in range(1, 11):
        type(step).objects.filter(pk=step.pk).update(due_on=TODAY + (days % 2) * DAY)
        assert run(1) <= 1
    assert Counter(Reminder.objects.values_list("owed_on", flat=True)) == {TODAY: 1, TODAY + DAY: 1}


def test_what_arrives_after_todays_message_went_out_waits_for_tomorrow() -> None:
    delegation = delegation_of(DRAFTER)
    due_step(delegation)
    run()
    Reminder.objects.update(state=State.SENT, sent_at=NOW, attempts=1)
    due_step(delegation)
    assert run() == 0
    assert run(1) == 1
    assert Reminder.objects.filter(owed_on=TODAY + DAY).get().items.count() == 1


def test_what_arrives_before_todays_message_goes_out_joins_it() -> None:
    delegation = delegation_of(DRAFTER)
    due_step(delegation)
    run()
    due_step(delegation)
    assert run() == 1
    assert Reminder.objects.get().items.count() == 2


def test_a_message_that_was_tried_takes_nothing_new() -> None:
    """The same Message-ID must never stand for two texts."""
    delegation = delegation_of(DRAFTER)
    due_step(delegation)
    run()
    Reminder.objects.update(attempts=1)
    due_step(delegation)
    assert run() == 0


@pytest.mark.parametrize("factory", [DraftPledgeFactory, SubmittedPledgeFactory, ClosedPledgeFactory])
def test_only_registered_pledges_owe_reports(factory: Any) -> None:
    MilestoneFactory(pledge=factory(participant=delegation_of(DRAFTER)), due_on=TODAY)
    assert run() == 0


def test_a_step_that_is_done_or_answered_owes_nothing() -> None:
    due_step(done_on=TODAY - DAY)
    answered, early, by_source = due_step(), due_step(), due_step()
    ProgressUpdateFactory(pledge=answered.pledge, milestone=answered, happened_on=TODAY)
    ProgressUpdateFactory(pledge=early.pledge, milestone=early, happened_on=TODAY - DAY, created_at=NOW - DAY)
    ProgressUpdateFactory(
        pledge=by_source.pledge, milestone=by_source, happened_on=TODAY, author=None,
        source_title="News", source_url="https://pledges.example/news", source_confidence="press",
    )  # fmt: skip
    run()
    assert set(ReminderItem.objects.values_list("subject", flat=True)) == {early.pk, by_source.pk}


def test_no_change_is_an_answer() -> None:
    step = due_step()
    by = step.pledge.participant.memberships.get().user
    ProgressUpdateFactory(pledge=step.pledge, state="planning", happened_on=TODAY - 90 * DAY, created_at=NOW - 90 * DAY)
    report_progress(pledge=step.pledge, milestone=step, state="planning", text="", by=by, at=NOW)
    assert run() == 0


# --- To whom ----------------------------------------------------------------------------------------------------------
def test_drafters_and_approvers_are_reminded_where_there_is_no_focal_point() -> None:
    due_step(delegation_of(DRAFTER, APPROVER, VIEWER, MembershipRole.CO_CHAIR, MembershipRole.DEPUTY))
    run()
    places = Membership.objects.filter(user__reminders__isnull=False)
    assert {place.role for place in places} == {DRAFTER, APPROVER, MembershipRole.DEPUTY}


def test_a_co_chairs_place_is_no_post_in_the_delegation() -> None:
    chair = member_of(delegation_of(DRAFTER), MembershipRole.CO_CHAIR)
    chair.memberships.update(is_head_of_mission=True, is_focal_point=True)
    assert chair.pk not in {user for user, *_post in in_delegations()}


def test_focal_points_are_reminded_alone() -> None:
    delegation = delegation_of(DRAFTER, APPROVER)
    focal_point = member_of(delegation, DRAFTER)
    focal_point.memberships.update(is_focal_point=True)
    due_step(delegation)
    run()
    assert reminded() == {focal_point.username}


def test_a_focal_point_that_may_not_report_is_not_asked_to() -> None:
    delegation = delegation_of()
    drafter = member_of(delegation, DRAFTER)
    member_of(delegation, VIEWER).memberships.update(is_focal_point=True)
    due_step(delegation)
    run()
    assert reminded() == {drafter.username}


@pytest.mark.parametrize("why", ["address", "account", "left"])
def test_others_are_reminded_where_the_focal_point_cannot_be_reached(why: str) -> None:
    delegation = delegation_of()
    drafter = member_of(delegation, DRAFTER)
    focal_point = member_of(delegation, DRAFTER)
    focal_point.memberships.update(is_focal_point=True)
    if why == "left":
        focal_point.memberships.update(ended_at=NOW)
    else:
        type(focal_point).objects.filter(pk=focal_point.pk).update(
            **({"email": ""} if why == "address" else {"is_active": False})
        )
    due_step(delegation)
    run()
    assert reminded() == {drafter.username}


def test_nobody_else_is_reminded() -> None:
    step = due_step()
    other = ParticipantFactory()
    member_of(other, DRAFTER)
    ConfirmedPartnerFactory(pledge=step.pledge, participant=other)
    run()
    assert reminded() == set(
        Membership.objects.filter(participant=step.pledge.participant).values_list("user__username", flat=True)
    )


def test_a_person_with_two_places_is_reminded_once() -> None:
    delegation = delegation_of()
    person = member_of(delegation, DRAFTER)
    person.memberships.create(participant=delegation, role=APPROVER, started_at=person.memberships.get().started_at)
    due_step(delegation)
    assert run() == 1


def test_a_delegation_without_people_owes_nothing_until_somebody_joins() -> None:
    delegation = delegation_of()
    due_step(delegation)
    assert run() == 0
    member_of(delegation, DRAFTER)
    assert run(5) == 1


# --- Many workers -----------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_workers_that_look_at_once_write_each_debt_once() -> None:
    delegations = [delegation_of(DRAFTER, APPROVER) for _n in range(5)]
    for delegation in delegations:
        for _n in range(4):
            due_step(delegation)

    def look(number: int) -> int:
        try:
            return run(number % 2)  # some of them after midnight
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        new = sum(pool.map(look, range(6)))
    assert new == ReminderItem.objects.count() == 5 * 4 * 2
    assert not Reminder.objects.filter(items=None).exists()
    assert Reminder.objects.count() == 10


def test_deriving_takes_the_same_number_of_queries_for_any_number() -> None:
    due_step()
    with CaptureQueriesContext(connection) as for_one:
        run()
    for _n in range(10):
        due_step()
    with CaptureQueriesContext(connection) as for_ten:
        run()
    assert Reminder.objects.count() == 11
    assert len(for_ten) == len(for_one) < 60


def test_the_status_of_the_pledge_counts_on_the_day() -> None:
    step = due_step()
    Pledge.objects.filter(pk=step.pledge.pk).update(
        status=Status.CLOSED, outcome="withdrawn", closed_at=step.pledge.registered_at
    )
    assert run() == 0
