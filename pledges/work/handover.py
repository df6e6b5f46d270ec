"""The page on which a drafter puts a pledge before the delegation's approvers."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.typed import keeps_typed, sent_or_kept
from pledges import permissions
from pledges.completeness import left_to_do
from pledges.errors import NotAllowed, PledgeError
from pledges.forms import TextField
from pledges.models import Pledge
from pledges.querysets import handovers_of
from pledges.services.handover import hand_over, take_back
from pledges.work.common import refused, shows_and_takes, visible_pledge


class HandoverForm(forms.Form):
    """What the approvers should know."""

    use_required_attribute = False

    note = TextField(
        label=gettext_lazy("A note for your approvers"),
        help_text=gettext_lazy("For example what was cleared, and what is still open. Only your delegation reads it."),
        max_length=1000,
        required=False,
        error_messages={"max_length": gettext_lazy("Shorten this to 1,000 characters or fewer.")},
    )


@keeps_typed
@shows_and_takes
def pledge_handover(request: HttpRequest, reference: str) -> HttpResponse:
    """Put a draft before the approvers with a note, or take it back."""
    pledge, status = visible_pledge(request, reference), 200
    form = HandoverForm(sent_or_kept(request))
    try:
        permissions.check_can_edit(request.user, pledge)
        if request.method == "POST" and form.is_valid():
            return done(request, form, pledge)
    except PledgeError as refusal:
        if isinstance(refusal, NotAllowed) or not request.POST.get("note"):
            return refused(request, pledge, refusal)
        form.add_error(None, str(refusal))  # what was typed stays on the page
        status = 409
    context = {
        "pledge": pledge,
        "form": form,
        "missing": left_to_do(pledge, request.user),
        "handover": handovers_of(request.user).filter(pledge=pledge).select_related("author").first(),
    }
    return render(request, "pledges/handover.html", context, status=status)


def done(request: HttpRequest, form: HandoverForm, pledge: Pledge) -> HttpResponse:
    """Do what the pressed button says, and say what happened."""
    at = timezone.now()
    if "take_back" in request.POST:
        take_back(pledge=pledge, by=request.user, at=at)
        messages.success(request, _("%(reference)s is taken back.") % {"reference": pledge.reference})
    else:
        hand_over(pledge=pledge, note=form.cleaned_data["note"], by=request.user, at=at)
        text = _("%(reference)s is ready for approval: it stands on top of your approvers' work page.")
        messages.success(request, text % {"reference": pledge.reference})
    return redirect(pledge)
