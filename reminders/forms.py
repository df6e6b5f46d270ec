"""The forms of the reminders' pages."""

from datetime import date, datetime
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from conferences.models import Conference, Holiday, Participant
from pledges.errors import Incomplete, PledgeError
from pledges.fields import WholeNumberField
from pledges.forms import CHOOSE, TextField
from pledges.models import Pledge
from reminders.ladders import AUDIENCES
from reminders.models import Audience, Delivery, Reason, Reminder, ReminderItem, State
from reminders.overview import CAME_BACK, not_yet, ready, recent
from reminders.staff import FURTHEST, MOST_A_MINUTE, STEPS_AT_MOST, Steps

ANY = [("", _("Any"))]
WAITING = [("ready", _("Ready to go")), ("waiting", _("Waiting for later"))]
NOT_WANTED = [("returned", _("Came back or unwanted"))]
DAY_WORDS = {"required": _("Enter the day."), "invalid": _("Enter a day like 2027-03-01.")}


def day_box() -> forms.DateInput:
    """Return a box for a day."""
    return forms.DateInput(attrs={"type": "date", "class": "medium"}, format="%Y-%m-%d")


def end_of_pause() -> forms.DateField:
    """Return the field for the day on which a pause of reminders is over, empty where somebody lifts it."""
    return forms.DateField(
        label=_("Until"),
        help_text=_(
            "The first day with reminders again, where each person lives. Leave it empty to pause until it is lifted."
        ),
        widget=day_box(),
        required=False,
        error_messages=DAY_WORDS,
    )


class Refusable(forms.Form):
    """A form whose errors may come from the service behind it."""

    use_required_attribute = False

    def complain(self, refusal: PledgeError) -> None:
        """Put a refusal where it can be mended."""
        found = refusal.fields if isinstance(refusal, Incomplete) else {}
        for name, sentence in found.items():
            self.add_error(name if name in self.fields else None, sentence)
        if not found:
            self.add_error(None, str(refusal))


class LedgerFilter(forms.Form):
    """What of the ledger to show."""

    reason = forms.ChoiceField(label=_("Reason"), choices=[*ANY, *Reason.choices], required=False)
    state = forms.ChoiceField(label=_("State"), choices=[*ANY, *State.choices, *WAITING], required=False)
    delivery = forms.ChoiceField(label=_("Delivery"), choices=[*ANY, *Delivery.choices, *NOT_WANTED], required=False)
    outcome = forms.ChoiceField(
        label=_("Outcome"), choices=[*ANY, ("unknown", _("Perhaps sent twice"))], required=False
    )
    period = forms.ChoiceField(label=_("Period"), choices=[*ANY, ("recent", _("The last 30 days"))], required=False)
    pledge = forms.CharField(label=_("Reference of a pledge"), max_length=40, required=False)
    person = forms.CharField(label=_("Name or address"), max_length=254, required=False)

    def narrowed(self, reminders: "QuerySet[Reminder]") -> "QuerySet[Reminder]":
        """Return those that fit; all where the form cannot be read."""
        wanted = self.cleaned_data if self.is_valid() else {}
        about = {}
        if wanted.get("reason"):
            about["reason"] = wanted["reason"]
        if wanted.get("pledge"):
            about["pledge__reference"] = wanted["pledge"].strip().upper()
        if about:
            reminders = reminders.filter(Exists(ReminderItem.objects.filter(reminder=OuterRef("pk"), **about)))
        for name in ("state", "delivery", "outcome", "period"):
            if wanted.get(name):
                reminders = reminders.filter(rule_of(name, wanted[name], at=timezone.now()))
        return reminders.filter(named(wanted["person"])) if wanted.get("person") else reminders


def rule_of(name: str, value: str, *, at: datetime) -> Q:
    """Return the rule for a choice: that of a number of the overview, or a value of that column."""
    rules = {"ready": ready(at), "waiting": not_yet(at), "returned": CAME_BACK, "recent": recent(at)}
    rules["unknown"] = Q(outcome_unknown=True)
    return rules[value] if value in rules else Q(**{name: value})


def named(text: str) -> Q:
    """Return the rule for reminders to people whose name or address holds a text."""
    return (
        Q(recipient__first_name__icontains=text)
        | Q(recipient__last_name__icontains=text)
        | Q(recipient__username__icontains=text)
        | Q(recipient__email__icontains=text)
    )


class PauseForm(Refusable):
    """What is not reminded of, until when and why: a pledge, a participant's pledges or a conference's."""

    pledge = forms.CharField(
        label=_("Reference of a pledge"),
        help_text=_("For example PKM25-7KQ4R. Fill in one of these three."),
        widget=forms.TextInput(attrs={"class": "medium", "autocomplete": "off"}),
        required=False,
    )
    participant = forms.ModelChoiceField(
        label=_("Or a participant: all its pledges"),
        queryset=Participant.objects.none(),
        empty_label=_("None"),
        required=False,
        error_messages=CHOOSE,
    )
    conference = forms.ModelChoiceField(
        label=_("Or a conference: all its pledges"),
        queryset=Conference.objects.none(),
        empty_label=_("None"),
        required=False,
        error_messages=CHOOSE,
    )
    until = end_of_pause()
    reason = TextField(label=_("Why?"), max_length=1000, error_messages={"required": _("Say in a sentence why.")})

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        choices: Any = self.fields
        choices["participant"].queryset = Participant.objects.able_to_pledge().alphabetical()
        choices["conference"].queryset = Conference.objects.order_by("-starts_on")

    def clean_pledge(self) -> Pledge | None:
        """Return the pledge with this reference. Raises ValidationError where there is none."""
        typed = self.cleaned_data["pledge"].strip().upper()
        if not typed:
            return None
        found = Pledge.objects.filter(reference=typed).first()
        if found is None:
            raise forms.ValidationError(_("No pledge has this reference: check it."))
        return found

    def clean(self) -> dict[str, Any]:
        """Refuse anything but one of the three."""
        data = super().clean() or {}
        given = [name for name in ("pledge", "participant", "conference") if data.get(name)]
        if "pledge" in data and len(given) != 1:
            self.add_error("pledge", _("Fill in one: a pledge, a participant or a conference."))
        return data


