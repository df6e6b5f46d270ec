"""Two hundred writers at five pledges at once (R25): never more is counted than was pledged, and nothing is lost."""

import random
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import Sum

from pledges.enums import Outcome, Status
from pledges.errors import Incomplete, PledgeError, WrongStatus
from pledges.models import Allocation, Pledge
from pledges.services.allocations import allocate
from pledges.transitions import apply_transition
from tests.concurrency import wait_until_waiting
from tests.factories import (
    CapabilityTypeFactory,
    ManagerFactory,
    OfficerFactory,
    RegisteredPledgeFactory,
    RequirementFactory,
)
from tests.rules import violated

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2025, 10, 1, 9, tzinfo=UTC)
CONNECTIONS, PLEDGES, COUNTS, EDITS, WITHDRAWALS = 25, 5, 150, 48, 2
Call = Callable[[], Any]


def run_at_once(calls: list[Call], pledges: list[Pledge]) -> list[Any]:
    """Run all calls over a pool of connections, the first ones while all pledges are held; return what each gave."""
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        with transaction.atomic():
            list(Pledge.objects.select_for_update(no_key=True).filter(pk__in=[pledge.pk for pledge in pledges]))
            running: list[Future[Any]] = [pool.submit(tried, call) for call in calls]
            wait_until_waiting(CONNECTIONS, running)
        results = [future.result() for future in running]
        together = Barrier(CONNECTIONS)
        list(pool.map(lambda _n: (together.wait(), connection.close()), range(CONNECTIONS)))
    return results


def tried(call: Call) -> Any:
    """Return what a call gives, or its refusal; the thread keeps its connection for the next one."""
    try:
        return call()
    except (PledgeError, DatabaseError) as refusal:
        return refusal


def edit_of(pledge: Pledge, quantity: int) -> Call:
    """The quantity about to be changed by hand, past every rule but the database's own."""
    return partial(Pledge.objects.filter(pk=pledge.pk).update, quantity=quantity)


def test_two_hundred_at_once_never_count_more_than_is_pledged() -> None:
    draw, kind = random.Random(25), CapabilityTypeFactory()
    pledges = RegisteredPledgeFactory.create_batch(PLEDGES, capability_type=kind, quantity=12)
    asks = RequirementFactory.create_batch(COUNTS // PLEDGES, capability_type=kind)
    officers, manager = OfficerFactory.create_batch(5), ManagerFactory()
    counting = [
        partial(
            allocate, pledge=pledge, requirement=ask, quantity=draw.randint(1, 4), reason="It fits.",
            by=draw.choice(officers), at=NOW,
        )
        for pledge in pledges
        for ask in asks
    ]  # fmt: skip
    editing = [edit_of(draw.choice(pledges), draw.randint(3, 20)) for _n in range(EDITS)]
    withdrawing = [
        partial(apply_transition, "withdraw", pledge=pledge, by=manager, at=NOW, reason="No longer.")
        for pledge in pledges[:WITHDRAWALS]
    ]
    calls: list[Call] = counting + editing
    draw.shuffle(calls)
    calls[40:40] = withdrawing  # among the first, with many behind them
    assert len(calls) == 200

    results = dict(zip(map(id, calls), run_at_once(calls, pledges), strict=True))

    counted = [results[id(call)] for call in counting]
    refused = {Incomplete, WrongStatus}  # nothing is left, or the pledge was withdrawn before
    assert {Allocation} < {type(result) for result in counted} <= {Allocation, *refused}, "counted, or refused in words"
    stored = [result for result in counted if isinstance(result, Allocation)]
    assert {row.pk for row in stored} == set(Allocation.objects.values_list("pk", flat=True)), "what was told is there"
    edits = [results[id(call)] for call in editing]
    assert {violated(one) for one in edits if one != 1} == {"allocations_within_pledge"}, "and nothing else refused"
    assert all(isinstance(one, IntegrityError) or one == 1 for one in edits)
    for pledge in Pledge.objects.annotate(units=Sum("allocations__quantity")):
        assert 0 < (pledge.units or 0) <= pledge.quantity
    for pledge in pledges[:WITHDRAWALS]:
        pledge.refresh_from_db()
        assert (pledge.status, pledge.outcome) == (Status.CLOSED, Outcome.WITHDRAWN)
