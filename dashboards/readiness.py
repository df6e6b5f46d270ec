"""The registry of the readiness system: units by type and level, renewals, visits, agreements and open requests.

Levels count the live pledges that the reader may see, each as an entry of the readiness system: also those that went
silent, and what was promised again once for each of its pledges. The working side (renewals, visits, agreements,
requests) is for the delegation that leads a pledge and for the Secretariat (`worked_on`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Count, F, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from conferences.keyset import LAST, BadCursor, Order, Page, page_of
from pledges.enums import ReadinessLevel, Status
from pledges.links import address, rows_url
from pledges.models import DeploymentRequest, Pledge, Readiness, UnitAgreement, UnitStatement, Visit
from pledges.querysets import PledgeQuerySet, worked_on
from pledges.readiness import (
    BELOW_LEVEL_1,
    LEVELS,
    Renewals,
    changed_on,
    last_day_to_arrive,
    renewal_due,
    renewals,
    with_change,
)

PAGE_SIZE = 50


def live_units(user: Any) -> PledgeQuerySet:
    """Return the live pledges of registrable types that this person may see."""
    visible = Pledge.objects.visible_to(user)
    return visible.filter(status=Status.REGISTERED, capability_type__is_pcrs_registrable=True)


def own_units(user: Any) -> PledgeQuerySet:
    """Return those whose working side this person may see."""
    return live_units(user).filter(worked_on(user))


@dataclass
class TypeRow:
    """The live pledges of one type: all, per level, and how many of a level are recorded by exception."""

    code: str
    name: str
    category: str
    total: int
    by_level: dict[str, int]
    exceptions: dict[str, int]

    @property
    def cells(self) -> list[dict[str, Any]]:
        """The numbers per level with the addresses of their rows."""
        return [
            {
                "count": self.by_level.get(level, 0),
                "exceptions": self.exceptions.get(level, 0),
                "url": self.url(readiness=level),
            }
            for level in LEVELS
        ]

    def url(self, **filters: str) -> str:
        """Return the list of these pledges, narrowed further."""
        return rows_url({"capability_type": self.code, "status": Status.REGISTERED, **filters})

    @property
    def total_url(self) -> str:
        """The list of all pledges of the type."""
        return self.url()


def by_type(pledges: PledgeQuerySet) -> list[TypeRow]:
    """Return the pledges by type and level, in one query."""
    latest = Readiness.objects.filter(pledge=OuterRef("pk")).values("exception")[:1]
    counts = (
        pledges.annotate(words=Subquery(latest))
        .order_by()
        .values("capability_type_id", "readiness_level")
        .annotate(
            name=F("capability_type__name"),
            category=F("capability_type__category__name"),
            pledges=Count("pk"),
            exceptions=Count("pk", filter=~Q(words="")),
        )
    )
    rows: dict[str, TypeRow] = {}
    for count in counts:
        code, level = count["capability_type_id"], count["readiness_level"]
        row = rows.setdefault(code, TypeRow(code, count["name"], count["category"], 0, {}, {}))
        row.total += count["pledges"]
        row.by_level[level], row.exceptions[level] = count["pledges"], count["exceptions"] if level else 0
    return sorted(rows.values(), key=lambda row: (row.category, row.name))


def visits_of(user: Any) -> "QuerySet[Visit]":
    """Return the visits to the delegations of this person; all for the Secretariat."""
    return Visit.objects.filter(worked_on(user))


@require_safe
@login_required
def registry(request: HttpRequest) -> HttpResponse:
    """Show units by type and level, and what asks for a look."""
    user, today = request.user, timezone.localdate()
    own = own_units(user)
    rows = by_type(live_units(user))
    share = renewals(own, on=today)
    context = {
        "levelled": [row for row in rows if any(row.by_level.get(level) for level in LEVELS)],
        "unlevelled": [row for row in rows if not any(row.by_level.get(level) for level in LEVELS)],
        "levels": [level.label for level in ReadinessLevel],
        "renewals": share,
        "figures": figures(own, user, share),
        "as_of": today,
        "lists": LISTS,
    }
    return render(request, "dashboards/readiness.html", context)


def figures(own: PledgeQuerySet, user: Any, share: Renewals) -> list[dict[str, Any]]:
    """Return the numbers on top of the page, each with its rows, in four queries."""
    visits = visits_of(user).aggregate(
        planned=Count("pk", filter=Q(held_on=None, cancelled_on=None)),
        held=Count("pk", filter=Q(held_on__isnull=False)),
    )
    flagged = with_agreement(own).filter(changed__isnull=False).count()
    asked = with_request(own).count()
    return [
        {"value": share.live, "label": _("live units entered"), "url": list_url("renewals")},
        {"value": share.overdue, "label": _("renewals overdue"), "url": list_url("renewals", "overdue")},
        {"value": own.filter(BELOW_LEVEL_1).count(), "label": _("below level 1"), "url": list_url("renewals", "below")},
        {"value": visits["planned"], "label": _("visits planned"), "url": list_url("visits", "planned")},
        {"value": visits["held"], "label": _("visits held"), "url": list_url("visits", "held")},
        {"value": flagged, "label": _("agreements to review"), "url": list_url("agreements", "flagged")},
        {"value": asked, "label": _("open requests to deploy"), "url": list_url("requests")},
    ]


def list_url(name: str, only: str = "", **parameters: str) -> str:
    """Return the address of a list of the registry, narrowed to some of its rows."""
    return address(reverse(f"readiness-{name}"), ({"only": only} if only else {}) | parameters)


def with_agreement(units: PledgeQuerySet) -> Any:
    """Return the units with an open agreement, with `matched_on`, and `changed` where it is to be reviewed."""
    rows = with_change(UnitAgreement.objects.filter(pledge=OuterRef("pk"), ended_on=None))
    units = units.annotate(
        matched_on=Subquery(rows.values("matched_on")[:1]),
        changed=Subquery(rows.values("changed_on")[:1]),
        statement=Subquery(rows.values("statement_id")[:1]),
    )
    return units.filter(matched_on__isnull=False)


REQUESTED_ON: Any = Subquery(
    DeploymentRequest.objects.filter(pledge=OuterRef("pk"), arrived_on=None, cancelled_on=None).values("requested_on")[
        :1
    ]
)


def with_request(units: PledgeQuerySet) -> Any:
    """Return the units that are asked to deploy, with `requested_on`."""
    return units.annotate(requested_on=REQUESTED_ON).filter(requested_on__isnull=False)


@dataclass(frozen=True)
class KeptList:
    """One list of the registry: its words, its rows for a person on a day, its order, and the parts it can show."""

    name: str
    title: Promise
    none: Promise
    rows: Callable[[Any, date, Mapping[str, str]], "QuerySet[Any]"]
    order: Order
    parts: Mapping[str, Promise]

    @property
    def url_name(self) -> str:
        """The name of its address."""
        return f"readiness-{self.name}"

    @property
    def template(self) -> str:
        """The partial that draws its table."""
        return f"dashboards/_readiness_{self.name}.html"


def renewal_rows(user: Any, on: date, asked: Mapping[str, str]) -> Any:
    """Return the units with an entry, what is due first on top."""
    rows = own_units(user).filter(registration__isnull=False).annotate(renewal_due_on=renewal_due("registration__"))
    rows = rows.select_related("participant", "capability_type", "registration")
    only = {"overdue": Q(renewal_due_on__lt=on), "below": BELOW_LEVEL_1}
    return rows.filter(only.get(asked.get("only", ""), Q()))


def visit_rows(user: Any, on: date, asked: Mapping[str, str]) -> Any:
    """Return the visits, the latest first."""
    rows = visits_of(user).select_related("participant").prefetch_related("units__pledge")
    only = {"planned": Q(held_on=None, cancelled_on=None), "held": Q(held_on__isnull=False)}
    return rows.filter(only.get(asked.get("only", ""), Q()))


def agreement_rows(user: Any, on: date, asked: Mapping[str, str]) -> Any:
    """Return the units held against a statement, those of one statement where it is asked for."""
    rows = with_agreement(own_units(user))
    if asked.get("only") == "flagged":
        rows = rows.filter(changed__isnull=False)
    if asked.get("statement"):
        rows = rows.filter(statement=asked["statement"])
    held = with_change(UnitAgreement.objects.filter(ended_on=None)).select_related("statement__replaced_by")
    return rows.select_related("participant").prefetch_related(Prefetch("agreements", held, to_attr="held"))


def request_rows(user: Any, on: date, asked: Mapping[str, str]) -> Any:
    """Return the units that are asked to deploy, the earliest request first."""
    waiting = DeploymentRequest.objects.filter(arrived_on=None, cancelled_on=None).select_related("mission")
    rows = with_request(own_units(user)).select_related("participant", "capability_type")
    return rows.prefetch_related(Prefetch("deployment_requests", waiting, to_attr="waiting"))


def statement_rows(user: Any, on: date, asked: Mapping[str, str]) -> Any:
    """Return the statements of unit requirements, the newest first, with how many units are held against each."""
    mine = Q(agreements__ended_on=None, agreements__pledge__in=own_units(user))
    rows = UnitStatement.objects.select_related("capability_type", "mission", "replaced_by")
    return rows.annotate(held=Count("agreements", filter=mine))


LISTS = (
    KeptList(
        "renewals",
        gettext_lazy("Entries and renewals"),
        gettext_lazy("No unit is entered in the readiness system."),
        renewal_rows,
        Order("renewal_due_on", "reference", expression=renewal_due("registration__")),
        {"overdue": gettext_lazy("Overdue"), "below": gettext_lazy("Below level 1")},
    ),
    KeptList(
        "visits",
        gettext_lazy("Visits"),
        gettext_lazy("No visit is planned or was held."),
        visit_rows,
        Order("planned_on", "id", descending=True),
        {"planned": gettext_lazy("Planned"), "held": gettext_lazy("Held")},
    ),
    KeptList(
        "statements",
        gettext_lazy("Statements of unit requirements"),
        gettext_lazy("No statement of unit requirements is stored."),
        statement_rows,
        Order("issued_on", "id", descending=True),
        {},
    ),
    KeptList(
        "agreements",
        gettext_lazy("Units matched to a statement"),
        gettext_lazy("No unit is matched to a statement of unit requirements."),
        agreement_rows,
        Order("reference", "reference"),
        {"flagged": gettext_lazy("Requirements changed: review")},
    ),
    KeptList(
        "requests",
        gettext_lazy("Open requests to deploy"),
        gettext_lazy("No request to deploy is open."),
        request_rows,
        Order("requested_on", "reference", expression=REQUESTED_ON),
        {},
    ),
)
BY_NAME = {kept.name: kept for kept in LISTS}


@require_safe
@login_required
def readiness_list(request: HttpRequest, name: str) -> HttpResponse:
    """Show one list of the registry, a page of at most 50 rows."""
    kept, today = BY_NAME[name], timezone.localdate()
    user: Any = request.user
    asked = {key: request.GET[key] for key in ("only", "statement") if request.GET.get(key)}
    if asked.get("only", "") not in {"", *kept.parts} or not asked.get("statement", "0").isdecimal():
        raise Http404
    rows = kept.rows(user, today, asked)
    try:
        page = page_of(rows, order=kept.order, size=PAGE_SIZE, cursor=request.GET.get("cursor", ""))
    except BadCursor as error:
        raise Http404 from error
    context = {
        "kept": kept,
        "lists": LISTS,
        "rows": [line(row, today) for row in page.rows],
        "pages": pages(kept, page, asked),
        "parts": parts(kept, asked),
        "asked": asked,
        "as_of": today,
        "can_keep": user.is_reviewer,
    }
    return render(request, "dashboards/readiness_list.html", context)


def line(row: Any, today: date) -> dict[str, Any]:
    """Return a row with the days that its list counts."""
    found: dict[str, Any] = {"row": row}
    if hasattr(row, "renewal_due_on"):
        found["days_overdue"] = max((today - row.renewal_due_on).days, 0)
    if hasattr(row, "waiting"):
        request = row.waiting[0]
        last_day = last_day_to_arrive(request)
        found |= {"request": request, "last_day": last_day}
        found["days_left"] = (last_day - today).days if last_day else None
    if hasattr(row, "matched_on"):
        agreement = row.held[0]
        found |= {"agreement": agreement, "changed_on": agreement.changed_on}
        found["is_matched_anew"] = changed_on(agreement) is None
    return found


def parts(kept: KeptList, asked: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return a link per part of a list, and one to all of it."""
    if not kept.parts:
        return []
    now = asked.get("only", "")
    labels: dict[str, Any] = {"": gettext_lazy("All"), **kept.parts}
    return [
        {"label": label, "url": list_url(kept.name, part), "is_current": part == now} for part, label in labels.items()
    ]


def pages(kept: KeptList, page: Page, asked: Mapping[str, str]) -> dict[str, str]:
    """Return the addresses of the pages around this one, empty where there is none."""

    def url(cursor: str = "") -> str:
        return address(reverse(kept.url_name), {**asked, **({"cursor": cursor} if cursor else {})})

    return {
        "first": url() if page.previous else "",
        "previous": url(page.previous) if page.previous else "",
        "next": url(page.next) if page.next else "",
        "last": url(LAST) if page.next else "",
    }
