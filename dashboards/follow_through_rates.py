"""How pledges are followed up, live: reports received of those due, per conference, regional group and state."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from conferences.models import Conference, Participant, RegionalGroup
from dashboards.templatetags.pledge_words import short_name
from pledges import figures, permissions
from pledges.links import counted_rows_url
from pledges.querysets import today
from pledges.work.common import forbid_unless


@login_required
@require_safe
def follow_through_rates(request: HttpRequest) -> HttpResponse:
    """Show the answer rates over all registered pledges, in one query over them."""
    forbid_unless(permissions.check_can_see_follow_through, request.user)
    user, on = request.user, today()
    pledges = figures.readers_pledges(user)
    conferences = [(row.pk, short_name(row)) for row in Conference.objects.filter(has_pledges=True)]
    participants = [(row.pk, row.name) for row in Participant.objects.able_to_pledge().alphabetical()]
    tables: list[tuple[str, str, list[tuple[str, Any]]]] = [
        (figures.CONFERENCE, "conference", conferences),
        (figures.REGION, "region", list(RegionalGroup.choices)),
        (figures.PARTICIPANT, "participant", participants),
    ]
    context: dict[str, Any] = {"as_of": on, "rule": figures.counting_rule(user)}
    totals = figures.follow_up_by(pledges, by=[by for by, _name, _named in tables], on=on)
    for found, (_by, name, named) in zip(totals, tables, strict=True):
        context[name] = [rate_line(label, found[key], user, **{name: key}) for key, label in named if key in found]
    return render(request, "dashboards/follow_through_rates.html", context)


def rate_line(label: str, row: figures.FollowUp, user: Any, **filters: str) -> dict[str, Any]:
    """Return a row of answer rates with the addresses of the pledges behind its numbers."""
    return {
        "label": label,
        "row": row,
        "silent_url": counted_rows_url(user, **filters, silent="true"),
        "recorded_url": counted_rows_url(user, **filters, from_record="true"),
        "updated_url": counted_rows_url(user, **filters, from_record="true", updated="true"),
    }
