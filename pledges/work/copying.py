"""The page on which a delegation begins a pledge from one of its earlier ones."""

import uuid
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.typed import keeps_typed, sent_or_kept
from conferences.models import Conference
from pledges import permissions
from pledges.choices import ConferenceField
from pledges.enums import LineageKind
from pledges.errors import NotAllowed, PledgeError
from pledges.forms import CHOOSE, offer, open_conferences
from pledges.models import Pledge
from pledges.services.copying import copy_pledge, still_true
from pledges.work.common import refused, shows_and_takes, visible_pledge

RELATIONS = (
    (LineageKind.RENEWS.value, gettext_lazy("It renews or continues this pledge: a new commitment takes its place")),
    (LineageKind.REPEATS.value, gettext_lazy("It repeats this pledge: the same promise, said again, counted once")),
    ("none", gettext_lazy("Neither: only the words are used again")),
)


class CopyForm(forms.Form):
    """Where the new pledge is made, and how it relates to the earlier one."""

    use_required_attribute = False

    conference = ConferenceField(
        label=gettext_lazy("At which conference is it made?"),
        queryset=Conference.objects.none(),
        empty_label=None,
        error_messages=CHOOSE,
    )
    relation = forms.ChoiceField(
        label=gettext_lazy("How does it relate to this pledge?"),
        help_text=gettext_lazy("So that the same promise is never counted twice."),
        choices=RELATIONS,
        widget=forms.RadioSelect,
        error_messages=CHOOSE,
    )
    form_key = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, pledge: Pledge, at: datetime, **options: Any) -> None:
        super().__init__(*args, **options)
        offer(self, "conference", open_conferences(at))
        self.initial.setdefault("form_key", uuid.uuid4())
        if not pledge.registered_at:
            del self.fields["relation"]  # what was never registered can be neither renewed nor repeated


@keeps_typed
@shows_and_takes
def pledge_copy(request: HttpRequest, reference: str) -> HttpResponse:
    """Begin a pledge from an earlier one of the same delegation, and say what is not taken over."""
    pledge, at = visible_pledge(request, reference), timezone.now()
    try:
        permissions.check_can_draft_for(request.user, pledge.participant)
    except NotAllowed as refusal:
        raise PermissionDenied(str(refusal)) from refusal
    _content, left_out = still_true(pledge, on=at.date())
    form = CopyForm(sent_or_kept(request), pledge=pledge, at=at)
    if request.method == "POST" and form.is_valid():
        try:
            draft = copied(request, form, pledge, at)
        except PledgeError as refusal:
            return refused(request, pledge, refusal)
        text = _("%(draft)s is drafted from %(pledge)s. Check every field: it is a new pledge.")
        messages.success(request, text % {"draft": draft.reference, "pledge": pledge.reference})
        return redirect("pledge-edit", draft.reference)
    return render(request, "pledges/copy.html", {"pledge": pledge, "form": form, "left_out": left_out})


def copied(request: HttpRequest, form: CopyForm, pledge: Pledge, at: datetime) -> Pledge:
    """Return the draft that a valid form makes."""
    values = form.cleaned_data
    relation = values.get("relation", "none")
    return copy_pledge(
        pledge=pledge,
        conference=values["conference"],
        relation="" if relation == "none" else relation,
        by=request.user,
        at=at,
        form_key=values["form_key"],
    )
