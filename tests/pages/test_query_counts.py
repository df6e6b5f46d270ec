"""The number of queries of a page does not depend on the number of its rows."""

from collections.abc import Callable
from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from pledges.enums import LineageKind
from tests import factories as make
from tests.pages.world import World, add_programme

ROWS = 49


def queries(client: Client, address: str) -> int:
    """Return how many queries a page takes."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def more_pledges(world: World) -> None:
    """Add pledges with all that belongs to a pledge, in Seoul and in London."""
    for number in range(ROWS):
        pledge = make.RecordPledgeFactory(
            conference=(world.seoul, world.london)[number % 2],
            participant=make.ParticipantFactory() if number % 3 else world.alpha,
            capability_type=world.hospital.capability_type,
            missions=[world.unmiss],
        )
        make.ConfirmedPartnerFactory(pledge=pledge, participant=world.beta)
        make.LineageFactory(later=pledge, earlier=world.hospital, kind=LineageKind.REPEATS)
        make.RecordProgressUpdateFactory(pledge=world.battalion)
        make.AssessmentFactory(pledge=world.battalion)
        make.ReadinessFactory(pledge=world.battalion)
        make.CaveatFactory(pledge=world.battalion)
        make.ConfirmedPartnerFactory(pledge=world.battalion, share_quantity=None)
        make.PledgeMissionFactory(pledge=world.battalion)


def more_asks(world: World) -> None:
    """Add asks of many types for many missions, and older editions that ask for the same."""
    older = date(2015, 1, 1)
    for _number in range(ROWS):
        make.RequirementFactory(conference=world.seoul, mission=make.MissionFactory())
        make.RequirementFactory(
            capability_type=world.hospital.capability_type,
            mission=world.unmiss,
            beneficiary=world.alpha,
            edition=make.EditionFactory(published_on=older),
        )


def more_programme(world: World) -> None:
    """Add conferences, and more of everything to one of them."""
    add_programme(world.seoul, tuple(make.ParticipantFactory() for _number in range(ROWS)), first=10)
    for number in range(ROWS):
        conference = make.ConferenceFactory(sequence_since_2014=100 + number)
        conference.hosts.add(world.alpha)
        make.CoChairFactory(conference=conference, participant=world.alpha)
        make.PreparatoryConferenceFactory(conference=conference).co_hosts.add(world.alpha)
        make.PublishedTotalFactory(conference=conference, participant=world.alpha)


PAGES: dict[str, tuple[int, Callable[[World], str]]] = {
    "home": (4, lambda world: reverse("home")),
    "conferences": (6, lambda world: reverse("conference-list")),
    "participants": (4, lambda world: reverse("participant-list")),
    "pledges": (8, lambda world: reverse("pledge-list")),
    "pledges filtered": (
        8,
        lambda world: f"{reverse('pledge-list')}?conference=seoul-2021,london-2016&category=medical",
    ),
    "gap": (7, lambda world: reverse("gap")),
    "conference": (27, lambda world: world.seoul.get_absolute_url()),
    "participant": (13, lambda world: world.alpha.get_absolute_url()),
    "pledge": (15, lambda world: world.battalion.get_absolute_url()),
    "requirement": (8, lambda world: world.hospital_ask.get_absolute_url()),
}


@pytest.mark.parametrize("name", PAGES)
def test_queries_do_not_grow_with_rows(world: World, client: Client, name: str) -> None:
    most, address_of = PAGES[name]
    address = address_of(world)
    few = queries(client, address)
    for add in (more_programme, more_pledges, more_asks):
        add(world)
    assert queries(client, address) == few
    assert few == most


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["home", "conference-list", "participant-list", "pledge-list"])
def test_one_row_and_fifty_take_the_same_queries(client: Client, name: str) -> None:
    make.RecordPledgeFactory()
    one = queries(client, reverse(name))
    for _number in range(ROWS):
        make.RecordPledgeFactory()
    assert queries(client, reverse(name)) == one


def test_a_page_deep_in_the_list_takes_one_query_more(world: World, client: Client) -> None:
    for _number in range(120):
        make.RecordPledgeFactory(conference=world.seoul, participant=world.alpha)
    first = client.get(reverse("pledge-list"))
    with CaptureQueriesContext(connection) as captured:
        second = client.get(first.context["pages"]["next"])
    assert second.context["found"].first == 51
    # The place of the first row is counted, so that the page can say "51 to 100".
    assert len(captured) == queries(client, reverse("pledge-list")) + 1
