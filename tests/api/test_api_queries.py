"""The number of queries of an answer does not depend on its rows."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import factories
from tests.api.readers import Api


def many_pledges(count: int) -> None:
    """Make pledges with missions and partners."""
    for _ in range(count):
        pledge = factories.AnnouncedPledgeFactory(missions=factories.MissionFactory.create_batch(2))
        factories.ConfirmedPartnerFactory.create_batch(2, pledge=pledge)


def many_conferences(count: int) -> None:
    """Make conferences with hosts and co-chairs."""
    for _ in range(count):
        conference = factories.ConferenceFactory()
        conference.hosts.add(*factories.ParticipantFactory.create_batch(2))
        factories.CoChairFactory(conference=conference)


def many_missions(count: int) -> None:
    """Make missions with host countries."""
    for _ in range(count):
        factories.MissionFactory().host_countries.add(factories.ParticipantFactory())


def many_gaps(count: int) -> None:
    """Make asks, each of a type of its own, and pledges of these types."""
    for requirement in factories.RequirementFactory.create_batch(count):
        factories.AnnouncedPledgeFactory(capability_type=requirement.capability_type)


ENDPOINTS: list[tuple[str, Any, int]] = [
    ("pledges/", many_pledges, 4),
    ("pledges/?known_state=unknown&order=deadline&late=false", many_pledges, 4),
    ("pledges/?format=csv", many_pledges, 4),
    ("conferences/", many_conferences, 3),
    ("missions/", many_missions, 2),
    ("participants/", factories.ParticipantFactory.create_batch, 1),
    ("capability-types/", factories.CapabilityTypeFactory.create_batch, 1),
    ("requirements/", factories.RequirementFactory.create_batch, 1),
    ("statistics/gap/", many_gaps, 3),
]


def queries_of(api: Api, path: str) -> list[str]:
    """Return the queries of a call, those for the token left out; the answer is read to its end."""
    with CaptureQueriesContext(
        connection,
    ) as captured:
        answer = api.get(path)
        assert answer.status_code == 200
        assert b"".join(answer)
    asked = [query["sql"] for query in captured.captured_queries]
    return [sql for sql in asked if "accounts_apitoken" not in sql and not sql.startswith(("SAVEPOINT", "RELEASE"))]


@pytest.mark.parametrize(("path", "make", "expected"), ENDPOINTS)
@pytest.mark.parametrize("signed_in", [False, True])
@pytest.mark.parametrize("rows", [1, 50])
def test_the_number_of_queries_is_fixed(
    db: None, path: str, make: Any, expected: int, signed_in: bool, rows: int
) -> None:
    make(rows)
    api = Api(factories.member_of(factories.ParticipantFactory()) if signed_in else None)
    assert len(queries_of(api, path)) == expected


@pytest.mark.parametrize("entries", [1, 20])
def test_a_timeline_takes_as_many_queries_whatever_happened(db: None, entries: int) -> None:
    pledge = factories.AnnouncedPledgeFactory()
    factories.ProgressUpdateFactory.create_batch(entries, pledge=pledge)
    factories.AssessmentFactory.create_batch(entries, pledge=pledge)
    factories.CaveatFactory.create_batch(entries, pledge=pledge, stage="talks")
    assert len(queries_of(Api(), f"pledges/{pledge.reference}/timeline/")) == 5


def test_a_token_costs_one_query(db: None) -> None:
    api = Api(factories.AnalystFactory())
    api.get("pledges/")  # notes that the token was used
    with CaptureQueriesContext(connection) as captured:
        api.get("pledges/")
    assert len([query for query in captured.captured_queries if "accounts_apitoken" in query["sql"]]) == 1
