"""What the Secretariat does about late pledges: shown first how many and which, then done, each failure named."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.typed import keeps_typed, sent_or_kept
from dashboards.follow_through import ACTS
from pledges import permissions
from pledges.errors import PledgeError
from pledges.follow_up import late_steps
from pledges.forms import TextField
from pledges.listing import PAGE_SIZE
from pledges.models import Pledge
from pledges.querysets import today
from pledges.services.plans import put_off
from pledges.work.common import forbid_unless, shows_and_takes
from reminders.forms import DAY_WORDS, Refusable, day_box
from reminders.staff import pause, remind_now

Failures = dict[Pledge, str]


def why() -> TextField:
    """Return the field for a reason."""
    words = {"required": gettext_lazy("Say in a sentence why.")}
    return TextField(label=gettext_lazy("Why?"), max_length=1000, error_messages=words)


class RemindForm(Refusable):
    """Nothing is asked: the reminder says what is due."""

    def act(self, pledges: list[Pledge], *, by: Any, at: datetime) -> Failures:
        """Remind of these pledges. Return why nobody hears today, pledge by pledge."""
        return {pledge: words for pledge, words in remind_now(pledges, by=by, at=at).items() if words}


class PauseForm(Refusable):
    """Until when nobody is reminded, and why."""

    until = forms.DateField(
        label=gettext_lazy("Until"),
        help_text=gettext_lazy(
            "The first day with reminders again, from midnight UTC. Leave it empty to pause until somebody lifts it."
        ),
        widget=day_box(),
        required=False,
        error_messages=DAY_WORDS,
    )
    reason = why()

    def act(self, pledges: list[Pledge], *, by: Any, at: datetime) -> Failures:
        """Pause the reminders of these pledges, all or none."""
        pause(pledges=pledges, by=by, at=at, **self.cleaned_data)
        return {}


class PutOffForm(Refusable):
    """The new day of the late steps, and why."""

    due_on = forms.DateField(label=gettext_lazy("New day"), widget=day_box(), error_messages=DAY_WORDS)
    reason = why()

    def act(self, pledges: list[Pledge], *, by: Any, at: datetime) -> Failures:
        """Put off every late step of these pledges. Return what could not be put off, and why."""
        steps, failures = late_steps(pledges, on=today()), {}
        for pledge in pledges:
            if pledge.pk not in steps:
                failures[pledge] = _("None of its steps is late.")
            for step in steps.get(pledge.pk, []):
                try:
                    put_off(step=step, by=by, at=at, **self.cleaned_data)
                except PledgeError as refusal:
                    failures[pledge] = sentence_of(refusal)
        return failures


def sentence_of(refusal: PledgeError) -> str:
    """Return a refusal with what it says of single fields."""
    return " ".join([str(refusal), *map(str, getattr(refusal, "fields", {}).values())])


FORMS: dict[str, Callable[..., Any]] = {"remind": RemindForm, "pause": PauseForm, "put-off": PutOffForm}


@keeps_typed
@shows_and_takes
def follow_through_act(request: HttpRequest) -> HttpResponse:
    """Say what is to be done with which pledges (`act` and `pledge` of the address), and do it once it is sent."""
    forbid_unless(permissions.check_is_reviewer, request.user)
    act, pledges = request.GET.get("act", ""), chosen(request)
    if act not in ACTS:
        raise Http404
    if not pledges:
        messages.error(request, _("Nothing was done: tick at least one pledge first."))
        return redirect("follow-through")
    if act == "assess":
        return one_by_one(request, pledges)
    form = FORMS[act](sent_or_kept(request))
    if request.method == "POST" and form.is_valid():
        try:
            failures = form.act(pledges, by=request.user, at=timezone.now())
        except PledgeError as refusal:
            form.complain(refusal)
        else:
            return done(request, act, pledges, failures)
    steps = late_steps(pledges, on=today()) if act == "put-off" else {}
    rows = [(pledge, steps.get(pledge.pk, [])) for pledge in pledges]
    context = {"act": act, "label": ACTS[act], "form": form, "rows": rows}
    return render(request, "dashboards/follow_through_act.html", context)


def chosen(request: HttpRequest) -> list[Pledge]:
    """Return the pledges of the address that this person may see, at most a page of them."""
    references = [text for text in request.GET.getlist("pledge") if "\0" not in text][:PAGE_SIZE]
    pledges = Pledge.objects.visible_to(request.user).filter(reference__in=references)
    return list(pledges.select_related("participant", "conference").order_by("reference"))


def one_by_one(request: HttpRequest, pledges: list[Pledge]) -> HttpResponse:
    """Lead on to the assessment of a pledge: each takes a judgement of its own."""
    if len(pledges) == 1:
        return redirect("pledge-assess", pledges[0].reference)
    messages.error(request, _("Nothing was done: pledges are assessed and closed one by one, so tick a single one."))
    return redirect("follow-through")


def done(request: HttpRequest, act: str, pledges: list[Pledge], failures: Failures) -> HttpResponse:
    """Say for how many it was done, and for which not and why."""
    count = len(pledges) - len(failures)
    words = ngettext("%(act)s: done for %(n)s pledge.", "%(act)s: done for %(n)s pledges.", count)
    if count:
        messages.success(request, words % {"act": ACTS[act], "n": count})
    for pledge, why_not in failures.items():
        messages.error(request, f"{pledge.reference}: {why_not}")
    return redirect("follow-through")
