"""Two versions of a pledge compared field by field; read from the history that the database writes. For insiders."""

import difflib
import itertools
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.dateformat import format as format_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from capabilities.kinds import kind_pledged
from capabilities.models import CapabilityType, Category
from conferences.models import Session
from pledges.enums import Status
from pledges.form_steps import WORDS
from pledges.forms import PledgeForm
from pledges.models import Pledge
from pledges.values import FIELD_OF

FORMATS = {"day": "j F Y", "month": "F Y", "year": "Y"}
LONGEST = 4_000  # words of a text that are compared one by one
# What stands on no page of the form.
LABELS = {
    "capability_wording": gettext_lazy("Capability in own words"),
    "earlier_pledge": gettext_lazy("Earlier pledge"),
    "lineage": gettext_lazy("Linked to"),
    "session": gettext_lazy("Session"),
    "partners": gettext_lazy("Partners"),
}
# In the order, and under the names, of the form in which a delegation writes.
FIELDS = (
    "capability", "capability_wording", "title", "description", "kind", "earlier_pledge", "lineage", "session",
    "quantity", "personnel", "women", "amount", "fund", "courses", "places", "places_for_women", "languages",
    "declared_readiness", "commitment", "missions", "deliver_from", "deliver_by", "intended_outcome",
    "responsible_office", "means_of_verification", "caveats_known", "caveats", "partners",
)  # fmt: skip


@dataclass(frozen=True)
class Version:
    """One stored version: its number, when and by whom it was written, what happened, and the row of history.

    `is_submission`: whether the delegation submitted this one.
    """

    number: int
    at: datetime
    who: str
    what: str
    is_submission: bool
    event: Any


@dataclass(frozen=True)
class Part:
    """A piece of a text: `kind` is same, removed or added."""

    kind: str
    text: str


@dataclass(frozen=True)
class Difference:
    """A field that reads otherwise in the later version."""

    name: str
    label: str
    before: str
    after: str
    parts: tuple[Part, ...]


def label_of(name: str, pledge: Pledge) -> str:
    """Return the name of a field for people: the one that the form gives it, for what is pledged."""
    field = FIELD_OF.get(name, name)
    if field in LABELS:
        return str(LABELS[field])
    label, _hint = WORDS.get((kind_pledged(pledge), field), (PledgeForm.base_fields[field].label, ""))
    return str(label)


# --- Which versions there are -----------------------------------------------------------------------------------------
def stored(pledge: Pledge, numbers: Collection[int] | None = None) -> Iterator[tuple[Any, list[Any]]]:
    """Yield the rows of history of each version of a pledge, the first version on top, and the row before them, if any.

    `numbers` names the versions that are wanted: a pledge that a script saved for hours has very many.
    """
    tracked: Any = pledge  # `events` is added by the tracking of history
    events = tracked.events.order_by("pgh_id")
    if numbers is not None:
        events = events.filter(version__in={*numbers, *(number - 1 for number in numbers)})
    before = None
    for number, group in itertools.groupby(events, key=lambda event: event.version):
        rows = list(group)
        if numbers is None or number in numbers:
            yield before, rows
        before = rows[-1]


def versions(pledge: Pledge, numbers: Collection[int] | None = None) -> list[Version]:
    """Return the stored versions of a pledge, the first on top: all, or those of these numbers that there are."""
    return [
        Version(
            number=rows[0].version,
            at=rows[0].pgh_created_at,
            who=(rows[0].pgh_context or {}).get("actor_name", ""),
            what=what_happened(before, rows[0]),
            is_submission=submitted(before, rows[0]),
            event=rows[-1],
        )
        for before, rows in stored(pledge, numbers)
    ]


def submissions(pledge: Pledge) -> list[int]:
    """Return the numbers of the versions that were submitted, the first on top, without reading what they say."""
    tracked: Any = pledge
    rows = tracked.events.order_by("pgh_id").values_list("version", "status")
    return [
        number
        for (_number, before), (number, status) in itertools.pairwise(rows)
        if status == Status.SUBMITTED != before
    ]


