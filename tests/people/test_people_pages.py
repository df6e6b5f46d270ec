"""Who sees whose people, in lists that stay bounded."""

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from conferences.models import MembershipRole
from tests import factories as make

pytestmark = pytest.mark.django_db


def browser_of(user: User) -> Client:
    """Return a browser in which somebody is signed in."""
    client = Client()
    client.force_login(user)
    return client


def test_names_and_addresses_stay_with_the_delegation_and_the_secretariat() -> None:
    lead = make.ParticipantFactory()
    contact = make.member_of(lead, MembershipRole.APPROVER, first_name="Canary", email="canary@mission.example")
    contact.memberships.update(is_focal_point=True)
    make.AnnouncedPledgeFactory(participant=lead)
    url = reverse("people-delegation", args=[lead.pk])
    for reader in (make.member_of(lead, MembershipRole.VIEWER), make.ReaderFactory()):
        assert "canary@mission.example" in browser_of(reader).get(url).content.decode()
    other = browser_of(make.member_of(make.ParticipantFactory(), MembershipRole.APPROVER))
    co_chair = browser_of(make.member_of(lead, MembershipRole.CO_CHAIR))
    assert (other.get(url).status_code, co_chair.get(url).status_code) == (404, 404)
    for client in (Client(), other, co_chair, browser_of(make.AnalystFactory())):
        assert "Canary" not in client.get(reverse("participant-detail", args=[lead.pk])).content.decode()


def test_the_list_is_narrowed_by_participant_role_and_words() -> None:
    lead, other = make.ParticipantFactory(), make.ParticipantFactory()
    make.member_of(lead, MembershipRole.DRAFTER, first_name="Anna")
    make.member_of(lead, MembershipRole.VIEWER, first_name="Berta")
    make.member_of(other, MembershipRole.DRAFTER, first_name="Clara")
    officer = browser_of(make.OfficerFactory())

    def names(**wanted: str) -> set[str]:
        page = officer.get(reverse("people-list"), wanted)
        return {place.user.first_name for place in page.context["page"].rows}

    assert names() == {"Anna", "Berta", "Clara"}
    assert names(participant=lead.pk) == {"Anna", "Berta"}
    assert names(role="drafter") == {"Anna", "Clara"}
    assert names(name="ert") == {"Berta"}
    assert names(participant=lead.pk, role="drafter") == {"Anna"}


def test_the_list_has_pages_that_show_each_once_and_cost_the_same(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    lead = make.ParticipantFactory()
    for _n in range(60):
        make.member_of(lead, MembershipRole.VIEWER)
    officer = browser_of(make.OfficerFactory())
    with django_assert_max_num_queries(5):
        first = officer.get(reverse("people-list"))
    second = officer.get(first.context["urls"]["next"])
    shown = [place.pk for page in (first, second) for place in page.context["page"].rows]
    assert (len(first.context["page"].rows), len(shown), len(set(shown))) == (50, 60, 60)
    assert officer.get(reverse("people-list"), {"cursor": "x"}).status_code == 400


def test_a_member_of_one_delegation_is_led_to_it_and_of_two_may_choose() -> None:
    first, second = make.ParticipantFactory(), make.ParticipantFactory()
    member = make.member_of(first, MembershipRole.VIEWER)
    page = reverse("people-delegation", args=[first.pk])
    assert browser_of(member).get(reverse("people-list"))["Location"] == page
    make.MembershipFactory(participant=second, user=member)
    assert page in browser_of(member).get(reverse("people-list")).content.decode()


def test_the_page_of_a_delegation_costs_the_same_for_many_people(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    lead = make.ParticipantFactory()
    approver = make.member_of(lead, MembershipRole.APPROVER)
    make.InvitationFactory.create_batch(10, participant=lead)
    for _n in range(20):
        make.member_of(lead, MembershipRole.VIEWER)
    browser, url = browser_of(approver), reverse("people-delegation", args=[lead.pk])
    with django_assert_max_num_queries(9):
        assert browser.get(url).status_code == 200
