"""The form in which a delegation drafts a pledge: it turns input into clean values and offers only real choices."""

import re
import uuid
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, cast

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from capabilities.kinds import kind_pledged
from capabilities.models import Mission
from conferences.models import Conference, Participant
from pledges.choices import (
    ConferenceField,
    capability_choices,
    delegations_of,
    missions_to_choose,
    open_conferences,
    session_choices,
)
from pledges.enums import CaveatKnowledge, Commitment, Kind, ReadinessLevel
from pledges.fields import AmountField, ApproximateDateField, DateBoxes, RowField, RowsField, WholeNumberField
from pledges.form_steps import STEP_OF, STEPS, WORDS
from pledges.merging import seen_in
from pledges.models import Pledge
from pledges.values import BESIDE, EMPTY, FIELD_OF, Typed, content_of, contradictions, parts_of, values_of

__all__ = [
    "CHOOSE",
    "PEOPLE",
    "UNITS",
    "PledgeForm",
    "TextField",
    "content_of",
    "delegations_of",
    "offer",
    "open_conferences",
    "values_of",
]

PEOPLE = 2_147_483_647
LONGEST_TEXT = 20_000  # characters
MOST_CONDITIONS = 50
UNITS = 9_223_372_036_854_775_807

CHOOSE = {
    name: gettext_lazy("Choose one of those listed.")
    for name in ("required", "invalid_choice", "invalid_pk_value", "invalid_list")
}


class TextField(forms.CharField):
    """Text of several lines; line ends as browsers send them count once."""

    widget = forms.Textarea(attrs={"rows": 4})

    def __init__(self, *, max_length: int = LONGEST_TEXT, **options: Any) -> None:
        super().__init__(max_length=max_length, **options)
        too_long = gettext_lazy("Shorten this to %(limit_value)s characters or fewer.")
        self.error_messages.setdefault("max_length", too_long)
        # The browser is not told: it would cut what is pasted without a word.
        self.widget.attrs.pop("maxlength", None)

    def to_python(self, value: Any) -> str:
        """Return the text with plain line ends."""
        return str(super().to_python(value)).replace("\r\n", "\n")


class CurrencyField(forms.CharField):
    """The code of a currency, which need not be typed in capitals."""

    widget = forms.TextInput(attrs={"class": "short", "autocomplete": "off"})

    def to_python(self, value: Any) -> str:
        """Return the three capitals."""
        code = str(super().to_python(value)).upper()
        if code and not re.fullmatch("[A-Z]{3}", code):
            raise forms.ValidationError(_("Enter the three letters of the currency, such as USD, or leave this empty."))
        return code


class MissionsField(RowsField):
    """Any number of missions, each with its name beside its acronym."""

    widget = forms.CheckboxSelectMultiple(attrs={"class": "columns"})

    def label_from_instance(self, obj: Any) -> str:
        """Return both."""
        return f"{obj.acronym}: {obj.name}"


def offer(form: forms.Form, name: str, rows: "QuerySet[Any]") -> None:
    """Make these rows the ones to choose from in a field."""
    cast("forms.ModelChoiceField[Any]", form.fields[name]).queryset = rows


