"""Women among the persons pledged and deployed, beside the targets of the Uniformed Gender Parity Strategy 2018-2028.

Both shares add up persons, not percentages, over pledges that each stand for themselves and are not silent
(`in_shares`): pledged, over those that state persons and women; deployed, over the latest report of each that states
both for the whole pledge. What nobody states is left out, never taken for zero; a target that no source states stays
unknown, never interpolated.
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import ExtractYear

from capabilities.models import CapabilityType, Category, GenderTarget
from pledges.models import ProgressUpdate
from pledges.querysets import PledgeQuerySet, today

STATED = Q(personnel__gt=0, women__isnull=False)
TROOPS = "military_unit,aviation,engineering,medical,maritime,logistics_transport,eod_cied,isr_uas"
# For each category of the targets, the filters that open the pledges that we count under it.
TARGET_FILTERS: dict[str, dict[str, str]] = {
    "contingents": {"category": TROOPS},
    "staff-officers-observers": {"capability_type": "staff-officer,military-observer,technology-staff-officer"},
    "formed-police-units": {"capability_type": "formed-police-unit,formed-police-unit-swat"},
    "individual-police-officers": {"capability_type": "individual-police-officer"},
    "justice-corrections": {"capability_type": "justice-officer,corrections-officer"},
}


def reports() -> "QuerySet[ProgressUpdate]":
    """Return the reports on whole pledges that state both persons and women; a partner's speaks for its share alone."""
    return ProgressUpdate.objects.filter(STATED, partner=None)


def stating(pledges: PledgeQuerySet) -> PledgeQuerySet:
    """Return the pledges that state persons and the women among them."""
    return pledges.filter(STATED)


def reported(pledges: PledgeQuerySet, *, year: int | None = None) -> PledgeQuerySet:
    """Return the pledges of which a report states persons and women, in a year where one is given."""
    rows = reports().filter(pledge=OuterRef("pk"))
    return pledges.filter(Exists(rows.filter(happened_on__year=year) if year else rows))


def in_shares(pledges: PledgeQuerySet) -> PledgeQuerySet:
    """Return the pledges that the shares count: each commitment once, and none that went silent."""
    return pledges.counted(among=pledges).not_silent(on=today())


def silent_stating(pledges: PledgeQuerySet) -> int:
    """Return how many pledges state both numbers and went silent: they count apart, in no share."""
    return stating(pledges.counted(among=pledges).silent(on=today())).count()


@dataclass
class Shares:
    """Persons and women, pledged and deployed, with how many pledges state them; `key` is what they are counted by."""

    key: Any = None
    pledges: int = 0
    persons: int = 0
    women: int = 0
    reported: int = 0
    deployed: int = 0
    deployed_women: int = 0

    @property
    def pledged_percent(self) -> float | None:
        """The share of women among the persons pledged; None where nobody states it."""
        return percent(self.women, self.persons)

    @property
    def deployed_percent(self) -> float | None:
        """The share of women among the persons deployed; None where no report states it."""
        return percent(self.deployed_women, self.deployed)


def percent(part: int, whole: int) -> float | None:
    """Return a share in per cent with one decimal; None of nothing."""
    return round(100 * part / whole, 1) if whole else None


def shares_by(pledges: PledgeQuerySet, *columns: str) -> Any:
    """Return a row per value of the columns, as dicts with the sums of Shares; one query, whatever the numbers.

    `pledges` are those that the reader may see (`readers_pledges`).
    """
    latest = reports().filter(pledge=OuterRef("pk"))
    counted = in_shares(pledges).annotate(
        said_persons=Subquery(latest.values("personnel")[:1]), said_women=Subquery(latest.values("women")[:1])
    )
    either = counted.filter(STATED | Q(said_women__isnull=False))
    return (
        either.order_by()
        .values(*columns)
        .annotate(
            stating=Count("pk", filter=STATED),
            persons=Sum("personnel", filter=STATED, default=0),
            of_them_women=Sum("women", filter=STATED, default=0),
            reported=Count("pk", filter=Q(said_women__isnull=False)),
            deployed=Sum("said_persons", default=0),
            deployed_women=Sum("said_women", default=0),
        )
    )


