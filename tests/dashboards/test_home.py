"""The first page and the list of conferences."""

import re
from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories import ConferenceFactory, PublishedTotalFactory, RegisteredPledgeFactory
from tests.pages.reading import read
from tests.pages.world import World


def test_the_first_page_shows_the_last_conference_in_three_words(world: World, client: Client) -> None:
    world.berlin.delete()
    page = read(client.get(reverse("home")))
    assert "Seoul Ministerial, 7–8 December 2021" in page.text
    assert "pledged 4 verified 1 delivered 1" in page.text
    (bar,) = page.all("svg", **{"class": "bar-chart gap"})
    assert bar.attributes["aria-label"] == "4 pledged, 1 verified, 1 delivered"


def test_a_conference_without_rows_says_so_and_the_latest_with_rows_stands_below(world: World, client: Client) -> None:
    page = read(client.get(reverse("home")))
    assert "Berlin Ministerial, 13–14 May 2025: records not yet entered." in page.text
    assert "The latest conference with records: Seoul Ministerial" in page.text


def test_the_words_are_the_same_when_all_rows_are_under_embargo(world: World, client: Client) -> None:
    RegisteredPledgeFactory(conference=world.berlin)
    assert "Berlin Ministerial, 13–14 May 2025: records not yet entered." in read(client.get(reverse("home"))).text


def test_the_next_conference_comes_first_with_its_deadline(world: World, client: Client) -> None:
    starts_on = timezone.localdate() + timedelta(days=90)
    closes_at = timezone.now() + timedelta(days=60)
    ConferenceFactory(title="Next Ministerial", starts_on=starts_on, ends_on=starts_on, window_closes_at=closes_at)
    text = read(client.get(reverse("home"))).text
    assert text.index("Next conference") < text.index("Last conference")
    assert f"Pledging closes on {closes_at.day} {closes_at:%B %Y, %H:%M} UTC." in text


def test_published_counts_stand_beside_each_with_who_counted(world: World, client: Client) -> None:
    PublishedTotalFactory(conference=world.seoul, value=60, qualifier="more-than", counted_by="press", source_title="x")
    PublishedTotalFactory(conference=world.seoul, value=50, measure="pledging-participants", qualifier="about",
                          unit="delegations", counted_by="host", source_title="y")  # fmt: skip
    text = read(client.get(reverse("conference-list"))).text
    for said in ("62 UN", "more than 60 press", "about 50 host, delegations"):
        assert said in text


def test_a_related_meeting_without_pledges_says_so(world: World, client: Client) -> None:
    ConferenceFactory(
        title="Chiefs of defence", has_pledges=False, starts_on=date(2017, 7, 7), ends_on=date(2017, 7, 7)
    )
    page = read(client.get(reverse("conference-list")))
    assert "no pledges are made there" in page.text
    assert "Chiefs of defence" not in read(client.get(reverse("home"))).text


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["home", "conference-list"])
def test_an_empty_record_is_a_whole_page(client: Client, name: str) -> None:
    assert "No conference is entered yet" in read(client.get(reverse(name))).text


def test_a_visitor_is_told_where_to_sign_in(world: World, client: Client) -> None:
    page = read(client.get(reverse("home")))
    assert page.links.count((reverse("sign-in"), "Sign in")) == 1
    assert "sign in at the top of this page" in page.text


def test_the_rules_of_counting_name_every_word_of_the_figures(world: World, client: Client) -> None:
    text = read(client.get(reverse("counting"))).text
    for word in (
        "Verified",
        "Delivered",
        "Latest known state",
        "Late",
        "With partners",
        "Offered",
        "announced pledges only",
    ):
        assert re.search(rf"\b{word}\b", text), word
