"""The pages on which officers plan visits to the units of a participant, say what they found, and issue statements."""

from functools import partial

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from accounts.typed import keeps_typed, sent_or_kept
from conferences.models import Participant
from pledges import permissions
from pledges.enums import Status
from pledges.models import Pledge, Visit
from pledges.querysets import PledgeQuerySet
from pledges.work.common import forbid_unless, shows_and_takes
from pledges.work.readiness_forms import standing_statements, taken
from pledges.work.visit_forms import VISIT_ACTS, PlanVisitForm, StatementForm


def live_units() -> PledgeQuerySet:
    """Return the live pledges of types that the readiness system takes."""
    rows = Pledge.objects.filter(status=Status.REGISTERED, capability_type__is_pcrs_registrable=True)
    return rows.select_related("capability_type").order_by("reference")


@keeps_typed
@shows_and_takes
def visit_plan(request: HttpRequest) -> HttpResponse:
    """Plan a visit: first ask for the participant, then for the rest."""
    forbid_unless(permissions.check_is_reviewer, request.user)
    participants = Participant.objects.filter(pk__in=live_units().order_by().values("participant")).alphabetical()
    code = request.GET.get("participant", "")
    participant = participants.filter(pk=code).first() if code.isalnum() else None
    if participant is None:
        return render(request, "pledges/visit_plan.html", {"participants": participants})
    form = PlanVisitForm(sent_or_kept(request), units=live_units().filter(participant=participant))
    if request.method == "POST" and form.is_valid() and taken(form, partial(form.store, participant, by=request.user)):
        messages.success(request, _("The visit is planned."))
        return redirect("readiness-visits")
    return render(request, "pledges/visit_plan.html", {"form": form, "participant": participant})


@keeps_typed
@shows_and_takes
def visit_act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Say what a visit found, cancel it, or note what was mended (VISIT_ACTS)."""
    if act not in VISIT_ACTS:
        raise Http404
    forbid_unless(permissions.check_is_reviewer, request.user)
    visit = get_object_or_404(Visit.objects.select_related("participant"), pk=pk)
    units = list(visit.units.select_related("pledge"))
    form = VISIT_ACTS[act](sent_or_kept(request), visit=visit, units=units)
    if request.method == "POST" and form.is_valid() and taken(form, partial(form.store, by=request.user)):
        messages.success(request, str(form.done))
        return redirect("readiness-visits")
    return render(request, "pledges/visit_act.html", {"visit": visit, "units": units, "form": form, "act": act})


@keeps_typed
@shows_and_takes
def statement_issue(request: HttpRequest) -> HttpResponse:
    """Record a statement of unit requirements; with ?replaces= the next version of one."""
    forbid_unless(permissions.check_is_reviewer, request.user)
    key = request.GET.get("replaces", "")
    replaced = standing_statements().filter(pk=int(key)).first() if key.isdecimal() and len(key) < 10 else None
    form = StatementForm(sent_or_kept(request), replaces=replaced)
    if request.method == "POST" and form.is_valid() and taken(form, partial(form.store, by=request.user)):
        messages.success(request, _("The statement is stored."))
        return redirect("readiness-statements")
    return render(request, "pledges/statement_issue.html", {"form": form, "replaced": replaced})
