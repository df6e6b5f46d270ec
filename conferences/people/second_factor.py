"""Whoever writes needs a second factor, where the setting REQUIRE_SECOND_FACTOR says so."""

from collections.abc import Callable
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added
from django.conf import settings
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from accounts.models import Role
from accounts.trust import is_trusted
from conferences.models import WRITERS, Membership

WRITING_ROLES = frozenset({Role.OFFICER, Role.MANAGER, Role.ADMINISTRATOR})
# What is open on the way to a second factor; all else waits.
OPEN = frozenset(
    {
        "healthz",
        "sign-in",
        "sign-out",
        "account_login",
        "account_reset_password",
        "account_reset_password_done",
        "reset-link",
        "account_reset_password_from_key",
        "account_reset_password_from_key_done",
        "account_reauthenticate",
        "mfa_reauthenticate",
        "mfa_activate_totp",
        "mfa_view_recovery_codes",
        "openid_connect_login",
        "openid_connect_callback",
    }
)
# What would outlast the two weeks of a browser that is not asked for a code, or take the account over: asked for there.
WITH_CODE = frozenset(
    {
        "account_change_password",
        "address-change",
        "address-confirm",
        "mfa_deactivate_totp",
        "mfa_generate_recovery_codes",
        "token-new",
    }
)
PROBLEM = "application/problem+json"


class SecondFactorMiddleware:
    """Send people who write to the set-up of their second factor, or to giving it, before anything else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Answer in place of the view where a second factor is owed. API tokens are no sessions: not asked here."""
        name = (request.resolver_match.url_name if request.resolver_match else "") or ""
        if name in OPEN or not request.user.is_authenticated:
            return None
        page = page_owed(request, name)
        if not page:
            return None
        if request.path.startswith("/api/"):
            return JsonResponse({"title": _("Second factor needed"), "status": 403}, status=403, content_type=PROBLEM)
        back = f"?{urlencode({'next': request.get_full_path()})}" if request.method == "GET" else ""
        return redirect(reverse(page) + back)


def page_owed(request: HttpRequest, name: str) -> str:
    """Return the name of the page that this person must pass before the one called `name`; nothing where all is well.

    A browser that need not ask for a code stands for it, save before what is in WITH_CODE.
    """
    owes_one = settings.REQUIRE_SECOND_FACTOR and writes(request.user)
    if not owes_one and name not in WITH_CODE:
        return ""
    if not Authenticator.objects.filter(user=request.user, type=Authenticator.Type.TOTP).exists():
        return "mfa_activate_totp" if owes_one else ""
    if any(record["method"] == "mfa" for record in get_authentication_records(request, request.user)):
        return ""
    return "" if name not in WITH_CODE and is_trusted(request) else "mfa_reauthenticate"


@receiver(authenticator_added, dispatch_uid="second_factor_given")
def count_as_given(sender: Any, request: HttpRequest, user: Any, authenticator: Authenticator, **rest: Any) -> None:
    """Take the set-up of an app, which begins with its first code, for giving the second factor at this sign-in."""
    if authenticator.type == Authenticator.Type.TOTP:
        record_authentication(request, user, "mfa", type=authenticator.type)


def writes(user: Any) -> bool:
    """Return whether this person may change anything of a pledge, a requirement or a person."""
    return user.role in WRITING_ROLES or Membership.objects.of(user, *WRITERS).exists()
