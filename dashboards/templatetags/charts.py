"""Charts drawn on the server: pure functions compute shapes in per cent of the width, small templates write the SVG.

Shapes only: words and numbers stand as text beside them, so they wrap, grow with the reader's text and print. A chart
stands beside a table of the same numbers. `kind` names the fill in static/css/charts.css: a code of `pledges.enums`, or
offered, verified, open, late, unknown, silent.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django import template

register = template.Library()

Number = int | float | Decimal
Segment = Mapping[str, Any]

# A white cut between two neighbours helps the eye, but would swallow a segment that is hardly wider than the cut.
WIDE_ENOUGH_TO_CUT = 1.5


@dataclass(frozen=True)
class Piece:
    """A rectangle of a bar: where it starts and how wide it is, in per cent of the full width."""

    kind: str
    x: float
    width: float


@dataclass(frozen=True)
class Bar:
    """The rectangles of a stacked bar from its start on, and where white cuts part them."""

    pieces: tuple[Piece, ...]
    cuts: tuple[float, ...]


@dataclass(frozen=True)
class GapBar:
    """A nested bar: what was offered, verified and delivered lies upon each other, `uncovered` reaches to `needed`."""

    pieces: tuple[Piece, ...]
    uncovered: Piece | None
    needed: float | None


def share(value: Number, whole: Number) -> float:
    """Return `value` in per cent of `whole`, rounded to a thousandth; nothing is 0 % of nothing."""
    return round(100 * float(value) / float(whole), 3) if whole else 0.0


def stack(segments: Iterable[Segment], scale: Number) -> Bar:
    """Lay segments ({kind, value}) end to end on a bar whose full width stands for `scale`; empty ones are left out."""
    pieces: list[Piece] = []
    reached: Number = 0
    for segment in segments:
        if segment["value"] <= 0:
            continue
        x = share(reached, scale)
        reached += segment["value"]
        pieces.append(Piece(segment["kind"], x, round(share(reached, scale) - x, 3)))
    pairs = pairwise(pieces)
    cuts = tuple(right.x for left, right in pairs if min(left.width, right.width) >= WIDE_ENOUGH_TO_CUT)
    return Bar(tuple(pieces), cuts)


def nest(required: Number | None, offered: Number, verified: Number, delivered: Number, scale: Number) -> GapBar:
    """Lay offered, verified and delivered upon each other on a bar whose full width stands for `scale`.

    An offer above the need reaches past `needed`; a need that no source states (None) has neither line nor remainder.
    """
    values = (("offered", offered), ("verified", verified), ("delivered", delivered))
    pieces = tuple(Piece(kind, 0.0, share(value, scale)) for kind, value in values if value > 0)
    if required is None:
        return GapBar(pieces, None, None)
    covered, needed = share(max(offered, 0), scale), share(required, scale)
    uncovered = Piece("uncovered", covered, round(needed - covered, 3)) if needed > covered else None
    return GapBar(pieces, uncovered, needed)


def gap_scale(rows: Iterable[Mapping[str, Any]]) -> Number:
    """Return the largest of all required and offered numbers, so that the bars of one table can be compared."""
    return max((max(row["required"] or 0, row["offered"]) for row in rows), default=0)


def in_words(segments: Iterable[Segment]) -> str:
    """Return "Delivered 3, Under way 1": what a screen reader says of a bar."""
    return ", ".join(f"{segment['label']} {segment['value']}" for segment in segments if segment["value"] > 0)


@register.inclusion_tag("partials/charts/stacked_bar.html")
def stacked_bar(segments: Sequence[Segment], label: str) -> dict[str, Any]:
    """One bar, its words and numbers under it. Segments: {label, value, kind, url}; url, the rows, may be missing."""
    shown = [segment for segment in segments if segment["value"] > 0]
    bar = stack(shown, sum(segment["value"] for segment in shown))
    return {"bar": bar, "segments": shown, "label": f"{label}: {in_words(shown)}"}


@register.inclusion_tag("partials/charts/bar_rows.html")
def bar_rows(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A bar per row on one scale. Rows: {label, segments, url}, segments as above without url; the total follows."""
    totals = [sum(segment["value"] for segment in row["segments"]) for row in rows]
    scale = max(totals, default=0)
    return {
        "rows": [
            {
                "label": row["label"],
                "url": row.get("url"),
                "total": total,
                "bar": stack(row["segments"], scale),
                "words": in_words(row["segments"]),
            }
            for row, total in zip(rows, totals, strict=True)
        ]
    }


@register.inclusion_tag("partials/charts/key.html")
def chart_key(entries: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """The meaning of the fills, in words. Entries: {kind, label}; "needed" and "uncovered" are marks of the gap."""
    return {"entries": entries}


@register.inclusion_tag("partials/charts/gap_bar.html")
def nested_gap_bar(
    required: Number | None, offered: Number, verified: Number, delivered: Number, scale: Number, label: str
) -> dict[str, Any]:
    """The gap of one requirement, beside its four numbers. `scale` from `gap_scale`; `label` says the same in words."""
    return {"gap": nest(required, offered, verified, delivered, scale), "label": label}
