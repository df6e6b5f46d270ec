"""Names of participants, and who is in which delegation now."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone, translation

from conferences.models import Membership, MembershipRole, Participant
from tests.factories import MembershipFactory, OrganizationFactory, ParticipantFactory, SecretariatFactory, UserFactory

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("language", "name"), [("en", "Chad"), ("fr", "Tchad"), ("ar", "تشاد"), ("fr-ca", "Tchad"), ("pt", "Chad")]
)
def test_a_participant_is_named_in_the_readers_language(language: str, name: str) -> None:
    chad = ParticipantFactory(name_en="Chad", name_fr="Tchad", name_ar="تشاد")
    with translation.override(language):
        assert str(chad) == name


def test_names_sort_without_accents_and_case() -> None:
    for name in ("Zambia", "Éire", "eSwatini", "Angola", "Åland"):
        ParticipantFactory(name_en=name)
    assert [participant.name_en for participant in Participant.objects.all()] == [
        "Åland",
        "Angola",
        "Éire",
        "eSwatini",
        "Zambia",
    ]


def test_all_but_the_secretariat_can_pledge() -> None:
    able = {ParticipantFactory(), OrganizationFactory()}
    SecretariatFactory()
    assert set(Participant.objects.able_to_pledge()) == able


@pytest.mark.parametrize(
    ("started", "ended", "runs"),
    [(-HOUR, None, True), (-HOUR, HOUR, True), (-2 * HOUR, -HOUR, False), (HOUR, None, False)],
)
def test_a_membership_runs_from_its_beginning_to_its_end(
    started: timedelta, ended: timedelta | None, *, runs: bool
) -> None:
    now = timezone.now()
    membership = MembershipFactory(started_at=now + started, ended_at=now + ended if ended else None)
    assert list(Membership.objects.of(membership.user)) == ([membership] if runs else [])
    assert list(Participant.objects.of(membership.user)) == ([membership.participant] if runs else [])


@pytest.mark.parametrize("who", [AnonymousUser, UserFactory, lambda: MembershipFactory(user__is_active=False).user])
def test_a_visitor_a_stranger_and_a_locked_account_are_in_no_delegation(who: Any) -> None:
    assert not Membership.objects.of(who()).exists()


def test_a_co_chairs_place_counts_only_where_its_role_is_named() -> None:
    place = MembershipFactory(role=MembershipRole.CO_CHAIR)
    assert not Membership.objects.of(place.user).exists()
    assert not Participant.objects.of(place.user).exists()
    assert Membership.objects.of(place.user, MembershipRole.CO_CHAIR).get() == place


def test_roles_narrow_what_is_asked() -> None:
    person = UserFactory()
    drafts = MembershipFactory(user=person, role=MembershipRole.DRAFTER)
    MembershipFactory(user=person, role=MembershipRole.VIEWER)
    assert Participant.objects.of(person).count() == 2
    assert Participant.objects.of(person, MembershipRole.DRAFTER, MembershipRole.APPROVER).get() == drafts.participant
