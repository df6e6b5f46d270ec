"""Two at once: exactly one wins where only one may, and nothing is lost where both may."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from functools import partial
from itertools import product
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from conferences.models import MembershipRole
from pledges.assessed import known_of
from pledges.enums import ReportedState, Status
from pledges.errors import EditConflict, WrongStatus
from pledges.models import Allocation, Lineage, Partner, Pledge
from pledges.services import edit_pledge, report_progress
from pledges.services.assessing import assess
from pledges.transitions import TRANSITIONS, apply_transition
from tests.concurrency import at_once, on_own_connection
from tests.factories import (
    AllocationFactory,
    ClosedPledgeFactory,
    DraftPledgeFactory,
    ManagerFactory,
    OfficerFactory,
    ParticipantFactory,
    PartnerFactory,
    ProgressUpdateFactory,
    RegisteredPledgeFactory,
    RequirementFactory,
    ReturnedPledgeFactory,
    SubmittedPledgeFactory,
    UserFactory,
    assessed,
    member_of,
)
from tests.rules import violated

pytestmark = pytest.mark.django_db(transaction=True)


NOW = datetime(2025, 10, 1, 9, tzinfo=UTC)
MAKERS: dict[Status, Any] = {
    Status.DRAFT: DraftPledgeFactory,
    Status.SUBMITTED: SubmittedPledgeFactory,
    Status.RETURNED: ReturnedPledgeFactory,
    Status.REGISTERED: RegisteredPledgeFactory,
    Status.CLOSED: partial(ClosedPledgeFactory, announced_at=None),
}
# One after the other, both are legal: with the status in which the pledge is then.
BOTH = {
    ("announce", "close"): "closed", ("announce", "withdraw"): "closed", ("close", "announce"): "closed",
    ("register", "return"): "returned",
}  # fmt: skip
PAIRS = [
    (status, first, second)
    for status in Status
    for first, second in product([name for name, step in TRANSITIONS.items() if status in step.sources], repeat=2)
]


def step(action: str, pledge: Pledge) -> Callable[[], Pledge]:
    """A person who may take the step, about to take it, after another one's proposal where it takes two."""
    by = member_of(pledge.participant, "approver") if action in {"submit", "recall", "discard"} else ManagerFactory()
    two = {"proposed_by": ManagerFactory()} if action in {"announce", "withdraw"} else {}
    return partial(
        apply_transition, action, pledge=pledge, by=by, at=NOW, reason="Because.", outcome="delivered", **two
    )


def test_of_two_steps_at_once_the_first_wins(subtests: pytest.Subtests) -> None:
    for status, first, second in PAIRS:
        with subtests.test(str(status), first=first, second=second):
            pledge = assessed(MAKERS[status]())
            won, lost = at_once(pledge, [step(first, pledge), step(second, pledge)])
            assert isinstance(won, Pledge)
            taken = list(pledge.status_changes.values_list("action", flat=True))
            if (first, second) in BOTH:
                assert (lost.status, taken) == (BOTH[first, second], [first, second])
            else:
                assert (type(lost), taken) == (WrongStatus, [first])
            assert Pledge.objects.get(pk=pledge.pk).version == 1 + len(taken)
            assert pledge.events.filter(pgh_label="update").count() == len(taken) + pledge.assessments.count()


def test_of_ten_who_register_at_once_one_does() -> None:
    pledge = SubmittedPledgeFactory()
    results = at_once(pledge, [step("register", pledge) for _ in range(10)])
    assert [type(result) for result in results] == [Pledge] + [WrongStatus] * 9
    assert pledge.status_changes.count() == 1


def test_of_two_edits_of_one_version_one_is_a_conflict() -> None:
    pledge = DraftPledgeFactory()
    writers = [member_of(pledge.participant) for _ in range(2)]
    won, lost = at_once(
        pledge,
        [
            partial(edit_pledge, pledge=pledge, content={"title": f"By {by}"}, version=1, by=by, at=NOW)
            for by in writers
        ],
    )
    assert (won.title, type(lost)) == (f"By {writers[0]}", EditConflict)
    assert Pledge.objects.get(pk=pledge.pk).title == f"By {writers[0]}"


def test_a_pledge_submitted_while_it_is_edited_is_not_edited() -> None:
    pledge = DraftPledgeFactory()
    by = member_of(pledge.participant)
    edit = partial(edit_pledge, pledge=pledge, content={"title": "Late"}, version=1, by=by, at=NOW)
    _submitted, lost = at_once(pledge, [step("submit", pledge), edit])
    assert type(lost) is WrongStatus
    assert Pledge.objects.get(pk=pledge.pk).title == pledge.title


