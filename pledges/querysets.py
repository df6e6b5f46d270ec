"""How we ask for pledges. Everything starts from `visible_to`: which of these may this person see?"""

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib.postgres.search import SearchQuery
from django.db import models
from django.db.models import BigIntegerField, Case, CharField, Count, Exists, Min, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Greatest
from django.utils import timezone

from conferences.models import CoChair, Membership, MembershipRole
from pledges.cycles import FINISHED, REPORT_DUE_ON, InState, listed, silent_on, silent_text
from pledges.enums import (
    VERIFIED_LEVELS,
    VERIFYING_STATES,
    AssessedState,
    Confirmation,
    Kind,
    KnownState,
    LineageKind,
    Outcome,
    ReportedState,
    Status,
)

if TYPE_CHECKING:
    from pledges.models import Pledge

REGISTERED = (Status.REGISTERED, Status.CLOSED)
# Closed without being registered: only its delegation and the Secretariat see it, and it counts nowhere.
DISCARDED = Q(status=Status.CLOSED, registered_at=None)
SEVERAL_MISSIONS = "several"
# Ended like this, a pledge neither counts nor stands in the place of another. One that its mission's end overtook was
# kept as long as it could be: it does both.
STANDS_FOR_NOTHING = (Outcome.WITHDRAWN, Outcome.SUPERSEDED, Outcome.NOT_DELIVERED)
# The outcome of a closed pledge decides; before there is one, the latest assessment.
DELIVERED = Q(outcome__in=[Outcome.DELIVERED, Outcome.PARTLY_DELIVERED]) | Q(
    outcome="", assessed_state__in=[AssessedState.DELIVERED, AssessedState.PARTLY_DELIVERED]
)
VERIFIED = Q(readiness_level__in=VERIFIED_LEVELS) | Q(assessed_state__in=VERIFYING_STATES) | DELIVERED
DELIVERED_IT_SAYS = (ReportedState.DELIVERED, ReportedState.PARTLY_DELIVERED)
UNDER_WAY = (
    ReportedState.NOT_STARTED,
    ReportedState.PLANNING,
    ReportedState.IN_PROGRESS,
    AssessedState.ON_TRACK,
)


def today() -> date:
    """Return the day on which cycles turn for everybody, wherever the reader is."""
    return timezone.now().astimezone(UTC).date()


def visible_pledges(user: Any, *, at: datetime, prefix: str = "") -> Q:
    """Return the one rule of who sees which pledge, for rows whose pledge is reached through `prefix`.

    Everyone sees what is announced at `at`. The Secretariat sees all. A delegation sees its own, and what it is a
    confirmed partner in. A co-chair sees what is registered for its conference, before it is announced.
    """
    announced = Q(**{f"{prefix}announced_at__lte": at})
    if not user.is_authenticated or not user.is_active:
        return announced
    if user.is_secretariat:
        return Q()
    mine = Membership.objects.of(user).values("participant")
    partnered = live_partner_rows().filter(participant__in=mine, confirmation=Confirmation.CONFIRMED).values("pledge")
    chaired = CoChair.objects.filter(
        participant__in=Membership.objects.of(user, MembershipRole.CO_CHAIR).values("participant")
    ).values("conference")
    return (
        announced
        | Q(**{f"{prefix}participant__in": mine})
        | Q(**{f"{prefix}pk__in": partnered})
        | Q(**{f"{prefix}conference__in": chaired, f"{prefix}registered_at__isnull": False})
    )


def partner_rows() -> "models.QuerySet[Any]":
    """Return all partner rows; fetched late, since the models are built on these querysets."""
    return apps.get_model("pledges", "Partner")._default_manager.all()


def live_partner_rows() -> "models.QuerySet[Any]":
    """Return the partner rows of pledges that were not discarded: of those, partners hear nothing more."""
    return partner_rows().exclude(pledge__status=Status.CLOSED, pledge__registered_at=None)  # DISCARDED


def taking_part() -> "models.QuerySet[Any]":
    """Return the rows of the partners that confirmed: whoever sees a pledge sees these.

    Whose confirmation is awaited is known to the people who work on the pledge (`worked_on`) and to that partner alone.
    """
    return partner_rows().filter(confirmation=Confirmation.CONFIRMED)


def places_of(user: Any) -> "models.QuerySet[Any]":
    """Return the places of this person's delegations in pledges that others lead, those that they declined too."""
    return live_partner_rows().filter(participant__in=Membership.objects.of(user).values("participant"))


def invitations_of(user: Any) -> "models.QuerySet[Any]":
    """Return the places of this person's delegations in pledges that others lead, unless they declined.

    They let a delegation read what it is asked for, and answer, before it sees the pledge itself (`visible_pledges`).
    """
    return places_of(user).exclude(confirmation=Confirmation.DECLINED)


