"""Several pledges are submitted in one go: all of them, or none."""

from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from conferences.models import MembershipRole, Participant
from pledges.errors import EditConflict, Incomplete, NotAllowed, SeveralRefused, WrongStatus
from pledges.models import Pledge, StatusChange
from pledges.services.together import take_together
from tests.concurrency import at_once
from tests.factories import (
    DraftPledgeFactory,
    ParticipantFactory,
    RegisteredPledgeFactory,
    ReturnedPledgeFactory,
    member_of,
)

pytestmark = pytest.mark.django_db
NOW = timezone.now()
submit_together = partial(take_together, "submit")


@pytest.fixture
def state() -> Participant:
    return ParticipantFactory()


@pytest.fixture
def approver(state: Participant) -> Any:
    return member_of(state, MembershipRole.APPROVER)


def ready(state: Participant, factory: Any = DraftPledgeFactory, **columns: Any) -> Pledge:
    return factory(participant=state, **{"repeats_answered_at": NOW} | columns)


def read(*pledges: Pledge) -> dict[Pledge, int]:
    return {pledge: pledge.version for pledge in pledges}


def test_all_are_submitted(state: Participant, approver: Any) -> None:
    pledges = [ready(state), ready(state, ReturnedPledgeFactory)]
    submit_together(read(*pledges), by=approver, at=NOW)
    assert set(Pledge.objects.values_list("status", flat=True)) == {"submitted"}
    assert StatusChange.objects.count() == 2


def test_one_that_cannot_be_submitted_keeps_all_back_and_each_refusal_is_told(
    state: Participant, approver: Any
) -> None:
    good, incomplete, stale = ready(state), ready(state, title=""), ready(state)
    foreign, gone = ready(ParticipantFactory()), ready(state, RegisteredPledgeFactory)
    versions = read(good, incomplete, foreign, gone) | {stale: stale.version + 1}
    with pytest.raises(SeveralRefused) as refusal:
        submit_together(versions, by=approver, at=NOW)
    assert {name: type(why) for name, why in refusal.value.refusals.items()} == {
        incomplete.reference: Incomplete,
        foreign.reference: NotAllowed,
        gone.reference: WrongStatus,
        stale.reference: EditConflict,
    }
    assert not StatusChange.objects.exists()
    assert not Pledge.objects.filter(status="submitted").exists()


def test_a_second_click_is_no_second_submission(state: Participant, approver: Any) -> None:
    versions = read(ready(state), ready(state))
    submit_together(versions, by=approver, at=NOW)
    assert len(submit_together(versions, by=approver, at=NOW)) == 2
    assert StatusChange.objects.count() == 2


def test_what_somebody_else_submitted_is_told(state: Participant, approver: Any) -> None:
    versions = read(ready(state))
    submit_together(versions, by=member_of(state, MembershipRole.DEPUTY), at=NOW)
    with pytest.raises(SeveralRefused):
        submit_together(versions, by=approver, at=NOW)


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_are_one(state: Participant, approver: Any) -> None:
    first, second = ready(state), ready(state)
    call = partial(submit_together, read(second, first), by=approver, at=NOW)
    assert [len(done) for done in at_once(first, [call, call])] == [2, 2]
    assert StatusChange.objects.count() == 2
