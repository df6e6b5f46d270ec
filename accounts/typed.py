"""What somebody typed after their session had ended: kept through signing in again, so that nobody types it twice.

It waits in the visitor's own session, for the same person and address and for an hour; the form then opens with it, and
nothing is stored in the ledger of pledges before the person sends it again. Whose form it was the form itself says,
signed: the next to sign in at a shared desk does not read it, and no stranger can fill a session.
"""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core import signing
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.translation import gettext as _

KEY = "typed"
FIELD = "typed_by"
SECONDS = 60 * 60
LONGEST = 100_000  # characters: a session is no place for more
View = Callable[..., HttpResponse]


def mark(user: Any) -> str:
    """Return the signed mark of the person to whom a form is shown."""
    return signing.dumps(user.pk, salt=KEY)


def keeps_typed(view: View) -> View:
    """Decorate a view for people who are signed in: others are asked to sign in, and find again what they sent."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        if request.method == "POST":
            keep(request)
        return redirect_to_login(request.get_full_path())

    return guarded


def keep(request: HttpRequest) -> None:
    """Put what was sent into the session, unless it is too long or no form of ours."""
    sent = request.POST.copy()
    sent.pop("csrfmiddlewaretoken", None)
    try:
        by = signing.loads("".join(sent.pop(FIELD, [])), salt=KEY)
    except signing.BadSignature:
        return
    text = sent.urlencode()
    if len(text) <= LONGEST:
        until = time.time() + SECONDS
        request.session[KEY] = {"by": by, "address": request.get_full_path(), "text": text, "until": until}


def sent_or_kept(request: HttpRequest) -> QueryDict | None:
    """Return what this request sends, or what was kept for its address; None where there is neither."""
    if request.method == "POST":
        return request.POST
    kept = request.session.get(KEY)
    if not kept or kept["address"] != request.get_full_path():
        return None
    del request.session[KEY]
    if kept["until"] < time.time() or kept["by"] != request.user.pk:
        return None
    messages.warning(request, _("You were signed out before this was saved. What you typed is here: send it again."))
    return QueryDict(kept["text"])
