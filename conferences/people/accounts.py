"""Closing an account, opening it again, and letting its owner set up a new phone: for managers and administrators."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import User
from conferences.people import services
from conferences.people.permissions import check_can_close_account, check_keeps_roles


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one account to a manager, with what can be done to it."""
    check_keeps_roles(request.user)
    found = get_object_or_404(User, pk=pk)
    check_can_close_account(request.user, found)
    if request.method == "POST":
        messages.success(request, act(request, found, request.POST.get("act", "")))
        return redirect("people-account", pk=pk)
    places = found.memberships.select_related("participant").order_by("-started_at")
    return render(request, "people/account.html", {"account": found, "places": places})


def act(request: HttpRequest, found: User, wanted: str) -> str:
    """Do what is wanted and return it in words. Raises BadRequest for anything that is not known."""
    if wanted == "remove-phone":
        services.remove_second_factor(account=found, by=request.user)
        return _("The phone is removed: a new one can be set up at the next sign-in.")
    if wanted not in ("open", "close"):
        raise BadRequest("act")
    services.set_account_open(account=found, is_open=wanted == "open", by=request.user)
    return _("The account is open again.") if wanted == "open" else _("The account is closed from now on.")
