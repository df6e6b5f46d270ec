"""Answers have the shape that the schema and the docs describe, field by field and word by word."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.core.management import call_command
from django.utils.translation import get_language
from jsonschema import Draft202012Validator
from rest_framework import serializers

from api import views
from api.content import WrittenSerializer
from api.schema import openapi
from api.words import FILTERS
from api.writing import STEPS
from conferences.models import ParticipantKind
from pledges.enums import AssessedState, CaveatKnowledge, PartnerRole, ReadinessLevel, ReportedState
from pledges.models import Pledge
from tests import factories
from tests.api.readers import Api
from tests.api.writers import Writer

DAY = date(2025, 5, 13)
NOON = datetime(2025, 5, 13, 12, tzinfo=UTC)


@pytest.fixture
def full(db: None) -> dict[str, str]:
    """Rows in which every field has a value, and others in which as many as can be are empty; the path of each full
    row of a resource."""
    state, partner = factories.ParticipantFactory.create_batch(2)
    factories.ObserverStateFactory()
    conference = factories.ConferenceFactory(
        formal_title="Formal", city="Seoul", country=state, venue="Hall", format="in person", level="ministers",
        theme="Theme", motto="Motto", objective="Objective", related_to=factories.ConferenceFactory(),
        window_opens_at=NOON, window_closes_at=NOON.replace(hour=13),
    )  # fmt: skip
    conference.hosts.add(state)
    factories.CoChairFactory(conference=conference, participant=partner)
    mission = factories.MissionFactory(
        ends_on=DAY, ends_on_precision="day", host_territories="ESH;XKX", source_url="https://pledges.example/mission"
    )
    mission.host_countries.add(state)
    capability = factories.CapabilityTypeFactory(
        typical_personnel=850, note="Note", source_url="https://pledges.example/type"
    )
    requirement = factories.RequirementFactory(
        conference=conference, mission=mission, beneficiary=state, capability_type=capability, personnel=100,
        characteristics="Night flights", needed_by=DAY, needed_by_precision="year", priority="urgent",
        description="Ask",
    )  # fmt: skip
    pledge = full_pledge(state, partner, conference, mission, capability)
    factories.RecordPledgeFactory(capability_type=None, quantity=None, participant=state)
    factories.MissionFactory(starts_on=None, starts_on_precision="")
    factories.RequirementFactory(quantity=None, edition__published_on=None, edition__published_on_precision="")
    return {
        "pledges": pledge.reference,
        "requirements": requirement.reference,
        "conferences": conference.slug,
        "participants": state.code,
        "missions": mission.acronym,
        "capability-types": capability.code,
    }


def full_pledge(state: Any, partner: Any, conference: Any, mission: Any, capability: Any) -> Any:
    """Return a closed pledge of which everything is known."""
    pledge = factories.ClosedPledgeFactory(
        participant=state, conference=conference, capability_type=capability, capability_wording="Wording",
        personnel=100, women=20, amount="70000000.5", currency="CAD", deliver_from=DAY, deliver_from_precision="month",
        deliver_by=DAY, deliver_by_precision="year", caveats_known=CaveatKnowledge.DECLARED, missions=[mission],
        intended_outcome="Care within an hour.", fund="Trust fund", courses=3, places=60, places_for_women=40,
        languages="English, French",
        source_title="Statement", source_url="https://pledges.example/statement", source_confidence="official",
    )  # fmt: skip
    factories.ConfirmedPartnerFactory(
        pledge=pledge, participant=partner, role=PartnerRole.LIFT, share_personnel=10, share_amount=5
    )
    sourced = {"source_title": "News", "source_url": "https://pledges.example/news", "source_confidence": "press"}
    factories.ProgressUpdateFactory(
        pledge=pledge, state=ReportedState.DELIVERED, delivered_quantity=3, unit="unit", personnel=90, **sourced
    )
    factories.ProgressUpdateFactory(pledge=pledge, state=ReportedState.DELIVERED)
    factories.AssessmentFactory(pledge=pledge, state=AssessedState.DELIVERED, confirmed_quantity=3)
    factories.ReadinessFactory(pledge=pledge, level=ReadinessLevel.LEVEL_2, **sourced)
    factories.CaveatFactory(pledge=pledge, text="No nights.", declared_on=DAY)
    return pledge


def check(instance: Any, component: str) -> None:
    """Hold an answer against a component of the schema."""
    document = openapi(get_language() or "en")
    schema = {"$ref": f"#/components/schemas/{component}", "components": document["components"]}
    Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(instance)


def same_fields(row: Any, serializer: serializers.BaseSerializer[Any]) -> None:
    """Hold a row to just the fields of its description, in their order, all the way down."""
    fields: dict[str, Any] = getattr(serializer, "child", serializer).fields  # type: ignore[attr-defined]
    assert list(row) == list(fields)
    for name, field in fields.items():
        if isinstance(field, serializers.BaseSerializer):
            nested = row[name] if isinstance(row[name], list) else [row[name]] if row[name] else []
            for inner in nested:
                same_fields(inner, field)


def component_of(resource: type[views.Resource]) -> str:
    """Return the name of a resource's shape in the schema."""
    return resource.row_serializer_class.__name__.removesuffix("Serializer")


