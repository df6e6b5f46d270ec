"""The page on which the Secretariat assesses a pledge, and may close it with what it finds."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.typed import keeps_typed, sent_or_kept
from pledges import permissions
from pledges.assessed import OUTCOME_OF, Known, known_of
from pledges.audience import who_sees
from pledges.documents import evidence_of
from pledges.errors import EditConflict, Incomplete, NotAllowed, PledgeError
from pledges.fields import WholeNumberField
from pledges.forms import CHOOSE, UNITS, TextField
from pledges.models import Pledge, StatusChange
from pledges.services.assessing import STATES, assess
from pledges.work.common import refused, sent_over, shows_and_takes, visible_pledge
from pledges.work.typing_it import TypedReference, asked_where


class AssessForm(forms.Form):
    """What the Secretariat finds, on what it rests, and whether the pledge ends with it."""

    use_required_attribute = False

    state = forms.ChoiceField(
        label=gettext_lazy("How does the pledge stand?"),
        choices=[(state, state.label) for state in STATES],
        widget=forms.RadioSelect,
        error_messages=CHOOSE,
    )
    confirmed_quantity = WholeNumberField(label=gettext_lazy("Confirmed as delivered"), highest=UNITS, required=False)
    reason = TextField(
        label=gettext_lazy("On what does this rest?"),
        help_text=gettext_lazy("In a sentence or two. Everybody who sees the pledge reads it."),
        error_messages={"required": gettext_lazy("Say on what this rests, in a sentence or two.")},
        max_length=4000,
    )
    closes = forms.BooleanField(label=gettext_lazy("And close the pledge with this outcome"), required=False)
    was = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, pledge: Pledge, **options: Any) -> None:
        super().__init__(*args, **options)
        if pledge.quantity is None:
            del self.fields["confirmed_quantity"]
        else:
            self.fields["confirmed_quantity"].help_text = _(
                "Of %(whole)s pledged, counted in this unit: %(unit)s. “Delivered” confirms all."
            ) % {"whole": f"{pledge.quantity:,}", "unit": pledge.unit}
        self.fields["closes"].help_text = _(
            "Only for what has ended: delivered, partly delivered, not delivered or overtaken. After it there are no "
            "more reports, assessments and reminders."
        )

        only = _("Only where you close it, for it cannot be opened again.")
        self.fields["typed_reference"] = TypedReference(of=pledge.reference, required=False, help_text=only)

    def clean(self) -> dict[str, Any]:
        """Ask for the reference of a pledge that is closed."""
        asked_where(self, "typed_reference", ends=bool(self.cleaned_data.get("closes")))
        return self.cleaned_data

    def complain(self, refusal: Incomplete) -> None:
        """Put each sentence of a refusal where it can be mended."""
        for name, sentence in refusal.fields.items():
            self.add_error(name if name in self.fields else None, sentence)


@keeps_typed
@shows_and_takes
def pledge_assess(request: HttpRequest, reference: str) -> HttpResponse:
    """Show what was reported and found so far, and take what the Secretariat finds now."""
    pledge, status = visible_pledge(request, reference), 200
    known = known_of([pledge], request.user)[pledge.pk]
    initial = {"confirmed_quantity": pledge.delivered_quantity, "was": known.mark}
    form = AssessForm(sent_or_kept(request), initial=initial, pledge=pledge)
    try:
        permissions.check_can_assess(request.user, pledge)
        if request.method == "POST" and form.is_valid():
            return assessed(request, pledge, form.cleaned_data)
    except Incomplete as refusal:
        form.complain(refusal)
    except PledgeError as refusal:
        if request.method == "POST" and form.is_valid() and just_closed(pledge, request.user, **end(form.cleaned_data)):
            return redirect(pledge)  # a second click on what closed it
        if isinstance(refusal, NotAllowed) or not form.data.get("reason"):
            return refused(request, pledge, refusal)
        form.add_error(None, str(refusal))  # what was typed stays on the page
        status = 409
        if isinstance(refusal, EditConflict):  # what came in is shown beside it
            known = known_of([pledge], request.user)[pledge.pk]
            form.data = sent_over(form.data, "was", known.mark)
    context = {"pledge": pledge, "form": form, "found": known.found, "who_sees": who_sees(pledge)}
    context |= reported(known, request.user)
    return render(request, "pledges/assess.html", context, status=status)


def reported(known: Known, user: Any) -> dict[str, Any]:
    """Return what pledges/_reported.html shows: what lead and partners reported last, and the lead's evidence."""
    return {"last": known.last, "documents": evidence_of(known.last, user), "shares": known.shares}


def just_closed(pledge: Pledge, user: Any, *, reason: str, outcome: str) -> bool:
    """Return whether this person closed the pledge, as it is stored, with this very reason and outcome."""
    last = StatusChange.objects.filter(pledge=pledge).select_related("pledge").order_by("-pk").first()
    if last is None or last.action != "close":
        return False
    return (last.author_id, last.reason, last.pledge.outcome) == (user.pk, reason, outcome)


def end(values: dict[str, Any]) -> dict[str, str]:
    """Return the reason and the outcome with which an assessment as typed closes its pledge; "" where it does not."""
    return {"reason": values["reason"], "outcome": OUTCOME_OF.get(values["state"], "") if values["closes"] else ""}


def assessed(request: HttpRequest, pledge: Pledge, values: dict[str, Any]) -> HttpResponse:
    """Store the assessment and say what happened. Raises PledgeError."""
    assess(
        pledge=pledge,
        state=values["state"],
        confirmed_quantity=values.get("confirmed_quantity"),
        reason=values["reason"],
        closes=values["closes"],
        was=values["was"],
        by=request.user,
        at=timezone.now(),
    )
    names = {"reference": pledge.reference}
    done = _("%(reference)s is assessed and closed.") if values["closes"] else _("%(reference)s is assessed.")
    messages.success(request, f"{done % names} {who_sees(pledge)}")
    return redirect(pledge)
