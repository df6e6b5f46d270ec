"""The page behind the link of an invitation."""

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.models import User
from conferences.models import Invitation
from conferences.people import invitations
from conferences.people.errors import CannotBe
from conferences.people.forms import AcceptForm


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def accept(request: HttpRequest) -> HttpResponse:
    """Let whoever holds the link of an invitation take the place: with a new account, or with the one there is."""
    invitation = Invitation.objects.behind(request.GET.get("key", ""), at=timezone.now())
    if invitation is None:
        return render(request, "people/accept_over.html", status=404)
    account = invitations.account_of(invitation.email)
    if account is None:
        return as_new(request, invitation)
    if request.user != account:
        if request.user.is_authenticated:
            return render(request, "people/accept_other.html", {"invitation": invitation})
        return redirect_to_login(request.get_full_path())
    return as_known(request, invitation, account)


def as_new(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """Ask for name and password, make the account, and lead to signing in."""
    form = AcceptForm(request.POST or None, email=invitation.email, initial={"name": invitation.name})
    if request.method == "POST" and form.is_valid():
        name, password = form.cleaned_data["name"], form.cleaned_data["password1"]
        try:
            user = invitations.accept_as_new(invitation=invitation, name=name, password=password, at=timezone.now())
        except CannotBe as refusal:
            form.add_error(None, str(refusal))
        else:
            said = _("Your account is ready: sign in as %(username)s.") % {"username": user.username}
            messages.success(request, said)
            return redirect("sign-in")
    return render(request, "people/accept.html", {"invitation": invitation, "form": form})


def as_known(request: HttpRequest, invitation: Invitation, account: User) -> HttpResponse:
    """Show what is offered, and take it."""
    if request.method == "POST":
        try:
            invitations.accept_as(invitation=invitation, user=account, at=timezone.now())
        except CannotBe as refusal:
            messages.error(request, str(refusal))
            return redirect(request.get_full_path())
        messages.success(request, _("You are in the delegation now."))
        return redirect("workspace")
    return render(request, "people/accept.html", {"invitation": invitation, "form": None})
