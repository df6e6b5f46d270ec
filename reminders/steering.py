"""The pages on which the Secretariat steers the reminders: ladders, pauses, the stop switch, the UN's holidays."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.history import acting
from accounts.typed import keeps_typed, sent_or_kept
from conferences.keyset import Order
from conferences.models import Holiday
from pledges.errors import PledgeError
from pledges.models import Partner, Pledge
from pledges.work.common import forbid_unless, refused, shows_and_takes, visible_pledge
from pledges.work.following import confirmed_share
from reminders import staff
from reminders.forms import (
    CapForm,
    HolidayForm,
    LastStepForm,
    PauseForm,
    SeenForm,
    SnoozeForm,
    StepFormSet,
    StopForm,
    seen_in_words,
)
from reminders.models import LadderStep, Pause, Reason
from reminders.overview import standing
from reminders.paging import listed, status_of
from reminders.pauses import beside, control, in_words, live_pauses
from reminders.permissions import check_can_remind, check_can_see_mail, check_can_snooze, check_can_steer

NEWEST = Order("created_at", "id", descending=True)
NEXT = Order("day", "id", descending=True)


# --- Ladders ----------------------------------------------------------------------------------------------------------
@login_required
@require_safe
def ladder_list(request: HttpRequest) -> HttpResponse:
    """Show the ladder of every reason."""
    forbid_unless(check_can_see_mail, request.user)
    steps = list(LadderStep.objects.all())
    ladders = [(reason, [step for step in steps if step.reason == reason]) for reason in Reason]
    return render(request, "reminders/ladder_list.html", {"ladders": ladders})


@keeps_typed
@shows_and_takes
def ladder(request: HttpRequest, reason: str) -> HttpResponse:
    """Change the steps of one ladder: add, change and remove rows."""
    forbid_unless(check_can_steer, request.user)
    if reason not in Reason.values:
        raise Http404
    now = staff.ladder_of(reason)
    sent = sent_or_kept(request)
    initial = [{"days": days, "audience": audience} for days, audience in now]
    rows = StepFormSet(sent, initial=initial, prefix="steps", form_kwargs={"reason": reason})
    seen = SeenForm(sent, initial={"seen": seen_in_words(now)})
    last = LastStepForm(sent, reason=Reason(reason)) if loses_its_last(rows, now) else None
    problem, may_be = "", rows.is_bound and rows.is_valid() and seen.is_valid() and (last is None or last.is_valid())
    if request.method == "POST" and may_be:
        try:
            staff.save_ladder(
                reason, steps_of(rows), by=request.user, at=timezone.now(), seen=seen.cleaned_data["seen"]
            )
        except PledgeError as refusal:
            problem = " ".join(getattr(refusal, "fields", {}).values()) or str(refusal)
        else:
            if last:
                words = _("%(reason)s: no step is left, and from the next minute on nobody is reminded.")
                messages.success(request, words % {"reason": Reason(reason).label})
            else:
                messages.success(request, _("The ladder is saved: it holds from the next minute on."))
            return redirect("mail-ladder-list")
    context = {
        "reason": Reason(reason),
        "rows": rows,
        "seen": seen,
        "last": last,
        "problem": problem,
        "now": current(reason),
    }
    return render(request, "reminders/ladder.html", context)


def loses_its_last(rows: Any, now: staff.Steps) -> bool:
    """Return whether a ladder that has steps is sent with none."""
    return bool(now) and rows.is_bound and rows.is_valid() and not steps_of(rows)


def steps_of(rows: Any) -> staff.Steps:
    """Return the steps of a form's rows that are filled in and not to be removed."""
    filled = [row for row in rows.cleaned_data if row and row["days"] is not None and not row["remove"]]
    return [(row["days"], row["audience"]) for row in filled]


def current(reason: str) -> Any:
    """Return the steps of a ladder as they stand."""
    return LadderStep.objects.filter(reason=reason)


# --- Pauses -----------------------------------------------------------------------------------------------------------
@login_required
@require_safe
def pause_list(request: HttpRequest) -> HttpResponse:
    """Show the pauses that hold, the newest first. A cursor that cannot be read is status 400."""
    forbid_unless(check_can_see_mail, request.user)
    named = ("pledge__participant", "partner__participant", "participant", "conference", "author")
    rows = live_pauses(at=timezone.now()).select_related(*named)
    context = listed(request, rows, order=NEWEST)
    return render(request, "reminders/pause_list.html", context, status=status_of(context))


@keeps_typed
@shows_and_takes
def pause_create(request: HttpRequest) -> HttpResponse:
    """Pause the reminders of a pledge, a participant or a conference."""
    forbid_unless(check_can_remind, request.user)
    form = PauseForm(sent_or_kept(request), initial={"pledge": request.GET.get("pledge", "")})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        pledge = data.pop("pledge")
        try:
            made = staff.pause(pledges=[pledge] if pledge else [], by=request.user, at=timezone.now(), **data)
        except PledgeError as refusal:
            form.complain(refusal)
        else:
            messages.success(request, _("The pause holds from now on."))
            tell_beside(request, made)
            return redirect("mail-pause-list")
    return render(request, "reminders/pause.html", {"form": form})


@login_required
@require_POST
def pause_lift(request: HttpRequest, pk: int) -> HttpResponse:
    """End a pause now."""
    forbid_unless(check_can_remind, request.user)
    pause = get_object_or_404(Pause, pk=pk)
    staff.lift(pause, by=request.user, at=timezone.now())
    messages.success(request, _("The pause is lifted: what is owed goes with each reader's next message."))
    tell_beside(request, [pause])
    return redirect("mail-pause-list")


