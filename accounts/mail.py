"""Mail about accounts: owed in the database first, sent by a job, so that no page waits for the mail server.

A request for a new password stores the address as typed and no more, whoever it belongs to: page and work are the same
for addresses with and without an account. Links are made when the message is sent and stand in no table in the clear.
"""

import logging
from datetime import datetime, timedelta

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from accounts.models import OwedMail, User
from accounts.sealing import opened, sealed

logger = logging.getLogger(__name__)
PAUSE = timedelta(minutes=2)
GIVE_UP_AFTER = timedelta(hours=24)

# What changed about an account, by the sign-in library's name for it.
NOTICES = {
    "account/email/password_changed": _("Your password was changed"),
    "account/email/password_reset": _("Your password was changed by a mail link"),
    "socialaccount/email/account_connected": _("Your account can now be opened through your organisation"),
    "mfa/email/totp_activated": _("Your account now asks for a code"),
    "mfa/email/totp_deactivated": _("Your account no longer asks for a code"),
    "mfa/email/recovery_codes_generated": _("Your account has new recovery codes"),
    "accounts/email/token_made": _("An API token was made for your account"),
}


def owe(*, to: str, subject: str, text: str) -> None:
    """Note a message to be sent; its text may hold a link, so it is stored enciphered."""
    OwedMail.objects.create(address=to, subject=subject, sealed_text=sealed(text))


def owe_reset(address: str) -> None:
    """Note that somebody asks for a new password for whatever account has this address."""
    OwedMail.objects.create(address=address)


def owe_notice(user: User, kind: str, *, at: datetime) -> None:
    """Owe the word of what changed about an account, in its owner's language; `kind` is one of NOTICES."""
    with override(user.language):
        notice = str(NOTICES[kind])
        context = {"user": user, "notice": notice, "base_url": settings.BASE_URL, "when": at}
        owe(to=user.email, subject=notice, text=render_to_string("account/mail/notice.txt", context))


def send_owed(*, at: datetime, limit: int = 200) -> int:
    """Send what is owed, up to `limit` messages, and return how many left the list."""
    done = 0
    for _each in range(limit):
        outcome = send_next(at=at)
        if outcome is None:
            break
        done += outcome
    return done


@transaction.atomic
def send_next(*, at: datetime) -> bool | None:
    """Send the message that has waited longest. Returns whether it left the list, None where nothing waits.

    The row is held while it is sent; should the process die, it is sent again.
    """
    waiting = OwedMail.objects.filter(next_attempt_at__lte=at).order_by("next_attempt_at", "pk")
    owed = waiting.select_for_update(skip_locked=True).first()
    if owed is None:
        return None
    try:
        with transaction.atomic():  # so that after a failure in the database the row can still be put off
            for mail in messages_of(owed):
                mail.send()
    except Exception as error:  # whatever it is, the messages behind this one are sent
        return put_off(owed, error, at=at)
    owed.delete()
    return True


def put_off(owed: OwedMail, error: Exception, *, at: datetime) -> bool:
    """Try a message again later, or give it up after a day. Returns whether it left the list."""
    if at - owed.created_at > GIVE_UP_AFTER:
        logger.error("mail about an account given up after a day: %s", type(error).__name__)
        owed.delete()
        return True
    logger.warning("mail about an account not sent, tried again later: %s", type(error).__name__)
    owed.next_attempt_at = at + PAUSE
    owed.save(update_fields=["next_attempt_at"])
    return False


def messages_of(owed: OwedMail) -> list[EmailMessage]:
    """Return the messages that a row stands for: none where a new password is asked for an unknown address."""
    if owed.sealed_text:
        return [EmailMessage(owed.subject, opened(owed.sealed_text), to=[owed.address])]
    people = User.objects.filter(email__iexact=owed.address, is_active=True)
    return [reset_message(user) for user in people]


def reset_message(user: User) -> EmailMessage:
    """Return the message that leads to a new password, in the language of the account's owner."""
    key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
    link = f"{settings.BASE_URL}{reverse('reset-link')}?{urlencode({'key': key})}"
    context = {"user": user, "link": link, "hours": settings.PASSWORD_RESET_TIMEOUT // 3600}
    with override(user.language):
        text = render_to_string("account/mail/reset.txt", context)
        return EmailMessage(str(_("Set a new password")), text, to=[user.email])
