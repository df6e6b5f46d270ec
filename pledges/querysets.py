"""How we ask for pledges. Everything starts from `visible_to`: which of these may this person see?"""

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.search import SearchQuery
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from conferences.models import CoChair, Membership, MembershipRole
from pledges.enums import AssessedState, Confirmation, Kind, LineageKind, Outcome, ReportedState, Status

if TYPE_CHECKING:
    from pledges.models import Pledge  # noqa: F401

REGISTERED = (Status.REGISTERED, Status.CLOSED)
FINISHED = (AssessedState.DELIVERED, AssessedState.WITHDRAWN, AssessedState.OVERTAKEN, AssessedState.NOT_DELIVERED)


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
    partnered = partner_rows().filter(participant__in=mine, confirmation=Confirmation.CONFIRMED).values("pledge")
    chaired = CoChair.objects.filter(
        participant__in=Membership.objects.of(user, MembershipRole.CO_CHAIR).values("participant")
    ).values("conference")
    return (
        announced
        | Q(**{f"{prefix}participant__in": mine})
        | Q(**{f"{prefix}pk__in": partnered})
        | Q(**{f"{prefix}conference__in": chaired, f"{prefix}status__in": REGISTERED})
    )


def partner_rows() -> "models.QuerySet[Any]":
    """Return all partner rows; here so that the rule above can be read before the models are."""
    from pledges.models import Partner

    return Partner.objects.all()


class PledgeQuerySet(models.QuerySet["Pledge"]):
    """Pledges."""

    def visible_to(self, user: Any, *, at: datetime | None = None) -> "PledgeQuerySet":
        """Return those that `user` may see at the instant `at` (now, unless given)."""
        return self.filter(visible_pledges(user, at=at or timezone.now()))

    def announced(self, *, at: datetime) -> "PledgeQuerySet":
        """Return those whose embargo has lifted at the instant `at`."""
        return self.filter(announced_at__lte=at)

    def matching(self, text: str) -> "PledgeQuerySet":
        """Return those whose reference, title, capability, participant or description holds the words of `text`."""
        return self.filter(search=SearchQuery(text, config="plain_english", search_type="websearch"))

    def overdue(self, *, on: date) -> "PledgeQuerySet":
        """Return the registered ones whose delivery date has passed and that nobody says are delivered."""
        return self.filter(status=Status.REGISTERED, deliver_by__lt=on).exclude(
            Q(assessed_state__in=FINISHED) | Q(reported_state=ReportedState.DELIVERED)
        )

    def counted(self, among: "PledgeQuerySet") -> "PledgeQuerySet":
        """Return those that stand for themselves, so that no commitment counts twice.

        Left out: what was announced before, what is withdrawn or superseded, and what a later pledge of `among`
        renews, supersedes or takes over. `among` is what the reader may see: a pledge under embargo moves no figure.
        """
        from pledges.models import Lineage

        replaced = Lineage.objects.filter(earlier=OuterRef("pk"), later__in=among.values("pk")).exclude(
            kind=LineageKind.REPEATS
        )
        repeats = Lineage.objects.filter(later=OuterRef("pk"), kind=LineageKind.REPEATS, earlier__in=among.values("pk"))
        return (
            self.exclude(kind=Kind.ALREADY_ANNOUNCED)
            .exclude(outcome__in=[Outcome.WITHDRAWN, Outcome.SUPERSEDED, Outcome.NOT_DELIVERED])
            .filter(~Exists(replaced), ~Exists(repeats))
        )


class ReportQuerySet(models.QuerySet[Any]):
    """Rows that tell what became of a pledge: who sees the pledge sees them."""

    def visible_to(self, user: Any, *, at: datetime | None = None) -> "ReportQuerySet":
        """Return those of the pledges that `user` may see at the instant `at` (now, unless given)."""
        return self.filter(visible_pledges(user, at=at or timezone.now(), prefix="pledge__"))
