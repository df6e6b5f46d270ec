"""Changing, handing over and ending: by those who may, with effect at once, and never without an approver."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from conferences.models import Membership, MembershipRole, Participant
from conferences.people import services
from conferences.people.errors import CannotBe, NotAllowed
from tests import factories as make
from tests.concurrency import wait_until_waiting

pytestmark = pytest.mark.django_db
DRAFTER, APPROVER, VIEWER = MembershipRole.DRAFTER, MembershipRole.APPROVER, MembershipRole.VIEWER


@pytest.fixture
def lead() -> Participant:
    return make.ParticipantFactory()


@pytest.fixture
def approver(lead: Participant) -> User:
    return make.member_of(lead, APPROVER)


def browser_of(user: User) -> Client:
    """Return a browser in which somebody is signed in."""
    client = Client()
    client.force_login(user)
    return client


def place_of(user: User) -> Membership:
    """Return the one place of a person that runs or will run."""
    return user.memberships.get(ended_at=None)


def roles_of(user: User) -> list[str]:
    """Return the roles that a person has now."""
    return list(Membership.objects.of(user).order_by("role").values_list("role", flat=True))


def test_another_role_takes_effect_with_the_next_request(lead: Participant, approver: User) -> None:
    drafter = make.member_of(lead, DRAFTER)
    theirs = browser_of(drafter)
    assert theirs.get(reverse("pledge-create")).status_code == 200
    browser_of(approver).post(reverse("people-role", args=[place_of(drafter).pk]), {"role": "viewer"})
    assert theirs.get(reverse("pledge-create")).status_code == 403
    assert roles_of(drafter) == ["viewer"]
    assert drafter.memberships.count() == 2, "the place before is kept, with its end"


def test_an_ended_place_is_over_with_the_next_request(lead: Participant, approver: User) -> None:
    drafter, pledge = make.member_of(lead, DRAFTER), make.DraftPledgeFactory(participant=lead)
    theirs = browser_of(drafter)
    assert theirs.get(pledge.get_absolute_url()).status_code == 200
    browser_of(approver).post(reverse("people-end", args=[place_of(drafter).pk]))
    assert theirs.get(pledge.get_absolute_url()).status_code == 404


def test_the_contact_person_is_marked_without_a_new_place(lead: Participant, approver: User) -> None:
    place = place_of(approver)
    browser_of(approver).post(reverse("people-role", args=[place.pk]), {"role": "approver", "is_focal_point": "on"})
    place.refresh_from_db()
    assert place.is_focal_point
    assert place.ended_at is None


def read_and_sent(page: Any, **changed: Any) -> dict[str, Any]:
    """Return what a browser sends of the form of a role, with what is changed in it."""
    sent = {box.html_name: box.value() for box in page.context["form"]} | changed
    return {name: str(value) for name, value in sent.items() if value is not False or name.startswith("was_")}


def test_who_read_another_state_does_not_undo_who_is_the_contact_person(lead: Participant, approver: User) -> None:
    place, browser = place_of(make.member_of(lead, DRAFTER)), browser_of(approver)
    url = reverse("people-role", args=[place.pk])
    opened = browser.get(url)
    assert 'type="hidden" name="was_focal_point" value="False"' in opened.content.decode()
    assert 'for="id_was_focal_point"' not in opened.content.decode()
    browser_of(make.ManagerFactory()).post(url, {"role": "drafter", "is_focal_point": "on"})
    for role in ("drafter", "viewer"):
        page = browser.post(url, read_and_sent(opened, role=role))
        assert f"Somebody made {place.user} the contact person meanwhile" in page.content.decode()
        assert page.context["form"]["role"].value() == role
        place.refresh_from_db()
        assert (place.is_focal_point, place.role, place.ended_at) == (True, "drafter", None)
    browser.post(url, read_and_sent(page))  # now it was read
    assert [*place.user.memberships.filter(ended_at=None).values_list("role", "is_focal_point")] == [("viewer", False)]


def test_who_read_another_role_is_led_to_the_one_that_stands(lead: Participant, approver: User) -> None:
    person = make.member_of(lead, DRAFTER)
    url, browser = reverse("people-role", args=[place_of(person).pk]), browser_of(approver)
    opened = browser.get(url)
    browser_of(make.ManagerFactory()).post(url, {"role": "viewer"})
    page = browser.post(url, read_and_sent(opened, role="deputy"), follow=True)
    assert page.redirect_chain[-1][0] == reverse("people-role", args=[place_of(person).pk])
    assert f"{person} is Viewer by now" in page.content.decode()
    assert roles_of(person) == ["viewer"]
    stranger = browser_of(make.member_of(make.ParticipantFactory(), APPROVER))
    assert stranger.post(url, {"role": "deputy"}).status_code == 404


@pytest.mark.parametrize("act", ["end", "role"])
@pytest.mark.parametrize("by_manager", [True, False])
def test_the_last_approver_stays_until_another_is_named(
    lead: Participant, approver: User, act: str, by_manager: bool
) -> None:
    make.member_of(lead, MembershipRole.DEPUTY)
    make.member_of(lead, APPROVER, is_active=False)
    who = make.ManagerFactory() if by_manager else approver
    url = reverse(f"people-{act}", args=[place_of(approver).pk])
    page = browser_of(who).post(url, {"role": "viewer"}, follow=True)
    assert "last approver" in page.content.decode()
    assert roles_of(approver) == ["approver"]
    make.member_of(lead, APPROVER)
    browser_of(who).post(url, {"role": "viewer"})
    assert roles_of(approver) == ([] if act == "end" else ["viewer"])


def hands_over(user: User, membership: Membership, to: User, days: int) -> Any:
    """Send the form for a rotation in so many days."""
    day = (timezone.now() + timedelta(days=days)).date().isoformat()
    url = reverse("people-hand-over", args=[membership.pk])
    return browser_of(user).post(url, {"successor": to.pk, "on": day})


def test_a_post_rotates_on_its_day(lead: Participant, approver: User, time_machine: Any) -> None:
    successor = make.member_of(lead, VIEWER)
    assert hands_over(approver, place_of(approver), successor, 30).status_code == 302
    assert (roles_of(approver), roles_of(successor)) == (["approver"], ["viewer"])
    time_machine.move_to(timezone.now() + timedelta(days=30, hours=1))
    assert roles_of(approver) == []
    assert "approver" in roles_of(successor)


def test_handed_over_anew_for_an_earlier_day_the_first_successor_does_not_come(
    lead: Participant, approver: User, time_machine: Any
) -> None:
    first, second = make.member_of(lead, VIEWER), make.member_of(lead, VIEWER)
    hands_over(approver, place_of(approver), first, 30)
    hands_over(approver, approver.memberships.get(), second, 10)
    time_machine.move_to(timezone.now() + timedelta(days=31))
    assert (roles_of(approver), roles_of(first)) == ([], ["viewer"])
    assert "approver" in roles_of(second)


@pytest.mark.parametrize("later", [0, 20])
def test_nor_does_the_successor_of_the_first_successor(
    lead: Participant, approver: User, later: int, time_machine: Any
) -> None:
    first, after_first, second = (make.member_of(lead, VIEWER) for _n in range(3))
    hands_over(approver, place_of(approver), first, 30)
    hands_over(approver, first.memberships.get(role=APPROVER), after_first, 30 + later)
    hands_over(approver, approver.memberships.get(), second, 10)
    time_machine.move_to(timezone.now() + timedelta(days=31 + later))
    assert (roles_of(first), roles_of(after_first)) == (["viewer"], ["viewer"])
    assert "approver" in roles_of(second)


def test_the_successor_of_another_on_the_same_day_still_comes(
    lead: Participant, approver: User, time_machine: Any
) -> None:
    other = make.member_of(lead, APPROVER)
    first, second, theirs = (make.member_of(lead, VIEWER) for _n in range(3))
    hands_over(approver, place_of(approver), first, 30)
    hands_over(other, place_of(other), theirs, 30)
    hands_over(approver, approver.memberships.get(), second, 10)
    time_machine.move_to(timezone.now() + timedelta(days=31))
    assert roles_of(first) == ["viewer"]
    assert "approver" in roles_of(theirs)
    assert "approver" in roles_of(second)


def test_a_post_rotates_today_at_once(lead: Participant, approver: User) -> None:
    successor = make.member_of(lead, DRAFTER)
    hands_over(approver, place_of(approver), successor, 0)
    assert roles_of(approver) == []
    assert roles_of(successor) == ["approver", "drafter"]


def test_the_contact_person_hands_that_over_too_also_to_somebody_who_has_the_role(
    lead: Participant, approver: User
) -> None:
    approver.memberships.update(is_focal_point=True)
    successor = make.member_of(lead, APPROVER)
    hands_over(approver, place_of(approver), successor, 0)
    assert place_of(successor).is_focal_point


def test_nobody_hands_over_to_a_stranger_or_into_the_past(lead: Participant, approver: User) -> None:
    place = place_of(approver)
    assert hands_over(approver, place, make.UserFactory(), 3).status_code == 200
    assert hands_over(approver, place, make.member_of(lead, VIEWER), -1).status_code == 200
    assert roles_of(approver) == ["approver"]


def test_a_successor_who_was_ended_before_the_day_leaves_an_approver(lead: Participant, approver: User) -> None:
    successor = make.member_of(lead, VIEWER)
    hands_over(approver, place_of(approver), successor, 30)
    coming = successor.memberships.get(role=APPROVER)
    page = browser_of(make.ManagerFactory()).post(reverse("people-end", args=[coming.pk]), follow=True)
    assert "last approver" in page.content.decode()
    coming.refresh_from_db()
    assert coming.ended_at is None


def test_a_place_that_is_over_cannot_be_changed(lead: Participant, approver: User) -> None:
    drafter = make.member_of(lead, DRAFTER)
    place = place_of(drafter)
    services.end(membership=place, by=approver, at=timezone.now())
    for act in ("end", "role", "hand-over"):
        assert browser_of(approver).post(reverse(f"people-{act}", args=[place.pk])).status_code == 404
    with pytest.raises(CannotBe):
        services.change_role(membership=place, role=VIEWER, is_focal_point=False, by=approver, at=timezone.now())


@pytest.mark.django_db(transaction=True)
def test_two_last_approvers_who_end_each_other_at_once_leave_one(lead: Participant) -> None:
    first, second = make.member_of(lead, APPROVER), make.member_of(lead, APPROVER)

    places = {user: place_of(user) for user in (first, second)}

    def ends(by: User, other: User) -> bool:
        try:
            services.end(membership=places[other], by=by, at=timezone.now())
        except (CannotBe, NotAllowed):
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(2) as pool, transaction.atomic():
        services.lock(lead)
        acts = [pool.submit(ends, first, second), pool.submit(ends, second, first)]
        wait_until_waiting(2, acts)
    assert sorted(act.result() for act in acts) == [False, True]
    running = Membership.objects.open().filter(participant=lead, role=APPROVER)
    assert running.count() == 1


def test_closing_an_account_and_opening_it_again(lead: Participant, approver: User) -> None:
    drafter, manager = make.member_of(lead, DRAFTER), browser_of(make.ManagerFactory())
    theirs = browser_of(drafter)
    url = reverse("people-account", args=[drafter.pk])
    manager.post(url, {"act": "close"})
    assert theirs.get(reverse("workspace")).status_code == 302
    manager.post(url, {"act": "open"})
    assert browser_of(User.objects.get(pk=drafter.pk)).get(reverse("workspace")).status_code == 200


def test_a_manager_has_no_hand_in_accounts_of_the_secretariat() -> None:
    manager, officer = browser_of(make.ManagerFactory()), make.OfficerFactory()
    assert manager.post(reverse("people-account", args=[officer.pk]), {"act": "close"}).status_code == 403
    officer.refresh_from_db()
    assert officer.is_active


def test_every_change_tells_who_and_why(lead: Participant, approver: User) -> None:
    drafter = make.member_of(lead, DRAFTER)
    place = place_of(drafter)
    services.end(membership=place, by=approver, at=timezone.now())
    event = place.events.order_by("-pgh_id").first()
    assert event.pgh_context["actor"] == approver.pk
    assert event.pgh_context["reason"] == "end membership"
