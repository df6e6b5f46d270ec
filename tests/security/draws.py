"""What can be asked of the product, drawn at random: who asks, at which address, with what in the query string."""

from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlencode

import django_filters
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st

from api import views
from dashboards.gap import GapForm
from dashboards.participant import ParticipantListForm
from pledges.filters import ORDERS
from pledges.list_form import PledgeListForm
from pledges.models import Pledge
from pledges.transitions import TRANSITIONS
from tests.security.two_worlds import REFERENCES, Worlds

# Pages that answer otherwise each time by design: a health check, and fresh secrets.
UNSTEADY = {"healthz", "mfa_activate_totp", "mfa_generate_recovery_codes", "mfa_view_recovery_codes"}
# Asked more often than the rest: lists, counts and figures, where hidden rows could show without being named.
OFTEN = (
    "pledge-list", "pledge-list", "api-pledges", "api-pledges", "gap", "api-gap", "api-delivery", "home",
    "conference-list", "conference-detail", "participant-list", "participant-detail", "requirement-detail",
    "pledge-detail", "api-timeline", "workspace",
)  # fmt: skip
VALUES: dict[str, list[str]] = {
    "q": ["hospital", "Canary", "battalion", "-hospital", "Zebra", "land", "Nowhere", REFERENCES[0]],
    "conference": ["seoul-2021", "berlin-2025", "london-2016", "seoul-2021,berlin-2025"],
    "category": ["medical", "military_unit", "training"],
    "capability_type": ["hospital", "battalion"],
    "mission": ["UNMISS"],
    "only_mission": ["UNMISS", "none"],
    "known_state": ["delivered", "unknown", "under_way,delayed", "delivery_reported,will_not_deliver"],
    "reported_state": ["delivered,will_not_deliver", "delayed"],
    "assessed_state": ["delivered", "on_track"],
    "women_reported_in": ["2025", "2021"],
    "readiness": ["2", "1,3"],
    "status": ["draft", "submitted,returned", "registered", "closed"],
    "since": ["2020-01-01", "2025-01-01"],
    "match": ["exact", "none"],
    "outcome": ["delivered", "withdrawn"],
    "kind": ["new", "renewed", "member_state"],
    "region": ["WEOG", "African Group,GRULAC"],
    "edition": ["Requirements 2020"],
    "series": ["ministerial"],
    "type": ["peacekeeping"],
    "order": list(ORDERS),
    "cursor": ["last"],
    "page_size": ["1", "2", "3", "50"],
    "format": ["csv", "json"],
    "show": ["report", "note", "edit"],
}
PAGING = ["order", "page_size", "cursor", "format"]
FORMS = {"pledge-list": PledgeListForm, "gap": GapForm, "participant-list": ParticipantListForm}


class Ask(NamedTuple):
    """One call: by whom, where, in which format, and how many of the pages after it."""

    actor: str
    address: str
    accept: str
    follow: int


def routes() -> dict[str, list[dict[str, Any]]]:
    """Return the arguments, by name, of each address that has a name; there can be several forms of one."""
    found: dict[str, list[dict[str, Any]]] = {}

    def walk(patterns: list[URLPattern | URLResolver], above: dict[str, Any]) -> None:
        for pattern in patterns:
            arguments = above | pattern.pattern.converters
            if isinstance(pattern, URLResolver):
                walk(pattern.url_patterns, arguments)
            elif pattern.name and pattern.name not in UNSTEADY:
                found.setdefault(pattern.name, []).append(arguments)

    walk(get_resolver().url_patterns, {})
    return found


