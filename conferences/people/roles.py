"""Roles of the Secretariat: one person proposes, another confirms; nobody changes their own."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.history import acting
from accounts.models import SECRETARIAT, RoleGrant, User
from conferences.models import Membership
from conferences.people.errors import CannotBe, NotAllowed
from conferences.people.mails import owe_role
from conferences.people.permissions import check_can_confirm_role, check_can_propose_role, check_keeps_roles


@transaction.atomic
def propose(*, account: User, role: str, reason: str, by: Any, at: datetime) -> RoleGrant:
    """Propose a role for somebody. Nothing changes before another confirms. Raises NotAllowed or CannotBe."""
    held = User.objects.select_for_update().get(pk=account.pk)
    check_can_propose_role(by, held)
    if held.role == role:
        raise CannotBe(_("This person has the role already."))
    if held.role_grants.filter(decided_at=None).exists():
        raise CannotBe(_("A role is proposed for this person already: confirm or decline that first."))
    check_two_hats(held, role)
    with acting(by, reason):
        return RoleGrant.objects.create(user=held, role=role, reason=reason, proposed_by=by, proposed_at=at)


@transaction.atomic
def confirm(*, grant: RoleGrant, by: Any, at: datetime) -> RoleGrant:
    """Give the role that another proposed, from the next request on. Raises NotAllowed or CannotBe."""
    waiting = held_grant(grant)
    check_can_confirm_role(by, waiting)
    account = User.objects.select_for_update().get(pk=waiting.user_id)
    check_still_proposed(waiting, account)
    check_two_hats(account, waiting.role)
    with acting(by, f"confirm role: {waiting.reason}"):
        decide(waiting, by=by, at=at, is_confirmed=True)
        account.role = waiting.role
        account.save(update_fields=["role"])
    owe_role(waiting, account)
    return waiting


@transaction.atomic
def decline(*, grant: RoleGrant, by: Any, at: datetime) -> RoleGrant:
    """Put a proposal aside; who made it may do so, too. Raises NotAllowed or CannotBe."""
    waiting = held_grant(grant)
    check_keeps_roles(by)
    with acting(by, "decline role"):
        decide(waiting, by=by, at=at, is_confirmed=False)
    return waiting


def held_grant(grant: RoleGrant) -> RoleGrant:
    """Return the proposal as it is stored now, held. Raises CannotBe where it was decided before."""
    waiting = RoleGrant.objects.select_for_update(of=("self",)).select_related("user", "proposed_by")
    found = waiting.filter(pk=grant.pk, decided_at=None).first()
    if found is None:
        raise CannotBe(_("Somebody decided on this before you."))
    return found


def decide(grant: RoleGrant, *, by: Any, at: datetime, is_confirmed: bool) -> None:
    """Write who decided, when and how."""
    grant.decided_by, grant.decided_at, grant.is_confirmed = by, at, is_confirmed
    grant.save()


def check_still_proposed(grant: RoleGrant, account: User) -> None:
    """Raise CannotBe where who proposed may no longer do so, or the account was closed meanwhile."""
    if not account.is_active:
        raise CannotBe(_("This account is closed: open it first, or decline."))
    try:
        check_can_propose_role(grant.proposed_by, account)
    except NotAllowed as refusal:
        raise CannotBe(_("Who proposed this may no longer give roles: decline, and propose it anew.")) from refusal


def check_two_hats(account: User, role: str) -> None:
    """Raise CannotBe for a role of the Secretariat while the person belongs to a delegation, or will."""
    not_over = Q(ended_at=None) | Q(ended_at__gt=timezone.now())
    if role in SECRETARIAT and Membership.objects.filter(not_over, user=account).exists():
        raise CannotBe(_("This person is in a delegation: that place ends first."))
