"""Each number on a page opens exactly its rows: the list holds as many, and so does the API under the same question."""

import re
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse

from conferences.models import MembershipRole
from pledges.models import Pledge
from tests import factories as make
from tests.pages.reading import figures, read
from tests.pages.world import World, add_hidden


@pytest.fixture(params=["visitor", "delegation", "officer"])
def reader(request: pytest.FixtureRequest, world: World, client: Client) -> Client:
    """Three readers who see different rows of one database."""
    add_hidden(world)
    if request.param == "delegation":
        client.force_login(make.member_of(world.alpha, MembershipRole.VIEWER))
    elif request.param == "officer":
        client.force_login(make.OfficerFactory())
    return client


def pages(world: World) -> Iterator[str]:
    """Yield the pages that show numbers."""
    yield from (reverse(name) for name in ("home", "conference-list", "participant-list", "gap"))
    yield from (row.get_absolute_url() for row in (world.seoul, world.london, world.berlin, world.alpha, world.gamma))
    yield f"{reverse('participant-list')}?conference=seoul-2021&category=medical"
    yield world.hospital_ask.get_absolute_url()


def test_numbers_of_pledges_open_as_many_rows(reader: Client, world: World) -> None:
    pledge_list = reverse("pledge-list")
    tried = 0
    for page in pages(world):
        if page in {reverse("gap"), world.hospital_ask.get_absolute_url()}:
            continue  # these count units, not pledges
        for address, number in figures(read(reader.get(page)), pledge_list):
            assert reader.get(address).context["found"].count == number, (page, address)
            query = address.partition("?")[2]
            assert len(reader.get(f"{reverse('api-pledges')}?{query}&page_size=1000").json()["results"]) == number
            tried += 1
    assert tried > 60


def test_numbers_of_participants_open_as_many_participants(reader: Client, world: World) -> None:
    participant_list = reverse("participant-list")
    tried = 0
    for page in pages(world):
        for address, number in figures(read(reader.get(page)), participant_list):
            assert reader.get(address).context["total"] == number, (page, address)
            tried += 1
    assert tried >= 3


def test_numbers_of_asks_open_as_many_rows_of_the_gap(reader: Client, world: World) -> None:
    gap = reverse("gap")
    numbers = figures(read(reader.get(world.seoul.get_absolute_url())), gap)
    assert [number for _address, number in numbers] == [1, 1]
    for address, number in numbers:
        context = reader.get(address).context
        rows = [line for group in context["stated"] + context["unstated"] for line in group["lines"]]
        assert len(rows) == number


@pytest.mark.parametrize(
    ("kind", "column"), [("offered", "quantity"), ("verified", "quantity"), ("delivered", "delivered_quantity")]
)
def test_numbers_of_the_gap_are_the_sums_over_their_rows(reader: Client, world: World, kind: str, column: str) -> None:
    context = reader.get(reverse("gap")).context
    lines = [line for group in context["stated"] + context["unstated"] for line in group["lines"]]
    assert sum(line["row"].offered for line in lines) > 0
    for line in lines:
        rows = reader.get(line[f"{kind}_url"]).context["found"].page.rows
        pledges = Pledge.objects.filter(pk__in=[row.pk for row in rows])
        assert getattr(line["row"], kind) == sum(getattr(pledge, column) or 0 for pledge in pledges)


def test_the_pledges_that_name_an_ask_are_as_many_as_their_list_holds(reader: Client, world: World) -> None:
    make.RecordPledgeFactory(conference=world.seoul, capability_type=world.hospital.capability_type,
                             quantity=None, missions=[world.unmiss, make.MissionFactory()])  # fmt: skip
    context = reader.get(reverse("gap")).context
    lines = [line for group in context["stated"] + context["unstated"] for line in group["lines"]]
    assert max(line["row"].named for line in lines) >= 2
    for line in lines:
        assert reader.get(line["named_url"]).context["found"].count == line["row"].named


def test_the_gap_of_the_small_world_is_what_one_counts_by_hand(world: World, client: Client) -> None:
    context = client.get(reverse("gap")).context
    rows = {line["row"].capability_type: line["row"] for group in context["stated"] for line in group["lines"]}
    hospital = rows["hospital"]
    assert (hospital.required, hospital.offered, hospital.verified, hospital.delivered) == (3, 2, 2, 1)
    assert hospital.in_words == "1 of 3 missing"
    unstated = [line["row"] for group in context["unstated"] for line in group["lines"]]
    # The battalion of 2016 is renewed by that of 2021, which alone counts.
    assert [(row.capability_type, row.offered) for row in unstated] == [("battalion", 3)]


def test_the_csv_of_a_list_holds_the_rows_of_the_list(reader: Client, world: World) -> None:
    response = reader.get(reverse("pledge-list"), {"conference": "seoul-2021", "order": "title"})
    csv = reader.get(response.context["data"].csv)
    body = b"".join(csv.streaming_content) if csv.streaming else csv.content
    shown = [row.reference for row in response.context["found"].page.rows]
    assert [line.split(",")[0] for line in body.decode("utf-8-sig").splitlines()[1:]] == shown
    assert len(shown) > 3


def test_every_data_link_of_a_page_is_answered(reader: Client, world: World) -> None:
    api = re.compile(r"/api/v1/(?!docs)")
    addresses = {
        address
        for page in (*pages(world), world.hospital.get_absolute_url(), reverse("pledge-list"))
        for address, _words in read(reader.get(page)).links
        if api.match(address)
    }
    assert len(addresses) > 10
    assert {address: reader.get(address).status_code for address in addresses} == dict.fromkeys(addresses, 200)
