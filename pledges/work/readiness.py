"""The pages on which officers keep the readiness of one unit, and on which a delegation renews its entry."""

from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts.typed import keeps_typed, sent_or_kept
from pledges import permissions
from pledges.errors import PledgeError
from pledges.links import readiness_url
from pledges.models import Pledge
from pledges.readiness import standing_of
from pledges.readiness_page import readiness_section
from pledges.work.common import refused, shows_and_takes, visible_pledge
from pledges.work.readiness_forms import ACTS, ENDING, taken


@keeps_typed
@shows_and_takes
def readiness_act(request: HttpRequest, reference: str, act: str) -> HttpResponse:
    """Record one thing of one unit (ACTS)."""
    if act not in ACTS:
        raise Http404
    pledge = visible_pledge(request, reference)
    try:
        check_can_act(request.user, pledge, act)
    except PledgeError as refusal:
        return refused(request, pledge, refusal)
    standing = standing_of(pledge)
    reason = why_not(pledge) or ACTS[act].does_not_apply(standing)
    if reason:
        messages.info(request, reason)
        return redirect(pledge)
    form = ACTS[act](sent_or_kept(request), standing=standing, by=request.user)
    if request.method == "POST" and form.is_valid() and taken(form, partial(form.store, pledge)):
        messages.success(request, str(form.done))
        return redirect(readiness_url(pledge))
    context = {
        "pledge": pledge,
        "form": form,
        "readiness": readiness_section(pledge, request.user, insider=True, is_beside_form=True),
    }
    return render(request, "pledges/readiness_act.html", context)


def check_can_act(user: Any, pledge: Pledge, act: str) -> None:
    """Refuse whom the act is not for: a renewal is also its delegation's, all else the officers'."""
    if act == "renew":
        permissions.check_can_renew(user, pledge)
    elif act in ENDING:
        permissions.check_is_reviewer(user, pledge)
    else:
        permissions.check_can_keep_readiness(user, pledge)


def why_not(pledge: Pledge) -> str:
    """Return why nothing can be recorded of this pledge at all; empty where it can."""
    if pledge.capability_type and pledge.capability_type.is_pcrs_registrable:
        return ""
    return _("The readiness system does not take this type of capability.")
