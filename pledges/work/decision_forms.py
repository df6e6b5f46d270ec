"""The forms of decisions by two people: which pledges, when, and the second person's word."""

from datetime import datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.zones import zone_of
from conferences.models import Conference, Participant, Session
from pledges.deciding import instant_of
from pledges.enums import Verdict
from pledges.fields import ApproximateDateField
from pledges.forms import CHOOSE, TextField, offer
from pledges.querysets import PledgeQuerySet

AT_ONCE, LATER = "at_once", "later"


class SessionField(forms.ModelChoiceField):
    """A session with the conference to which it belongs."""

    def label_from_instance(self, obj: Any) -> str:
        """Return both."""
        return f"{obj.conference}: {obj.title}"


class ScopeForm(forms.Form):
    """Which of the pledges under embargo: those of a conference, a session, a delegation, or of several at once."""

    use_required_attribute = False
    NAMES = ("conference", "session", "participant")

    conference = forms.ModelChoiceField(
        label=gettext_lazy("Conference"),
        queryset=Conference.objects.none(),
        required=False,
        empty_label=gettext_lazy("Any"),
        error_messages=CHOOSE,
    )
    session = SessionField(
        label=gettext_lazy("Session"),
        queryset=Session.objects.none(),
        required=False,
        empty_label=gettext_lazy("Any"),
        error_messages=CHOOSE,
    )
    participant = forms.ModelChoiceField(
        label=gettext_lazy("Delegation"),
        queryset=Participant.objects.none(),
        required=False,
        empty_label=gettext_lazy("Any"),
        error_messages=CHOOSE,
    )

    def __init__(self, *args: Any, among: PledgeQuerySet, **options: Any) -> None:
        super().__init__(*args, **options)
        offer(self, "conference", Conference.objects.filter(pk__in=among.values("conference")))
        sessions = Session.objects.filter(pk__in=among.values("session")).select_related("conference")
        offer(self, "session", sessions)
        offer(self, "participant", Participant.objects.filter(pk__in=among.values("participant")))

    @property
    def chosen(self) -> dict[str, Any]:
        """What was chosen, by the column of a pledge."""
        return {name: value for name, value in self.cleaned_data.items() if value}


class ClockField(forms.TimeField):
    """A time of day on the 24-hour clock."""

    widget = forms.TimeInput(attrs={"class": "short", "placeholder": "15:00", "autocomplete": "off"}, format="%H:%M")

    def __init__(self, **options: Any) -> None:
        mend = gettext_lazy("Enter the time on the 24-hour clock, such as 15:00.")
        super().__init__(
            input_formats=["%H:%M", "%H.%M", "%H:%M:%S"], error_messages={"invalid": mend, "required": mend}, **options
        )


class ProposeForm(forms.Form):
    """When it shall happen, and why. `seen` marks the set of pledges that the person was shown."""

    use_required_attribute = False

    when = forms.ChoiceField(
        label=gettext_lazy("When?"),
        choices=[
            (AT_ONCE, gettext_lazy("At once, when the second person confirms")),
            (LATER, gettext_lazy("At a stated time, if it is confirmed by then")),
        ],
        widget=forms.RadioSelect,
        initial=AT_ONCE,
        error_messages=CHOOSE,
    )
    day = ApproximateDateField(
        label=gettext_lazy("Day"),
        help_text=gettext_lazy("Only for a stated time. For example 13 5 2027."),
        required=False,
        day_needed=True,
    )
    clock = ClockField(label=gettext_lazy("Time"), required=False)
    zone = forms.ChoiceField(
        label=gettext_lazy("In the time zone"),
        required=False,
        widget=forms.Select(attrs={"class": "medium"}),
        error_messages=CHOOSE,
    )
    reason = TextField(
        label=gettext_lazy("Why?"), widget=forms.Textarea(attrs={"rows": 3}), required=False, max_length=2000
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)

    def __init__(self, *args: Any, user: Any, at: datetime, needs_reason: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        self.at = at
        names = dict.fromkeys([zone_of(user).key, "UTC"])
        cast("forms.ChoiceField", self.fields["zone"]).choices = [(name, name) for name in names]
        if needs_reason:
            self.fields["reason"].required = True
            self.fields["reason"].help_text = _("The delegation and the Secretariat read it. It never becomes public.")
            self.fields["reason"].error_messages["required"] = _("Say why, in a sentence or two.")
        else:
            self.fields["reason"].label = _("A note for the second person")

    def clean(self) -> dict[str, Any]:
        """Add `takes_effect_at`: the stated instant, or none for at once."""
        values = {**self.cleaned_data, "takes_effect_at": None}
        if values.get("when") != LATER or self.errors.keys() & {"day", "clock", "zone"}:
            return values
        if not values["day"].day:
            self.add_error("day", _("Enter the day, the month and the year."))
        if not values["clock"]:
            self.add_error("clock", _("Enter the time on the 24-hour clock, such as 15:00."))
        if not self.errors:
            values["takes_effect_at"] = self.instant(values)
        return values

    def instant(self, values: dict[str, Any]) -> datetime | None:
        """Return the stated instant, which must not have passed."""
        try:
            instant = instant_of(values["day"].day, values["clock"], ZoneInfo(values["zone"] or "UTC"))
        except ValueError as error:
            self.add_error("clock", str(error))
            return None
        if instant <= self.at:
            self.add_error("day", _("This time has passed: choose a later one, or “at once”."))
        return instant


class VerdictForm(forms.Form):
    """The word on a proposal; refusing says why."""

    use_required_attribute = False

    verdict = forms.ChoiceField(choices=Verdict.choices, error_messages=CHOOSE)
    reason = TextField(
        label=gettext_lazy("Why not?"),
        help_text=gettext_lazy("Only where you refuse: so that it can be proposed again."),
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
        max_length=2000,
    )

    def clean(self) -> dict[str, Any]:
        """Ask for the reason of a refusal."""
        values = self.cleaned_data
        if values.get("verdict") == Verdict.REFUSED and not values.get("reason", "").strip():
            self.add_error("reason", _("Say why, so that it can be proposed again."))
        return values
