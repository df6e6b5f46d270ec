"""The readiness system (PCRS): what each level takes, when an entry is to be renewed, and what asks for a look.

Nothing here changes a pledge: what is overdue or flagged is shown, never acted on. Sources, in short: PCRS FAQ
(registration, notices, renewal); Manual for the generation and deployment of military and formed police units, its
chapter 3 (the levels); PCRS template, annexes A to D (documents); generic Statement of Unit Requirements, 2020
(variations, the agreement, changed requirements). More in docs/readiness.md.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Case, Count, DateField, F, Func, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, Greatest
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from pledges.due import months_later
from pledges.enums import DocumentKind, ReadinessLevel, ScanState, Status, VisitKind
from pledges.models import (
    DeploymentRequest,
    EvidenceFile,
    Pledge,
    Readiness,
    Registration,
    Renewal,
    UnitAgreement,
    VisitedUnit,
)
from pledges.querysets import PledgeQuerySet

LEVELS = tuple(ReadinessLevel)
FIRST_RENEWAL_MONTHS = 12  # PCRS FAQ: renewed every six months after the first twelve
RENEWAL_MONTHS = 6
ALARM_PERCENT = 20  # of live entries past their renewal
ARRIVAL_DAYS = 60  # Rapid deployment level: from the UN request; no other level has this clock
ANNEXES = (
    DocumentKind.NOTE_VERBALE,
    DocumentKind.TABLE_OF_ORGANISATION,
    DocumentKind.EQUIPMENT_LIST,
    DocumentKind.SELF_SUSTAINMENT,
)  # PCRS template, annexes A to D
# The rule for pledges whose entry is not accepted: open, with what is to be mended, and no refusal (PCRS FAQ).
BELOW_LEVEL_1 = Q(registration__isnull=False, registration__accepted_on=None)


class PlusMonths(Func):
    """A day so many months later: `PlusMonths(day, months)`. The last day of a shorter month stands for its 31st."""

    template = "(%(expressions)s * interval '1 month')::date"
    arg_joiner = " + "
    output_field = DateField()


def renewal_due(prefix: str = "") -> Greatest:
    """Return the day on which an entry is to be renewed, for rows whose registration is reached through `prefix`.

    First 12 months after acceptance, or after receipt where it is not accepted; then six months after the due day that
    the last renewal answered, or after that renewal where it came late (PCRS FAQ). Of n renewals in a row, each moves
    what is due to max(due, renewal) + 6: that is the latest of 12 + 6n months from the start, and of each renewal plus
    six for itself and for every later one. A renewal from before the acceptance answered what was due then: the first
    12 months begin anew.
    """
    begun = Coalesce(OuterRef(f"{prefix}accepted_on"), OuterRef(f"{prefix}received_on"))
    renewals = Renewal.objects.filter(registration=OuterRef(f"{prefix}pk"), renewed_on__gte=begun).order_by()
    not_earlier = Renewal.objects.filter(registration=OuterRef("registration"), renewed_on__gte=OuterRef("renewed_on"))
    answered = renewals.annotate(
        due=PlusMonths("renewed_on", count_of(not_earlier) * Value(RENEWAL_MONTHS)),
    )
    start = Coalesce(f"{prefix}accepted_on", f"{prefix}received_on")
    months = Value(FIRST_RENEWAL_MONTHS) + Value(RENEWAL_MONTHS) * Coalesce(count_of(renewals), 0)
    return Greatest(PlusMonths(start, months), Subquery(answered.order_by("-due").values("due")[:1]))


def count_of(renewals: "QuerySet[Renewal]") -> Subquery:
    """Return the number of renewals of a registration as part of another query; null for none."""
    return Subquery(renewals.order_by().values("registration").annotate(n=Count("pk")).values("n"))


def with_renewal_due(registrations: "QuerySet[Registration]") -> Any:
    """Return the registrations of live pledges, each with `renewal_due_on`, in one query."""
    return registrations.filter(pledge__status=Status.REGISTERED).annotate(renewal_due_on=renewal_due())


@dataclass(frozen=True)
class Renewals:
    """How many live entries there are, and how many of them are past their renewal."""

    live: int
    overdue: int

    @property
    def percent(self) -> int:
        """The share past renewal, in whole per cent."""
        return round(100 * self.overdue / self.live) if self.live else 0

    @property
    def is_alarming(self) -> bool:
        """Whether the share lies above 20 per cent."""
        return 100 * self.overdue > ALARM_PERCENT * self.live


def renewals(units: PledgeQuerySet, *, on: date) -> Renewals:
    """Return how many entries of these units are live, and past their renewal on a day: one query."""
    entries = with_renewal_due(Registration.objects.filter(pledge__in=units))
    return Renewals(**entries.aggregate(live=Count("pk"), overdue=Count("pk", filter=Q(renewal_due_on__lt=on))))


def with_arrival_due(requests: "QuerySet[DeploymentRequest]") -> Any:
    """Return the open requests to units at the rapid deployment level, each with `arrival_due_on`, in one query."""
    waiting = requests.filter(is_rapid=True, arrived_on=None, cancelled_on=None)
    return waiting.annotate(arrival_due_on=arrival_due())


def arrival_due(prefix: str = "") -> Any:
    """Return the day by which a unit has to arrive, for rows whose request is reached through `prefix`."""
    return Func(
        F(f"{prefix}requested_on"),
        Value(ARRIVAL_DAYS),
        template="(%(expressions)s)",
        arg_joiner=" + ",
        output_field=DateField(),
    )


def last_day_to_arrive(request: DeploymentRequest) -> date | None:
    """Return the day by which a unit has to arrive; None for a unit that was not at the rapid deployment level."""
    return request.requested_on + timedelta(days=ARRIVAL_DAYS) if request.is_rapid else None


def renewable_from(due: date) -> date:
    """Return the first day on which an entry due on this day can be renewed: a renewal counts for one period."""
    return months_later(due, -RENEWAL_MONTHS)


def with_change(agreements: "QuerySet[UnitAgreement]") -> Any:
    """Return agreements with `changed_on`: since when one is to be reviewed, because its requirements changed.

    If requirements change, the statement gets an update and the agreement may be reviewed (generic SUR, 2020). A new
    match clears that, unless an earlier one was signed and this one is not: what was agreed rests on the old ones then.
    """
    signed = UnitAgreement.objects.filter(pledge=OuterRef("pledge"), signed_on__isnull=False)
    last_signed = signed.order_by("-matched_on", "-pk").values("statement__replaced_by__issued_on")[:1]
    own = F("statement__replaced_by__issued_on")
    return agreements.annotate(changed_on=Coalesce(own, Case(When(signed_on=None, then=Subquery(last_signed)))))


def flagged(agreements: "QuerySet[UnitAgreement]") -> Any:
    """Return the open agreements of live pledges that are to be reviewed, with `changed_on`."""
    live = agreements.filter(ended_on=None, pledge__status=Status.REGISTERED)
    return with_change(live).filter(changed_on__isnull=False)


def changed_on(agreement: UnitAgreement) -> date | None:
    """Return the day on which an open agreement's own statement was replaced; None where it stands."""
    newer = getattr(agreement.statement, "replaced_by", None)
    return newer.issued_on if newer and agreement.ended_on is None else None


