"""Following `next` and `previous` meets each row once, in order, whatever the ties, also while rows arrive."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from api import views
from api.pagination import MAXIMUM_SIZE
from pledges.filters import ORDERS
from pledges.models import Pledge
from tests import factories
from tests.api.readers import Api


def walk(api: Api, address: str, towards: str = "next") -> Iterator[dict[str, Any]]:
    """Yield the pages from an address on."""
    page: dict[str, Any] | None = api.get(address).json()
    while page:
        yield page
        page = api.get(page[towards]).json() if page[towards] else None


def references(pages: Any) -> list[str]:
    """Return the references on some pages."""
    return [row["reference"] for page in pages for row in page["results"]]


@pytest.fixture
def tied(db: None) -> list[Pledge]:
    """Pledges of which several are alike in every order."""
    made = []
    for n in range(11):
        made.append(
            factories.AnnouncedPledgeFactory(
                title=f"Title {n // 4}",
                participant=factories.ParticipantFactory(code=f"X{n // 3:02}", number=n // 3),
                conference=factories.ConferenceFactory(slug="one"),
                capability_type=factories.CapabilityTypeFactory(code="unit"),
                announced_at=factories.ANNOUNCED_AT + timedelta(days=n // 5),
                deliver_by=date(2026, 1, 1 + n // 4) if n % 3 else None,
                deliver_by_precision="day" if n % 3 else "",
            )
        )
    return made


@pytest.mark.parametrize("order", ORDERS)
def test_each_row_comes_once_forwards_and_backwards(anyone: Api, tied: list[Pledge], order: str) -> None:
    whole = [row["reference"] for row in anyone.rows("pledges/", order=order)]
    assert sorted(whole) == sorted(pledge.reference for pledge in tied)
    pages = list(walk(anyone, f"pledges/?order={order}&page_size=2"))
    assert references(pages) == whole
    assert [len(page["results"]) for page in pages] == [2] * 5 + [1]
    back = list(walk(anyone, pages[-2]["next"], "previous"))
    assert references(reversed(back)) == whole
    assert back[-1]["previous"] is None


@pytest.mark.parametrize("order", [name for name in ORDERS if not name.startswith("-") and name != "newest"])
def test_an_order_can_be_turned_round(anyone: Api, tied: list[Pledge], order: str) -> None:
    opposite = "newest" if order == "oldest" else f"-{order}"
    whole = [row["reference"] for row in anyone.rows("pledges/", order=order)]
    assert [row["reference"] for row in anyone.rows("pledges/", order=opposite)] == whole[::-1]


def test_deadlines_come_in_order_and_those_without_one_last(anyone: Api, tied: list[Pledge]) -> None:
    days = [row["deliver_by"] for row in anyone.rows("pledges/", order="deadline")]
    assert days == sorted(days, key=lambda day: day or "~")
    assert None in days


def test_rows_that_arrive_shift_nothing(anyone: Api, tied: list[Pledge]) -> None:
    before = references([anyone.get("pledges/").json()])
    pages = walk(anyone, "pledges/?page_size=3")
    seen = references([next(pages)])
    factories.AnnouncedPledgeFactory(announced_at=timezone.now() - timedelta(seconds=5))  # before the first page
    late = factories.AnnouncedPledgeFactory(announced_at=factories.ANNOUNCED_AT - timedelta(hours=1))
    seen += references(pages)
    assert seen == [*before, late.reference]


def test_the_last_page_can_be_asked_for(anyone: Api, tied: list[Pledge]) -> None:
    page = anyone.get("pledges/?cursor=last&page_size=3").json()
    assert references([page]) == [row["reference"] for row in anyone.rows("pledges/")][-3:]
    assert page["next"] is None


@pytest.mark.parametrize("name", ["participants", "conferences", "missions", "capability-types", "requirements"])
def test_the_other_lists_are_walked_alike(anyone: Api, name: str) -> None:
    factory = {
        "participants": factories.ParticipantFactory, "conferences": factories.ConferenceFactory,
        "missions": factories.MissionFactory, "capability-types": factories.CapabilityTypeFactory,
        "requirements": factories.RequirementFactory,
    }[name]  # fmt: skip
    factory.create_batch(5)
    for order in views.RESOURCES[name].orders:
        whole = anyone.rows(f"{name}/", order=order)
        assert len(whole) == 5
        assert [row for page in walk(anyone, f"{name}/?order={order}&page_size=2") for row in page["results"]] == whole


def test_links_keep_the_filters(anyone: Api, tied: list[Pledge]) -> None:
    pages = list(walk(anyone, "pledges/?participant=X00,X01&page_size=2&order=title"))
    assert {row["participant"] for page in pages for row in page["results"]} == {"X00", "X01"}
    assert len(references(pages)) == 6


@pytest.mark.slow
def test_a_page_holds_at_most_a_thousand_rows(anyone: Api) -> None:
    model = factories.AnnouncedPledgeFactory()
    Pledge.objects.bulk_create(
        factories.AnnouncedPledgeFactory.build_batch(
            MAXIMUM_SIZE,
            conference=model.conference,
            participant=model.participant,
            capability_type=model.capability_type,
            category=model.category,
            author=model.author,
        )
    )
    pages = list(walk(anyone, f"pledges/?page_size={MAXIMUM_SIZE}"))
    assert [len(page["results"]) for page in pages] == [MAXIMUM_SIZE, 1]
    assert len(anyone.rows("pledges/")) == 50
