"""A person chooses the time zone in which hours are shown and stated."""

from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.zones import zone_of
from tests import factories as make

pytestmark = pytest.mark.django_db
PAGE = "/account/time-zone/"


@pytest.fixture
def browser(client: Client) -> Client:
    client.force_login(make.UserFactory(username="anna"))
    return client


def zone_kept() -> str:
    return User.objects.get(username="anna").time_zone


def test_a_zone_is_chosen_from_the_account_and_kept_with_who_chose_it(browser: Client) -> None:
    assert PAGE in browser.get(reverse("mfa_index")).content.decode()
    page = browser.post(PAGE, {"time_zone": "Africa/Nairobi"}, follow=True).content.decode()
    assert "Hours are shown in this time zone from now on: Africa/Nairobi." in page
    anna = User.objects.get(username="anna")
    assert zone_of(anna) == ZoneInfo("Africa/Nairobi")
    assert anna.events.latest("pgh_id").pgh_context["actor_name"] == "anna"  # type: ignore[attr-defined]  # by the tracking
    assert '<option value="Africa/Nairobi" selected>Nairobi</option>' in browser.get(PAGE).content.decode()


@pytest.mark.parametrize("sent", ["Mars/Base", "", "../etc/passwd", "a\0b", "Etc/GMT+5"])
def test_what_is_no_zone_of_the_list_is_refused(browser: Client, sent: str) -> None:
    page = browser.post(PAGE, {"time_zone": sent}).content.decode()
    assert "Choose a time zone of the list." in page
    assert zone_kept() == "UTC"


def test_the_zones_stand_by_part_of_the_world_each_once(browser: Client) -> None:
    page = browser.get(PAGE).content.decode()
    assert '<option value="UTC" selected>UTC</option>' in page
    assert '<optgroup label="Europe">' in page
    assert page.count('value="America/Argentina/Buenos_Aires">Argentina, Buenos Aires<') == 1


def test_what_the_database_does_not_know_is_not_offered(browser: Client) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("accounts.zones.zones_of_the_database", lambda: frozenset({"UTC", "Europe/Berlin"}))
        assert "Choose a time zone of the list." in browser.post(PAGE, {"time_zone": "Europe/Paris"}).content.decode()
        browser.post(PAGE, {"time_zone": "Europe/Berlin"})
    assert zone_kept() == "Europe/Berlin"
