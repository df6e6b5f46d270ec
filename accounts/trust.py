"""A browser that is not asked for a code for two weeks, where its owner chose that: for delegations alone.

So that who reports from a mail's link passes three pages, not four. The library keeps the choice in a signed cookie,
which is worth nothing after any change of password or phone. What could outlast it is asked for with a code all
the same (conferences/people/second_factor.py).
"""

from typing import Any

from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.internal.flows.trust import is_trusted_browser, trust_browser
from allauth.mfa.models import Authenticator
from allauth.mfa.stages import AuthenticateStage
from allauth.mfa.utils import is_mfa_enabled
from django.http import HttpRequest, HttpResponse


class CodeStage(AuthenticateStage):
    """The step of signing in at which a code is asked for: of the Secretariat on every browser."""

    def _should_handle(self, request: HttpRequest) -> bool:
        user = self.login.user
        if user and not may_trust(user) and is_mfa_enabled(user, [Authenticator.Type.TOTP]):
            return True
        return bool(super()._should_handle(request))


class CodeView(AuthenticateView):
    """The page for the code, which also keeps the choice."""

    def form_valid(self, form: Any) -> HttpResponse:
        """Sign in, and trust this browser where that was ticked."""
        user, response = self.stage.login.user, super().form_valid(form)
        if form.cleaned_data.get("trust"):
            trust_browser(self.request, user, response)
        return response


def may_trust(user: Any) -> bool:
    """Return whether this person may choose it: the Secretariat, who decides on everybody's pledges, may not."""
    return not user.is_secretariat


def is_trusted(request: HttpRequest) -> bool:
    """Return whether this browser stands for the code of the person who is signed in."""
    return may_trust(request.user) and is_trusted_browser(request, request.user)
