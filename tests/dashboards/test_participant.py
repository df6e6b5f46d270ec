"""The list of participants and the page of one."""

import pytest
from django.test import Client
from django.urls import reverse

from conferences.models import MembershipRole
from tests import factories as make
from tests.pages.reading import read
from tests.pages.world import World

LIST = "/participants/"


def names(client: Client, query: str) -> list[str]:
    """Return the names that the list shows under a query, in their order."""
    groups = client.get(f"{LIST}?{query}").context["groups"]
    return [row["participant"].name for group in groups for row in group["rows"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=cote", ["Côte Bêta"]),
        ("q=BÊTA", ["Côte Bêta"]),
        ("q=EU", ["European Union"]),
        ("region=WEOG", ["Côte Bêta"]),
        ("kind=organization", ["European Union"]),
        ("conference=london-2016", ["Alphaland", "Côte Bêta"]),
        ("category=training", ["Alphaland", "European Union"]),
        ("category=training&conference=london-2016", []),
    ],
)
def test_participants_are_found_by_name_code_group_and_pledges(
    world: World, client: Client, query: str, expected: list[str]
) -> None:
    assert names(client, query) == expected


def test_the_links_for_programs_give_the_rows_of_the_list(world: World, client: Client) -> None:
    page = read(client.get(f"{LIST}?region=African+Group,WEOG&kind=member_state"))
    rows = client.get(page.link("API call")).json()["results"]
    assert {row["names"]["en"] for row in rows} == {*names(client, "region=African+Group,WEOG&kind=member_state")}
    assert 0 < len(rows) < len(client.get("/api/v1/participants/").json()["results"])
    lines = client.get(page.link("CSV")).getvalue().decode().splitlines()
    assert len(lines) == 1 + len(rows)


@pytest.mark.parametrize("query", ["q=cote", "conference=london-2016", "region=WEOG&category=training"])
def test_a_list_that_the_api_does_not_know_has_no_links_for_programs(world: World, client: Client, query: str) -> None:
    page = read(client.get(f"{LIST}?{query}"))
    assert "API call" not in page.text
    assert "CSV" not in page.text


def test_a_name_that_is_a_letter_off_is_found_where_none_fits(world: World, client: Client) -> None:
    assert "Alphaland" in names(client, "q=alfaland")
    assert names(client, "q=alphaland") == ["Alphaland"]


def test_groups_stand_in_one_order_and_names_in_alphabetical_order(world: World, client: Client) -> None:
    for name in ("Zulu", "Élan", "apart"):
        make.ParticipantFactory(name_en=name)
    page = read(client.get(LIST))
    assert [head.text for head in page.all("h2")] == [
        "African Group (1)", "Latin American and Caribbean Group (1)", "Western European and Others Group (4)",
        "Organisations (1)",
    ]  # fmt: skip
    assert names(client, "region=WEOG") == ["apart", "Côte Bêta", "Élan", "Zulu"]


def test_an_empty_search_says_how_to_search(world: World, client: Client) -> None:
    page = read(client.get(f"{LIST}?q=qqqq"))
    assert "No participant matches" in page.text
    assert page.link("Show all participants") == LIST


def test_a_wrong_question_is_refused(world: World, client: Client) -> None:
    assert client.get(f"{LIST}?region=Atlantis").status_code == 400
    assert client.get(f"{LIST}?colour=red").status_code == 400


def test_promise_and_delivery_stand_per_conference_the_oldest_first(world: World, client: Client) -> None:
    page = read(client.get(world.alpha.get_absolute_url()))
    assert "London 2016 1 1 1 0 none due yet Seoul 2021 2 1 1 0 none due yet" in page.text
    bars = [bar.attributes["aria-label"] for bar in page.all("svg", **{"class": "bar-chart gap"})]
    assert bars == ["1 pledged, 1 verified, 1 delivered", "2 pledged, 1 verified, 1 delivered"]


def test_the_page_knows_no_rank_and_no_score(world: World, client: Client) -> None:
    text = read(client.get(world.alpha.get_absolute_url())).text.lower()
    assert all(word not in text for word in ("rank", "score", "best", "worst", "top "))


def test_the_words_are_the_same_whether_nothing_exists_or_all_is_under_embargo(world: World, client: Client) -> None:
    empty = read(client.get(world.gamma.get_absolute_url())).text
    make.RegisteredPledgeFactory(participant=world.gamma)
    hidden = read(client.get(world.gamma.get_absolute_url())).text
    assert "No public pledges" in empty
    assert empty.partition("Printed")[0] == hidden.partition("Printed")[0]


def test_what_else_it_takes_part_in_is_told(world: World, client: Client) -> None:
    make.RequirementFactory(beneficiary=world.beta, capability_type=world.hospital.capability_type)
    text = read(client.get(world.beta.get_absolute_url())).text
    assert "Engineers course Alphaland, Seoul 2021 · Co-pledger, confirmed" in text
    assert "Seoul Ministerial Co-chair" in text
    assert "Theme 1 co-host of a preparatory conference for Seoul Ministerial" in text
    assert "Training needs Level II hospital" in text
    assert "Value of a national package: CAD 85,000,000" in read(client.get(world.alpha.get_absolute_url())).text


def test_a_partnership_in_a_hidden_pledge_is_not_told(world: World, client: Client) -> None:
    hidden = make.RegisteredPledgeFactory(conference=world.seoul, title="Canary")
    make.ConfirmedPartnerFactory(pledge=hidden, participant=world.gamma)
    assert "Canary" not in read(client.get(world.gamma.get_absolute_url())).text
    client.force_login(make.member_of(world.gamma, MembershipRole.VIEWER))
    assert "Canary" in read(client.get(world.gamma.get_absolute_url())).text


def test_the_names_stand_in_six_languages_marked_as_such(world: World, client: Client) -> None:
    page = read(client.get(world.alpha.get_absolute_url()))
    assert [one.attributes["lang"] for one in page.all("span") if "lang" in one.attributes] == [
        "ar", "zh", "en", "fr", "ru", "es",
    ]  # fmt: skip


def test_an_unknown_code_is_not_found(world: World, client: Client) -> None:
    assert client.get(reverse("participant-detail", args=["NOBODY"])).status_code == 404
