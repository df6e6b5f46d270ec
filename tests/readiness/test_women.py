"""Women pledged and deployed: who is counted, what stays unknown, and that each number opens its pledges."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from pledges.figures import readers_pledges
from pledges.models import Pledge
from pledges.querysets import today
from pledges.women import as_shares, by_target_and_year, shares_by, total
from tests.factories import (
    AnnouncedPledgeFactory,
    CapabilityTypeFactory,
    CategoryFactory,
    ConferenceFactory,
    ConfirmedPartnerFactory,
    GenderTargetFactory,
    LineageFactory,
    OfficerFactory,
    ParticipantFactory,
    ProgressUpdateFactory,
    RecordPledgeFactory,
    RegisteredPledgeFactory,
)

pytestmark = pytest.mark.django_db


def overall(user: Any = None) -> Any:
    """Return the shares over all that a reader's figures count."""
    rows = shares_by(readers_pledges(user or Client().get("/").wsgi_request.user), "conference_id")
    return total([as_shares(row, "conference_id") for row in rows])


def page(client: Client, **query: str) -> Any:
    return client.get(reverse("women"), query)


def report(pledge: Pledge, persons: int, women: int | None, day: date = date(2025, 9, 1), **values: Any) -> None:
    ProgressUpdateFactory(pledge=pledge, personnel=persons, women=women, happened_on=day, **values)


def test_the_share_adds_up_persons_over_pledges_that_state_both() -> None:
    AnnouncedPledgeFactory(personnel=100, women=10)
    AnnouncedPledgeFactory(personnel=300, women=90)
    AnnouncedPledgeFactory(personnel=500)
    AnnouncedPledgeFactory(personnel=None)
    shares = overall()
    assert (shares.pledges, shares.women, shares.persons, shares.pledged_percent) == (2, 100, 400, 25.0)


def test_none_among_a_known_number_counts_and_an_unknown_number_does_not() -> None:
    AnnouncedPledgeFactory(personnel=100, women=0)
    assert overall().pledged_percent == 0.0
    Pledge.objects.update(women=None)
    assert (overall().pledged_percent, overall().deployed_percent) == (None, None)


def test_the_latest_report_that_states_both_for_the_whole_pledge_is_what_is_deployed() -> None:
    pledge = AnnouncedPledgeFactory(personnel=100, women=10)
    partner = ConfirmedPartnerFactory(pledge=pledge, share_quantity=None)
    report(pledge, 90, 9, date(2025, 6, 1))
    report(pledge, 80, 20, date(2025, 9, 1))
    report(pledge, 70, None, date(2025, 10, 1))
    report(pledge, 5, 5, date(2025, 11, 1), partner=partner)
    shares = overall()
    assert (shares.reported, shares.deployed, shares.deployed_women, shares.deployed_percent) == (1, 80, 20, 25.0)


def test_the_public_counts_what_is_announced_and_each_commitment_once() -> None:
    first = AnnouncedPledgeFactory(personnel=100, women=10)
    later = AnnouncedPledgeFactory(personnel=100, women=30)
    LineageFactory(later=later, earlier=first)
    RecordPledgeFactory(personnel=100, women=100, kind="already_announced")
    RegisteredPledgeFactory(personnel=100, women=50)
    assert overall().pledged_percent == 30.0
    assert overall(OfficerFactory()).pledged_percent == 40.0


def test_pledges_count_in_the_year_of_their_conference_and_reports_in_their_own() -> None:
    police = CapabilityTypeFactory(code="formed-police-unit")
    conference = ConferenceFactory(starts_on=date(2023, 12, 5), ends_on=date(2023, 12, 6))
    pledge = AnnouncedPledgeFactory(capability_type=police, conference=conference, personnel=160, women=16)
    AnnouncedPledgeFactory(capability_type=CapabilityTypeFactory(), personnel=10, women=10)
    report(pledge, 160, 40, date(2025, 2, 1))
    report(pledge, 100, 30, date(2025, 3, 1))
    report(pledge, 100, 50, date(2026, 3, 1))
    found = by_target_and_year(readers_pledges(OfficerFactory()))
    pledged, deployed = found["formed-police-units", 2023], found["formed-police-units", 2025]
    assert (pledged.pledged_percent, pledged.deployed_percent) == (10.0, None)
    assert (deployed.deployed_percent, deployed.reported, deployed.pledges) == (30.0, 1, 0)
    assert found["formed-police-units", 2026].deployed_percent == 50.0
    assert {target for target, _year in found} == {"formed-police-units"}


