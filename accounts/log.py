"""One line in the log for every sign-in, refusal and change of a secret: who and what, never a password or a link."""

import logging
from typing import Any

from allauth.account import signals as account
from allauth.mfa import signals as second_factor
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver

logger = logging.getLogger("accounts.sign_in")


@receiver([user_logged_in, user_logged_out], dispatch_uid="log_session")
def session(sender: Any, signal: Any, user: Any, **rest: Any) -> None:
    """Note that somebody came or went."""
    if user:
        logger.info("signed %s: user %s", "in" if signal is user_logged_in else "out", user.pk)


@receiver(user_login_failed, dispatch_uid="log_refusal")
def refused(sender: Any, **rest: Any) -> None:
    """Note a wrong password. The name is left out: people type their password into that box, too."""
    logger.warning("sign-in refused: name and password do not fit together")


@receiver(account.password_changed, dispatch_uid="log_password_changed")
@receiver(account.password_reset, dispatch_uid="log_password_reset")
def password(sender: Any, signal: Any, user: Any, **rest: Any) -> None:
    """Note a new password."""
    how = "changed" if signal is account.password_changed else "set by a mail link"
    logger.info("password %s: user %s", how, user.pk)


@receiver(second_factor.authentication_failed, dispatch_uid="log_code_refused")
def code_refused(sender: Any, user: Any, **rest: Any) -> None:
    """Note a wrong code."""
    logger.warning("code refused: user %s", user.pk)


@receiver(second_factor.authenticator_added, dispatch_uid="log_factor_added")
@receiver(second_factor.authenticator_removed, dispatch_uid="log_factor_removed")
@receiver(second_factor.authenticator_reset, dispatch_uid="log_factor_reset")
def factor(sender: Any, signal: Any, user: Any, authenticator: Any, **rest: Any) -> None:
    """Note that a second factor came, went or was made anew."""
    words = {second_factor.authenticator_added: "added", second_factor.authenticator_removed: "removed"}
    logger.info("second factor %s %s: user %s", authenticator.type, words.get(signal, "made anew"), user.pk)
