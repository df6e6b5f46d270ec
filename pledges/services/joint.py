"""Joint pledges: the lead invites partners, each with a role and a share; each answers for its own share.

The pledge's row is locked first, so that two at once never take together what neither may take alone. `expected`, where
given, is what the actor has read of the partner (`pledges.shares.state_of`): what another changed since is not
overwritten.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.history import acting
from conferences.models import Participant, ParticipantKind
from pledges import permissions
from pledges.enums import Confirmation, PartnerRole, Status
from pledges.errors import EditConflict, Incomplete, WrongStatus
from pledges.models import Partner, Pledge
from pledges.shares import WHOLES, Measures, complaints, measures, remainder, state_of

ROLES = tuple(role for role in PartnerRole if role != PartnerRole.NOT_STATED)


@transaction.atomic
def invite_partner(
    *, pledge: Pledge, participant: Participant, role: str, shares: Mapping[str, Any], by: Any
) -> Partner:
    """Ask another participant to take part. `shares` maps columns of shares to numbers or None.

    The same invitation sent twice is one; one that declined can be asked again. Raises NotAllowed, WrongStatus, or
    Incomplete with the field that cannot stand.
    """
    locked = Pledge.objects.locked(pledge)
    permissions.check_can_change_partners(by, locked)
    known = locked.partners.filter(participant=participant).first()
    if known and known.confirmation == Confirmation.DECLINED:
        return store(known, role=role, shares=shares, confirmation=Confirmation.AWAITED, by=by, why="invite")
    refuse_participant(locked, participant, known, role, shares)
    if known:
        return known
    partner = Partner(pledge=locked, participant=participant)
    return store(partner, role=role, shares=shares, confirmation=Confirmation.AWAITED, by=by, why="invite")


def refuse_participant(
    pledge: Pledge, participant: Participant, known: Partner | None, role: str, shares: Mapping[str, Any]
) -> None:
    """Refuse who cannot be a partner, or is one already on other terms."""
    sentence = ""
    if participant.pk == pledge.participant_id:
        sentence = _("This delegation leads the pledge: choose another.")
    elif participant.kind == ParticipantKind.SECRETARIAT:
        sentence = _("The Secretariat does not pledge: choose another.")
    elif known and terms_of(known) != terms(role, shares):
        sentence = _("This participant is invited already: change its role or share instead.")
    if sentence:
        raise Incomplete(sentence, {"participant": sentence})


def terms(role: str, shares: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return a role and shares as one value to compare."""
    return (role, *(shares.get(share) for share in WHOLES))


def terms_of(partner: Partner) -> tuple[Any, ...]:
    """Return on what terms a partner takes part."""
    return terms(partner.role, {share: getattr(partner, share) for share in WHOLES})


@transaction.atomic
def change_partner(
    *, partner: Partner, role: str, shares: Mapping[str, Any], by: Any, expected: str | None = None
) -> Partner:
    """Change a partner's role or share; its answer is awaited anew, for it was given on the earlier terms.

    Raises NotAllowed, WrongStatus, EditConflict, or Incomplete with the field that cannot stand.
    """
    locked = locked_partner(partner)
    permissions.check_can_change_partners(by, locked.pledge)
    if terms_of(locked) == terms(role, shares):
        return locked  # sent twice, or nothing to change
    check_expected(locked, expected)
    return store(locked, role=role, shares=shares, confirmation=Confirmation.AWAITED, by=by, why="change")


@transaction.atomic
def remove_partner(*, partner: Partner, by: Any, expected: str | None = None) -> None:
    """Take a partner off the pledge; its history stays. Gone already is gone.

    Raises NotAllowed, WrongStatus or EditConflict, and WrongStatus where reports or steps of the plan name the partner.
    """
    pledge = Pledge.objects.locked(partner.pledge)
    permissions.check_can_change_partners(by, pledge)
    locked = pledge.partners.select_for_update().filter(pk=partner.pk).first()
    if locked is None:
        return
    check_expected(locked, expected)
    if locked.milestones.exists() or locked.progress_updates.exists():
        raise WrongStatus(_("Steps of the plan or reports name this partner: it stays with the pledge."))
    with acting(by, "remove"):
        locked.delete()
        tell_readers(pledge)