class SnoozeForm(Refusable):
    """Until when a delegation wants no reminders of a pledge, and why."""

    until = forms.DateField(
        label=_("Until"),
        help_text=_("The first day with reminders again, where each of you lives: at most 30 days from today."),
        widget=day_box(),
        error_messages=DAY_WORDS,
    )
    reason = TextField(
        label=_("Why?"),
        help_text=_("Your delegation and the Secretariat read it."),
        max_length=1000,
        error_messages={"required": _("Say in a sentence why.")},
    )


class StopForm(Refusable):
    """Why all reminders are stopped."""

    reason = forms.CharField(
        label=_("Why?"),
        help_text=_("Everybody in the Secretariat reads it on these pages."),
        max_length=300,
        error_messages={"required": _("Say in a sentence why.")},
    )


class CapForm(Refusable):
    """How many messages go out in a minute, at most."""

    most_per_run = WholeNumberField(
        label=_("Messages a minute, at most"),
        highest=MOST_A_MINUTE,
        error_messages={"required": _("Enter a number.")},
    )


class DaysField(forms.IntegerField):
    """A number of days, below zero too; the sign of minus that we print is read as well as the hyphen."""

    widget = forms.TextInput(attrs={"class": "short", "autocomplete": "off", "maxlength": 5})

    def to_python(self, value: Any) -> int | None:
        """Read the number as typed."""
        return super().to_python(str(value).replace("−", "-") if value is not None else None)


class StepForm(forms.Form):
    """One step of a ladder: when, and whom it reminds. A row without days is no step."""

    use_required_attribute = False
    days = DaysField(
        label=_("Days"),
        required=False,
        error_messages={"invalid": _("Enter a whole number of days, such as −7 or 21.")},
    )
    audience = forms.ChoiceField(
        label=_("Whom"), choices=[("", _("Choose")), *Audience.choices], required=False, error_messages=CHOOSE
    )
    remove = forms.BooleanField(label=_("Remove"), required=False)

    def __init__(self, *args: Any, reason: str, **options: Any) -> None:
        super().__init__(*args, **options)
        offered = {*AUDIENCES[reason], self.initial.get("audience")}  # a step that stands is shown, whatever it says
        whom: Any = self.fields["audience"]
        whom.choices = [("", _("Choose")), *(choice for choice in Audience.choices if choice[0] in offered)]

    def clean(self) -> dict[str, Any]:
        """Refuse half a step, and days out of bounds."""
        data = super().clean() or {}
        days, audience = data.get("days"), data.get("audience")
        if data.get("remove") or self.errors:
            return data
        if days is None and audience:
            self.add_error("days", _("Enter the days, or remove this step."))
        if days is not None and not audience:
            self.add_error("audience", _("Choose whom this step reminds."))
        if days is not None and abs(days) > FURTHEST:
            self.add_error("days", _("Keep the days between −365 and 365."))
        return data


class SeenForm(forms.Form):
    """The ladder as it stood when its page was opened: whoever saves over another's change is told."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def clean_seen(self) -> Steps | None:
        """Return the steps, None where they cannot be read."""
        try:
            pairs = [part.split(":") for part in self.cleaned_data["seen"].split(",") if part]
            return [(int(days), audience) for days, audience in pairs]
        except ValueError:
            return None


class LastStepForm(forms.Form):
    """Whether it is meant that nobody is reminded of a reason any more: its ladder loses the last step."""

    use_required_attribute = False

    nobody = forms.BooleanField(
        error_messages={"required": _("No step is left: tick that nobody is to be reminded, or keep a step.")}
    )

    def __init__(self, *args: Any, reason: Reason, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["nobody"].label = gettext("Nobody is to be reminded any more: %(reason)s") % {
            "reason": reason.label
        }


def seen_in_words(steps: Steps) -> str:
    """Return steps as SeenForm reads them."""
    return ",".join(f"{days}:{audience}" for days, audience in steps)


StepFormSet = forms.formset_factory(StepForm, extra=3, max_num=STEPS_AT_MOST, absolute_max=STEPS_AT_MOST + 3)


class DayForm(forms.Form):
    """The day of which a preview is asked."""

    day = forms.DateField(label=_("Day"), widget=day_box(), required=False, error_messages=DAY_WORDS)

    def __init__(self, *args: Any, first: date, last: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.first, self.last = first, last

    def clean_day(self) -> date:
        """Return the day, the first where none is asked for. Raises ValidationError for a day out of bounds."""
        day: date = self.cleaned_data["day"] or self.first
        if not self.first <= day <= self.last:
            words = _("Choose a day from %(first)s to %(last)s.")
            days = {"first": date_format(self.first, "j F Y"), "last": date_format(self.last, "j F Y")}
            raise forms.ValidationError(words, params=days)
        return day


class HolidayForm(Refusable):
    """A day on which UN headquarters does not work."""

    day = forms.DateField(label=_("Day"), widget=day_box(), error_messages=DAY_WORDS)
    name = forms.CharField(
        label=_("Name"), max_length=100, error_messages={"required": _("Enter the name of the holiday.")}
    )

    def clean_day(self) -> Any:
        """Refuse a day that stands there already."""
        day = self.cleaned_data["day"]
        if Holiday.objects.filter(day=day).exists():
            raise forms.ValidationError(_("This day is a holiday already."))
        return day
