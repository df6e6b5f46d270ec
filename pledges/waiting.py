"""What is waited for on pledges, kind by kind: one query each, the same for the list of who is late and for reminders.

Reports are in pledges/due.py. `since`, where a row has it, is the day on which the waiting began. Days are days in UTC:
who is late does not depend on where the reader is. Reminders take the instant itself, and the reader's day of it.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import DateField, Exists, F, Func, Max, Min, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce, Least, TruncDate

from accounts.models import SECRETARIAT
from pledges.cycles import ENDED_AS_REPORTED, FINAL_REPORTS, FINISHED
from pledges.due import entered_by_delegations, open_steps
from pledges.enums import Confirmation, Status
from pledges.models import (
    Assessment,
    DeploymentRequest,
    Partner,
    Pledge,
    ProgressUpdate,
    ProposedReport,
    Registration,
    ReviewNote,
    StatusChange,
)
from pledges.querysets import PledgeQuerySet
from pledges.readiness import with_arrival_due, with_renewal_due

LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)
Rows = Any  # still a queryset; the type checker cannot follow annotations


def steps() -> Rows:
    """Return the open steps of plans, each with `doer`: the lead, or the partner who confirmed its share."""
    parts = Q(partner=None) | Q(partner__confirmation=Confirmation.CONFIRMED)
    waiting = open_steps().filter(parts, pledge__author__isnull=False)
    return waiting.annotate(doer=Coalesce("partner__participant", "pledge__participant"))


def deliveries() -> Rows:
    """Return the pledges that the lead is to deliver by `deliver_by`, and that nobody says are delivered; also where it
    said that they will not be: those are late until the Secretariat closes them."""
    return entered_by_delegations(Pledge.objects.undelivered())


def questions() -> Rows:
    """Return the Secretariat's questions that wait for an answer: until one marks them as answered, the delegation
    writes, or the pledge is submitted again."""
    later = {"pledge": OuterRef("pledge"), "created_at__gt": OuterRef("created_at")}
    written = ReviewNote.objects.filter(**later, field="").exclude(author__role__in=SECRETARIAT)
    submitted = StatusChange.objects.filter(**later, action="submit")
    asked = ReviewNote.objects.filter(field="", resolved_at=None, author__role__in=SECRETARIAT)
    return asked.filter(~Exists(written), ~Exists(submitted)).order_by()


RETURNS = StatusChange.objects.filter(pledge=OuterRef("pk"), action="return", target=OuterRef("status"))
LAST_RETURN = RETURNS.order_by("-created_at", "-pk")[:1]


def answers() -> Rows:
    """Return the pledges on which the Secretariat waits for the delegation: returned, or asked and not answered.

    `since` is the first of the days on which it asked.
    """
    asked = questions()
    # Which pledges it can be comes first: else the database would look for notes and steps of every pledge.
    either = asked.values("pledge").union(Pledge.objects.order_by().filter(status=Status.RETURNED).values("pk"))
    waiting = entered_by_delegations(Pledge.objects.filter(pk__in=either).exclude(status=Status.CLOSED))
    first_asked = asked.filter(pledge=OuterRef("pk")).values("pledge").annotate(first=Min("created_at")).values("first")
    since = TruncDate(Least(Subquery(first_asked), Subquery(LAST_RETURN.values("created_at"))), tzinfo=UTC)
    return waiting.annotate(since=since).filter(since__isnull=False)


class Days(Func):
    """The days of several lists, a row for each."""

    template = "unnest(%(expressions)s)"
    arg_joiner = " || "
    output_field = DateField()
    set_returning = True


def days_asked(day: Callable[[str], Any]) -> Any:
    """Return, over pledges, when the Secretariat asked what is unanswered: a row for each. `day` makes a day of the
    field with the instant, or leaves it."""
    asked = questions().filter(pledge=OuterRef("pk")).values(day=day("created_at"))
    return Days(ArraySubquery(asked), ArraySubquery(LAST_RETURN.values(day=day("created_at"))))


def assessments(pledges: PledgeQuerySet) -> Rows:
    """Return those of these pledges that wait for the Secretariat: their delegation said its last word, delivered or
    never to be, and no person of the Secretariat has found after it that they ended. Where it found otherwise, such as
    that they are delayed, the two contradict each other, and nobody else is asked any more: that is its to settle.

    `since` is the day of that word; of one that came through a link, the day on which an approver confirmed it.
    """
    final = ProgressUpdate.objects.filter(pledge=OuterRef("pk"), partner=None, state__in=FINAL_REPORTS)
    found = Assessment.objects.filter(pledge=OuterRef("pk"), author__isnull=False)
    waiting = pledges.filter(ENDED_AS_REPORTED).alias(
        said_at=latest(final, Coalesce("proposed__decided_at", "created_at")),
        found_at=Coalesce(latest(found, F("created_at")), Value(LONG_AGO)),
    )
    unsettled = waiting.filter(~Q(assessed_state__in=FINISHED) | Q(said_at__gt=F("found_at")))
    return unsettled.annotate(since=TruncDate("said_at", tzinfo=UTC))


def latest(rows: Any, instant: Any) -> Subquery:
    """Return the latest instant of what happened on a pledge, null for none: looked up for each pledge by itself."""
    return Subquery(rows.order_by().values("pledge").annotate(latest=Max(instant)).values("latest"))


def confirmations() -> Rows:
    """Return the partners whose confirmation is awaited."""
    awaited = Partner.objects.filter(confirmation=Confirmation.AWAITED, pledge__author__isnull=False)
    return awaited.exclude(pledge__status=Status.CLOSED).annotate(since=TruncDate("invited_at", tzinfo=UTC))


def proposals() -> Rows:
    """Return the reports that came through links and that an approver can confirm, each with `doer`: the lead, or the
    partner whose share it is on."""
    parts = Q(link__partner=None) | Q(link__partner__confirmation=Confirmation.CONFIRMED)
    waiting = ProposedReport.objects.filter(parts, verdict="", link__pledge__status=Status.REGISTERED)
    doer = Coalesce("link__partner__participant", "link__pledge__participant")
    return waiting.annotate(doer=doer, since=TruncDate("created_at", tzinfo=UTC))


def renewals() -> Rows:
    """Return the units whose entry in the readiness system is to be renewed, each with `renewal_due_on`."""
    return with_renewal_due(Registration.objects.filter(pledge__author__isnull=False))


def arrivals() -> Rows:
    """Return the units that are to arrive within 60 days of the UN's request, each with `arrival_due_on`."""
    return with_arrival_due(DeploymentRequest.objects.filter(pledge__status=Status.REGISTERED))
