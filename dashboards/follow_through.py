"""The follow-through page of the Secretariat: who is late, since when, what was mailed, who signed in."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from pledges import permissions
from pledges.follow_up import OLDEST, Reason, last_sign_ins, late, late_steps, next_due
from pledges.listing import COUNTED_TO, counted
from pledges.models import Milestone, Pledge
from pledges.query_form import (
    CodesField,
    QueryForm,
    capability_types,
    choices,
    conferences,
    missions,
    participants,
)
from pledges.querysets import today
from pledges.work.common import forbid_unless
from reminders.models import ReminderItem
from reminders.paging import listed

ACTS = {
    "remind": gettext_lazy("Remind now"),
    "pause": gettext_lazy("Pause the reminders"),
    "put-off": gettext_lazy("Put off the late steps"),
    "assess": gettext_lazy("Assess or close"),
}


class FollowThroughForm(QueryForm):
    """Late pledges by conference, state, mission, capability and what is late."""

    conference = CodesField(label=gettext_lazy("Conference"), options=conferences)
    participant = CodesField(label=gettext_lazy("Participant"), options=participants)
    mission = CodesField(label=gettext_lazy("Mission"), options=missions)
    capability_type = CodesField(label=gettext_lazy("Capability type"), options=capability_types)
    reason = CodesField(label=gettext_lazy("What is late"), options=choices(Reason))
    cursor = forms.CharField(required=False, max_length=400)

    SHOWN = ("conference", "participant", "mission", "capability_type", "reason")


@dataclass(frozen=True)
class Debt:
    """Something late: what, since when, how many days."""

    title: str
    on: date
    days: int


@dataclass(frozen=True)
class Line:
    """One late pledge: the debts, the last reminder of it, and the last sign-in of those who could report."""

    pledge: Pledge
    debts: list[Debt]
    mail: Any
    signed_in: datetime | None


@login_required
@require_safe
def follow_through(request: HttpRequest) -> HttpResponse:
    """Show the late pledges, the longest late on top, in a fixed number of queries. A bad cursor is status 400."""
    forbid_unless(permissions.check_can_see_follow_through, request.user)
    asked = FollowThroughForm(request)
    if not asked.is_valid():
        return render(request, "dashboards/follow_through.html", {"asked": asked}, status=400)
    on = today()
    among = narrowed(asked.filters, Pledge.objects.visible_to(request.user))
    reasons = asked.filters.get("reason")
    rows = late(among, on=on, reasons=tuple(reasons.split(",")) if reasons else tuple(Reason))
    shown = listed(request, rows.select_related("conference", "participant", "capability_type"), order=OLDEST)
    context = {
        "asked": asked,
        **shown,
        "lines": lines(shown["page"].rows, on=on) if "page" in shown else [],
        "acts": ACTS,
        "can_act": permissions.allowed(permissions.check_is_reviewer, request.user),
        "is_manager": permissions.is_manager(request.user),
    }
    if context["lines"]:
        context["range"] = range_in_words(rows, len(context["lines"]))
    else:
        context["next_due"] = next_due(among, on=on)
    return render(request, "dashboards/follow_through.html", context, status=400 if "problem" in shown else 200)


def narrowed(filters: dict[str, str], pledges: Any) -> Any:
    """Return the pledges of the conferences, participants, missions and types asked for."""
    for name in ("conference", "participant", "capability_type"):
        if name in filters:
            pledges = pledges.filter(**{f"{name}__in": filters[name].split(",")})
    return pledges.naming_mission(filters["mission"].split(",")) if "mission" in filters else pledges


def range_in_words(rows: Any, shown: int) -> str:
    """Return how many pledges this page shows, of how many."""
    count = counted(rows)
    total = f"{COUNTED_TO:,}+" if count > COUNTED_TO else f"{count:,}"
    words = ngettext("%(shown)s of %(total)s late pledge", "%(shown)s of %(total)s late pledges", count)
    return words % {"shown": shown, "total": total}


def lines(pledges: list[Any], *, on: date) -> list[Line]:
    """Return the rows of the page, in three queries."""
    steps = late_steps(pledges, on=on)
    mails = last_mails(pledges)
    signed_in = last_sign_ins({pledge.participant_id for pledge in pledges})
    return [
        Line(
            pledge=pledge,
            debts=debts(pledge, steps.get(pledge.pk, []), on=on),
            mail=mails.get(pledge.pk),
            signed_in=signed_in.get(pledge.participant_id),
        )
        for pledge in pledges
    ]


def debts(pledge: Any, steps: list[Milestone], *, on: date) -> list[Debt]:
    """Return what is late on a pledge, the oldest first."""
    found = [Debt(step.title, step.due_on, (on - step.due_on).days) for step in steps]
    report = pledge.report_due_on
    if report and report < on:
        found.append(Debt(_("Regular report"), report, (on - report).days))
    return sorted(found, key=lambda debt: debt.on)


def last_mails(pledges: list[Any]) -> dict[int, Any]:
    """Return the newest reminder that speaks of each pledge."""
    items: Any = ReminderItem.objects.filter(pledge__in=pledges).select_related("reminder", "recipient")
    newest = items.order_by("pledge_id", "-reminder__owed_on", "-reminder_id").distinct("pledge_id")
    return {item.pledge_id: item.reminder for item in newest}
