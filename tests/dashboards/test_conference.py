"""The page of one conference."""

import pytest
from django.test import Client
from django.urls import reverse

from dashboards.conference import categories_finding, states_finding
from pledges.figures import CategoryRow
from tests import factories as make
from tests.pages.reading import read
from tests.pages.world import World


def test_the_top_says_when_where_who_and_how_many(world: World, client: Client) -> None:
    text = read(client.get(world.seoul.get_absolute_url())).text
    for said in (
        "7–8 December 2021 · Seoul · virtual · foreign and defence ministers",
        "Hosted by Alphaland, Côte Bêta",
        "Co-chairs: Alphaland, Côte Bêta",
        "Two preparatory conferences led to two sessions under two cross-cutting themes: Cross-cutting 0;",
        "This record holds 4 pledges of 3 participants. Pledging states as published: 62 (UN).",
        "announced pledges only",
        "4 pledges in this record 2 of 62 (UN) pledging states 1 confirmed delivered or partly delivered",
    ):
        assert said in text, said


def test_what_became_of_them_is_a_bar_and_a_table_of_the_same_numbers(world: World, client: Client) -> None:
    page = read(client.get(world.seoul.get_absolute_url()))
    (bar,) = page.all("svg", **{"class": "bar-chart stacked"})
    assert bar.attributes["aria-label"].endswith("Partly delivered 1, Delayed 1, No report found 2")
    assert "Partly delivered 1 Delayed 1 No report found 2" in page.text
    assert "“No report found” means that no public source was found, not that the pledge was not kept." in page.text


def test_every_member_state_has_one_tile_that_says_its_name_and_value(world: World, client: Client) -> None:
    page = read(client.get(world.seoul.get_absolute_url()))
    tiles = {" ".join(tile.text.split()): tile for tile in page.all("a") if "tile" in tile.attributes.get("class", "")}
    assert set(tiles) == {
        f"{world.alpha.pk} Alphaland: 2 pledges",
        f"{world.beta.pk} Côte Bêta: 1 pledge",
        f"{world.gamma.pk} Gammaland: no public pledges",
    }
    assert tiles[f"{world.gamma.pk} Gammaland: no public pledges"].attributes["href"] == world.gamma.get_absolute_url()
    assert "Beside the member states: European Union 1" in page.text
    assert "not a map" in page.text


def test_published_figures_stand_beside_this_record_and_the_difference_is_shown(world: World, client: Client) -> None:
    page = read(client.get(world.seoul.get_absolute_url()))
    assert "Pledging states 62 UN 8 December 2021 2 60 not yet entered Closing note" in page.text
    assert "States pledging medical support 18 UN 1 17 not yet entered Closing note" in page.text
    assert "Value of a national package, Alphaland CAD 85,000,000 UN" in page.text


def test_what_prepared_it_and_what_came_of_it_is_told(world: World, client: Client) -> None:
    text = read(client.get(world.seoul.get_absolute_url())).text
    for said in ("Preparatory conferences", "Theme 0 no date found not found Alphaland",
                 "Session 1 prepared by “Theme 1”",
                 "Side event 0 co-hosts: Alphaland", "Text 0 declaration 1 name known Alphaland"):  # fmt: skip
        assert said in text, said


def test_the_first_fifty_pledges_stand_there_and_the_list_holds_the_rest(world: World, client: Client) -> None:
    for _number in range(60):
        make.RecordPledgeFactory(conference=world.seoul, participant=world.beta)
    response = client.get(world.seoul.get_absolute_url())
    assert len(response.context["pledges"]) == 50
    whole = read(response).link("All of them, with filters and search")
    assert client.get(whole).context["found"].count == 64


def test_a_past_conference_without_rows_says_so_whether_or_not_some_are_under_embargo(
    world: World, client: Client
) -> None:
    empty = client.get(world.berlin.get_absolute_url())
    make.RegisteredPledgeFactory(conference=world.berlin)
    hidden = client.get(world.berlin.get_absolute_url())
    for response in (empty, hidden):
        text = read(response).text
        assert "Records not yet entered" in text
        assert "0 pledges" not in text


def test_the_secretariat_sees_what_is_under_embargo_and_is_told_so(world: World, client: Client) -> None:
    make.RegisteredPledgeFactory(conference=world.berlin)
    make.DraftPledgeFactory(conference=world.berlin)
    client.force_login(make.OfficerFactory())
    text = read(client.get(world.berlin.get_absolute_url())).text
    assert "all registered pledges, those under embargo included" in text
    assert "1 pledges in this record" in text  # the draft is no pledge yet


def test_an_unknown_conference_is_not_found(world: World, client: Client) -> None:
    assert client.get(reverse("conference-detail", args=["nowhere-1999"])).status_code == 404


@pytest.mark.parametrize(
    ("states", "finding"),
    [
        ({"unknown": 3, "delivered": 1}, "Most pledges were never publicly reported on"),
        ({"unknown": 1, "delivered": 2, "partly_delivered": 1}, "Most pledges were delivered, wholly or partly"),
        ({"unknown": 2, "under_way": 2}, "Half of the pledges or more were publicly reported on"),
    ],
)
def test_the_title_of_the_chart_says_what_it_shows(states: dict[str, int], finding: str) -> None:
    assert states_finding(states, sum(states.values())) == finding


def test_the_category_named_first_is_really_first() -> None:
    rows = [CategoryRow("a", "Aviation", {"unknown": 2}), CategoryRow("b", "Medical", {"unknown": 1})]
    assert categories_finding(rows) == "Aviation has the most pledges"
    assert categories_finding([rows[0], CategoryRow("c", "Training", {"unknown": 2})]) == "Pledges by category"
