"""What follow-through yields: reports received of those due, updates in the public record, delivery by age."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import UTC, date, timedelta
from typing import Any

from django.db import connection
from django.db.models import (
    BooleanField,
    Case,
    Count,
    Exists,
    ExpressionWrapper,
    F,
    Max,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Least, TruncDate

from conferences.models import Conference
from pledges.cycles import ANCHOR, CYCLE, FINAL_REPORTS, FINISHED, cycles_until, due_day, half_a_cycle, silent_on
from pledges.enums import KnownState, Status
from pledges.models import Assessment, ProgressUpdate
from pledges.querysets import PledgeQuerySet

CONFERENCE, REGION, PARTICIPANT = "conference_id", "participant__regional_group", "participant_id"


@dataclass(frozen=True)
class FollowUp:
    """How pledges were followed up: days on which reports were `due` and that passed, those `received`, the `silent`.

    `recorded` pledges were read in public sources, where nobody is asked; `updated` of these have an update.
    """

    due: int = 0
    received: int = 0
    silent: int = 0
    recorded: int = 0
    updated: int = 0

    @property
    def per_cent(self) -> int | None:
        """The answer rate, rounded down so that 100 means every report; None where none was due."""
        return 100 * self.received // self.due if self.due else None

    def __add__(self, other: "FollowUp") -> "FollowUp":
        """Return both together."""
        return FollowUp(*(sum(pair) for pair in zip(astuple(self), astuple(other), strict=True)))


NOTHING = FollowUp()


def follow_up(pledges: PledgeQuerySet, *, by: str, on: date) -> dict[str, FollowUp]:
    """Return per conference, region or participant (`by`) how registered pledges were followed up, in one query."""
    (found,) = follow_up_by(pledges, by=[by], on=on)
    return found


def follow_up_by(pledges: PledgeQuerySet, *, by: Sequence[str], on: date) -> list[dict[str, FollowUp]]:
    """Return how registered pledges were followed up, once for each way to group them, all in one query.

    Due days count while a pledge is open: until it is closed, or found or reported finished. A report of the lead
    counts for the last due day up to half a cycle after it, if that lies at most half a cycle back: `pledges.cycles`,
    seen backwards.
    """
    keys = ", ".join(f"by_{number}" for number in range(len(by)))
    sql, parameters = owing(pledges, by=by, on=on).query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(ANSWERS % {"pledges": sql, "keys": keys, **IN_CYCLES}, parameters)
        rows = cursor.fetchall()
    totals: list[dict[str, FollowUp]] = [{} for _way in by]
    for row in rows:
        line = FollowUp(*map(int, row[len(by) :]))
        for total, key in zip(totals, row, strict=False):
            total[key] = total.get(key, NOTHING) + line
    return totals


def owing(pledges: PledgeQuerySet, *, by: Sequence[str], on: date) -> Any:
    """Return the pledges with what decides on their due days: `ended` is the last day on which one counts."""
    found = Assessment.objects.filter(pledge=OuterRef("pk")).order_by().values("pledge")
    ended = Least(
        Value(on - timedelta(days=1)),
        Case(When(status=Status.CLOSED, then=TruncDate("closed_at", tzinfo=UTC))),
        Case(When(reported_state__in=FINAL_REPORTS, then=F("last_reported_on"))),
        Case(When(assessed_state__in=FINISHED, then=Subquery(found.values(last=Max("assessed_on"))))),
    )
    recorded = ExpressionWrapper(Q(author=None), output_field=BooleanField())
    updated = Case(When(author=None, then=Exists(ProgressUpdate.objects.filter(pledge=OuterRef("pk")))))
    silent = Case(When(silent_on(on), then=True), default=False)
    return pledges.order_by().values_list("pk", ANCHOR, CYCLE, ended, recorded, silent, updated, *by)


# The arithmetic of pledges.cycles over the columns of ANSWERS.
IN_CYCLES = {
    name: text.format(cycle="cycle")
    for name, text in {
        "until_ended": cycles_until("ended", "anchor"),
        "due_day_k": due_day("k", "anchor"),
        "reach": half_a_cycle("happened_on"),
        "until_reach": cycles_until("reach", "anchor"),
        "due_day_n": due_day("n", "anchor"),
        "lost_on": half_a_cycle(due_day("number", "anchor")),
    }.items()
}
# One pledge owes as many reports as whole cycles lie between the months of two days, less one where the day of the
# month is not reached. OFFSET 0 keeps what is computed from being computed again for every use.
ANSWERS = """
WITH pledge (id, anchor, cycle, ended, is_recorded, is_silent, is_updated, %(keys)s) AS (
    SELECT * FROM (%(pledges)s) chosen OFFSET 0
),
asked AS MATERIALIZED (
    SELECT *, CASE WHEN is_recorded THEN 0 ELSE
        GREATEST(k - (%(due_day_k)s > ended)::int, 0) END AS due
    FROM (SELECT *, %(until_ended)s AS k FROM pledge OFFSET 0) counted
),
reported AS (
    SELECT asked.id, anchor, cycle, due, happened_on, %(reach)s AS reach
    FROM asked JOIN pledges_progressupdate u ON u.pledge_id = asked.id
    WHERE u.author_id IS NOT NULL AND u.partner_id IS NULL AND due > 0
),
numbered AS (
    SELECT *, n - (%(due_day_n)s > reach)::int AS number
    FROM (SELECT *, %(until_reach)s AS n FROM reported OFFSET 0) counted
    OFFSET 0
),
answered AS (
    SELECT id, COUNT(DISTINCT number) AS received FROM numbered
    WHERE number BETWEEN 1 AND due
        AND %(lost_on)s >= happened_on
    GROUP BY id
)
SELECT %(keys)s, SUM(due), COALESCE(SUM(received), 0), COUNT(*) FILTER (WHERE is_silent),
    COUNT(*) FILTER (WHERE is_recorded), COUNT(*) FILTER (WHERE is_updated)