def handovers_of(user: Any) -> "models.QuerySet[Any]":
    """Return the hand-overs that stand in the delegations of this person; nobody else reads them or their notes.

    Each carries `changed_at`: when the draft, or the share of a partner in it, changed last.
    """
    shares = apps.get_model("pledges", "PartnerEvent")._default_manager.filter(pledge=OuterRef("pledge"))
    last = Subquery(shares.order_by("-pgh_id").values("pgh_created_at")[:1])
    rows = apps.get_model("pledges", "Handover")._default_manager.filter(ended_at=None)
    mine = rows.filter(pledge__participant__in=Membership.objects.of(user).values("participant"))
    return mine.annotate(changed_at=Greatest("pledge__updated_at", last))


def mission_rows() -> "models.QuerySet[Any]":
    """Return all links between pledges and missions."""
    return apps.get_model("pledges", "PledgeMission")._default_manager.all()


def known_state_text(on: date) -> str:
    """Return the SQL of the latest known state, as text: lists tell it of each row (`pledges.cycles`)."""
    found = "COALESCE(NULLIF({outcome}, ''), NULLIF({assessed}, ''))"
    stated = f"COALESCE({found}, {{said}})"
    return (
        f"CASE WHEN {silent_text(on)} THEN '{KnownState.SILENT}'"
        f" WHEN {found} IS NULL AND {{said}} IN {listed(DELIVERED_IT_SAYS)} THEN '{KnownState.DELIVERY_REPORTED}'"
        f" WHEN {stated} IN {listed(UNDER_WAY)} THEN '{KnownState.UNDER_WAY}'"
        f" WHEN {stated} = '' THEN '{KnownState.UNKNOWN}' ELSE {stated} END"
    )


class Replaced(Subquery):
    """The keys of the pledges that a later one stands for now, directly or through others in between.

    Made of links: later, earlier, whether the later one stands for anything. One that does not (`STANDS_FOR_NOTHING`)
    hands on what it stood for to the one that continues it.
    """

    template = """(
        WITH RECURSIVE link (later, earlier, stands) AS (%(subquery)s),
        replaced (id) AS (
            SELECT earlier FROM link WHERE stands
            UNION SELECT link.earlier FROM link JOIN replaced ON link.later = replaced.id)
        SELECT id FROM replaced)"""


# Still a PledgeQuerySet; the type checker cannot follow annotations through a method.
Annotated = Any