def rank(level: str) -> int:
    """Return the place of a level, 1 to 4; 0 for none."""
    return LEVELS.index(ReadinessLevel(level)) + 1 if level else 0


@dataclass(frozen=True)
class Standing:
    """All that the readiness system knows of one pledge; rows newest first, `documents` the kinds that are there."""

    pledge: Pledge
    registration: Registration | None
    documents: frozenset[str]
    visited: list[VisitedUnit]
    agreements: list[UnitAgreement]
    levels: list[Readiness]
    requests: list[DeploymentRequest]

    @property
    def agreement(self) -> UnitAgreement | None:
        """The open agreement."""
        return next((row for row in self.agreements if row.ended_on is None), None)

    @property
    def request(self) -> DeploymentRequest | None:
        """The open request to deploy."""
        return next((row for row in self.requests if row.arrived_on is None and row.cancelled_on is None), None)


def standing_of(pledge: Pledge) -> Standing:
    """Return what is known of a pledge, in seven queries whatever there is."""
    files = EvidenceFile.objects.filter(pledge=pledge).exclude(
        scan_state__in=[ScanState.QUARANTINED, ScanState.INFECTED]
    )
    visited = pledge.visits.select_related("visit").order_by("-visit__planned_on", "-pk")
    agreements = pledge.agreements.select_related("statement__replaced_by", "statement__mission")
    return Standing(
        pledge=pledge,
        registration=Registration.objects.filter(pledge=pledge).select_related("author").first(),
        documents=frozenset(files.values_list("kind", flat=True)),
        visited=list(visited),
        agreements=list(with_change(agreements).prefetch_related("variations")),
        levels=list(pledge.readiness.select_related("author")),
        requests=list(pledge.deployment_requests.select_related("mission")),
    )


def level_on(levels: Iterable[Readiness], day: date) -> str:
    """Return the level in force on a day, "" for none, from rows newest first, those of an unknown day last."""
    return next((row.level for row in levels if row.reached_on is None or row.reached_on <= day), "")


