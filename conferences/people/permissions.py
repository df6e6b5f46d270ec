"""Who may see and change the people of a delegation. `check_…` refuses with a reason that can be shown."""

from typing import Any

from django.utils.translation import gettext as _

from accounts.models import SECRETARIAT, Role, RoleGrant, User
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
    """Refuse anybody but managers, and for accounts of the Secretariat anybody but administrators; and one's own."""
    keepers = {Role.ADMINISTRATOR} if account.role in SECRETARIAT else {Role.ADMINISTRATOR, Role.MANAGER}
    if not user.is_authenticated or not user.is_active or user.role not in keepers:
        raise NotAllowed(_("Only a manager, and for the Secretariat only an administrator, can do this."))
    if user.pk == account.pk:
        raise NotAllowed(_("Somebody else must do this to your own account."))


def check_keeps_roles(user: Any) -> None:
    """Refuse anybody but managers and administrators."""
    if not user.is_authenticated or not user.is_active or user.role not in {Role.MANAGER, Role.ADMINISTRATOR}:
        raise NotAllowed(_("Only managers and administrators give roles of the Secretariat."))


def check_can_propose_role(user: Any, account: User) -> None:
    """Refuse anybody but managers and administrators, and a role for oneself."""
    check_keeps_roles(user)
    if user.pk == account.pk:
        raise NotAllowed(_("Nobody proposes a role for themselves."))


def check_can_confirm_role(user: Any, grant: RoleGrant) -> None:
    """Refuse anybody but a manager or administrator who neither proposed the role nor gets it, under whatever name."""
    check_keeps_roles(user)
    involved = (grant.user, grant.proposed_by)
    if any(user.pk == person.pk or user.email.lower() == person.email.lower() for person in involved):
        raise NotAllowed(_("Somebody else must confirm this: neither who proposed the role nor who gets it."))


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
