"""The pages on which managers state what missions lack, and correct what they entered."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.typed import keeps_typed, sent_or_kept
from capabilities.models import CapabilityType, Mission, Requirement
from conferences.dates import ApproximateDate
from conferences.models import Conference, Participant
from pledges import permissions
from pledges.errors import EditConflict, PledgeError
from pledges.fields import ApproximateDateField, RowField, WholeNumberField
from pledges.forms import CHOOSE, UNITS, TextField, as_sent
from pledges.merging import Difference, fingerprints, merge, seen_in
from pledges.services.requirements import (
    change_requirement,
    is_kept_here,
    remove_requirement,
    state_requirement,
    version_of,
)
from pledges.work.common import forbid_unless, shows_and_takes
from reminders.forms import Refusable

PERSONS = 2_147_483_647  # what the column holds
CONTENT = (
    "edition", "published", "conference", "mission", "beneficiary", "capability_type", "quantity", "personnel",
    "characteristics", "needed_by", "priority", "description", "source_title", "source_url",
)  # fmt: skip


class RequirementForm(Refusable):
    """An ask: what is lacking, where, how much and by when, and which paper says so."""

    edition = forms.CharField(
        label=gettext_lazy("Edition"),
        help_text=gettext_lazy("The paper or resolution that states it. Asks of one name stand together."),
        max_length=120,
        error_messages={"required": gettext_lazy("Name the paper that states this ask.")},
    )
    published = ApproximateDateField(
        label=gettext_lazy("Published"),
        help_text=gettext_lazy("Of a new edition. A month or a year is enough."),
        required=False,
    )
    capability_type = RowField(
        label=gettext_lazy("Capability"),
        queryset=CapabilityType.objects.select_related("category"),
        error_messages=CHOOSE,
    )
    mission = RowField(
        label=gettext_lazy("Mission"), queryset=Mission.objects.all(), required=False, error_messages=CHOOSE
    )
    conference = RowField(
        label=gettext_lazy("Conference for which it is stated"),
        queryset=Conference.objects.all(),
        required=False,
        error_messages=CHOOSE,
    )
    beneficiary = RowField(
        label=gettext_lazy("Member state that needs it"),
        help_text=gettext_lazy("For a training need of a state; otherwise leave this empty."),
        queryset=Participant.objects.all(),
        required=False,
        error_messages=CHOOSE,
    )
    quantity = WholeNumberField(
        label=gettext_lazy("How many"),
        help_text=gettext_lazy("In the unit of the capability. Leave it empty where the paper does not say."),
        highest=UNITS,
        required=False,
    )
    personnel = WholeNumberField(label=gettext_lazy("Persons"), highest=PERSONS, required=False)
    characteristics = TextField(
        label=gettext_lazy("Characteristics"),
        help_text=gettext_lazy("Apart by semicolons, such as: night vision; two weeks of own fuel."),
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
    )
    needed_by = ApproximateDateField(
        label=gettext_lazy("Needed by"),
        help_text=gettext_lazy("A month or a year counts to its last day."),
        required=False,
        deadline=True,
    )
    priority = forms.CharField(label=gettext_lazy("Priority, in the paper’s words"), max_length=80, required=False)
    description = TextField(label=gettext_lazy("Description"), widget=forms.Textarea(attrs={"rows": 3}), required=False)
    source_title = forms.CharField(
        label=gettext_lazy("Title of the source"),
        max_length=300,
        error_messages={"required": gettext_lazy("Name the source.")},
    )
    source_url = forms.URLField(
        label=gettext_lazy("Address of the source"),
        assume_scheme="https",
        max_length=1000,
        error_messages={
            "required": gettext_lazy("Give the address at which the source can be read."),
            "invalid": gettext_lazy("Enter a whole address, such as https://peacekeeping.un.org/en/paper."),
        },
    )
    reason = TextField(
        label=gettext_lazy("Why?"),
        help_text=gettext_lazy("It stands in the history of the ask, with your name."),
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=300,
        error_messages={"required": gettext_lazy("Say why, in a sentence.")},
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, is_new: bool, **options: Any) -> None:
        """Ask for the reason only where something is changed."""
        super().__init__(*args, **options)
        if is_new:
            del self.fields["reason"], self.fields["version"], self.fields["seen"]

    def clean_seen(self) -> dict[str, str]:
        """Return the fingerprints of the values that the person saw."""
        return seen_in(self.cleaned_data["seen"])

    @property
    def content(self) -> dict[str, Any]:
        """What the ask says."""
        return {name: self.cleaned_data[name] for name in CONTENT}


class RemovalForm(Refusable):
    """Why an ask goes."""

    reason = TextField(
        label=gettext_lazy("Why is it removed?"),
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=300,
        error_messages={"required": gettext_lazy("Say why, in a sentence.")},
    )
    version = forms.IntegerField(widget=forms.HiddenInput)


@keeps_typed
@shows_and_takes
def requirement_new(request: HttpRequest) -> HttpResponse:
    """Take an ask; after it the next one of the same edition is begun from its page."""
    forbid_unless(permissions.check_is_manager, request.user)
    form = RequirementForm(sent_or_kept(request), is_new=True, initial=like(request.GET.get("like", "")))
    if request.method == "POST" and form.is_valid():
        try:
            stated = state_requirement(content=form.content, reason="state", by=request.user)
        except PledgeError as refusal:
            form.complain(refusal)
        else:
            messages.success(request, _("The ask is stored; everybody can read it and delegations can offer it."))
            return redirect(stated)
    return show_form(request, form)


def like(reference: str) -> dict[str, Any]:
    """Return what another ask of the same paper has in common with one: edition, conference, mission and source."""
    found = None if "\0" in reference else Requirement.objects.filter(reference=reference).first()
    if found is None:
        return {}
    common = ("conference", "mission", "source_title", "source_url")
    return {"edition": found.edition.name} | {name: getattr(found, name) for name in common}


@keeps_typed
@shows_and_takes
def requirement_change(request: HttpRequest, reference: str) -> HttpResponse:
    """Correct an ask that a manager entered; where another changed it in between, show both versions, merged."""
    requirement = kept_here(request, reference)
    form = change_form(request, requirement)
    if request.method == "POST" and form.is_valid():
        try:
            change_requirement(
                requirement=requirement,
                content=form.content,
                reason=form.cleaned_data["reason"],
                version=form.cleaned_data["version"] or 0,
                by=request.user,
            )
        except EditConflict:
            return show_conflict(request, form, kept_here(request, reference))
        except PledgeError as refusal:
            form.complain(refusal)
        else:
            return changed(request, requirement)
    return show_form(request, form, requirement)


def changed(request: HttpRequest, requirement: Requirement) -> HttpResponse:
    """Say that an ask is changed, and lead to it."""
    messages.success(request, _("The ask is changed."))
    return redirect(requirement)


def change_form(request: HttpRequest, requirement: Requirement) -> RequirementForm:
    """Return the form of an ask with what was sent; where the other's words were chosen, with those."""
    stored, data = values_of(requirement), sent_or_kept(request)
    chosen = {*CONTENT}.intersection(data.getlist("theirs")) if data else ()
    if data and chosen:
        data = data.copy()
        for name, value in as_sent(RequirementForm(is_new=False), stored).items():
            if name in chosen or name.rpartition("_")[0] in chosen:  # the second is a box of a date
                data[name] = str(value)
    return RequirementForm(data, is_new=False, initial=stored)


