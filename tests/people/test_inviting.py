"""Inviting into a delegation, and accepting: by the owner of the address alone, once, in time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import OwedMail, User
from conferences.models import Invitation, Membership, MembershipRole, Participant
from conferences.people.errors import CannotBe
from conferences.people.invitations import BETWEEN_SENDS, MOST_SENDS, MOST_WAITING, accept_as_new
from tests import factories as make
from tests.accounts.mailbox import link_in, mails_sent
from tests.concurrency import wait_until_waiting

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough password"
ANSWERS = {"name": "Ana Lima", "password1": PASSWORD, "password2": PASSWORD}


@pytest.fixture
def lead() -> Participant:
    return make.ParticipantFactory()


@pytest.fixture
def approver(lead: Participant) -> User:
    return make.member_of(lead, MembershipRole.APPROVER)


def browser_of(user: User) -> Client:
    """Return a browser in which somebody is signed in."""
    client = Client()
    client.force_login(user)
    return client


def invites(user: User, participant: Participant, **changed: str) -> Any:
    """Send the form for an invitation."""
    form = {"name": "Ana Lima", "email": "ana@mission.example", "role": "drafter", "language": "en"} | changed
    return browser_of(user).post(reverse("people-invite", args=[participant.pk]), form)


def roles_of(email: str) -> list[tuple[str, str]]:
    """Return the running places of an address."""
    places = Membership.objects.open().filter(user__email=email).order_by("participant", "role")
    return list(places.values_list("participant", "role"))


def test_from_a_manager_to_the_first_approver_to_the_next_drafter(lead: Participant) -> None:
    assert invites(make.ManagerFactory(), lead, role="approver").status_code == 302
    link = link_in(mails_sent()[-1])
    assert Client().post(link, ANSWERS)["Location"] == reverse("sign-in")
    assert roles_of("ana@mission.example") == [(lead.pk, "approver")]

    ana = Client()
    ana.post(reverse("sign-in"), {"login": "ana@mission.example", "password": PASSWORD})
    form = {"name": "Rui", "email": "rui@mission.example", "role": "drafter", "language": "en"}
    ana.post(reverse("people-invite", args=[lead.pk]), form)
    Client().post(link_in(mails_sent()[-1]), ANSWERS | {"name": "Rui"})
    assert roles_of("rui@mission.example") == [(lead.pk, "drafter")]
    assert User.objects.get(email="rui@mission.example").get_full_name() == "Rui"


def test_the_inviter_chooses_the_language_and_the_account_keeps_it(lead: Participant, approver: User) -> None:
    invites(approver, lead, language="es")
    [message] = mails_sent()
    assert message.subject.startswith("Su invitación")
    assert lead.name_es in message.subject
    Client().post(link_in(message), ANSWERS)
    assert User.objects.get(email="ana@mission.example").language == "es"


def test_a_language_that_mail_does_not_speak_is_refused(lead: Participant, approver: User) -> None:
    assert "Choose a language." in invites(approver, lead, language="tlh").content.decode()
    assert not Invitation.objects.exists()


def test_a_link_works_once_and_a_get_changes_nothing(lead: Participant, approver: User) -> None:
    invites(approver, lead)
    link = link_in(mails_sent()[-1])
    assert Client().get(link).status_code == 200
    assert not User.objects.filter(email="ana@mission.example").exists()
    assert Client().post(link, ANSWERS).status_code == 302
    assert Client().get(link).status_code == 404
    assert Client().post(link, ANSWERS).status_code == 404


def test_a_link_is_over_after_its_days(lead: Participant, approver: User, time_machine: Any, settings: Any) -> None:
    settings.INVITATION_DAYS = 3
    invites(approver, lead)
    link = link_in(mails_sent()[-1])
    time_machine.move_to(timezone.now() + timedelta(days=3, minutes=1))
    assert Client().get(link).status_code == 404


def test_a_revoked_link_is_over_and_one_sent_again_replaces_the_first(
    lead: Participant, approver: User, time_machine: Any
) -> None:
    invites(approver, lead)
    first = link_in(mails_sent()[-1])
    pk = Invitation.objects.get().pk
    time_machine.move_to(timezone.now() + BETWEEN_SENDS)
    browser_of(approver).post(reverse("people-send-again", args=[pk]))
    second = link_in(mails_sent()[-1])
    assert [Client().get(link).status_code for link in (first, second)] == [404, 200]
    browser_of(approver).post(reverse("people-revoke", args=[pk]))
    assert Client().get(second).status_code == 404
    answer = browser_of(approver).post(reverse("people-send-again", args=[pk]), follow=True)
    assert "accepted or taken back before" in answer.content.decode()


@pytest.mark.parametrize("key", ["", "x", "WzEsMV0:1x:y", "\0"])
def test_a_made_up_link_is_over(lead: Participant, approver: User, key: str) -> None:
    invites(approver, lead)
    assert Client().get(reverse("people-accept"), {"key": key}).status_code == 404


def invited(user: User, participant: Participant, email: str) -> tuple[int, str, str, int]:
    """Invite an address, and return what the person who invites can see of it and how much was done."""
    with CaptureQueriesContext(connection) as queries:
        answer = invites(user, participant, email=email)
    said = browser_of(user).get(reverse("people-delegation", args=[participant.pk])).content.decode()
    said = said.replace(email, "ADDRESS")
    return answer.status_code, answer["Location"], said[said.index("<h1") : said.index("Link good")], len(queries)


def test_who_invites_cannot_find_out_who_has_an_account(lead: Participant, approver: User) -> None:
    make.UserFactory(email="known@mission.example")
    answers = []
    for email in ("known@mission.example", "knewn@mission.example"):
        answers.append(invited(approver, lead, email))
        Invitation.objects.all().delete()
    assert answers[0] == answers[1]
    bodies = [message.body.split("http")[0] for message in mails_sent()]
    assert bodies[0] == bodies[1]


def test_somebody_with_an_account_signs_in_to_accept(lead: Participant, approver: User) -> None:
    known = make.UserFactory(email="Ana@mission.example", password=PASSWORD)
    invites(approver, lead)
    link = link_in(mails_sent()[-1])
    visitor = Client()
    answer = visitor.get(link)
    assert answer["Location"].startswith(reverse("sign-in"))
    assert Client().post(link, ANSWERS).status_code == 302
    assert not roles_of(known.email)

    stranger = browser_of(make.UserFactory())
    assert "for another account" in stranger.post(link).content.decode()
    assert browser_of(known).post(link)["Location"] == reverse("workspace")
    assert roles_of(known.email) == [(lead.pk, "drafter")]
    assert User.objects.filter(email__iexact="ana@mission.example").count() == 1


def test_accepting_takes_the_place_of_another_role_in_the_same_delegation(lead: Participant, approver: User) -> None:
    viewer = make.member_of(lead, MembershipRole.VIEWER, email="ana@mission.example")
    invites(approver, lead, role="drafter")
    browser_of(viewer).post(link_in(mails_sent()[-1]))
    assert roles_of(viewer.email) == [(lead.pk, "drafter")]


def test_a_co_chairs_place_stands_beside_a_role_in_the_same_delegation(lead: Participant, approver: User) -> None:
    for role, expected in (("co_chair", ["approver", "co_chair"]), ("viewer", ["co_chair", "viewer"])):
        make.member_of(lead, MembershipRole.APPROVER)  # so that the delegation keeps one
        invites(make.ManagerFactory(), lead, email=approver.email, role=role)
        browser = browser_of(approver)
        browser.post(link_in(mails_sent()[-1]))
        assert sorted(role for _lead, role in roles_of(approver.email)) == expected


def test_inviting_an_address_again_renews_what_waits(lead: Participant, approver: User, time_machine: Any) -> None:
    invites(approver, lead)
    time_machine.move_to(timezone.now() + BETWEEN_SENDS)
    invites(approver, lead, email="ANA@mission.example", role="viewer")
    waiting = Invitation.objects.get()
    assert (waiting.role, waiting.sends) == ("viewer", 2)


def test_roles_beyond_a_delegation_are_not_granted(lead: Participant, approver: User) -> None:
    assert invites(approver, lead, role="co_chair").status_code == 200
    assert invites(approver, make.ParticipantFactory()).status_code == 404
    assert invites(make.member_of(lead, MembershipRole.DEPUTY), lead).status_code == 403
    assert not Invitation.objects.exists()
    assert invites(make.ManagerFactory(), lead, role="co_chair").status_code == 302


def test_a_delegation_cannot_flood_strangers(lead: Participant, approver: User) -> None:
    make.InvitationFactory.create_batch(MOST_WAITING, participant=lead)
    page = invites(approver, lead)
    assert "Too many invitations" in page.content.decode()
    assert not OwedMail.objects.exists()


def test_what_was_typed_and_how_to_mend_it_stands_on_the_page(lead: Participant, approver: User) -> None:
    text = invites(approver, lead, email="ana at mission", role="").content.decode()
    assert "<title>Error: " in text
    assert "Enter an address like" in text
    assert "Choose a role." in text
    assert "Ana Lima" in text


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"password2": "different"}, "differ"),
        ({"password1": "short", "password2": "short"}, "at least 12"),
        ({"password1": "ana@mission.example", "password2": "ana@mission.example"}, "too similar"),
        ({"name": ""}, "Enter your name."),
    ],
)
def test_a_weak_account_is_not_made(lead: Participant, approver: User, changed: dict[str, str], complaint: str) -> None:
    invites(approver, lead)
    page = Client().post(link_in(mails_sent()[-1]), ANSWERS | changed)
    assert complaint in page.content.decode()
    assert not User.objects.filter(email="ana@mission.example").exists()


def test_who_may_no_longer_give_a_role_invites_nobody_back_not_even_themselves(
    lead: Participant, approver: User
) -> None:
    invites(approver, lead, email=approver.email, role="approver")
    link = link_in(mails_sent()[-1])
    make.member_of(lead, MembershipRole.APPROVER)
    approver.memberships.update(ended_at=timezone.now())
    page = browser_of(approver).post(link, follow=True)
    assert "no longer give this role" in page.content.decode()
    assert not roles_of(approver.email)


def test_nobody_new_comes_through_an_invitation_of_somebody_who_left(lead: Participant, approver: User) -> None:
    invites(approver, lead)
    approver.memberships.update(ended_at=timezone.now())
    page = Client().post(link_in(mails_sent()[-1]), ANSWERS)
    assert "no longer give this role" in page.content.decode()
    assert not User.objects.filter(email="ana@mission.example").exists()


@pytest.mark.parametrize("again", ["send", "invite"])
def test_sent_again_by_another_an_invitation_is_theirs(
    lead: Participant, approver: User, again: str, time_machine: Any
) -> None:
    other = make.member_of(lead, MembershipRole.APPROVER)
    invites(approver, lead)
    approver.memberships.update(ended_at=timezone.now())
    time_machine.move_to(timezone.now() + timedelta(hours=1))
    if again == "send":
        browser_of(other).post(reverse("people-send-again", args=[Invitation.objects.get().pk]))
    else:
        invites(other, lead)
    Client().post(link_in(mails_sent()[-1]), ANSWERS)
    assert roles_of("ana@mission.example") == [(lead.pk, "drafter")]
    assert Invitation.objects.get().invited_by == other


def test_an_approver_does_not_send_again_what_they_could_not_give(lead: Participant, approver: User) -> None:
    invites(make.ManagerFactory(), lead, role="co_chair")
    waiting = Invitation.objects.get()
    assert browser_of(approver).post(reverse("people-send-again", args=[waiting.pk])).status_code == 403
    waiting.refresh_from_db()
    assert waiting.sends == 1


@pytest.mark.parametrize("factory", [make.ReaderFactory, make.OfficerFactory, make.ManagerFactory])
def test_nobody_of_the_secretariat_takes_a_place_in_a_delegation(
    lead: Participant, approver: User, factory: Any
) -> None:
    officer = factory(email="ana@mission.example")
    invites(approver, lead, role="approver")
    page = browser_of(officer).post(link_in(mails_sent()[-1]), follow=True)
    assert "role in the Secretariat" in page.content.decode()
    assert not roles_of(officer.email)


def writes_again(user: User, how: str) -> str:
    """Let another mail go to Ana in one of the ways there are, and return the page that follows."""
    waiting = Invitation.objects.waiting().get()
    if how == "send again":
        page = browser_of(user).post(reverse("people-send-again", args=[waiting.pk]), follow=True)
        return page.content.decode()
    if how == "revoke and invite":
        browser_of(user).post(reverse("people-revoke", args=[waiting.pk]))
    return invites(user, waiting.participant).content.decode()


@pytest.mark.parametrize("how", ["send again", "invite", "revoke and invite"])
def test_no_second_mail_goes_to_an_address_within_ten_minutes(
    lead: Participant, approver: User, how: str, time_machine: Any
) -> None:
    invites(approver, lead)
    first = link_in(mails_sent()[-1])
    time_machine.move_to(timezone.now() + timedelta(minutes=9))
    assert "ten minutes" in writes_again(approver, how)
    assert len(mails_sent()) == 1
    if how != "revoke and invite":
        assert Client().get(first).status_code == 200


@pytest.mark.parametrize("how", ["send again", "invite", "revoke and invite"])
def test_after_some_mails_no_more_go_to_an_address(
    lead: Participant, approver: User, how: str, time_machine: Any
) -> None:
    invites(approver, lead)
    for _n in range(MOST_SENDS - 1):
        time_machine.move_to(timezone.now() + BETWEEN_SENDS)
        writes_again(approver, how)
    assert len(mails_sent()) == MOST_SENDS == 5
    time_machine.move_to(timezone.now() + BETWEEN_SENDS)
    assert "went to this address" in writes_again(approver, how)
    assert len(mails_sent()) == MOST_SENDS


def test_another_delegation_may_write_to_the_same_address(lead: Participant, approver: User) -> None:
    other = make.ParticipantFactory()
    invites(approver, lead)
    assert invites(make.member_of(other, MembershipRole.APPROVER), other).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_of_two_invitations_accepted_at_once_one_makes_the_account(lead: Participant) -> None:
    manager = make.ManagerFactory()
    first, second = (
        make.InvitationFactory(participant=where, email="ana@mission.example", invited_by=manager)
        for where in (lead, make.ParticipantFactory())
    )

    def accepts(invitation: Invitation) -> str:
        try:
            accept_as_new(invitation=invitation, name="Ana", password=PASSWORD, at=timezone.now())
        except CannotBe as refusal:
            return str(refusal)
        finally:
            connection.close()
        return ""

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            accept_as_new(invitation=first, name="Ana", password=PASSWORD, at=timezone.now())
            later = pool.submit(accepts, second)
            wait_until_waiting(1, [later])
        assert "has an account already" in later.result()
    assert roles_of("ana@mission.example") == [(lead.pk, "drafter")]


def test_sending_again_is_offered_to_those_only_who_may_give_the_role(lead: Participant, approver: User) -> None:
    make.InvitationFactory(participant=lead, role=MembershipRole.CO_CHAIR)
    url = reverse("people-delegation", args=[lead.pk])
    assert "Send again" not in browser_of(approver).get(url).content.decode()
    assert "Take back" in browser_of(approver).get(url).content.decode()
    assert "Send again" in browser_of(make.ManagerFactory()).get(url).content.decode()
