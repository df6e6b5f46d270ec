"""A draft is put before the delegation's approvers with a note that nobody else reads."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from conferences.models import MembershipRole
from pledges.errors import NotAllowed, WrongStatus
from pledges.models import Handover, Pledge
from pledges.querysets import handovers_of
from pledges.services.handover import hand_over, take_back
from pledges.transitions import apply_transition
from tests.factories import (
    SUBMITTED_AT,
    ConfirmedPartnerFactory,
    DraftPledgeFactory,
    HandoverFactory,
    ManagerFactory,
    OfficerFactory,
    PartnerFactory,
    ReturnedPledgeFactory,
    SubmittedPledgeFactory,
    member_of,
)

pytestmark = pytest.mark.django_db
NOW = timezone.now()
SECOND = timedelta(seconds=1)


def somebody(pledge: Pledge, role: str = MembershipRole.DRAFTER) -> Any:
    return member_of(pledge.participant, role)


def given(pledge: Pledge, **said: Any) -> Handover:
    return hand_over(pledge=pledge, **{"note": "Agreed.", "by": somebody(pledge), "at": NOW} | said)


@pytest.mark.parametrize("factory", [DraftPledgeFactory, ReturnedPledgeFactory])
def test_a_drafter_hands_a_draft_over(factory: Any) -> None:
    handover = given(factory())
    assert (handover.note, handover.created_at, handover.ended_at) == ("Agreed.", NOW, None)


def test_the_same_said_twice_is_one_hand_over_and_other_words_replace_it() -> None:
    pledge = DraftPledgeFactory()
    by = somebody(pledge)
    first = given(pledge, by=by)
    assert given(pledge, by=by, at=NOW + SECOND) == first
    second = given(pledge, by=by, note="Cleared by the treasury too.", at=NOW + SECOND)
    first.refresh_from_db()
    assert first.ended_at == NOW + SECOND
    assert pledge.handovers.get(ended_at=None) == second


def test_a_draft_is_taken_back() -> None:
    handover = HandoverFactory(created_at=NOW)
    take_back(pledge=handover.pledge, by=somebody(handover.pledge), at=NOW + SECOND)
    take_back(pledge=handover.pledge, by=somebody(handover.pledge), at=NOW + 2 * SECOND)  # a second click
    handover.refresh_from_db()
    assert handover.ended_at == NOW + SECOND


def test_submitting_ends_it() -> None:
    handover = HandoverFactory(created_at=NOW)
    pledge = handover.pledge
    Pledge.objects.filter(pk=pledge.pk).update(repeats_answered_at=NOW)
    apply_transition("submit", pledge=pledge, by=somebody(pledge, MembershipRole.APPROVER), at=NOW + SECOND)
    handover.refresh_from_db()
    assert handover.ended_at == NOW + SECOND


def test_only_writers_of_the_delegation_hand_over_and_only_drafts() -> None:
    pledge = DraftPledgeFactory()
    for person in (somebody(pledge, MembershipRole.VIEWER), OfficerFactory(), somebody(DraftPledgeFactory())):
        with pytest.raises(NotAllowed):
            given(pledge, by=person)
        with pytest.raises(NotAllowed):
            take_back(pledge=pledge, by=person, at=NOW)
    with pytest.raises(WrongStatus):
        given(SubmittedPledgeFactory())


def test_the_note_is_read_by_the_delegation_alone() -> None:
    handover = HandoverFactory(created_at=NOW)
    partner = ConfirmedPartnerFactory(pledge=handover.pledge)
    for role in (MembershipRole.VIEWER, MembershipRole.DRAFTER, MembershipRole.APPROVER):
        assert handover in handovers_of(somebody(handover.pledge, role))
    for person in (OfficerFactory(), ManagerFactory(), member_of(partner.participant, MembershipRole.APPROVER)):
        assert not handovers_of(person).exists()


def test_a_change_of_the_draft_or_of_a_share_after_the_hand_over_is_known() -> None:
    untouched, edited, joint = (HandoverFactory(created_at=SUBMITTED_AT) for _number in range(3))
    Pledge.objects.filter(pk=edited.pledge.pk).update(title="Another title")
    PartnerFactory(pledge=joint.pledge)
    for handover, is_changed in ((untouched, False), (edited, True), (joint, True)):
        [found] = handovers_of(somebody(handover.pledge))
        assert (found.changed_at > found.created_at) is is_changed
