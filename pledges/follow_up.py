"""Who is late: everything that is waited for on a pledge since before a day, with who is to answer and since when.

What is waited for stands in pledges/due.py and pledges/waiting.py; the reminders ask the same queries. One statement
puts all kinds together, so that a page of the list costs one look at each, however many pledges are late.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Max, Q, TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from conferences.keyset import Order, Page, page_by
from conferences.models import WRITERS, Membership, Participant
from pledges import waiting
from pledges.due import owing_reports
from pledges.models import Milestone, Pledge
from pledges.querysets import PledgeQuerySet

OLDEST = Order("since", "reference")


class Reason(TextChoices):
    """What is late."""

    REPORT = "report", gettext_lazy("Report")
    STEP = "step", gettext_lazy("Step of the plan")
    DELIVERY = "delivery", gettext_lazy("Delivery as pledged")
    RENEWAL = "renewal", gettext_lazy("Renewal in the readiness system")
    ARRIVAL = "arrival", gettext_lazy("Arrival of a unit")
    ANSWER = "answer", gettext_lazy("Answer to the Secretariat")
    CONFIRMATION = "confirmation", gettext_lazy("Confirmation by a partner")


# These have a day on which they are due; an answer is waited for from the day it is asked for.
WITH_A_DAY = (Reason.REPORT, Reason.STEP, Reason.DELIVERY, Reason.RENEWAL, Reason.ARRIVAL)


# --- Which pledges are late -------------------------------------------------------------------------------------------
class Late(NamedTuple):
    """A pledge on which something is late: since when, and how many pledges are late in all."""

    pledge: int
    reference: str
    since: date
    total: int


DEBTS = "WITH debt (pledge, since) AS MATERIALIZED ({debts})"
LATE = ", late AS MATERIALIZED (SELECT pledge, MIN(since) AS since FROM debt WHERE since < %s GROUP BY pledge) "
COUNT = "SELECT COUNT(*) FROM late"
FIRST = " SELECT MIN(since) FROM debt WHERE since >= %s"
# Which rows it is comes before what they are called: a hundred thousand references are not read for fifty.
ROWS = """
SELECT row.pledge, named.reference, row.since, (SELECT COUNT(*) FROM late)
FROM (SELECT pledge, since FROM late {beyond} ORDER BY since {way}, pledge {way} LIMIT %s) row
JOIN pledges_pledge named ON named.id = row.pledge ORDER BY since {way}, pledge {way}
"""
OF_A_KIND = "SELECT {number}, kind.* FROM ({rows}) kind"
BEYOND = "WHERE (since, pledge) {than} (%s, (SELECT id FROM pledges_pledge WHERE reference = %s))"


def late_page(pledges: PledgeQuerySet, *, on: date, reasons: Collection[str] = (), size: int, cursor: str = "") -> Page:
    """Return a page of the `Late` among these pledges, the longest late on top, in one query.

    `reasons` narrows to what is late for one of them; none means all. Raises BadCursor.
    """
    debts, given = debts_of(pledges, reasons)

    def fetch(position: list[str] | None, backwards: bool, limit: int) -> list[Late]:
        beyond, here = "", list[Any]()
        if position:
            beyond = BEYOND.format(than="<" if backwards else ">")
            here = [date.fromisoformat(position[0]), position[1]]
        rows = ROWS.format(beyond=beyond, way="DESC" if backwards else "")
        return [Late(*row) for row in read(debts + LATE + rows, [*given, on, *here, limit])]

    return page_by(fetch, order=OLDEST, size=size, cursor=cursor)


def count_late(pledges: PledgeQuerySet, *, on: date, reasons: Collection[str] = ()) -> int:
    """Return on how many of these pledges something is late, for one of these reasons if any are named."""
    debts, given = debts_of(pledges, reasons)
    [(count,)] = read(debts + LATE + COUNT, [*given, on])
    return int(count)


def next_due(pledges: PledgeQuerySet, *, on: date) -> date | None:
    """Return the first day from this one on which something is due, None where nothing is."""
    debts, given = debts_of(pledges, WITH_A_DAY)
    [(day,)] = read(debts + FIRST, [*given, on])
    found: date | None = day
    return found


def debts_of(pledges: PledgeQuerySet, reasons: Collection[str]) -> tuple[str, list[Any]]:
    """Return the SQL of all that is waited for on these pledges, and its parameters."""
    asked = [rows for reason, rows in waited_for(pledges).items() if reason in reasons or not reasons]
    sql, given = all_of(asked, "({rows})")
    return DEBTS.format(debts=sql), given


def all_of(kinds: Iterable[Any], part: str) -> tuple[str, list[Any]]:
    """Return the SQL of the rows of all these kinds, each read as `part` says, and its parameters."""
    compiled = [rows.query.sql_with_params() for rows in kinds]
    sql = " UNION ALL ".join(part.format(number=number, rows=rows) for number, (rows, _given) in enumerate(compiled))
    return sql, [one for _sql, given in compiled for one in given]


def waited_for(pledges: PledgeQuerySet) -> dict[str, Any]:
    """Return all that is waited for on these pledges, late or not: the pledge's key, and the day."""
    within = pledges.order_by().values("pk")
    mine, of_mine = ({"pk__in": within}, {"pledge__in": within}) if pledges.query.has_filters() else ({}, {})
    of_pledges = {
        Reason.REPORT: (owing_reports(pledges), "report_due_on"),
        Reason.DELIVERY: (waiting.deliveries().filter(**mine), "deliver_by"),
        Reason.ANSWER: (waiting.answers().filter(**mine), "since"),
    }
    beside_pledges = {
        Reason.STEP: (waiting.steps(), "due_on"),
        Reason.RENEWAL: (waiting.renewals(), "renewal_due_on"),
        Reason.ARRIVAL: (waiting.arrivals(), "arrival_due_on"),
        Reason.CONFIRMATION: (waiting.confirmations(), "since"),
    }
    return {reason: rows.order_by().values_list("pk", day) for reason, (rows, day) in of_pledges.items()} | {
        reason: rows.filter(**of_mine).order_by().values_list("pledge", day)
        for reason, (rows, day) in beside_pledges.items()
    }