def test_a_target_is_shown_as_stated_and_an_unknown_one_stays_unknown(client: Client) -> None:
    GenderTargetFactory(category="contingents", year=2021, target_percent=8)
    GenderTargetFactory(category="contingents", year=2022, target_percent=None)
    GenderTargetFactory(category="contingents", year=2025, target_percent=12)
    years = {line["year"]: line["cells"][0]["target"] for line in page(client).context["years"]}
    assert years[2021].target_percent == 8
    assert years[2022].target_percent is None
    assert 2023 not in years
    text = page(client).content.decode()
    assert "target 8 %" in text
    assert "target unknown" in text


def test_a_silent_pledge_counts_apart_and_a_report_brings_it_back(client: Client) -> None:
    police = CapabilityTypeFactory(code="formed-police-unit")
    lost = AnnouncedPledgeFactory(  # announced in May 2025: a report is owed every month
        capability_type=police, conference__reporting_cycle_months=1, personnel=100, women=10
    )
    report(lost, 100, 40, date(2025, 6, 1))
    heard = AnnouncedPledgeFactory(capability_type=police, conference=lost.conference, personnel=100, women=30)
    report(heard, 100, None, today())
    context = page(client).context
    (cell,) = [cell for line in context["years"] for cell in line["cells"] if cell["shares"].pledges]
    for line in (context["total"], *context["conferences"], *context["states"], *context["categories"], cell):
        shares = line["shares"]
        assert (shares.pledges, shares.pledged_percent, shares.reported) == (1, 30.0, 0)
        assert client.get(line["pledged_url"]).context["found"].count == 1
        assert client.get(line["deployed_url"]).context["found"].count == 0
    assert context["silent"] == client.get(context["silent_url"]).context["found"].count == 1
    report(lost, 100, 40, today())
    assert (overall().pledged_percent, overall().deployed_percent) == (20.0, 40.0)


@pytest.fixture
def filled() -> Callable[[], None]:
    """A function that adds a state with a pledge of each kind."""

    def add() -> None:
        kind = CapabilityTypeFactory(code="formed-police-unit", category=CategoryFactory(code="police_unit"))
        state = ParticipantFactory()
        pledge = AnnouncedPledgeFactory(participant=state, capability_type=kind, personnel=100, women=20)
        report(pledge, 50, 25)
        AnnouncedPledgeFactory(participant=state, capability_type=kind, personnel=100)
        women = CapabilityTypeFactory(category=CategoryFactory(code="women_peace_security"))
        AnnouncedPledgeFactory(participant=state, capability_type=women)

    return add


def test_each_number_opens_just_its_pledges(client: Client, filled: Callable[[], None]) -> None:
    for _ in range(3):
        filled()
    context = page(client).context
    assert len(context["states"]) == 3
    lines = [context["total"], *context["conferences"], *context["states"], *context["categories"]]
    for line in lines:
        assert client.get(line["pledged_url"]).context["found"].count == line["shares"].pledges
        assert client.get(line["deployed_url"]).context["found"].count == line["shares"].reported
    cells = [cell for line in context["years"] for cell in line["cells"] if cell["shares"].pledges]
    cells_reported = [cell for line in context["years"] for cell in line["cells"] if cell["shares"].reported]
    assert cells
    assert cells_reported
    for cell in cells:
        assert client.get(cell["pledged_url"]).context["found"].count == cell["shares"].pledges
    for cell in cells_reported:
        assert client.get(cell["deployed_url"]).context["found"].count == cell["shares"].reported
    assert [(known["state"], known["count"]) for known in context["known_states"]] == [("unknown", 3)]
    assert client.get(context["pledges_url"]).context["found"].count == len(context["pledges"]) == 3


def test_the_number_of_queries_does_not_depend_on_the_rows(client: Client, filled: Callable[[], None]) -> None:
    counts = []
    for more in (1, 8):
        for _ in range(more):
            filled()
        with CaptureQueriesContext(connection) as captured:
            assert page(client).status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 15


def test_states_come_fifty_a_page_by_key(client: Client) -> None:
    conference, kind = ConferenceFactory(), CapabilityTypeFactory()
    for _ in range(52):
        AnnouncedPledgeFactory(conference=conference, capability_type=kind, personnel=10, women=1)
    first = page(client)
    second = client.get(first.context["pages"]["next"])
    codes = [line["shares"].key for found in (first, second) for line in found.context["states"]]
    assert len(codes) == 52
    assert codes == sorted(codes)
    assert page(client, cursor="nonsense").status_code == 400


def test_without_a_number_it_says_so(client: Client) -> None:
    AnnouncedPledgeFactory()
    assert "No shares yet" in page(client).content.decode()
