"""Inviting somebody into a delegation, and accepting.

Nothing here asks whether the address has an account before its owner follows the link: who invites cannot find out.
"""

from datetime import datetime, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.history import acting
from accounts.models import SECRETARIAT, MailLanguage, Role, User
from accounts.names import free_username
from conferences.models import Invitation, Membership, MembershipRole, Participant
from conferences.people.errors import CannotBe, NotAllowed
from conferences.people.mails import owe_invitation
from conferences.people.permissions import check_can_change_people, check_can_grant
from conferences.people.services import check_an_approver_stays, finish, lock, place

MOST_WAITING = 30  # in one delegation: the mail of this site is nobody's to flood others with
MOST_SENDS = 5  # to one address from one delegation, while a link is or was good
BETWEEN_SENDS = timedelta(minutes=10)


@transaction.atomic
def invite(
    *,
    participant: Participant,
    email: str,
    name: str,
    role: str,
    by: Any,
    at: datetime,
    language: str = MailLanguage.ENGLISH,
) -> Invitation:
    """Invite an address into a delegation, with a role. One that waits already is renewed with what is said now.

    The mail is in `language`, which an account that is made with it keeps. Raises NotAllowed, or CannotBe where too
    many invitations wait or too many mails went to the address.
    """
    locked = lock(participant)
    check_can_grant(by, locked, role)
    check_not_too_often(locked, email, at=at)
    with acting(by, "invite"):
        waiting = locked.invitations.waiting()
        there = waiting.filter(email__iexact=email).first()
        if there:
            there.name, there.role, there.language = name, role, language
            return renew(there, by=by, at=at)
        if waiting.count() >= MOST_WAITING:
            raise CannotBe(_("Too many invitations wait in this delegation: take some back first."))
        invitation = Invitation.objects.create(
            participant=locked,
            email=email.lower(),
            name=name,
            role=role,
            language=language,
            invited_by=by,
            created_at=at,
            expires_at=ends(at),
        )
        owe_invitation(invitation)
        return invitation


@transaction.atomic
def send_again(*, invitation: Invitation, by: Any, at: datetime) -> Invitation:
    """Send a new link and answer for the role; the link before is of no use any more. Raises NotAllowed or CannotBe."""
    participant = lock(invitation.participant)
    check_can_change_people(by, participant)
    waiting = still_waiting(invitation)
    check_can_grant(by, participant, waiting.role)
    check_not_too_often(participant, waiting.email, at=at)
    with acting(by, "send invitation again"):
        return renew(waiting, by=by, at=at)


@transaction.atomic
def revoke(*, invitation: Invitation, by: Any, at: datetime) -> None:
    """Take an invitation back: its link is of no use any more. Raises NotAllowed or CannotBe."""
    check_can_change_people(by, lock(invitation.participant))
    with acting(by, "revoke invitation"):
        waiting = still_waiting(invitation)
        waiting.revoked_at = at
        waiting.save()


@transaction.atomic
def accept_as_new(*, invitation: Invitation, name: str, password: str, at: datetime) -> User:
    """Make the account of somebody who followed the link, with the place in the delegation. Raises CannotBe."""
    lock(invitation.participant)
    with acting(None, "accept invitation"):
        waiting = still_waiting(invitation)
        user = new_account(waiting.email, name=name, password=password, language=waiting.language)
    with acting(user, "accept invitation"):
        join(waiting, user, at=at)
    return user


def new_account(email: str, *, name: str, password: str, language: str) -> User:
    """Make an account for an address that was proved. Raises CannotBe where there is one, also since a moment ago."""
    has_one = CannotBe(_("This address has an account already: sign in to accept."))
    if account_of(email):
        raise has_one
    try:
        with transaction.atomic():
            user = User.objects.create_user(
                free_username(email), email, password, first_name=name, role=Role.DELEGATION, language=language
            )
            EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    except IntegrityError as taken:
        raise has_one from taken
    return user


