"""The small forms of a pledge's life: a step with its words, a report, a step of the plan."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pledges.enums import ReportedState
from pledges.fields import ApproximateDateField, WholeNumberField
from pledges.forms import CHOOSE, UNITS, TextField, offer
from pledges.models import Milestone, Pledge
from pledges.transitions import CLOSING_OUTCOMES, Transition

WHOLE = gettext_lazy("The pledge as a whole")


class StepForm(forms.Form):
    """What must be said with a step of a pledge's life, and the version of the pledge that the person has read."""

    use_required_attribute = False

    outcome = forms.ChoiceField(
        label=gettext_lazy("How did the pledge end?"),
        choices=[(outcome, outcome.label) for outcome in CLOSING_OUTCOMES],
        widget=forms.RadioSelect,
        error_messages=CHOOSE,
    )
    reason = TextField(
        label=gettext_lazy("Why?"),
        help_text=gettext_lazy("In a sentence or two that the delegation can act on."),
        error_messages={"required": gettext_lazy("Say why, in a sentence that the delegation can act on.")},
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, step: Transition, **options: Any) -> None:
        super().__init__(*args, **options)
        if not step.needs_outcome:
            del self.fields["outcome"]
        if not step.needs_reason:
            del self.fields["reason"]


class ReportForm(forms.Form):
    """What a delegation reports: at most four inputs once it is known which step the report is on."""

    use_required_attribute = False

    milestone = forms.ModelChoiceField(
        label=gettext_lazy("What do you report on?"),
        queryset=Milestone.objects.none(),
        required=False,
        empty_label=WHOLE,
        error_messages=CHOOSE,
    )
    step_done = forms.BooleanField(label=gettext_lazy("This step is done"), required=False)
    state = forms.ChoiceField(
        label=gettext_lazy("How does the whole pledge stand?"),
        choices=[("", gettext_lazy("Choose one")), *ReportedState.choices],
        error_messages={**CHOOSE, "required": gettext_lazy("Choose how the pledge stands.")},
        widget=forms.Select(attrs={"class": "medium"}),
    )
    delivered_quantity = WholeNumberField(label=gettext_lazy("Delivered so far"), highest=UNITS, required=False)
    text = TextField(
        label=gettext_lazy("What happened"),
        help_text=gettext_lazy("A sentence or two: what was done, what comes next, what holds it up."),
        required=False,
    )

    def __init__(self, *args: Any, pledge: Pledge, milestone: Milestone | None, **options: Any) -> None:
        super().__init__(*args, **options)
        offer(self, "milestone", pledge.milestones.order_by("due_on", "pk"))
        if pledge.unit:
            self.fields["delivered_quantity"].help_text = _("Counted in this unit: %(unit)s.") % {"unit": pledge.unit}
        if milestone:
            self.fields["milestone"].widget = forms.HiddenInput()
            self.initial["milestone"] = milestone.pk
        else:
            del self.fields["step_done"]


class MilestoneForm(forms.Form):
    """A dated step of the plan."""

    use_required_attribute = False

    title = forms.CharField(
        label=gettext_lazy("Step"),
        help_text=gettext_lazy(
            "In a few words, such as “Memorandum signed”. Your delegation and the Secretariat see it."
        ),
        max_length=200,
        error_messages={
            "required": gettext_lazy("Name the step in a few words."),
            "max_length": gettext_lazy("Shorten this to 200 characters or fewer."),
        },
    )
    due_on = ApproximateDateField(
        label=gettext_lazy("Due on"),
        help_text=gettext_lazy("For example 30 6 2027. On that day we ask you how it went."),
        day_needed=True,
        error_messages={"required": gettext_lazy("Enter the day, the month and the year.")},
    )

    def __init__(self, *args: Any, on: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.on = on

    def clean_due_on(self) -> date:
        """Return the day, which must not have passed."""
        day: date = self.cleaned_data["due_on"].day
        if day < self.on:
            raise forms.ValidationError(_("Enter a day that has not passed."))
        return day