# --- Sums -------------------------------------------------------------------------------------------------------------
def allocate(pledge: Pledge, quantity: int) -> Callable[[], Allocation]:
    """So many units about to be counted towards a requirement of their own."""
    requirement = RequirementFactory(capability_type=pledge.capability_type)
    row = AllocationFactory.build(pledge=pledge, requirement=requirement, quantity=quantity, author=OfficerFactory())
    return partial(save, row)


def share(pledge: Pledge, quantity: int) -> Callable[[], Partner]:
    """A partner about to take so many units."""
    return partial(save, PartnerFactory.build(pledge=pledge, participant=ParticipantFactory(), share_quantity=quantity))


def save(row: Any) -> Any:
    row.save()
    return row


def refusals(results: list[Any]) -> list[str]:
    """The constraints that refused."""
    return [violated(result) for result in results if isinstance(result, IntegrityError)]


TAKERS = [(allocate, "allocations_within_pledge"), (share, "partner_shares_within_pledge")]


def test_of_two_who_take_more_than_there_is_one_does(subtests: pytest.Subtests) -> None:
    for take, rule in TAKERS:
        with subtests.test(rule):
            pledge = RegisteredPledgeFactory(quantity=4)
            taken, refused = at_once(pledge, [take(pledge, 3), take(pledge, 3)])
            assert refusals([taken, refused]) == [rule]
            assert not isinstance(taken, Exception)


def test_of_twenty_who_take_one_of_seven_seven_do(subtests: pytest.Subtests) -> None:
    for take, rule in TAKERS:
        with subtests.test(rule):
            pledge = RegisteredPledgeFactory(quantity=7)
            results = at_once(pledge, [take(pledge, 1) for _ in range(20)])
            assert refusals(results) == [rule] * 13
            assert [isinstance(result, Exception) for result in results] == [False] * 7 + [True] * 13


def test_a_pledge_is_not_lowered_below_what_is_taken_at_the_same_time(subtests: pytest.Subtests) -> None:
    for (take, rule), lowered_first in product(TAKERS, [True, False]):
        with subtests.test(rule, lowered_first=lowered_first):
            pledge = RegisteredPledgeFactory(quantity=4)
            calls = [partial(Pledge.objects.filter(pk=pledge.pk).update, quantity=2), take(pledge, 3)]
            results = at_once(pledge, calls if lowered_first else calls[::-1])
            assert refusals(results) == [rule]
            assert Pledge.objects.get(pk=pledge.pk).quantity == (2 if lowered_first else 4)


# --- What is kept beside a pledge -------------------------------------------------------------------------------------
def test_of_two_reports_at_once_the_later_day_stands(subtests: pytest.Subtests) -> None:
    newer, older = (ReportedState.DELIVERED, date(2025, 7, 2)), (ReportedState.DELAYED, date(2025, 7, 1))
    for order in ([newer, older], [older, newer]):
        with subtests.test(first=order[0][0]):
            pledge, author = RegisteredPledgeFactory(), UserFactory()
            reports = [
                ProgressUpdateFactory.build(pledge=pledge, author=author, state=state, happened_on=day)
                for state, day in order
            ]
            at_once(pledge, [partial(save, report) for report in reports])
            pledge.refresh_from_db()
            assert (pledge.reported_state, pledge.last_reported_on) == newer


def test_a_row_that_points_to_a_pledge_does_not_wait_for_one_who_holds_it() -> None:
    later, held = RegisteredPledgeFactory.create_batch(2)
    link = partial(Lineage.objects.create, later=later, earlier=held, kind="renews")
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        Pledge.objects.locked(held)
        assert isinstance(pool.submit(on_own_connection, link).result(timeout=10), Lineage)


def test_a_pledge_is_not_closed_over_a_report_that_came_first() -> None:
    pledge, officer = RegisteredPledgeFactory(), OfficerFactory()
    drafter = member_of(pledge.participant, MembershipRole.DRAFTER)
    read = known_of([pledge], officer)[pledge.pk].mark
    said = {"pledge": pledge, "state": "delivered", "text": "All arrived.", "by": drafter, "at": NOW}
    found = {"state": "not_delivered", "confirmed_quantity": None, "reason": "Never came.", "closes": True}
    _report, refused = at_once(
        pledge,
        [lambda: report_progress(**said), lambda: assess(pledge=pledge, **found, was=read, by=officer, at=NOW)],
    )
    pledge.refresh_from_db()
    assert (type(refused), pledge.status, pledge.reported_state) == (EditConflict, Status.REGISTERED, "delivered")
