"""What the lists of reminders have in common: pages by key, and the addresses of their neighbours."""

from typing import Any

from django.http import HttpRequest
from django.utils.http import urlencode

from conferences.keyset import LAST, BadCursor, Order, Page, page_of

ROWS = 50


def listed(request: HttpRequest, rows: Any, *, order: Order) -> dict[str, Any]:
    """Return `page` and `urls`, the page of a list that is asked for, or `problem`, a cursor that cannot be read."""
    try:
        page = page_of(rows, order=order, size=ROWS, cursor=request.GET.get("cursor", ""))
    except BadCursor as error:
        return {"problem": str(error), "first_url": request.path}
    return {"page": page, "urls": page_urls(request, page)}


def status_of(context: dict[str, Any]) -> int:
    """Return the status with which a list answers: 400 for a cursor that cannot be read."""
    return 400 if "problem" in context else 200


def page_urls(request: HttpRequest, page: Page) -> dict[str, str]:
    """Return the addresses of the pages around this one with the same filters, empty where there is none."""
    kept = {name: str(value) for name, value in request.GET.items() if value and name != "cursor"}

    def url(cursor: str = "") -> str:
        query = urlencode(kept | ({"cursor": cursor} if cursor else {}))
        return f"{request.path}?{query}" if query else request.path

    return {
        "first": url() if page.previous else "",
        "previous": url(page.previous) if page.previous else "",
        "next": url(page.next) if page.next else "",
        "last": url(LAST) if page.next else "",
    }
