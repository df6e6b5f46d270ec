"""Which questions a capability is asked follows from its unit and category."""

import csv
from pathlib import Path

import pytest
from django.conf import settings

from capabilities.kinds import CapabilityKind, kind_of

DATA = Path(settings.BASE_DIR) / "data"
UNITS, MONEY, TRAINING, EXPERTISE, POLICY = CapabilityKind


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("infantry-battalion", UNITS),
        ("level-2-hospital", UNITS),
        ("staff-officer", UNITS),
        ("engagement-team", UNITS),
        ("multinational-rotation", UNITS),
        ("equipment-donation", UNITS),
        ("elsie-fund", MONEY),
        ("women-training", TRAINING),
        ("mobile-training-team", TRAINING),
        ("civilian-expert-secondment", EXPERTISE),
        ("digital-technology-support", EXPERTISE),
        ("mental-health-support", EXPERTISE),
        ("caveat-removal", POLICY),
        ("women-deployment-increase", POLICY),
        ("voluntary-compact-sea", POLICY),
    ],
)
def test_a_type_of_the_list_is_of_one_kind(code: str, kind: CapabilityKind) -> None:
    with (DATA / "capability_types.csv").open() as rows:
        row = next(row for row in csv.DictReader(rows) if row["code"] == code)
    assert kind_of(row["category"], row["unit_of_measure"]) == kind


@pytest.mark.parametrize(
    ("category", "kind"),
    [
        ("military_unit", UNITS),
        ("equipment", UNITS),
        ("financial", MONEY),
        ("training", TRAINING),
        ("technology", EXPERTISE),
        ("women_peace_security", POLICY),
        ("", UNITS),
    ],
)
def test_a_category_alone_is_of_one_kind(category: str, kind: CapabilityKind) -> None:
    assert kind_of(category) == kind
