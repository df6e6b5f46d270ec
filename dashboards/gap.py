"""The capability gap: what was asked for and how much of it was offered, verified and delivered; and a single ask."""

from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from capabilities.filters import RequirementFilter
from capabilities.models import Edition, Requirement
from conferences.models import WRITERS, Membership
from pledges import figures
from pledges.filters import narrowed
from pledges.links import data_links, rows_url
from pledges.listing import PAGE_SIZE, for_table
from pledges.models import Allocation
from pledges.permissions import is_manager
from pledges.query_form import (
    CodesField,
    QueryForm,
    capability_types,
    categories,
    conferences,
    either_field,
    missions,
)
from pledges.querysets import STANDS_FOR_NOTHING
from pledges.services.requirements import is_kept_here


def editions() -> Any:
    """Return the papers that state requirements, the newest first."""
    return Edition.objects.values_list("name", "name")


class GapForm(QueryForm):
    """Asks by mission, category, capability type, conference and edition (`capabilities.filters`)."""

    mission = CodesField(label=_("Mission"), options=missions)
    category = CodesField(label=_("Category"), options=categories)
    capability_type = CodesField(label=_("Capability type"), options=capability_types)
    conference = CodesField(label=_("Stated for"), options=conferences)
    open_missions = either_field(_("Missions"), _("Open missions"), _("Closed missions"))
    edition = CodesField(label=_("Edition"), options=editions, several=False)

    SHOWN = ("mission", "category", "capability_type", "conference", "open_missions")


@require_safe
def gap(request: HttpRequest) -> HttpResponse:
    """Show the asks that stand and what was given, in three queries besides the options of the form."""
    asked = GapForm(request)
    if not asked.is_valid():
        return render(request, "dashboards/gap.html", {"asked": asked}, status=400)
    requirements = RequirementFilter(asked.filters, queryset=Requirement.objects.all(), request=request).qs
    rows = [gap_line(row) for row in figures.gap(requirements, figures.readers_pledges(request.user))]
    stated = [line for line in rows if line["row"].required is not None]
    unstated = [line for line in rows if line["row"].required is None]
    context = {
        "asked": asked,
        "stated": by_mission(stated),
        "unstated": by_mission(unstated),
        "figures": [
            {"value": len(stated), "label": _("capabilities asked for with a number"), "url": "#stated"},
            {"value": len(unstated), "label": _("asked for without a number"), "url": "#not-stated"},
        ],
        "as_of": timezone.localdate(),
        "rule": figures.counting_rule(request.user),
        "data": data_links("gap", asked.filters),
        "can_offer": can_offer(request.user),
        "can_state": is_manager(request.user),
    }
    return render(request, "dashboards/gap.html", context)


def can_offer(user: Any) -> bool:
    """Return whether this person writes pledges for a delegation."""
    return user.is_authenticated and Membership.objects.of(user, *WRITERS).exists()


def gap_line(row: figures.GapRow) -> dict[str, Any]:
    """Return one row of the gap with the addresses of the pledges behind its numbers and the scale of its bar."""
    return {
        "row": row,
        "scale": max(row.required or 0, row.offered or 0),
        "offered_url": rows_url(row.filters),
        "silent_url": rows_url(row.silent_filters),
        "verified_url": rows_url(row.filters | {"verified": "true"}),
        "named_url": rows_url(row.named_filters),
        "delivered_url": rows_url(row.filters | {"delivered": "true"}),
    }


def by_mission(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows by mission, those for none last, the largest remainder of each first."""
    groups = groupby(lines, key=lambda line: line["row"].mission)
    return [
        {
            "mission": mission,
            "lines": sorted(those, key=lambda line: (-(line["row"].missing or 0), line["row"].capability_name)),
        }
        for mission, those in groups
    ]


@require_safe
def requirement_detail(request: HttpRequest, reference: str) -> HttpResponse:
    """Show one ask, what is counted towards it, and what other editions say."""
    asks = Requirement.objects.select_related(
        "edition", "mission", "conference", "beneficiary", "capability_type__category"
    )
    requirement = get_object_or_404(asks, reference=reference)
    pledges = figures.readers_pledges(request.user)
    same = Requirement.objects.filter(mission=requirement.mission_id, capability_type=requirement.capability_type_id)
    standing = next((row for row in figures.gap(same, pledges) if reference in row.references), None)
    context = {
        "requirement": requirement,
        "line": gap_line(standing) if standing else None,
        "characteristics": [part for part in requirement.characteristics.split("; ") if part],
        "others": same.exclude(pk=requirement.pk)
        .select_related("edition", "capability_type")
        .order_by("-edition__published_on", "reference"),
        "allocations": Allocation.objects.filter(requirement=requirement, quantity__isnull=False, pledge__in=pledges)
        .exclude(pledge__outcome__in=STANDS_FOR_NOTHING)
        .select_related("pledge__participant", "pledge__conference"),
        "pledges": for_table(narrowed(standing.filters, pledges, request).qs).order_by("-dated_at", "-reference")[
            :PAGE_SIZE
        ]
        if standing
        else [],
        "can_offer": can_offer(request.user),
        "can_state": is_manager(request.user),
        "can_change": is_manager(request.user) and is_kept_here(requirement),
        "as_of": timezone.localdate(),
        "rule": figures.counting_rule(request.user),
    }
    return render(request, "dashboards/requirement.html", context)
