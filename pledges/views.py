"""The list of pledges and the page of one pledge."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from conferences.keyset import LAST, BadCursor
from pledges.filters import NEWEST
from pledges.links import data_links
from pledges.list_form import PledgeListForm
from pledges.listing import Listing, culprit, listing
from pledges.models import Pledge
from pledges.page import pledge_page

# For each column that the list can be ordered by: the orders, up and down.
SORTS = {
    "participant": ("participant", "-participant"),
    "title": ("title", "-title"),
    "made": ("oldest", NEWEST),
    "deadline": ("deadline", "-deadline"),
}


@require_safe
def pledge_list(request: HttpRequest) -> HttpResponse:
    """Show the pledges that the query string asks for; a question that cannot be answered is status 400."""
    asked = PledgeListForm(request)
    context: dict[str, Any] = {"asked": asked}
    if not asked.is_valid():
        return render(request, "pledges/list.html", context, status=400)
    try:
        found = listing(asked, request)
    except BadCursor as error:
        asked.add_error(None, str(error))
        return render(request, "pledges/list.html", context, status=400)
    context |= {
        "found": found,
        "pages": page_urls(asked, found),
        "sorts": sort_heads(asked),
        "data": data_links("pledges", asked.ordered_filters),
        "culprit": None if found.page.rows or not asked.filters else culprit(asked, request),
    }
    return render(request, "pledges/list.html", context)


def page_urls(asked: PledgeListForm, found: Listing) -> dict[str, str]:
    """Return the addresses of the pages around this one, empty where there is none."""
    return {
        "first": asked.url() if found.page.previous else "",
        "previous": asked.url(cursor=found.page.previous) if found.page.previous else "",
        "next": asked.url(cursor=found.page.next) if found.page.next else "",
        "last": asked.url(cursor=LAST) if found.page.next else "",
    }


def sort_heads(asked: PledgeListForm) -> dict[str, dict[str, str]]:
    """Return for each sortable column the address of the list in that order and the direction it has now."""
    current = asked.asked.get("order", NEWEST)
    heads = {}
    for column, (up, down) in SORTS.items():
        direction = {up: "ascending", down: "descending"}.get(current, "")
        heads[column] = {"url": asked.url(order=down if direction == "ascending" else up), "direction": direction}
    return heads


@require_safe
def pledge_detail(request: HttpRequest, reference: str) -> HttpResponse:
    """Show one pledge. One that the reader may not see answers as one that does not exist."""
    visible = Pledge.objects.visible_to(request.user)
    pledge = get_object_or_404(
        visible.with_known_state().select_related("conference", "participant", "category"), reference=reference
    )
    return render(request, "pledges/detail.html", pledge_page(pledge, request))
