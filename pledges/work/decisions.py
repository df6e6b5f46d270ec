"""The pages on which two people announce or withdraw together: one proposes, another confirms."""

from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.typed import keeps_typed, sent_or_kept
from accounts.zones import zone_of
from conferences.keyset import BadCursor, Order, page_of
from pledges import permissions
from pledges.audience import decided, what_decision_does
from pledges.deciding import (
    SHOWN,
    fingerprint,
    in_words,
    last_decision,
    local_now,
    open_decision,
    proposed_before,
    shows_notes,
    summaries,
    under_embargo,
    unproposed,
)
from pledges.enums import JointAction, Verdict
from pledges.errors import Incomplete, NotAllowed, PledgeError
from pledges.models import Decision, Pledge
from pledges.querysets import PledgeQuerySet
from pledges.services import cancel, confirm, propose, refuse
from pledges.timeline_decisions import title_of_verdict
from pledges.transitions import TRANSITIONS, check_transition, possible_actions
from pledges.work.common import forbid_unless, refused, sent_over, shows_and_takes, visible_pledge, without_nul
from pledges.work.decision_forms import ProposeForm, ScopeForm, VerdictForm

RECENT = 20
MOST = 5_000  # pledges of one decision
BY_REFERENCE = Order("reference", "reference")


# --- The list ---------------------------------------------------------------------------------------------------------
@login_required
@require_safe
def decision_list(request: HttpRequest) -> HttpResponse:
    """Show what waits for a second person, what is confirmed for a later time, and what was decided last."""
    forbid_unless(permissions.check_can_see_decisions, request.user)
    at, rows = timezone.now(), Decision.objects.all()
    ahead = rows.filter(verdict=Verdict.CONFIRMED, items__ended_at=None).distinct().order_by("takes_effect_at", "pk")
    past = rows.exclude(verdict="").exclude(pk__in=ahead.order_by().values("pk")).order_by("-decided_at", "-pk")
    context = {
        "waiting": summaries(rows.filter(verdict="").order_by("takes_effect_at", "pk")[:SHOWN], request.user, at=at),
        "ahead": summaries(ahead[:SHOWN], request.user, at=at),
        "past": summaries(past[:RECENT], request.user, at=at),
        "can_propose": permissions.allowed(permissions.check_is_reviewer, request.user),
        "under_embargo": unproposed(under_embargo(request.user, at=at)).count(),
    }
    return render(request, "pledges/decision_list.html", context)


# --- Proposing --------------------------------------------------------------------------------------------------------
@keeps_typed
@shows_and_takes
def decision_propose(request: HttpRequest) -> HttpResponse:
    """Propose to announce pledges: one, or those of a delegation, a session or a conference; or to withdraw one."""
    action = request.GET.get("action", JointAction.ANNOUNCE)
    if action not in {JointAction.ANNOUNCE, JointAction.WITHDRAW}:  # what is merged is proposed where it is compared
        raise Http404
    reference = request.GET.get("pledge", "")
    if reference:
        return propose_one(request, action, visible_pledge(request, without_nul(reference)))
    if action != JointAction.ANNOUNCE:
        raise Http404
    forbid_unless(permissions.check_is_reviewer, request.user)
    among = under_embargo(request.user, at=timezone.now())
    scope = ScopeForm(request.GET or None, among=among)
    if not scope.is_valid() or not scope.chosen:
        context = {"scope": scope, "total": unproposed(among).count(), "action": action}
        return render(request, "pledges/decision_propose.html", context, status=400 if scope.errors else 200)
    return offer_proposal(request, action, unproposed(among.filter(**scope.chosen)), scope=scope)


def propose_one(request: HttpRequest, action: str, pledge: Pledge) -> HttpResponse:
    """Propose to announce or withdraw one pledge, if this person may and nothing stands in the way."""
    if open_decision(pledge):
        return redirect("pledge-proposal", pledge.reference)
    try:
        check_transition(TRANSITIONS[action], pledge, request.user)
    except PledgeError as refusal:
        return refused(request, pledge, refusal)
    if not TRANSITIONS[action].takes_two(pledge):  # what nobody else sees is withdrawn by one person
        return redirect("pledge-step", pledge.reference, action)
    return offer_proposal(request, action, Pledge.objects.filter(pk=pledge.pk), pledge=pledge)


