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
    RecordPledgeFactory,
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


@pytest.mark.parametrize("outcome", [Outcome.WITHDRAWN, Outcome.SUPERSEDED, Outcome.NOT_DELIVERED])
@pytest.mark.parametrize("kind", [LineageKind.RENEWS, LineageKind.SUPERSEDES, LineageKind.HANDS_OVER])
def test_a_pledge_stands_again_when_the_later_one_ended_with_nothing(kind: str, outcome: str) -> None:
    line = LineageFactory(later=ClosedPledgeFactory(outcome=outcome), kind=kind)
    assert counted_for(AnonymousUser()) == {line.earlier}


@pytest.mark.parametrize("outcome", [Outcome.DELIVERED, Outcome.PARTLY_DELIVERED, Outcome.OVERTAKEN])
def test_a_later_pledge_that_counts_after_its_end_still_replaces(outcome: str) -> None:
    line = LineageFactory(later=ClosedPledgeFactory(outcome=outcome))
    assert counted_for(AnonymousUser()) == {line.later}


@pytest.mark.parametrize("outcome", [Outcome.WITHDRAWN, Outcome.SUPERSEDED, Outcome.NOT_DELIVERED])
def test_what_ended_in_the_middle_of_a_line_hands_on_what_it_replaced(outcome: str) -> None:
    first, last = AnnouncedPledgeFactory.create_batch(2)
    second, third = ClosedPledgeFactory.create_batch(2, outcome=outcome)
    for earlier, later in ((first, second), (second, third), (third, last)):
        LineageFactory(earlier=earlier, later=later)
    assert counted_for(AnonymousUser()) == {last}
    Pledge.objects.filter(pk=last.pk).update(announced_at=None)
    assert counted_for(AnonymousUser()) == {first}, "who replaces it is under embargo"


@pytest.mark.parametrize("outcome", [Outcome.WITHDRAWN, Outcome.SUPERSEDED, Outcome.NOT_DELIVERED])
def test_a_repeat_counts_once_what_it_repeats_ended_with_nothing(outcome: str) -> None:
    line = LineageFactory(earlier=ClosedPledgeFactory(outcome=outcome), kind=LineageKind.REPEATS)
    assert counted_for(AnonymousUser()) == {line.later}
    renewal = LineageFactory(earlier=line.earlier).later
    assert counted_for(AnonymousUser()) == {renewal}, "what it repeats is continued by another"


def test_nothing_is_counted_among_nothing() -> None:
    pledge = AnnouncedPledgeFactory()
    assert list(Pledge.objects.counted(among=Pledge.objects.none())) == [pledge]


def test_what_its_source_says_was_announced_before_does_not_count() -> None:
    RecordPledgeFactory(kind=Kind.ALREADY_ANNOUNCED, earlier_pledge="Repeats the pledge of 2015")
    assert counted_for(AnonymousUser()) == set()


def test_what_was_announced_outside_this_record_alone_counts() -> None:
    pledge = AnnouncedPledgeFactory(kind=Kind.ALREADY_ANNOUNCED, earlier_pledge="Said on television")
    assert counted_for(AnonymousUser()) == {pledge}


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
