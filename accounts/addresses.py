"""Another address for an account: entered by its owner or by whoever manages the delegation, confirmed by its owner.

The link goes to the new address and opens nothing by itself: whoever follows it is signed in to the account already, as
before. So nobody who enters an address for somebody else comes nearer to that account, and neither does the reader of a
mailbox that was named by mistake. Nothing here tells whether an address has an account.
"""

import logging
from datetime import datetime, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core import signing
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from accounts.history import acting
from accounts.mail import owe
from accounts.models import AddressChange, User
from accounts.names import free_username

logger = logging.getLogger(__name__)
SALT = "address-change"
LIFE = timedelta(days=7)
BETWEEN = timedelta(minutes=10)  # of two links to one address
MOST_A_DAY = 5  # for one account: the mail of this site is nobody's to flood others with
MOST_BY_ONE_A_DAY = 20  # by one person, for whatever accounts
DAY = timedelta(days=1)
SUBJECTS = {
    "address_confirm": gettext_lazy("Confirm your address"),
    "address_entered": gettext_lazy("Another address was entered for your account"),
    "address_changed": gettext_lazy("Your address was changed"),
}


class AddressRefused(Exception):
    """The address cannot be changed like this, in words that can be shown."""


@transaction.atomic
def ask(*, account: User, email: str, by: Any, at: datetime) -> AddressChange:
    """Enter another address for an account, in place of one that waits; a link to confirm it goes there.

    Who enters it for somebody else has been checked before; the owner is told at the address of today. Raises
    AddressRefused for a closed account, for the address of today, and where too many links were sent.
    """
    held = User.objects.select_for_update(no_key=True).get(pk=account.pk)
    check_can_have(held, email)
    check_not_too_often(held, email, by=by, at=at)
    with acting(by, "enter another address"):
        end_waiting(held, at=at)
        change = AddressChange.objects.create(
            user=held, email=email.lower(), asked_by=by, asked_at=at, expires_at=at + LIFE
        )
    send(change)
    return change


def check_can_have(account: User, email: str) -> None:
    """Raise AddressRefused for a closed account, and for the address that the account has."""
    if not account.is_active:
        raise AddressRefused(_("This account is closed: open it first."))
    if account.email.casefold() == email.casefold():
        raise AddressRefused(_("This is the address of the account already: enter another one."))


def check_not_too_often(account: User, email: str, *, by: Any, at: datetime) -> None:
    """Raise AddressRefused where a link went to this address just now, or enough of them today."""
    today = AddressChange.objects.filter(asked_at__gt=at - DAY)
    if today.filter(user=account, email__iexact=email, asked_at__gt=at - BETWEEN).exists():
        raise AddressRefused(_("A link went to this address less than ten minutes ago: wait a little before the next."))
    if (
        today.filter(user=account).count() >= MOST_A_DAY
        or today.filter(asked_by=by).exclude(user=by).count() >= MOST_BY_ONE_A_DAY
    ):
        raise AddressRefused(_("Several links were sent today: try again tomorrow."))


def end_waiting(account: User, *, at: datetime) -> None:
    """End what waits to be confirmed for an account; its link is of no use any more."""
    for change in account.address_changes.filter(confirmed_at=None, ended_at=None):
        change.ended_at = at
        change.save(update_fields=["ended_at"])


@transaction.atomic
def take_back(*, account: User, by: Any, at: datetime) -> None:
    """Take back the address that waits to be confirmed; where none waits, nothing happens."""
    held = User.objects.select_for_update(no_key=True).get(pk=account.pk)
    with acting(by, "take back the other address"):
        end_waiting(held, at=at)


def behind(key: str, *, owner: Any, at: datetime) -> AddressChange | None:
    """Return the change that the key of a link stands for, if it waits and is of this person's own account."""
    try:
        pk = signing.loads(key, salt=SALT)
    except (signing.BadSignature, ValueError):
        return None
    return AddressChange.objects.waiting(at=at).select_related("asked_by").filter(pk=pk, user=owner).first()


@transaction.atomic
def confirm(*, change: AddressChange, by: Any, at: datetime) -> User:
    """Give the account its new address, for its owner who is signed in; the address before is told.

    A username that is the address of today goes with it. Raises AddressRefused where the link was used, taken back or
    is too old, and where another account has the address.
    """
    account = User.objects.select_for_update().get(pk=by.pk)
    held = account.address_changes.waiting(at=at).filter(pk=change.pk).first()
    if held is None or not account.is_active:
        raise AddressRefused(_("This address waits no more to be confirmed: enter it again."))
    before = account.email
    with acting(account, "confirm another address"):
        held.confirmed_at = at
        held.save(update_fields=["confirmed_at"])
        give(account, held.email)
    logger.info("address changed: user %s", account.pk)
    if before:
        tell(account, "address_changed", to=before, change=held)
    return account


def give(account: User, email: str) -> None:
    """Write the address that was proved into the account. Raises AddressRefused where another account has it."""
    taken = AddressRefused(_("Another account has this address: use that one, or enter another address."))
    if User.objects.exclude(pk=account.pk).filter(email__iexact=email).exists():
        raise taken
    if account.username.casefold() == account.email.casefold():
        account.username = free_username(email)
    account.email = email
    try:
        with transaction.atomic():
            account.save(update_fields=["email", "username"])
            EmailAddress.objects.filter(user=account).delete()
            EmailAddress.objects.create(user=account, email=email, verified=True, primary=True)
    except IntegrityError as error:  # since a moment ago
        raise taken from error


def send(change: AddressChange) -> None:
    """Owe the mail with the link; where somebody else entered the address, also the word of it to the one of today."""
    key = signing.dumps(change.pk, salt=SALT)
    link = f"{settings.BASE_URL}{reverse('address-confirm')}?{urlencode({'key': key})}"
    account = change.user
    tell(account, "address_confirm", to=change.email, change=change, link=link)
    if change.asked_by_id != account.pk and account.email:
        link = f"{settings.BASE_URL}{reverse('address-change')}"
        tell(account, "address_entered", to=account.email, change=change, link=link)


def tell(account: User, mail: str, *, to: str, change: AddressChange, link: str = "") -> None:
    """Owe one of the mails about a change of the address, in its owner's language."""
    context = {"user": account, "change": change, "link": link, "contact": settings.REPLY_TO_EMAIL}
    with override(account.language):
        owe(to=to, subject=str(SUBJECTS[mail]), text=render_to_string(f"account/mail/{mail}.txt", context))
