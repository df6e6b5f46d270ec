"""Signing in through an organisation's own identity provider (OpenID Connect), where the settings name one.

It opens accounts that are there, found by an address that the provider has verified; it makes none.
"""

from typing import Any, NoReturn

from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.openid_connect import views
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User

PROVIDER = "sso"


class SingleSignOnAdapter(DefaultSocialAccountAdapter):
    """No sign-up, no connecting of accounts, and one answer for every refusal."""

    def authenticate_by_email(self, sociallogin: SocialLogin) -> tuple[User, str] | None:
        """Return the one account with an address that the provider has verified, None where there is not just one."""
        verified = [address.email for address in sociallogin.email_addresses if address.verified is True]
        for email in verified:
            found = list(User.objects.filter(email__iexact=email)[:2])
            if len(found) == 1:
                return found[0], email
        return None

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Refuse all but signing in to an open account; note its address as verified, as the provider says so."""
        if sociallogin.state.get("process") != "login" or not sociallogin.is_existing:
            refuse(request)
        if not sociallogin.user.is_active:
            refuse(request)
        address = {"user": sociallogin.user, "email": sociallogin.user.email.lower()}
        EmailAddress.objects.update_or_create(**address, defaults={"verified": True, "primary": True})

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Nobody signs up: people are invited."""
        return False

    def on_authentication_error(self, request: HttpRequest, *args: Any, **rest: Any) -> None:
        """Lead back to the sign-in page, whatever the provider said."""
        refuse(request)


def refuse(request: HttpRequest) -> NoReturn:
    """Lead back to the sign-in page with the one answer for all refusals."""
    messages.error(request, _("You could not be signed in this way. Use your password, or ask who invited you."))
    raise ImmediateHttpResponse(redirect("sign-in"))


@require_POST
def start(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Lead to the provider, by a button and not by a link: no other site can begin it."""
    response: HttpResponse = views.login(request, provider_id)
    return response


@require_safe
def come_back(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Take what the provider says of the person."""
    response: HttpResponse = views.callback(request, provider_id)
    return response


urlpatterns = [
    path("sign-in/elsewhere/", start, {"provider_id": PROVIDER}, name="openid_connect_login"),
    path("sign-in/elsewhere/back/", come_back, {"provider_id": PROVIDER}, name="openid_connect_callback"),
]
