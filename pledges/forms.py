"""The form in which a delegation drafts a pledge: it turns input into clean values and offers only real choices."""

import json
import re
import uuid
from collections.abc import Iterable
from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast

from django import forms
from django.db.models import Q, QuerySet
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from capabilities.models import CapabilityType, Category, Mission, Requirement
from conferences.dates import UNKNOWN, ApproximateDate
from conferences.models import Conference, Participant
from pledges.enums import CaveatKnowledge, CaveatStage, Kind
from pledges.fields import AmountField, ApproximateDateField, WholeNumberField
from pledges.models import Pledge
from pledges.permissions import WRITERS
from pledges.validators import inconsistencies

PEOPLE = 2_147_483_647
UNITS = 9_223_372_036_854_775_807
OTHER = "other:"  # begins the choice of a category whose listed types do not fit

CHOOSE = {
    name: gettext_lazy("Choose one of those listed.")
    for name in ("required", "invalid_choice", "invalid_pk_value", "invalid_list")
}

# For each field that may contradict another: that other. Where it cannot be read, there is nothing to compare with.
BESIDE = {
    "women": "personnel", "amount": "currency", "currency": "amount", "deliver_by": "deliver_from",
    "quantity": "quantity", "personnel": "personnel",
}  # fmt: skip

SECTIONS = (
    (gettext_lazy("What you pledge"), ("participant", "conference", "capability", "title", "description", "kind")),
    (gettext_lazy("How much"), ("quantity", "personnel", "women", "amount", "currency")),
    (gettext_lazy("Where and when"), ("missions", "deliver_from", "deliver_by")),
    (
        gettext_lazy("What it will change, and how that can be shown"),
        ("intended_outcome", "responsible_office", "means_of_verification"),
    ),
    (gettext_lazy("Conditions"), ("caveats_known", "caveats")),
)


class TextField(forms.CharField):
    """Text of several lines; line ends as browsers send them count once."""

    widget = forms.Textarea(attrs={"rows": 4})

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


