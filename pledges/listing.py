"""A page of the list of pledges: its rows, how many there are, and, when there are none, which filter is to blame."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from conferences.keyset import Order, Page, page_of
from pledges.filters import narrowed, order_named
from pledges.list_form import PledgeListForm
from pledges.models import Pledge
from pledges.query_form import Chip
from pledges.querysets import PledgeQuerySet, taking_part

PAGE_SIZE = 50
COUNTED_TO = 10_000  # counting on would cost more than reading the page
COLUMNS = (
    "reference", "title", "status", "outcome", "quantity", "unit", "personnel", "amount", "currency", "dated_at",
    "deliver_from", "deliver_from_precision", "deliver_by", "deliver_by_precision", "registered_at", "announced_at",
    "conference__title", "conference__city", "conference__starts_on", "category__name", "capability_wording",
    "participant",
)  # fmt: skip


def for_table(pledges: PledgeQuerySet) -> PledgeQuerySet:
    """Return the rows with what a table of pledges shows, in two queries whatever their number."""
    together = Prefetch("partners", taking_part().select_related("participant"), to_attr="together")
    rows = pledges.with_known_state().select_related("conference", "category", "participant")
    return rows.only(*COLUMNS).prefetch_related(together)


@dataclass(frozen=True)
class Listing:
    """One page. `count` stops at COUNTED_TO + 1; `first` is the place of the first row, none where not known."""

    page: Page
    count: int
    first: int | None

    @property
    def counted_in_words(self) -> str:
        """How many pledges there are: exactly, or more than what is worth counting."""
        if self.count > COUNTED_TO:
            return _("more than %(count)s pledges") % {"count": f"{COUNTED_TO:,}"}
        return ngettext("%(count)s pledge", "%(count)s pledges", self.count) % {"count": f"{self.count:,}"}

    @property
    def range_in_words(self) -> str:
        """Which of them this page shows."""
        if self.first is None:
            return _("A page of %(count)s") % {"count": self.counted_in_words}
        last = self.first + len(self.page.rows) - 1
        return _("%(first)s to %(last)s of %(count)s") % {
            "first": f"{self.first:,}",
            "last": f"{last:,}",
            "count": self.counted_in_words,
        }


def found(asked: PledgeListForm, request: HttpRequest) -> PledgeQuerySet:
    """Return the pledges that this reader may see and asked for; the form must be valid."""
    return narrowed(asked.filters, Pledge.objects.visible_to(request.user), request).qs


def listing(asked: PledgeListForm, request: HttpRequest) -> Listing:
    """Return the page asked for. Raises BadCursor."""
    rows = found(asked, request)
    order, cursor = order_named(asked.asked.get("order", "")), asked.asked.get("cursor", "")
    page = page_of(for_table(rows), order=order, size=PAGE_SIZE, cursor=cursor)
    count = counted(rows)
    return Listing(page, count, first_place(rows, order, page, count) if cursor else 1)


def counted(rows: Any) -> int:
    """Return the number of rows, or COUNTED_TO + 1 for more."""
    return rows.order_by().values("pk")[: COUNTED_TO + 1].count()


def first_place(rows: PledgeQuerySet, order: Order, page: Page, count: int) -> int | None:
    """Return the place of the page's first row in the whole list, where the list is short enough to be counted."""
    if count > COUNTED_TO or not page.rows:
        return None
    before = order.beyond(order.apply(rows, backwards=True), order.position(page.rows[0]), backwards=True)
    return counted(before) + 1


def culprit(asked: PledgeListForm, request: HttpRequest) -> Chip | None:
    """Return the filter without which the empty list would have rows, or None when several would have to go."""
    for name, codes in asked.values_by_filter().items():
        without = {other: value for other, value in asked.filters.items() if other != name}
        if narrowed(without, Pledge.objects.visible_to(request.user), request).qs.exists():
            words = ", ".join(asked.words(name, code) for code in codes)
            return Chip(words, asked.url(**{name: ""}))
    return None