FROM asked LEFT JOIN answered USING (id) GROUP BY %(keys)s
"""


# What may become of pledges, and the known states that each adds up. Silent ones count apart, in no share; what a
# delegation reported as the end, and nobody assessed, stands apart from what was found.
COHORT_STATES: dict[str, tuple[str, ...]] = {
    "delivered": (KnownState.DELIVERED,),
    "partly": (KnownState.PARTLY_DELIVERED,),
    "under_way": (KnownState.UNDER_WAY, KnownState.DELAYED),
    "not_assessed": (KnownState.DELIVERY_REPORTED, KnownState.WILL_NOT_DELIVER),
    "ended": (KnownState.NOT_DELIVERED, KnownState.WITHDRAWN, KnownState.SUPERSEDED, KnownState.OVERTAKEN),
    "unknown": (KnownState.UNKNOWN,),
}


@dataclass(frozen=True)
class Cohort:
    """The pledges of a conference, its age in whole years, and how many came to what (`COHORT_STATES`)."""

    conference: Conference
    age: int
    pledges: int
    silent: int
    became: dict[str, int]

    def per_cent(self, what: str) -> int:
        """Return the share of the pledges that came to this, rounded; 0 where all are silent."""
        return round(100 * self.became[what] / self.pledges) if self.pledges else 0


def cohorts(pledges: PledgeQuerySet, *, on: date) -> list[Cohort]:
    """Return the conferences held at which pledges were made, the oldest first, in two queries."""
    counts: dict[str, dict[str, int]] = {}
    rows = pledges.with_known_state().order_by().values_list("conference_id", "known_state")
    for slug, state, n in rows.annotate(n=Count("pk")):
        counts.setdefault(slug, {})[state] = n
    held = Conference.objects.filter(pk__in=counts, starts_on__lte=on).order_by("starts_on")
    return [cohort(conference, counts[conference.pk], on) for conference in held]


def cohort(conference: Conference, states: dict[str, int], on: date) -> Cohort:
    """Return one conference with its pledges by known state added up."""
    silent = states.pop(KnownState.SILENT, 0)
    return Cohort(
        conference=conference,
        age=years_between(conference.starts_on, on),
        pledges=sum(states.values()),
        silent=silent,
        became={what: sum(states.get(state, 0) for state in those) for what, those in COHORT_STATES.items()},
    )


def years_between(start: date, end: date) -> int:
    """Return the whole years from one day to another."""
    return end.year - start.year - ((end.month, end.day) < (start.month, start.day))
