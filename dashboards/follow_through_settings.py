"""What managers set for follow-through: who follows which delegation, a conference's cycle and its coordinator."""

from collections.abc import Collection
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.typed import keeps_typed, sent_or_kept
from conferences.models import Conference, Liaison, Participant
from pledges import permissions
from pledges.errors import PledgeError
from pledges.fields import RowField, WholeNumberField
from pledges.forms import CHOOSE
from pledges.services.follow_up import (
    LONGEST_CYCLE,
    possible_coordinators,
    possible_desk_officers,
    set_desk_officers,
    set_follow_up,
)
from pledges.work.common import forbid_unless, shows_and_takes
from reminders import people
from reminders.forms import Refusable


class FollowUpForm(Refusable):
    """The cycle of a conference and its coordinator."""

    reporting_cycle_months = WholeNumberField(
        label=gettext_lazy("Months between two reports"),
        help_text=gettext_lazy(
            "Reports come due that long after a pledge is announced, and then every cycle again. A change moves all "
            "days at once, past ones too: what was late or silent is counted anew."
        ),
        highest=LONGEST_CYCLE,
        error_messages={"required": gettext_lazy("Enter the number of months.")},
    )
    coordinator = RowField(
        label=gettext_lazy("Coordinator of the co-chairs"),
        help_text=gettext_lazy("Hears last of reports that stay out. Somebody of the Secretariat or of a co-chair."),
        queryset=None,
        required=False,
        empty_label=gettext_lazy("Nobody"),
        error_messages=CHOOSE,
    )

    def __init__(self, *args: Any, conference: Conference, **options: Any) -> None:
        """Offer who may coordinate this conference."""
        super().__init__(*args, **options)
        coordinator: Any = self.fields["coordinator"]
        coordinator.queryset = possible_coordinators(conference)


@keeps_typed
@shows_and_takes
def conference_follow_through(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the cycle of a conference and its coordinator, and take other ones."""
    forbid_unless(permissions.check_is_manager, request.user)
    conference = get_object_or_404(Conference, pk=slug)
    initial = {
        "reporting_cycle_months": conference.reporting_cycle_months,
        "coordinator": conference.coordinator_id,
    }
    form = FollowUpForm(sent_or_kept(request), initial=initial, conference=conference)
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        try:
            months, coordinator = chosen["reporting_cycle_months"], chosen["coordinator"]
            set_follow_up(conference=conference, months=months, coordinator=coordinator, by=request.user)
        except PledgeError as refusal:
            form.complain(refusal)
        else:
            messages.success(request, _("Saved. All days of reports follow the cycle from now on."))
            return redirect(conference)
    return render(request, "dashboards/conference_follow_through.html", {"conference": conference, "form": form})


class DeskOfficersForm(Refusable):
    """For each participant who follows it up; one field each, named by its code."""

    def __init__(self, *args: Any, participants: list[Participant], **options: Any) -> None:
        """Offer the Secretariat's officers, read once."""
        super().__init__(*args, **options)
        self.officers = {str(person.pk): person for person in possible_desk_officers()}
        choices = [("", _("Nobody")), *((key, str(person)) for key, person in self.officers.items())]
        for participant in participants:
            self.fields[participant.pk] = forms.ChoiceField(
                label=participant.name, choices=choices, required=False, error_messages=CHOOSE
            )

    def say_who_is_not_reached(self, *, hearing: Collection[str]) -> None:
        """Say of each delegation whose officer does not hear of it who does; `hearing` are those whose officer does."""
        words = _("Mail does not reach %(name)s: until it does, managers hear.")
        for code in self.initial.keys() & self.fields.keys() - set(hearing):
            self.fields[code].help_text = words % {"name": self.officers[self.initial[code]]}

    def chosen(self, participants: list[Participant]) -> dict[Participant, Any]:
        """Return the officer chosen for each participant, None for nobody."""
        return {one: self.officers.get(self.cleaned_data[one.pk]) for one in participants}


@keeps_typed
@shows_and_takes
def desk_officers(request: HttpRequest) -> HttpResponse:
    """Show who of the Secretariat follows which delegation, and take other ones."""
    forbid_unless(permissions.check_is_manager, request.user)
    participants = list(Participant.objects.able_to_pledge().alphabetical())
    named = Liaison.objects.filter(desk_officer__in=possible_desk_officers())
    initial = {code: str(officer) for code, officer in named.values_list("participant", "desk_officer")}
    form = DeskOfficersForm(sent_or_kept(request), initial=initial, participants=participants)
    form.say_who_is_not_reached(hearing=people.desk_officers())
    if request.method == "POST" and form.is_valid():
        n = set_desk_officers(chosen=form.chosen(participants), by=request.user)
        words = ngettext("%(n)s delegation has another desk officer now.", "%(n)s delegations have another now.", n)
        messages.success(request, words % {"n": n} if n else _("Nothing was changed."))
        return redirect("desk-officers")
    return render(request, "dashboards/desk_officers.html", {"form": form})
