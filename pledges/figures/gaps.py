"""The gap: what one edition asks for, of each capability type for each mission, and how much of it was given."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, F, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from capabilities.models import Requirement
from pledges.cycles import silent_on
from pledges.enums import Match
from pledges.figures.readers import OFFERED_STATUSES
from pledges.querysets import DELIVERED, VERIFIED, PledgeQuerySet, today


@dataclass(frozen=True)
class GapRow:
    """What one edition asks for, of one capability type for one mission (or none), and how much of it was given.

    Numbers count the unit of the ask. `required` is empty where the source names no number. The four supplies are
    empty where the ask is counted in another unit than the type's, since nothing can then be subtracted.
    `references` name the requirements added up. `named` is the number of pledges of this type that name the mission,
    whether their units can be counted or not.
    """

    mission: str | None
    capability_type: str
    capability_name: str
    category: str
    unit: str
    edition: str
    published_on: date | None
    published_on_precision: str
    asks: int
    asks_without_number: int
    required: int | None
    offered: int | None
    silent: int | None
    verified: int | None
    delivered: int | None
    references: tuple[str, ...]
    named: int

    @property
    def missing(self) -> int | None:
        """Units that nobody offered."""
        return None if self.required is None or self.offered is None else max(self.required - self.offered, 0)

    @property
    def surplus(self) -> int | None:
        """Units offered above the need."""
        return None if self.required is None or self.offered is None else max(self.offered - self.required, 0)

    @property
    def undelivered(self) -> int | None:
        """Units needed and not yet confirmed as delivered."""
        return None if self.required is None or self.delivered is None else max(self.required - self.delivered, 0)

    @property
    def in_words(self) -> str:
        """The uncovered remainder as a phrase."""
        if self.required is None:
            return _("number needed not stated")
        if self.offered is None:
            return _("offers are counted in another unit")
        if self.missing == self.required:
            return _("all %(count)s missing") % {"count": f"{self.required:,}"} if self.required > 1 else _("missing")
        if self.missing:
            numbers = {"missing": f"{self.missing:,}", "required": f"{self.required:,}"}
            return _("%(missing)s of %(required)s missing") % numbers
        if self.surplus:
            return _("covered by offers; %(surplus)s above need") % {"surplus": f"{self.surplus:,}"}
        return _("covered by offers")

    @property
    def filters(self) -> dict[str, str]:
        """The filters that open the pledges counted as offered."""
        filters = {
            "capability_type": self.capability_type,
            "only_mission": self.mission or "none",
            "match": Match.EXACT,
            "status": OFFERED_STATUSES,
            "quantified": "true",
            "counted": "true",
            "silent": "false",
        }
        return filters | self.since

    @property
    def silent_filters(self) -> dict[str, str]:
        """The filters that open the pledges of this kind that went silent: they count as no offer."""
        return self.filters | {"silent": "true"}

    @property
    def named_filters(self) -> dict[str, str]:
        """The filters that open the pledges of this type that name the mission, countable or not."""
        whom = {"mission": self.mission} if self.mission else {"only_mission": "none"}
        return {"capability_type": self.capability_type, "status": OFFERED_STATUSES} | whom | self.since

    @property
    def since(self) -> dict[str, str]:
        """The filter for conferences that did not begin before the edition was published."""
        return {"since": self.published_on.isoformat()} if self.published_on else {}


def gap(requirements: "QuerySet[Requirement]", pledges: PledgeQuerySet) -> list[GapRow]:
    """Return the gap per mission and capability type, in three queries whatever the number of pledges.

    The newest edition that asks for a pair stands; asks of one edition in one unit are added up. An offer counts when
    its type is exactly the one asked for, it names that mission and no other, and it was made at a conference that did
    not begin before the edition was published (the ask was stated knowing what had been offered).
    """
    supply = by_pair(supplies(pledges), "only_mission")
    named = by_pair(namings(pledges), "mission_links__mission_id")
    rows = []
    for ask in standing(requirements):
        pair = (ask["mission_id"], ask["capability_type_id"])
        rows.append(gap_row(ask, supply.get(pair, []), named.get(pair, [])))
    return rows


def by_pair(rows: Iterable[dict[str, Any]], mission: str) -> dict[tuple[str | None, str], list[dict[str, Any]]]:
    """Return rows grouped by their mission and capability type."""
    grouped: dict[tuple[str | None, str], list[dict[str, Any]]] = {}
    for row in rows:
        grouped.setdefault((row[mission], row["capability_type_id"]), []).append(row)
    return grouped


def standing(requirements: "QuerySet[Requirement]") -> list[dict[str, Any]]:
    """Return the asks that stand: per mission, type and unit those of the newest edition, added up."""
    asks: Any = (
        requirements.values(
            "mission_id",
            "capability_type_id",
            "unit",
            edition_name=F("edition__name"),
            published_on=F("edition__published_on"),
            published_on_precision=F("edition__published_on_precision"),
            type_name=F("capability_type__name"),
            type_unit=F("capability_type__unit_of_measure"),
            category_id=F("capability_type__category_id"),
        )
        .annotate(
            required=Sum("quantity"),
            asks=Count("pk"),
            references=ArrayAgg("reference", order_by="reference"),
            without_number=Count("pk", filter=Q(quantity=None)),
        )
        .order_by(F("published_on").desc(nulls_last=True), "edition_name")
    )
    newest: dict[tuple[str | None, str, str], dict[str, Any]] = {}
    for ask in asks:
        newest.setdefault((ask["mission_id"], ask["capability_type_id"], ask["unit"]), ask)
    return sorted(newest.values(), key=lambda ask: (ask["mission_id"] or "~", ask["type_name"], ask["unit"]))


def supplies(pledges: PledgeQuerySet) -> Iterable[dict[str, Any]]:
    """Return what is offered, verified and delivered per type, mission and conference, each commitment once.

    What went silent counts apart. Pledges for several missions come under "several", which no ask is for.
    """
    silent = silent_on(today())
    return (
        pledges.counted(among=pledges)
        .registered()
        .filter(match=Match.EXACT, quantity__isnull=False)
        .with_only_mission()
        .values("capability_type_id", "only_mission", made_on=F("conference__starts_on"))
        .annotate(
            offered=Sum("quantity", filter=~silent),
            silent=Sum("quantity", filter=silent),
            verified=Sum("quantity", filter=VERIFIED & ~silent),
            delivered=Sum("delivered_quantity", filter=DELIVERED & ~silent),
        )
        .order_by()
    )


def namings(pledges: PledgeQuerySet) -> Iterable[Any]:
    """Return how many pledges name each type, mission and conference; one for two missions is named by both."""
    return (
        pledges.registered()
        .filter(capability_type__isnull=False)
        .values("capability_type_id", "mission_links__mission_id", made_on=F("conference__starts_on"))
        .annotate(named=Count("pk"))
        .order_by()
    )


def gap_row(ask: dict[str, Any], supply: list[dict[str, Any]], named: list[dict[str, Any]]) -> GapRow:
    """Return one row of the gap from an ask, and the supplies and namings of its mission and type."""
    published = ask["published_on"]
    since = [row for row in supply if published is None or row["made_on"] >= published]
    naming = [row for row in named if published is None or row["made_on"] >= published]
    comparable = ask["unit"] == ask["type_unit"]
    return GapRow(
        mission=ask["mission_id"],
        capability_type=ask["capability_type_id"],
        capability_name=ask["type_name"],
        category=ask["category_id"],
        unit=ask["unit"],
        edition=ask["edition_name"],
        published_on=published,
        published_on_precision=ask["published_on_precision"],
        asks=ask["asks"],
        asks_without_number=ask["without_number"],
        required=ask["required"],
        offered=total(since, "offered") if comparable else None,
        silent=total(since, "silent") if comparable else None,
        verified=total(since, "verified") if comparable else None,
        delivered=total(since, "delivered") if comparable else None,
        references=tuple(ask["references"]),
        named=total(naming, "named"),
    )


def total(rows: list[dict[str, Any]], column: str) -> int:
    """Return the sum of a column; what is unknown adds nothing."""
    return sum(row[column] or 0 for row in rows)
