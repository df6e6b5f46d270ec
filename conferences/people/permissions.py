"""Who may see and change the people of a delegation. `check_…` refuses with a reason that can be shown."""

from typing import Any

from django.utils.translation import gettext as _

from accounts.models import SECRETARIAT, User
from conferences.models import Membership, MembershipRole, Participant
from conferences.people.errors import NotAllowed

BY_APPROVERS = (MembershipRole.VIEWER, MembershipRole.DRAFTER, MembershipRole.APPROVER, MembershipRole.DEPUTY)


def check_can_see_people(user: Any, participant: Participant) -> None:
    """Refuse anybody but the Secretariat and the delegation itself: names and addresses concern nobody else."""
    if not user.is_authenticated or not (user.is_secretariat or is_in(user, participant)):
        raise NotAllowed(_("Only the delegation itself and the Secretariat can see its people."))


def check_can_change_people(user: Any, participant: Participant) -> None:
    """Refuse anybody but the delegation's approvers and the Secretariat's managers."""
    if not user.is_authenticated or not (user.is_manager or is_in(user, participant, MembershipRole.APPROVER)):
        raise NotAllowed(_("Only approvers of this delegation and managers of the Secretariat can change its people."))


def check_can_grant(user: Any, participant: Participant, role: str) -> None:
    """Refuse a role that this person may not give in this delegation."""
    check_can_change_people(user, participant)
    if role not in grantable(user):
        raise NotAllowed(_("Only a manager of the Secretariat can give this role."))


def grantable(user: Any) -> tuple[str, ...]:
    """Return the roles that somebody who may change people may give: co-chairs see more than a delegation's own."""
    return tuple(MembershipRole.values) if user.is_manager else BY_APPROVERS


def check_can_close_account(user: Any, account: User) -> None:
    """Refuse anybody but managers, and any account of the Secretariat."""
    if not user.is_authenticated or not user.is_manager:
        raise NotAllowed(_("Only a manager of the Secretariat can do this."))
    if account.role in SECRETARIAT:
        raise NotAllowed(_("Accounts of the Secretariat are kept by its administrators."))


def may_change_people(user: Any, participant: Participant) -> bool:
    """Return whether to offer changes."""
    try:
        check_can_change_people(user, participant)
    except NotAllowed:
        return False
    return True


def is_in(user: Any, participant: Participant, *roles: str) -> bool:
    """Return whether the user is now in that delegation, in one of `roles` if any are named."""
    return Membership.objects.of(user, *roles).filter(participant=participant).exists()