def read(sql: str, parameters: list[Any]) -> list[Any]:
    """Return the rows of a statement."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        found: list[Any] = cursor.fetchall()
    return found


# --- What is late on them ---------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Debt:
    """Something that a participant owes on a pledge: what, and since which day."""

    reason: str
    title: str
    participant: Participant
    on: date


def late_on(pledges: list[Pledge], *, on: date) -> dict[int, list[Debt]]:
    """Return what is late on each of these pledges, by its key, the earliest first: three queries at most."""
    if not pledges:
        return {}
    found: dict[int, list[Debt]] = {pledge.pk: [] for pledge in pledges}
    leads = {pledge.pk: pledge.participant for pledge in pledges}
    for pledge, step in ((step.pledge_id, step) for steps in late_steps(pledges, on=on).values() for step in steps):
        found[pledge].append(Debt(Reason.STEP, step.title, step.participant, step.due_on))
    for partner in waiting.confirmations().filter(pledge__in=pledges).select_related("participant"):
        found[partner.pledge_id].append(
            Debt(Reason.CONFIRMATION, _("Confirmation of its share"), partner.participant, partner.since)
        )
    kinds = waited_for(Pledge.objects.filter(pk__in=leads))
    titles = {
        Reason.REPORT: _("Regular report"),
        Reason.DELIVERY: _("Delivery as pledged"),
        Reason.RENEWAL: _("Renewal in the readiness system"),
        Reason.ARRIVAL: _("Arrival of the unit"),
        Reason.ANSWER: _("Answer to the Secretariat"),
    }
    for kind, pledge, day in read(*all_of((kinds[reason] for reason in titles), OF_A_KIND)):
        reason = list(titles)[kind]
        found[pledge].append(Debt(reason, titles[reason], leads[pledge], day))
    return {
        pledge: sorted((debt for debt in debts if debt.on < on), key=lambda debt: debt.on)
        for pledge, debts in found.items()
    }


def late_steps(pledges: list[Any], *, on: date) -> dict[int, list[Milestone]]:
    """Return the late steps of these pledges, the earliest first, by the key of their pledge: one query."""
    found: dict[int, list[Milestone]] = {}
    steps = (
        waiting.steps()
        .filter(pledge__in=pledges, due_on__lt=on)
        .select_related("partner__participant", "pledge__participant")
    )
    for step in steps.order_by("due_on", "pk"):
        found.setdefault(step.pledge_id, []).append(step)
    return found


def last_sign_ins(participants: set[str]) -> dict[str, Any]:
    """Return when a focal point or writer of each delegation signed in last, None for never: one query."""
    now = Membership.objects.open().filter(Q(role__in=WRITERS) | Q(is_focal_point=True))
    rows: Any = now.filter(participant__in=participants).order_by().values_list("participant")
    return dict(rows.annotate(last=Max("user__last_login")))
