"""The headline numbers of a set of pledges, by state, category, conference and participant; what others published."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from conferences.dates import Precision
from conferences.models import Conference, ParticipantKind, PublishedTotal
from pledges.cycles import silent_on
from pledges.enums import EventKind, KnownState
from pledges.models import Pledge
from pledges.querysets import DELIVERED, VERIFIED, PledgeQuerySet, today

STATES = (ParticipantKind.MEMBER_STATE, ParticipantKind.OBSERVER_STATE)

# Published counts of states per theme, and the categories of ours that make the theme up.
THEMES: dict[str, tuple[str, ...]] = {
    "military-or-police-capability-states": (
        "military_unit", "police_unit", "aviation", "engineering", "medical", "maritime", "logistics_transport",
        "eod_cied", "isr_uas", "individual_personnel",
    ),
    "training-states": ("training",),
    "medical-states": ("medical",),
    "women-states": ("women_peace_security",),
    "environment-states": ("environment",),
}  # fmt: skip


@dataclass(frozen=True)
class Summary:
    """The headline numbers of a set of pledges. Silent ones count apart; who pledged is counted over all."""

    pledges: int
    silent: int
    participants: int
    states: int
    delivered: int
    dated: int
    joint: int

    @property
    def in_record(self) -> int:
        """All pledges, the silent ones too."""
        return self.pledges + self.silent


def summary(pledges: PledgeQuerySet) -> Summary:
    """Return how many pledges, how many silent, by how many, delivered wholly or partly, with a date, with partners."""
    silent = silent_on(today())
    joint = pledges.joint().values("pk")
    numbers = pledges.order_by().aggregate(
        pledges=Count("pk", filter=~silent),
        silent=Count("pk", filter=silent),
        participants=Count("participant", distinct=True),
        states=Count("participant", distinct=True, filter=Q(participant__kind__in=STATES)),
        delivered=Count("pk", filter=DELIVERED & ~silent),
        dated=Count("pk", filter=Q(deliver_by__isnull=False) & ~silent),
        joint=Count("pk", filter=Q(pk__in=joint) & ~silent),
    )
    return Summary(**numbers)


def by_known_state(pledges: PledgeQuerySet) -> dict[str, int]:
    """Return the number of pledges per known state, in the order of KnownState, without the empty ones."""
    counts = dict(pledges.with_known_state().order_by().values_list("known_state").annotate(n=Count("pk")))
    return {state: counts[state] for state in KnownState.values if state in counts}


@dataclass(frozen=True)
class CategoryRow:
    """The pledges of one category by known state."""

    category: str
    name: str
    states: dict[str, int]

    @property
    def total(self) -> int:
        """All pledges of the category."""
        return sum(self.states.values())


def by_category(pledges: PledgeQuerySet) -> list[CategoryRow]:
    """Return the pledges per category and known state, the largest category first."""
    rows: dict[str, CategoryRow] = {}
    counts = pledges.filter(category__isnull=False).with_known_state().order_by()
    for code, name, state, n in counts.values_list("category_id", "category__name", "known_state").annotate(
        n=Count("pk")
    ):
        rows.setdefault(code, CategoryRow(code, name, {})).states[state] = n
    ordered = sorted(rows.values(), key=lambda row: (-row.total, row.name))
    for row in ordered:
        states = {state: row.states[state] for state in KnownState.values if state in row.states}
        row.states.clear()
        row.states.update(states)
    return ordered


def by_participant(pledges: PledgeQuerySet) -> dict[str, int]:
    """Return the number of pledges per leading participant."""
    return dict(pledges.order_by().values_list("participant_id").annotate(n=Count("pk")))


@dataclass(frozen=True)
class ConferenceRow:
    """The pledges of one conference: how many, by how many, how many verified and delivered; silent ones apart."""

    pledges: int = 0
    silent: int = 0
    participants: int = 0
    verified: int = 0
    delivered: int = 0

    @property
    def in_record(self) -> int:
        """All pledges, the silent ones too."""
        return self.pledges + self.silent


def by_conference(pledges: PledgeQuerySet) -> dict[str, ConferenceRow]:
    """Return what was pledged, verified (`verified()`), confirmed as delivered (`delivered()`) and silent each."""
    silent = silent_on(today())
    rows: Any = (
        pledges.order_by()
        .values("conference_id")
        .annotate(
            pledges=Count("pk", filter=~silent),
            silent=Count("pk", filter=silent),
            participants=Count("participant", distinct=True),
            verified=Count("pk", filter=VERIFIED & ~silent),
            delivered=Count("pk", filter=DELIVERED & ~silent),
        )
    )
    return {row.pop("conference_id"): ConferenceRow(**row) for row in rows}


@dataclass(frozen=True)
class Comparison:
    """A published total beside the same count over this record, where this record can count it."""

    published: PublishedTotal
    counted: int | None
    filters: dict[str, str]

    @property
    def difference(self) -> str:
        """The difference in words; never hidden, never called an error."""
        if self.counted is None:
            return _("not counted in this record")
        missing = self.published.value - self.counted
        if missing > 0:
            return ngettext("%(n)s not yet entered", "%(n)s not yet entered", missing) % {"n": missing}
        if missing < 0:
            return ngettext("%(n)s more in this record", "%(n)s more in this record", -missing) % {"n": -missing}
        return _("agrees")


def published_beside(conference: Conference, pledges: PledgeQuerySet) -> list[Comparison]:
    """Return each published total of a conference beside this record's own count, in two queries."""
    counts = pledges.order_by().aggregate(
        **{"pledging-participants": Count("participant", distinct=True)},
        **{"pledging-states": Count("participant", distinct=True, filter=Q(participant__kind__in=STATES))},
        **{
            measure: Count(
                "participant", distinct=True, filter=Q(participant__kind__in=STATES, category__in=categories)
            )
            for measure, categories in THEMES.items()
        },
    )
    totals = conference.published_totals.select_related("participant")
    return [
        Comparison(
            published=published,
            counted=counts.get(published.measure),
            filters={"conference": conference.pk}
            | ({"category": ",".join(THEMES[published.measure])} if published.measure in THEMES else {}),
        )
        for published in totals
    ]


def months_to_deployment(pledge: Pledge) -> int | None:
    """Return the whole months from announcement to the first deployment whose month is known."""
    deployed = pledge.progress_updates.filter(kind=EventKind.DEPLOYED, happened_on__isnull=False)
    first = deployed.exclude(happened_on_precision=Precision.YEAR).order_by("happened_on").first()
    if first is None or first.happened_on is None or pledge.announced_at is None:
        return None
    announced = pledge.announced_at.date()
    return max(12 * (first.happened_on.year - announced.year) + first.happened_on.month - announced.month, 0)