def tell_beside(request: HttpRequest, pauses: list[Pause]) -> None:
    """Say on the next page which other pauses hold on the same."""
    for other in dict.fromkeys(found for pause in pauses for found in beside(pause, at=timezone.now())):
        messages.info(request, _("Another pause holds there: %(pause)s") % {"pause": in_words(other)})


@keeps_typed
@shows_and_takes
def snooze(request: HttpRequest, reference: str) -> HttpResponse:
    """Put off the reminders of one's own pledge for some weeks, or let them go out again."""
    return snooze_page(request, visible_pledge(request, reference))


@keeps_typed
@shows_and_takes
def share_snooze(request: HttpRequest, reference: str, code: str) -> HttpResponse:
    """Put off the reminders of a pledge to a partner that confirmed its share, or let them go out again."""
    pledge = visible_pledge(request, reference)
    return snooze_page(request, pledge, confirmed_share(pledge, code))


def snooze_page(request: HttpRequest, pledge: Pledge, partner: Partner | None = None) -> HttpResponse:
    """Show the form with which a delegation quiets its own people, and take it."""
    at = timezone.now()
    try:
        check_can_snooze(request.user, pledge, partner)
    except PledgeError as refusal:
        return refused(request, pledge, refusal)
    snoozes = live_pauses(at=at).filter(pledge=pledge, partner=partner, is_snooze=True)
    holding = snoozes.select_related("author").first()
    form = SnoozeForm(None if "lift" in request.POST else sent_or_kept(request))
    if "lift" in request.POST:
        if holding:
            staff.lift(holding, by=request.user, at=at)
        messages.success(request, _("Reminders of this pledge go out again."))
        return redirect(pledge)
    if request.method == "POST" and form.is_valid():
        try:
            staff.snooze(pledge=pledge, partner=partner, by=request.user, at=at, **form.cleaned_data)
        except PledgeError as refusal:
            form.complain(refusal)
        else:
            messages.success(
                request,
                _("No reminders of this pledge before %(day)s.")
                % {"day": date_format(form.cleaned_data["until"], "j F Y")},
            )
            return redirect(pledge)
    return render(
        request, "reminders/snooze.html", {"pledge": pledge, "partner": partner, "form": form, "holding": holding}
    )


# --- The stop switch and the cap --------------------------------------------------------------------------------------
@keeps_typed
@shows_and_takes
def steer(request: HttpRequest) -> HttpResponse:
    """Stop all reminders, let them go out again, or bound how many go out in a minute."""
    forbid_unless(check_can_steer, request.user)
    now, at = control(), timezone.now()
    sent = sent_or_kept(request)
    act = sent.get("act", "") if sent else ""
    stop = StopForm(sent if act == "stop" else None)
    cap = CapForm(sent if act == "cap" else None, initial={"most_per_run": now.most_per_run})
    try:
        said = steered(request, act, stop, cap) if request.method == "POST" else ""
    except PledgeError as refusal:
        (cap if act == "cap" else stop).complain(refusal)
        said = ""
    if said:
        messages.success(request, said)
        return redirect("mail-steer")
    context = {
        "control": now,
        "standing": standing(at=at),
        "stop": stop,
        "cap": cap,
        "form": cap if act == "cap" else stop,
    }
    return render(request, "reminders/steer.html", context)


def steered(request: HttpRequest, act: str, stop: StopForm, cap: CapForm) -> str:
    """Do what the pressed button says and return what happened, empty where the form has problems."""
    by, at = request.user, timezone.now()
    if act == "stop" and stop.is_valid():
        staff.stop(reason=stop.cleaned_data["reason"], by=by, at=at)
        return _("All reminders are stopped.")
    if act == "resume":
        staff.resume(by=by, at=at)
        return _("Reminders go out again from the next minute on.")
    if act == "cap" and cap.is_valid():
        staff.set_cap(cap.cleaned_data["most_per_run"], by=by, at=at)
        return _("The new bound holds from the next minute on.")
    return ""


# --- The UN's holidays ------------------------------------------------------------------------------------------------
@keeps_typed
@shows_and_takes
def holidays(request: HttpRequest) -> HttpResponse:
    """Show and change the official holidays at headquarters, on which clocks of working days stand still."""
    forbid_unless(check_can_steer, request.user)
    sent = sent_or_kept(request)
    if request.method == "POST" and "remove" in request.POST:
        remove_holiday(request)
        return redirect("mail-holidays")
    form = HolidayForm(sent)
    if request.method == "POST" and form.is_valid():
        with acting(request.user, "holidays"):
            Holiday.objects.create(**form.cleaned_data)
        messages.success(request, _("%(name)s is a holiday from now on.") % {"name": form.cleaned_data["name"]})
        return redirect("mail-holidays")
    context = listed(request, Holiday.objects.all(), order=NEXT) | {"form": form}
    return render(request, "reminders/holidays.html", context, status=status_of(context))


def remove_holiday(request: HttpRequest) -> None:
    """Remove the holiday whose button was pressed; one that is gone is gone."""
    key = request.POST["remove"]
    holiday = Holiday.objects.filter(pk=key if key.isdecimal() and len(key) < 19 else 0).first()
    if holiday:
        with acting(request.user, "holidays"):
            holiday.delete()
        messages.success(request, _("%(name)s is no holiday any more.") % {"name": holiday.name})
