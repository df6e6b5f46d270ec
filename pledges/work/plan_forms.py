"""The forms of a plan: a new step, a step that is put off, and what a step waits for."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pledges.errors import Incomplete, PledgeError
from pledges.fields import ApproximateDateField
from pledges.forms import CHOOSE, TextField, offer
from pledges.models import Milestone, Partner, Pledge
from pledges.plan import shown_to
from pledges.services.plans import whose


class PlanForm(forms.Form):
    """What the forms of a plan have in common."""

    use_required_attribute = False

    def complain(self, refusal: PledgeError) -> None:
        """Put a refusal where it can be mended."""
        found = refusal.fields if isinstance(refusal, Incomplete) else {}
        for name, sentence in found.items():
            self.add_error(name if name in self.fields else None, sentence)
        if not found:
            self.add_error(None, str(refusal))


class MilestoneForm(PlanForm):
    """A dated step of the plan; whose it is, is asked of whoever plans for several delegations."""

    share = forms.ChoiceField(
        label=gettext_lazy("Whose step is it?"), required=False, error_messages=CHOOSE, choices=()
    )
    title = forms.CharField(
        label=gettext_lazy("Step"),
        help_text=gettext_lazy(
            "In a few words, such as “Memorandum signed”. The delegations that take part and the Secretariat see it."
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

    def __init__(self, *args: Any, pledge: Pledge, parts: Sequence[Partner | None], on: date, **options: Any) -> None:
        """Offer the parts of the pledge that the person plans: None is the lead's."""
        super().__init__(*args, **options)
        self.on, self.parts = on, {key_of(part): part for part in parts}
        if len(self.parts) > 1:
            names = {key_of(part): str(part.participant if part else pledge.participant) for part in parts}
            self.fields["share"].choices = list(names.items())  # type: ignore[attr-defined]
        else:
            del self.fields["share"]

    def clean_due_on(self) -> date:
        """Return the day, which must not have passed."""
        day: date = self.cleaned_data["due_on"].day
        if day < self.on:
            raise forms.ValidationError(_("Enter a day that has not passed."))
        return day

    @property
    def partner(self) -> Partner | None:
        """The partner whose step it is, None for the lead's."""
        return self.parts[self.cleaned_data["share"]] if "share" in self.fields else next(iter(self.parts.values()))


def key_of(part: Partner | None) -> str:
    """Return the word for a part of the pledge in the form: the code of the partner, "" for the lead."""
    return part.participant_id if part else ""


class PutOffForm(PlanForm):
    """A later day for a step, and why."""

    due_on = ApproximateDateField(
        label=gettext_lazy("On which day will it be done?"),
        help_text=gettext_lazy("For example 30 6 2027."),
        day_needed=True,
        error_messages={"required": gettext_lazy("Enter the day, the month and the year.")},
    )
    reason = TextField(
        label=gettext_lazy("Why is it put off?"),
        help_text=gettext_lazy("In a sentence. It stands in the plan beside the day on which the step was due."),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=2000,
        error_messages={"required": gettext_lazy("Say in a sentence why the step is put off.")},
    )

    def clean_due_on(self) -> date:
        """Return the day; that it is later than the one it was, the service sees to."""
        day: date = self.cleaned_data["due_on"].day
        return day


class ReopenForm(PlanForm):
    """Why a step that was taken for done is not, and by when it will be."""

    reason = TextField(
        label=gettext_lazy("Why is it not done?"),
        help_text=gettext_lazy("In a sentence. It stands in the plan and among what happened."),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=2000,
        error_messages={"required": gettext_lazy("Say in a sentence why the step is not done.")},
    )
    due_on = ApproximateDateField(
        label=gettext_lazy("By which day will it be done?"),
        day_needed=True,
        error_messages={"required": gettext_lazy("Enter the day, the month and the year.")},
    )

    def __init__(self, *args: Any, step: Milestone, on: date, **options: Any) -> None:
        """Ask for a new day where the one of the step has passed; else it may stay."""
        super().__init__(*args, **options)
        day = date_format(step.due_on, "j F Y")
        if step.due_on < on:
            self.fields["due_on"].help_text = _("It was due on %(day)s. For example 30 6 2027.") % {"day": day}
        else:
            self.fields["due_on"].required = False
            self.fields["due_on"].help_text = _("Leave this empty where it stays due on %(day)s.") % {"day": day}

    def clean_due_on(self) -> date | None:
        """Return the day, None where it stays; whether it can stand, the service sees to."""
        day: date | None = self.cleaned_data["due_on"].day
        return day


class StepChoice(forms.ModelChoiceField):
    """A step of the plan, with whose it is."""

    def label_from_instance(self, obj: Any) -> str:
        """Return both."""
        return f"{obj.title} ({whose(obj)})"


class NeedsForm(PlanForm):
    """The step that must be done before."""

    needs = StepChoice(
        label=gettext_lazy("What must be done before?"),
        queryset=Milestone.objects.none(),
        empty_label=gettext_lazy("Choose one"),
        error_messages={**CHOOSE, "required": gettext_lazy("Choose the step that must be done before.")},
        widget=forms.Select(attrs={"class": "medium"}),
    )

    def __init__(self, *args: Any, step: Milestone, user: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        others = (
            step.pledge.milestones.filter(shown_to(user, step.pledge))
            .exclude(pk=step.pk)
            .exclude(needed_by__milestone=step)
        )
        offer(self, "needs", others.select_related("partner__participant", "pledge__participant"))
