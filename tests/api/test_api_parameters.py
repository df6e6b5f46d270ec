"""What is unknown, empty, doubled or does not fit is refused by name; nothing is ever ignored."""

from typing import Any

import pytest
from django.test import Client

from api import views
from tests import factories
from tests.api.readers import Api

LISTS = list(views.RESOURCES)
PATHS = ["", *(f"{name}/" for name in LISTS), "statistics/gap/"]


def refused(answer: Any) -> list[str]:
    """Return the fields for which a call was refused."""
    assert answer.status_code == 400, answer.content
    return [error["field"] for error in answer.json()["errors"]]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "name",
    ["participant__code", "author", "author__email", "pk", "id", "search", "announced_at", "_connector", "limit"],
)
def test_an_unknown_parameter_is_refused(anyone: Api, path: str, name: str) -> None:
    assert refused(anyone.get(path, **{name: "1"})) == [name]


@pytest.mark.parametrize("path", ["pledges/X/", "pledges/X/timeline/", "participants/X/"])
def test_a_single_row_takes_no_filters(anyone: Api, path: str) -> None:
    assert refused(anyone.get(path, participant="KOR")) == ["participant"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "open"), ("status", "registered,open"), ("outcome", "kept"), ("kind", "old"), ("match", "close"),
        ("known_state", "good"), ("readiness", "4"), ("region", "Nowhere"), ("late", "maybe"), ("late", "True"),
        ("counted", "1"), ("since", "yesterday"), ("since", "2025-02-30"), ("since", "13.05.2025"), ("order", "author"),
        ("order", "announced_at"), ("order", "-newest"), ("page_size", "0"), ("page_size", "-1"), ("page_size", "1001"),
        ("page_size", "ten"), ("page_size", "9" * 400), ("page_size", "١٠"), ("cursor", "x"), ("cursor", "W10"),
        ("format", "xml"), ("participant", "K\0R"), ("q", "a\0b"), ("conference", ""), ("q", ""),
    ],
)  # fmt: skip
def test_a_value_that_does_not_fit_is_refused(anyone: Api, name: str, value: str) -> None:
    factories.AnnouncedPledgeFactory()
    assert refused(anyone.get("pledges/", **{name: value})) == [name]


def test_a_parameter_given_twice_is_refused(anyone: Api) -> None:
    assert refused(anyone.get("pledges/?participant=KOR&participant=BGD")) == ["participant"]


def test_all_that_is_wrong_is_told_at_once(anyone: Api) -> None:
    answer = anyone.get("pledges/?country=KOR&status=open&late=maybe&page_size=5000&order=size")
    assert sorted(refused(answer)) == ["country", "late", "order", "page_size", "status"]


def test_an_unknown_code_matches_nothing(anyone: Api) -> None:
    factories.AnnouncedPledgeFactory()
    assert anyone.rows("pledges/", participant="NONE") == []


def test_filters_narrow_each_other_and_take_several_codes(anyone: Api) -> None:
    one, two, other = factories.AnnouncedPledgeFactory.create_batch(3)
    codes = f"{one.participant_id},{two.participant_id}"
    assert anyone.references(participant=codes) == {one.reference, two.reference}
    assert anyone.references(participant=codes, conference=two.conference_id) == {two.reference}
    assert anyone.references(participant=codes, conference=other.conference_id) == set()


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
@pytest.mark.parametrize("path", [*(path for path in PATHS if path != "pledges/"), "pledges/X/timeline/"])
def test_what_only_reads_refuses_every_other_method(db: None, method: str, path: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(factories.ManagerFactory())
    answer = getattr(client, method)(f"/api/v1/{path}")
    assert answer.status_code == 405
    assert answer["Allow"] == "GET, HEAD"
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("path", PATHS)
def test_head_answers_without_a_body(db: None, path: str) -> None:
    answer = Client().head(f"/api/v1/{path}")
    assert (answer.status_code, answer.content) == (200, b"")


def test_a_format_that_is_not_there_is_named(db: None) -> None:
    answer = Client().get("/api/v1/pledges/", headers={"Accept": "application/xml"})
    assert answer.status_code == 406
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("accept", ["*/*", "text/html,application/xhtml+xml,*/*;q=0.8", "application/json"])
def test_json_is_the_first_choice(db: None, accept: str) -> None:
    answer = Client().get("/api/v1/pledges/", headers={"Accept": accept})
    assert answer["Content-Type"] == "application/json"


def test_an_error_is_json_even_when_csv_was_asked_for(anyone: Api) -> None:
    answer = anyone.get("pledges/?format=csv&page_size=0")
    assert answer["Content-Type"] == "application/problem+json"
    assert refused(answer) == ["page_size"]


def test_an_address_without_its_slash_is_completed(db: None) -> None:
    answer = Client().get("/api/v1/pledges?participant=KOR")
    assert (answer.status_code, answer["Location"]) == (301, "/api/v1/pledges/?participant=KOR")