@transaction.atomic
def accept_as(*, invitation: Invitation, user: User, at: datetime) -> None:
    """Take the place in the delegation with the account that has the invited address. Raises CannotBe."""
    lock(invitation.participant)
    waiting = still_waiting(invitation)
    if account_of(waiting.email) != user:
        raise CannotBe(_("This invitation is for another address."))
    with acting(user, "accept invitation"):
        join(waiting, user, at=at)


def join(invitation: Invitation, user: User, *, at: datetime) -> Membership:
    """Give the invited role, in place of another role in the same delegation, and close the invitation.

    A co-chair's place stands beside such a role: neither ends the other.

    Raises CannotBe where who invited may not give the role now, for accounts of the Secretariat, and where the
    delegation would be left without an approver.
    """
    check_inviter(invitation)
    check_one_hat(user)
    before = Membership.objects.of(user).filter(participant=invitation.participant_id)
    if invitation.role == MembershipRole.CO_CHAIR:
        before = before.none()
    for other in before.exclude(role=invitation.role):
        if other.role == MembershipRole.APPROVER:
            check_an_approver_stays(other, at=at)
        finish(other, at=at)
    invitation.accepted_at, invitation.accepted_by = at, user
    invitation.save()
    return place(user, invitation.participant, invitation.role, at=at)


def check_inviter(invitation: Invitation) -> None:
    """Raise CannotBe where who invited may no longer give the role: nobody comes back by a link they left for later."""
    try:
        check_can_grant(invitation.invited_by, invitation.participant, invitation.role)
    except NotAllowed as refusal:
        said = _("Who invited you can no longer give this role: ask the delegation to send the invitation again.")
        raise CannotBe(said) from refusal


def check_one_hat(user: User) -> None:
    """Raise CannotBe for an account of the Secretariat; a role that is being confirmed is waited for."""
    if User.objects.select_for_update(no_key=True).get(pk=user.pk).role in SECRETARIAT:
        raise CannotBe(_("Your account has a role in the Secretariat: it cannot belong to a delegation, too."))


def check_not_too_often(participant: Participant, email: str, *, at: datetime) -> None:
    """Raise CannotBe where this delegation wrote to the address just now, or often enough.

    What was taken back counts while its link would have been good, so that inviting anew is no way around.
    """
    counts = Q(revoked_at=None) | Q(expires_at__gt=at)
    sent = participant.invitations.filter(counts, email__iexact=email, accepted_at=None)
    if sent.filter(expires_at__gt=ends(at - BETWEEN_SENDS), expires_at__lte=ends(at)).exists():
        raise CannotBe(_("A link went to this address less than ten minutes ago: wait a little before the next."))
    if sum(sent.values_list("sends", flat=True)) >= MOST_SENDS:
        raise CannotBe(_("Several links went to this address already: reach the person in another way."))


def still_waiting(invitation: Invitation) -> Invitation:
    """Return the invitation as it is stored now, held. Raises CannotBe where it was accepted or taken back."""
    locked = Invitation.objects.waiting().select_for_update(of=("self",)).filter(pk=invitation.pk).first()
    if locked is None:
        raise CannotBe(_("This invitation was accepted or taken back before."))
    return locked


def account_of(email: str) -> User | None:
    """Return the account with this address, None where there is none."""
    return User.objects.filter(email__iexact=email).order_by("-is_active", "pk").first()


def renew(invitation: Invitation, *, by: Any, at: datetime) -> Invitation:
    """Begin the invitation's days anew, with a new link; who sends it answers for the role from now on."""
    invitation.sends += 1
    invitation.invited_by = by
    invitation.expires_at = ends(at)
    invitation.save()
    owe_invitation(invitation)
    return invitation


def ends(at: datetime) -> datetime:
    """Return until when an invitation sent at this instant is good."""
    return at + timedelta(days=settings.INVITATION_DAYS)
