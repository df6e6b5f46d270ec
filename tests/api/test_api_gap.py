"""The gap through the API: numbers, rights, and links that lead to exactly the rows counted."""

from datetime import date

import pytest
from django.test import Client

from pledges.enums import AssessedState, LineageKind
from tests import factories
from tests.api.readers import Api, World


def offered(api: Api, link: str) -> int:
    """Return the sum of the quantities behind a link."""
    return sum(row["quantity"] for row in api.rows(link))


@pytest.fixture
def readers(db: None) -> dict[str, Api]:
    """An ask for eight units, pledges of all kinds for and beside it, and readers."""
    mission, other = factories.MissionFactory.create_batch(2)
    ask = factories.RequirementFactory(mission=mission)
    owner = factories.ParticipantFactory()
    fits = {"capability_type": ask.capability_type, "participant": owner, "missions": [mission]}
    factories.AnnouncedPledgeFactory(**fits, quantity=3)
    renewed = factories.AnnouncedPledgeFactory(**fits, quantity=2)
    factories.LineageFactory(earlier=renewed, later=factories.AnnouncedPledgeFactory(**fits, quantity=1))
    factories.AssessmentFactory(
        pledge=factories.ClosedPledgeFactory(**fits, quantity=2), state=AssessedState.DELIVERED, confirmed_quantity=1
    )
    still = factories.AnnouncedPledgeFactory(**fits, quantity=5)
    factories.LineageFactory(earlier=still, later=factories.DraftPledgeFactory(**fits), kind=LineageKind.SUPERSEDES)
    factories.RegisteredPledgeFactory(**fits, quantity=7)
    factories.AnnouncedPledgeFactory(**(fits | {"missions": [mission, other]}))
    factories.AnnouncedPledgeFactory(**(fits | {"missions": []}))
    factories.AnnouncedPledgeFactory(**fits, quantity=None)
    factories.RecordPledgeFactory(**fits, kind="already_announced")
    factories.AnnouncedPledgeFactory(**fits, conference__starts_on=date(2024, 1, 1))
    return {
        "anonymous": Api(),
        "own delegation": Api(factories.member_of(owner)),
        "Secretariat": Api(factories.OfficerFactory()),
    }


@pytest.mark.parametrize(("reader", "expected"), [("anonymous", 11), ("own delegation", 18), ("Secretariat", 18)])
def test_a_link_opens_exactly_the_pledges_counted(readers: dict[str, Api], reader: str, expected: int) -> None:
    [row] = readers[reader].rows("statistics/gap/")
    assert row["offered"] == expected
    assert offered(readers[reader], row["pledges"]) == expected


def test_numbers_and_words(readers: dict[str, Api]) -> None:
    answer = readers["anonymous"].get("statistics/gap/").json()
    [row] = answer["results"]
    assert (row["required"], row["verified"], row["delivered"]) == (8, 2, 1)
    assert (row["missing"], row["surplus"], row["undelivered"]) == (0, 3, 7)
    assert row["in_words"] == "covered by offers; 3 above need"
    assert row["edition"]["published_on_precision"] == "month"


def test_the_rule_is_that_of_the_page(readers: dict[str, Api]) -> None:
    rule = readers["anonymous"].get("statistics/gap/").json()["rule"]
    assert rule == "announced pledges only"
    assert rule in Client().get("/gap/").content.decode()


@pytest.mark.parametrize("reader", ["anonymous", "analyst", "own delegation", "co-chair", "partner", "Secretariat"])
def test_the_gap_counts_what_the_reader_may_see(world: World, reader: str) -> None:
    registered = world.pledges["registered"]
    factories.RequirementFactory(capability_type=registered.capability_type)
    [row] = world.readers[reader].rows("statistics/gap/")
    assert row["offered"] == (registered.quantity if registered.reference in world.seen_by(reader) else 0)


def test_filters_narrow_the_asks(anyone: Api) -> None:
    one, two = factories.RequirementFactory.create_batch(2)
    unknown = factories.RequirementFactory(quantity=None)
    assert len(anyone.rows("statistics/gap/")) == 3
    [row] = anyone.rows("statistics/gap/", capability_type=two.capability_type_id)
    assert row["requirements"] == [two.reference]
    assert anyone.rows("statistics/gap/", edition=one.edition.name)[0]["requirements"] == [one.reference]
    [row] = anyone.rows("statistics/gap/", capability_type=unknown.capability_type_id)
    assert (row["required"], row["missing"], row["in_words"]) == (None, None, "number needed not stated")


def test_an_ask_in_another_unit_subtracts_nothing(anyone: Api) -> None:
    ask = factories.RequirementFactory(unit="helicopter")
    factories.AnnouncedPledgeFactory(capability_type=ask.capability_type)
    [row] = anyone.rows("statistics/gap/")
    assert (row["offered"], row["missing"], row["in_words"]) == (None, None, "offers are counted in another unit")
