"""Another address for a member: entered by whoever manages the delegation, confirmed by the member, no way in."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.addresses import MOST_BY_ONE_A_DAY
from accounts.models import AddressChange, User
from conferences.models import Membership, MembershipRole, Participant
from conferences.people.errors import CannotBe, NotAllowed
from conferences.people.services import enter_address, take_back_address
from reminders.models import Delivery, Undeliverable
from tests import factories as make
from tests.accounts.mailbox import link_in, mails_sent

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough password"
NEW = "berta@capital.example"


@pytest.fixture
def lead() -> Participant:
    return make.ParticipantFactory()


@pytest.fixture
def approver(lead: Participant) -> User:
    return make.member_of(lead, MembershipRole.APPROVER, first_name="Ada")


@pytest.fixture
def place(lead: Participant) -> Membership:
    """That of Berta, a drafter, whose mail bounces."""
    berta = make.member_of(
        lead, MembershipRole.DRAFTER, username="berta", email="berta@mission.example", password=PASSWORD
    )
    return berta.memberships.get()


def browser_of(user: User) -> Client:
    """Return a browser in which somebody is signed in."""
    client = Client()
    client.force_login(user)
    return client


def enters(user: User, place: Membership, email: str = NEW) -> AddressChange:
    """Enter another address on the page, and return it as it is kept."""
    answer = browser_of(user).post(reverse("people-address", args=[place.pk]), {"email": email})
    assert answer["Location"] == reverse("people-delegation", args=[place.participant_id])
    return place.user.address_changes.waiting(at=timezone.now()).get()


@pytest.mark.parametrize("who", ["approver", "manager"])
def test_the_member_confirms_signed_in_and_both_addresses_are_told(who: str, approver: User, place: Membership) -> None:
    by = approver if who == "approver" else make.ManagerFactory(first_name="Ada")
    enters(by, place)
    to_new, to_old = mails_sent()
    assert (to_new.to, to_old.to) == ([NEW], ["berta@mission.example"])
    assert "Ada entered" in to_new.body
    assert "write to" in to_old.body
    assert NEW not in to_old.body, "whoever reads the old mailbox now need not learn it"
    berta = Client()
    berta.post(reverse("sign-in"), {"login": "berta", "password": PASSWORD})
    berta.post(link_in(to_new))
    place.user.refresh_from_db()
    assert place.user.email == NEW
    assert mails_sent()[-1].to == ["berta@mission.example"]


def test_an_approver_who_reads_the_new_mailbox_comes_no_nearer_to_the_account(
    approver: User, place: Membership
) -> None:
    enters(approver, place, approver.email)
    link = link_in(next(message for message in mails_sent() if message.to == [approver.email]))
    for browser in (Client(), browser_of(approver)):
        assert browser.get(link).status_code in {302, 404}
        assert browser.post(link).status_code in {302, 404}
    Client().post(reverse("account_reset_password"), {"email": approver.email})
    reset = mails_sent()[-1]
    assert approver.username in reset.body, "the link to a new password is for the approver's own account"
    place.user.refresh_from_db()
    assert place.user.email == "berta@mission.example"


def test_the_member_may_take_it_back_and_so_may_whoever_entered_it(approver: User, place: Membership) -> None:
    change = enters(approver, place)
    browser_of(approver).post(reverse("people-address", args=[place.pk]), {"take_back": "1"})
    change.refresh_from_db()
    assert change.ended_at
    enters(approver, place, "third@mission.example")
    berta = Client()
    berta.post(reverse("sign-in"), {"login": "berta", "password": PASSWORD})
    assert "third@mission.example" in berta.get(reverse("mfa_index")).content.decode()
    berta.post(reverse("address-change"), {"take_back": "1"})
    assert not place.user.address_changes.waiting(at=timezone.now()).exists()


def test_nobody_else_enters_an_address(lead: Participant, place: Membership) -> None:
    now = timezone.now()
    others = [
        make.member_of(lead, MembershipRole.DRAFTER), make.member_of(lead, MembershipRole.DEPUTY),
        make.member_of(make.ParticipantFactory(), MembershipRole.APPROVER), make.OfficerFactory(), AnonymousUser(),
    ]  # fmt: skip
    for other in others:
        with pytest.raises(NotAllowed):
            enter_address(membership=place, email=NEW, by=other, at=now)
        with pytest.raises(NotAllowed):
            take_back_address(membership=place, by=other, at=now)
    assert not AddressChange.objects.exists()


def test_the_mail_of_the_site_floods_nobody(approver: User, lead: Participant) -> None:
    now = timezone.now()
    for n in range(MOST_BY_ONE_A_DAY):
        member = make.member_of(lead, MembershipRole.VIEWER).memberships.get()
        enter_address(membership=member, email=f"victim-{n}@mission.example", by=approver, at=now)
    last = make.member_of(lead, MembershipRole.VIEWER).memberships.get()
    with pytest.raises(CannotBe, match="tomorrow"):
        enter_address(membership=last, email=NEW, by=approver, at=now)


def test_a_place_that_is_over_is_no_way_to_an_address(approver: User, place: Membership) -> None:
    place.ended_at = timezone.now()
    place.save()
    assert browser_of(approver).get(reverse("people-address", args=[place.pk])).status_code == 404
    with pytest.raises(CannotBe):
        enter_address(membership=place, email=NEW, by=approver, at=timezone.now())


def test_the_page_of_the_delegation_shows_what_waits_to_those_who_change_people(
    approver: User, lead: Participant, place: Membership, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    enters(approver, place)
    for _n in range(10):
        make.AddressChangeFactory(user=make.member_of(lead, MembershipRole.VIEWER))
    browser, url = browser_of(approver), reverse("people-delegation", args=[lead.pk])
    with django_assert_max_num_queries(10):
        assert f"not yet confirmed: {NEW}" in browser.get(url).content.decode()
    reader = browser_of(make.member_of(lead, MembershipRole.VIEWER))
    assert NEW not in reader.get(url).content.decode()


def test_the_queue_of_addresses_to_mend_leads_managers_to_the_page(place: Membership) -> None:
    Undeliverable.objects.create(user=place.user, address=place.user.email, kind=Delivery.BOUNCED)
    url = reverse("people-address", args=[place.pk])
    assert url in browser_of(make.ManagerFactory()).get(reverse("undeliverable-list")).content.decode()
    assert url not in browser_of(make.OfficerFactory()).get(reverse("undeliverable-list")).content.decode()
    place.ended_at = timezone.now()
    place.save()
    assert url not in browser_of(make.ManagerFactory()).get(reverse("undeliverable-list")).content.decode()
