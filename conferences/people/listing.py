"""The list of all delegations' people, for the Secretariat."""

from typing import Any

from django.db.models import CharField, Q
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from conferences.keyset import LAST, Order, Page, page_of
from conferences.models import Membership

ROWS = 50
BY_CODE = Order("code", "id", expression=Cast("participant", output_field=CharField(max_length=8)))


def people(wanted: dict[str, Any]) -> Any:
    """Return the places that run now or will, of open and closed accounts alike, narrowed to what is wanted."""
    running = Q(ended_at=None) | Q(ended_at__gt=timezone.now())
    found = Membership.objects.filter(running).select_related("user", "participant")
    if wanted.get("participant"):
        found = found.filter(participant=wanted["participant"])
    if wanted.get("role"):
        found = found.filter(role=wanted["role"])
    if wanted.get("name"):
        text = wanted["name"]
        named = Q(user__first_name__icontains=text) | Q(user__last_name__icontains=text)
        found = found.filter(named | Q(user__email__icontains=text) | Q(user__username__icontains=text))
    return found


def page(wanted: dict[str, Any], cursor: str) -> Page:
    """Return a page of the list, by participant. Raises BadCursor."""
    return page_of(people(wanted), order=BY_CODE, size=ROWS, cursor=cursor)


def page_urls(found: Page, kept: dict[str, str]) -> dict[str, str]:
    """Return the addresses of the pages around this one, empty where there is none; `kept` are the filters."""

    def url(cursor: str = "") -> str:
        query = {name: value for name, value in kept.items() if value} | ({"cursor": cursor} if cursor else {})
        return f"{reverse('people-list')}?{urlencode(query)}"

    return {
        "first": url() if found.previous else "",
        "previous": url(found.previous) if found.previous else "",
        "next": url(found.next) if found.next else "",
        "last": url(LAST) if found.next else "",
    }
