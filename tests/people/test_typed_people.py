"""A session that ended while somebody filled in a form about people: nothing is typed twice."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts import typed
from accounts.models import User
from conferences.models import Invitation, MembershipRole
from tests import factories as make

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough password"


def after_signing_in_again(user: User, url: str, sent: dict[str, str]) -> str:
    """Send a form as it was shown to this person, signed out meanwhile; return the page after signing in again."""
    browser = Client()
    browser.force_login(user)
    shown = browser.get(url)
    assert f'name="{typed.FIELD}"' in shown.content.decode()
    browser.logout()
    browser.post(url, sent | {typed.FIELD: typed.mark(user)})
    user.set_password(PASSWORD)
    user.save()
    page = browser.post(reverse("sign-in"), {"login": user.username, "password": PASSWORD, "next": url}, follow=True)
    return str(page.content.decode())


def test_an_invitation_half_written_is_there_again() -> None:
    approver = make.member_of(make.ParticipantFactory(), MembershipRole.APPROVER)
    url = reverse("people-invite", args=[approver.memberships.get().participant_id])
    sent = {"name": "Ana Lima", "email": "ana@mission.example", "role": "drafter", "language": "en"}
    page = after_signing_in_again(approver, url, sent)
    assert "What you typed is here" in page
    assert "Ana Lima" in page
    assert not Invitation.objects.exists()


def test_a_role_and_a_hand_over_are_there_again() -> None:
    lead = make.ParticipantFactory()
    approver, member = (make.member_of(lead, role) for role in (MembershipRole.APPROVER, MembershipRole.DRAFTER))
    place = member.memberships.get()
    for name, sent in (("people-role", {"role": "viewer"}), ("people-hand-over", {"on_year": "2031"})):
        assert "What you typed is here" in after_signing_in_again(approver, reverse(name, args=[place.pk]), sent)
    place.refresh_from_db()
    assert place.role == MembershipRole.DRAFTER


def test_a_proposed_role_is_there_again() -> None:
    page = after_signing_in_again(make.ManagerFactory(), reverse("people-staff-propose"), {"reason": "Kept words"})
    assert "Kept words" in page
