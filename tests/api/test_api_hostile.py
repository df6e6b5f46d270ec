"""Whatever is sent, the answer is never a fault of ours."""

import base64
import json
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from api import views
from pledges.filters import ORDERS
from tests import factories

pytestmark = pytest.mark.slow
FUZZ = settings(max_examples=200, deadline=None, database=None, suppress_health_check=list(HealthCheck))
NAMES = sorted({name for resource in views.RESOURCES.values() for name in resource.filterset_class.base_filters})
PATHS = [*(f"{name}/" for name in views.RESOURCES), "statistics/gap/", "pledges/X/", "pledges/X/timeline/", ""]
EDGES = st.sampled_from(
    ["\0", "a\0", "9" * 5000, "-1", "1e400", "NaN", "inf", "0000-00-00", "9999-12-31", "-0001-01-01", "2025-13-01",
     "'; DROP TABLE x; --", "%00", "\ud7ff", "‮", "(" * 500, "!&|:*", '"', "a & b | !c", "<->", "\\", "true,false", ",",
     ",,", "{}", "null", "*", "../..", "last"]
)  # fmt: skip
VALUES = EDGES | st.text(max_size=40)


def at_fault(answer: Any) -> bool:
    """Return whether an answer is a fault of ours, or lacks its proper form."""
    if answer.status_code == 200:
        return not b"".join(answer)
    form = answer["Content-Type"] == "application/problem+json" and answer.json()["status"] == answer.status_code
    return answer.status_code not in {400, 404} or not form


@pytest.fixture
def rows(db: None) -> None:
    """Some rows, so that conditions are really evaluated."""
    factories.RequirementFactory.create_batch(2)
    factories.AnnouncedPledgeFactory.create_batch(3)


def test_no_parameter_breaks_an_answer(rows: None) -> None:
    client = Client(raise_request_exception=False)

    @FUZZ
    @given(
        st.sampled_from(PATHS),
        st.dictionaries(st.sampled_from([*NAMES, "order", "page_size", "cursor", "format"]), VALUES, max_size=3),
    )
    @example("pledges/", {"q": "\0"})
    def fuzz(path: str, parameters: dict[str, str]) -> None:
        assert not at_fault(client.get(f"/api/v1/{path}", parameters))

    fuzz()


def test_no_name_of_a_parameter_breaks_an_answer(rows: None) -> None:
    client = Client(raise_request_exception=False)
    names = st.sampled_from(
        ["participant__name_en__startswith", "author__password__regex", "_connector", "_negated", "pk__in", "search",
         "conference_id", "conference[]", "__", "order__by", "a.b", "\0", "filter[q]"]
    ) | st.text(max_size=20)  # fmt: skip

    @FUZZ
    @given(st.sampled_from(PATHS), names.filter(lambda name: name not in {*NAMES, "order", "format"}), VALUES)
    def fuzz(path: str, name: str, value: str) -> None:
        assert client.get(f"/api/v1/{path}", {name: value}).status_code in {400, 404}

    fuzz()


def test_no_address_breaks_an_answer(rows: None) -> None:
    client = Client(raise_request_exception=False)

    @FUZZ
    @given(st.sampled_from([*views.RESOURCES, "pledges/X"]), VALUES)
    def fuzz(name: str, key: str) -> None:
        answer = client.get(f"/api/v1/{name}/{key}/".replace("?", "").replace("#", ""))
        assert answer.status_code in {200, 301, 404}

    fuzz()


def cursor_of(value: Any) -> str:
    """Return something in the form of a cursor."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_no_cursor_breaks_an_answer(rows: None) -> None:
    client = Client(raise_request_exception=False)
    days = st.sampled_from(
        ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2025-05-13", "2025-05-13T09:00:00+00:00", "", "x",
         "infinity", "now", "9" * 400, "\0", "\ud800", "PKM25-22222"]
    )  # fmt: skip
    parts = days | st.text(max_size=10) | st.integers() | st.none() | st.lists(st.text(max_size=3), max_size=2)
    cursors = st.tuples(st.sampled_from(["n", "p", "x", None, 1]), parts, parts).map(list) | st.lists(parts, max_size=4)

    @FUZZ
    @given(st.sampled_from(list(ORDERS)), cursors.map(cursor_of) | st.text(max_size=30))
    @example("newest", cursor_of(["n", "0001-01-01T00:00:00+14:00", "X"]))
    @example("newest", cursor_of(["n", "9999-12-31T23:59:59-12:00", "X"]))
    @example("deadline", cursor_of(["p", "2025-05-13", "\ud800"]))
    @example("newest", base64.urlsafe_b64encode(b"[" * 3000).decode())
    def fuzz(order: str, cursor: str) -> None:
        answer = client.get("/api/v1/pledges/", {"order": order, "cursor": cursor})
        assert not at_fault(answer), (order, cursor, answer.status_code)

    fuzz()


def test_no_header_breaks_an_answer(rows: None) -> None:
    client = Client(raise_request_exception=False)
    text = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=60)

    @FUZZ
    @given(text, text)
    def fuzz(authorization: str, accept: str) -> None:
        headers = {"Authorization": authorization, "Accept": accept}
        assert client.get("/api/v1/pledges/", headers=headers).status_code in {200, 401, 406}

    fuzz()