def as_shares(row: dict[str, Any], column: str) -> Shares:
    """Return a row of `shares_by` as Shares."""
    return Shares(
        key=row[column],
        pledges=row["stating"],
        persons=row["persons"],
        women=row["of_them_women"],
        reported=row["reported"],
        deployed=row["deployed"],
        deployed_women=row["deployed_women"],
    )


def total(rows: list[Shares]) -> Shares:
    """Return the sum of some rows."""
    names = ("pledges", "persons", "women", "reported", "deployed", "deployed_women")
    return Shares(**{name: sum(getattr(row, name) for row in rows) for name in names})


def in_target(target: str, category: str | None, capability_type: str | None) -> bool:
    """Return whether a pledge of this category and type counts under a category of the targets."""
    filters = TARGET_FILTERS[target]
    return category in filters.get("category", "").split(",") or capability_type in filters.get(
        "capability_type", ""
    ).split(",")


def by_target_and_year(pledges: PledgeQuerySet) -> dict[tuple[str, int], Shares]:
    """Return the shares per category of the targets and year, in two queries.

    Pledged counts in the year of the conference; deployed in the year of the report, the latest of that year.
    """
    found: dict[tuple[str, int], Shares] = {}
    for row in pledged_by_year(pledges):
        for shares in rows_for(found, row):
            shares.pledges += row["pledges"]
            shares.persons += row["persons"]
            shares.women += row["of_them_women"]
    for row in deployed_by_year(pledges):
        for shares in rows_for(found, row):
            shares.reported += row["reported"]
            shares.deployed += row["persons"]
            shares.deployed_women += row["of_them_women"]
    return found


def rows_for(found: dict[tuple[str, int], Shares], row: dict[str, Any]) -> list[Shares]:
    """Return the shares that a row adds to: of its year, in each target it counts under (at most one)."""
    targets = [name for name in TARGET_FILTERS if in_target(name, row["category"], row["capability_type"])]
    return [found.setdefault((name, row["year"]), Shares(key=name)) for name in targets]


def pledged_by_year(pledges: PledgeQuerySet) -> Any:
    """Return persons and women pledged by category, type and year of the conference."""
    rows = stating(in_shares(pledges)).order_by()
    return rows.values("category", "capability_type", year=ExtractYear("conference__starts_on")).annotate(
        pledges=Count("pk"), persons=Sum("personnel"), of_them_women=Sum("women")
    )


def deployed_by_year(pledges: PledgeQuerySet) -> Any:
    """Return persons and women deployed by category, type and year, from each pledge's latest report of the year."""
    later = reports().filter(
        Q(happened_on__gt=OuterRef("happened_on")) | Q(happened_on=OuterRef("happened_on"), pk__gt=OuterRef("pk")),
        pledge=OuterRef("pledge"),
        happened_on__year=ExtractYear(OuterRef("happened_on")),
    )
    counted = in_shares(pledges).values("pk")
    rows = reports().filter(~Exists(later), pledge__in=counted, happened_on__isnull=False).order_by()
    return rows.values(
        category=F("pledge__category"), capability_type=F("pledge__capability_type"), year=ExtractYear("happened_on")
    ).annotate(reported=Count("pk"), persons=Sum("personnel"), of_them_women=Sum("women"))


def target_filters() -> dict[str, dict[str, str]]:
    """Return TARGET_FILTERS with just the codes that there are: the list of pledges refuses others. Two queries."""
    present = {*Category.objects.values_list("pk", flat=True), *CapabilityType.objects.values_list("pk", flat=True)}
    return {
        target: {name: ",".join(code for code in codes.split(",") if code in present) for name, codes in asked.items()}
        for target, asked in TARGET_FILTERS.items()
    }


def targets() -> list[GenderTarget]:
    """Return the targets as they are known, by category and year; an unknown one is empty."""
    return list(GenderTarget.objects.all())
