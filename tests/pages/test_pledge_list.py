"""The list of pledges: filters, chips, orders, pages, errors and empty lists."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from pledges import listing
from tests.factories import DraftPledgeFactory, RecordPledgeFactory, RegisteredPledgeFactory, member_of
from tests.pages.reading import read
from tests.pages.world import World

LIST = "/pledges/"


def titles(client: Client, query: str) -> set[str]:
    """Return the titles that the list shows under a query."""
    return {row.title for row in client.get(f"{LIST}?{query}").context["found"].page.rows}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"Field hospital", "Engineers course", "Battalion again", "First battalion", "Money for training",
              "Closed battalion"}),
        ("q=hospital", {"Field hospital"}),
        ("q=cote+beta", {"Battalion again", "First battalion"}),
        ("conference=london-2016", {"First battalion", "Closed battalion"}),
        ("conference=london-2016,seoul-2021&region=WEOG", {"Battalion again", "First battalion"}),
        ("category=training", {"Engineers course", "Money for training"}),
        ("capability_type=battalion&mission=UNMISS", {"Battalion again", "First battalion"}),
        ("known_state=partly_delivered", {"Field hospital"}),
        ("known_state=delayed,delivered", {"Engineers course", "Closed battalion"}),
        ("readiness=2", {"Field hospital"}),
        ("late=true", {"Engineers course"}),
        ("with_partners=true", {"Engineers course"}),
        ("with_partners=false&category=training", {"Money for training"}),
        ("verified=true", {"Field hospital", "Closed battalion"}),
        ("counted=true&capability_type=battalion", {"Battalion again", "Closed battalion"}),
    ],
)  # fmt: skip
def test_filters_narrow_the_list(world: World, client: Client, query: str, expected: set[str]) -> None:
    assert titles(client, query) == expected


def test_each_chip_takes_one_value_away_and_clear_takes_all(world: World, client: Client) -> None:
    address = f"{LIST}?conference=seoul-2021,london-2016&category=training&late=true&order=title"
    page = read(client.get(address))
    chips = {
        said.removeprefix("Remove filter: "): link for link, said in page.links if said.startswith("Remove filter")
    }
    assert chips == {
        "Conference: Seoul Ministerial": f"{LIST}?conference=london-2016&category=training&late=true&order=title",
        "Conference: London Ministerial": f"{LIST}?conference=seoul-2021&category=training&late=true&order=title",
        "Category: Training": f"{LIST}?conference=seoul-2021,london-2016&late=true&order=title",
        "Late": f"{LIST}?conference=seoul-2021,london-2016&category=training&order=title",
    }
    assert page.link("Clear all") == LIST


def test_the_form_keeps_what_the_page_does_not_show(world: World, client: Client) -> None:
    page = read(client.get(f"{LIST}?match=exact&order=title&category=medical&cursor="))
    hidden = {one.attributes["name"]: one.attributes["value"] for one in page.all("input", type="hidden")}
    assert hidden == {"match": "exact", "order": "title"}
    chosen = [option for option in page.all("option") if "selected" in option.attributes and option.attributes["value"]]
    assert [option.text for option in chosen] == ["Medical"]


def test_several_values_stay_chosen_in_the_form(world: World, client: Client) -> None:
    page = read(client.get(f"{LIST}?category=medical,training"))
    chosen = [option for option in page.all("option") if "selected" in option.attributes and option.attributes["value"]]
    assert [(option.attributes["value"], option.text) for option in chosen] == [
        ("medical,training", "Medical, Training")
    ]


@pytest.mark.parametrize(
    ("query", "message", "typed"),
    [
        ("conference=seoul-1921", "“seoul-1921” is not in this list: choose another.", "seoul-1921"),
        ("late=perhaps", "“perhaps” is not in this list: choose another.", "perhaps"),
        ("match=exact,nearly", "“nearly” is not in this list: choose another.", "exact,nearly"),
        ("since=8+December", "Write the day as in 2021-12-07.", "8 December"),
        ("order=random", "“random” is not in this list: choose another.", "random"),
    ],
)
def test_a_wrong_value_is_said_on_top_and_beside_the_field_and_stays(
    world: World, client: Client, query: str, message: str, typed: str
) -> None:
    response = client.get(f"{LIST}?{query}&category=medical")
    page, name = read(response), query.partition("=")[0]
    assert response.status_code == 400
    assert page.text.count(message) == 2
    assert page.link(message) == f"#filter_{name}"
    (control,) = [one for one in page.elements if one.attributes.get("id") == f"filter_{name}"]
    kept = [option.attributes["value"] for option in page.all("option") if "selected" in option.attributes]
    assert typed in [control.attributes.get("value"), *kept]
    assert page.all("title")[0].text.startswith("Error: Pledges")


@pytest.mark.parametrize("query", ["colour=red", "conference__title=x", "cursor=abc", "q=a%00b"])
def test_a_question_that_cannot_be_asked_is_refused_and_not_ignored(world: World, client: Client, query: str) -> None:
    response = client.get(f"{LIST}?{query}")
    assert response.status_code == 400
    assert "There is a problem" in read(response).text


def test_an_empty_list_names_the_filter_to_drop(world: World, client: Client) -> None:
    page = read(client.get(f"{LIST}?conference=seoul-2021&category=training&region=GRULAC"))
    assert "Without “Regional group: Latin American and Caribbean Group” there are some." in page.text
    drop = page.link("Drop “Regional group: Latin American and Caribbean Group”")
    assert titles(client, drop.partition("?")[2]) == {"Engineers course", "Money for training"}


def test_an_empty_list_offers_to_drop_all_where_one_is_not_enough(world: World, client: Client) -> None:
    page = read(client.get(f"{LIST}?region=GRULAC&readiness=3"))
    assert page.link("Drop all filters") == LIST


@pytest.mark.django_db
def test_an_empty_record_says_what_to_do(client: Client) -> None:
    page = read(client.get(LIST))
    assert "No public pledges" in page.text
    assert page.link("See the conferences") == reverse("conference-list")


@pytest.mark.parametrize(
    ("order", "column", "direction"),
    [
        ("", "Conference", "descending"),
        ("oldest", "Conference", "ascending"),
        ("participant", "Participant", "ascending"),
        ("-title", "Pledge", "descending"),
        ("deadline", "By when", "ascending"),
    ],
)
def test_the_sorted_column_is_told_and_its_head_turns_it_round(
    world: World, client: Client, order: str, column: str, direction: str
) -> None:
    page = read(client.get(f"{LIST}?order={order}"))
    heads = {
        head.text.strip(): head.attributes["aria-sort"] for head in page.all("th") if "aria-sort" in head.attributes
    }
    assert heads == {"Participant": "none", "Pledge": "none", "Conference": "none", "By when": "none"} | {
        column: direction
    }
    turned = read(client.get(page.link(column)))
    (head,) = [head for head in turned.all("th") if head.text.strip() == column]
    assert {head.attributes["aria-sort"], direction} == {"ascending", "descending"}


@pytest.mark.parametrize("order", ["", "oldest", "participant", "-title", "deadline"])
def test_walking_the_pages_forth_and_back_shows_every_pledge_once(world: World, client: Client, order: str) -> None:
    for number in range(115):
        RecordPledgeFactory(conference=world.seoul, participant=(world.alpha, world.beta)[number % 2], title="Same")
    address, seen, ranges = f"{LIST}?order={order}", [], []
    while address:
        response = client.get(address)
        seen.append([row.reference for row in response.context["found"].page.rows])
        ranges.append(response.context["found"].range_in_words)
        address = response.context["pages"]["next"]
    assert ranges == ["1 to 50 of 121 pledges", "51 to 100 of 121 pledges", "101 to 121 of 121 pledges"]
    assert len({reference for page in seen for reference in page}) == 121
    assert response.context["pages"]["last"] == ""
    back = client.get(response.context["pages"]["previous"])
    assert [row.reference for row in back.context["found"].page.rows] == seen[1]
    assert client.get(back.context["pages"]["first"]).context["found"].range_in_words == ranges[0]
    last = client.get(back.context["pages"]["last"])
    assert last.context["found"].page.rows[-1].reference == seen[2][-1]


def test_a_pledge_that_arrives_moves_nothing_between_pages(world: World, client: Client) -> None:
    for _number in range(60):
        RecordPledgeFactory(conference=world.seoul, participant=world.alpha)
    first = client.get(LIST)
    now = datetime.now(tz=UTC)
    RecordPledgeFactory(conference=world.seoul, participant=world.alpha, announced_at=now - timedelta(seconds=1))
    second = client.get(first.context["pages"]["next"])
    shown = [row.reference for response in (first, second) for row in response.context["found"].page.rows]
    assert len(shown) == len(set(shown)) == 66
    assert second.context["found"].range_in_words == "52 to 67 of 67 pledges"


def test_counting_stops_where_it_would_cost_more_than_the_page(
    world: World, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "COUNTED_TO", 5)
    found = client.get(LIST).context["found"]
    assert (found.counted_in_words, found.range_in_words) == ("more than 5 pledges", "1 to 6 of more than 5 pledges")
    monkeypatch.setattr(listing, "PAGE_SIZE", 2)
    second = client.get(client.get(LIST).context["pages"]["next"])
    assert second.context["found"].range_in_words == "A page of more than 5 pledges"


def test_insiders_see_in_the_list_what_is_not_announced(world: World, client: Client) -> None:
    DraftPledgeFactory(
        conference=world.seoul,
        participant=world.alpha,
        title="",
        category=None,
        capability_type=None,
        description="",
        quantity=None,
    )
    RegisteredPledgeFactory(conference=world.seoul, participant=world.alpha, title="Under embargo")
    client.force_login(member_of(world.alpha))
    page = read(client.get(f"{LIST}?participant={world.alpha.pk}"))
    assert "Draft not announced" in page.text
    assert "Registered not announced" in page.text