def show_conflict(request: HttpRequest, form: RequirementForm, requirement: Requirement) -> HttpResponse:
    """Show both versions of an ask field by field, merged in a form that can be sent; alike, they are no conflict."""
    stored = values_of(requirement)
    merged, differences = merge(form, form.content, stored, form.cleaned_data["seen"])
    if not differences:
        return changed(request, requirement)
    initial = stored | merged | {"reason": form.cleaned_data["reason"]}
    return show_form(request, RequirementForm(is_new=False, initial=initial), requirement, differences)


def show_form(
    request: HttpRequest,
    form: RequirementForm,
    requirement: Requirement | None = None,
    differences: Sequence[Difference] = (),
) -> HttpResponse:
    """Show the form of an ask; `differences` are those of an edit conflict."""
    by_name = {difference.name: difference for difference in differences}
    context = {
        "form": form,
        "requirement": requirement,
        "rows": [(field, by_name.get(field.name)) for field in form.visible_fields()],
        "is_conflict": bool(differences),
        "contested": [difference for difference in differences if difference.contested],
        "others": [difference for difference in differences if not difference.contested],
    }
    return render(request, "dashboards/requirement_form.html", context, status=409 if differences else 200)


@keeps_typed
@shows_and_takes
def requirement_remove(request: HttpRequest, reference: str) -> HttpResponse:
    """Remove an ask that a manager entered by mistake."""
    requirement = kept_here(request, reference)
    form = RemovalForm(sent_or_kept(request), initial={"version": version_of(requirement)})
    if request.method == "POST" and form.is_valid():
        try:
            remove_requirement(requirement=requirement, by=request.user, **form.cleaned_data)
        except PledgeError as refusal:
            form.complain(refusal)
        else:
            messages.success(request, _("The ask is removed; its history stays."))
            return redirect("gap")
    return render(request, "dashboards/requirement_remove.html", {"form": form, "requirement": requirement})


def kept_here(request: HttpRequest, reference: str) -> Requirement:
    """Return an ask that managers entered, for a manager. Raises PermissionDenied, or Http404 for one of the record."""
    forbid_unless(permissions.check_is_manager, request.user)
    requirement = get_object_or_404(Requirement.objects.select_related("edition"), reference=reference)
    if not is_kept_here(requirement):
        raise Http404
    return requirement


def values_of(requirement: Requirement) -> dict[str, Any]:
    """Return an ask as its form shows it."""
    values = {name: getattr(requirement, name) for name in CONTENT if hasattr(requirement, name)}
    edition = requirement.edition
    values |= {
        "edition": edition.name,
        "published": ApproximateDate(edition.published_on, edition.published_on_precision),
        "needed_by": ApproximateDate(requirement.needed_by, requirement.needed_by_precision),
    }
    return values | {"version": version_of(requirement), "seen": fingerprints(values)}
