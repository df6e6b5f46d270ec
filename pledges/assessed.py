"""How a pledge may end: with the outcome that the Secretariat's latest assessment says, or as superseded by another;
and what whoever judges it has read of it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import F
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from pledges.enums import AssessedState, Confirmation, LineageKind, Outcome, Status
from pledges.errors import EditConflict
from pledges.models import Assessment, Pledge, ProgressUpdate
from pledges.models.follow_through import LAST_SAID_FIRST
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


def latest_assessments(pledges: Iterable[Pledge], *, besides: Any = None) -> dict[int, Assessment]:
    """Return what a person of the Secretariat found last on each of these pledges, by its key: one query. What one
    person found, `besides` whom it is asked, is left out."""
    rows = Assessment.objects.filter(pledge__in=pledges, author__isnull=False)
    if besides:
        rows = rows.exclude(author=besides)
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


@dataclass
class Known:
    """What whoever judges a pledge reads of it: what its lead and each partner reported last, and what was found."""

    last: ProgressUpdate | None = None  # of the lead
    shares: list[ProgressUpdate] = field(default_factory=list)  # of each partner that confirmed
    found: Assessment | None = None
    others_found: Assessment | None = None  # what anybody but the reader found last: their own they know

    @property
    def mark(self) -> str:
        """A text that stands for what was read: it is another one as soon as somebody else says something new."""
        said = [self.last, self.others_found, *self.shares]
        return salted_hmac("pledges.assessed", repr([one and one.pk for one in said])).hexdigest()


def known_of(pledges: Iterable[Pledge], reader: Any) -> dict[int, Known]:
    """Return what somebody reads of each of these pledges before judging it, by its key: four queries."""
    chosen = list(pledges)
    known = {pledge.pk: Known() for pledge in chosen}
    reports = ProgressUpdate.objects.filter(pledge__in=chosen)
    own = reports.filter(author__isnull=False, partner=None).order_by("pledge_id", *LAST_SAID_FIRST)
    for report in own.distinct("pledge_id"):
        known[report.pledge_id].last = report
    shares = reports.filter(partner__confirmation=Confirmation.CONFIRMED).select_related("partner__participant")
    for report in shares.order_by("partner_id", *LAST_SAID_FIRST).distinct("partner_id"):
        known[report.pledge_id].shares.append(report)
    for key, found in latest_assessments(chosen).items():
        known[key].found = found
    for key, found in latest_assessments(chosen, besides=reader).items():
        known[key].others_found = found
    return known


def check_read(pledge: Pledge, reader: Any, was: str | None) -> None:
    """Refuse to judge a locked pledge on which something was said that the reader has not read: `was` is the mark of
    what they read, None where nobody asks. Raises EditConflict."""
    if was is not None and was != known_of([pledge], reader)[pledge.pk].mark:
        raise EditConflict(
            _("Somebody reported on this pledge or assessed it after you opened the page: read it, then decide again.")
        )
