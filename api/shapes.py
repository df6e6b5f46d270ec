"""How rows are read: a resource's columns, and the shape that its rows get. Up to four queries a page, no models.

Relations are stored by their codes, so they need no join. What is not known is null: never 0, never an empty text.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import quote

from django.db.models import QuerySet
from django.urls import reverse

from capabilities.models import Mission
from conferences.models import LANGUAGES, CoChair, Conference
from pledges.figures import Cohort, GapRow, readers_filters
from pledges.links import address, rows_url
from pledges.models import Caveat, Pledge, PledgeMission
from pledges.querysets import taking_part
from pledges.timeline import Entry

Row = dict[str, Any]
PLACE = "PLACE"


class Site(NamedTuple):
    """Where addresses begin: scheme, host and port as the caller wrote them."""

    origin: str

    def page(self, name: str, key: str) -> str:
        """Return the whole address of a page."""
        return self.origin + path_of(name).replace(PLACE, quote(key))


@cache
def path_of(name: str) -> str:
    """Return the path of a page with a placeholder for its key: reversing each row's would take longer than its SQL."""
    return reverse(name, args=[PLACE])


class Shape(NamedTuple):
    """What a resource takes from the database, and how its rows are made of that."""

    columns: tuple[str, ...]
    nest: Callable[[list[Row], Site], list[Row]]

    def read(self, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        """Return a queryset of these columns as dicts."""
        return queryset.values(*self.columns)


def grouped(rows: Iterable[tuple[Any, Any]]) -> dict[Any, list[Any]]:
    """Return the second of each pair, listed under the first."""
    found: dict[Any, list[Any]] = defaultdict(list)
    for key, value in rows:
        found[key].append(value)
    return found


def known(row: Row) -> Row:
    """Return the row with null for each empty text."""
    return {name: None if value == "" else value for name, value in row.items()}


def source_of(row: Row) -> Row | None:
    """Return where a row was read, null for what was entered here."""
    if not row["source_url"]:
        return None
    return {"title": row["source_title"], "url": row["source_url"], "confidence": row["source_confidence"]}


def money(value: Any) -> str | None:
    """Return an amount as text with two decimals, so that nothing is rounded on its way."""
    return None if value is None else f"{value:.2f}"


# --- Participants, conferences, missions, capability types ------------------------------------------------------------
NAMES = tuple(f"name_{language}" for language in LANGUAGES)


def nest_participants(rows: list[Row], site: Site) -> list[Row]:
    """Return participants as the API shows them."""
    return [
        {
            "code": row["code"],
            "iso2": row["iso2"] or None,
            "m49": row["m49"] or None,
            "kind": row["kind"],
            "names": {language: row[f"name_{language}"] for language in LANGUAGES},
            "regional_group": row["regional_group"],
            "un_member_since": row["un_member_since"],
            "url": site.page("participant-detail", row["code"]),
        }
        for row in rows
    ]


PARTICIPANTS = Shape(
    ("code", "iso2", "m49", "kind", *NAMES, "regional_group", "un_member_since", "sort_en"), nest_participants
)

CONFERENCE_COLUMNS = (
    "slug", "title", "formal_title", "series", "starts_on", "starts_on_precision", "ends_on", "ends_on_precision",
    "city", "country_id", "venue", "format", "level", "theme", "motto", "objective", "has_pledges", "related_to_id",
    "window_opens_at", "window_closes_at",
)  # fmt: skip


def nest_conferences(rows: list[Row], site: Site) -> list[Row]:
    """Return conferences as the API shows them, in two queries more."""
    slugs = [row["slug"] for row in rows]
    host_rows = Conference.hosts.through.objects.filter(conference__in=slugs).order_by("participant_id")
    hosts = grouped(host_rows.values_list("conference_id", "participant_id"))
    chair_rows = CoChair.objects.filter(conference__in=slugs).order_by("position")
    chairs = grouped(
        (slug, {"participant": code, "role": role})
        for slug, code, role in chair_rows.values_list("conference_id", "participant_id", "role")
    )
    return [
        {
            **{name.removesuffix("_id"): value for name, value in known(row).items()},
            "hosts": hosts[row["slug"]],
            "co_chairs": chairs[row["slug"]],
            "url": site.page("conference-detail", row["slug"]),
        }
        for row in rows
    ]


CONFERENCES = Shape(CONFERENCE_COLUMNS, nest_conferences)


MISSION_SPAN = ("starts_on", "starts_on_precision", "ends_on", "ends_on_precision", "source_url")


def nest_missions(rows: list[Row], site: Site) -> list[Row]:
    """Return missions as the API shows them, in one query more."""
    links = Mission.host_countries.through.objects.filter(mission__in=[row["acronym"] for row in rows])
    hosts = grouped(links.order_by("participant_id").values_list("mission_id", "participant_id"))
    return [
        {
            **{name: row[name] for name in ("acronym", "name", "type")},
            "host_countries": hosts[row["acronym"]],
            "host_territories": [code for code in row["host_territories"].split(";") if code],
            **known({name: row[name] for name in MISSION_SPAN}),
        }
        for row in rows
    ]


MISSIONS = Shape(("acronym", "name", "type", "host_territories", *MISSION_SPAN), nest_missions)


def nest_capability_types(rows: list[Row], site: Site) -> list[Row]:
    """Return capability types as the API shows them."""
    return [
        {
            "code": row["code"],
            "name": row["name"],
            "category": row["category_id"],
            "category_name": row["category__name"],
            "unit_of_measure": row["unit_of_measure"],
            "typical_personnel": row["typical_personnel"],
            "is_pcrs_registrable": row["is_pcrs_registrable"],
            "note": row["note"] or None,
            "source_url": row["source_url"] or None,
        }
        for row in rows
    ]


CAPABILITY_TYPES = Shape(
    (
        "code", "name", "category_id", "category__name", "unit_of_measure", "typical_personnel", "is_pcrs_registrable",
        "note", "source_url",
    ),
    nest_capability_types,
)  # fmt: skip


# --- Requirements and their gap ---------------------------------------------------------------------------------------
def nest_requirements(rows: list[Row], site: Site) -> list[Row]:
    """Return requirements as the API shows them."""
    return [
        {
            "reference": row["reference"],
            "edition": {
                "name": row["edition__name"],
                "published_on": row["edition__published_on"],
                "published_on_precision": row["edition__published_on_precision"] or None,
            },
            "conference": row["conference_id"],
            "mission": row["mission_id"],
            "beneficiary": row["beneficiary_id"],
            "capability_type": row["capability_type_id"],
            "quantity": row["quantity"],
            "unit": row["unit"],
            "personnel": row["personnel"],
            "characteristics": row["characteristics"] or None,
            "needed_by": row["needed_by"],
            "needed_by_precision": row["needed_by_precision"] or None,
            "priority": row["priority"] or None,
            "description": row["description"] or None,
            "source": {"title": row["source_title"], "url": row["source_url"]},
            "url": site.page("requirement-detail", row["reference"]),
        }
        for row in rows
    ]


REQUIREMENTS = Shape(
    (
        "reference", "edition__name", "edition__published_on", "edition__published_on_precision", "conference_id",
        "mission_id", "beneficiary_id", "capability_type_id", "quantity", "unit", "personnel", "characteristics",
        "needed_by", "needed_by_precision", "priority", "description", "source_title", "source_url",
    ),
    nest_requirements,
)  # fmt: skip


def gap_row(row: GapRow, site: Site) -> Row:
    """Return a row of the gap as the API shows it, with the call that lists the pledges it counts."""
    return {
        "mission": row.mission,
        "capability_type": row.capability_type,
        "capability_name": row.capability_name,
        "category": row.category,
        "unit": row.unit,
        "edition": {
            "name": row.edition,
            "published_on": row.published_on,
            "published_on_precision": row.published_on_precision or None,
        },
        "requirements": list(row.references),
        "asks_without_number": row.asks_without_number,
        "required": row.required,
        "offered": row.offered,
        "silent": row.silent,
        "verified": row.verified,
        "delivered": row.delivered,
        "missing": row.missing,
        "surplus": row.surplus,
        "undelivered": row.undelivered,
        "in_words": row.in_words,
        "named": row.named,
        "naming_pledges": site.origin + address(reverse("api-pledges"), row.named_filters),
        "pledges": site.origin + address(reverse("api-pledges"), row.filters),
        "silent_pledges": site.origin + address(reverse("api-pledges"), row.silent_filters),
        "url": site.origin + rows_url(row.filters),
    }


def delivery_row(row: Cohort, user: Any, site: Site) -> Row:
    """Return what became of a conference's pledges, with the calls that list the pledges counted."""
    filters = {"conference": row.conference.pk, **readers_filters(user)}
    return {
        "conference": row.conference.pk,
        "age": row.age,
        "pledges": row.pledges,
        **row.became,
        "silent": row.silent,
        "counted_pledges": site.origin + address(reverse("api-pledges"), filters | {"silent": "false"}),
        "silent_pledges": site.origin + address(reverse("api-pledges"), filters | {"silent": "true"}),
        "url": site.page("conference-detail", row.conference.pk),
    }


# --- Pledges ----------------------------------------------------------------------------------------------------------
PLEDGE_COLUMNS = (
    "pk", "reference", "conference_id", "participant_id", "title", "description", "category_id", "capability_type_id",
    "capability_wording", "match", "quantity", "unit", "personnel", "women", "amount", "currency", "fund",
    "courses", "places", "places_for_women", "languages", "deliver_from",
    "deliver_from_precision", "deliver_by", "deliver_by_precision", "kind", "status", "outcome", "announced_at",
    "reported_state", "assessed_state", "delivered_quantity", "readiness_level", "intended_outcome",
    "caveats_known", "is_synthetic", "source_title", "source_url", "source_confidence", "dated_at", "known_state",
)  # fmt: skip
PARTNER_COLUMNS = (
    "pledge_id", "participant_id", "role", "confirmation", "share_quantity", "share_personnel", "share_amount",
)  # fmt: skip
CAVEAT_COLUMNS = ("pledge_id", "text", "stage", "declared_on", "declared_on_precision")


def nest_pledges(rows: list[Row], site: Site) -> list[Row]:
    """Return pledges as the API shows them, in three queries more: their missions, partners and conditions."""
    keys = [row["pk"] for row in rows]
    links = PledgeMission.objects.filter(pledge__in=keys).order_by("mission_id")
    missions = grouped(links.values_list("pledge_id", "mission_id"))
    taking = taking_part().filter(pledge__in=keys).order_by("participant_id")
    partners = grouped((found[0], partner(found)) for found in taking.values_list(*PARTNER_COLUMNS))
    declared = Caveat.objects.filter(pledge__in=keys).order_by("declared_on", "pk")
    caveats = grouped((found[0], caveat(found)) for found in declared.values_list(*CAVEAT_COLUMNS))
    return [pledge(row, missions[row["pk"]], partners[row["pk"]], caveats[row["pk"]], site) for row in rows]


def caveat(found: tuple[Any, ...]) -> Row:
    """Return one condition as the API shows it."""
    _pledge, text, stage, day, precision = found
    return {"text": text, "stage": stage, "declared_on": day, "declared_on_precision": precision or None}


def partner(found: tuple[Any, ...]) -> Row:
    """Return one partner as the API shows it."""
    _pledge, participant, role, confirmation, quantity, personnel, amount = found
    return {
        "participant": participant,
        "role": role,
        "confirmation": confirmation,
        "share_quantity": quantity,
        "share_personnel": personnel,
        "share_amount": money(amount),
    }


def pledge(row: Row, missions: list[str], partners: list[Row], caveats: list[Row], site: Site) -> Row:
    """Return one pledge as the API shows it: what everybody may read who may see the pledge, and nothing else."""
    return {
        "reference": row["reference"],
        "conference": row["conference_id"],
        "participant": row["participant_id"],
        "partners": partners,
        "title": row["title"] or None,
        "description": row["description"] or None,
        "category": row["category_id"],
        "capability_type": row["capability_type_id"],
        "capability": row["capability_wording"] or None,
        "match": row["match"],
        "quantity": row["quantity"],
        "unit": row["unit"] or None,
        "personnel": row["personnel"],
        "women": row["women"],
        "amount": money(row["amount"]),
        "currency": row["currency"] or None,
        "fund": row["fund"] or None,
        "courses": row["courses"],
        "places": row["places"],
        "places_for_women": row["places_for_women"],
        "languages": row["languages"] or None,
        "missions": missions,
        "available_from": row["deliver_from"],
        "available_from_precision": row["deliver_from_precision"] or None,
        "deliver_by": row["deliver_by"],
        "deliver_by_precision": row["deliver_by_precision"] or None,
        "kind": row["kind"],
        "status": row["status"],
        "outcome": row["outcome"] or None,
        "announced_at": row["announced_at"],
        "known_state": row["known_state"],
        "reported_state": row["reported_state"] or None,
        "assessed_state": row["assessed_state"] or None,
        "delivered_quantity": row["delivered_quantity"],
        "readiness_level": row["readiness_level"] or None,
        "intended_outcome": row["intended_outcome"] or None,
        "caveats": caveats,
        "caveats_known": row["caveats_known"],
        "is_synthetic": row["is_synthetic"],
        "source": source_of(row),
        "url": site.page("pledge-detail", row["reference"]),
    }


PLEDGES = Shape(PLEDGE_COLUMNS, nest_pledges)


def entry(found: Entry, of: Pledge, site: Site) -> Row:
    """Return one entry of a timeline as the API shows it."""
    return {
        "kind": found.kind,
        "day": found.day,
        "day_precision": found.precision or None,
        "title": found.title,
        "text": found.text or None,
        "by": found.who or None,
        "quantity": found.quantity,
        "unit": found.unit or None,
        "personnel": found.personnel,
        "women": found.women,
        "expected_on": found.expected_on,
        "readiness_level": found.level or None,
        "by_exception": found.by_exception,
        "source": source_of(vars(found)),
        "url": f"{site.page('pledge-detail', of.reference)}#{found.anchor}",
    }
