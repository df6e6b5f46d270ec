"""The pages of a joint pledge: the lead's page of its partners, and the page on which a partner answers."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.typed import keeps_typed, sent_or_kept
from pledges import permissions
from pledges.enums import Confirmation
from pledges.errors import EditConflict, NotAllowed, PledgeError
from pledges.joint_history import answers_so_far
from pledges.models import Partner, Pledge
from pledges.querysets import places_of
from pledges.services.joint import answer_share, change_partner, invite_partner, remove_partner
from pledges.shares import remainder
from pledges.work.common import shows_and_takes, visible_pledge
from pledges.work.joint_forms import AnswerForm, InviteForm, ShareForm, TermsForm


@keeps_typed
@shows_and_takes
def pledge_partners(request: HttpRequest, reference: str) -> HttpResponse:
    """Show who takes part in a pledge and what each answered, and invite another."""
    pledge = insiders_pledge(request, reference)
    form = InviteForm(sent_or_kept(request), pledge=pledge)
    status = 200
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            partner = invite_partner(
                pledge=pledge,
                participant=values["participant"],
                role=values["role"],
                shares=form.shares,
                by=request.user,
            )
        except PledgeError as refusal:
            status = refused_status(form, refusal)
        else:
            text = _("%(partner)s is invited. Its delegation finds the invitation on its work page.")
            messages.success(request, text % {"partner": partner.participant})
            return redirect("pledge-partners", pledge.reference)
    context = {
        "pledge": pledge,
        "partners": partners_of(pledge),
        "lead_share": remainder(pledge, pledge.partners.all()),
        "form": form,
        "can_change": permissions.allowed(permissions.check_can_change_partners, request.user, pledge),
        "history": answers_so_far(pledge),
    }
    return render(request, "pledges/joint.html", context, status=status)


def insiders_pledge(request: HttpRequest, reference: str) -> Pledge:
    """Return a pledge that this person works on; 403 for others who may see it, 404 for the rest."""
    pledge = visible_pledge(request, reference)
    if not permissions.is_insider(request.user, pledge):
        raise PermissionDenied(_("Only the delegation that leads the pledge and the Secretariat see this page."))
    return pledge


def partners_of(pledge: Pledge) -> Any:
    """Return all partners of a pledge, those that declined last."""
    rows = pledge.partners.select_related("participant")
    return sorted(rows, key=lambda partner: (partner.confirmation == Confirmation.DECLINED, partner.pk))


def refused_status(form: ShareForm, refusal: PledgeError) -> int:
    """Put a refusal into the form and return the status of the answer. Raises PermissionDenied where nobody may."""
    if isinstance(refusal, NotAllowed):
        raise PermissionDenied(str(refusal))
    if isinstance(refusal, EditConflict) and form.partner:
        form.partner.refresh_from_db()
        form.read_again(form.partner)
    form.complain(refusal)
    return 409 if isinstance(refusal, EditConflict) else 200


@keeps_typed
@shows_and_takes
def partner_edit(request: HttpRequest, reference: str, code: str) -> HttpResponse:
    """Change a partner's role or share, invite one that declined again, or take it off the pledge."""
    pledge = insiders_pledge(request, reference)
    partner = get_object_or_404(pledge.partners.select_related("participant", "pledge"), participant=code)
    try:
        permissions.check_can_change_partners(request.user, pledge)
    except NotAllowed as refusal:
        raise PermissionDenied(str(refusal)) from refusal
    except PledgeError as refusal:
        messages.error(request, str(refusal))
        return redirect("pledge-partners", pledge.reference)
    form = TermsForm(sent_or_kept(request), pledge=pledge, partner=partner, ends="remove" in request.POST)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            said = change(request, form, partner)
        except PledgeError as refusal:
            status = refused_status(form, refusal)
        else:
            messages.success(request, said)
            return redirect("pledge-partners", pledge.reference)
    context = {"pledge": pledge, "partner": partner, "form": form}
    return render(request, "pledges/joint_partner.html", context, status=status)


