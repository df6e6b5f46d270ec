"""The pages on which a person changes the own address: entering another, and confirming it."""

from typing import Any

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import addresses
from accounts.addresses import AddressRefused
from accounts.forms import AddressForm
from accounts.typed import keeps_typed, sent_or_kept

shows_and_takes = require_http_methods(["GET", "HEAD", "POST"])


@keeps_typed
@shows_and_takes
@reauthentication_required(app="accounts")
def change_address(request: HttpRequest) -> HttpResponse:
    """Enter another address for the own account, or take back the one that waits."""
    user: Any = request.user
    if request.method == "POST" and "take_back" in request.POST:
        addresses.take_back(account=user, by=user, at=timezone.now())
        messages.success(request, _("The other address is taken back: your address stays as it is."))
        return redirect("mfa_index")
    form = AddressForm(sent_or_kept(request))
    if request.method == "POST" and form.is_valid():
        try:
            change = addresses.ask(account=user, email=form.cleaned_data["email"], by=user, at=timezone.now())
        except AddressRefused as refusal:
            form.add_error("email", str(refusal))
        else:
            said = _("A link is on its way to %(email)s. Follow it to confirm; until then nothing changes.")
            messages.success(request, said % {"email": change.email})
            return redirect("mfa_index")
    return render(request, "account/address.html", {"form": form})


@never_cache
@login_required
@shows_and_takes
@reauthentication_required(app="accounts")
def confirm_address(request: HttpRequest) -> HttpResponse:
    """Let the owner of an account, signed in, confirm the address to which the link went. Other links answer alike."""
    user: Any = request.user
    change = addresses.behind(request.GET.get("key", ""), owner=user, at=timezone.now())
    if change is None:
        return render(request, "account/address_over.html", status=404)
    if request.method == "POST":
        try:
            account = addresses.confirm(change=change, by=user, at=timezone.now())
        except AddressRefused as refusal:
            messages.error(request, str(refusal))
            return redirect("address-change")
        said = _("Mail goes to %(email)s from now on. You sign in as %(username)s.")
        messages.success(request, said % {"email": account.email, "username": account.username})
        return redirect("mfa_index")
    return render(request, "account/address_confirm.html", {"change": change})
