"""The small forms of a pledge's life: a step with its words, and a report."""

from collections.abc import Sequence
from datetime import date
from typing import Any, cast

from django import forms
from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from capabilities.kinds import CapabilityKind, kind_pledged
from pledges.assessed import Known
from pledges.audience import unshown
from pledges.enums import ReportedState, Status
from pledges.errors import FileRefused, Incomplete, PledgeError
from pledges.fields import ApproximateDateField, WholeNumberField
from pledges.forms import CHOOSE, PEOPLE, UNITS, TextField, offer
from pledges.models import Milestone, Partner, Pledge
from pledges.quantities import quantity
from pledges.transitions import Transition
from pledges.uploads import KINDS, labels
from pledges.work.common import sent_over
from pledges.work.typing_it import TypedReference

WHOLE = gettext_lazy("The pledge as a whole")
WHOLE_SHARE = gettext_lazy("Our share as a whole")


class StepForm(forms.Form):
    """What must be said with a step of a pledge's life, the version of the pledge that the person has read and, where
    it is judged, the mark of what they read of reports and assessments."""

    use_required_attribute = False

    outcome = forms.ChoiceField(
        label=gettext_lazy("How did the pledge end?"),
        choices=(),
        widget=forms.RadioSelect,
        error_messages=CHOOSE,
    )
    reason = TextField(
        label=gettext_lazy("Why?"),
        help_text=gettext_lazy("In a sentence or two that the delegation can act on."),
        error_messages={"required": gettext_lazy("Say why, in a sentence that the delegation can act on.")},
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    was = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(
        self,
        *args: Any,
        step: Transition,
        pledge: Pledge,
        outcomes: Sequence[Any] = (),
        known: Known | None = None,
        **options: Any,
    ) -> None:
        """Ask for what the step needs; `outcomes` are those with which the pledge can end now, `known` is what whoever
        judges it reads."""
        super().__init__(*args, **options)
        self.known = known
        self.initial.update(version=pledge.version, was=known.mark if known else "")
        self.fields["outcome"].choices = [(outcome, outcome.label) for outcome in outcomes]  # type: ignore[attr-defined]
        if len(outcomes) == 1:
            self.initial.setdefault("outcome", outcomes[0])
        if not step.needs_outcome:
            del self.fields["outcome"], self.fields["was"]
        if pledge.status not in step.needs_reason and not (step.needs_reason and self.data.get("reason")):
            del self.fields["reason"]  # what was typed stays, also where the pledge has moved on meanwhile
        if is_final(step, pledge):
            self.fields["typed_reference"] = TypedReference(of=pledge.reference)

    def show_anew(self) -> None:
        """Take the pledge as it is shown now for what the person has read: sent again, the step goes over that."""
        for name in {"version", "was"} & set(self.fields):
            self.data = sent_over(self.data, name, self.initial[name])


def is_final(step: Transition, pledge: Pledge) -> bool:
    """Return whether one person ends with this step, for good, what others were given to read."""
    ends = step.target == Status.CLOSED and not step.takes_two(pledge)
    return ends and not unshown(Pledge.objects.filter(pk=pledge.pk)).exists()


class ReportForm(forms.Form):
    """What a delegation reports: at most four inputs once it is known which step the report is on, and a few more for
    whoever has more to say."""

    use_required_attribute = False
    more: tuple[str, ...] = ("expected_on", "personnel", "women", "evidence")  # under a heading of their own

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
    expected_on = ApproximateDateField(
        label=gettext_lazy("When do you expect delivery?"),
        help_text=gettext_lazy("For example 30 6 2027. A month or a year counts to its last day."),
        deadline=True,
        required=False,
    )
    personnel = WholeNumberField(label=gettext_lazy("Persons deployed now"), highest=PEOPLE, lowest=0, required=False)
    women = WholeNumberField(label=gettext_lazy("Women among them"), highest=PEOPLE, lowest=0, required=False)
    evidence = forms.FileField(
        label=gettext_lazy("Evidence"),
        required=False,
        allow_empty_file=True,  # our own sentence says how to mend it
        error_messages={"invalid": gettext_lazy("Choose a file from your computer.")},
    )

    def __init__(
        self, *args: Any, pledge: Pledge, milestone: Milestone | None, partner: Partner | None = None, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.ask_about_which(pledge.milestones.filter(partner=partner).order_by("due_on", "pk"), partner)
        self.ask_whether_more(pledge, partner)
        if pledge.unit:
            self.fields["delivered_quantity"].help_text = _("Counted in this unit: %(unit)s.") % {"unit": pledge.unit}
        self.fields["evidence"].help_text = _(
            "A photo, letter or list that shows it: %(kinds)s, up to %(size)s. Your delegation and the Secretariat "
            "read it."
        ) % {"kinds": labels(tuple(KINDS)), "size": filesizeformat(settings.UPLOAD_MAX_BYTES)}
        if partner:
            self.fields["state"].label = _("How does your share stand?")
        if milestone:
            self.fields["milestone"].widget = forms.HiddenInput()
            self.initial["milestone"] = milestone.pk
        else:
            del self.fields["step_done"]
        if not has_people(pledge):
            del self.fields["personnel"], self.fields["women"]

    def ask_about_which(self, steps: Any, partner: Partner | None) -> None:
        """Ask whether the report is on one of these steps or on the whole; not where there are none."""
        offer(self, "milestone", steps)
        if partner:
            cast("forms.ModelChoiceField[Any]", self.fields["milestone"]).empty_label = WHOLE_SHARE
        if not steps:
            del self.fields["milestone"]

    def ask_whether_more(self, pledge: Pledge, partner: Partner | None) -> None:
        """Ask whether it is right that more was delivered than pledged, where that was sent."""
        ask_whether_more(self, partner.share_quantity if partner else pledge.quantity, pledge.unit)

    @property
    def main_fields(self) -> list[Any]:
        """The fields that everybody sees at once."""
        return [field for field in self.visible_fields() if field.name not in self.more]

    @property
    def more_fields(self) -> list[Any]:
        """The fields for whoever has more to say."""
        return [field for field in self.visible_fields() if field.name in self.more]

    @property
    def opens_more(self) -> bool:
        """Whether any of these was filled in or has an error."""
        return any(field.errors or (self.is_bound and field.value()) for field in self.more_fields)

    def clean_expected_on(self) -> date | None:
        """Return the last day that the date means, which must not have passed."""
        day: date | None = self.cleaned_data["expected_on"].day
        if day and day < timezone.localdate():
            raise forms.ValidationError(_("Enter a date that has not passed, or leave this empty."))
        return day

    def clean(self) -> dict[str, Any]:
        """Return what was said; there are no more women than persons."""
        values = super().clean() or {}
        values.pop(IS_MORE, None)  # a tick for this form alone
        persons, women = values.get("personnel"), values.get("women")
        if women is not None and "personnel" not in self.errors and (persons is None or women > persons):
            self.add_error("women", _("Enter the persons too, and no more women than persons."))
        return values

    def complain(self, refusal: PledgeError) -> None:
        """Put a refusal where it can be mended."""
        found = refusal.fields if isinstance(refusal, Incomplete) else {}
        if isinstance(refusal, FileRefused):
            found = {"evidence": str(refusal)}
        for name, sentence in found.items():
            self.add_error(name if name in self.fields else None, sentence)
        if not found:
            self.add_error(None, str(refusal))


IS_MORE = "is_more"


def ask_whether_more(form: forms.Form, whole: int | None, unit: str) -> None:
    """Ask with a tick, where a form was sent with more units than the `whole`, whether that is right."""
    if whole is None or (delivered_in(form) or 0) <= whole:
        return
    wrong = _("More than was pledged, %(whole)s: correct the number, or tick that it is right.")
    form.fields[IS_MORE] = forms.BooleanField(
        label=_("More was delivered than was pledged"),
        error_messages={"required": wrong % {"whole": quantity(whole, unit)}},
    )
    names = [name for name in form.fields if name != IS_MORE]
    names.insert(names.index("delivered_quantity") + 1, IS_MORE)
    form.order_fields(names)


def delivered_in(form: forms.Form) -> int | None:
    """Return the number of units delivered with which a form was sent, None where there is none or no number."""
    try:
        typed = form.data.get(form.add_prefix("delivered_quantity"))
        found: int | None = form.fields["delivered_quantity"].clean(typed)
    except forms.ValidationError:
        return None
    return found


class LinkReportForm(ReportForm):
    """What is reported through a link in a mail: no more than can be said without seeing the pledge."""

    more = ()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in ("milestone", "personnel", "women", "evidence"):
            self.fields.pop(name, None)

    def ask_whether_more(self, pledge: Pledge, partner: Partner | None) -> None:
        """Ask nothing: how much was pledged is not for whoever holds only the link. The approver sees it."""


def has_people(pledge: Pledge) -> bool:
    """Return whether a report says how many persons serve: of units, and wherever the pledge counts persons."""
    return kind_pledged(pledge) == CapabilityKind.UNITS or pledge.personnel is not None
