"""What can be announced together, and how a decision of two people reads: over one pledge, a session, a conference."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.zones import zone_of
from conferences.models import Participant
from pledges.enums import JointAction, Status, Verdict
from pledges.models import Decision, DecisionPledge, Pledge
from pledges.querysets import PledgeQuerySet

SHOWN = 50  # rows of a list


# --- Which pledges ----------------------------------------------------------------------------------------------------
def under_embargo(user: Any, *, at: datetime) -> PledgeQuerySet:
    """Return the registered pledges that this person sees and that are not announced."""
    return Pledge.objects.visible_to(user, at=at).filter(status=Status.REGISTERED, announced_at=None)


def unproposed(pledges: PledgeQuerySet) -> PledgeQuerySet:
    """Return those that no open decision names."""
    return pledges.filter(~Exists(DecisionPledge.objects.filter(pledge=OuterRef("pk"), ended_at=None)))


def fingerprint(references: Iterable[str]) -> str:
    """Return a short mark of a set of pledges: nobody proposes another set than the one they were shown."""
    return hashlib.sha256(",".join(sorted(references)).encode()).hexdigest()[:24]


def proposed_before(user: Any, action: str, seen: str) -> Decision | None:
    """Return the open proposal of this very set by this person: a second click is no second proposal and no error."""
    own = Decision.objects.filter(proposed_by=user.pk, action=action, verdict="").order_by("-pk")[:5]
    for decision in own:
        if fingerprint(decision.items.values_list("pledge__reference", flat=True)) == seen:
            return decision
    return None


# --- When -------------------------------------------------------------------------------------------------------------
def instant_of(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """Return the instant at which the clocks of a zone show this time.

    Raises ValueError with a sentence where they never do, or do twice, because summer time begins or ends.
    """
    first = datetime.combine(day, clock, zone)
    if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != first.replace(tzinfo=None):
        raise ValueError(_("The clocks go forward then, and this time is left out: choose another, or use UTC."))
    if first.utcoffset() != first.replace(fold=1).utcoffset():
        raise ValueError(_("The clocks go back then, and this time comes twice: choose another, or use UTC."))
    return first.astimezone(UTC)


def in_words(instant: datetime, zone: ZoneInfo) -> str:
    """Return an instant in a zone and in UTC, such as "13 May 2027, 15:00 (Europe/Berlin), 13:00 UTC"."""
    universal = instant.astimezone(UTC)
    if zone.key == "UTC":
        return f"{format_date(universal, 'j F Y, H:i')} UTC"
    here = instant.astimezone(zone)
    other_day = "j F, " if here.date() != universal.date() else ""
    return f"{format_date(here, 'j F Y, H:i')} ({zone.key}), {format_date(universal, other_day + 'H:i')} UTC"


# --- What it reads like -----------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Summary:
    """A decision for a list or the head of its page. `kind` is a kind of tag, `state` its word."""

    decision: Decision
    title: str
    kind: str
    state: str
    takes_effect: str
    total: int
    problems: int

    @property
    def is_open(self) -> bool:
        """Whether it waits for a second person."""
        return not self.decision.verdict


def with_counts(decisions: "QuerySet[Decision]") -> "QuerySet[Any]":
    """Return the decisions with how many pledges they name, of whom and where, in one query."""
    return decisions.select_related("proposed_by", "decided_by", "kept").annotate(
        total=Count("items"),
        waiting=Count("items", filter=Q(items__ended_at=None)),
        problems=Count("items", filter=~Q(items__problem="")),
        conference_from=Min("items__pledge__conference__title"),
        conference_to=Max("items__pledge__conference__title"),
        participant_from=Min("items__pledge__participant"),
        participant_to=Max("items__pledge__participant"),
        only=Min("items__pledge__title"),
        first_reference=Min("items__pledge__reference"),
    )


def summaries(decisions: "QuerySet[Decision]", user: Any, *, at: datetime) -> list[Summary]:
    """Return the decisions as a list shows them, in two queries whatever their number."""
    rows = list(with_counts(decisions))
    names = Participant.objects.in_bulk({row.participant_from for row in rows if row.participant_from})
    zone = zone_of(user)
    return [summary(row, names, zone, at=at) for row in rows]


def summary(row: Any, names: dict[str, Participant], zone: ZoneInfo, *, at: datetime) -> Summary:
    """Return one decision as a list shows it."""
    kind, state = state_of(row, at=at)
    return Summary(
        decision=row,
        title=title_of(row, names),
        kind=kind,
        state=state,
        takes_effect=takes_effect(row, zone, at=at),
        total=row.total,
        problems=row.problems,
    )


def title_of(row: Any, names: dict[str, Participant]) -> str:
    """Return what is decided, in words: how many pledges, of whom and where as far as they have it in common."""
    if row.action == JointAction.ANNOUNCE:
        what = ngettext("Announce %(n)s pledge", "Announce %(n)s pledges", row.total)
    elif row.action == JointAction.MERGE:
        what = _("Merge %(ends)s into %(kept)s")
    else:
        what = ngettext("Withdraw %(n)s pledge", "Withdraw %(n)s pledges", row.total)
    parts = [what % {"n": row.total, "ends": row.first_reference, "kept": row.kept and row.kept.reference}]
    if row.participant_from == row.participant_to and row.participant_from in names:
        parts.append(str(names[row.participant_from]))
    if row.conference_from == row.conference_to:
        parts.append(row.conference_from)
    return " · ".join(parts)


def state_of(row: Any, *, at: datetime) -> tuple[str, str]:
    """Return the kind of tag and the word for where a decision stands."""
    if not row.verdict:
        return "submitted", _("waits for a second person")
    if row.verdict != Verdict.CONFIRMED:
        return {"refused": "returned", "cancelled": "withdrawn"}[row.verdict], row.get_verdict_display()
    if row.waiting:
        return "registered", _("confirmed, not yet in effect") if row.takes_effect_at > at else _("being carried out")
    return ("late", _("carried out, with problems")) if row.problems else ("announced", _("carried out"))


def takes_effect(decision: Decision, zone: ZoneInfo, *, at: datetime) -> str:
    """Return in words when a decision takes or took effect."""
    if decision.takes_effect_at > (decision.decided_at or at):
        return in_words(decision.takes_effect_at, zone)
    if decision.verdict == Verdict.CONFIRMED and decision.decided_at:
        return in_words(decision.decided_at, zone)
    return _("at once, when it is confirmed")


def open_decision(pledge: Pledge) -> Decision | None:
    """Return the decision on this pledge that is proposed or waits for its instant."""
    item = (
        pledge.decision_items.filter(ended_at=None)
        .select_related("decision__proposed_by", "decision__decided_by", "decision__kept")
        .first()
    )
    return item.decision if item else None


def last_decision(pledge: Pledge) -> Decision | None:
    """Return what was decided last on this pledge, once nothing is open any more."""
    past = Decision.objects.filter(items__pledge=pledge, items__ended_at__isnull=False)
    return past.select_related("proposed_by", "decided_by", "kept").order_by("-proposed_at", "-pk").first()


def shows_notes(decision: Decision, user: Any) -> bool:
    """Return whether a person reads the reasons of a decision on a pledge that they work on.

    Those of an announcement, often of several delegations' pledges at once, are notes within the Secretariat.
    """
    return decision.action != JointAction.ANNOUNCE or bool(user.is_secretariat)


def local_now(user: Any) -> datetime:
    """Return the time on this person's clock."""
    return timezone.localtime(timezone.now(), zone_of(user))
