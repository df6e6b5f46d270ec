"""The pages on which a delegation plans and reports."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from pledges import permissions
from pledges.audience import who_sees
from pledges.due import months_later, next_report_due, next_step_due
from pledges.errors import PledgeError
from pledges.models import Milestone, Pledge
from pledges.services import plan_milestone, report_progress
from pledges.typed import keeps_typed, sent_or_kept
from pledges.work.common import refused, shows_and_takes, visible_pledge
from pledges.work.forms import MilestoneForm, ReportForm


@keeps_typed
@shows_and_takes
def pledge_report(request: HttpRequest, reference: str) -> HttpResponse:
    """Report on a pledge, or with ?milestone= on one step of its plan."""
    pledge = visible_pledge(request, reference)
    milestone = milestone_asked(request, pledge)
    try:
        permissions.check_can_report(request.user, pledge)
    except PledgeError as refusal:
        return refused(request, pledge, refusal)
    initial = {"state": pledge.reported_state}
    form = ReportForm(sent_or_kept(request), initial=initial, pledge=pledge, milestone=milestone)
    if request.method == "POST":
        if "no_change" in request.POST:
            return report(request, pledge, milestone=milestone, state=pledge.reported_state, text="")
        if form.is_valid():
            return report(request, pledge, **form.cleaned_data)
    context = {
        "pledge": pledge,
        "milestone": milestone,
        "form": form,
        "last": pledge.progress_updates.filter(author__isnull=False).order_by("-pk").first(),
        "who_sees": who_sees(pledge),
    }
    return render(request, "pledges/report.html", context)


def milestone_asked(request: HttpRequest, pledge: Pledge) -> Milestone | None:
    """Return the step that the address names."""
    key = request.GET.get("milestone", "")
    if not key:
        return None
    if not key.isascii() or not key.isdigit() or len(key) > 18:
        raise Http404
    return get_object_or_404(pledge.milestones, pk=int(key))


def report(request: HttpRequest, pledge: Pledge, **said: Any) -> HttpResponse:
    """Store a report and say what is due next."""
    at = timezone.now()
    report_progress(pledge=pledge, by=request.user, at=at, **said)
    pledge.refresh_from_db()
    text = _("Your report on %(reference)s is recorded.") % {"reference": pledge.reference}
    messages.success(request, f"{text} {due_next(pledge)} {who_sees(pledge)}")
    return redirect(pledge)


def due_next(pledge: Pledge) -> str:
    """Return in a sentence when something is due on this pledge again."""
    today = timezone.now().date()
    step = next_step_due(pledge, on=today)
    day = step.due_on if step else next_report_due(pledge) or months_later(today, 6)
    return _("Next due on %(day)s.") % {"day": date_format(day, "j F Y")}


@keeps_typed
@shows_and_takes
def milestone_create(request: HttpRequest, reference: str) -> HttpResponse:
    """Add a dated step to the plan of a pledge."""
    pledge = visible_pledge(request, reference)
    user = request.user
    if not permissions.can_edit(user, pledge):
        try:
            permissions.check_can_report(user, pledge)
        except PledgeError as refusal:
            return refused(request, pledge, refusal)
    form = MilestoneForm(sent_or_kept(request), on=timezone.now().date())
    if request.method == "POST" and form.is_valid():
        step = plan_milestone(pledge=pledge, by=user, **form.cleaned_data)
        day = date_format(step.due_on, "j F Y")
        text = _("“%(step)s” is in the plan, due on %(day)s.") % {"step": step.title, "day": day}
        messages.success(request, f"{text} {who_sees(pledge)}")
        return redirect(pledge)
    context = {"pledge": pledge, "form": form, "steps": pledge.milestones.all(), "who_sees": who_sees(pledge)}
    return render(request, "pledges/milestone.html", context)
