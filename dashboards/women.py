"""Women in uniform: the share pledged and deployed, beside the targets, and the pledges of women's participation."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from capabilities.models import Category
from conferences.keyset import BadCursor, Order, page_of
from conferences.models import Conference, Participant
from pledges import figures, women
from pledges.links import address, counted_rows_url
from pledges.listing import PAGE_SIZE, for_table
from pledges.women import Shares, as_shares, by_target_and_year, shares_by, total

PARTICIPATION = "women_peace_security"
TARGETS = {
    "contingents": gettext_lazy("Troops in contingents"),
    "staff-officers-observers": gettext_lazy("Staff officers and observers"),
    "formed-police-units": gettext_lazy("Formed police units"),
    "individual-police-officers": gettext_lazy("Individual police officers"),
    "justice-corrections": gettext_lazy("Justice and corrections"),
}
BY_STATE = Order("participant_id", "participant_id")


@require_safe
def women_in_uniform(request: HttpRequest) -> HttpResponse:
    """Show the shares by conference, state and category, the targets by year, and the pledges of participation."""
    user, pledges = request.user, figures.readers_pledges(request.user)
    per_conference = [as_shares(row, "conference_id") for row in shares_by(pledges, "conference_id")]
    try:
        page = page_of(
            shares_by(pledges, "participant_id"),
            order=BY_STATE,
            size=PAGE_SIZE,
            cursor=request.GET.get("cursor", ""),
        )
    except BadCursor as error:
        return render(request, "dashboards/women.html", {"problem": str(error)}, status=400)
    conferences = Conference.objects.in_bulk()
    participation = pledges.filter(category=PARTICIPATION)
    context = {
        "total": line(total(per_conference), _("All"), user),
        "silent": women.silent_stating(pledges),
        "silent_url": counted_rows_url(user, counted="true", women_stated="true", silent="true"),
        "conferences": by_conference(per_conference, conferences, user),
        "states": by_state([as_shares(row, "participant_id") for row in page.rows], user),
        "pages": {
            "next": address(request.path, {"cursor": page.next}) + "#states" if page.next else "",
            "previous": address(request.path, {"cursor": page.previous}) + "#states" if page.previous else "",
        },
        "categories": by_category([as_shares(row, "category_id") for row in shares_by(pledges, "category_id")], user),
        "targets": TARGETS.values(),
        "years": by_year(pledges, conferences, user),
        "pledges": for_table(participation).order_by("-dated_at", "-reference")[:PAGE_SIZE],
        "known_states": known_states(participation, user),
        "pledges_url": counted_rows_url(user, category=PARTICIPATION),
        "as_of": timezone.localdate(),
        "rule": figures.counting_rule(user),
    }
    return render(request, "dashboards/women.html", context)


def shares_url(user: Any, **filters: str) -> str:
    """Return the list of just the pledges that a share counts: each commitment once, none that went silent."""
    return counted_rows_url(user, counted="true", silent="false", **filters)


def line(shares: Shares, label: Any, user: Any, **filters: str) -> dict[str, Any]:
    """Return shares with their words and the addresses of the pledges behind both."""
    return {
        "label": label,
        "shares": shares,
        "pledged_url": shares_url(user, women_stated="true", **filters),
        "deployed_url": shares_url(user, women_reported="true", **filters),
    }


def by_conference(rows: list[Shares], conferences: dict[str, Conference], user: Any) -> list[dict[str, Any]]:
    """Return the lines per conference, the newest first."""
    ordered = sorted(rows, key=lambda row: conferences[row.key].starts_on, reverse=True)
    return [line(row, conferences[row.key].title, user, conference=row.key) for row in ordered]


def by_state(rows: list[Shares], user: Any) -> list[dict[str, Any]]:
    """Return the lines per leading participant, by code: no rank."""
    names = Participant.objects.in_bulk([row.key for row in rows])
    return [line(row, names[row.key], user, participant=row.key) for row in rows]


def by_category(rows: list[Shares], user: Any) -> list[dict[str, Any]]:
    """Return the lines per category of capability, in the order of categories."""
    found = {row.key: row for row in rows}
    categories = Category.objects.filter(pk__in=[key for key in found if key])
    return [line(found[category.pk], category, user, category=category.pk) for category in categories]


def by_year(pledges: Any, conferences: dict[str, Conference], user: Any) -> list[dict[str, Any]]:
    """Return a line per year of the targets, with target and shares per category; an unknown target stays unknown."""
    shares = by_target_and_year(pledges)
    known = {(row.category, row.year): row for row in women.targets()}
    slugs: dict[int, list[str]] = {}
    for conference in conferences.values():
        if conference.has_pledges:
            slugs.setdefault(conference.starts_on.year, []).append(conference.pk)
    filters = women.target_filters()
    years = sorted({year for _target, year in [*known, *shares]})
    return [
        {
            "year": year,
            "cells": [
                cell(
                    shares.get((target, year), Shares()), known.get((target, year)), filters[target], year, slugs, user
                )
                for target in TARGETS
            ],
        }
        for year in years
    ]


def cell(
    shares: Shares, target: Any, filters: dict[str, str], year: int, slugs: dict[int, list[str]], user: Any
) -> dict[str, Any]:
    """Return target and shares of a category in a year, with the addresses of the pledges behind the shares."""
    pledged = {"women_stated": "true", "conference": ",".join(sorted(slugs.get(year, [])))}
    return {
        "target": target,
        "shares": shares,
        "pledged_url": shares_url(user, **filters, **pledged),
        "deployed_url": shares_url(user, **filters, women_reported_in=str(year)),
    }


def known_states(participation: Any, user: Any) -> list[dict[str, Any]]:
    """Return how many of the pledges of participation are in which state, each number with its rows."""
    return [
        {"state": state, "count": count, "url": counted_rows_url(user, category=PARTICIPATION, known_state=state)}
        for state, count in figures.by_known_state(participation).items()
    ]