class MissionsField(forms.ModelMultipleChoiceField):
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

    participant = forms.ModelChoiceField(
        queryset=Participant.objects.none(),
        label=gettext_lazy("Delegation"),
        empty_label=None,
        error_messages=CHOOSE,
    )
    conference = forms.ModelChoiceField(
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
    amount = AmountField(
        label=gettext_lazy("Amount of money"),
        help_text=gettext_lazy("Only where money is pledged. Digits, such as 1,200,000."),
        required=False,
    )
    currency = CurrencyField(
        label=gettext_lazy("Currency"), help_text=gettext_lazy("Three letters, such as USD or EUR."), required=False
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

    def __init__(self, *args: Any, user: Any, at: datetime, pledge: Pledge | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.pledge = pledge
        cast("forms.ChoiceField", self.fields["capability"]).choices = capability_choices()
        offer(self, "missions", missions_to_choose(pledge, self.initial.get("missions", ()), at))
        if pledge:
            del self.fields["participant"], self.fields["conference"], self.fields["form_key"]
            self.name_unit(pledge)
        else:
            offer(self, "participant", delegations_of(user))
            offer(self, "conference", open_conferences(at))
            self.initial.setdefault("form_key", uuid.uuid4())

    def name_unit(self, pledge: Pledge) -> None:
        """Say in what the quantity counts, once the type is known."""
        if pledge.capability_type:
            unit = pledge.capability_type.unit_of_measure
            self.fields["quantity"].help_text = _("Counted in this unit: %(unit)s.") % {"unit": unit}

    @cached_property
    def sections(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """The fields that people fill in, under their headings."""
        return [(title, [self[name] for name in names if name in self.fields]) for title, names in SECTIONS]

    @property
    def answers(self) -> list[str]:
        """The names of the fields whose values are the pledge's content."""
        return [name for _title, names in SECTIONS for name in names if name not in {"participant", "conference"}]

    def clean_seen(self) -> dict[str, str]:
        """Return the fingerprints of the values that the person saw; what cannot be read counts as nothing seen."""
        try:
            found = json.loads(self.cleaned_data["seen"])
        except ValueError:
            return {}
        return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}

    def clean(self) -> dict[str, Any]:
        """Refuse, beside its field, what contradicts another field and what the database would refuse."""
        values = {**self.cleaned_data}
        if values.get("caveats") and values.get("caveats_known") == CaveatKnowledge.NONE_DECLARED:
            self.add_error("caveats", _("Empty this, or choose “Yes: named below”."))
        elif values.get("caveats"):
            values["caveats_known"] = CaveatKnowledge.DECLARED
        contradictions = inconsistencies(SimpleNamespace(**content_of(EMPTY | values)))
        self.refuse(
            {name: said for name, said in contradictions.items() if not self.errors.keys() & {name, BESIDE[name]}}
        )
        return values

    def refuse(self, complaints: dict[str, str]) -> None:
        """Put complaints beside their fields, or on top where the form has no such field."""
        renamed = {"category": "capability", "capability_type": "capability"}
        for name, sentence in complaints.items():
            field = renamed.get(name, name)
            self.add_error(field if field in self.fields else None, sentence)


def content_of(values: dict[str, Any]) -> dict[str, Any]:
    """Return what the form's values mean for the columns of a pledge (`pledges.services`)."""
    content = {name: values.get(name) for name in COLUMNS if name in values}
    content |= {"unit": ""} | capability_of(values.get("capability", ""))
    for name in ("deliver_from", "deliver_by"):
        when: ApproximateDate = values[name]
        content |= {name: when.day, f"{name}_precision": when.precision}
    content["missions"] = list(values["missions"])
    content["caveats"] = [line.strip() for line in values["caveats"].splitlines() if line.strip()]
    return content


EMPTY: dict[str, Any] = {
    "capability": "", "quantity": None, "personnel": None, "women": None, "amount": None, "currency": "",
    "deliver_from": UNKNOWN, "deliver_by": UNKNOWN, "missions": (), "caveats": "",
}  # fmt: skip
COLUMNS = (
    "title", "description", "kind", "quantity", "personnel", "women", "amount", "currency",
    "intended_outcome", "responsible_office", "means_of_verification", "caveats_known",
)  # fmt: skip


def values_of(pledge: Pledge) -> dict[str, Any]:
    """Return the values of the form for a pledge as it is stored: the opposite of `content_of`."""
    values = {name: getattr(pledge, name) for name in COLUMNS}
    for name in ("deliver_from", "deliver_by"):
        values[name] = ApproximateDate(getattr(pledge, name), getattr(pledge, f"{name}_precision"))
    other = f"{OTHER}{pledge.category_id}" if pledge.category_id else ""
    values["capability"] = pledge.capability_type_id or other
    values["missions"] = list(pledge.missions.order_by("acronym"))
    declared = pledge.caveats.filter(stage=CaveatStage.PLEDGE)
    values["caveats"] = "\n".join(" ".join(caveat.text.split()) for caveat in declared)
    return values


def capability_of(choice: str) -> dict[str, Any]:
    """Return capability type and category of a choice."""
    if choice.startswith(OTHER):
        return {"capability_type": None, "category": Category.objects.get(pk=choice.removeprefix(OTHER))}
    found = CapabilityType.objects.select_related("category").get(pk=choice) if choice else None
    return {"capability_type": found, "category": found.category if found else None}


def capability_choices() -> list[tuple[Any, Any]]:
    """Return the types by category, each category with a choice for what no type fits."""
    groups: list[tuple[Any, Any]] = [("", _("Not yet chosen"))]
    for category in Category.objects.prefetch_related("capability_types"):
        types: Iterable[tuple[str, str]] = ((found.pk, found.name) for found in category.capability_types.all())
        other = (OTHER + category.pk, _("Something else: %(category)s") % {"category": category.name})
        groups.append((category.name, [*types, other]))
    return groups


def delegations_of(user: Any) -> "QuerySet[Participant]":
    """Return the participants for which this person may write."""
    return Participant.objects.of(user, *WRITERS).able_to_pledge()


def open_conferences(at: datetime) -> "QuerySet[Conference]":
    """Return the conferences that take pledges at this instant, the latest first. A pledge may be made at any time
    where no window is set."""
    opened = Q(window_opens_at=None) | Q(window_opens_at__lte=at)
    not_closed = Q(window_closes_at=None) | Q(window_closes_at__gt=at)
    return Conference.objects.filter(opened & not_closed, has_pledges=True).order_by("-starts_on")


def missions_to_choose(pledge: Pledge | None, asked_for: Iterable[Mission], at: datetime) -> "QuerySet[Mission]":
    """Return the missions that run, and those that this pledge names already or is asked for."""
    running = Q(ends_on=None) | Q(ends_on__gte=at.date())
    named = Q(pledge_links__pledge=pledge) if pledge else Q()
    wanted = Q(pk__in=[mission.pk for mission in asked_for])
    if not named:
        return Mission.objects.filter(running | wanted).order_by("acronym")
    kept = Mission.objects.filter(named).values("pk")
    return Mission.objects.filter(running | wanted | Q(pk__in=kept)).order_by("acronym")


def answer_to(requirement: Requirement) -> dict[str, Any]:
    """Return the values with which the form opens for an ask."""
    values: dict[str, Any] = {
        "capability": requirement.capability_type_id,
        "title": requirement.capability_type.name,
        "missions": [requirement.mission] if requirement.mission else [],
        "conference": requirement.conference_id,
    }
    return {name: value for name, value in values.items() if value}
