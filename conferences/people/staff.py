"""Pages about the people of the Secretariat and their roles."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import SECRETARIAT, Role, RoleGrant, User
from accounts.names import username_for
from accounts.typed import keeps_typed, sent_or_kept
from conferences.keyset import BadCursor, Order, page_of
from conferences.people import roles
from conferences.people.errors import CannotBe
from conferences.people.permissions import check_keeps_roles

ROWS = 50
BY_NAME = Order("username", "id")


class RoleGrantForm(forms.Form):
    """Who gets which role, and why."""

    use_required_attribute = False
    account = forms.CharField(
        label=gettext_lazy("Username or email address"),
        max_length=254,
        error_messages={"required": gettext_lazy("Enter whose role it is.")},
    )
    role = forms.ChoiceField(
        label=gettext_lazy("Role"),
        choices=[choice for choice in Role.choices if choice[0] != Role.DELEGATION],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose a role.")},
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=300,
        help_text=gettext_lazy("Whoever confirms reads it, and the history keeps it."),
        error_messages={"required": gettext_lazy("Say why, in a sentence.")},
    )

    def clean_account(self) -> User:
        """Return the open account that is meant. Raises ValidationError where there is none."""
        typed = username_for(self.cleaned_data["account"])
        account = User.objects.filter(username__iexact=typed, is_active=True).first()
        if account is None:
            raise ValidationError(gettext_lazy("No open account has this name or address: check it."))
        return account


@login_required
@require_safe
def staff(request: HttpRequest) -> HttpResponse:
    """List the people of the Secretariat, and the roles that wait for a second person."""
    check_keeps_roles(request.user)
    waiting = RoleGrant.objects.filter(decided_at=None).select_related("user", "proposed_by").order_by("proposed_at")
    context: dict[str, Any] = {"waiting": waiting[:ROWS]}
    try:
        people = User.objects.filter(role__in=SECRETARIAT)
        context["page"] = page_of(people, order=BY_NAME, size=ROWS, cursor=request.GET.get("cursor", ""))
    except BadCursor as error:
        return render(request, "people/staff.html", context | {"problem": str(error)}, status=400)
    return render(request, "people/staff.html", context)


@keeps_typed
@require_http_methods(["GET", "HEAD", "POST"])
def propose(request: HttpRequest) -> HttpResponse:
    """Propose a role for somebody."""
    check_keeps_roles(request.user)
    form = RoleGrantForm(sent_or_kept(request))
    if request.method == "POST" and form.is_valid():
        try:
            grant = roles.propose(by=request.user, at=timezone.now(), **form.cleaned_data)
        except CannotBe as refusal:
            form.add_error(None, str(refusal))
        else:
            said = _("Proposed: %(name)s. Another manager or administrator confirms it.") % {"name": grant.user}
            messages.success(request, said)
            return redirect("people-staff")
    return render(request, "people/staff_propose.html", {"form": form})


@login_required
@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm or decline what another proposed."""
    check_keeps_roles(request.user)
    grant = get_object_or_404(RoleGrant, pk=pk)
    wanted = request.POST.get("act")
    if wanted not in ("confirm", "decline"):
        raise BadRequest("act")
    is_confirmed = wanted == "confirm"
    act = roles.confirm if is_confirmed else roles.decline
    try:
        decided = act(grant=grant, by=request.user, at=timezone.now())
    except CannotBe as refusal:
        messages.error(request, str(refusal))
    else:
        words = _("%(name)s has the role from now on.") if is_confirmed else _("The proposal for %(name)s is declined.")
        messages.success(request, words % {"name": decided.user})
    return redirect("people-staff")
