"""The database keeps the rules of capabilities, missions and requirements, whoever writes."""

from datetime import date

import pytest

from capabilities.models import CapabilityWording, ReadinessCount
from tests.factories import (
    AllocationFactory,
    CapabilityTypeFactory,
    CategoryFactory,
    EditionFactory,
    GenderTargetFactory,
    MissionFactory,
    ReadinessFactory,
    RequirementFactory,
)
from tests.rules import Rule, change, insert, refusal

pytestmark = pytest.mark.django_db


def wording() -> CapabilityWording:
    return CapabilityWording.objects.create(
        category=CategoryFactory(), wording="lorry", capability_type=CapabilityTypeFactory(), match="broader"
    )


def readiness_count() -> ReadinessCount:
    return ReadinessCount.objects.create(
        edition="2022", capability_type=CapabilityTypeFactory(), source_url="https://pledges.example/"
    )


RULES = [
    change("capability_type_has_unit", CapabilityTypeFactory, unit_of_measure=""),
    insert("wording_once_per_category", wording),
    change("wording_match_with_type", wording, match="none"),
    change("wording_match_with_type", wording, capability_type_id=None),
    change("wording_match_with_type", wording, match="perhaps"),
    change("mission_type_known", MissionFactory, type="invasion"),
    change("mission_dates_in_order", MissionFactory, ends_on=date(2015, 2, 28), ends_on_precision="day"),
    change("mission_starts_dated", MissionFactory, starts_on=None),
    change("mission_ends_dated", MissionFactory, ends_on=date(2026, 1, 1)),
    change("edition_dated", EditionFactory, published_on_precision=""),
    # An ask
    change("requirement_quantity_positive", RequirementFactory, quantity=0),
    change("requirement_personnel_positive", RequirementFactory, personnel=0),
    change("requirement_has_source", RequirementFactory, source_title=""),
    change("requirement_has_source", RequirementFactory, source_url=""),
    change("requirement_has_unit", RequirementFactory, unit=""),
    change("requirement_dated", RequirementFactory, needed_by=date(2026, 1, 1)),
    # What pledges rest on stays as it is
    change("allocation_unit_compatible", lambda: AllocationFactory().requirement, unit="person"),
    change("allocation_unit_compatible", lambda: AllocationFactory().pledge.capability_type, unit_of_measure="person"),
    change("readiness_only_registrable", lambda: ReadinessFactory().pledge.capability_type, is_pcrs_registrable=False),
    # Figures as published
    insert("gender_target_once_per_year", GenderTargetFactory),
    change("gender_target_is_a_percentage", GenderTargetFactory, target_percent=0),
    change("gender_target_is_a_percentage", GenderTargetFactory, target_percent=100.01),
    insert("readiness_count_once_per_edition", readiness_count),
]


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_database_refuses(rule: Rule) -> None:
    assert refusal(rule) == rule.constraint


def test_a_type_that_is_not_in_use_may_change() -> None:
    unused = CapabilityTypeFactory()
    unused.unit_of_measure, unused.is_pcrs_registrable = "person", False
    unused.save()
    refused = AllocationFactory(quantity=None)  # a refusal counts nothing, so its units may change
    type(unused).objects.filter(pk=refused.pledge.capability_type_id).update(unit_of_measure="person")
    unused.refresh_from_db()
    assert (unused.unit_of_measure, unused.is_pcrs_registrable) == ("person", False)
