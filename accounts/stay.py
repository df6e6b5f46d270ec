"""How long somebody stays signed in: told to the browser, so that a page can warn before the end and put it off."""

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

COOKIE = "signed_in_until"
Handler = Callable[[HttpRequest], HttpResponse]


class SignedInUntilMiddleware:
    """Set a cookie that scripts can read, with the second at which the session ends; it opens nothing.

    A cookie rather than words on the page: other windows of the same browser learn of it too.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        session = request.session
        if not session.modified:
            return response
        if session.get(SESSION_KEY):
            seconds = session.get_expiry_age()
            response.set_cookie(
                COOKIE,
                str(int(time.time()) + seconds),
                max_age=seconds,
                secure=settings.SESSION_COOKIE_SECURE,
                samesite="Lax",
            )
        elif COOKIE in request.COOKIES:
            response.delete_cookie(COOKIE, samesite="Lax")
        return response


@login_required
@require_POST
def stay_signed_in(request: HttpRequest) -> HttpResponse:
    """Let the session last its whole time again from now on."""
    request.session.modified = True
    return HttpResponse(status=204)
