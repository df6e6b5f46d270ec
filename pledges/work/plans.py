"""The plan of a pledge: adding a step, putting it off, saying what it waits for, and that it is done."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.typed import keeps_typed, sent_or_kept
from pledges import permissions
from pledges.audience import who_sees
from pledges.errors import NotAllowed, PledgeError
from pledges.models import Milestone, Pledge
from pledges.plan import parts_planned_by, plan_of, shown_to
from pledges.services.plans import finish, open_needs, plan_milestone, put_off, reopen, stop_waiting, wait_for
from pledges.work.common import refused, shows_and_takes, visible_pledge
from pledges.work.plan_forms import MilestoneForm, NeedsForm, PlanForm, PutOffForm, ReopenForm


@keeps_typed
@shows_and_takes
def milestone_create(request: HttpRequest, reference: str) -> HttpResponse:
    """Show the plan of a pledge and add a dated step, of the whole or of one's own share."""
    pledge = visible_pledge(request, reference)
    parts = parts_planned_by(pledge, request.user)
    if not parts:
        return refuse_planning(request, pledge)
    form = MilestoneForm(sent_or_kept(request), pledge=pledge, parts=parts, on=timezone.now().date())
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        step = plan_milestone(
            pledge=pledge, partner=form.partner, title=values["title"], due_on=values["due_on"], by=request.user
        )
        names = {"step": step.title, "day": date_format(step.due_on, "j F Y")}
        messages.success(request, _("“%(step)s” is in the plan, due on %(day)s.") % names)
        return redirect(pledge)
    context = {"pledge": pledge, "form": form, "steps": plan_of(pledge, request.user), "who_sees": who_sees(pledge)}
    return render(request, "pledges/milestone.html", context)


def refuse_planning(request: HttpRequest, pledge: Pledge) -> HttpResponse:
    """Say why this person plans no step of this pledge now."""
    try:
        permissions.check_can_plan(request.user, pledge)
    except PledgeError as refusal:
        return refused(request, pledge, refusal)
    return redirect(pledge)


@keeps_typed
@shows_and_takes
def milestone_change(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """Show one step of a plan: put it off, say what it waits for, or that it is done."""
    pledge = visible_pledge(request, reference)
    step = planned_step(request, pledge, pk)
    try:
        permissions.check_can_plan(request.user, pledge, step.partner)
    except PledgeError as refusal:
        return refused(request, pledge, refusal)
    sent = sent_or_kept(request)
    act = sent.get("act", "") if sent else ""
    put_off_form = PutOffForm(sent if act == "put_off" else None)
    needs_form = NeedsForm(sent if act == "wait_for" else None, step=step, user=request.user)
    form = {"put_off": put_off_form, "wait_for": needs_form}.get(act, PlanForm(sent))
    if request.method == "POST" and form.is_valid():
        try:
            messages.success(request, changed(request, step, act, form))
            return redirect("milestone-change", pledge.reference, step.pk)
        except NotAllowed as refusal:
            return refused(request, pledge, refusal)
        except PledgeError as refusal:
            form.complain(refusal)
    context = {
        "pledge": pledge,
        "step": next(found for found in plan_of(pledge, request.user) if found.row.pk == step.pk),
        "missing": open_needs(step),
        "form": form,
        "put_off_form": put_off_form,
        "needs_form": needs_form if needs_form.fields["needs"].queryset else None,  # type: ignore[attr-defined]
    }
    return render(request, "pledges/milestone_change.html", context)


@keeps_typed
@shows_and_takes
def milestone_reopen(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """Open a step of a plan again that was taken for done, with the reason."""
    pledge = visible_pledge(request, reference)
    step = planned_step(request, pledge, pk)
    try:
        permissions.check_can_reopen(request.user, step)
    except PledgeError as refusal:
        return refused(request, pledge, refusal)
    if step.done_on is None:
        return redirect(pledge)
    form = ReopenForm(sent_or_kept(request), step=step, on=timezone.now().date())
    if request.method == "POST" and form.is_valid():
        try:
            opened = reopen(step=step, by=request.user, at=timezone.now(), **form.cleaned_data)
        except NotAllowed as refusal:
            return refused(request, pledge, refusal)
        except PledgeError as refusal:
            form.complain(refusal)
        else:
            names = {"step": opened.title, "day": date_format(opened.due_on, "j F Y")}
            messages.success(request, _("“%(step)s” is open again, due on %(day)s.") % names)
            return redirect(pledge)
    return render(request, "pledges/milestone_reopen.html", {"pledge": pledge, "step": step, "form": form})


def planned_step(request: HttpRequest, pledge: Pledge, pk: int) -> Milestone:
    """Return a step of this plan. Raises PermissionDenied for whoever does not see the plan, else Http404."""
    if not permissions.sees_plan(request.user, pledge):
        raise PermissionDenied(_("Only the delegations that take part and the Secretariat see the plan of a pledge."))
    steps = pledge.milestones.filter(shown_to(request.user, pledge)).select_related("partner__participant")
    found: Milestone = get_object_or_404(steps, pk=pk)
    found.pledge = pledge
    return found


def changed(request: HttpRequest, step: Milestone, act: str, form: PlanForm) -> str:
    """Do with a step what the pressed button says, and return what happened. Raises PledgeError."""
    by, at, values = request.user, timezone.now(), form.cleaned_data
    if act == "put_off":
        moved = put_off(step=step, due_on=values["due_on"], reason=values["reason"], by=by, at=at)
        return _("The step is put off: it is due on %(day)s.") % {"day": date_format(moved.due_on, "j F Y")}
    if act == "wait_for":
        wait_for(step=step, needs=values["needs"], by=by)
        return _("The step waits for “%(needs)s”.") % {"needs": values["needs"].title}
    if act == "done":
        finish(step=step, by=by, at=at)
        return _("The step is done.")
    return no_longer_waits(request, step)


def no_longer_waits(request: HttpRequest, step: Milestone) -> str:
    """Take away the step that the pressed button names, if this one waits for it."""
    key = request.POST.get("stop_waiting", "")
    for link in step.waits_for.select_related("needs"):
        if str(link.needs_id) == key:
            stop_waiting(step=step, needs=link.needs, by=request.user)
            return _("The step no longer waits for “%(needs)s”.") % {"needs": link.needs.title}
    return _("Nothing was changed.")