class PledgeQuerySet(models.QuerySet["Pledge"]):
    """Pledges."""

    def visible_to(self, user: Any, *, at: datetime | None = None) -> "PledgeQuerySet":
        """Return those that `user` may see at the instant `at` (now, unless given)."""
        return self.filter(visible_pledges(user, at=at or timezone.now()))

    def locked(self, pledge: "Pledge") -> "Pledge":
        """Return the pledge as it is stored now, held until the end of the transaction against every other change."""
        return self.select_for_update(of=("self",), no_key=True).get(pk=pledge.pk)

    def registered(self) -> "PledgeQuerySet":
        """Return those that are registered or were so until they closed: what is offered, and what figures speak of."""
        return self.filter(status__in=REGISTERED, registered_at__isnull=False)

    def announced(self, *, at: datetime) -> "PledgeQuerySet":
        """Return those whose embargo has lifted at the instant `at`."""
        return self.filter(announced_at__lte=at)

    def matching(self, text: str) -> "PledgeQuerySet":
        """Return those whose reference, title, capability, participant or description holds the words of `text`."""
        return self.filter(search=SearchQuery(text, config="plain_english", search_type="websearch"))

    def undelivered(self) -> "PledgeQuerySet":
        """Return the registered ones with a day of delivery that nobody says are delivered, or ended otherwise."""
        return self.filter(status=Status.REGISTERED, deliver_by__isnull=False).exclude(
            Q(assessed_state__in=FINISHED) | Q(reported_state=ReportedState.DELIVERED)
        )

    def overdue(self, *, on: date) -> "PledgeQuerySet":
        """Return the undelivered ones whose delivery date has passed."""
        return self.undelivered().filter(deliver_by__lt=on)

    def with_report_due(self) -> "Annotated":
        """Add `report_due_on`: the day the next report is due, null where none is owed (`pledges.cycles`)."""
        return self.annotate(report_due_on=REPORT_DUE_ON)

    def silent(self, *, on: date) -> "PledgeQuerySet":
        """Return those whose whole cycle went by without a report; one report brings them back.

        The public record is never silent: nobody was asked here.
        """
        return self.filter(silent_on(on))

    def not_silent(self, *, on: date) -> "PledgeQuerySet":
        """Return the others: those that headline totals count."""
        return self.filter(~silent_on(on))

    def updated(self) -> "PledgeQuerySet":
        """Return those on which at least one update is known, of a delegation or of a public source."""
        updates = apps.get_model("pledges", "ProgressUpdate")._default_manager
        return self.filter(Exists(updates.filter(pledge=OuterRef("pk"))))

    def verified(self) -> "PledgeQuerySet":
        """Return those at readiness level 2 or above, or that the Secretariat or the record found to be kept."""
        return self.filter(VERIFIED)

    def delivered(self) -> "PledgeQuerySet":
        """Return those confirmed as delivered, wholly or in part."""
        return self.filter(DELIVERED)

    def naming_mission(self, missions: list[str]) -> "PledgeQuerySet":
        """Return those that name one of these missions, each once."""
        return self.filter(Exists(mission_rows().filter(pledge=OuterRef("pk"), mission__in=missions)))

    def with_only_mission(self) -> "Annotated":
        """Add `only_mission`: the mission of a pledge that names just one, null for none, "several" for more.

        A pledge for several missions counts for none of them alone, so that nothing counts twice.
        """
        named = mission_rows().filter(pledge=OuterRef("pk")).values("pledge").annotate(n=Count("mission"))
        only = named.annotate(only=Case(When(n=1, then=Min("mission")), default=Value(SEVERAL_MISSIONS)))
        return self.annotate(only_mission=Subquery(only.values("only")))

    def only_for_mission(self, mission: str | None) -> "PledgeQuerySet":
        """Return those that name just this mission, or no mission at all for None."""
        rows = self.with_only_mission()
        return rows.filter(only_mission=mission) if mission else rows.filter(only_mission=None)

    def with_partner(self, participants: list[str]) -> "PledgeQuerySet":
        """Return those in which one of these participants is a confirmed partner."""
        return self.filter(Exists(taking_part().filter(pledge=OuterRef("pk"), participant__in=participants)))

    def joint(self) -> "PledgeQuerySet":
        """Return those with a confirmed partner."""
        return self.filter(Exists(taking_part().filter(pledge=OuterRef("pk"))))

    def with_known_state(self) -> "Annotated":
        """Add `known_state` (KnownState): silent, else outcome, else the latest assessment, else the latest report."""
        return self.annotate(known_state=InState(known_state_text(today()), output_field=CharField()))

    def counted(self, among: "PledgeQuerySet") -> "PledgeQuerySet":
        """Return those that stand for themselves, so that no commitment counts twice.

        Left out: what closed without being delivered, what a later pledge of `among` renews, supersedes or takes over,
        what repeats an earlier pledge of `among`, and what its source says was announced before. `among` is what the
        reader may see: a pledge under embargo moves no figure; and one that is not registered replaces nothing yet. A
        renewal that was withdrawn replaces nothing any more.
        """
        registered = among.registered().order_by().values("pk")
        lineage = apps.get_model("pledges", "Lineage")._default_manager
        links = lineage.filter(later__in=registered).exclude(kind=LineageKind.REPEATS)
        links = links.annotate(stands=~Q(later__outcome__in=STANDS_FOR_NOTHING))
        replaced = Replaced(links.values_list("later", "earlier", "stands"), output_field=BigIntegerField())
        repeats = lineage.filter(later=OuterRef("pk"), earlier__in=registered, kind=LineageKind.REPEATS)
        in_its_stead = ~Q(earlier__outcome__in=STANDS_FOR_NOTHING) | Q(earlier__in=replaced)
        return (
            self.exclude(kind=Kind.ALREADY_ANNOUNCED, author=None)  # of the record: its source says so in words
            .exclude(outcome__in=STANDS_FOR_NOTHING)
            .exclude(pk__in=replaced)
            .filter(~Exists(repeats.filter(in_its_stead)))
        )


def worked_on(user: Any, *, prefix: str = "") -> Q:
    """Return the one rule of who sees the working side of which pledge: its own delegation and the Secretariat.

    Partners, co-chairs and the public do not, whatever else they see of it. One pledge: `permissions.is_insider`.
    """
    if not user.is_authenticated or not user.is_active:
        return Q(pk__in=[])
    if user.is_secretariat:
        return Q()
    return Q(**{f"{prefix}participant__in": Membership.objects.of(user).values("participant")})


class DocumentQuerySet(models.QuerySet[Any]):
    """Documents of pledges."""

    def visible_to(self, user: Any) -> "DocumentQuerySet":
        """Return those that `user` may read now: of what they work on, and of their own reports on a share."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.is_secretariat:  # all: an empty condition joined by "or" would be the other one alone
            return self.all()
        own_share = Q(progress_update__partner__in=invitations_of(user).filter(confirmation=Confirmation.CONFIRMED))
        return self.filter(worked_on(user, prefix="pledge__") | own_share)


class ReportQuerySet(models.QuerySet[Any]):
    """Rows that tell what became of a pledge: who sees the pledge sees them."""

    def visible_to(self, user: Any, *, at: datetime | None = None) -> "ReportQuerySet":
        """Return those of the pledges that `user` may see at the instant `at` (now, unless given)."""
        return self.filter(visible_pledges(user, at=at or timezone.now(), prefix="pledge__"))
