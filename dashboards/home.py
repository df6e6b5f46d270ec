"""The first page: what this is, the conference that counts now, and the line of conferences; and how figures count."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from conferences.models import Conference, PublishedTotal
from pledges.figures import (
    COHORT_STATES,
    ConferenceRow,
    by_conference,
    cohorts,
    counting_rule,
    readers_pledges,
)
from pledges.links import counted_rows_url, data_links
from pledges.querysets import today

PLEDGERS = ("pledging-states", "pledging-participants")


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show what the record holds, conference by conference."""
    lines = conference_lines(request.user)
    day = timezone.localdate()
    held = [line for line in lines if line["conference"].starts_on <= day and line["conference"].has_pledges]
    coming = [line for line in lines if line["conference"].starts_on > day]
    context = {
        "next": coming[-1] if coming else None,
        "last": held[0] if held else None,
        "shown": next((line for line in held if line["row"].in_record), None),
        "lines": [line for line in lines if line["conference"].sequence_since_2014],
        "as_of": day,
        "rule": counting_rule(request.user),
    }
    return render(request, "dashboards/home.html", context)


@require_safe
def counting(request: HttpRequest) -> HttpResponse:
    """Show how figures are counted, who sees what, and what the record rests on."""
    return render(request, "dashboards/counting.html", {"rule": counting_rule(request.user)})


@require_safe
def conference_list(request: HttpRequest) -> HttpResponse:
    """Show all conferences, the newest first."""
    context = {
        "lines": conference_lines(request.user),
        "as_of": timezone.localdate(),
        "rule": counting_rule(request.user),
        "data": data_links("conferences", {}),
        "cohorts": cohort_lines(request.user),
    }
    return render(request, "conferences/list.html", context)


def conference_lines(user: Any) -> list[dict[str, Any]]:
    """Return all conferences, the newest first, each with its numbers and the published counts of who pledged.

    Four queries, however many conferences and pledges there are.
    """
    counted = by_conference(readers_pledges(user))
    published: dict[str, list[PublishedTotal]] = {}
    for total in PublishedTotal.objects.filter(measure__in=PLEDGERS, participant=None):
        published.setdefault(total.conference_id, []).append(total)
    return [
        conference_line(conference, counted.get(conference.pk, ConferenceRow()), published.get(conference.pk, []), user)
        for conference in Conference.objects.select_related("country").prefetch_related("hosts")
    ]


def cohort_lines(user: Any) -> list[dict[str, Any]]:
    """Return the conferences held by age, what became of their pledges, and the addresses of the rows."""
    return [
        {
            "cohort": cohort,
            "pledges_url": counted_rows_url(user, conference=cohort.conference.pk, silent="false"),
            "silent_url": counted_rows_url(user, conference=cohort.conference.pk, silent="true"),
            "cells": [
                {
                    "count": cohort.became[what],
                    "per_cent": cohort.per_cent(what),
                    "url": counted_rows_url(user, conference=cohort.conference.pk, known_state=",".join(states)),
                }
                for what, states in COHORT_STATES.items()
            ],
        }
        for cohort in cohorts(readers_pledges(user), on=today())
    ]


def number_urls(user: Any, **filters: str) -> dict[str, str]:
    """Return the addresses of the rows behind each number of a ConferenceRow."""
    heard = filters | {"silent": "false"}
    return {
        "pledges_url": counted_rows_url(user, **heard),
        "verified_url": counted_rows_url(user, **heard, verified="true"),
        "delivered_url": counted_rows_url(user, **heard, delivered="true"),
        "silent_url": counted_rows_url(user, **filters | {"silent": "true"}),
    }


def conference_line(
    conference: Conference, row: ConferenceRow, published: list[PublishedTotal], user: Any
) -> dict[str, Any]:
    """Return one conference with its numbers, each with the address of its rows."""
    slug = conference.pk
    return {
        "conference": conference,
        "row": row,
        "published": published,
        "is_over": conference.ends_on < timezone.localdate(),
        "words": _("%(pledges)s pledged, %(verified)s verified, %(delivered)s delivered")
        % {"pledges": row.pledges, "verified": row.verified, "delivered": row.delivered},
        **number_urls(user, conference=slug),
        "participants_url": f"{reverse('participant-list')}?conference={slug}",
    }
