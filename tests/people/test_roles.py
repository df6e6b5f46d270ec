"""Roles of the Secretariat take two people, and nobody changes their own."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role, RoleGrant, User
from conferences.people import roles
from conferences.people.errors import CannotBe, NotAllowed
from tests import factories as make
from tests.accounts.mailbox import mails_sent

pytestmark = pytest.mark.django_db


def browser_of(user: User) -> Client:
    """Return a browser in which somebody is signed in."""
    client = Client()
    client.force_login(user)
    return client


def proposes(user: User, account: User, role: str = "secretariat_manager") -> Any:
    """Send the form for a proposal."""
    form = {"account": account.email, "role": role, "reason": "New in the team"}
    return browser_of(user).post(reverse("people-staff-propose"), form)


def decides(user: User, act: str = "confirm") -> Any:
    """Send the answer to the one proposal there is."""
    return browser_of(user).post(reverse("people-staff-decide", args=[RoleGrant.objects.get().pk]), {"act": act})


def role_of(user: User) -> str:
    """Return the role as it is stored."""
    return User.objects.get(pk=user.pk).role


def test_one_proposes_another_confirms_and_both_stand_in_the_history() -> None:
    manager, administrator = make.ManagerFactory(username="ma"), make.AdministratorFactory(username="ad")
    analyst = make.AnalystFactory()
    assert proposes(manager, analyst).status_code == 302
    assert role_of(analyst) == Role.ANALYST, "nothing changes before the second person"
    assert decides(administrator).status_code == 302
    assert role_of(analyst) == Role.MANAGER
    event = RoleGrant.objects.get().events.order_by("-pgh_id").first()
    assert (event.proposed_by, event.decided_by) == (manager, administrator)
    assert analyst.events.order_by("-pgh_id").first().pgh_context["actor"] == administrator.pk
    assert "ma proposed it, ad confirmed it" in mails_sent()[-1].body


def test_the_mail_names_the_role_in_the_language_of_its_reader() -> None:
    manager, analyst = make.ManagerFactory(username="ma"), make.AnalystFactory(language="es")
    proposes(manager, analyst)
    decides(make.AdministratorFactory(username="ad"))
    message = mails_sent()[-1]
    assert message.subject == "Su función ha cambiado"
    assert "«Secretaría: responsable»: la propuso ma y la confirmó ad." in message.body


def test_one_person_is_not_two() -> None:
    manager, analyst = make.ManagerFactory(), make.AnalystFactory()
    proposes(manager, analyst)
    assert decides(manager).status_code == 403
    twin = make.AdministratorFactory(email=manager.email.upper())
    assert decides(twin).status_code == 403
    User.objects.filter(pk=analyst.pk).update(role=Role.ADMINISTRATOR)
    assert decides(analyst).status_code == 403
    assert role_of(manager) == Role.MANAGER
    assert not RoleGrant.objects.get().is_confirmed


def test_the_database_refuses_one_person_too() -> None:
    manager, analyst = make.ManagerFactory(), make.AnalystFactory()
    proposes(manager, analyst)
    for wrong in ({"decided_by": manager}, {"decided_by": analyst}, {"decided_by": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            RoleGrant.objects.update(is_confirmed=True, decided_at=timezone.now(), **wrong)


def test_nobody_proposes_for_themselves() -> None:
    administrator = make.AdministratorFactory()
    assert proposes(administrator, administrator).status_code == 403
    assert not RoleGrant.objects.exists()


@pytest.mark.parametrize("factory", [make.AnalystFactory, make.ReaderFactory, make.OfficerFactory, make.UserFactory])
def test_nobody_else_gives_roles(factory: Any) -> None:
    proposes(make.ManagerFactory(), make.AnalystFactory(username="target"))
    somebody = factory()
    assert browser_of(somebody).get(reverse("people-staff")).status_code == 403
    assert proposes(somebody, make.AnalystFactory()).status_code == 403
    assert decides(somebody).status_code == 403
    assert role_of(User.objects.get(username="target")) == Role.ANALYST


def test_who_lost_the_role_meanwhile_confirms_nothing() -> None:
    first, second, analyst = make.ManagerFactory(), make.ManagerFactory(), make.AnalystFactory()
    proposes(first, analyst)
    User.objects.filter(pk=second.pk).update(role=Role.READER)
    assert decides(second).status_code == 403
    with pytest.raises(NotAllowed):
        roles.confirm(grant=RoleGrant.objects.get(), by=User.objects.get(pk=second.pk), at=timezone.now())


def test_a_decided_proposal_is_decided() -> None:
    first, second, analyst = make.ManagerFactory(), make.ManagerFactory(), make.AnalystFactory()
    proposes(first, analyst)
    decides(first, "decline")
    decides(second)
    assert role_of(analyst) == Role.ANALYST
    assert proposes(first, analyst).status_code == 302, "it can be proposed again"


def test_one_proposal_waits_for_a_person_at_a_time() -> None:
    first, second, analyst = make.ManagerFactory(), make.ManagerFactory(), make.AnalystFactory()
    proposes(first, analyst)
    assert "already" in proposes(second, analyst).content.decode()
    assert RoleGrant.objects.count() == 1


def test_nobody_wears_two_hats() -> None:
    manager, other = make.ManagerFactory(), make.ManagerFactory()
    member = make.member_of(make.ParticipantFactory())
    assert "in a delegation" in proposes(manager, member).content.decode()
    analyst = make.AnalystFactory()
    proposes(manager, analyst)
    make.MembershipFactory(user=analyst)
    with pytest.raises(CannotBe):
        roles.confirm(grant=RoleGrant.objects.get(), by=other, at=timezone.now())
    assert role_of(analyst) == Role.ANALYST


def test_a_place_that_starts_later_is_a_hat_too() -> None:
    analyst = make.AnalystFactory()
    make.MembershipFactory(user=analyst, started_at=timezone.now() + timedelta(days=30))
    assert "in a delegation" in proposes(make.ManagerFactory(), analyst).content.decode()
    analyst.memberships.update(ended_at=timezone.now() + timedelta(days=60))
    assert "in a delegation" in proposes(make.ManagerFactory(), analyst).content.decode()


def test_a_place_that_is_over_is_no_hat() -> None:
    analyst = make.AnalystFactory()
    make.MembershipFactory(user=analyst, ended_at=timezone.now())
    assert proposes(make.ManagerFactory(), analyst).status_code == 302


@pytest.mark.parametrize("lost", [{"role": Role.READER}, {"is_active": False}])
def test_a_proposal_falls_with_the_right_of_who_made_it(lost: dict[str, Any]) -> None:
    first, analyst = make.ManagerFactory(), make.AnalystFactory()
    proposes(first, analyst)
    User.objects.filter(pk=first.pk).update(**lost)
    decides(make.ManagerFactory())
    assert role_of(analyst) == Role.ANALYST
    assert RoleGrant.objects.get().decided_at is None


def test_a_closed_account_gets_no_role() -> None:
    analyst = make.AnalystFactory()
    proposes(make.ManagerFactory(), analyst)
    User.objects.filter(pk=analyst.pk).update(is_active=False)
    decides(make.ManagerFactory())
    assert role_of(analyst) == Role.ANALYST


@pytest.mark.parametrize("act", ["", "remove", "CLOSE"])
def test_an_act_that_is_not_known_does_nothing_to_an_account(act: str) -> None:
    member = make.member_of(make.ParticipantFactory())
    url = reverse("people-account", args=[member.pk])
    assert browser_of(make.ManagerFactory()).post(url, {"act": act}).status_code == 400
    assert User.objects.get(pk=member.pk).is_active


def test_an_answer_that_is_not_known_decides_nothing() -> None:
    proposes(make.ManagerFactory(), make.AnalystFactory())
    assert decides(make.ManagerFactory(), "later").status_code == 400
    assert RoleGrant.objects.get().decided_at is None


def test_accounts_of_the_secretariat_are_closed_by_another_administrator() -> None:
    administrator, other, manager = make.AdministratorFactory(), make.AdministratorFactory(), make.ManagerFactory()
    for who, account, status in (
        (manager, other, 403),
        (administrator, administrator, 403),
        (administrator, other, 302),
    ):
        url = reverse("people-account", args=[account.pk])
        assert browser_of(who).post(url, {"act": "close"}).status_code == status
    assert list(User.objects.filter(is_active=False)) == [other]


def test_the_page_shows_who_waits_and_who_has_a_role() -> None:
    manager, analyst = make.ManagerFactory(), make.AnalystFactory(email="new@un.example")
    proposes(make.AdministratorFactory(), analyst)
    text = browser_of(manager).get(reverse("people-staff")).content.decode()
    assert "new@un.example" in text
    assert ">Confirm<" in text
    assert browser_of(manager).get(reverse("people-staff"), {"cursor": "x"}).status_code == 400
