"""The page on which managers set when a conference takes pledges, with who set it before and why."""

from datetime import datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from django import forms
from django.apps import apps
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.typed import keeps_typed, sent_or_kept
from accounts.zones import zone_of
from conferences.dates import ApproximateDate, Precision
from conferences.models import Conference
from pledges import permissions
from pledges.deciding import instant_of
from pledges.errors import EditConflict, PledgeError
from pledges.fields import ApproximateDateField
from pledges.forms import CHOOSE, TextField
from pledges.services.window import set_window
from pledges.work.common import forbid_unless, sent_over, shows_and_takes
from pledges.work.decision_forms import ClockField
from reminders.forms import Refusable

MOST_TOLD = 50


class WindowForm(Refusable):
    """When pledging opens and closes: both, either or neither, in one time zone, and why."""

    opens_day = ApproximateDateField(
        label=gettext_lazy("Pledging opens on"),
        help_text=gettext_lazy("Empty: pledges are taken from now on. For example 13 5 2027."),
        required=False,
        day_needed=True,
    )
    opens_clock = ClockField(label=gettext_lazy("At"), required=False)
    closes_day = ApproximateDateField(
        label=gettext_lazy("Pledging closes on"),
        help_text=gettext_lazy("Empty: it does not close. What is submitted later is taken, and marked."),
        required=False,
        day_needed=True,
    )
    closes_clock = ClockField(label=gettext_lazy("At"), required=False)
    zone = forms.ChoiceField(
        label=gettext_lazy("In the time zone"),
        help_text=gettext_lazy("Everybody else reads these hours in their own."),
        widget=forms.Select(attrs={"class": "medium"}),
        error_messages=CHOOSE,
    )
    reason = TextField(
        label=gettext_lazy("Why?"),
        help_text=gettext_lazy("It stands in the history of the window, with your name."),
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=300,
        error_messages={"required": gettext_lazy("Say why, in a sentence.")},
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, user: Any, **options: Any) -> None:
        """Offer the time zone of this person, and UTC."""
        super().__init__(*args, **options)
        names = dict.fromkeys([zone_of(user).key, "UTC"])
        cast("forms.ChoiceField", self.fields["zone"]).choices = [(name, name) for name in names]

    def clean(self) -> dict[str, Any]:
        """Add `opens_at` and `closes_at`, None for an end that is left empty."""
        return {**self.cleaned_data, **{f"{end}_at": self.instant(end) for end in ("opens", "closes")}}

    def instant(self, end: str) -> datetime | None:
        """Return the instant at which the window opens or closes; None where it is empty or cannot be read."""
        day, clock = f"{end}_day", f"{end}_clock"
        if self.errors.keys() & {day, clock, "zone"}:
            return None
        on, at = self.cleaned_data[day].day, self.cleaned_data[clock]
        if bool(on) != bool(at):
            said = _("Enter the time on the 24-hour clock, such as 15:00.") if on else _("Enter the day as well.")
            self.add_error(clock if on else day, said)
        if not (on and at):
            return None
        try:
            return instant_of(on, at, ZoneInfo(self.cleaned_data["zone"]))
        except ValueError as error:
            self.add_error(clock, str(error))
            return None


def as_shown(conference: Conference, user: Any) -> dict[str, Any]:
    """Return the window as the form opens with it, on the clock of this person."""
    zone = zone_of(user)
    values: dict[str, Any] = {"zone": zone.key, "version": conference.window_version}
    for end, instant in (("opens", conference.window_opens_at), ("closes", conference.window_closes_at)):
        if instant:
            here = instant.astimezone(zone)
            values |= {f"{end}_day": ApproximateDate(here.date(), Precision.DAY), f"{end}_clock": here.time()}
    return values


def history(conference: Conference) -> list[Any]:
    """Return the windows that managers set, the latest first, each with `who` and `why`; one query."""
    events = apps.get_model("conferences", "ConferenceEvent")._default_manager
    rows = events.filter(pgh_obj=conference.pk, window_version__gt=0).order_by("-window_version", "pgh_id")
    told = list(rows.distinct("window_version")[:MOST_TOLD])
    for row in told:
        context = row.pgh_context or {}
        row.who, row.why = context.get("actor_name", ""), context.get("reason", "")
    return told


@keeps_typed
@shows_and_takes
def conference_window(request: HttpRequest, slug: str) -> HttpResponse:
    """Show when a conference takes pledges, and take other instants."""
    forbid_unless(permissions.check_is_manager, request.user)
    conference = get_object_or_404(Conference, pk=slug)
    initial = as_shown(conference, request.user)
    form = WindowForm(sent_or_kept(request), initial=initial, user=request.user)
    if request.method == "POST" and form.is_valid():
        chosen = {name: form.cleaned_data[name] for name in ("opens_at", "closes_at", "reason", "version")}
        try:
            set_window(conference=conference, by=request.user, **chosen)
        except EditConflict as conflict:
            form = over_theirs(request.POST, conference, conflict, request.user)
        except PledgeError as refusal:
            form.complain(refusal)
        else:
            messages.success(request, _("Saved. The window holds from now on."))
            return redirect(conference)
    context = {"conference": conference, "form": form, "told": history(conference)}
    return render(request, "dashboards/conference_window.html", context)


def over_theirs(sent: QueryDict, conference: Conference, conflict: EditConflict, user: Any) -> WindowForm:
    """Return the form as it was sent; sent once more it replaces what the other manager set, which the page shows."""
    conference.refresh_from_db()
    form = WindowForm(sent_over(sent, "version", conference.window_version), user=user)
    said = _("%(conflict)s What they set stands below; save again to put yours in its place.")
    form.add_error(None, said % {"conflict": conflict})
    return form
