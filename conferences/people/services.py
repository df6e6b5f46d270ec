"""All that can happen to the people of a delegation. Each act checks, locks the delegation, writes, and says who."""

from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import addresses
from accounts.history import acting
from accounts.models import AddressChange, User
from conferences.models import Membership, MembershipRole, Participant
from conferences.people.errors import CannotBe
from conferences.people.permissions import check_can_change_people, check_can_close_account, check_can_grant


def lock(participant: Participant) -> Participant:
    """Hold the delegation until the end of the transaction: of two changes at once the second sees the first."""
    return Participant.objects.select_for_update(no_key=True).get(pk=participant.pk)


@transaction.atomic
def change_role(
    *,
    membership: Membership,
    role: str,
    is_focal_point: bool,
    was_focal_point: bool | None = None,
    by: Any,
    at: datetime,
) -> Membership:
    """Give a member another role from now on, and say whether they are the contact person. Returns the new place.

    `was_focal_point` is what stood there when it was read, None where that is not known. Raises NotAllowed, or CannotBe
    where the place is over, somebody else changed that meanwhile, or the delegation would be left without an approver.
    """
    participant = lock(membership.participant)
    check_can_grant(by, participant, role)
    with acting(by, "change role"):
        current = running(membership, at=at)
        check_as_read(current, was_focal_point, is_focal_point)
        if current.role == role:
            current.is_focal_point = is_focal_point
            current.save()
            return current
        if current.role == MembershipRole.APPROVER:
            check_an_approver_stays(current, at=at)
        finish(current, at=at)
        return place(current.user, participant, role, at=at, is_focal_point=is_focal_point)


def check_as_read(current: Membership, was_focal_point: bool | None, is_focal_point: bool) -> None:
    """Raise CannotBe where this would undo unseen what somebody else said of the contact person."""
    if was_focal_point in {None, current.is_focal_point} or is_focal_point == current.is_focal_point:
        return
    said = _("Somebody made %(name)s the contact person meanwhile: tick it below if that is right, and save again.")
    if not current.is_focal_point:
        said = _(
            "Somebody said meanwhile that %(name)s is not the contact person: tick it below only if that is wrong."
        )
    raise CannotBe(said % {"name": current.user})


@transaction.atomic
def end(*, membership: Membership, by: Any, at: datetime) -> None:
    """End somebody's place in a delegation now. Raises NotAllowed, or CannotBe for the last approver."""
    participant = lock(membership.participant)
    check_can_change_people(by, participant)
    with acting(by, "end membership"):
        current = running(membership, at=at)
        if current.role == MembershipRole.APPROVER:
            check_an_approver_stays(current, at=at)
        finish(current, at=at)


@transaction.atomic
def hand_over(*, membership: Membership, to: User, on: datetime, by: Any, at: datetime) -> Membership:
    """Let a post rotate: `to` has the role from the instant `on`, at which the one who had it leaves.

    Whoever was to follow by an earlier handing over does not come. Returns the successor's place. Raises NotAllowed
    or CannotBe.
    """
    participant = lock(membership.participant)
    check_can_grant(by, participant, membership.role)
    with acting(by, "hand over"):
        current = running(membership, at=at)
        begins = max(on, at, current.started_at)
        if to.pk == current.user_id or not participant.memberships.open().filter(user=to).exists():
            raise CannotBe(_("Choose somebody else who is in this delegation now."))
        if current.ended_at and current.ended_at < begins:
            raise CannotBe(_("This place ends before that day."))
        end_coming(current, at=at)
        finish(current, at=begins)
        return place(to, participant, current.role, at=begins, is_focal_point=current.is_focal_point)