@transaction.atomic
def answer_share(
    *,
    partner: Partner,
    confirmation: str,
    by: Any,
    at: datetime,
    shares: Mapping[str, Any] | None = None,
    note: str = "",
    expected: str | None = None,
) -> Partner:
    """Give a partner's own word on its share: confirmed, as proposed or with `shares` of its own, or declined.

    `note` is read by the lead and the Secretariat. Raises NotAllowed for anybody but an approver of the partner's
    delegation, WrongStatus once it is too late, EditConflict, or Incomplete with the share that does not fit.
    """
    locked = locked_partner(partner)
    permissions.check_is_invited(by, locked)
    declines = confirmation == Confirmation.DECLINED  # then what was proposed stays to be read
    offered = {share: getattr(locked, share) for share in WHOLES} if shares is None or declines else shares
    if (locked.confirmation, terms_of(locked)) == (confirmation, terms(locked.role, offered)):
        return locked  # sent twice
    permissions.check_can_answer(by, locked)
    check_expected(locked, expected)
    return store(
        locked,
        role=locked.role,
        shares=None if declines else offered,
        confirmation=confirmation,
        by=by,
        why=note,
        at=at,
        may_count=locked.confirmation == Confirmation.CONFIRMED,
    )


def locked_partner(partner: Partner) -> Partner:
    """Return a partner as it is stored now, its pledge held. Raises WrongStatus where it was taken off the pledge."""
    pledge = Pledge.objects.locked(partner.pledge)
    found = pledge.partners.select_for_update(of=("self",)).select_related("participant").filter(pk=partner.pk).first()
    if found is None:
        raise WrongStatus(_("This partner was taken off the pledge meanwhile."))
    found.pledge = pledge
    return found


def check_expected(partner: Partner, expected: str | None) -> None:
    """Refuse a change made from what is no longer there."""
    if expected is not None and expected != state_of(partner):
        raise EditConflict(_("Somebody else changed this share after you opened the page: read it again."))


def store(
    partner: Partner,
    *,
    role: str,
    shares: Mapping[str, Any] | None,
    confirmation: str,
    by: Any,
    why: str,
    at: datetime | None = None,
    may_count: bool = True,
) -> Partner:
    """Write a partner of a held pledge if its shares fit; `shares` None leaves them as they are.

    Unless they `may_count`, the refusal does not tell what is left: whoever is only invited does not see the pledge.
    """
    if role not in ROLES and role != partner.role:
        raise Incomplete(_("Choose a role."), {"role": _("Choose what the partner does in the pledge.")})
    if shares is not None:
        room = remainder(partner.pledge, partner.pledge.partners.all(), besides=partner)
        refused = complaints(partner.pledge, shares, room)
        if refused:
            told = (
                refused if may_count else dict.fromkeys(refused, _("The pledge leaves less than this: ask its lead."))
            )
            raise Incomplete(_("The shares do not fit the pledge."), told)
        for share in WHOLES:
            setattr(partner, share, shares.get(share))
    if confirmation == Confirmation.AWAITED and partner.confirmation != confirmation:
        partner.invited_at = at or timezone.now()  # the waiting, and its reminders, begin anew
    partner.role, partner.confirmation = role, confirmation
    partner.confirmed_at = at if confirmation == Confirmation.CONFIRMED else None
    with acting(by, why):
        partner.save()
        tell_readers(partner.pledge)
    return partner


def ask_anew(pledge: Pledge, before: Measures, *, at: datetime) -> None:
    """Await the answers of a held pledge's partners again where what they confirmed is counted in something else now.

    A share in another unit is emptied: the old number says nothing of the new unit. `before` is how it was counted.
    """
    now = measures(pledge)
    if before.unit and before.unit != now.unit:
        pledge.partners.exclude(confirmation=Confirmation.DECLINED).update(share_quantity=None)
    if any(was and was != this for was, this in zip(before, now, strict=True)):
        awaited = {"confirmation": Confirmation.AWAITED, "confirmed_at": None, "invited_at": at}
        pledge.partners.filter(confirmation=Confirmation.CONFIRMED).update(**awaited)


def tell_readers(pledge: Pledge) -> None:
    """Raise the version of a pledge under review: an officer decides on no other shares than were read."""
    if pledge.status == Status.SUBMITTED:
        Pledge.objects.filter(pk=pledge.pk).update(updated_at=timezone.now())
