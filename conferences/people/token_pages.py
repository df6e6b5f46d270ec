"""The pages on which a person makes, lists and revokes API tokens of their own."""

from datetime import timedelta
from typing import Any

from allauth.account.decorators import reauthentication_required
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.forms import Plain
from accounts.models import ApiToken, TokenScope
from accounts.typed import keeps_typed, sent_or_kept
from conferences.people.errors import CannotBe
from conferences.people.tokens import make_token, revoke_token, scopes_for, tokens_of

LIVES = {
    "30": gettext_lazy("30 days"),
    "90": gettext_lazy("90 days"),
    "180": gettext_lazy("180 days"),
    "365": gettext_lazy("365 days, the longest"),
}
CHOOSE = {"required": gettext_lazy("Choose one."), "invalid_choice": gettext_lazy("Choose one of the list.")}


class TokenForm(Plain):
    """What a token is called, what it is good for and how long."""

    labels = {
        "name": gettext_lazy("Name"),
        "scope": gettext_lazy("What is it good for?"),
        "days": gettext_lazy("How long is it good?"),
    }
    hints = {
        "name": gettext_lazy("What uses it, and where: you find it by this name when you revoke it."),
        "scope": gettext_lazy("Whatever you choose, it may never do more than you may at that moment."),
    }
    missing = {"name": gettext_lazy("Enter a name.")}

    name = forms.CharField(max_length=100)
    scope = forms.ChoiceField(widget=forms.RadioSelect, initial=TokenScope.READ, error_messages=CHOOSE)
    days = forms.ChoiceField(choices=list(LIVES.items()), initial="90", error_messages=CHOOSE)

    def __init__(self, *args: Any, user: Any, **options: Any) -> None:
        """Offer writing to those who write."""
        super().__init__(*args, **options)
        scope: Any = self.fields["scope"]
        scope.choices = scopes_for(user)


@login_required
@require_safe
def token_list(request: HttpRequest) -> HttpResponse:
    """Show a person's tokens, without their secrets."""
    return render(request, "account/tokens.html", {"tokens": tokens_of(request.user), "now": timezone.now()})


@never_cache
@keeps_typed
@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required(app="accounts")
@sensitive_variables("secret")
def token_new(request: HttpRequest) -> HttpResponse:
    """Make a token, and show its secret in the answer, which is the only time."""
    user: Any = request.user
    form = TokenForm(sent_or_kept(request), user=user)
    if request.method == "POST" and form.is_valid():
        wanted = form.cleaned_data
        life = timedelta(days=int(wanted["days"]))
        try:
            token, secret = make_token(
                user=user, name=wanted["name"], scope=wanted["scope"], life=life, at=timezone.now()
            )
        except CannotBe as refusal:
            form.add_error("name", str(refusal))
        else:
            return render(request, "account/token_made.html", {"token": token, "secret": secret})
    return render(request, "account/token_new.html", {"form": form})


@login_required
@require_POST
def token_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """End a token of one's own; those of others are not there."""
    token = get_object_or_404(ApiToken, pk=pk, user=request.user.pk)
    revoke_token(token, at=timezone.now())
    messages.success(request, _("The token “%(name)s” is revoked: its next call is refused.") % {"name": token.name})
    return redirect("token-list")
