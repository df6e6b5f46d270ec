"""Rows that a reader may not see change nothing of what that reader is told, on any page."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from conferences.models import MembershipRole
from pledges.filters import ORDERS
from pledges.list_form import PledgeListForm
from tests.factories import AnalystFactory, member_of
from tests.pages.reading import without_the_hour
from tests.pages.world import CANARY, World, add_hidden

# For each filter of the list, a value that seen and hidden rows share.
SHARED = {
    "q": "hospital",
    "conference": "seoul-2021",
    "category": "medical",
    "capability_type": "hospital",
    "mission": "UNMISS",
    "known_state": "delivered,partly_delivered,unknown",
    "reported_state": "delivered",
    "assessed_state": "delivered",
    "to_assess": "true",
    "readiness": "2",
    "late": "true",
    "with_partners": "true",
    "status": "draft,submitted,returned,registered,closed",
    "since": "2020-01-01",
    "match": "exact",
    "only_mission": "UNMISS",
    "outcome": "delivered",
    "kind": "new",
    "announced": "false",
    "quantified": "true",
    "dated": "true",
    "verified": "true",
    "delivered": "true",
    "counted": "true",
    "silent": "false",
    "from_record": "false",
    "updated": "true",
    "women_stated": "true",
    "women_reported": "true",
    "women_reported_in": "2025",
    "region": "African Group,GRULAC",
}


def addresses(world: World) -> Iterator[str]:
    """Yield every public page, and the list of pledges under every filter and order."""
    yield from (reverse(name) for name in ("home", "counting", "conference-list", "participant-list", "gap"))
    yield from (row.get_absolute_url() for row in (world.seoul, world.london, world.berlin))
    yield from (row.get_absolute_url() for row in (world.alpha, world.beta, world.gamma, world.union))
    yield from (row.get_absolute_url() for row in (world.hospital_ask, world.battalion_ask))
    yield from (row.get_absolute_url() for row in (world.hospital, world.course, world.earlier_battalion))
    for query in ("q=land", "conference=seoul-2021", "conference=berlin-2025", "category=medical", "kind=member_state"):
        yield f"{reverse('participant-list')}?{query}"
    for query in ("mission=UNMISS", "category=medical", "conference=seoul-2021"):
        yield f"{reverse('gap')}?{query}"
    pledges = reverse("pledge-list")
    for name, value in {**SHARED, "participant": world.gamma.pk, "partner": world.beta.pk}.items():
        yield f"{pledges}?{name}={value}"
    yield from (f"{pledges}?order={order}" for order in ORDERS)
    yield f"{pledges}?cursor=last"
    yield f"{pledges}?q={CANARY}&conference=seoul-2021&late=true"


def answers(reader: Client, world: World) -> dict[str, tuple[int, bytes]]:
    """Return what each page answers."""
    return {
        address: (response.status_code, without_the_hour(response))
        for address in addresses(world)
        for response in [reader.get(address)]
    }


def test_every_filter_is_among_those_tried() -> None:
    assert {*SHARED, "participant", "partner"} == set(PledgeListForm.base_fields) - {"order", "cursor"}


@pytest.mark.parametrize("kind", ["visitor", "analyst", "viewer of another delegation"])
def test_hidden_rows_change_no_byte_of_any_page(world: World, client: Client, kind: str) -> None:
    if kind == "analyst":
        client.force_login(AnalystFactory())
    elif kind != "visitor":
        client.force_login(member_of(world.union, MembershipRole.VIEWER))
    before = answers(client, world)
    assert all(status == 200 for status, _body in before.values())
    hidden = add_hidden(world)
    after = answers(client, world)
    assert [address for address in before if before[address] != after[address]] == []
    assert all(CANARY.encode() not in body for address, (_status, body) in after.items() if CANARY not in address)
    for pledge in hidden:
        assert client.get(pledge.get_absolute_url()).status_code == 404


def test_a_hidden_pledge_answers_as_one_that_does_not_exist(world: World, client: Client) -> None:
    pledge = add_hidden(world)[0]
    hidden = client.get(pledge.get_absolute_url())
    unknown = client.get(reverse("pledge-detail", args=["PKM21-ZZZZZ"]))
    assert hidden.status_code == unknown.status_code == 404
    masked = without_the_hour(hidden).replace(pledge.reference.encode(), b"PKM21-ZZZZZ")
    assert masked == without_the_hour(unknown)


@pytest.mark.parametrize(
    ("reader", "sees"),
    [("officer", 20), ("delegation", 10), ("confirmed partner", 20), ("co-chair", 4)],
)
def test_insiders_see_the_hidden_rows_they_may(world: World, client: Client, reader: str, sees: int) -> None:
    add_hidden(world)
    client.force_login(insider(world, reader))
    found = client.get(reverse("pledge-list"), {"q": CANARY}).context["found"]
    assert found.count == sees


def insider(world: World, reader: str) -> Any:
    """Return somebody of the inside. The co-chair is of a delegation that has no part in the pledges."""
    from tests.factories import CoChairFactory, OfficerFactory

    if reader == "officer":
        return OfficerFactory()
    if reader == "delegation":
        return member_of(world.gamma, MembershipRole.VIEWER)
    if reader == "confirmed partner":
        return member_of(world.beta, MembershipRole.VIEWER)
    CoChairFactory(conference=world.berlin, participant=world.union)
    return member_of(world.union, MembershipRole.CO_CHAIR)
