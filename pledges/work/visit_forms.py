"""The forms of what concerns several units: visits to a participant, and statements of unit requirements."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from capabilities.models import CapabilityType, Mission
from conferences.models import Participant
from pledges.enums import VisitKind
from pledges.forms import CHOOSE, offer
from pledges.models import Pledge, UnitStatement, Visit, VisitedUnit
from pledges.querysets import PledgeQuerySet
from pledges.services import visits
from pledges.work.readiness_forms import DayField, StatementField, boxes, short_text, standing_statements

PASSED, NOT_PASSED, NOT_SEEN = "passed", "not_passed", ""
FOUND: dict[str, bool | None] = {PASSED: True, NOT_PASSED: False, NOT_SEEN: None}


class UnitsField(forms.ModelMultipleChoiceField):
    """Units of one participant, each with its type and level."""

    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, obj: Any) -> str:
        """Return reference, title, type and level."""
        level = obj.get_readiness_level_display() or _("no level")
        return f"{obj.reference}: {obj.title} ({obj.capability_type}, {level})"


class PlanVisitForm(forms.Form):
    """When and where, and which units of the participant."""

    use_required_attribute = False

    kind = forms.ChoiceField(
        label=gettext_lazy("Kind of visit"),
        choices=VisitKind.choices,
        widget=forms.RadioSelect,
        initial=VisitKind.ASSESSMENT,
        error_messages=CHOOSE,
    )
    pledges = UnitsField(
        label=gettext_lazy("Units"),
        queryset=Pledge.objects.none(),
        error_messages={**CHOOSE, "required": gettext_lazy("Choose at least one unit.")},
    )
    planned_on = DayField(label=gettext_lazy("Planned for"))
    place = forms.CharField(
        label=gettext_lazy("Place"),
        max_length=200,
        required=False,
        error_messages={"max_length": gettext_lazy("Shorten this to 200 characters or fewer.")},
    )
    note = short_text(gettext_lazy("A note"), gettext_lazy("The delegation and the Secretariat read it."))

    def __init__(self, *args: Any, units: PledgeQuerySet, **options: Any) -> None:
        super().__init__(*args, **options)
        offer(self, "pledges", units)

    def store(self, participant: Participant, *, by: Any, at: datetime) -> Visit:
        """Plan the visit. Raises as the service does."""
        return visits.plan_visit(participant=participant, by=by, at=at, **self.cleaned_data)


class VisitForm(forms.Form):
    """What all forms on one visit share: which version of it the person has read."""

    use_required_attribute = False
    was = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, visit: Visit, units: list[VisitedUnit], **options: Any) -> None:
        self.visit, self.units = visit, units
        super().__init__(*args, **options)
        self.initial = {"was": visits.found(visit)} | self.opening()
        self.prepare()

    def opening(self) -> dict[str, Any]:
        """Return the values with which the form opens."""
        return {}

    def prepare(self) -> None:
        """Add what depends on the visit."""

    def store(self, *, by: Any, at: datetime) -> None:
        """Record what was entered. Raises as the service does."""
        raise NotImplementedError


class HoldForm(VisitForm):
    """The day, and of each unit whether it passed and what to mend."""

    title = gettext_lazy("What the visit found")
    button = gettext_lazy("Store what was found")
    done = gettext_lazy("What the visit found is stored.")

    held_on = DayField(label=gettext_lazy("Held on"))

    def opening(self) -> dict[str, Any]:
        """Return the day that is stored."""
        return {"held_on": boxes(self.visit.held_on)}

    def prepare(self) -> None:
        """Add two fields per unit."""
        for unit in self.units:
            now = next(code for code, passed in FOUND.items() if passed is unit.is_passed)
            self.fields[f"result_{unit.pk}"] = forms.ChoiceField(
                label=f"{unit.pledge.reference}: {unit.pledge.title}",
                choices=[(PASSED, _("Passed")), (NOT_PASSED, _("Not passed")), (NOT_SEEN, _("Not seen"))],
                widget=forms.RadioSelect,
                initial=now,
                required=False,
                error_messages=CHOOSE,
            )
            field = short_text(_("What %(unit)s has to mend") % {"unit": unit.pledge.reference})
            field.initial = unit.to_mend
            self.fields[f"to_mend_{unit.pk}"] = field

    def store(self, *, by: Any, at: datetime) -> None:
        """Record what was found."""
        values = self.cleaned_data
        results = {
            unit.pk: visits.Result(FOUND[values[f"result_{unit.pk}"]], values[f"to_mend_{unit.pk}"].strip())
            for unit in self.units
        }
        visits.hold_visit(
            visit=self.visit, held_on=values["held_on"], results=results, by=by, at=at, was=values["was"] or None
        )


class CancelVisitForm(VisitForm):
    """The day and the reason."""

    title = gettext_lazy("Cancel the visit")
    button = gettext_lazy("Cancel the visit")
    done = gettext_lazy("The visit is cancelled.")

    cancelled_on = DayField(label=gettext_lazy("Cancelled on"))
    reason = short_text(
        gettext_lazy("Why?"), gettext_lazy("The delegation and the Secretariat read it."), required=True
    )

    def store(self, *, by: Any, at: datetime) -> None:
        """Cancel it."""
        values = self.cleaned_data
        said = {"cancelled_on": values["cancelled_on"], "reason": values["reason"], "was": values["was"] or None}
        visits.cancel_visit(visit=self.visit, by=by, at=at, **said)


class UnitField(forms.ModelChoiceField):
    """A unit with what it had to mend."""

    def label_from_instance(self, obj: Any) -> str:
        """Return both."""
        return f"{obj.pledge.reference}: {obj.to_mend}"


class MendedForm(VisitForm):
    """Which unit has mended what it was told to, and when."""

    title = gettext_lazy("What was mended")
    button = gettext_lazy("Store it as mended")
    done = gettext_lazy("It is stored as mended. Whether the unit passes, the next visit says.")

    unit = UnitField(
        label=gettext_lazy("Unit"),
        queryset=VisitedUnit.objects.none(),
        empty_label=None,
        widget=forms.RadioSelect,
        error_messages=CHOOSE,
    )
    mended_on = DayField(label=gettext_lazy("Mended on"))

    def prepare(self) -> None:
        """Offer the units that had to mend something."""
        rows = VisitedUnit.objects.filter(visit=self.visit, mended_on=None).exclude(to_mend="")
        offer(self, "unit", rows.select_related("pledge"))

    def store(self, *, by: Any, at: datetime) -> None:
        """Record it."""
        visits.note_mended(unit=self.cleaned_data["unit"], mended_on=self.cleaned_data["mended_on"], by=by, at=at)


VISIT_ACTS: dict[str, type[Any]] = {"held": HoldForm, "cancel": CancelVisitForm, "mended": MendedForm}


class StatementForm(forms.Form):
    """A version of a statement of unit requirements."""

    use_required_attribute = False

    capability_type = forms.ModelChoiceField(
        label=gettext_lazy("Type of unit"),
        queryset=CapabilityType.objects.filter(is_pcrs_registrable=True),
        empty_label=gettext_lazy("Choose one"),
        error_messages=CHOOSE,
    )
    mission = forms.ModelChoiceField(
        label=gettext_lazy("Mission"),
        help_text=gettext_lazy("Empty for a generic statement, as for rapid deployment."),
        queryset=Mission.objects.filter(ends_on=None).order_by("acronym"),
        required=False,
        empty_label=gettext_lazy("Generic"),
        error_messages=CHOOSE,
        widget=forms.Select(attrs={"class": "medium"}),
    )
    title = forms.CharField(
        label=gettext_lazy("Title"),
        max_length=200,
        error_messages={
            "required": gettext_lazy("Name the statement in a few words."),
            "max_length": gettext_lazy("Shorten this to 200 characters or fewer."),
        },
    )
    version = forms.CharField(
        label=gettext_lazy("Version"),
        max_length=40,
        widget=forms.TextInput(attrs={"class": "medium"}),
        error_messages={
            "required": gettext_lazy("Name the version, such as “2026.1”."),
            "max_length": gettext_lazy("Shorten this to 40 characters or fewer."),
        },
    )
    issued_on = DayField(label=gettext_lazy("Issued on"))
    replaces = StatementField(
        label=gettext_lazy("It replaces"),
        help_text=gettext_lazy("Every unit matched to that one is then flagged for review until it is matched anew."),
        queryset=UnitStatement.objects.none(),
        required=False,
        empty_label=gettext_lazy("No earlier one"),
        error_messages=CHOOSE,
    )
    note = short_text(gettext_lazy("What changed"))

    def __init__(self, *args: Any, replaces: UnitStatement | None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial = after(replaces)
        offer(self, "replaces", standing_statements())

    def store(self, *, by: Any, at: datetime) -> UnitStatement:
        """Record it. Raises as the service does."""
        return visits.issue_statement(by=by, at=at, **self.cleaned_data)


def after(replaced: UnitStatement | None) -> dict[str, Any]:
    """Return the values with which the form opens for the next version of a statement."""
    if not replaced:
        return {}
    return {
        "capability_type": replaced.capability_type_id,
        "mission": replaced.mission_id,
        "title": replaced.title,
        "replaces": replaced.pk,
    }
