"""What the fields of the form mean for the columns of a pledge, and the other way round.

A draft may hold what could not be read: such words are no value of a column. They are kept beside the pledge as they
were typed (`Unread`), shown again in their field, and stand between the draft and its submission.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from capabilities.models import CapabilityType, Category
from conferences.dates import UNKNOWN, ApproximateDate
from conferences.models import Session
from pledges.choices import OTHER
from pledges.enums import CaveatStage
from pledges.models import Pledge
from pledges.validators import inconsistencies

COLUMNS = (
    "title", "description", "kind", "quantity", "personnel", "women", "declared_readiness", "amount", "currency",
    "fund", "courses", "places", "places_for_women", "languages", "intended_outcome", "responsible_office",
    "means_of_verification", "commitment", "caveats_known",
)  # fmt: skip
DATES = ("deliver_from", "deliver_by")
EMPTY: dict[str, Any] = {
    "capability": "", "session": "", "quantity": None, "personnel": None, "women": None, "declared_readiness": "",
    "amount": None, "currency": "", "fund": "", "courses": None, "places": None, "places_for_women": None,
    "languages": "", "deliver_from": UNKNOWN, "deliver_by": UNKNOWN, "missions": (), "caveats": "",
}  # fmt: skip

# The columns that one field of the form fills under another name.
FIELD_OF = {"category": "capability", "capability_type": "capability"}

# For each field that may contradict another: that other. Where it cannot be read, there is nothing to compare with.
BESIDE = {
    "women": "personnel", "amount": "currency", "currency": "amount", "fund": "amount", "deliver_by": "deliver_from",
    "places_for_women": "places", "quantity": "quantity", "personnel": "personnel", "courses": "courses",
    "places": "places",
}  # fmt: skip


@dataclass(frozen=True)
class Typed:
    """What somebody typed into a field and what could not be read, one part for each box of the field."""

    parts: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join(part for part in self.parts if part)


def chosen(name: str, choice: str) -> dict[str, Any]:
    """Return the columns that a choice of a capability or a session fills."""
    if name == "capability":
        return {"unit": ""} | capability_of(choice)
    return {"session": Session.objects.get(pk=choice) if choice else None}


def content_of(values: Mapping[str, Any], *, chosen: Callable[[str, str], dict[str, Any]] = chosen) -> dict[str, Any]:
    """Return what these values of the form mean for the columns of a pledge (`pledges.services`).

    Many pledges in a row pass a `chosen` that remembers what it has read.
    """
    content = {name: values[name] for name in COLUMNS if name in values}
    for name in ("capability", "session"):
        content |= chosen(name, values[name]) if name in values else {}
    for name in (name for name in DATES if name in values):
        when: ApproximateDate = values[name]
        content |= {name: when.day, f"{name}_precision": when.precision}
    if "missions" in values:
        content["missions"] = list(values["missions"])
    if "caveats" in values:
        content["caveats"] = [line.strip() for line in values["caveats"].splitlines() if line.strip()]
    return content


def values_of(pledge: Pledge) -> dict[str, Any]:
    """Return the values of the form for a pledge as it is stored: the opposite of `content_of`."""
    values = {name: getattr(pledge, name) for name in COLUMNS}
    for name in DATES:
        values[name] = ApproximateDate(getattr(pledge, name), getattr(pledge, f"{name}_precision"))
    other = f"{OTHER}{pledge.category_id}" if pledge.category_id else ""
    values["capability"] = pledge.capability_type_id or other
    values["session"] = str(pledge.session_id or "")
    values["missions"] = list(pledge.missions.order_by("acronym"))
    declared = pledge.caveats.filter(stage=CaveatStage.PLEDGE)
    values["caveats"] = "\n".join(" ".join(caveat.text.split()) for caveat in declared)
    return values


def written_in(pledge: Pledge) -> dict[str, Any]:
    """Return the values of the form as people left them: `Typed` where what they wrote could not be read."""
    return values_of(pledge) | {row.field: Typed(tuple(row.parts)) for row in pledge.unread.all()}


def capability_of(choice: str) -> dict[str, Any]:
    """Return capability type and category of a choice."""
    if choice.startswith(OTHER):
        return {"capability_type": None, "category": Category.objects.get(pk=choice.removeprefix(OTHER))}
    found = CapabilityType.objects.select_related("category").get(pk=choice) if choice else None
    return {"capability_type": found, "category": found.category if found else None}


def contradictions(values: Mapping[str, Any]) -> dict[str, str]:
    """Return each of these values that contradicts another, with a sentence."""
    return inconsistencies(SimpleNamespace(**content_of(EMPTY | {**values, "capability": "", "session": ""})))


def storable(
    written: Mapping[str, Any], stored: Mapping[str, Any], typed: Mapping[str, Typed]
) -> tuple[dict[str, Any], dict[str, Typed]]:
    """Part what was written into values that can be stored together, and words that wait beside the pledge.

    `stored` is what stands in the fields now, `typed` the boxes of each field as sent. A field that could not be read
    keeps its stored value; of two that contradict each other one is emptied until they agree, and its words wait.
    """
    waiting = {name: value for name, value in written.items() if isinstance(value, Typed)}
    values = {name: stored.get(name, EMPTY.get(name)) if name in waiting else value for name, value in written.items()}
    while found := set(contradictions(values)) & values.keys():
        for name in found:
            emptied = name if values[name] != EMPTY[name] else BESIDE[name]
            waiting.setdefault(emptied, typed.get(emptied, Typed(("",))))
            values[emptied] = EMPTY[emptied]
    kept = {name for name in waiting if values[name] == stored.get(name)}
    return {name: value for name, value in values.items() if name not in kept}, waiting


def parts_of(raw: Any) -> Typed:
    """Return what a browser sent for a field as text, without what no database takes."""
    parts: Sequence[Any] = raw if isinstance(raw, list | tuple) else [raw]
    return Typed(tuple(str(part or "").replace("\0", "") for part in parts))
