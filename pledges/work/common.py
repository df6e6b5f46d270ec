"""What the working pages have in common: which pledge, and what to say when something cannot be done."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods

from pledges.errors import NotAllowed, PledgeError
from pledges.models import Pledge

shows_and_takes = require_http_methods(["GET", "HEAD", "POST"])


def visible_pledge(request: HttpRequest, reference: str) -> Pledge:
    """Return the pledge if this person may see it. Raises Http404 as if it did not exist otherwise."""
    pledges = Pledge.objects.visible_to(request.user).select_related(
        "conference", "participant", "capability_type", "category", "author"
    )
    return get_object_or_404(pledges, reference=reference)


def forbid_unless(check: Callable[..., None], *subject: Any) -> None:
    """Ask a rule about who may. Raises PermissionDenied with its sentence."""
    try:
        check(*subject)
    except NotAllowed as refusal:
        raise PermissionDenied(str(refusal)) from refusal


def without_nul(text: str) -> str:
    """Return a text that the database can be asked for. Raises Http404 for one that it refuses."""
    if "\0" in text:
        raise Http404
    return text


def sent_over(data: Any, name: str, value: object) -> QueryDict:
    """Return what was sent, its mark `name` now that of what is stored: sent again, it goes over that."""
    renewed: QueryDict = data.copy()
    renewed[name] = str(value)
    return renewed


def refused(request: HttpRequest, pledge: Pledge, refusal: PledgeError) -> HttpResponse:
    """Say why something cannot be done: 403 where this person may not, else on the pledge's page. Nothing changed."""
    if isinstance(refusal, NotAllowed):
        raise PermissionDenied(str(refusal))
    messages.error(request, str(refusal))
    return redirect(pledge)