def last_visit(standing: Standing, kind: str, on: date) -> VisitedUnit | None:
    """Return the last visit of a kind that was held up to a day and saw this unit."""
    held = [
        unit
        for unit in standing.visited
        if unit.visit.kind == kind
        and unit.is_passed is not None
        and unit.visit.held_on is not None
        and unit.visit.held_on <= on
    ]
    return max(held, key=lambda unit: (unit.visit.held_on, unit.pk), default=None)


def missing(standing: Standing, level: str, *, on: date) -> list[str]:
    """Return what a level still takes on a day, item by item; nothing where it may be recorded.

    The order of the levels beyond the visits is inferred, not stated: a level may be recorded all the same, with an
    exception.
    """
    place = rank(level)
    items = []
    if place > 1 and rank(level_on(standing.levels, on)) < place - 1:
        items.append(_("%(level)s is not recorded.") % {"level": LEVELS[place - 2].label})
    return items + TAKES[ReadinessLevel(level)](standing, on)


def for_level_1(standing: Standing, on: date) -> list[str]:
    """Level 1: an accepted registration (PCRS FAQ), with note verbale and annexes (PCRS template)."""
    registration = standing.registration
    if registration is None:
        items = [_("The registration is not recorded.")]
    elif registration.accepted_on is None or registration.accepted_on > on:
        items = [_("The registration is not accepted.")]
    else:
        items = []
    lacking = [kind for kind in ANNEXES if kind not in standing.documents]
    return items + [_("No document: %(kind)s.") % {"kind": kind.label} for kind in lacking]


def for_level_2(standing: Standing, on: date) -> list[str]:
    """Level 2: a successful assessment and advisory visit (manual, chapter 3)."""
    return passed(standing, VisitKind.ASSESSMENT, on)


def for_selection(standing: Standing, on: date) -> list[str]:
    """Return what a unit still takes to be chosen on a day: a successful assessment and advisory visit. Without one it
    is not considered in a new selection (Danish government to its parliament, 2022, on the PCRS)."""
    return passed(standing, VisitKind.ASSESSMENT, on)


def passed(standing: Standing, kind: VisitKind, on: date) -> list[str]:
    """Return what is missing of a visit: the last one that saw the unit decides."""
    unit = last_visit(standing, kind, on)
    if unit is None:
        return [_("Not held yet: %(visit)s.") % {"visit": kind.label}]
    if unit.is_passed:
        return []
    return [_("Not passed on %(day)s: %(visit)s.") % {"day": in_words(unit.visit.held_on), "visit": kind.label}]


def for_level_3(standing: Standing, on: date) -> list[str]:
    """Level 3: equipment and personnel match a specific or generic statement of unit requirements (manual, ch. 3)."""
    agreement = standing.agreement
    if agreement is None or agreement.matched_on > on:
        return [_("It is matched to no statement of unit requirements.")]
    return changed_since(agreement, on)


def changed_since(agreement: UnitAgreement, on: date) -> list[str]:
    """Return the item for a match whose requirements had changed by a day; nothing where they stood."""
    day = changed_on(agreement)
    return (
        [_("Its requirements changed on %(day)s: match it anew.") % {"day": in_words(day)}] if day and day <= on else []
    )


def for_rdl(standing: Standing, on: date) -> list[str]:
    """Rapid deployment level: a verification visit, and an agreement that rests on the statement (generic SUR)."""
    agreement = standing.agreement
    visit = passed(standing, VisitKind.VERIFICATION, on)
    if agreement is None or agreement.signed_on is None or agreement.signed_on > on:
        return [*visit, _("The rapid deployment agreement is not signed.")]
    return visit + changed_since(agreement, on)


TAKES: dict[ReadinessLevel, Callable[[Standing, date], list[str]]] = {
    ReadinessLevel.LEVEL_1: for_level_1,
    ReadinessLevel.LEVEL_2: for_level_2,
    ReadinessLevel.LEVEL_3: for_level_3,
    ReadinessLevel.RDL: for_rdl,
}


@dataclass(frozen=True)
class Step:
    """A level above the one in force, and what it still takes."""

    level: ReadinessLevel
    missing: list[str]


def steps(standing: Standing, *, on: date) -> list[Step]:
    """Return the levels above the one in force, each with what it takes on this day; without items it is reachable."""
    reached = rank(level_on(standing.levels, on))
    return [Step(level, missing(standing, level, on=on)) for level in LEVELS[reached:]]


def in_words(day: date | None) -> str:
    """Return "13 May 2025"."""
    return date_format(day, "j F Y") if day else ""
