"""Delivery by conference through the API: the home page's numbers, each with the call for just its rows."""

from datetime import date

import pytest

from pledges.enums import AssessedState
from tests import factories
from tests.api.readers import Api

PARTS = ("delivered", "partly", "under_way", "not_assessed", "ended", "unknown")


@pytest.fixture
def readers(db: None) -> dict[str, Api]:
    """An old conference with a delivered, an unknown and a silent pledge, and one under embargo; and readers."""
    old = factories.ConferenceFactory(
        slug="old", starts_on=date(2015, 9, 28), ends_on=date(2015, 9, 28), reporting_cycle_months=6
    )
    owner = factories.ParticipantFactory()
    delivered = factories.RecordPledgeFactory(conference=old)
    factories.AssessmentFactory(pledge=delivered, state=AssessedState.DELIVERED)
    factories.RecordPledgeFactory(conference=old)
    factories.AnnouncedPledgeFactory(conference=old)
    factories.RegisteredPledgeFactory(conference=old, participant=owner)
    factories.ConferenceFactory(slug="to-come", starts_on=date(2099, 1, 1), ends_on=date(2099, 1, 1))
    return {
        "anonymous": Api(),
        "own delegation": Api(factories.member_of(owner)),
        "Secretariat": Api(factories.OfficerFactory()),
    }


@pytest.mark.parametrize(("reader", "more"), [("anonymous", 0), ("own delegation", 1), ("Secretariat", 1)])
def test_each_number_has_just_its_rows(readers: dict[str, Api], reader: str, more: int) -> None:
    api = readers[reader]
    [row] = api.rows("statistics/delivery/")
    assert (row["conference"], row["delivered"]) == ("old", 1)
    assert row["pledges"] + row["silent"] == 3 + more
    assert sum(row[part] for part in PARTS) == row["pledges"]
    assert len(api.rows(row["counted_pledges"])) == row["pledges"]
    assert len(api.rows(row["silent_pledges"])) == row["silent"] >= 1


def test_it_takes_no_parameters(readers: dict[str, Api]) -> None:
    assert readers["anonymous"].get("statistics/delivery/?conference=old").status_code == 400
