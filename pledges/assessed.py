"""How a pledge may end: with the outcome that the Secretariat's latest assessment says, or as superseded by another."""

from typing import Any

from django.db.models import F

from pledges.enums import AssessedState, LineageKind, Outcome, Status
from pledges.models import Assessment, Pledge
from pledges.querysets import REGISTERED, STANDS_FOR_NOTHING

OUTCOME_OF = {
    AssessedState.DELIVERED: Outcome.DELIVERED,
    AssessedState.PARTLY_DELIVERED: Outcome.PARTLY_DELIVERED,
    AssessedState.NOT_DELIVERED: Outcome.NOT_DELIVERED,
    AssessedState.OVERTAKEN: Outcome.OVERTAKEN,
}


def latest_assessment(pledge: Pledge) -> Assessment | None:
    """Return what a person of the Secretariat found last; what public sources state is no assessment of ours."""
    rows = pledge.assessments.filter(author__isnull=False)
    return rows.order_by(F("assessed_on").desc(nulls_last=True), "-pk").first()


def latest_assessments(pledges: list[Pledge]) -> dict[int, Assessment]:
    """Return what a person of the Secretariat found last on each of these pledges, by its key: one query."""
    rows = Assessment.objects.filter(pledge__in=pledges, author__isnull=False)
    rows = rows.order_by("pledge_id", F("assessed_on").desc(nulls_last=True), "-pk").distinct("pledge_id")
    return {one.pledge_id: one for one in rows}


def possible_outcomes(pledge: Pledge) -> list[Any]:
    """Return the outcomes with which this pledge can be closed now; none means that it is assessed first.

    A withdrawal has a step of its own; superseded follows from a link to a later pledge that stands, and that everyone
    sees where everyone sees this one: nothing leaves a figure by it.
    """
    latest = latest_assessment(pledge)
    found = [outcome for state, outcome in OUTCOME_OF.items() if latest and latest.state == state]
    later = pledge.continued_by.exclude(kind=LineageKind.REPEATS).exclude(later__outcome__in=STANDS_FOR_NOTHING)
    if pledge.announced_at:
        later = later.filter(later__announced_at__isnull=False)
    if later.filter(later__status__in=(Status.SUBMITTED, *REGISTERED)).exists():
        found.append(Outcome.SUPERSEDED)
    return found
