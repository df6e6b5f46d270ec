"""The page on which an officer counts units of a pledge towards requirements."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.typed import keeps_typed, sent_or_kept
from capabilities.models import Requirement
from pledges import permissions
from pledges.errors import Incomplete, NotAllowed, PledgeError
from pledges.fields import WholeNumberField
from pledges.forms import UNITS, TextField
from pledges.models import Allocation, Pledge
from pledges.services.allocations import (
    allocate,
    counts_alike,
    refuse_allocation,
    remove_allocation,
    stored,
    units_left,
)
from pledges.suggestions import suggestions
from pledges.work.common import refused, sent_over, shows_and_takes, visible_pledge, without_nul


class AllocateForm(forms.Form):
    """How many units count towards an ask, and why; or why none do."""

    use_required_attribute = False

    quantity = WholeNumberField(label=gettext_lazy("How many units count towards it?"), highest=UNITS, required=False)
    reason = TextField(
        label=gettext_lazy("Why does it fit, or why not?"),
        help_text=gettext_lazy(
            "Of units that are counted, everyone who sees the pledge reads the reason; of a refusal, the delegation "
            "and the Secretariat."
        ),
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
        max_length=2000,
    )
    was = forms.CharField(widget=forms.HiddenInput, required=False, strip=False)


@keeps_typed
@shows_and_takes
def pledge_allocate(request: HttpRequest, reference: str) -> HttpResponse:
    """Show what a pledge counts towards and what it may fit; with ?requirement= count or refuse it for one ask."""
    pledge = visible_pledge(request, reference)
    try:
        permissions.check_is_reviewer(request.user, pledge)
    except PledgeError as refusal:
        return refused(request, pledge, refusal)
    if not pledge.registered_at and not pledge.allocations.exists():  # what was counted before its return can be let go
        messages.info(request, _("Units of a pledge are counted once it is registered."))
        return redirect(pledge)
    named = without_nul(request.GET.get("requirement", "")).strip()
    if not named:
        return render(request, "pledges/allocate.html", page_context(pledge))
    asks = Requirement.objects.select_related("capability_type", "mission", "edition", "conference")
    requirement = asks.filter(reference=named).first()
    if not requirement:
        context = page_context(pledge) | {"not_found": named}
        return render(request, "pledges/allocate.html", context, status=404)
    return allocate_one(request, pledge, requirement)


def allocate_one(request: HttpRequest, pledge: Pledge, requirement: Requirement) -> HttpResponse:
    """Show one ask beside the pledge, and count, refuse or take away."""
    present = pledge.allocations.filter(requirement=requirement).select_related("author").first()
    initial = {"quantity": present and present.quantity, "reason": present and present.reason, "was": stored(present)}
    form = AllocateForm(sent_or_kept(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        answer = decide(request, pledge, requirement, present, form)
        if answer:
            return answer
        present = pledge.allocations.filter(requirement=requirement).select_related("author").first()
        form.data = sent_over(form.data, "was", stored(present))
    context = page_context(pledge) | {
        "requirement": requirement,
        "present": present,
        "form": form,
        "left": units_left(pledge, besides=requirement),
        "alike": counts_alike(pledge, requirement),
    }
    return render(request, "pledges/allocate.html", context)


def decide(
    request: HttpRequest, pledge: Pledge, requirement: Requirement, present: Allocation | None, form: AllocateForm
) -> HttpResponse | None:
    """Do what the button says; None where the page is to be shown again with what is wrong."""
    act, values = request.POST.get("act", ""), form.cleaned_data
    said: dict[str, Any] = {"by": request.user, "was": values["was"]}
    about: dict[str, Any] = {"pledge": pledge, "requirement": requirement, "reason": values["reason"], **said}
    try:
        if act == "remove":
            if present:
                remove_allocation(present, **said)
        elif act == "refuse":
            refuse_allocation(**about, at=timezone.now())
        elif values["quantity"] is None:
            form.add_error("quantity", _("Enter how many units count, or refuse it."))
            return None
        else:
            allocate(**about, quantity=values["quantity"], at=timezone.now())
    except NotAllowed as refusal:
        raise PermissionDenied(str(refusal)) from refusal
    except Incomplete as refusal:
        for name, sentence in refusal.fields.items():
            form.add_error(name, sentence)
        return None
    except PledgeError as refusal:
        form.add_error(None, str(refusal))
        return None
    messages.success(request, what_was_done(act, requirement, values["quantity"]))
    return redirect("pledge-allocate", pledge.reference)


def what_was_done(act: str, requirement: Requirement, quantity: int | None) -> str:
    """Return what to tell the officer."""
    if act == "remove":
        return _("%(ask)s is no longer counted or refused here.") % {"ask": requirement.reference}
    if act == "refuse":
        return _("Stored: the pledge does not fit %(ask)s.") % {"ask": requirement.reference}
    return _("%(n)s of its units count towards %(ask)s.") % {"n": quantity, "ask": requirement.reference}


def page_context(pledge: Pledge) -> dict[str, Any]:
    """Return what the page shows whatever ask is looked at, in a fixed number of queries."""
    rows = pledge.allocations.select_related("requirement__capability_type", "requirement__edition", "author").order_by(
        "pk"
    )
    return {
        "pledge": pledge,
        "allocations": rows,
        "units_left": units_left(pledge),
        "suggestions": suggestions(pledge, on=timezone.now().date()),
    }
