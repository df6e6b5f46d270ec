"""How the sign-in library behaves here: closed to sign-up, one answer for every refusal, limits by account."""

import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.mail import owe_notice
from accounts.models import User
from accounts.names import username_for
from accounts.sealing import opened, sealed

WRONG = _("Username and password do not fit together. Check both; capital letters count in the password.")
TOO_MANY = _(
    "Too many attempts with this name in the last hour. Set a new password by mail: then you can sign in at once."
)
WRONG_CODE = _("This code is not right, or it is over. Type the one that your app shows now.")
TOO_MANY_CODES = _("Too many wrong codes. Try again in an hour.")
DEAD_LINK = _("This link was used before, or it is too old.")


class AccountAdapter(DefaultAccountAdapter):
    """Accounts come by invitation; nothing on a page tells which accounts there are."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": WRONG,
        "email_password_mismatch": WRONG,
        "account_inactive": WRONG,
        "too_many_login_attempts": TOO_MANY,
        "enter_current_password": _("This is not your password of today."),
        "incorrect_password": _("This is not your password."),
        "invalid_password_reset": DEAD_LINK,
        "rate_limited": TOO_MANY_CODES,
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up: people are invited."""
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """Return the user with this name and password, None as well for an account that was closed."""
        user = super().authenticate(request, **credentials)
        return user if user and user.is_active else None

    def get_login_stages(self) -> list[str]:
        """Return the steps of signing in: our own for the code, and no page on trust: the page for the code asks."""
        ours = {"allauth.mfa.stages.AuthenticateStage": "accounts.trust.CodeStage", "allauth.mfa.stages.TrustStage": ""}
        stages = [ours.get(stage, stage) for stage in super().get_login_stages()]
        return [stage for stage in stages if stage]

    def respond_user_inactive(self, request: HttpRequest, user: AbstractBaseUser) -> HttpResponse:
        """Answer as to a wrong password: an account may be closed between its password and its code."""
        messages.error(request, str(WRONG))
        return redirect("sign-in")

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Return under which name attempts are counted: the account's own, however it was called.

        The library's own key holds the host with its port, which the visitor chooses, and the name as typed.
        """
        typed = credentials.get("username") or credentials.get("email") or ""
        return username_for(typed).lower()

    def is_reauthentication_required(self, *, app: str, **rest: Any) -> bool:
        """Ask for the password again before a second factor is changed, unless it was given minutes ago."""
        user = context.request.user
        if not get_reauthentication_flows(user):
            return False  # who signs in elsewhere has nothing to give again here
        records = get_authentication_records(context.request, user)
        return not records or time.time() - records[-1]["at"] > settings.ACCOUNT_REAUTHENTICATION_TIMEOUT

    def send_notification_mail(self, template_prefix: str, user: AbstractBaseUser, *args: Any, **rest: Any) -> None:
        """Tell somebody by mail what changed about their account: it may not have been them."""
        owe_notice(User.objects.get(pk=user.pk), template_prefix, at=timezone.now())

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *args: Any, **rest: Any
    ) -> None:
        """Say what was done, save that somebody signed in: the page shows that."""
        if message_template != "account/messages/logged_in.txt":
            super().add_message(request, level or messages.INFO, message_template, *args, **rest)


class SecondFactorAdapter(DefaultMFAAdapter):
    """Codes from an app: their secrets are stored enciphered."""

    error_messages = DefaultMFAAdapter.error_messages | {"incorrect_code": WRONG_CODE}

    def get_totp_label(self, user: AbstractBaseUser) -> str:
        """Return what the app shows beside the codes."""
        return user.get_username()

    def build_totp_svg(self, url: str) -> str:
        """Return the picture for the app's camera as an element of the page: no address holds the secret."""
        _declaration, _end, picture = super().build_totp_svg(url).partition("?>")
        return picture.strip()

    def encrypt(self, text: str) -> str:
        """Return a secret as it is stored."""
        return sealed(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Return a stored secret."""
        return opened(encrypted_text)
