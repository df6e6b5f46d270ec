"""References that tell nothing, and fields that must fit each other."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from conferences.references import ALPHABET, letters_of, record_key
from pledges.models import Pledge
from pledges.references import new_reference, reference_of
from pledges.validators import inconsistencies, missing_for_submission
from tests.factories import DraftPledgeFactory, UserFactory

FORM = re.compile(rf"PKM25-[{ALPHABET}]{{5}}")


# --- References -------------------------------------------------------------------------------------------------------
def test_a_new_reference_is_random_and_easy_to_read() -> None:
    drawn = {new_reference("PKM25") for _ in range(20)}
    assert len(drawn) == 20
    assert all(FORM.fullmatch(reference) for reference in drawn)
    assert not set("01ILOU") & set(ALPHABET)
    assert len(set(ALPHABET)) == len(ALPHABET)


def test_a_row_of_the_record_has_the_same_reference_on_every_load() -> None:
    assert reference_of("PKM25", "a key") == reference_of("PKM25", "a key")
    assert FORM.fullmatch(reference_of("PKM25", "a key"))
    others = {reference_of("PKM25", "a key", attempt) for attempt in range(50)}
    others |= {reference_of("PKM25", f"key {number}") for number in range(50)}
    assert len(others) == 100


def test_letters_use_the_whole_alphabet() -> None:
    assert set("".join(letters_of(str(number)) for number in range(300))) == set(ALPHABET)


def test_a_record_key_tells_parts_from_each_other() -> None:
    assert record_key("ab", "c") != record_key("a", "bc")
    assert record_key("a", "b") == record_key("a", "b")


# --- What must fit ----------------------------------------------------------------------------------------------------
CONTRADICTIONS: list[tuple[dict[str, Any], set[str]]] = [
    ({"quantity": 0}, {"quantity"}),
    ({"personnel": 0}, {"personnel"}),
    ({"amount": Decimal(0), "currency": "EUR"}, {"amount"}),
    ({"women": 1}, {"women"}),
    ({"personnel": 5, "women": 6}, {"women"}),
    ({"personnel": 5, "women": -1}, {"women"}),
    ({"amount": Decimal(1)}, {"currency"}),
    ({"amount": Decimal(1), "currency": "eur"}, {"currency"}),
    ({"currency": "EUR"}, {"amount"}),
    (
        {
            "deliver_from": date(2026, 1, 2),
            "deliver_from_precision": "day",
            "deliver_by": date(2026, 1, 1),
            "deliver_by_precision": "day",
        },
        {"deliver_by"},
    ),
]
FITTING: list[dict[str, Any]] = [
    {},
    {"personnel": 5, "women": 5},
    {"personnel": 5, "women": 0},
    {"amount": Decimal("0.01"), "currency": "EUR"},
    {
        "deliver_from": date(2026, 1, 1),
        "deliver_from_precision": "day",
        "deliver_by": date(2026, 1, 1),
        "deliver_by_precision": "day",
    },
]


@pytest.mark.django_db
@pytest.mark.parametrize(("values", "fields"), CONTRADICTIONS, ids=str)
def test_what_does_not_fit_is_named_and_the_database_refuses_it_too(values: dict[str, Any], fields: set[str]) -> None:
    pledge: Pledge = DraftPledgeFactory.build(
        conference=None,
        participant=None,
        author=None,
        capability_type=None,
        category=None,
        **{"quantity": None} | values,
    )
    found = inconsistencies(pledge)
    assert set(found) == fields
    assert all(found.values())
    with pytest.raises(IntegrityError), transaction.atomic():
        DraftPledgeFactory(**values)


@pytest.mark.django_db
@pytest.mark.parametrize("values", FITTING, ids=str)
def test_what_fits_is_not_named_and_can_be_stored(values: dict[str, Any]) -> None:
    pledge = DraftPledgeFactory(**values)
    assert inconsistencies(pledge) == {}
    assert missing_for_submission(pledge) == {}


@pytest.mark.django_db
def test_all_that_is_missing_is_named_at_once() -> None:
    empty = Pledge(author=UserFactory(), quantity=3, women=1)
    assert set(missing_for_submission(empty)) == {"category", "title", "description", "capability_type", "women"}


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["quantity", "personnel", "women", "amount", "courses", "places", "places_for_women"])
def test_a_number_too_large_for_its_column_is_named(name: str) -> None:
    pledge = DraftPledgeFactory()
    for beside in ("personnel", "places"):
        setattr(pledge, beside, 5)
    pledge.currency = "EUR"
    setattr(pledge, name, 10**30)
    assert name in inconsistencies(pledge)