@transaction.atomic
def enter_address(*, membership: Membership, email: str, by: Any, at: datetime) -> AddressChange:
    """Enter another address for a member; it holds once the member, signed in, confirms it there.

    Raises NotAllowed, or CannotBe where the place or the account is closed, and where too many links were sent.
    """
    check_can_change_people(by, lock(membership.participant))
    account = running(membership, at=at).user
    try:
        return addresses.ask(account=account, email=email, by=by, at=at)
    except addresses.AddressRefused as refusal:
        raise CannotBe(str(refusal)) from refusal


@transaction.atomic
def take_back_address(*, membership: Membership, by: Any, at: datetime) -> None:
    """Take back the address that waits for a member to confirm it. Raises NotAllowed, or CannotBe."""
    check_can_change_people(by, lock(membership.participant))
    addresses.take_back(account=running(membership, at=at).user, by=by, at=at)


def end_coming(leaving: Membership, *, at: datetime) -> None:
    """End the coming places to which this one was handed over before, and theirs in turn.

    The history tells which they are: it wrote the end of one and the beginning of the other in the same act.
    """
    events: Any = leaving.events  # type: ignore[attr-defined]
    handed_over = events.filter(ended_at=leaving.ended_at, pgh_context_id__isnull=False).order_by("pgh_id").first()
    if leaving.ended_at is None or handed_over is None:
        return
    coming = Membership.objects.filter(
        participant=leaving.participant_id, role=leaving.role, started_at=leaving.ended_at, started_at__gt=at
    )
    made = coming.filter(events__pgh_context_id=handed_over.pgh_context_id, events__pgh_label="insert")
    for successor in made:
        end_coming(successor, at=at)
        finish(successor, at=at)


def running(membership: Membership, *, at: datetime) -> Membership:
    """Return the place as it is stored now. Raises CannotBe where it is over."""
    current = Membership.objects.select_for_update(of=("self",)).select_related("user").get(pk=membership.pk)
    if current.ended_at and current.ended_at <= at:
        raise CannotBe(_("Somebody ended this place in the delegation before you."))
    return current


def finish(membership: Membership, *, at: datetime) -> None:
    """Write the end of a place; one that never began ends as it begins."""
    membership.ended_at = max(at, membership.started_at)
    membership.save()


def place(user: User, participant: Participant, role: str, *, at: datetime, is_focal_point: bool = False) -> Membership:
    """Return the user's open place with this role: the one there is, or a new one from the instant `at`.

    Where `is_focal_point`, they are the contact person from now on; else a place that there is stays as it is.
    """
    there = participant.memberships.filter(user=user, role=role, ended_at=None).first()
    if there and there.started_at <= at:
        if is_focal_point and not there.is_focal_point:
            there.is_focal_point = True
            there.save()
        return there
    if there:
        finish(there, at=at)
    return Membership.objects.create(
        user=user, participant=participant, role=role, started_at=at, is_focal_point=is_focal_point
    )


def check_an_approver_stays(leaving: Membership, *, at: datetime) -> None:
    """Raise CannotBe where nobody else approves for the delegation at the instant `at` and from then on."""
    others = Membership.objects.filter(
        participant=leaving.participant_id,
        role=MembershipRole.APPROVER,
        started_at__lte=max(at, leaving.started_at),
        ended_at=None,
        user__is_active=True,
    )
    if not others.exclude(pk=leaving.pk).exists():
        raise CannotBe(_("This is the delegation's last approver: name another first, or hand over."))


@transaction.atomic
def set_account_open(*, account: User, is_open: bool, by: Any) -> None:
    """Close an account, or open it again. What its owner sends next is refused. Raises NotAllowed."""
    check_can_close_account(by, account)
    with acting(by, "open account" if is_open else "close account"):
        locked = User.objects.select_for_update().get(pk=account.pk)
        locked.is_active = is_open
        locked.save(update_fields=["is_active"])


@transaction.atomic
def remove_second_factor(*, account: User, by: Any) -> None:
    """Let somebody whose phone and codes are lost set up a new phone at the next sign-in. Raises NotAllowed."""
    check_can_close_account(by, account)
    Authenticator.objects.filter(user=account).delete()
