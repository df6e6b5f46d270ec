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
LONGEST = 100_000  # characters, names of fields among them: a session is no place for more
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
    """Put what was sent into the session, unless it is no form of ours, or a script saved while the person typed: the
    device keeps that, and there is one place, for what a person sent.

    Of what is too long, and of a file, only the fact that it was sent is kept: the person is told.
    """
    sent = request.POST.copy()
    sent.pop("csrfmiddlewaretoken", None)
    if "autosave" in sent:
        return
    try:
        by = signing.loads("".join(sent.pop(FIELD, [])), salt=KEY)
    except signing.BadSignature:
        return
    is_too_long = sum(len(name) + sum(map(len, values)) for name, values in sent.lists()) > LONGEST
    request.session[KEY] = {
        "by": by,
        "address": request.get_full_path(),
        "text": "" if is_too_long else sent.urlencode(),
        "is_too_long": is_too_long,
        "has_file": bool(request.FILES),
        "until": time.time() + SECONDS,
    }


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
    messages.warning(request, what_is_left(kept))
    return QueryDict(kept["text"]) if kept["text"] else None


def what_is_left(kept: dict[str, Any]) -> str:
    """Return what to tell whoever was signed out of what they sent."""
    said = [_("You were signed out before this was saved.")]
    if kept.get("is_too_long"):
        said.append(_("It was more than can be kept here: enter it again."))
    elif kept["text"]:
        said.append(_("What you typed is here: send it again."))
    if kept.get("has_file"):
        said.append(_("Choose the file again."))
    return " ".join(said)
