"""What the Secretariat does about late pledges: shown first how many and which, then done, each failure named."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.typed import keeps_typed, sent_or_kept
from dashboards.follow_through import ACTS, list_asked
from dashboards.follow_through_forms import (
    ActForm,
    AssessForm,
    CloseForm,
    EndingForm,
    Failures,
    PauseForm,
    PutOffForm,
    RemindForm,
)
from dashboards.follow_through_remind import letter_to, readers
from pledges import permissions
from pledges.assessed import Known, known_of
from pledges.errors import PledgeError
from pledges.follow_up import late_steps
from pledges.links import address
from pledges.listing import PAGE_SIZE
from pledges.models import Milestone, Pledge
from pledges.querysets import today
from pledges.work.common import forbid_unless, shows_and_takes
from reminders.remind import planned

FORMS: dict[str, Callable[..., ActForm]] = {
    "remind": RemindForm,
    "pause": PauseForm,
    "put-off": PutOffForm,
    "assess": AssessForm,
    "close": CloseForm,
}


@dataclass(frozen=True)
class Row:
    """A chosen pledge: why nothing was or can be done with it, "" where it can, or when; its late steps; what there is
    to read of it and the mark of that; whether something came in that was not read."""

    pledge: Pledge
    why_not: str = ""
    when: str = ""
    steps: list[Milestone] = field(default_factory=list)
    known: Known | None = None
    mark: str = ""
    is_unread: bool = False


@keeps_typed
@shows_and_takes
def follow_through_act(request: HttpRequest) -> HttpResponse:
    """Say what is to be done with which pledges (`act` and `pledge` of the address), and do it once it is sent.

    What could not be done stays on the page, each with its reason, and what was typed with it.
    """
    forbid_unless(permissions.check_is_reviewer, request.user)
    act, pledges = request.GET.get("act", ""), chosen(request)
    if act not in ACTS:
        raise Http404
    if not pledges:
        messages.error(request, _("Nothing was done: tick at least one pledge first."))
        return redirect(back(request))
    at = timezone.now()
    form, failures = form_of(request, act, pledges, at=at), Failures()
    if len(pledges) == 1 and own_page(act, pledges[0]) and not form.is_bound:  # the last one left stays here
        return redirect(own_page(act, pledges[0]))
    if request.method == "POST" and form.is_bound and form.is_valid():
        try:
            failures = form.act(pledges, by=request.user, at=at)
        except PledgeError as refusal:
            form.complain(refusal)
        else:
            tell(request, form, [pledge for pledge in pledges if pledge not in failures])
            if not failures:
                return redirect(back(request))
            form.name(failures)
    return shown(request, act, form, failures or dict.fromkeys(pledges, ""), at=at)


def back(request: HttpRequest) -> str:
    """Return the list from which an act began, narrowed and turned as it was."""
    return address(reverse("follow-through"), list_asked(request))


def own_page(act: str, pledge: Pledge) -> str:
    """Return the page on which a single pledge is assessed or closed, "" for anything else."""
    if act == "close":
        return reverse("pledge-step", args=[pledge.reference, "close"])
    return reverse("pledge-assess", args=[pledge.reference]) if act == "assess" else ""


def chosen(request: HttpRequest) -> list[Pledge]:
    """Return the pledges of the address that this person may see, at most a page of them."""
    references = [text for text in request.GET.getlist("pledge") if "\0" not in text][:PAGE_SIZE]
    pledges = Pledge.objects.visible_to(request.user).filter(reference__in=references)
    return list(pledges.select_related("participant", "conference").order_by("reference"))


def form_of(request: HttpRequest, act: str, pledges: list[Pledge], *, at: datetime) -> ActForm:
    """Return the form of an act with what was sent; where only another text is asked for, with the ticks alone."""
    sent = sent_or_kept(request)
    if sent is not None and "read" in sent:
        return FORMS[act](pledges=pledges, at=at, initial={"to": sent.getlist("to"), "read": sent["read"]})
    return FORMS[act](sent, pledges=pledges, at=at)


def tell(request: HttpRequest, form: ActForm, taken: list[Pledge]) -> None:
    """Say what was done with how many pledges and with which, and once each what else is to be known of them."""
    done = [pledge for pledge in taken if pledge not in form.told]
    words = ngettext("%(done)s: %(n)s pledge (%(names)s).", "%(done)s: %(n)s pledges (%(names)s).", len(done))
    if done:
        messages.success(request, words % {"done": form.done, "n": len(done), "names": named(done)})
    alike: dict[str, list[Pledge]] = {}
    for pledge, when in form.later.items():
        alike.setdefault(when, []).append(pledge)
    for when, pledges in alike.items():
        messages.info(request, f"{named(pledges)}: {when}")


def named(pledges: list[Pledge]) -> str:
    """Return the references of pledges in one line."""
    return ", ".join(pledge.reference for pledge in pledges)


def shown(request: HttpRequest, act: str, form: ActForm, pledges: dict[Pledge, str], *, at: datetime) -> HttpResponse:
    """Show what is to be done with these pledges, each with why it was not done, "" where nothing was tried yet."""
    context: dict[str, Any] = {
        "act": act,
        "label": ACTS[act],
        "form": form,
        "query": query_of(request, act, pledges),
        "assess_query": query_of(request, "assess", pledges),
        "back": back(request),
    }
    rows = list(pledges)
    if isinstance(form, RemindForm):
        context |= reminding(request, form, rows, at=at)
        pledges = {pledge: pledges[pledge] or context["left_out"].get(pledge, "") for pledge in rows}
    later = context.get("later", {})
    steps = late_steps(rows, on=today()) if act == "put-off" else {}
    context["rows"] = [
        Row(pledge, why_not, later.get(pledge, ""), steps.get(pledge.pk, [])) for pledge, why_not in pledges.items()
    ]
    if isinstance(form, EndingForm):
        known = known_of(rows, request.user)
        context["rows"] = [judged(row, form, known[row.pledge.pk]) for row in context["rows"]]
    return render(request, "dashboards/follow_through_act.html", context)


def judged(row: Row, form: EndingForm, known: Known) -> Row:
    """Return the row of a pledge that is assessed or closed, with what there is to read of it."""
    return replace(row, known=known, mark=form.mark(row.pledge, known), is_unread=row.pledge in form.unread)


def query_of(request: HttpRequest, act: str, pledges: Iterable[Pledge]) -> str:
    """Return the address of an act on these pledges alone, which leads back to the same list."""
    found = {"act": act, "pledge": [pledge.reference for pledge in pledges], **list_asked(request)}
    return "?" + urlencode(found, doseq=True)


def reminding(request: HttpRequest, form: RemindForm, pledges: list[Pledge], *, at: datetime) -> dict[str, Any]:
    """Return what the page of reminding shows beside the pledges: who hears, in which words, and who cannot."""
    plan = planned(pledges, at=at) if form.is_bound else form.plan  # something may have been sent just now
    found = readers(plan)
    return {
        "left_out": plan.left_out(form.ticked),
        "later": plan.later(form.ticked),
        "readers": found,
        "ticked": form.ticked,
        "letter": letter_to(found.recipients, form.initial.get("read", ""), form.ticked, by=request.user, at=at),
        "pause_form": PauseForm(pledges=pledges, at=at),
        "pause_query": query_of(request, "pause", pledges),
        "is_manager": permissions.is_manager(request.user),
    }
