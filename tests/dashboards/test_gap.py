"""The capability gap and the page of one ask."""

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from tests import factories as make
from tests.pages.reading import read
from tests.pages.world import World

GAP = "/gap/"


def rows(client: Client, query: str = "") -> list[tuple[str | None, str]]:
    """Return the mission and type of each row under a query."""
    context = client.get(f"{GAP}?{query}").context
    groups = [*context["stated"], *context["unstated"]]
    return [(line["row"].mission, line["row"].capability_type) for group in groups for line in group["lines"]]


def test_rows_say_the_remainder_in_words_and_in_a_bar(world: World, client: Client) -> None:
    page = read(client.get(GAP))
    assert "UNMISS Level II hospital facility 3 2 2 1 1 of 3 missing 1 Requirements 2020" in page.text
    assert "1 of 3 missing" in [bar.attributes["aria-label"] for bar in page.all("svg", **{"class": "bar-chart gap"})]
    assert "No mission named Infantry battalion battalion 5 0 0 0 all 5 missing 0" in page.text


def test_unknown_numbers_are_listed_and_never_summed(world: World, client: Client) -> None:
    text = read(client.get(GAP)).text
    assert "Number not stated" in text
    assert "2 capabilities asked for with a number 1 asked for without a number" in text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("mission=UNMISS", [("UNMISS", "hospital"), ("UNMISS", "battalion")]),
        ("category=medical", [("UNMISS", "hospital")]),
        ("capability_type=battalion", [(None, "battalion"), ("UNMISS", "battalion")]),
        ("conference=seoul-2021", [("UNMISS", "hospital"), ("UNMISS", "battalion")]),
        ("open_missions=false", []),
    ],
)
def test_filters_narrow_the_gap(
    world: World, client: Client, query: str, expected: list[tuple[str | None, str]]
) -> None:
    assert rows(client, query) == expected


def test_an_empty_gap_says_why(world: World, client: Client) -> None:
    page = read(client.get(f"{GAP}?open_missions=false"))
    assert "Nothing asked for matches" in page.text
    assert page.link("Show all that was asked for") == GAP


def test_a_wrong_question_is_refused(world: World, client: Client) -> None:
    assert client.get(f"{GAP}?mission=NOWHERE").status_code == 400
    assert client.get(f"{GAP}?remainder=3").status_code == 400


def test_the_largest_remainder_of_a_mission_stands_first(world: World, client: Client) -> None:
    make.RequirementFactory(
        edition=world.hospital_ask.edition,
        mission=world.unmiss,
        quantity=20,
        capability_type=make.CapabilityTypeFactory(code="z"),
    )
    assert rows(client, "mission=UNMISS")[0] == ("UNMISS", "z")


def test_offers_above_the_need_are_shown_as_such(world: World, client: Client) -> None:
    make.RecordPledgeFactory(
        conference=world.seoul, capability_type=world.hospital.capability_type, quantity=4, missions=[world.unmiss]
    )
    page = read(client.get(f"{GAP}?category=medical"))
    assert "covered by offers; 3 above need" in page.text


def test_the_secretariat_counts_what_is_under_embargo_and_is_told_so(world: World, client: Client) -> None:
    make.RegisteredPledgeFactory(
        conference=world.seoul, capability_type=world.hospital.capability_type, quantity=1, missions=[world.unmiss]
    )
    assert "1 of 3 missing" in read(client.get(GAP)).text
    client.force_login(make.OfficerFactory())
    text = read(client.get(GAP)).text
    assert "covered by offers" in text
    assert "all registered pledges, those under embargo included" in text


def test_an_ask_shows_its_source_and_what_was_offered(world: World, client: Client) -> None:
    page = read(client.get(world.hospital_ask.get_absolute_url()))
    for said in ("Level II hospital, UNMISS", "Requirements 2020", "Needed 3 facilities",
                 "Characteristics heated mobile",
                 "Field hospital", "Allocated by the Secretariat", "Source Uniformed capability requirements",
                 "offered 2 verified 2 delivered 1"):  # fmt: skip
        assert said in page.text, said
    assert page.link("Seoul Ministerial") == world.seoul.get_absolute_url()


def test_a_newer_edition_takes_the_place_of_an_older_one_which_stays(world: World, client: Client) -> None:
    edition = make.EditionFactory(name="Requirements 2021", published_on=date(2021, 6, 1))
    newer = make.RequirementFactory(
        edition=edition, mission=world.unmiss, capability_type=world.hospital.capability_type, quantity=4
    )
    assert "Requirements 2021" in read(client.get(f"{GAP}?category=medical")).text
    old = read(client.get(world.hospital_ask.get_absolute_url()))
    assert "A newer edition states this need" in old.text
    assert old.link("Requirements 2021") == newer.get_absolute_url()


def test_delegations_are_offered_the_form_with_the_ask_filled_in(world: World, client: Client) -> None:
    address = world.hospital_ask.get_absolute_url()
    assert "Offer this" not in read(client.get(address)).text
    client.force_login(make.OfficerFactory())
    assert "Offer this" not in read(client.get(address)).text
    client.force_login(make.member_of(world.gamma))
    offer = read(client.get(address)).link("Offer this")
    assert offer == f"{reverse('pledge-create')}?requirement={world.hospital_ask.reference}"
    assert client.get(offer).status_code == 200
    assert f'href="{offer}"' in client.get(GAP).content.decode()
    client.force_login(make.OfficerFactory())
    assert "Offer this" not in read(client.get(GAP)).text
