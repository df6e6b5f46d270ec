"""What two people proposed and decided on a pledge, as entries of its timeline; for insiders."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.zones import zone_of
from conferences.dates import Precision
from pledges.deciding import in_words, shows_notes
from pledges.enums import JointAction, Verdict
from pledges.models import Decision, DecisionPledge, Pledge
from pledges.timeline_entry import Entry, by


def decisions(pledge: Pledge, user: Any) -> list[Entry]:
    """Return what was proposed for a pledge, and what became of it where no step of its life tells it."""
    found = []
    for item in pledge.decision_items.select_related("decision__proposed_by", "decision__decided_by", "decision__kept"):
        found.append(proposed(item.decision, user))
        if item.decision.verdict and is_told(item.decision):
            found.append(verdict(item.decision, user))
        if item.problem:
            found.append(not_carried_out(item))
    return found


def entry(key: str, at: datetime, title: str, **said: Any) -> Entry:
    """Return an entry on a decision."""
    return Entry("decision", key, at.date(), Precision.DAY, title, at=at, is_public=False, **said)


def what(decision: Decision) -> str:
    """Return in a few words what is decided."""
    if decision.action == JointAction.ANNOUNCE:
        return _("announcement")
    if decision.kept:
        return _("merging into %(pledge)s") % {"pledge": decision.kept.reference}
    return _("withdrawal")


def proposed(decision: Decision, user: Any) -> Entry:
    """Return who proposed it and why."""
    return entry(
        str(decision.pk),
        decision.proposed_at,
        _("Proposed: %(what)s") % {"what": what(decision)},
        text=decision.reason if shows_notes(decision, user) else "",
        **by(decision.proposed_by),
    )


def is_told(decision: Decision) -> bool:
    """Return whether a verdict is an entry of its own: what is carried out at once is told by the step."""
    return decision.verdict != Verdict.CONFIRMED or waited(decision)


def waited(decision: Decision) -> bool:
    """Return whether a decision took or takes effect later than its verdict."""
    return decision.takes_effect_at > (decision.decided_at or decision.proposed_at)


def title_of_verdict(decision: Decision, user: Any) -> str:
    """Return in a few words what became of a proposal, with the instant where it was stated."""
    words = {"what": what(decision), "time": in_words(decision.takes_effect_at, zone_of(user))}
    if decision.verdict == Verdict.REFUSED:
        return _("Refused: %(what)s") % words
    if decision.verdict == Verdict.CANCELLED:
        return _("Taken back: %(what)s") % words
    return (_("Confirmed: %(what)s, on %(time)s") if waited(decision) else _("Confirmed: %(what)s")) % words


def verdict(decision: Decision, user: Any) -> Entry:
    """Return what became of a proposal, by whom and why."""
    return entry(
        f"{decision.pk}-verdict",
        decision.decided_at or decision.proposed_at,
        title_of_verdict(decision, user),
        text=decision.verdict_reason if shows_notes(decision, user) else "",
        **by(decision.decided_by),
    )


def not_carried_out(item: DecisionPledge) -> Entry:
    """Return what kept a confirmed decision from its pledge."""
    at = item.ended_at or item.decision.proposed_at
    title = _("Not carried out: %(what)s") % {"what": what(item.decision)}
    return entry(f"{item.decision_id}-problem", at, title, text=item.problem)