def named_rows(worlds: Worlds) -> dict[str, list[str]]:
    """Return what can stand in an address, by the name of the argument; hidden and unknown rows among it."""
    seen = worlds.seen
    visible = [row.reference for row in (seen.hospital, seen.course, seen.battalion, seen.money, seen.closed)]
    asks = [ask.reference for ask in (seen.hospital_ask, seen.battalion_ask, worlds.refusing_ask)]
    states = [row.pk for row in (seen.alpha, seen.beta, seen.union, worlds.hiddenland, worlds.nowhere)]
    return {
        "reference": [*visible, *visible, *Pledge.objects.values_list("reference", flat=True), *REFERENCES[:6], *asks],
        "slug": [seen.seoul.pk, seen.berlin.pk, seen.london.pk],
        "code": [*states, "hospital", "battalion"],
        "participant": states,
        "acronym": ["UNMISS"],
        "action": list(TRANSITIONS),
        "act": ["level", "renew", "held"],
    }


def parameters_of(route: str) -> list[str]:
    """Return the names that a route takes in the query string."""
    if route in FORMS:
        return list(FORMS[route].base_fields)
    if route == "api-gap":
        return [*views.CapabilityGap.filterset_class.base_filters, "format"]
    resource = views.RESOURCES.get(route.removeprefix("api-"))
    if resource and route.startswith("api-"):
        return [*resource.filterset_class.base_filters, *PAGING]
    return (
        ["format"] if route.startswith("api-") else ["show"] if route == "pledge-detail" else ["conference", "cursor"]
    )


def values_of(route: str, name: str, worlds: Worlds) -> list[str]:
    """Return values for a parameter."""
    if name in {"participant", "partner", "host"}:
        return named_rows(worlds)["participant"]
    if name == "order" and route.startswith("api-"):
        resource: Any = views.RESOURCES[route.removeprefix("api-")]
        return list(resource.orders)
    return VALUES.get(name, ["true", "false"])


def addresses(worlds: Worlds) -> "st.SearchStrategy[str]":
    """Return a strategy for addresses with their query."""
    rows, table = named_rows(worlds), routes()
    numbers = [str(number) for number in range(1, 12)]

    def argument(name: str, converter: Any) -> "st.SearchStrategy[str]":
        return st.sampled_from(numbers if "Int" in type(converter).__name__ else rows.get(name, rows["code"]))

    @st.composite
    def address(draw: Any) -> str:
        route = draw(st.sampled_from(OFTEN) | st.sampled_from(sorted(table)))
        converters = draw(st.sampled_from(table[route]))
        keys = {name: draw(argument(name, converter)) for name, converter in converters.items()}
        known = parameters_of(route)
        often = [name for name in ("q", "order", "counted", "cursor", "page_size") if name in known]
        names = draw(st.lists(st.sampled_from(known) | st.sampled_from(often or known), max_size=3, unique=True))
        query = {name: draw(st.sampled_from(values_of(route, name, worlds))) for name in names}
        try:
            path = reverse(route, kwargs=keys)
        except NoReverseMatch:  # an address by position or pattern: those of the account, which show no rows
            path = "/"
        return path + (f"?{urlencode(query)}" if query else "")

    return address()


def draw(worlds: Worlds, count: int, seed: int) -> list[Ask]:
    """Return so many calls, the same for a seed."""
    drawn: list[Ask] = []
    accepts = st.sampled_from(["*/*", "*/*", "text/html", "application/json", "text/csv"])

    @seeded(seed)
    @settings(
        max_examples=count, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.sampled_from(sorted(worlds.clients)), addresses(worlds), accepts, st.integers(0, 2))
    def collect(actor: str, address: str, accept: str, follow: int) -> None:
        drawn.append(Ask(actor, address, accept, follow))

    collect()
    return drawn[:count]


def filters_left_out() -> Iterator[str]:
    """Yield the parameters for which there is no value to draw."""
    booleans = {
        name
        for resource in views.RESOURCES.values()
        for name, filter_ in resource.filterset_class.base_filters.items()
        if isinstance(filter_, django_filters.BooleanFilter)
    }
    for route in routes():
        for name in parameters_of(route):
            if name not in VALUES.keys() | booleans | {"participant", "partner", "host"}:
                yield f"{route} {name}"
