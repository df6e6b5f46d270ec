"""What was changed beside a pledge, as entries of its timeline: shares of partners, documents, units counted,
and links to earlier pledges.

Read from the history that the database writes; for insiders.
"""

from typing import Any

from django.apps import apps
from django.utils.translation import gettext as _

from conferences.dates import Precision
from pledges.joint_history import answers_so_far
from pledges.models import Pledge
from pledges.timeline_entry import Entry, by_context
from pledges.versions import history_of_lineage, lineage_events, standing_at


def history(model: str, pledge: Pledge) -> Any:
    """Return what the database kept of the rows of a model beside a pledge, in the order in which it happened."""
    return apps.get_model("pledges", f"{model}Event")._default_manager.filter(pledge=pledge).order_by("pgh_id")


def entry(kind: str, event: Any, title: str, *, who: str = "", **said: Any) -> Entry:
    """Return an entry on a row of the history; without a name, whoever acted is named."""
    at = event.pgh_created_at
    said |= {"who": who} if who else by_context(event)
    return Entry(kind, str(event.pgh_id), at.date(), Precision.DAY, title, at=at, is_public=False, **said)


def shares(pledge: Pledge) -> list[Entry]:
    """Return the invitations of partners, what was changed in them, and the answers."""
    return [
        entry(
            "share",
            told.row,
            told.what,
            who=told.who,
            text=told.note,
            quantity=told.row.share_quantity,
            unit=pledge.unit,
            personnel=told.row.share_personnel,
        )
        for told in answers_so_far(pledge)
    ]


def files(pledge: Pledge) -> list[Entry]:
    """Return which documents were added and removed."""
    titles = {"insert": _("Document added: %(name)s"), "delete": _("Document removed: %(name)s")}
    return [
        entry("file", event, titles[event.pgh_label] % {"name": event.original_name}, text=event.get_kind_display())
        for event in history("EvidenceFile", pledge).filter(pgh_label__in=titles)
    ]


def allocations(pledge: Pledge) -> list[Entry]:
    """Return how many units were counted towards which ask, and what was refused or let go."""
    rows = history("Allocation", pledge).select_related("requirement__capability_type", "requirement__mission")
    return [
        entry(
            "allocation", event, counted(event) % {"ask": in_words(event.requirement)}, text=event.reason,
            quantity=event.quantity, unit=pledge.unit,
        )
        for event in rows
    ]  # fmt: skip


def links(pledge: Pledge, user: Any) -> list[Entry]:
    """Return how people changed what the pledge renews or repeats; what this reader may not see is not named."""
    rows, before = history_of_lineage(pledge, user), ""
    last_of_instant = {row.pgh_created_at: row for row in lineage_events(pledge, user)}
    found: list[Entry] = []
    for at, event in last_of_instant.items():
        now = standing_at(rows, at)
        if now != before and event.pgh_context:
            title = _("Linked: %(links)s") if now else _("No longer linked: %(links)s")
            found.append(entry("link", event, title % {"links": ", ".join((now or before).splitlines())}))
        before = now
    return found


def in_words(ask: Any) -> str:
    """Return "UNMISS Level II hospital"."""
    return " ".join(str(part) for part in (ask.mission, ask.capability_type) if part)


def counted(event: Any) -> str:
    """Return what happened to an allocation, with a place for the ask."""
    if event.pgh_label == "delete":
        return _("No longer counted towards %(ask)s")
    return _("Not counted towards %(ask)s") if event.quantity is None else _("Counted towards %(ask)s")