def offer_proposal(
    request: HttpRequest,
    action: str,
    rows: PledgeQuerySet,
    *,
    scope: ScopeForm | None = None,
    pledge: Pledge | None = None,
) -> HttpResponse:
    """Show which pledges it is about and what becomes visible, and take the proposal for just these."""
    at = timezone.now()
    references = list(rows.order_by("reference").values_list("reference", flat=True)[:MOST])
    seen = fingerprint(references)
    form = ProposeForm(
        sent_or_kept(request),
        user=request.user,
        at=at,
        needs_reason=bool(TRANSITIONS[action].needs_reason),
        initial={"seen": seen, "zone": zone_of(request.user).key},
    )
    if request.method == "POST" and form.is_valid():
        answer = take_proposal(request, action, rows, form, seen, pledge)
        if answer:
            return answer
        form.data = sent_over(form.data, "seen", seen)
    context = {
        "action": action,
        "scope": scope,
        "pledge": pledge,
        "form": form,
        "total": len(references),
        "rows": for_list(rows).order_by("participant__sort_en", "reference")[:SHOWN],
        "consequences": what_decision_does(action, len(references)),
        "now": in_words(local_now(request.user), zone_of(request.user)),
    }
    return render(request, "pledges/decision_propose.html", context)


def for_list(rows: PledgeQuerySet) -> PledgeQuerySet:
    """Return the pledges with what a list of them names."""
    return rows.select_related("participant", "conference", "session", "capability_type", "category")


def take_proposal(
    request: HttpRequest, action: str, rows: PledgeQuerySet, form: ProposeForm, seen: str, pledge: Pledge | None
) -> HttpResponse | None:
    """Store the proposal and lead on; None where the page is to be shown again with what is wrong."""
    values = form.cleaned_data
    before = proposed_before(request.user, action, values["seen"])
    if before:
        return proposed(request, before, pledge)
    if values["seen"] != seen:
        form.add_error(None, _("The pledges below have changed since you opened the page: read them, then propose."))
        return None
    try:
        decision = propose(
            action,
            rows,
            by=request.user,
            at=timezone.now(),
            reason=values["reason"],
            takes_effect_at=values["takes_effect_at"],
        )
    except PledgeError as refusal:
        form.add_error(None, " ".join(refusal.fields.values()) if isinstance(refusal, Incomplete) else str(refusal))
        return None
    return proposed(request, decision, pledge)


def proposed(request: HttpRequest, decision: Decision, pledge: Pledge | None) -> HttpResponse:
    """Say that it is proposed, and lead to its page."""
    messages.success(request, _("It is proposed. A manager of the Secretariat other than you decides on it."))
    user: Any = request.user
    if user.is_secretariat or not pledge:
        return redirect("decision-detail", decision.pk)
    return redirect("pledge-proposal", pledge.reference)


# --- The second person ------------------------------------------------------------------------------------------------
@keeps_typed
@shows_and_takes
def decision_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a decision with its pledges, and take the second person's word on it."""
    forbid_unless(permissions.check_can_see_decisions, request.user)
    decision = get_object_or_404(Decision.objects.select_related("proposed_by", "decided_by", "kept"), pk=pk)
    return show_decision(request, decision, decision.items.all(), reverse("decision-detail", args=[pk]))


@keeps_typed
@shows_and_takes
def pledge_proposal(request: HttpRequest, reference: str) -> HttpResponse:
    """Show the delegation what is proposed for its pledge, or what was decided last; its proposer can take it back."""
    pledge = visible_pledge(request, reference)
    if not permissions.is_insider(request.user, pledge):
        raise PermissionDenied(_("Only the delegation of the pledge and the Secretariat see what is proposed for it."))
    decision = open_decision(pledge) or last_decision(pledge)
    if not decision:
        messages.info(request, _("Nothing is proposed for this pledge now."))
        return redirect(pledge)
    user: Any = request.user
    if user.is_secretariat:
        return redirect("decision-detail", decision.pk)
    address = reverse("pledge-proposal", args=[pledge.reference])
    return show_decision(request, decision, decision.items.filter(pledge=pledge), address, pledge=pledge)


