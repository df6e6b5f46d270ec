"""Participants, capability types, missions and the small tables: all that the other files refer to."""

from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

from django.apps import apps

from capabilities.models import (
    CapabilityType,
    CapabilityWording,
    Category,
    Edition,
    GenderTarget,
    Mission,
    ReadinessCount,
    Requirement,
)
from conferences.models import Holiday, Participant, Priority, PublishedTotal
from conferences.references import letters_of, record_key
from pledges.importing.sync import Counts, Row, sync, sync_links
from pledges.record.files import Line, codes, dated, number, read_csv


def load_participants(file: Path) -> Counts:
    """Keep the participants in step."""
    rows = [line | {"un_member_since": number(line["un_member_since"])} for line in read_csv(file)]
    return sync(Participant.objects.all(), rows, ("code",)).counts


def load_categories(file: Path) -> Counts:
    """Keep the categories in step; their order is that of the file."""
    rows = [
        {
            "code": line["code"],
            "name": line["name"],
            "position": position,
            "is_deliverable": line["is_deliverable"] == "yes",
        }
        for position, line in enumerate(read_csv(file), 1)
    ]
    return sync(Category.objects.all(), rows, ("code",)).counts


def load_types(file: Path) -> Counts:
    """Keep the capability types in step."""
    rows = [
        {
            "code": line["code"],
            "name": line["name"],
            "category_id": line["category"],
            "unit_of_measure": line["unit_of_measure"],
            "typical_personnel": number(line["typical_personnel"]),
            "is_pcrs_registrable": line["pcrs_eligible"] == "yes",
            "note": line["note"],
            "source_url": line["source_url"],
        }
        for line in read_csv(file)
    ]
    return sync(CapabilityType.objects.all(), rows, ("code",)).counts


def load_wordings(file: Path) -> Counts:
    """Keep in step what type each wording means."""
    rows = [
        {
            "category_id": line["category"],
            "wording": line["capability"],
            "capability_type_id": line["capability_code"] or None,
            "match": line["match"],
        }
        for line in read_csv(file)
    ]
    return sync(CapabilityWording.objects.all(), rows, ("category_id", "wording")).counts


def load_missions(file: Path) -> Counts:
    """Keep the missions of the UN in step, or those of partners, whose file has no `type`."""
    lines = read_csv(file)
    participants = set(Participant.objects.values_list("code", flat=True))
    missions = sync(Mission.objects.all(), [mission(line, participants) for line in lines], ("acronym",))
    hosts = {line["acronym"]: [c for c in codes(line["host_countries"]) if c in participants] for line in lines}
    return missions.counts.with_links(sync_links(Mission.host_countries, hosts))


def mission(line: Line, participants: set[str]) -> Row:
    """Return the row of a mission; hosts that are no participants are kept as codes."""
    return {
        "acronym": line["acronym"],
        "name": line["name"],
        "type": line.get("type", Mission.Type.PARTNER),
        "host_territories": ";".join(code for code in codes(line["host_countries"]) if code not in participants),
        **dated("starts_on", line["start_date"]),
        **dated("ends_on", line["end_date"], deadline=True),
        "source_url": line["source_url"],
    }


def load_priorities(file: Path) -> Counts:
    """Keep the priorities in step; within a framework the order is that of the file."""
    positions: dict[str, Any] = {}
    rows = [line | {"position": next(positions.setdefault(line["framework"], count(1)))} for line in read_csv(file)]
    return sync(Priority.objects.all(), rows, ("framework", "code")).counts


def load_holidays(file: Path) -> Counts:
    """Keep the days on which the Secretariat does not work in step, save those on which a person has had a say."""
    rows = [{"day": date.fromisoformat(line["day"]), "name": line["name"]} for line in read_csv(file)]
    theirs = days_of_people()
    return sync(Holiday.objects.all(), [row for row in rows if row["day"] not in theirs], ("day",)).counts


