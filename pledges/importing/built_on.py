"""Whether rows still hold what people have built on the pledges stored before: units counted, shares, a level."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Subquery, Sum
from django.utils.translation import gettext as _

from pledges.enums import Confirmation, Match
from pledges.importing.known import Known
from pledges.importing.rows import CellProblem, PledgeRow
from pledges.models import Allocation, Partner, Pledge, Readiness

MEASURES = ("quantity", "personnel", "amount")


def misfits(rows: Sequence[PledgeRow], known: Known) -> Iterator[tuple[str, CellProblem]]:
    """Yield each cell that leaves too little of its pledge, with the key of the row; in one query.

    The triggers of pledges refuse the same (pledges/triggers.py), without a row.
    """
    by_key = {row.key: row for row in rows}
    for built in built_on(by_key.keys()):
        row = by_key[built["record_key"]]
        for problem in (*too_small(row, built), *other_type(row, built, known)):
            yield row.key, problem


def built_on(keys: Any) -> QuerySet[Pledge, dict[str, Any]]:
    """Return what was built on the pledges of the record with these keys: sums of units and shares, a level or none."""
    shares = Partner.objects.exclude(confirmation=Confirmation.DECLINED)
    sums = {f"shared_{name}": total(shares, f"share_{name}") for name in MEASURES}
    return (
        Pledge.objects.filter(record_key__in=keys, author=None)
        .annotate(
            **sums,
            counted=total(Allocation.objects.all(), "quantity"),
            has_level=Exists(Readiness.objects.filter(pledge=OuterRef("pk"))),
        )
        .values("record_key", "capability_type_id", "counted", "has_level", *sums)
    )


def total(rows: QuerySet[Any], column: str) -> Subquery:
    """Return the sum of a column over the rows of a pledge, None without any."""
    return Subquery(rows.filter(pledge=OuterRef("pk")).order_by().values("pledge").values_list(Sum(column)))


def too_small(row: PledgeRow, built: dict[str, Any]) -> Iterator[CellProblem]:
    """Yield each number that is below what partners have of it, or what is counted towards requirements."""
    for name in MEASURES:
        value = getattr(row, name)
        least = max(built[f"shared_{name}"] or 0, built["counted"] or 0 if name == "quantity" else 0)
        if least > (value or 0):
            reason = _("Give at least %(least)s: partners have as much, or it is counted towards requirements.")
            yield CellProblem(name, "" if value is None else str(value), reason % {"least": f"{least:,}"})


def other_type(row: PledgeRow, built: dict[str, Any], known: Known) -> Iterator[CellProblem]:
    """Yield the capability where its type does not go with the units counted, or the level of readiness."""
    code, match = known.type_of(row.category, row.capability, row.unit)
    if built["counted"] and (code != built["capability_type_id"] or match != Match.EXACT):
        reason = _("Leave the capability and its unit as they were: units are counted towards requirements.")
        yield CellProblem("capability", row.capability, reason)
    elif built["has_level"] and code not in known.registrable:
        reason = _("Name a capability that can be registered in the PCRS: the pledge has a level of readiness.")
        yield CellProblem("capability", row.capability, reason)
