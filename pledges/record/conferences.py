"""Conferences with all that belongs to them, from conferences.yaml. What the file lists, the file decides."""

from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any

from django.db.models import QuerySet

from conferences.models import (
    CoChair,
    Conference,
    ConferenceSource,
    CrossCuttingTheme,
    OutcomeDocument,
    PreparatoryConference,
    Session,
    SideEvent,
)
from pledges.importing.sync import Counts, Row, sync, sync_links
from pledges.record.files import RecordError, dated, read_yaml

# The letters that begin a reference. Meetings beside the main line have their own: two in a year must not share one.
PREFIXES = {"leaders_summit": "PKS", "defence_ministerial": "PKM", "ministerial": "PKM", "related": "PKR"}
OWN_PREFIXES = {"francophone-2016": "PKF", "chiefs-of-defence-2017": "PKC"}
WINDOW = ("window_opens", "window_closes")
LISTS = (
    "hosts", "co_chairs", "sessions", "cross_cutting_themes", "side_events", "preparatory_conferences",
    "outcome_documents", "sources",
)  # fmt: skip
TEXTS = ("title", "formal_title", "city", "venue", "format", "level", "theme", "motto", "objective", "notes")
# What an entry may leave out.
DEFAULTS: Row = {
    **dict.fromkeys((*TEXTS, "related_to", "sequence_since_2014", "country")),
    **dict.fromkeys(LISTS, ()),
    "has_pledges": True,
}


def load_conferences(file: Path) -> dict[str, Counts]:
    """Keep the conferences and their parts in step; returns the counts of each kind of part."""
    conferences = [DEFAULTS | one for one in read_yaml(file)["conferences"]]
    slugs = [one["slug"] for one in conferences]
    set_by_hand = set(Conference.objects.filter(window_version__gt=0).values_list("pk", flat=True))
    rows = [conference(one, set_by_hand) for one in conferences]
    there = sync(Conference.objects.all(), rows, ("slug",)).counts
    hosts = sync_links(Conference.hosts, {one["slug"]: one["hosts"] for one in conferences})
    counts = {"conferences": there.with_links(hosts)}
    counts["preparatory conferences"] = load_preparatory(conferences)
    keys = dict(PreparatoryConference.objects.values_list("key", "pk"))
    for name, model, rows, key in (
        ("co-chairs", CoChair, co_chairs(conferences), "participant_id"),
        ("cross-cutting themes", CrossCuttingTheme, themes(conferences), "name"),
    ):
        scope = model._default_manager.filter(conference__in=slugs)
        counts[name] = sync(scope, rows, ("conference_id", key), prune=True).counts
    counts["sessions"] = load_sessions(conferences, keys)
    counts["side events"] = load_side_events(conferences)
    counts["outcome documents"] = load_documents(conferences)
    counts["conference sources"] = sync(
        ConferenceSource.objects.filter(conference__in=slugs),
        sources(conferences, keys),
        ("conference_id", "preparatory_conference_id", "position"),
        prune=True,
    ).counts
    return counts


def conference(one: dict[str, Any], set_by_hand: set[str]) -> Row:
    """Return the row of a conference; without its pledging window where a manager set that."""
    return {
        **({} if one["slug"] in set_by_hand else window(one)),
        "slug": one["slug"],
        **{name: one[name] or "" for name in TEXTS},
        "series": one["series"],
        "related_to_id": one["related_to"],
        "has_pledges": one["has_pledges"],
        "sequence_since_2014": one["sequence_since_2014"],
        "country_id": one["country"],
        **dated("starts_on", one["start"]),
        **dated("ends_on", one["end"], deadline=True),
        "reference_prefix": prefix_of(one["slug"], one["series"], one["start"]),
    }


def window(one: dict[str, Any]) -> Row:
    """Return the ends of the pledging window that the file states. Raises ValueError for one without its offset."""
    row: Row = {}
    for name in WINDOW:
        if one.get(name) is not None:
            instant = datetime.fromisoformat(str(one[name]))
            if instant.tzinfo is None:
                raise ValueError(f"{one['slug']}: {name} needs its offset from UTC, such as +00:00.")
            row[f"{name}_at"] = instant
    return row


def prefix_of(slug: str, series: str, start: str) -> str:
    """Return what begins the references of a conference: three letters and the year, such as PKM25."""
    return OWN_PREFIXES.get(slug, PREFIXES[series]) + str(start)[2:4]


def load_preparatory(conferences: list[dict[str, Any]]) -> Counts:
    """Keep the preparatory conferences in step with their co-hosts."""
    parts = [(one, part) for one in conferences for part in one["preparatory_conferences"]]
    rows = [
        {
            "key": part["key"],
            "conference_id": one["slug"],
            "theme": part["theme"],
            "format": part["format"] or "",
            "city": part["city"] or "",
            "country_id": part["country"],
            **meeting(part["start"], part["end"], part["note"]),
        }
        for one, part in parts
    ]
    scope = PreparatoryConference.objects.filter(conference__in=[one["slug"] for one in conferences])
    synced = sync(scope, rows, ("key",))
    co_hosts = {synced.by_key[part["key"],].pk: part["co_hosts"] for _one, part in parts}
    return synced.counts.with_links(sync_links(PreparatoryConference.co_hosts, co_hosts))


def meeting(start: str | None, end: str | None, note: str | None) -> Row:
    """Return the columns that all meetings share."""
    return {**dated("starts_on", start), **dated("ends_on", end, deadline=True), "note": note or ""}


