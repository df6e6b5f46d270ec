"""The page on which a step of a pledge's life is confirmed and taken."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from accounts.typed import keeps_typed, sent_or_kept
from pledges.assessed import known_of, possible_outcomes
from pledges.audience import consequences, what_happened, who_sees
from pledges.errors import EditConflict, Incomplete, NotAllowed, PledgeError
from pledges.forms import PledgeForm, TextField
from pledges.merging import in_words
from pledges.models import Pledge
from pledges.transitions import TRANSITIONS, Transition, apply_transition, check_transition
from pledges.values import values_of
from pledges.work.assessing import reported
from pledges.work.check import check_context
from pledges.work.common import refused, shows_and_takes, visible_pledge
from pledges.work.form_page import page_of
from pledges.work.forms import StepForm


@keeps_typed
@shows_and_takes
def pledge_step(request: HttpRequest, reference: str, action: str) -> HttpResponse:
    """Ask to confirm a step of the pledge's life in words of what it makes visible to whom, and take it."""
    pledge = visible_pledge(request, reference)
    if action not in TRANSITIONS:
        raise Http404
    step = TRANSITIONS[action]
    form = form_of(step, pledge, request.user, sent_or_kept(request))
    try:
        check_transition(step, pledge, request.user, is_offer=True)  # gaps are named below, and refused on the way
        if step.takes_two(pledge) and not (step.needs_reason and request.POST.get("reason")):
            return redirect(proposal_url(action, pledge))
        if request.method == "POST" and form.is_valid():
            return take_step(request, pledge, action, form.cleaned_data)
    except EditConflict as conflict:
        messages.warning(request, str(conflict))
        pledge = visible_pledge(request, reference)
        form = form_of(step, pledge, request.user, request.POST)
        form.show_anew()
    except Incomplete:
        pass  # the check of the answers names what is missing, the page of closing what must come before
    except PledgeError as refusal:
        if request.method == "POST" and just_taken(request, pledge, action):
            return redirect(where_to(action, pledge))
        if isinstance(refusal, NotAllowed) or not (step.needs_reason and request.POST.get("reason")):
            return refused(request, pledge, refusal)
        form.add_error(None, str(refusal))  # what was typed stays on the page
        context = step_context(request, visible_pledge(request, reference), action, form)
        return render(request, "pledges/step.html", context, status=409)
    if action == "submit":
        return render(request, "pledges/check.html", check_context(request, pledge, form=form))
    return render(request, "pledges/step.html", step_context(request, pledge, action, form))


def form_of(step: Transition, pledge: Pledge, user: Any, data: Any) -> StepForm:
    """Return the form of a step with what was sent; where the step judges the pledge, with what there is to read."""
    if not step.needs_outcome:
        return StepForm(data, step=step, pledge=pledge)
    known = known_of([pledge], user)[pledge.pk]
    return StepForm(data, step=step, pledge=pledge, outcomes=possible_outcomes(pledge), known=known)


def proposal_url(action: str, pledge: Pledge) -> str:
    """Return where one person proposes what another confirms."""
    asked = urlencode({"action": action, "pledge": pledge.reference})
    return f"{reverse('decision-propose')}?{asked}"


def take_step(request: HttpRequest, pledge: Pledge, action: str, values: dict[str, Any]) -> HttpResponse:
    """Take the step and say what happened."""
    taken = apply_transition(
        action,
        pledge=pledge,
        by=request.user,
        at=timezone.now(),
        reason=values.get("reason", ""),
        outcome=values.get("outcome", ""),
        version=values["version"] or 0,
        was=values.get("was"),
    )
    messages.success(request, what_happened(action, taken))
    return redirect(where_to(action, taken))


def where_to(action: str, pledge: Pledge) -> str:
    """Return the address to which a step leads: a submitted pledge has a receipt."""
    return reverse("pledge-receipt", args=[pledge.reference]) if action == "submit" else pledge.get_absolute_url()


def just_taken(request: HttpRequest, pledge: Pledge, action: str) -> bool:
    """Say what happened, if this person has taken this very step in the same words: a second click is no error."""
    last = pledge.status_changes.order_by("-pk").first()
    sent = (action, request.user.pk, TextField().to_python(request.POST.get("reason")))
    if not last or (last.action, last.author_id, last.reason) != sent:
        return False
    if TRANSITIONS[action].needs_outcome and pledge.outcome != request.POST.get("outcome"):
        return False
    messages.success(request, what_happened(action, pledge))
    return True


def step_context(request: HttpRequest, pledge: Pledge, action: str, form: StepForm) -> dict[str, Any]:
    """Return what the page of a step shows: what will happen, and what the pledge says."""
    values = values_of(pledge)
    known = form.known
    asked = PledgeForm(user=request.user, at=timezone.now(), pledge=pledge, only=page_of(pledge, None).fields)
    return {
        "pledge": pledge,
        "action": action,
        "label": TRANSITIONS[action].label,
        "form": form,
        "must_assess": TRANSITIONS[action].needs_outcome and not possible_outcomes(pledge),
        "assessment": known.found if known else None,
        "reported": reported(known, request.user) if known else None,
        "consequences": consequences(action, pledge),
        "proposal_url": proposal_url(action, pledge) if TRANSITIONS[action].takes_two(pledge) else "",
        "who_sees": who_sees(pledge, insider=True),
        "answers": [
            (name, asked.fields[name].label, in_words(asked.fields[name], values[name])) for name in asked.answers
        ],
        "unit": pledge.unit,
    }
