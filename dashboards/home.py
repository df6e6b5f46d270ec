"""The first page: what this is, the conference that counts now, and the line of conferences; and how figures count."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from conferences.models import Conference, PublishedTotal
from pledges.figures import ConferenceRow, by_conference, counting_rule, readers_pledges
from pledges.links import counted_rows_url, data_links

PLEDGERS = ("pledging-states", "pledging-participants")


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show what the record holds, conference by conference."""
    lines = conference_lines(request.user)
    today = timezone.localdate()
    held = [line for line in lines if line["conference"].starts_on <= today and line["conference"].has_pledges]
    coming = [line for line in lines if line["conference"].starts_on > today]
    context = {
        "next": coming[-1] if coming else None,
        "last": held[0] if held else None,
        "shown": next((line for line in held if line["row"].pledges), None),
        "lines": [line for line in lines if line["conference"].sequence_since_2014],
        "as_of": today,
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
        "pledges_url": counted_rows_url(user, conference=slug),
        "verified_url": counted_rows_url(user, conference=slug, verified="true"),
        "delivered_url": counted_rows_url(user, conference=slug, delivered="true"),
        "participants_url": f"{reverse('participant-list')}?conference={slug}",
    }