def co_chairs(conferences: list[dict[str, Any]]) -> list[Row]:
    """Return the co-chairs in the order of the file."""
    return [
        {"conference_id": one["slug"], "participant_id": chair["code"], "role": chair["role"], "position": position}
        for one in conferences
        for position, chair in enumerate(one["co_chairs"], 1)
    ]


def themes(conferences: list[dict[str, Any]]) -> list[Row]:
    """Return the cross-cutting themes in the order of the file."""
    return [
        {"conference_id": one["slug"], "position": position, "name": name}
        for one in conferences
        for position, name in enumerate(one["cross_cutting_themes"], 1)
    ]


def load_sessions(conferences: list[dict[str, Any]], preparatory: dict[str, int]) -> Counts:
    """Keep the sessions in step with their co-hosts."""
    parts = {(one["slug"], part["order"]): part for one in conferences for part in one["sessions"]}
    rows = [
        {
            "conference_id": slug,
            "position": position,
            "title": part["title"],
            "title_kind": part["title_kind"],
            "kind": part["kind"] or "",
            **dated("day", part["day"]),
            "note": part["note"] or "",
            "prepared_by_id": preparatory[part["prepared_by"]] if part["prepared_by"] else None,
        }
        for (slug, position), part in parts.items()
    ]
    place_sessions(Session.objects.filter(conference__in=[one["slug"] for one in conferences]), rows)
    return load_parts(Session, conferences, rows, "co_hosts", {key: part["co_hosts"] for key, part in parts.items()})


def place_sessions(scope: QuerySet[Session], rows: list[Row]) -> None:
    """Put each stored session in the place that the file gives it, so that the pledges for it stay with it.

    A session is found again by its title; with a new title by its place, unless sessions came or went as well. Raises
    RecordError for one that would go while pledges name it.
    """
    there = {(one.conference_id, one.title): one for one in scope}
    wanted = {(row["conference_id"], row["title"]): row["position"] for row in rows}
    places = {there[name].pk: wanted[name] for name in there.keys() & wanted.keys()}
    for slug in {one.conference_id for one in scope}:
        lost = [one for (of, title), one in there.items() if of == slug and (of, title) not in wanted]
        new = {place for (of, title), place in wanted.items() if of == slug and (of, title) not in there}
        if len(lost) == len(new):
            places |= {one.pk: one.position for one in lost if one.position in new}
    if named := scope.exclude(pk__in=places).filter(pledges__isnull=False).first():
        raise RecordError(
            f"conferences.yaml no longer has the session “{named}” of {named.conference_id}, but pledges name it: keep "
            "it. To give it another title, change that alone, and sessions that come or go in a load of its own."
        )
    move(scope, places)


def move(scope: QuerySet[Session], places: dict[int, int]) -> None:
    """Give sessions their new places, and those without one a place behind all others, where they are removed."""
    behind = 10_000  # no programme is as long, and two sessions never share a place on the way
    moving = [one for one in scope if places.get(one.pk) != one.position]
    for one in moving:
        one.position += behind
    Session.objects.bulk_update(moving, ["position"])
    for one in moving:
        one.position = places.get(one.pk, one.position)
    Session.objects.bulk_update(moving, ["position"])


def load_side_events(conferences: list[dict[str, Any]]) -> Counts:
    """Keep the side events in step with their co-hosts."""
    parts = {(one["slug"], n): part for one in conferences for n, part in enumerate(one["side_events"], 1)}
    rows = [
        {
            "conference_id": slug,
            "position": position,
            "title": part["title"],
            **meeting(part["date"], None, part["note"]),
        }
        for (slug, position), part in parts.items()
    ]
    return load_parts(SideEvent, conferences, rows, "co_hosts", {key: part["co_hosts"] for key, part in parts.items()})


def load_documents(conferences: list[dict[str, Any]]) -> Counts:
    """Keep the outcome documents in step with the governments behind them."""
    parts = {(one["slug"], n): part for one in conferences for n, part in enumerate(one["outcome_documents"], 1)}
    rows = [
        {
            "conference_id": slug,
            "position": position,
            "title": part["title"],
            "kind": part["kind"],
            **dated("dated_on", part["date"]),
            "endorsed_count": part["endorsed_count"],
            "note": part["note"] or "",
            "source_url": part["source_url"] or "",
        }
        for (slug, position), part in parts.items()
    ]
    endorsed = {key: part["endorsed_by"] for key, part in parts.items()}
    return load_parts(OutcomeDocument, conferences, rows, "endorsed_by", endorsed)


def load_parts(
    model: Any, conferences: list[dict[str, Any]], rows: list[Row], links: str, codes: dict[tuple[Any, ...], list[str]]
) -> Counts:
    """Keep parts that stand in an order in step, each with its links to participants."""
    scope = model.objects.filter(conference__in=[one["slug"] for one in conferences])
    synced = sync(scope, rows, ("conference_id", "position"), prune=True)
    linked = sync_links(getattr(model, links), {synced.by_key[key].pk: named for key, named in codes.items()})
    return synced.counts.with_links(linked)


def sources(conferences: list[dict[str, Any]], preparatory: dict[str, int]) -> list[Row]:
    """Return where the facts on conferences and preparatory conferences were read."""
    return [
        {
            "conference_id": one["slug"],
            "preparatory_conference_id": preparatory[part["key"]] if "key" in part else None,
            "position": position,
            "title": read["title"],
            "url": read["url"] or "",
            **dated("dated_on", read["date"]),
        }
        for one in conferences
        for part in chain([one], one["preparatory_conferences"])
        for position, read in enumerate(part["sources"], 1)
    ]