def show_decision(
    request: HttpRequest, decision: Decision, items: Any, address: str, *, pledge: Pledge | None = None
) -> HttpResponse:
    """Show a decision as far as this reader sees its pledges, and take a verdict."""
    form = VerdictForm(sent_or_kept(request))
    if request.method == "POST" and form.is_valid():
        answer = take_verdict(request, decision, form, pledge)
        if answer:
            return answer
    at = timezone.now()
    rows = Pledge.objects.visible_to(request.user).filter(pk__in=items.values("pledge"))
    try:
        page = page_of(for_list(rows), order=BY_REFERENCE, size=SHOWN, cursor=request.GET.get("cursor", ""))
    except BadCursor as error:
        raise Http404 from error
    total = items.count()
    own = Decision.objects.filter(pk=decision.pk)
    context = {
        "decision": decision,
        "summary": summaries(own, request.user, at=at)[0] if not pledge else None,
        "pledge": pledge,
        "shows_note": shows_notes(decision, request.user),
        **(afterwards(request.user, decision, pledge) if pledge else {}),
        "form": form,
        "page": page,
        "problems": list(items.exclude(problem="").select_related("pledge")[:SHOWN]),
        "urls": {
            "next": f"{address}?{urlencode({'cursor': page.next})}" if page.next else "",
            "previous": f"{address}?{urlencode({'cursor': page.previous})}" if page.previous else "",
            "first": address if page.previous else "",
        },
        "total": total,
        "takes_effect": in_words(decision.takes_effect_at, zone_of(request.user)),
        "is_stated": decision.takes_effect_at > decision.proposed_at,
        "consequences": what_decision_does(decision.action, total, decision.kept),
        **possible_verdicts(request.user, decision),
    }
    return render(request, "pledges/decision.html", context)


def afterwards(user: Any, decision: Decision, pledge: Pledge) -> dict[str, Any]:
    """Return what became of a decision on a pledge that is over, and whether this person can propose the same again."""
    if decision.items.filter(pledge=pledge, ended_at=None).exists():
        return {"is_over": False}
    is_undone = decision.action == JointAction.WITHDRAW and decision.verdict != Verdict.CONFIRMED
    return {
        "is_over": True,
        "ended": title_of_verdict(decision, user),
        "tag": {Verdict.REFUSED: "returned", Verdict.CANCELLED: "withdrawn"}.get(
            Verdict(decision.verdict), "announced"
        ),
        "can_repeat": is_undone and "withdraw" in possible_actions(pledge, user),
    }


def possible_verdicts(user: Any, decision: Decision) -> dict[str, bool]:
    """Return what this person can do with a decision now."""
    may = partial(permissions.allowed, permissions.check_can_decide, user, decision)
    can_cancel = may(Verdict.CANCELLED)
    is_own = user.pk == decision.proposed_by_id
    return {
        "can_decide": may(Verdict.CONFIRMED),
        "can_cancel": can_cancel,
        "needs_another": can_cancel and is_own and not decision.verdict and permissions.is_manager(user),
    }


def take_verdict(
    request: HttpRequest, decision: Decision, form: VerdictForm, pledge: Pledge | None
) -> HttpResponse | None:
    """Store a verdict and say what it did; None where the page is to be shown again."""
    verdict, at = form.cleaned_data["verdict"], timezone.now()
    try:
        if verdict == Verdict.CONFIRMED:
            taken = confirm(decision, by=request.user, at=at)
        elif verdict == Verdict.REFUSED:
            taken = refuse(decision, by=request.user, at=at, reason=form.cleaned_data["reason"])
        else:
            taken = cancel(decision, by=request.user, at=at)
    except NotAllowed as refusal:
        raise PermissionDenied(str(refusal)) from refusal
    except PledgeError as refusal:
        decision.refresh_from_db()
        if (decision.verdict, decision.decided_by_id) != (verdict, request.user.pk):
            form.add_error(None, str(refusal))
            return None
        taken = decision  # a second click is no second verdict and no error
    messages.success(request, decided(taken, zone_of(request.user), at=at))
    return redirect(pledge) if pledge else redirect("decision-detail", decision.pk)
