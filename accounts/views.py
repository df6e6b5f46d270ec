"""The few pages of an account that the sign-in library does not have."""

from typing import Any

from allauth.account.views import INTERNAL_RESET_SESSION_KEY, LoginView, password_change
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


class SignInView(LoginView):
    """The sign-in page, with a button for the organisation's own way where there is one."""

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        """Add `elsewhere`, the name of that organisation, empty where there is none."""
        found: dict[str, Any] = super().get_context_data(
            elsewhere=settings.OIDC_ISSUER and settings.OIDC_NAME, **context
        )
        return found


@never_cache
@require_safe
def reset_link(request: HttpRequest) -> HttpResponse:
    """Take the key of a mailed link out of the address into the session, and go on to the form for a new password.

    The key stands in the query, which the access log leaves out. A wrong one is refused by the form's page.
    """
    uid, _dash, key = request.GET.get("key", "").partition("-")
    request.session[INTERNAL_RESET_SESSION_KEY] = key
    return redirect(
        "account_reset_password_from_key", uidb36=uid if uid.isalnum() and uid.isascii() else "0", key="set-password"
    )


@login_required
def change_password(request: HttpRequest) -> HttpResponse:
    """Change the password; whoever signs in elsewhere has none here."""
    user: Any = request.user
    if not user.has_usable_password():
        return redirect("mfa_index")
    changed: HttpResponse = password_change(request)
    return changed