class PledgeForm(forms.Form):
    """All that a delegation says of a pledge. Nothing is required: what is missing is asked for at submission."""

    use_required_attribute = False

    participant = RowField(
        queryset=Participant.objects.none(),
        label=gettext_lazy("Delegation"),
        empty_label=None,
        error_messages=CHOOSE,
    )
    conference = ConferenceField(
        queryset=Conference.objects.none(),
        label=gettext_lazy("Conference"),
        empty_label=None,
        error_messages=CHOOSE,
    )
    capability = forms.ChoiceField(
        label=gettext_lazy("Capability"),
        help_text=gettext_lazy("It decides the unit in which the quantity is counted."),
        required=False,
        error_messages=CHOOSE,
    )
    title = forms.CharField(
        label=gettext_lazy("Title"),
        help_text=gettext_lazy("In a few words, such as “Level 2 hospital for UNMISS”. It becomes public."),
        max_length=200,
        required=False,
        error_messages={"max_length": gettext_lazy("Shorten the title to 200 characters or fewer.")},
    )
    description = TextField(
        label=gettext_lazy("What is pledged"),
        help_text=gettext_lazy("One or two sentences. It becomes public."),
        required=False,
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Is it new?"),
        help_text=gettext_lazy("So that the same promise is never counted twice."),
        choices=Kind.choices,
        widget=forms.RadioSelect,
        error_messages=CHOOSE,
        initial=Kind.NEW,
    )
    quantity = WholeNumberField(label=gettext_lazy("Quantity"), highest=UNITS, required=False)
    personnel = WholeNumberField(label=gettext_lazy("Persons"), highest=PEOPLE, required=False)
    women = WholeNumberField(
        label=gettext_lazy("Women among them"),
        help_text=gettext_lazy("A goal counts as a number: UN gender targets are followed with it."),
        highest=PEOPLE,
        lowest=0,
        required=False,
    )
    declared_readiness = forms.ChoiceField(
        label=gettext_lazy("Readiness"),
        help_text=gettext_lazy("The level in the readiness system (PCRS) as you state it."),
        choices=[("", gettext_lazy("Not yet registered")), *ReadinessLevel.choices],
        required=False,
        widget=forms.Select(attrs={"class": "medium"}),
        error_messages=CHOOSE,
    )
    amount = AmountField(
        label=gettext_lazy("Amount of money"),
        help_text=gettext_lazy("Only where money is pledged. Digits, such as 1,200,000."),
        required=False,
    )
    currency = CurrencyField(
        label=gettext_lazy("Currency"), help_text=gettext_lazy("Three letters, such as USD or EUR."), required=False
    )
    fund = forms.CharField(
        label=gettext_lazy("Fund or programme"),
        help_text=gettext_lazy("Where the money goes, such as a trust fund."),
        max_length=120,
        required=False,
        error_messages={"max_length": gettext_lazy("Shorten this to 120 characters or fewer.")},
    )
    courses = WholeNumberField(label=gettext_lazy("Courses"), highest=PEOPLE, required=False)
    places = WholeNumberField(
        label=gettext_lazy("Places"), help_text=gettext_lazy("In all courses together."), highest=PEOPLE, required=False
    )
    places_for_women = WholeNumberField(
        label=gettext_lazy("Share of the places for women"),
        help_text=gettext_lazy("In per cent, such as 30."),
        highest=100,
        lowest=0,
        required=False,
    )
    languages = forms.CharField(
        label=gettext_lazy("Languages of the training"),
        help_text=gettext_lazy("Such as French and Arabic."),
        max_length=120,
        required=False,
        error_messages={"max_length": gettext_lazy("Shorten this to 120 characters or fewer.")},
    )
    session = forms.ChoiceField(
        label=gettext_lazy("Session of the conference"),
        help_text=gettext_lazy("The one at which it is announced. Leave it open if that is not settled."),
        required=False,
        error_messages=CHOOSE,
    )
    missions = MissionsField(
        label=gettext_lazy("Missions"),
        help_text=gettext_lazy("Choose none if any mission may have it."),
        queryset=Mission.objects.none(),
        required=False,
        error_messages=CHOOSE,
    )
    deliver_from = ApproximateDateField(
        label=gettext_lazy("Available from"),
        help_text=gettext_lazy("For example 30 6 2026. Leave the day, or day and month, empty if not yet known."),
        required=False,
    )
    deliver_by = ApproximateDateField(
        label=gettext_lazy("Delivered by"),
        help_text=gettext_lazy("The date after which it is late. A month counts to its last day."),
        deadline=True,
        required=False,
    )
    intended_outcome = TextField(
        label=gettext_lazy("Intended outcome"),
        help_text=gettext_lazy("What will be different in the mission once it is delivered. It becomes public."),
        required=False,
    )
    responsible_office = forms.CharField(
        label=gettext_lazy("Who in the capital is responsible"),
        help_text=gettext_lazy("An office or a function rather than a name."),
        max_length=200,
        required=False,
        error_messages={"max_length": gettext_lazy("Shorten this to 200 characters or fewer.")},
    )
    means_of_verification = TextField(
        label=gettext_lazy("How delivery can be shown"),
        help_text=gettext_lazy("For example a signed memorandum, a verification visit, a course report."),
        required=False,
    )
    commitment = forms.ChoiceField(
        label=gettext_lazy("How firm is it?"),
        help_text=gettext_lazy("What the government has decided so far."),
        choices=[("", gettext_lazy("Not yet known")), *Commitment.choices],
        required=False,
        widget=forms.RadioSelect,
        error_messages=CHOOSE,
    )
    caveats_known = forms.ChoiceField(
        label=gettext_lazy("Are there conditions on its use?"),
        help_text=gettext_lazy("Conditions stated at the outset can be planned for."),
        choices=[
            (CaveatKnowledge.UNKNOWN, gettext_lazy("Not yet known")),
            (CaveatKnowledge.NONE_DECLARED, gettext_lazy("No conditions")),
            (CaveatKnowledge.DECLARED, gettext_lazy("Yes: named below")),
        ],
        widget=forms.RadioSelect,
        error_messages=CHOOSE,
        initial=CaveatKnowledge.UNKNOWN,
    )
    caveats = TextField(label=gettext_lazy("Conditions"), help_text=gettext_lazy("One on each line."), required=False)
    form_key = forms.UUIDField(widget=forms.HiddenInput, required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1)
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(
        self,
        *args: Any,
        user: Any,
        at: datetime,
        pledge: Pledge | None = None,
        conference: Conference | None = None,
        only: Collection[str] | None = None,
        **options: Any,
    ) -> None:
        """`only` names the fields that are asked for: those of one step, or of one kind of pledge; without it all.

        The sessions to choose from are those of the pledge's conference, or of `conference` before there is a pledge.
        """
        super().__init__(*args, **options)
        self.pledge = pledge
        if pledge:
            del self.fields["participant"], self.fields["conference"], self.fields["form_key"]
        for name in () if only is None else STEP_OF.keys() - only:
            self.fields.pop(name, None)
        self.offer_choices(user, at)
        self.offer_sessions(pledge.conference if pledge else conference)
        if pledge:
            self.speak_of(pledge)
        else:
            self.initial.setdefault("form_key", uuid.uuid4())

    def read(self, data: QueryDict) -> None:
        """Look at what was sent; again and again where one form reads many pledges, so that choices are read once."""
        self.data, self.is_bound = data, True
        self.full_clean()

    def offer_choices(self, user: Any, at: datetime) -> None:
        """Offer what this person can choose at this instant, in the fields that are asked for."""
        if "capability" in self.fields:
            cast("forms.ChoiceField", self.fields["capability"]).choices = capability_choices()
        if "missions" in self.fields:
            asked = self.initial.get("missions", ())
            offer(self, "missions", missions_to_choose(self.pledge, () if isinstance(asked, Typed) else asked, at))
        if "participant" in self.fields:
            offer(self, "participant", delegations_of(user))
            offer(self, "conference", open_conferences(at))

    def offer_sessions(self, conference: Conference | None) -> None:
        """Offer the sessions of a conference; where it has none, nobody is asked for one."""
        if "session" not in self.fields:
            return
        sessions = session_choices(conference) if conference else []
        if sessions:
            cast("forms.ChoiceField", self.fields["session"]).choices = [("", _("Not yet known")), *sessions]
        else:
            del self.fields["session"]

    def speak_of(self, pledge: Pledge) -> None:
        """Name the fields as fits the kind of pledge, and say in what the quantity counts."""
        kind = kind_pledged(pledge)
        for name, field in self.fields.items():
            field.label, field.help_text = WORDS.get((kind, name), (field.label, field.help_text))
        if pledge.capability_type and "quantity" in self.fields:
            unit = pledge.capability_type.unit_of_measure
            self.fields["quantity"].help_text = _("Counted in this unit: %(unit)s.") % {"unit": unit}

    @cached_property
    def sections(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """The fields that people fill in, under their headings."""
        sections = ((step.title, [self[name] for name in step.fields if name in self.fields]) for step in STEPS)
        return [(title, fields) for title, fields in sections if fields]

    @property
    def answers(self) -> list[str]:
        """The names of the fields whose values are the pledge's content."""
        return [name for name in STEP_OF if name in self.fields and name not in {"participant", "conference"}]

    def sent(self, name: str) -> Typed:
        """Return what the browser sent for a field, as it was typed."""
        return parts_of(self[name].data)

    def written(self, stored: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the person wrote: values, and `Typed` where they could not be read; call after validation.

        A field that is refused though empty, such as the currency of an amount, is empty.
        """
        found = {}
        for name in self.answers:
            typed = self.sent(name)
            if name not in self.errors:
                found[name] = self.cleaned_data[name]
            else:
                found[name] = typed if str(typed) else EMPTY.get(name, stored.get(name, ""))
        return found

    def clean_seen(self) -> dict[str, str]:
        """Return the fingerprints of the values that the person saw."""
        return seen_in(self.cleaned_data["seen"])

    def clean(self) -> dict[str, Any]:
        """Refuse, beside its field, what contradicts another field and what the database would refuse."""
        values = {**self.cleaned_data}
        if values.get("caveats") and values.get("caveats_known") == CaveatKnowledge.NONE_DECLARED:
            self.add_error("caveats", _("Empty this, or choose “Yes: named below”."))
        elif values.get("caveats"):
            values["caveats_known"] = CaveatKnowledge.DECLARED
        if len(values.get("caveats", "").splitlines()) > MOST_CONDITIONS:
            self.add_error("caveats", _("Name at most %(most)s conditions.") % {"most": MOST_CONDITIONS})
        answers = {name: value for name, value in values.items() if name in STEP_OF}
        self.refuse(
            {
                name: said
                for name, said in contradictions(answers).items()
                if not self.errors.keys() & {name, BESIDE[name]}
            }
        )
        return values

    def refuse(self, complaints: dict[str, str]) -> None:
        """Put complaints beside their fields, or on top where the form has no such field."""
        for name, sentence in complaints.items():
            field = FIELD_OF.get(name, name)
            self.add_error(field if field in self.fields else None, sentence)


def as_sent(form: forms.Form, values: Mapping[str, Any]) -> QueryDict:
    """Return these values as a browser would send them from this form, what could not be read among them."""
    sent = QueryDict(mutable=True)
    for name, field in form.fields.items():
        value = values.get(name)
        if isinstance(field.widget, DateBoxes):
            boxes = value.parts if isinstance(value, Typed) else field.widget.decompress(value)
            sent.update({f"{name}_{part}": box for (part, _label), box in zip(DateBoxes.parts, boxes, strict=False)})
        elif isinstance(field, forms.ModelMultipleChoiceField):
            chosen = value.parts if isinstance(value, Typed) else [row.pk for row in value or ()]
            sent.setlist(name, [str(key) for key in chosen])
        else:
            sent[name] = "" if value is None else str(getattr(value, "pk", value))
    return sent