def days_of_people() -> set[date]:
    """Return the days that are, or were, those of a holiday that a person entered, changed or removed."""
    events = apps.get_model("conferences", "HolidayEvent")._default_manager
    touched = events.filter(pgh_context__actor__gt=0)  # the actor of the system is null
    return set(events.filter(pgh_obj__in=touched.values("pgh_obj")).values_list("day", flat=True))


def load_gender_targets(file: Path) -> Counts:
    """Keep the targets for women in step."""
    rows = [
        line | {"year": int(line["year"]), "target_percent": number(line["target_percent"])} for line in read_csv(file)
    ]
    return sync(GenderTarget.objects.all(), rows, ("category", "year")).counts


def load_readiness_counts(file: Path) -> Counts:
    """Keep in step how many units are published per readiness level."""
    rows = [
        {
            "edition": line["edition"],
            "capability_type_id": line["capability_code"],
            **{level: number(line[level]) for level in ("level_1", "level_2", "level_3", "rdl")},
            "source_url": line["source_url"],
        }
        for line in read_csv(file)
    ]
    return sync(ReadinessCount.objects.all(), rows, ("edition", "capability_type_id")).counts


TOTAL_KEY = (
    "conference_id", "measure", "value", "qualifier", "counted_by", "published_on", "source_title", "participant_id",
)  # fmt: skip


def load_published_totals(file: Path) -> Counts:
    """Keep the published figures in step. A figure is told apart by all that it says, so a corrected one is another."""
    lines = read_csv(file)
    rows = [
        {
            "conference_id": line["conference"],
            **{name: line[name] for name in ("measure", "qualifier", "counted_by", "unit", "note")},
            "value": int(line["value"]),
            "participant_id": line["participant"] or None,
            **dated("published_on", line["published_on"]),
            "source_title": line["source_title"],
            "source_url": line["source_url"],
        }
        for line in lines
    ]
    scope = PublishedTotal.objects.filter(conference__in={line["conference"] for line in lines})
    return sync(scope, rows, TOTAL_KEY, prune=True).counts


REQUIREMENT_KEY = (
    "edition", "conference", "mission", "capability_code", "characteristics", "needed_by", "priority", "description",
)  # fmt: skip


def load_requirements(file: Path) -> Counts:
    """Keep editions and requirements in step. One that left the file goes, unless pledges are allocated to it."""
    lines = read_csv(file)
    editions = {line["edition"]: dated("published_on", line["edition_date"]) for line in lines}
    rows = [{"name": name} | published for name, published in editions.items()]
    numbers = {name: one.pk for (name,), one in sync(Edition.objects.all(), rows, ("name",)).by_key.items()}
    scope = Requirement.objects.filter(record_key__isnull=False)
    synced = sync(scope, requirements(lines, numbers), ("record_key",))
    gone = scope.exclude(pk__in=[one.pk for one in synced.by_key.values()]).filter(allocations=None)
    removed = gone.delete()[1].get(Requirement._meta.label, 0)
    return synced.counts + Counts(removed=removed)


def requirements(lines: list[Line], editions: dict[str, int]) -> list[Row]:
    """Return the rows of the requirements with keys and references that stay the same on every load."""
    rows, taken = [], set()
    for line in lines:
        key = record_key(*(line[name] for name in REQUIREMENT_KEY))
        reference = next(one for n in count() if (one := f"REQ-{letters_of(key, n)}") not in taken)
        taken.add(reference)
        rows.append(requirement(line) | {"edition_id": editions[line["edition"]]})
        rows[-1] |= {"record_key": key, "reference": reference}
    return rows


def requirement(line: Line) -> Row:
    """Return what a line says of a requirement."""
    return {
        "conference_id": line["conference"] or None,
        "mission_id": line["mission"] or None,
        "capability_type_id": line["capability_code"],
        "quantity": number(line["quantity"]),
        "personnel": number(line["personnel"]),
        **dated("needed_by", line["needed_by"], deadline=True),
        **{name: line[name] for name in ("unit", "characteristics", "priority", "description")},
        "source_title": line["source_title"],
        "source_url": line["source_url"],
    }
