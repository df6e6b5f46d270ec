"""The check of one row of the pledge form: every cell that is wrong is named with its reason."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from conferences.dates import UNKNOWN, ApproximateDate
from pledges.enums import Kind
from pledges.importing.kinds import kind_of
from pledges.importing.known import ConferenceFacts, Known
from pledges.importing.rows import COLUMNS, PledgeRow, clean_row
from tests.record.conftest import ROW

DAY = date(2025, 5, 14)
KNOWN = Known(
    conferences={
        "berlin-2025": ConferenceFacts("PKM25", DAY, has_pledges=True),
        "chiefs-2017": ConferenceFacts("PKC17", DAY, has_pledges=False),
    },
    participants={"BGD": "member_state", "KOR": "member_state", "EU": "organization", "UN": "un_secretariat"},
    missions=frozenset({"UNMISS", "MINUSCA"}),
    categories=frozenset({"engineering", "medical"}),
    wordings={("engineering", "sappers"): ("engineering-company", "broader"), ("medical", ""): (None, "none")},
    types={"engineering company": ("engineering-company", "company"), "hospital": ("hospital", "facility")},
    registrable=frozenset({"engineering-company", "hospital"}),
)


def clean(**cells: str) -> PledgeRow:
    """Return the clean values of a row that is right."""
    found = clean_row(ROW | cells, KNOWN)
    assert isinstance(found, PledgeRow)
    return found


def problems(**cells: str) -> list[tuple[str, str, str]]:
    """Return the problems of a row that is wrong."""
    found = clean_row(ROW | cells, KNOWN)
    assert not isinstance(found, PledgeRow)
    return [tuple(problem) for problem in found]


def test_the_form_has_the_columns_of_the_record_files() -> None:
    assert tuple(ROW) == COLUMNS


def test_a_row_that_is_right_is_clean() -> None:
    row = clean()
    assert (row.quantity, row.personnel, row.amount, row.mission, row.partners) == (2, 350, None, [], [])


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("conference", "geneva-2020", "There is no conference with this identifier."),
        ("conference", "", "There is no conference with this identifier."),
        ("conference", "chiefs-2017", "This meeting takes no pledges."),
        ("participant", "XYZ", "There is no participant with this code."),
        ("participant", "bgd", "There is no participant with this code."),
        ("participant", "UN", "The Secretariat does not pledge."),
        ("partners", "KOR;XYZ", "There is no participant with the code “XYZ”."),
        ("partners", "KOR;KOR", "The same code stands here twice."),
        ("partners", "KOR;", "There is no participant with the code “”."),
        ("partners", "KOR,EU", "There is no participant with the code “KOR,EU”."),
        ("partners", "KOR;BGD", "The participant cannot be its own partner."),
        ("title", "", "This cell cannot be empty."),
        ("title", "x" * 201, "Use at most 200 characters: these are 201."),
        ("title", "a\x00b", "This text holds a character that cannot be stored."),
        ("description", "  ", "This cell cannot be empty."),
        ("category", "sappers", "There is no category with this code."),
        ("category", "", "There is no category with this code."),
        ("capability", "x" * 121, "Use at most 120 characters: these are 121."),
        ("quantity", "two", "Write a whole number in digits, such as 1500."),
        ("quantity", "1,500", "Write a whole number in digits, such as 1500."),
        ("quantity", "-3", "Write a whole number in digits, such as 1500."),
        ("quantity", "2.5", "Write a whole number in digits, such as 1500."),
        ("quantity", "١٢", "Write a whole number in digits, such as 1500."),
        ("quantity", "0", "Give a number from 1 to 9223372036854775807, or leave the cell empty."),
        ("unit", "x" * 41, "Use at most 40 characters: these are 41."),
        ("unit", "", "Say what the quantity counts."),
        ("personnel", "3000000000", "Give a number from 1 to 2147483647, or leave the cell empty."),
        ("amount", "1e6", "Write an amount in digits, such as 2500000 or 84140.50."),
        ("amount", "1.234", "Write an amount in digits, such as 2500000 or 84140.50."),
        ("currency", "usd", "Write the three letters of a currency in ISO 4217, such as USD."),
        ("currency", "XYZ", "Write the three letters of a currency in ISO 4217, such as USD."),
        ("mission", "UNMISS;UNFOO", "There is no mission with the acronym “UNFOO”."),
        ("mission", "UNMISS;UNMISS", "The same code stands here twice."),
        ("timeframe", "soon", "'soon' is no date: write 2025, 2025-05 or 2025-05-13"),
        ("timeframe", "2025-13", "'2025-13' is no date of the calendar"),
        ("timeframe", "2025/2022", "'2025/2022' ends before it begins"),
        ("timeframe", "2022/2023/2024", "'2022/2023' is no date: write 2025, 2025-05 or 2025-05-13"),
        ("earlier_pledge", "x" * 301, "Use at most 300 characters: these are 301."),
        ("source_title", "", "This cell cannot be empty."),
        ("source_url", "", "This cell cannot be empty."),
        ("source_url", "www.un.org", "Give the full address of the source, beginning with https:// or http://."),
        ("source_url", "javascript:alert(1)", "Give the full address of the source, beginning with https:// or http://."),
        ("source_confidence", "rumour", "Write one of: official, press, analysis."),
    ],
)  # fmt: skip
def test_a_wrong_cell_is_named_with_its_reason(column: str, value: str, reason: str) -> None:
    assert problems(**{column: value}) == [(column, value, reason)]


@pytest.mark.parametrize(
    ("cells", "column", "reason"),
    [
        ({"amount": "5000"}, "currency", "Give the currency of the amount."),
        ({"currency": "USD"}, "amount", "Give the amount, or leave the currency empty."),
        ({"amount": "0", "currency": "USD"}, "amount", "Give an amount above zero, or leave the cell empty."),
    ],
)
def test_cells_that_contradict_each_other_are_named(cells: dict[str, str], column: str, reason: str) -> None:
    assert problems(**cells) == [(column, cells.get(column, ""), reason)]


def test_all_wrong_cells_of_a_row_are_named_at_once() -> None:
    wrong = problems(conference="x", quantity="two", timeframe="soon", source_url="x")
    assert [column for column, _value, _reason in wrong] == ["conference", "quantity", "timeframe", "source_url"]


@pytest.mark.parametrize(
    ("timeframe", "beginning", "deadline"),
    [
        ("", UNKNOWN, UNKNOWN),
        ("2026", UNKNOWN, ApproximateDate(date(2026, 12, 31), "year")),
        ("2026-02", UNKNOWN, ApproximateDate(date(2026, 2, 28), "month")),
        ("2026-02-03", UNKNOWN, ApproximateDate(date(2026, 2, 3), "day")),
        ("2022/2025", ApproximateDate(date(2022, 1, 1), "year"), ApproximateDate(date(2025, 12, 31), "year")),
        ("2022-05/2023", ApproximateDate(date(2022, 5, 1), "month"), ApproximateDate(date(2023, 12, 31), "year")),
    ],
)
def test_a_timeframe_is_a_deadline_or_a_span_with_both_ends_included(
    timeframe: str, beginning: ApproximateDate, deadline: ApproximateDate
) -> None:
    assert clean(timeframe=timeframe).timeframe == (beginning, deadline)


def test_several_missions_and_partners_stand_in_one_cell() -> None:
    row = clean(mission="UNMISS;MINUSCA", partners="KOR; EU")
    assert (row.mission, row.partners) == (["UNMISS", "MINUSCA"], ["KOR", "EU"])


def test_an_amount_has_up_to_two_decimals() -> None:
    row = clean(amount="84140.50", currency="EUR")
    assert (row.amount, row.currency) == (Decimal("84140.50"), "EUR")


@pytest.mark.parametrize(
    ("category", "wording", "unit", "found"),
    [
        ("engineering", "sappers", "company", ("engineering-company", "broader")),  # as the table of wordings has it
        ("engineering", "Engineering company", "company", ("engineering-company", "exact")),  # a type's own name
        ("medical", "hospital", "", ("hospital", "exact")),
        ("medical", "hospital", "bed", ("hospital", "broader")),  # counted in another unit
        ("medical", "sappers", "company", (None, "none")),
        ("medical", "", "", (None, "none")),
    ],
)
def test_a_wording_means_a_type_exactly_broadly_or_not_at_all(
    category: str, wording: str, unit: str, found: Any
) -> None:
    assert KNOWN.type_of(category, wording, unit) == found


@pytest.mark.parametrize(
    ("earlier_pledge", "kind"),
    [
        ("", Kind.NEW),
        ("Repeats the pledge of 2015", Kind.ALREADY_ANNOUNCED),
        ("Confirms earlier funding", Kind.ALREADY_ANNOUNCED),
        ("Bangladesh recalls commitments made at the 2014 summit", Kind.ALREADY_ANNOUNCED),
        ("Keeps an existing contribution", Kind.ALREADY_ANNOUNCED),
        ("Registered in the Peacekeeping Capability Readiness System", Kind.ALREADY_ANNOUNCED),
        ("Declared in the Peacekeeping Capability Readiness System", Kind.ALREADY_ANNOUNCED),
        ("Aim of 4,000 peacekeepers already stated by Indonesia in 2012", Kind.ALREADY_ANNOUNCED),
        ("Announced in August 2016, before the conference", Kind.ALREADY_ANNOUNCED),
        ("Continues the project announced in Vancouver in 2017", Kind.RENEWED),
        ("Builds on one million pounds announced earlier in 2023", Kind.RENEWED),
        ("Extends an existing contribution", Kind.RENEWED),
        ("Counts toward the up to 600 personnel pledged in August 2016", Kind.RENEWED),
        ("First course held in 2018", Kind.RENEWED),
    ],
)
def test_the_first_verb_on_an_earlier_pledge_decides_the_kind(earlier_pledge: str, kind: Kind) -> None:
    assert kind_of(earlier_pledge) == kind