def change(request: HttpRequest, form: TermsForm, partner: Partner) -> str:
    """Do with a partner what the pressed button says, and return what happened."""
    values, names = form.cleaned_data, {"partner": partner.participant}
    if form.ends:
        remove_partner(partner=partner, by=request.user, expected=values["state"])
        return _("%(partner)s is taken off the pledge.") % names
    if partner.confirmation == Confirmation.DECLINED:
        invite_partner(
            pledge=partner.pledge,
            participant=partner.participant,
            role=values["role"],
            shares=form.shares,
            by=request.user,
        )
        return _("%(partner)s is invited again.") % names
    changed = change_partner(
        partner=partner, role=values["role"], shares=form.shares, by=request.user, expected=values["state"]
    )
    if changed.confirmation == Confirmation.AWAITED:
        return _("The share of %(partner)s is saved. Its delegation is asked to confirm it.") % names
    return _("Nothing was changed.")


@dataclass(frozen=True)
class Invitation:
    """All that a delegation reads of a pledge before it has confirmed its share, and nothing more."""

    reference: str
    title: str
    lead: str
    capability: str
    conference: str
    deliver_from: date | None
    deliver_from_precision: str
    deliver_by: date | None
    deliver_by_precision: str
    unit: str
    currency: str


def invitation_to(pledge: Pledge) -> Invitation:
    """Return what an invitation tells of a pledge."""
    return Invitation(
        reference=pledge.reference,
        title=pledge.title,
        lead=str(pledge.participant),
        capability=str(pledge.capability_type or pledge.category or ""),
        conference=str(pledge.conference),
        deliver_from=pledge.deliver_from,
        deliver_from_precision=pledge.deliver_from_precision,
        deliver_by=pledge.deliver_by,
        deliver_by_precision=pledge.deliver_by_precision,
        unit=pledge.unit,
        currency=pledge.currency,
    )


@keeps_typed
@shows_and_takes
def invitation(request: HttpRequest, reference: str, code: str) -> HttpResponse:
    """Show a delegation what it is asked to take part in, and take the answer of its approver."""
    partner = invited_partner(request, reference, code)
    if partner.confirmation == Confirmation.DECLINED:
        messages.info(request, _("Your delegation declined to take part in %(pledge)s.") % {"pledge": reference})
        return redirect("workspace")
    form = AnswerForm(sent_or_kept(request), pledge=partner.pledge, partner=partner, ends="decline" in request.POST)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            return answered(request, form, partner)
        except PledgeError as refusal:
            status = refused_status(form, refusal)
    context = {
        "partner": partner,
        "invitation": invitation_to(partner.pledge),
        "form": form,
        "can_answer": permissions.allowed(permissions.check_can_answer, request.user, partner),
        "is_approver": permissions.allowed(permissions.check_is_invited, request.user, partner),
        "sees_pledge": partner.confirmation == Confirmation.CONFIRMED or partner.pledge.is_announced,
    }
    return render(request, "pledges/joint_invitation.html", context, status=status)


def invited_partner(request: HttpRequest, reference: str, code: str) -> Partner:
    """Return the place of this person's delegation in a pledge, also one that it declined: then of the pledge itself
    nothing is shown. Raises Http404 for everybody else."""
    rows = places_of(request.user).select_related(
        "participant",
        "pledge__participant",
        "pledge__conference",
        "pledge__capability_type",
        "pledge__category",
    )
    found: Partner = get_object_or_404(rows, pledge__reference=reference, participant=code)
    return found


def answered(request: HttpRequest, form: AnswerForm, partner: Partner) -> HttpResponse:
    """Store the answer that the pressed button gives, and say what happened."""
    declines = form.ends
    answer_share(
        partner=partner,
        confirmation=Confirmation.DECLINED if declines else Confirmation.CONFIRMED,
        shares=form.shares,
        note=form.cleaned_data["note"],
        by=request.user,
        at=timezone.now(),
        expected=form.cleaned_data["state"],
    )
    names = {"lead": partner.pledge.participant, "pledge": partner.pledge.reference}
    if declines:
        messages.success(request, _("You declined. %(lead)s and the Secretariat see it on %(pledge)s.") % names)
        return redirect("workspace")
    messages.success(request, _("Your share is confirmed. From now on your delegation sees %(pledge)s.") % names)
    return redirect(partner.pledge)
