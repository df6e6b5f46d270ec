"""No commitment counts twice, and what a reader may not see moves no number."""

import pytest
from django.contrib.auth.models import AnonymousUser

from pledges.enums import Kind, LineageKind, Outcome
from pledges.models import Pledge
from tests.factories import (
    AnnouncedPledgeFactory,
    ClosedPledgeFactory,
    DraftPledgeFactory,
    LineageFactory,
    OfficerFactory,
    RegisteredPledgeFactory,
)

pytestmark = pytest.mark.django_db


def counted_for(user: object) -> set[Pledge]:
    """The announced or registered pledges that count for a reader, each once."""
    seen = Pledge.objects.visible_to(user)
    counted = list(seen.counted(among=seen))
    assert len(counted) == len(set(counted))
    return set(counted)


@pytest.mark.parametrize("kind", [LineageKind.RENEWS, LineageKind.SUPERSEDES, LineageKind.HANDS_OVER])
def test_a_later_pledge_counts_in_place_of_the_earlier(kind: str) -> None:
    line = LineageFactory(kind=kind)
    assert counted_for(AnonymousUser()) == {line.later}


def test_a_repeat_does_not_count() -> None:
    line = LineageFactory(kind=LineageKind.REPEATS)
    assert counted_for(AnonymousUser()) == {line.earlier}


def test_of_a_line_of_three_one_counts() -> None:
    first, second, third = AnnouncedPledgeFactory.create_batch(3)
    LineageFactory(later=second, earlier=first)
    LineageFactory(later=third, earlier=first)
    LineageFactory(later=third, earlier=second)
    assert counted_for(AnonymousUser()) == {third}


def test_of_a_pledge_repeated_twice_one_counts() -> None:
    first, second, third = AnnouncedPledgeFactory.create_batch(3)
    LineageFactory(later=second, earlier=first, kind=LineageKind.REPEATS)
    LineageFactory(later=third, earlier=second, kind=LineageKind.REPEATS)
    assert counted_for(AnonymousUser()) == {first}


def test_what_was_announced_before_does_not_count() -> None:
    AnnouncedPledgeFactory(kind=Kind.ALREADY_ANNOUNCED)
    assert counted_for(AnonymousUser()) == set()


@pytest.mark.parametrize(
    ("outcome", "counts"),
    [
        (Outcome.DELIVERED, True),
        (Outcome.PARTLY_DELIVERED, True),
        (Outcome.OVERTAKEN, True),
        (Outcome.NOT_DELIVERED, False),
        (Outcome.WITHDRAWN, False),
        (Outcome.SUPERSEDED, False),
    ],
)
def test_what_closed_counts_if_something_was_given_or_the_mission_ended(outcome: str, *, counts: bool) -> None:
    pledge = ClosedPledgeFactory(outcome=outcome)
    assert counted_for(AnonymousUser()) == ({pledge} if counts else set())


@pytest.mark.parametrize("kind", LineageKind.values)
def test_a_renewal_under_embargo_moves_nothing_for_the_public(kind: str) -> None:
    earlier = AnnouncedPledgeFactory()
    before = counted_for(AnonymousUser())
    LineageFactory(earlier=earlier, later=RegisteredPledgeFactory(), kind=kind)
    assert counted_for(AnonymousUser()) == before == {earlier}


def test_the_secretariat_counts_a_registered_renewal_before_it_is_announced() -> None:
    line = LineageFactory(later=RegisteredPledgeFactory())
    assert counted_for(OfficerFactory()) == {line.later}


@pytest.mark.parametrize("kind", [LineageKind.RENEWS, LineageKind.SUPERSEDES, LineageKind.HANDS_OVER])
def test_a_draft_replaces_nothing_yet(kind: str) -> None:
    line = LineageFactory(later=DraftPledgeFactory(), kind=kind)
    assert line.earlier in counted_for(OfficerFactory())


def test_a_repeat_of_a_pledge_under_embargo_counts_for_the_public() -> None:
    line = LineageFactory(earlier=RegisteredPledgeFactory(), kind=LineageKind.REPEATS)
    assert counted_for(AnonymousUser()) == {line.later}
    assert counted_for(OfficerFactory()) == {line.earlier}
