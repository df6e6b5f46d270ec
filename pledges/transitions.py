"""The life of a pledge, as a table one can read aloud, and the one door through it.

draft, returned --submit---> submitted --register--> registered --close, withdraw--> closed
                             submitted --return----> returned
                             submitted --recall----> draft
registered, not announced --return-> returned: it was never registered until it is registered anew
draft, returned --discard--> closed, withdrawn, never registered: it counts nowhere, and only its two sides see it
registered, closed --announce--> the embargo lifts; the status stays

Announcing, and withdrawing what is announced, take two people: one proposes, another confirms. A pledge is closed with
the outcome that the Secretariat's latest assessment says (assessed.py).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.history import acting
from pledges import permissions, quality
from pledges.assessed import check_read, possible_outcomes
from pledges.completeness import left_to_do
from pledges.enums import Outcome, Status
from pledges.errors import EditConflict, Incomplete, PledgeError, WrongStatus
from pledges.models import Claim, Pledge, StatusChange


@dataclass(frozen=True)
class Transition:
    """From where to where (None: the status stays), who may do or propose it, what is stamped and what must be said.

    `clears` names an instant that the step takes back, `needs_reason` the statuses from which a reason is asked for.
    """

    label: Any
    sources: frozenset[Status]
    target: Status | None
    check_actor: Callable[[Any, Pledge], None]
    stamp: str
    clears: str = ""
    needs_reason: frozenset[Status] = frozenset()
    needs_outcome: bool = False
    needs_completeness: bool = False
    outcome: str = ""  # what a step that ends a pledge always means
    takes_two: Callable[[Pledge], bool] = lambda pledge: False
    heeds_claim: bool = False  # whether another officer who reads the pledge is in the way


TRANSITIONS: dict[str, Transition] = {
    "submit": Transition(
        label=gettext_lazy("Submit to the Secretariat"),
        sources=frozenset({Status.DRAFT, Status.RETURNED}),
        target=Status.SUBMITTED,
        check_actor=permissions.check_is_approver,
        stamp="submitted_at",
        needs_completeness=True,
    ),
    "recall": Transition(
        label=gettext_lazy("Take back to change it"),
        sources=frozenset({Status.SUBMITTED}),
        target=Status.DRAFT,
        check_actor=permissions.check_is_approver,
        stamp="",
    ),
    "return": Transition(
        label=gettext_lazy("Return to the delegation"),
        sources=frozenset({Status.SUBMITTED, Status.REGISTERED}),
        target=Status.RETURNED,
        check_actor=permissions.check_is_reviewer,
        stamp="",
        clears="registered_at",
        needs_reason=frozenset({Status.SUBMITTED, Status.REGISTERED}),
        heeds_claim=True,
    ),
    "register": Transition(
        label=gettext_lazy("Register"),
        sources=frozenset({Status.SUBMITTED}),
        target=Status.REGISTERED,
        check_actor=permissions.check_is_reviewer,
        stamp="registered_at",
        heeds_claim=True,
    ),
    "announce": Transition(
        label=gettext_lazy("Announce to everyone"),
        sources=frozenset({Status.REGISTERED, Status.CLOSED}),
        target=None,
        check_actor=permissions.check_is_reviewer,
        stamp="announced_at",
        takes_two=lambda pledge: True,
    ),
    "withdraw": Transition(
        label=gettext_lazy("Withdraw"),
        sources=frozenset({Status.REGISTERED}),
        target=Status.CLOSED,
        check_actor=permissions.check_can_withdraw,
        stamp="closed_at",
        needs_reason=frozenset({Status.REGISTERED}),
        outcome=Outcome.WITHDRAWN,
        takes_two=lambda pledge: pledge.is_announced,
    ),
    "close": Transition(
        label=gettext_lazy("Close"),
        sources=frozenset({Status.REGISTERED}),
        target=Status.CLOSED,
        check_actor=permissions.check_is_reviewer,
        stamp="closed_at",
        needs_reason=frozenset({Status.REGISTERED}),
        needs_outcome=True,
    ),
    "discard": Transition(
        label=gettext_lazy("Discard"),
        sources=frozenset({Status.DRAFT, Status.RETURNED}),
        target=Status.CLOSED,
        check_actor=permissions.check_can_discard,
        stamp="closed_at",
        needs_reason=frozenset({Status.RETURNED}),
        outcome=Outcome.WITHDRAWN,
    ),
}


# A withdrawal has a step of its own: of what is announced it takes two people.
CLOSING_OUTCOMES = tuple(outcome for outcome in Outcome if outcome != Outcome.WITHDRAWN)


@transaction.atomic
def apply_transition(
    action: str,
    *,
    pledge: Pledge,
    by: Any,
    at: datetime,
    reason: str = "",
    outcome: str = "",
    version: int | None = None,
    was: str | None = None,
    proposed_by: Any = None,
) -> Pledge:
    """Take a pledge one step on: lock the row, check actor and source status, write, record who and why.

    `version`, where given, is the one that the actor has read, `was` the mark of what they read of reports and
    assessments (assessed.Known); `proposed_by` is the other person of a step that takes two, or that two people take
    although one could.
    Returns the pledge as stored. Raises NotAllowed, NeedsSecondPerson, WrongStatus, EditConflict or Incomplete, and
    then nothing has changed.
    """
    step = TRANSITIONS[action]
    with acting(by, reason or action):
        locked = Pledge.objects.locked(pledge)
        takes_two = step.takes_two(locked) or proposed_by is not None
        check_transition(step, locked, proposed_by or by, at=at)
        if takes_two:
            permissions.check_two_people(by, locked, proposed_by)
        if version is not None and locked.version != version:
            raise EditConflict(_("Somebody changed this pledge after you opened the page: read it again."))
        check_read(locked, by, was)
        check_words(step, locked, reason, outcome)
        source = locked.status
        move(step, locked, outcome=outcome, at=at)
        settle(locked, at=at)
        note_change(action, locked, source, reason=reason, by=by, proposed_by=proposed_by, at=at)
        locked.refresh_from_db()
    return locked


def move(step: Transition, pledge: Pledge, *, outcome: str, at: datetime) -> None:
    """Write what a step changes in the pledge itself: status, outcome, instant and the score of a submission."""
    pledge.status = step.target or pledge.status
    pledge.outcome = step.outcome or (outcome if step.needs_outcome else pledge.outcome)
    if step.stamp:
        setattr(pledge, step.stamp, at)
    if step.clears:
        setattr(pledge, step.clears, None)
    if step.needs_completeness:
        pledge.quality_score, pledge.quality_rules = quality.score(pledge), quality.RULES
    pledge.updated_at = at
    pledge.save()


def note_change(
    action: str, pledge: Pledge, source: str, *, reason: str, by: Any, proposed_by: Any, at: datetime
) -> None:
    """Keep for its history that a pledge was taken a step on from the status `source`, by whom and why."""
    StatusChange.objects.create(
        pledge=pledge,
        action=action,
        source=source,
        target=pledge.status,
        reason=reason,
        author=by,
        proposed_by=proposed_by,
        created_at=at,
    )


def settle(pledge: Pledge, *, at: datetime) -> None:
    """End what waited on the pledge as it was: the hand-over, the reading of an officer, and of a discarded one the
    questions too."""
    pledge.handovers.filter(ended_at=None).update(ended_at=at)
    Claim.objects.filter(pledge=pledge).delete()
    if pledge.is_discarded:
        pledge.review_notes.filter(resolved_at=None).update(resolved_at=at)


def check_transition(
    step: Transition, pledge: Pledge, by: Any, *, at: datetime | None = None, is_offer: bool = False
) -> None:
    """Refuse a step that this person may not take, or that this pledge is not ready for at an instant (now).

    Where it is only offered (`is_offer`), gaps do not matter yet: the page of the step says what is missing.
    """
    step.check_actor(by, pledge)
    if pledge.status not in step.sources:
        raise WrongStatus(
            _("This pledge is “%(status)s” now: somebody may have acted before you.") % {"status": pledge.status_word}
        )
    if step.stamp == "announced_at" and pledge.announced_at:
        raise WrongStatus(_("This pledge is already announced."))
    if step.stamp == "announced_at" and pledge.outcome == Outcome.WITHDRAWN:
        raise WrongStatus(_("This pledge was withdrawn before it was announced: it stays private."))
    if step.target == Status.RETURNED and pledge.status == Status.REGISTERED:
        check_can_go_back(pledge)
    if step.heeds_claim:
        permissions.check_not_claimed(by, pledge, at=at)
    missing = left_to_do(pledge, by) if step.needs_completeness and not is_offer else {}
    if missing:
        raise Incomplete(_("The pledge is not complete yet."), missing)


def check_can_go_back(pledge: Pledge) -> None:
    """Refuse to return a registered pledge that everyone has seen, or on which two people are deciding."""
    if pledge.announced_at:
        raise WrongStatus(
            _(
                "Everyone sees this pledge: it is not returned any more. It can be withdrawn, by two people, or "
                "superseded by a new one."
            )
        )
    if pledge.decision_items.filter(ended_at=None).exists():
        raise WrongStatus(_("It is proposed to announce this pledge: decide on that, or stop it, before it goes back."))


def check_words(step: Transition, pledge: Pledge, reason: str, outcome: str) -> None:
    """Refuse a step without the reason or the outcome that must come with it."""
    if pledge.status in step.needs_reason and not reason.strip():
        raise Incomplete(_("Say why."), {"reason": _("Say why, in a sentence that the delegation can act on.")})
    if step.needs_outcome and outcome not in CLOSING_OUTCOMES:
        raise Incomplete(_("Choose an outcome."), {"outcome": _("Choose how the pledge ended.")})
    if step.needs_outcome and outcome not in possible_outcomes(pledge):
        raise Incomplete(_("The pledge cannot end like this."), {"outcome": why_not(outcome)})


def why_not(outcome: str) -> str:
    """Return what must come before a pledge is closed with this outcome."""
    if outcome == Outcome.SUPERSEDED:
        return _("Merge it with the pledge that supersedes it.")
    return _("Assess first: the outcome is what the latest assessment of the Secretariat says.")


def possible_actions(pledge: Pledge, by: Any) -> list[str]:
    """Return the names of the steps that this person can take now, in the order of the table."""
    possible = []
    for action, step in TRANSITIONS.items():
        try:
            check_transition(step, pledge, by, is_offer=True)
        except PledgeError:
            continue
        possible.append(action)
    return possible
