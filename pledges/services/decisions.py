"""What two people decide: to announce pledges, to withdraw announced ones, or to merge one into another.

One proposes, another confirms.
"""

import logging
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import DatabaseError, transaction
from django.utils.translation import gettext as _

from accounts.history import acting
from pledges import permissions
from pledges.enums import JointAction, Verdict
from pledges.errors import Incomplete, PledgeError, WrongStatus
from pledges.models import Decision, DecisionPledge, Pledge
from pledges.services.review import check_can_merge, locked_pair, merge_as_decided
from pledges.services.writing import check_version
from pledges.transitions import TRANSITIONS, Transition, apply_transition, check_transition

AT_ONCE = 50  # pledges that the confirming request carries out itself; more are the job's, within a minute
log = logging.getLogger(__name__)


@transaction.atomic
def propose(
    action: str,
    pledges: Iterable[Pledge],
    *,
    by: Any,
    at: datetime,
    reason: str = "",
    takes_effect_at: datetime | None = None,
    kept: Pledge | None = None,
) -> Decision:
    """Put pledges before a second person, to be announced or withdrawn at once or at a stated instant.

    `kept` is the pledge into which one is merged: see `propose_merge`.

    Raises what the step itself would raise for any of the pledges, WrongStatus where one is proposed already, and
    Incomplete where there is none, or no reason although the step needs one; then nothing is proposed.
    """
    step = step_of(action)
    # In the order of their keys: two proposals at once cannot wait for each other.
    locked = list(
        Pledge.objects.filter(pk__in=[pledge.pk for pledge in pledges])
        .order_by("pk")
        .select_for_update(of=("self",), no_key=True)
    )
    if not locked:
        raise Incomplete(_("No pledge is chosen."), {"pledges": _("Choose at least one pledge.")})
    if step.needs_reason and not reason.strip():
        raise Incomplete(_("Say why."), {"reason": _("Say why, in a sentence that the delegation can act on.")})
    waiting = DecisionPledge.objects.filter(pledge__in=locked, ended_at=None).select_related("pledge").first()
    if waiting:
        raise WrongStatus(
            _("%(reference)s waits for a second person already.") % {"reference": waiting.pledge.reference}
        )
    for pledge in locked:
        check_transition(step, pledge, by)
    with acting(by, reason or f"propose to {action}"):
        decision = Decision.objects.create(
            action=action,
            kept=kept,
            reason=reason,
            takes_effect_at=takes_effect_at or at,
            proposed_by=by,
            proposed_at=at,
        )
        DecisionPledge.objects.bulk_create(DecisionPledge(decision=decision, pledge=pledge) for pledge in locked)
    return decision


def step_of(action: str) -> Transition:
    """Return the step of a pledge's life that a decision takes: what is merged is closed."""
    return TRANSITIONS["close" if action == JointAction.MERGE else action]


@transaction.atomic
def propose_merge(*, keep: Pledge, drop: Pledge, reason: str, by: Any, at: datetime) -> Decision:
    """Put before a second person that `drop`, which everyone sees, is the same commitment as `keep`: once confirmed it
    is closed as superseded by it, and both references stay, linked.

    Both are given as they were read. Raises as `merge_duplicates` and `propose` do; then nothing is proposed.
    """
    permissions.check_is_reviewer(by, drop)
    kept, dropped = locked_pair(keep, drop)
    for read, locked in ((keep, kept), (drop, dropped)):
        check_version(locked, read.version)
    check_can_merge(kept, dropped)
    return propose(JointAction.MERGE, [dropped], by=by, at=at, reason=reason, kept=kept)


def confirm(decision: Decision, *, by: Any, at: datetime) -> Decision:
    """Give the second person's consent; what is due is carried out at once, or by the job where it is much.

    Raises NeedsSecondPerson for the one who proposed it, NotAllowed for anybody but a manager, WrongStatus where the
    decision has been taken already.
    """
    decided = decide(decision, Verdict.CONFIRMED, by=by, at=at)
    if decided.takes_effect_at <= at and decided.items.count() <= AT_ONCE:
        carry_out(decided, at=at)
    return decided


def refuse(decision: Decision, *, by: Any, at: datetime, reason: str) -> Decision:
    """Refuse a proposal, with the reason. Raises as `confirm` does, and Incomplete without a reason."""
    if not reason.strip():
        raise Incomplete(_("Say why."), {"reason": _("Say why, so that it can be proposed again.")})
    return decide(decision, Verdict.REFUSED, by=by, at=at, reason=reason)


def cancel(decision: Decision, *, by: Any, at: datetime) -> Decision:
    """Take the own proposal back, or stop a confirmed one whose instant has not come: its proposer and managers may.

    Raises NotAllowed for others, WrongStatus where there is nothing to stop any more or another's proposal is open.
    """
    return decide(decision, Verdict.CANCELLED, by=by, at=at)


@transaction.atomic
def decide(decision: Decision, verdict: str, *, by: Any, at: datetime, reason: str = "") -> Decision:
    """Write a verdict on a proposal, if this person may and none stands in the way."""
    locked = Decision.objects.select_for_update().get(pk=decision.pk)
    permissions.check_can_decide(by, locked, verdict)
    with acting(by, reason or f"{verdict} to {locked.action}"):
        locked.verdict, locked.decided_by, locked.decided_at, locked.verdict_reason = verdict, by, at, reason
        locked.save()
        if verdict != Verdict.CONFIRMED:
            locked.items.filter(ended_at=None).update(ended_at=at)
    return locked


def carry_out_due(*, at: datetime) -> int:
    """Carry out every confirmed decision whose instant has come, and return the number of pledges; safe at once."""
    due = Decision.objects.filter(verdict=Verdict.CONFIRMED, takes_effect_at__lte=at, items__ended_at=None).distinct()
    carried = 0
    for decision in due:
        try:
            carried += carry_out(decision, at=at)
        except DatabaseError:  # one that the database refuses must not hold up the others
            log.exception("Decision %s cannot be carried out.", decision.pk)
    return carried


@transaction.atomic
def carry_out(decision: Decision, *, at: datetime) -> int:
    """Take the step on each pledge of a confirmed decision, and return for how many it was taken.

    All in one transaction: everyone sees all of them from one moment on, and a killed process leaves no half. A pledge
    that refuses the step by now keeps the refusal as its problem; the others go ahead.
    """
    locked = (
        Decision.objects.select_for_update(of=("self",))
        .select_related("proposed_by", "decided_by", "kept")
        .get(pk=decision.pk)
    )
    if locked.verdict != Verdict.CONFIRMED or locked.takes_effect_at > at:
        return 0
    open_items = locked.items.filter(ended_at=None).select_related("pledge").order_by("pledge_id")
    return sum(carry_out_one(locked, item, at=at) for item in open_items)


def carry_out_one(decision: Decision, item: DecisionPledge, *, at: datetime) -> bool:
    """Take the step on one pledge, stamped with the stated instant. Returns whether it was taken."""
    step: dict[str, Any] = {
        "by": decision.decided_by,
        "proposed_by": decision.proposed_by,
        "at": max(decision.takes_effect_at, decision.decided_at or at),
        "reason": decision.reason if step_of(decision.action).needs_reason else "",  # else a note between the two
    }
    try:
        if decision.action == JointAction.MERGE:
            merge_as_decided(decision, item.pledge, **step)
        else:
            apply_transition(decision.action, pledge=item.pledge, **step)
    except PledgeError as refusal:
        item.problem = str(refusal)
    with acting(decision.decided_by, decision.action):
        item.ended_at = at
        item.save()
    return not item.problem