def edited_versions(pledge: Pledge) -> list[int]:
    """Return the numbers of the versions that were written by hand after the first, the last on top."""
    tracked: Any = pledge
    written = tracked.events.filter(pgh_context__reason="edit")
    return list(written.order_by("-version").values_list("version", flat=True).distinct())


def submitted(before: Any, after: Any) -> bool:
    """Return whether a row of history submitted what was no submitted pledge in the row before it."""
    return bool(before and after.status == Status.SUBMITTED != before.status)


def what_happened(before: Any, after: Any) -> str:
    """Return in a word or two what made a version of the one before it."""
    if before is None:
        return _("Drafted")
    if before.status != after.status:
        is_draft = after.status == Status.DRAFT
        return _("Taken back") if is_draft else Status.word(after.status, after.registered_at)
    return _("Announced") if before.announced_at != after.announced_at else _("Edited")


def last_two_submissions(found: list[Version]) -> tuple[Version, Version] | None:
    """Return the last submitted version and the one submitted before it; None for a first submission."""
    sent = [version for version in found if version.is_submission]
    return (sent[-2], sent[-1]) if len(sent) > 1 else None


# --- What a version says ----------------------------------------------------------------------------------------------
def compare(pledge: Pledge, earlier: Version, later: Version, user: Any) -> list[Difference]:
    """Return the fields in which two versions differ, in the order of the form, in a fixed number of queries.

    `user` reads it: pledges that this person may not see are not named.
    """
    before, after = contents(pledge, [earlier, later], user)
    return [
        Difference(name, label_of(name, pledge), before[name], after[name], parts(before[name], after[name]))
        for name in FIELDS
        if before[name] != after[name]
    ]


def contents(pledge: Pledge, chosen: Iterable[Version], user: Any) -> list[dict[str, str]]:
    """Return what versions say to a reader, in words by field."""
    events = [version.event for version in chosen]
    names: dict[str, dict[Any, Any]] = {
        "capability_type": CapabilityType.objects.in_bulk({row.capability_type_id for row in events} - {None}),
        "category": Category.objects.in_bulk({row.category_id for row in events} - {None}),
        "session": Session.objects.in_bulk({row.session_id for row in events} - {None}),
    }
    beside = {
        "missions": history_of("PledgeMission", "mission_id", pledge),
        "caveats": history_of("Caveat", "text", pledge),
        "partners": history_of_shares(pledge),
        "lineage": history_of_lineage(pledge, user),
    }
    return [content(row, names, beside) for row in events]


def content(row: Any, names: dict[str, dict[Any, Any]], beside: dict[str, list[Any]]) -> dict[str, str]:
    """Return what one row of history says, in words by field."""
    elsewhere = {"capability", "session", *beside}
    words = {name: in_words(row, name) for name in FIELDS if name not in elsewhere}
    capability = names["capability_type"].get(row.capability_type_id) or names["category"].get(row.category_id)
    words["capability"] = str(capability or "")
    words["session"] = str(names["session"].get(row.session_id) or "")
    words["quantity"] = f"{words['quantity']} ({row.unit})" if words["quantity"] and row.unit else words["quantity"]
    words["amount"] = f"{row.currency} {words['amount']}".strip() if words["amount"] else ""
    words |= {name: standing_at(rows, row.pgh_created_at) for name, rows in beside.items()}
    return words


def in_words(row: Any, name: str) -> str:
    """Return a column of a row of history as a person reads it; empty where nothing is said."""
    value, field = getattr(row, name), Pledge._meta.get_field(name)
    if value is None or value == "":
        return ""
    if hasattr(row, f"{name}_precision"):
        return format_date(value, FORMATS[getattr(row, f"{name}_precision") or "day"])
    choices = dict(getattr(field, "flatchoices", None) or ())
    if choices:
        return str(choices.get(value, value))
    return str(value) if isinstance(value, str) else f"{value:,}"