@pytest.mark.parametrize("name", views.RESOURCES)
def test_lists_and_rows_are_as_described(anyone: Api, full: dict[str, str], name: str) -> None:
    resource = views.RESOURCES[name]
    page = anyone.get(f"{name}/").json()
    check(page, f"Paginated{component_of(resource)}List")
    row = anyone.get(f"{name}/{full[name]}/").json()
    check(row, component_of(resource))
    assert row in page["results"]
    assert len(page["results"]) > 1
    for each in page["results"]:
        same_fields(each, resource.row_serializer_class())


@pytest.mark.parametrize("name", views.RESOURCES)
def test_the_full_row_leaves_nothing_out(anyone: Api, full: dict[str, str], name: str) -> None:
    row = anyone.get(f"{name}/{full[name]}/").json()
    assert [field for field, value in row.items() if value in (None, [], "")] == []


def test_figures_and_timelines_are_as_described(anyone: Api, full: dict[str, str]) -> None:
    gap = anyone.get("statistics/gap/").json()
    check(gap, "Gap")
    delivery = anyone.get("statistics/delivery/").json()
    check(delivery, "Delivery")
    timeline = anyone.get(f"pledges/{full['pledges']}/timeline/").json()
    check(timeline, "Timeline")
    assert {entry["kind"] for entry in timeline["results"]} == {"announcement", "report", "assessment", "readiness"}
    for row in gap["results"]:
        same_fields(row, views.CapabilityGap.row_serializer_class())
    for row in delivery["results"]:
        same_fields(row, views.Delivery.row_serializer_class())
    for entry in timeline["results"]:
        same_fields(entry, views.PledgeTimeline.row_serializer_class())


def test_a_timeline_tells_what_the_page_tells_everybody(anyone: Api) -> None:
    pledge = factories.AnnouncedPledgeFactory()
    factories.ProgressUpdateFactory(pledge=pledge, personnel=90, women=20, expected_on=DAY)
    factories.ReadinessFactory(pledge=pledge, level=ReadinessLevel.LEVEL_2, exception="Seen by the force commander.")
    entries = anyone.get(f"pledges/{pledge.reference}/timeline/").json()["results"]
    told = {entry["kind"]: entry for entry in entries}
    report, level = told["report"], told["readiness"]
    assert (report["women"], report["expected_on"], report["by_exception"]) == (20, "2025-05-13", None)
    assert (level["readiness_level"], level["by_exception"]) == ("2", True)
    assert "force commander" not in str(entries), "the reason of an exception is for the pledge's own delegation"


def test_the_root_names_every_endpoint(anyone: Api) -> None:
    root = anyone.get("/api/v1/").json()
    check(root, "Root")
    assert {anyone.get(address).status_code for address in root.values()} == {200}


@pytest.mark.parametrize("path", ["pledges/?country=KOR", "pledges/PKM25-NONE2/", "nowhere/", "pledges/?format=xml"])
def test_refusals_are_as_described(anyone: Api, path: str) -> None:
    answer = anyone.get(path)
    assert answer["Content-Type"] == "application/problem+json"
    check(answer.json(), "Problem")
    assert answer.json()["status"] == answer.status_code


def test_values_are_exact(anyone: Api, full: dict[str, str]) -> None:
    pledge = anyone.get(f"pledges/{full['pledges']}/").json()
    assert pledge["amount"] == "70000000.50"
    assert pledge["partners"][0]["share_amount"] == "5.00"
    assert pledge["intended_outcome"] == "Care within an hour."
    assert [caveat["text"] for caveat in pledge["caveats"]] == ["No nights."]
    assert pledge["deliver_by"] == "2025-05-13"
    assert pledge["announced_at"] == "2025-05-13T09:00:00+00:00"
    assert pledge["known_state"] == "delivered"
    assert pledge["url"] == f"http://testserver/pledges/{full['pledges']}/"
    assert pledge["source"] == {
        "title": "Statement", "url": "https://pledges.example/statement", "confidence": "official",
    }  # fmt: skip


def test_the_schema_is_valid_and_whole(tmp_path: Any) -> None:
    call_command("spectacular", fail_on_warn=True, validate=True, file=str(tmp_path / "schema.yml"))
    paths = openapi("en")["paths"]
    assert len(paths) == 1 + 2 * len(views.RESOURCES) + 5 + len(STEPS)
    writing = {f"{method} {path}" for path, methods in paths.items() for method in methods if method != "get"}
    assert writing == {
        "post /api/v1/pledges/", "patch /api/v1/pledges/{reference}/",
        "patch /api/v1/pledges/{reference}/partners/{code}/",
        *(f"post /api/v1/pledges/{{reference}}/{step}/" for step in STEPS),
    }  # fmt: skip


def test_what_a_delegation_works_on_is_as_described(full: dict[str, str]) -> None:
    pledge = Pledge.objects.get(reference=full["pledges"])
    writer = Writer(factories.member_of(pledge.participant))
    row = writer.get(f"pledges/{pledge.reference}/content/").json()
    check(row, "Written")
    same_fields(row, WrittenSerializer())


def test_every_filter_is_explained_and_none_is_left_over() -> None:
    filter_sets = [resource.filterset_class for resource in views.RESOURCES.values()]
    assert set(FILTERS) == {name for filters in filter_sets for name in filters.base_filters}


def test_participants_of_all_kinds_are_listed(anyone: Api) -> None:
    factories.SecretariatFactory()
    factories.OrganizationFactory()
    assert {row["kind"] for row in anyone.rows("participants/")} == {
        ParticipantKind.SECRETARIAT,
        ParticipantKind.ORGANIZATION,
    }
