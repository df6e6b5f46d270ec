"""What every number means: one query per number, over the pledges that the reader may see.

Give each function the rows of `Pledge.objects.visible_to(reader)`: for the public these are announced pledges only.
Each number can name the filters that open exactly its rows (`pledges.filters`), on the page and in the API.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, F, Q, QuerySet, Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from capabilities.models import Requirement
from conferences.dates import Precision
from conferences.models import Conference, ParticipantKind, PublishedTotal
from pledges.enums import EventKind, KnownState, Match
from pledges.models import Pledge
from pledges.querysets import DELIVERED, REGISTERED, VERIFIED, PledgeQuerySet

OFFERED_STATUSES = ",".join(REGISTERED)
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
class GapRow:
    """What one edition asks for, of one capability type for one mission (or none), and how much of it was given.

    Numbers count the unit of the ask. `required` is empty where the source names no number. The three supplies are
    empty where the ask is counted in another unit than the type's, since nothing can then be subtracted.
    `references` name the requirements added up. `named` is the number of pledges of this type that name the mission,
    whether their units can be counted or not.
    """

    mission: str | None
    capability_type: str
    capability_name: str
    category: str
    unit: str
    edition: str
    published_on: date | None
    published_on_precision: str
    asks: int
    asks_without_number: int
    required: int | None
    offered: int | None
    verified: int | None
    delivered: int | None
    references: tuple[str, ...]
    named: int

    @property
    def missing(self) -> int | None:
        """Units that nobody offered."""
        return None if self.required is None or self.offered is None else max(self.required - self.offered, 0)

    @property
    def surplus(self) -> int | None:
        """Units offered above the need."""
        return None if self.required is None or self.offered is None else max(self.offered - self.required, 0)

    @property
    def undelivered(self) -> int | None:
        """Units needed and not yet confirmed as delivered."""
        return None if self.required is None or self.delivered is None else max(self.required - self.delivered, 0)

    @property
    def in_words(self) -> str:
        """The uncovered remainder as a phrase."""
        if self.required is None:
            return _("number needed not stated")
        if self.offered is None:
            return _("offers are counted in another unit")
        if self.missing == self.required:
            return _("all %(count)s missing") % {"count": f"{self.required:,}"} if self.required > 1 else _("missing")
        if self.missing:
            numbers = {"missing": f"{self.missing:,}", "required": f"{self.required:,}"}
            return _("%(missing)s of %(required)s missing") % numbers
        if self.surplus:
            return _("covered by offers; %(surplus)s above need") % {"surplus": f"{self.surplus:,}"}
        return _("covered by offers")

    @property
    def filters(self) -> dict[str, str]:
        """The filters that open the pledges counted as offered."""
        filters = {
            "capability_type": self.capability_type,
            "only_mission": self.mission or "none",
            "match": Match.EXACT,
            "status": OFFERED_STATUSES,
            "quantified": "true",
            "counted": "true",
        }
        return filters | self.since

    @property
    def named_filters(self) -> dict[str, str]:
        """The filters that open the pledges of this type that name the mission, countable or not."""
        whom = {"mission": self.mission} if self.mission else {"only_mission": "none"}
        return {"capability_type": self.capability_type, "status": OFFERED_STATUSES} | whom | self.since

    @property
    def since(self) -> dict[str, str]:
        """The filter for conferences that did not begin before the edition was published."""
        return {"since": self.published_on.isoformat()} if self.published_on else {}


def gap(requirements: "QuerySet[Requirement]", pledges: PledgeQuerySet) -> list[GapRow]:
    """Return the gap per mission and capability type, in three queries whatever the number of pledges.

    The newest edition that asks for a pair stands; asks of one edition in one unit are added up. An offer counts when
    its type is exactly the one asked for, it names that mission and no other, and it was made at a conference that did
    not begin before the edition was published (the ask was stated knowing what had been offered).
    """
    supply = by_pair(supplies(pledges), "only_mission")
    named = by_pair(namings(pledges), "mission_links__mission_id")
    rows = []
    for ask in standing(requirements):
        pair = (ask["mission_id"], ask["capability_type_id"])
        rows.append(gap_row(ask, supply.get(pair, []), named.get(pair, [])))
    return rows


def by_pair(rows: Iterable[dict[str, Any]], mission: str) -> dict[tuple[str | None, str], list[dict[str, Any]]]:
    """Return rows grouped by their mission and capability type."""
    grouped: dict[tuple[str | None, str], list[dict[str, Any]]] = {}
    for row in rows:
        grouped.setdefault((row[mission], row["capability_type_id"]), []).append(row)
    return grouped


def standing(requirements: "QuerySet[Requirement]") -> list[dict[str, Any]]:
    """Return the asks that stand: per mission, type and unit those of the newest edition, added up."""
    asks: Any = (
        requirements.values(
            "mission_id",
            "capability_type_id",
            "unit",
            edition_name=F("edition__name"),
            published_on=F("edition__published_on"),
            published_on_precision=F("edition__published_on_precision"),
            type_name=F("capability_type__name"),
            type_unit=F("capability_type__unit_of_measure"),
            category_id=F("capability_type__category_id"),
        )
        .annotate(
            required=Sum("quantity"),
            asks=Count("pk"),
            references=ArrayAgg("reference", order_by="reference"),
            without_number=Count("pk", filter=Q(quantity=None)),
        )
        .order_by(F("published_on").desc(nulls_last=True), "edition_name")
    )
    newest: dict[tuple[str | None, str, str], dict[str, Any]] = {}
    for ask in asks:
        newest.setdefault((ask["mission_id"], ask["capability_type_id"], ask["unit"]), ask)
    return sorted(newest.values(), key=lambda ask: (ask["mission_id"] or "~", ask["type_name"], ask["unit"]))


def supplies(pledges: PledgeQuerySet) -> Iterable[dict[str, Any]]:
    """Return what is offered, verified and delivered per type, mission and conference, each commitment once.

    Pledges for several missions come under "several", which no ask is for.
    """
    return (
        pledges.counted(among=pledges)
        .filter(status__in=REGISTERED, match=Match.EXACT, quantity__isnull=False)
        .with_only_mission()
        .values("capability_type_id", "only_mission", made_on=F("conference__starts_on"))
        .annotate(
            offered=Sum("quantity"),
            verified=Sum("quantity", filter=VERIFIED),
            delivered=Sum("delivered_quantity", filter=DELIVERED),
        )
        .order_by()
    )


def namings(pledges: PledgeQuerySet) -> Iterable[Any]:
    """Return how many pledges name each type, mission and conference; one for two missions is named by both."""
    return (
        pledges.filter(status__in=REGISTERED, capability_type__isnull=False)
        .values("capability_type_id", "mission_links__mission_id", made_on=F("conference__starts_on"))
        .annotate(named=Count("pk"))
        .order_by()
    )


def gap_row(ask: dict[str, Any], supply: list[dict[str, Any]], named: list[dict[str, Any]]) -> GapRow:
    """Return one row of the gap from an ask, and the supplies and namings of its mission and type."""
    published = ask["published_on"]
    since = [row for row in supply if published is None or row["made_on"] >= published]
    naming = [row for row in named if published is None or row["made_on"] >= published]
    comparable = ask["unit"] == ask["type_unit"]
    return GapRow(
        mission=ask["mission_id"],
        capability_type=ask["capability_type_id"],
        capability_name=ask["type_name"],
        category=ask["category_id"],
        unit=ask["unit"],
        edition=ask["edition_name"],
        published_on=published,
        published_on_precision=ask["published_on_precision"],
        asks=ask["asks"],
        asks_without_number=ask["without_number"],
        required=ask["required"],
        offered=total(since, "offered") if comparable else None,
        verified=total(since, "verified") if comparable else None,
        delivered=total(since, "delivered") if comparable else None,
        references=tuple(ask["references"]),
        named=total(naming, "named"),
    )


def total(rows: list[dict[str, Any]], column: str) -> int:
    """Return the sum of a column; what is unknown adds nothing."""
    return sum(row[column] or 0 for row in rows)


@dataclass(frozen=True)
class Summary:
    """The headline numbers of a set of pledges."""

    pledges: int
    participants: int
    states: int
    delivered: int
    dated: int
    joint: int


def summary(pledges: PledgeQuerySet) -> Summary:
    """Return how many pledges, by how many, delivered wholly or partly, with a date, with partners."""
    joint = pledges.joint().values("pk")
    numbers = pledges.order_by().aggregate(
        pledges=Count("pk"),
        participants=Count("participant", distinct=True),
        states=Count("participant", distinct=True, filter=Q(participant__kind__in=STATES)),
        delivered=Count("pk", filter=DELIVERED),
        dated=Count("pk", filter=Q(deliver_by__isnull=False)),
        joint=Count("pk", filter=Q(pk__in=joint)),
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
    """The pledges of one conference: how many, by how many, and how many of them are verified and delivered."""

    pledges: int = 0
    participants: int = 0
    verified: int = 0
    delivered: int = 0


def by_conference(pledges: PledgeQuerySet) -> dict[str, ConferenceRow]:
    """Return what was pledged, verified (`verified()`) and confirmed as delivered (`delivered()`) per conference."""
    rows = (
        pledges.order_by()
        .values("conference_id")
        .annotate(
            pledges=Count("pk"),
            participants=Count("participant", distinct=True),
            verified=Count("pk", filter=VERIFIED),
            delivered=Count("pk", filter=DELIVERED),
        )
    )
    return {
        row["conference_id"]: ConferenceRow(row["pledges"], row["participants"], row["verified"], row["delivered"])
        for row in rows
    }


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


def visible_and_registered(pledges: PledgeQuerySet) -> PledgeQuerySet:
    """Return the pledges that figures speak of: registered or closed; drafts and submissions are not offers yet."""
    return pledges.filter(status__in=REGISTERED)


def readers_pledges(user: Any) -> PledgeQuerySet:
    """Return the pledges over which this reader's figures are counted."""
    return visible_and_registered(Pledge.objects.visible_to(user))


def readers_filters(user: Any) -> dict[str, str]:
    """Return the filters that open just the rows of `readers_pledges`; everyone else sees registered ones only."""
    return {"status": OFFERED_STATUSES} if user.is_authenticated else {}


def counting_rule(user: Any) -> str:
    """Return in a few words what this reader's figures count."""
    if not user.is_authenticated:
        return _("announced pledges only")
    if user.is_secretariat:
        return _("all registered pledges, those under embargo included")
    return _("announced pledges, and registered ones that you may see before they are announced")
