"""One page of what happened to a pledge: fifty entries, however often a script has saved it."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator

from pledges.models import Pledge
from pledges.timeline import Entry, edits, newest_first, timeline
from pledges.timeline_people import with_roles
from pledges.versions import edited_versions

ROWS = 50
KEPT = "#timeline"


@dataclass(frozen=True)
class TimelinePage:
    """Some entries of a timeline, how many there are of each kind, and which page of them this is."""

    entries: list[Entry]
    counts: Counter[str]
    page: Page[int]

    def urls(self, shown: str) -> dict[str, str]:
        """Return the addresses of the neighbours among the entries of the kind `shown`; empty where there is none."""
        page, start = self.page, f"?show={shown}&" if shown else "?"
        numbers = {
            "first": 1 if page.has_previous() else 0,
            "previous": page.number - 1,
            "next": page.number + 1 if page.has_next() else 0,
            "last": page.paginator.num_pages if page.has_next() else 0,
        }
        return {name: f"{start}page={number}{KEPT}" if number else "" for name, number in numbers.items()}


def timeline_page(pledge: Pledge, user: Any, *, insider: bool, shown: str, number: str) -> TimelinePage:
    """Return a page of the entries that this reader may see, newest first: of the kind `shown`, or of all kinds.

    Of the edits no more are read than stand on the pages up to this one. What is no page's number means the first.
    """
    edited = edited_versions(pledge) if insider else []
    others = timeline(pledge, user, edited=[])
    counts = Counter(entry.kind for entry in others)
    counts["edit"] = len(edited)
    page = Paginator(range(counts[shown] if shown else counts.total()), ROWS).get_page(number)
    told = sorted([*others, *edits(pledge, edited[: page.end_index()])], key=newest_first)
    kept = [entry for entry in told if not shown or entry.kind == shown]
    return TimelinePage(with_roles(kept[max(page.start_index() - 1, 0) : page.end_index()], pledge), counts, page)