def history_of(model: str, column: str, pledge: Pledge) -> list[tuple[datetime, str, int, str]]:
    """Return the history of rows beside a pledge: when, what happened, which row, and what it says."""
    events = apps.get_model("pledges", f"{model}Event")._default_manager.filter(pledge_id=pledge.pk).order_by("pgh_id")
    return list(events.values_list("pgh_created_at", "pgh_label", "pgh_obj_id", column))


def history_of_shares(pledge: Pledge) -> list[tuple[datetime, str, int, str]]:
    """Return the history of the places of partners in a pledge, as `history_of` does."""
    events = apps.get_model("pledges", "PartnerEvent")._default_manager.filter(pledge_id=pledge.pk).order_by("pgh_id")
    rows = events.select_related("participant")
    return [(row.pgh_created_at, row.pgh_label, row.pgh_obj_id, place_in_words(row, pledge)) for row in rows]


def history_of_lineage(pledge: Pledge, user: Any) -> list[tuple[datetime, str, int, str]]:
    """Return the history of what a pledge renews or repeats, as `history_of` does; empty words for one that `user` may
    not see."""
    return [
        (row.pgh_created_at, row.pgh_label, row.pgh_obj_id, link_in_words(row)) for row in lineage_events(pledge, user)
    ]


def lineage_events(pledge: Pledge, user: Any) -> "QuerySet[Any]":
    """Return the rows of history of what a pledge renews or repeats, each with the `reference` that `user` may see."""
    seen = Pledge.objects.visible_to(user).filter(pk=OuterRef("earlier_id")).order_by().values("reference")
    events = apps.get_model("pledges", "LineageEvent")._default_manager.filter(later_id=pledge.pk)
    return events.order_by("pgh_id").annotate(reference=Subquery(seen[:1]))


def link_in_words(row: Any) -> str:
    """Return "Renews PKM25-ABCDE" of a link as a row of history tells it; empty where the reader may not know."""
    return f"{row.get_kind_display()} {row.reference}" if row.reference else ""


def place_in_words(row: Any, pledge: Pledge) -> str:
    """Return "Ghana: Co-pledger, Confirmed, 4 vehicles" of a partner as a row of history tells it."""
    numbers = (
        f"{row.share_quantity:,} {pledge.unit}".strip() if row.share_quantity else "",
        _("%(n)s persons") % {"n": f"{row.share_personnel:,}"} if row.share_personnel else "",
        f"{pledge.currency} {row.share_amount:,}" if row.share_amount else "",
    )
    words = [row.get_role_display(), row.get_confirmation_display(), *filter(None, numbers)]
    return f"{row.participant}: {', '.join(str(word) for word in words)}"


def standing_at(rows: list[tuple[datetime, str, int, str]], at: datetime) -> str:
    """Return what stood beside the pledge once the transaction that began at an instant was over, one on a line."""
    standing: dict[int, str] = {}
    for when, label, key, text in rows:
        if when > at:
            break
        if label == "delete":
            standing.pop(key, None)
        else:
            standing[key] = text
    return "\n".join(sorted(filter(None, standing.values())))


# --- What differs -----------------------------------------------------------------------------------------------------
def parts(before: str, after: str) -> tuple[Part, ...]:
    """Return the later text with what was removed from the earlier one and what was added, word by word."""
    old, new = (re.findall(r"\s+|\S+", text) for text in (before, after))
    if len(old) + len(new) > LONGEST:
        return tuple(Part(kind, text) for kind, text in (("removed", before), ("added", after)) if text)
    found = []
    for what, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            found.append(Part("same", "".join(old[a:b])))
        else:
            pieces = (Part("removed", "".join(old[a:b])), Part("added", "".join(new[c:d])))
            found += [piece for piece in pieces if piece.text]
    return tuple(found)
