"""Signing in with an API token, in the Authorization header and nowhere else."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.models import ApiToken


class BearerTokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer pk_…` reads with the rights of the token's owner, checked anew with each request."""

    def authenticate(self, request: Request) -> tuple[Any, ApiToken] | None:
        """Return the owner and the token, or None without the header. A header that does not sign in is refused."""
        header = request.META.get("HTTP_AUTHORIZATION", "")
        if not header:
            return None
        scheme, _space, secret = header.partition(" ")
        if scheme.lower() != "bearer":
            raise AuthenticationFailed(_("Send the token as “Authorization: Bearer …”, or no such header at all."))
        token = ApiToken.objects.matching(secret.strip(), at=timezone.now())
        if token is None:
            raise AuthenticationFailed(_("This token is not known, has expired, or was withdrawn."))
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """Return how to sign in, for the answer 401."""
        return 'Bearer realm="api"'
