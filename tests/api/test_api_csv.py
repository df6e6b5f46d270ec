"""CSV holds the rows of the JSON answer, and nothing that a spreadsheet would run."""

import csv
import io
from datetime import UTC, date, datetime
from typing import Any

import pytest

from api import views
from api.renderers import cell, columns_of, csv_lines
from api.serializers import PledgeSerializer
from pledges.filters import ORDERS
from tests import factories
from tests.api.readers import Api, World


def table(answer: Any) -> list[dict[str, str]]:
    """Return the rows of a CSV answer."""
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(b"".join(answer).decode(), newline="")))


@pytest.mark.parametrize("order", ORDERS)
def test_the_file_has_the_rows_of_the_list_in_its_order(anyone: Api, order: str) -> None:
    factories.AnnouncedPledgeFactory.create_batch(7, participant=factories.ParticipantFactory())
    found = table(anyone.get(f"pledges/?format=csv&order={order}"))
    assert [row["reference"] for row in found] == [row["reference"] for row in anyone.rows(f"pledges/?order={order}")]


def test_values_are_those_of_the_json_answer(anyone: Api) -> None:
    pledge = factories.AnnouncedPledgeFactory(
        missions=factories.MissionFactory.create_batch(2), amount="12.5", currency="CAD", title='Comma, “quote"\nline'
    )
    factories.ConfirmedPartnerFactory.create_batch(2, pledge=pledge)
    [found] = table(anyone.get("pledges/?format=csv"))
    [row] = anyone.rows("pledges/")
    assert found["title"] == row["title"]
    assert found["quantity"] == str(row["quantity"])
    assert (found["amount"], found["currency"]) == ("12.50", "CAD")
    assert found["announced_at"] == row["announced_at"]
    assert (found["women"], found["source_url"], found["is_synthetic"]) == ("", "", "false")
    assert found["missions"] == ";".join(row["missions"])
    assert found["partners_participant"] == ";".join(partner["participant"] for partner in row["partners"])
    assert found["partners_share_quantity"] == "1;1"
    assert found["partners_share_amount"] == ";"


@pytest.mark.parametrize("path", [*(f"{name}/" for name in views.RESOURCES), "statistics/gap/", ""])
def test_every_endpoint_gives_csv_with_a_head(anyone: Api, path: str) -> None:
    answer = anyone.get(f"{path}?format=csv")
    head = b"".join(answer).decode().splitlines()[0]
    assert len(head.split(",")) > 3


@pytest.mark.parametrize("reader", ["anonymous", "partner", "Secretariat"])
def test_the_file_holds_what_the_reader_may_see(world: World, reader: str) -> None:
    found = table(world.readers[reader].get("pledges/?format=csv"))
    assert {row["reference"] for row in found} == world.seen_by(reader)


def test_a_single_row_and_a_timeline_are_tables_too(anyone: Api) -> None:
    pledge = factories.AnnouncedPledgeFactory()
    [row] = table(anyone.get(f"pledges/{pledge.reference}/?format=csv"))
    assert row["reference"] == pledge.reference
    [entry] = table(anyone.get(f"pledges/{pledge.reference}/timeline/?format=csv"))
    assert entry["kind"] == "announcement"


def test_with_a_page_size_the_file_is_a_page(anyone: Api) -> None:
    factories.AnnouncedPledgeFactory.create_batch(3)
    assert len(table(anyone.get("pledges/?format=csv&page_size=2"))) == 2


def test_the_whole_list_is_sent_in_pieces_and_offered_as_a_file(anyone: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "CHUNK", 2)
    made = factories.AnnouncedPledgeFactory.create_batch(5)
    answer = anyone.get("pledges/?format=csv")
    assert answer["Content-Disposition"] == 'attachment; filename="pledges.csv"'
    pieces = list(answer)
    assert len(pieces) == 3
    rows = list(csv.DictReader(io.StringIO(b"".join(pieces).decode())))
    assert {row["reference"] for row in rows} == {pledge.reference for pledge in made}


PAYLOADS = [
    "=1+1", "+1+1", "-1+1", "@SUM(A1)", "|calc", "%0A=1", "\t=1", "\r=1", "\n=1", " =1", "＝1+1", "＋1", "－1", "＠SUM",
    '=cmd|" /C calc"!A0', "=HYPERLINK(\"https://evil.example\")", "-", "--1", "=", "-12.5.1", "+49 30 123",
]  # fmt: skip


@pytest.mark.parametrize("text", PAYLOADS)
def test_no_cell_is_a_formula(text: str) -> None:
    assert cell(text) == f"'{text}"
    assert cell([text]) == f"'{text}" if ";" not in text else True


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("-12.5", "-12.5"), ("+3", "+3"), ("-0.25", "-0.25"), (-12.5, -12.5), (0, 0), (None, ""), (True, "true"),
        ("plain text", "plain text"), ("", ""), (["a", None, "b"], "a;;b"), (date(2025, 5, 1), "2025-05-01"),
        (datetime(2025, 5, 1, tzinfo=UTC), "2025-05-01T00:00:00+00:00"), ("a=b", "a=b"), ("12 -3", "12 -3"),
    ],
)  # fmt: skip
def test_what_is_no_formula_stays_as_it_is(value: Any, expected: Any) -> None:
    assert cell(value) == expected


@pytest.mark.parametrize("text", PAYLOADS)
def test_no_text_of_a_pledge_becomes_a_formula(anyone: Api, text: str) -> None:
    factories.RecordPledgeFactory(title=text, description=text, capability_wording=text, source_title=text)
    [row] = table(anyone.get("pledges/?format=csv"))
    assert {row[name] for name in ("title", "description", "capability", "source_title")} == {f"'{text}"}


def test_columns_of_nested_fields_carry_their_path() -> None:
    names = [column.name for column in columns_of(PledgeSerializer())]
    assert len(names) == len(set(names))
    assert {"partners_role", "source_url", "missions", "capability"} <= set(names)


def test_an_empty_list_still_has_its_head() -> None:
    assert list(csv_lines(columns_of(PledgeSerializer()), [])) == [
        ",".join(column.name for column in columns_of(PledgeSerializer())) + "\r\n"
    ]
