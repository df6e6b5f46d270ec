"""Who may do what. `check_…` refuses with a reason that can be shown, `can_…` answers yes or no for buttons."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from conferences.models import Membership, MembershipRole, Participant
from pledges.enums import Status
from pledges.errors import NotAllowed, PledgeError, WrongStatus
from pledges.models import Pledge

WRITERS = (MembershipRole.DRAFTER, MembershipRole.APPROVER, MembershipRole.DEPUTY)
APPROVERS = (MembershipRole.APPROVER, MembershipRole.DEPUTY)
EDITABLE = frozenset({Status.DRAFT, Status.RETURNED})


def is_member(user: Any, participant_id: str, roles: tuple[str, ...]) -> bool:
    """Return whether the user is now in that delegation, in one of those roles."""
    return Membership.objects.of(user, *roles).filter(participant=participant_id).exists()


def check_can_draft_for(user: Any, participant: Participant) -> None:
    """Refuse anybody but the drafters and approvers of the delegation."""
    if not is_member(user, participant.pk, WRITERS):
        raise NotAllowed(_("Only drafters and approvers of this delegation can write its pledges."))


def check_can_edit(user: Any, pledge: Pledge) -> None:
    """Refuse anybody but the delegation's own writers, and any pledge that is no longer a draft."""
    check_can_draft_for(user, pledge.participant)
    if pledge.status not in EDITABLE:
        raise WrongStatus(_("This pledge was submitted: it can be changed again if the Secretariat returns it."))


def check_is_approver(user: Any, pledge: Pledge) -> None:
    """Refuse anybody but an approver of the delegation that leads the pledge."""
    if not is_member(user, pledge.participant_id, APPROVERS):
        raise NotAllowed(_("Only an approver of the delegation can do this."))


def check_is_reviewer(user: Any, pledge: Pledge) -> None:
    """Refuse anybody but the Secretariat's officers and managers."""
    if not user.is_authenticated or not user.is_reviewer:
        raise NotAllowed(_("Only an officer of the Secretariat can do this."))


def check_is_manager(user: Any, pledge: Pledge) -> None:
    """Refuse anybody but the Secretariat's managers."""
    if not user.is_authenticated or not user.is_manager:
        raise NotAllowed(_("Only a manager of the Secretariat can do this."))


def check_can_report(user: Any, pledge: Pledge) -> None:
    """Refuse anybody but the delegation's own writers, and any pledge that is not registered."""
    check_can_draft_for(user, pledge.participant)
    if pledge.status != Status.REGISTERED:
        raise WrongStatus(_("Progress is reported on registered pledges."))


def allowed(check: Callable[..., None], *subject: Any) -> bool:
    """Return whether a check passes, for buttons."""
    try:
        check(*subject)
    except PledgeError:
        return False
    return True


def can_edit(user: Any, pledge: Pledge) -> bool:
    """Return whether to offer editing."""
    return allowed(check_can_edit, user, pledge)


def can_report(user: Any, pledge: Pledge) -> bool:
    """Return whether to offer reporting."""
    return allowed(check_can_report, user, pledge)


def is_insider(user: Any, pledge: Pledge) -> bool:
    """Return whether this person sees the working side of a pledge: edits, review and names."""
    if not user.is_authenticated:
        return False
    return bool(user.is_secretariat) or is_member(user, pledge.participant_id, ())
