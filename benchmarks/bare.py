"""What the same rows cost by psycopg2 alone: hand-written SQL, the nesting of dicts, and orjson."""

from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import orjson
import psycopg2

PAGE = 50
CONFERENCE = "seoul-2021"
COLUMNS = """
    id, reference, conference_id, participant_id, title, description, category_id, capability_type_id,
    capability_wording, match, quantity, unit, personnel, women, amount, currency, deliver_from,
    deliver_from_precision, deliver_by, deliver_by_precision, fund, courses, places, places_for_women, languages,
    kind, status, outcome, announced_at, reported_state,
    assessed_state, delivered_quantity, readiness_level, intended_outcome, caveats_known, is_synthetic, source_title,
    source_url, source_confidence, dated_at
"""
LIST = f"""
    SELECT {COLUMNS} FROM pledges_pledge WHERE announced_at <= now() {{condition}}
    ORDER BY dated_at DESC, reference DESC LIMIT {PAGE + 1}
"""
MISSIONS = "SELECT pledge_id, mission_id FROM pledges_pledgemission WHERE pledge_id = ANY(%s) ORDER BY mission_id"
PARTNERS = """
    SELECT pledge_id, participant_id, role, confirmation, share_quantity, share_personnel, share_amount
    FROM pledges_partner WHERE pledge_id = ANY(%s) AND confirmation = 'confirmed' ORDER BY participant_id
"""
CAVEATS = """
    SELECT pledge_id, text, stage, declared_on, declared_on_precision FROM pledges_caveat WHERE pledge_id = ANY(%s)
    ORDER BY declared_on, id
"""
ASKS = """
    SELECT r.mission_id, r.capability_type_id, r.unit, e.name, e.published_on, t.name, t.unit_of_measure, t.category_id,
        sum(r.quantity), count(*), array_agg(r.reference ORDER BY r.reference)
    FROM capabilities_requirement r
    JOIN capabilities_edition e ON e.id = r.edition_id
    JOIN capabilities_capabilitytype t ON t.code = r.capability_type_id
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 ORDER BY e.published_on DESC NULLS LAST, e.name
"""
SUPPLIES = """
    WITH RECURSIVE named AS (
        SELECT pledge_id, CASE count(*) WHEN 1 THEN min(mission_id) ELSE 'several' END AS mission
        FROM pledges_pledgemission GROUP BY pledge_id
    ), visible AS (
        SELECT id, outcome IN ('withdrawn', 'superseded', 'not_delivered') AS is_void FROM pledges_pledge
        WHERE announced_at <= now() AND status IN ('registered', 'closed')
    ), replaced AS (
        SELECT earlier_id FROM pledges_lineage JOIN visible ON visible.id = later_id
        WHERE kind <> 'repeats' AND NOT is_void
        UNION SELECT l.earlier_id FROM pledges_lineage l JOIN visible ON visible.id = l.later_id
        JOIN replaced r ON l.later_id = r.earlier_id WHERE l.kind <> 'repeats'
    )
    SELECT p.capability_type_id, named.mission, c.starts_on, sum(p.quantity),
        sum(p.quantity) FILTER (WHERE p.readiness_level IN ('2', '3', 'rdl')
            OR p.assessed_state IN ('on_track', 'partly_delivered', 'delivered')),
        sum(p.delivered_quantity) FILTER (WHERE p.assessed_state IN ('delivered', 'partly_delivered'))
    FROM pledges_pledge p
    JOIN conferences_conference c ON c.slug = p.conference_id
    LEFT JOIN named ON named.pledge_id = p.id
    WHERE p.announced_at <= now() AND p.status IN ('registered', 'closed') AND p.match = 'exact'
        AND p.quantity IS NOT NULL
        AND NOT (p.kind = 'already_announced' AND p.author_id IS NULL)
        AND p.outcome NOT IN ('withdrawn', 'superseded', 'not_delivered')
        AND p.id NOT IN (SELECT earlier_id FROM replaced)
        AND p.id NOT IN (SELECT later_id FROM pledges_lineage JOIN visible ON visible.id = earlier_id
            WHERE kind = 'repeats' AND (NOT is_void OR earlier_id IN (SELECT earlier_id FROM replaced)))
    GROUP BY 1, 2, 3
"""


class Bare:
    """One connection to one database."""

    def __init__(self, url: str):
        self.connection = psycopg2.connect(url)
        self.connection.autocommit = True

    def query(self, sql: str, *parameters: Any) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Return the names of the columns, and the rows."""
        with self.connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return [column.name for column in cursor.description], cursor.fetchall()

    def page(self, condition: str = "", *parameters: Any) -> bytes:
        """Return a page of announced pledges with all that the product nests in them as JSON, in four queries."""
        names, rows = self.query(LIST.format(condition=condition), *parameters)
        pledges = [dict(zip(names, row, strict=True)) for row in rows[:PAGE]]
        keys = [pledge["id"] for pledge in pledges]
        missions = defaultdict(list)
        for key, mission in self.query(MISSIONS, keys)[1]:
            missions[key].append(mission)
        partners, caveats = self.beside(PARTNERS, keys), self.beside(CAVEATS, keys)
        for pledge in pledges:
            pledge["missions"] = missions[pledge["id"]]
            pledge["partners"] = partners[pledge["id"]]
            pledge["caveats"] = caveats[pledge["id"]]
        return orjson.dumps(pledges, default=plain)

    def beside(self, sql: str, keys: list[int]) -> dict[int, list[dict[str, Any]]]:
        """Return the rows of a table beside these pledges, as dicts, by the pledge that comes first in each."""
        names, rows = self.query(sql, keys)
        found = defaultdict(list)
        for row in rows:
            found[row[0]].append(dict(zip(names, row, strict=True)))
        return found

    def gap(self) -> bytes:
        """Return the asks and the supplies of the gap as JSON, in two queries."""
        return orjson.dumps([self.query(ASKS), self.query(SUPPLIES)], default=plain)

    def position_at(self, share: float) -> tuple[Any, str]:
        """Return where the public list stands after this share of its rows."""
        [(count,)] = self.query("SELECT count(*) FROM pledges_pledge WHERE announced_at <= now()")[1]
        at = f"""SELECT dated_at, reference FROM pledges_pledge WHERE announced_at <= now()
            ORDER BY dated_at DESC, reference DESC OFFSET {int(count * share)} LIMIT 1"""
        [(dated_at, reference)] = self.query(at)[1]
        return dated_at, reference


def plain(value: Any) -> str:
    """Return what orjson does not know as text."""
    assert isinstance(value, Decimal)
    return str(value)


def at_depth(bare: Bare, position: tuple[Any, str]) -> Callable[[], bytes]:
    """Return the call for the page after a position."""
    return lambda: bare.page("AND (dated_at, reference) < (%s, %s)", *position)
