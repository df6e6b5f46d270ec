"""Who does how much of a joint pledge: each partner its own share, the lead what remains. Nothing counts twice."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from pledges.enums import Confirmation
from pledges.models import Partner, Pledge

Number = int | Decimal
# For each column of a share: the number of the pledge of which it is a part.
WHOLES = {"share_quantity": "quantity", "share_personnel": "personnel", "share_amount": "amount"}


class Measures(NamedTuple):
    """In what the numbers of a pledge are counted; empty where nothing is said."""

    capability_type: str
    unit: str
    currency: str


def measures(pledge: Pledge) -> Measures:
    """Return in what the numbers of a pledge are counted now, whether it states any or not."""
    kind = pledge.capability_type
    return Measures(kind.pk if kind else "", kind.unit_of_measure if kind else pledge.unit, pledge.currency)


def remainder(pledge: Pledge, partners: Iterable[Partner], *, besides: Partner | None = None) -> dict[str, Any]:
    """Return what the shares leave of each number of a pledge, None where the pledge states none.

    That is the lead's share; or, `besides` a partner, the most that this partner can take. Declined shares are free.
    """
    taken = held([partner for partner in partners if besides is None or partner.pk != besides.pk])
    return {share: left(getattr(pledge, whole), taken[share]) for share, whole in WHOLES.items()}


def held(partners: Iterable[Partner]) -> dict[str, Any]:
    """Return how much of each number is in the shares of these partners."""
    taking = [partner for partner in partners if partner.confirmation != Confirmation.DECLINED]
    return {share: sum(getattr(partner, share) or 0 for partner in taking) for share in WHOLES}


def left(whole: Any, taken: Any) -> Any:
    """Return what of one number is in nobody's share."""
    return None if whole is None else whole - taken


def complaints(pledge: Pledge, shares: Mapping[str, Any], room: Mapping[str, Any]) -> dict[str, str]:
    """Return each share that cannot stand, with a sentence that says what is left; the database refuses the same."""
    found = {}
    for share, number in shares.items():
        if number is None:
            continue
        if room[share] is None:
            found[share] = _("The pledge states no such number: leave this empty, or add the number to the pledge.")
        elif not 0 < number <= room[share]:
            found[share] = _("Enter a number no higher than what is left: %(left)s.") % {"left": f"{room[share]:,}"}
    return found


def takes_a_share(partner: Partner) -> bool:
    """Return whether a partner's share is stated in any number."""
    return any(getattr(partner, share) is not None for share in WHOLES)


def outgrown(pledge: Pledge) -> dict[str, str]:
    """Return each number of a pledge that is smaller than what its partners hold of it, with a sentence."""
    sentence = _("The partners' shares come to %(held)s: enter no less, or change their shares first.")
    return {
        WHOLES[share]: sentence % {"held": f"{taken:,}"}
        for share, taken in held(pledge.partners.all()).items()
        if taken > (getattr(pledge, WHOLES[share]) or 0)
    }


def state_of(partner: Partner) -> str:
    """Return what a person has read of a partner, in short: it changes with its role, its shares and its answer."""
    shares = (getattr(partner, share) for share in WHOLES)
    return ":".join("" if value is None else f"{value}" for value in (partner.role, *shares, partner.confirmation))
