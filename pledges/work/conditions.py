"""The page on which the Secretariat records a condition that was declared after the pledge."""

from functools import partial

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.typed import keeps_typed, sent_or_kept
from pledges import permissions
from pledges.audience import who_sees
from pledges.errors import NotAllowed, PledgeError
from pledges.forms import CHOOSE
from pledges.services.conditions import LATER, record_condition
from pledges.work.common import refused, shows_and_takes, visible_pledge
from pledges.work.readiness_forms import DayField, short_text, taken


class ConditionForm(forms.Form):
    """What a contributor does not let its offer be used for, when it said so, and at which stage."""

    use_required_attribute = False

    stage = forms.ChoiceField(
        label=gettext_lazy("When was it declared?"),
        choices=[(stage, stage.label) for stage in LATER],
        widget=forms.RadioSelect,
        error_messages=CHOOSE,
    )
    declared_on = DayField(label=gettext_lazy("Declared on"))
    text = short_text(
        gettext_lazy("Condition"),
        gettext_lazy("One at a time, in the contributor’s words. Everybody who sees the pledge reads it."),
        required=True,
    )


@keeps_typed
@shows_and_takes
def pledge_condition(request: HttpRequest, reference: str) -> HttpResponse:
    """Show the conditions so far, and take one more."""
    pledge, status = visible_pledge(request, reference), 200
    form = ConditionForm(sent_or_kept(request))
    try:
        permissions.check_can_record_condition(request.user, pledge)
        if request.method == "POST" and form.is_valid():
            store = partial(record_condition, pledge=pledge, by=request.user, **form.cleaned_data)
            if taken(form, store):
                messages.success(request, _("The condition is recorded. %(who_sees)s") % {"who_sees": who_sees(pledge)})
                return redirect(pledge)
    except PledgeError as refusal:
        if isinstance(refusal, NotAllowed) or not form.data.get("text"):
            return refused(request, pledge, refusal)
        form.add_error(None, str(refusal))  # what was typed stays on the page
        status = 409
    context = {"pledge": pledge, "form": form, "caveats": pledge.caveats.all(), "who_sees": who_sees(pledge)}
    return render(request, "pledges/condition.html", context, status=status)
