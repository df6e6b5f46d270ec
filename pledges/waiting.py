"""What is waited for on pledges, kind by kind: one query each, the same for the list of who is late and for reminders.

Reports are in pledges/due.py. `since`, where a row has it, is the day on which the waiting began. Days are days in UTC:
who is late does not depend on where the reader is.
"""

from datetime import UTC
from typing import Any

from django.db.models import Min, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Least, TruncDate

from accounts.models import SECRETARIAT
from pledges.due import entered_by_delegations, open_steps
from pledges.enums import Confirmation, Status
from pledges.models import DeploymentRequest, Partner, Pledge, Registration, ReviewNote, StatusChange
from pledges.readiness import with_arrival_due, with_renewal_due

Rows = Any  # still a queryset; the type checker cannot follow annotations


def steps() -> Rows:
    """Return the open steps of plans, each with `doer`: the lead, or the partner who confirmed its share."""
    parts = Q(partner=None) | Q(partner__confirmation=Confirmation.CONFIRMED)
    waiting = open_steps().filter(parts, pledge__author__isnull=False)
    return waiting.annotate(doer=Coalesce("partner__participant", "pledge__participant"))


def answers() -> Rows:
    """Return the pledges on which the Secretariat waits for the delegation: returned, or asked and not answered."""
    asked = ReviewNote.objects.filter(field="", resolved_at=None, author__role__in=SECRETARIAT).order_by()
    returned = StatusChange.objects.filter(pledge=OuterRef("pk"), action="return", target=OuterRef("status"))
    # Which pledges it can be comes first: else the database would look for notes and steps of every pledge.
    either = asked.values("pledge").union(Pledge.objects.order_by().filter(status=Status.RETURNED).values("pk"))
    waiting = entered_by_delegations(Pledge.objects.filter(pk__in=either).exclude(status=Status.CLOSED))
    first_asked = asked.filter(pledge=OuterRef("pk")).values("pledge").annotate(first=Min("created_at")).values("first")
    last_returned = returned.order_by("-created_at", "-pk").values("created_at")[:1]
    since = TruncDate(Least(Subquery(first_asked), Subquery(last_returned)), tzinfo=UTC)
    return waiting.annotate(since=since).filter(since__isnull=False)


def confirmations() -> Rows:
    """Return the partners whose confirmation is awaited."""
    awaited = Partner.objects.filter(confirmation=Confirmation.AWAITED, pledge__author__isnull=False)
    return awaited.exclude(pledge__status=Status.CLOSED).annotate(since=TruncDate("invited_at", tzinfo=UTC))


def renewals() -> Rows:
    """Return the units whose entry in the readiness system is to be renewed, each with `renewal_due_on`."""
    return with_renewal_due(Registration.objects.filter(pledge__author__isnull=False))


def arrivals() -> Rows:
    """Return the units that are to arrive within 60 days of the UN's request, each with `arrival_due_on`."""
    return with_arrival_due(DeploymentRequest.objects.filter(pledge__status=Status.REGISTERED))
