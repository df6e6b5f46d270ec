"""Who sees which pledge: one table, the same for pledges and for what is reported on them."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from pledges.models import Assessment, Pledge, ProgressUpdate, Readiness
from pledges.permissions import is_insider
from tests.factories import (
    ANNOUNCED_AT,
    AnnouncedPledgeFactory,
    AssessmentFactory,
    ClosedPledgeFactory,
    ConferenceFactory,
    ConfirmedPartnerFactory,
    DraftPledgeFactory,
    MembershipFactory,
    ProgressUpdateFactory,
    ReadinessFactory,
    RegisteredPledgeFactory,
    ReturnedPledgeFactory,
    SubmittedPledgeFactory,
    UserFactory,
)
from tests.pledges.conftest import FAR_AWAY, OWN, SECRETARIAT, Cast

WORKING = {"draft", "submitted", "returned"}
EMBARGOED = {"registered", "announced tomorrow", "closed quietly"}
PUBLIC = {"announced", "closed"}
ALL = WORKING | EMBARGOED | PUBLIC
OTHERS = {"other draft", "other registered"}
SEEN = (
    {"co-chair": PUBLIC | EMBARGOED, "confirmed partner": ALL}
    | {"other approver": PUBLIC | OTHERS}
    | dict.fromkeys(OWN, ALL)
    | dict.fromkeys(SECRETARIAT, ALL | OTHERS)
)


@pytest.fixture
def rows(cast: Cast) -> dict[int, str]:
    """A pledge in every state by its key: of the lead with its partners, and of another delegation elsewhere."""
    lead = {"participant": cast.lead, "conference": cast.conference}
    other = {"participant": cast.people["other approver"].memberships.get().participant}
    tomorrow = timezone.now() + timedelta(days=1)
    ours = {
        "draft": DraftPledgeFactory(**lead),
        "submitted": SubmittedPledgeFactory(**lead),
        "returned": ReturnedPledgeFactory(**lead),
        "registered": RegisteredPledgeFactory(**lead),
        "announced tomorrow": AnnouncedPledgeFactory(**lead, announced_at=tomorrow),
        "closed quietly": ClosedPledgeFactory(**lead, announced_at=None),
        "announced": AnnouncedPledgeFactory(**lead),
        "closed": ClosedPledgeFactory(**lead),
    }
    for pledge in ours.values():
        cast.join_partners(pledge)
    theirs = {
        "other draft": DraftPledgeFactory(**other, conference=ConferenceFactory()),
        "other registered": RegisteredPledgeFactory(**other, conference=ConferenceFactory()),
    }
    return {pledge.pk: name for name, pledge in (ours | theirs).items()}


def names(rows: dict[int, str], keys: Collection[int]) -> set[str]:
    """The names of the rows with these keys, none of which may come twice."""
    assert len(keys) == len(set(keys))
    return {rows[key] for key in keys}


def test_each_person_sees_their_pledges_and_no_others(cast: Cast, rows: dict[int, str]) -> None:
    seen = {
        name: names(rows, Pledge.objects.visible_to(user).values_list("pk", flat=True))
        for name, user in cast.people.items()
    }
    assert seen == {name: SEEN.get(name, PUBLIC) for name in cast.people}


@pytest.mark.parametrize(
    ("make", "model"),
    [(ProgressUpdateFactory, ProgressUpdate), (AssessmentFactory, Assessment), (ReadinessFactory, Readiness)],
    ids=["reports", "assessments", "readiness"],
)
def test_what_is_reported_is_seen_with_its_pledge(cast: Cast, rows: dict[int, str], make: Any, model: Any) -> None:
    for pledge in Pledge.objects.all():
        make(pledge=pledge)
    seen = {
        name: names(rows, model.objects.visible_to(user).values_list("pledge", flat=True))
        for name, user in cast.people.items()
    }
    assert seen == {name: SEEN.get(name, PUBLIC) for name in cast.people}


def test_insiders_are_the_delegation_and_the_secretariat(cast: Cast) -> None:
    pledge = cast.join_partners(AnnouncedPledgeFactory(participant=cast.lead, conference=cast.conference))
    insiders = {name for name, user in cast.people.items() if is_insider(user, pledge)}
    assert insiders == {*OWN, *SECRETARIAT}


@pytest.mark.django_db
def test_an_embargo_lifts_at_its_instant() -> None:
    pledge = AnnouncedPledgeFactory()
    public = Pledge.objects.visible_to
    moment = timedelta(microseconds=1)
    assert not public(AnonymousUser(), at=ANNOUNCED_AT - moment).exists()
    assert public(AnonymousUser(), at=ANNOUNCED_AT).get() == pledge
    assert public(AnonymousUser(), at=ANNOUNCED_AT + moment).get() == pledge
    assert not Pledge.objects.announced(at=ANNOUNCED_AT - moment).exists()
    assert not AnnouncedPledgeFactory(announced_at=FAR_AWAY).is_announced
    assert pledge.is_announced


@pytest.mark.django_db
def test_a_pledge_that_one_may_see_for_many_reasons_comes_once() -> None:
    person = UserFactory()
    pledge = AnnouncedPledgeFactory()
    MembershipFactory(user=person, participant=pledge.participant, role="viewer")
    MembershipFactory(user=person, participant=pledge.participant, role="approver")
    for partner in ConfirmedPartnerFactory.create_batch(2, pledge=pledge):
        MembershipFactory(user=person, participant=partner.participant, role="co_chair")
    assert list(Pledge.objects.visible_to(person)) == [pledge]


@pytest.mark.django_db
def test_rights_end_with_the_membership() -> None:
    membership = MembershipFactory()
    pledge = DraftPledgeFactory(participant=membership.participant)
    assert list(Pledge.objects.visible_to(membership.user)) == [pledge]
    membership.ended_at = timezone.now()
    membership.save()
    assert list(Pledge.objects.visible_to(membership.user)) == []
