"""Pages about the people of delegations."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import AddressChange
from accounts.typed import keeps_typed, sent_or_kept
from conferences.keyset import BadCursor
from conferences.models import Invitation, Membership, Participant
from conferences.people import invitations, listing, permissions, services
from conferences.people.errors import CannotBe, NotAllowed
from conferences.people.forms import HandOverForm, InviteForm, MemberAddressForm, PeopleFilter, RoleForm

shows_and_takes = require_http_methods(["GET", "HEAD", "POST"])


@login_required
@require_safe
def people_list(request: HttpRequest) -> HttpResponse:
    """List all delegations' people to the Secretariat; lead others to their own delegation."""
    user: Any = request.user
    if not user.is_secretariat:
        return own_delegation(request)
    form = PeopleFilter(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    context: dict[str, Any] = {"form": form, "is_narrowed": any(wanted.values())}
    try:
        context["page"] = listing.page(wanted, request.GET.get("cursor", ""))
    except BadCursor as error:
        return render(request, "people/list.html", context | {"problem": str(error)}, status=400)
    kept = {name: request.GET.get(name, "") for name in form.fields}
    return render(request, "people/list.html", context | {"urls": listing.page_urls(context["page"], kept)})


def own_delegation(request: HttpRequest) -> HttpResponse:
    """Lead to the page of one's own delegation, or offer the choice among several."""
    mine = list(Participant.objects.of(request.user).alphabetical())
    if not mine:
        raise PermissionDenied(_("You are in no delegation now."))
    if len(mine) == 1:
        return redirect("people-delegation", code=mine[0].pk)
    return render(request, "people/own.html", {"participants": mine})


@login_required
@require_safe
def delegation(request: HttpRequest, code: str) -> HttpResponse:
    """Show who is in a delegation, who is invited, and who was in it before."""
    participant = get_object_or_404(Participant.objects.able_to_pledge(), pk=code)
    seen(request, participant)
    now = timezone.now()
    waiting = Prefetch("user__address_changes", AddressChange.objects.waiting(at=now), to_attr="addresses_waiting")
    places = participant.memberships.select_related("user").order_by("user__first_name", "user__username", "pk")
    return render(
        request,
        "people/delegation.html",
        {
            "participant": participant,
            "now": now,
            "members": places.filter(Q(ended_at=None) | Q(ended_at__gt=now)).prefetch_related(waiting),
            "former": places.filter(ended_at__lte=now).order_by("-ended_at", "pk")[:20],
            "invitations": participant.invitations.waiting().select_related("invited_by").order_by("email"),
            "may_change": permissions.may_change_people(request.user, participant),
            "grantable": permissions.grantable(request.user),
        },
    )


@keeps_typed
@shows_and_takes
def invite(request: HttpRequest, code: str) -> HttpResponse:
    """Invite somebody into a delegation. The answer is the same whether the address has an account or not."""
    participant = get_object_or_404(Participant.objects.able_to_pledge(), pk=code)
    changeable(request, participant)
    by: Any = request.user
    form = InviteForm(sent_or_kept(request), roles=permissions.grantable(by), initial={"language": by.language})
    if request.method == "POST" and form.is_valid():
        try:
            made = invitations.invite(participant=participant, by=request.user, at=timezone.now(), **form.cleaned_data)
        except CannotBe as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The invitation to %(email)s is on its way.") % {"email": made.email})
            return redirect("people-delegation", code=participant.pk)
    return render(request, "people/invite.html", {"participant": participant, "form": form})


@login_required
@require_POST
def send_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Send the mail of an invitation again, with a new link."""
    invitation = get_object_or_404(Invitation.objects.select_related("participant"), pk=pk)
    changeable(request, invitation.participant)
    said = _("A new link is on its way to %(email)s; the earlier link no longer works.") % {"email": invitation.email}
    done(request, said, invitations.send_again, invitation=invitation)
    return redirect("people-delegation", code=invitation.participant_id)


@login_required
@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an invitation back."""
    invitation = get_object_or_404(Invitation.objects.select_related("participant"), pk=pk)
    changeable(request, invitation.participant)
    said = _("The invitation to %(email)s is taken back.") % {"email": invitation.email}
    done(request, said, invitations.revoke, invitation=invitation)
    return redirect("people-delegation", code=invitation.participant_id)


@keeps_typed
@shows_and_takes
def role(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a member another role; where somebody gave one meanwhile, lead to that."""
    now_held = place_after(request, pk)
    if now_held:
        words = {"name": now_held.user, "role": now_held.get_role_display()}
        messages.warning(request, _("%(name)s is %(role)s by now. Change it here if that is not right.") % words)
        return redirect("people-role", now_held.pk)
    membership = own_place(request, pk)
    was = membership.is_focal_point
    initial = {"role": membership.role, "is_focal_point": was, "was_focal_point": was}
    form = RoleForm(sent_or_kept(request), roles=permissions.grantable(request.user), initial=initial)
    if request.method == "POST" and form.is_valid():
        said = _("%(name)s has the role from now on.") % {"name": membership.user}
        if done(request, said, services.change_role, form, membership=membership, **form.cleaned_data):
            return redirect("people-delegation", code=membership.participant_id)
        membership.refresh_from_db(fields=["is_focal_point"])
        read = request.POST.copy()  # sent again, what stands now was read
        read["was_focal_point"] = str(membership.is_focal_point)
        form.data = read
    return render(request, "people/role.html", {"membership": membership, "form": form})


def place_after(request: HttpRequest, pk: int) -> Membership | None:
    """Return the place that somebody has now in a delegation where this one ended, if this person may change it."""
    place = Membership.objects.filter(pk=pk, ended_at__lte=timezone.now()).select_related("participant").first()
    if place is None or not permissions.may_change_people(request.user, place.participant):
        return None
    return Membership.objects.open().in_delegations().filter(participant=place.participant, user=place.user_id).last()


@keeps_typed
@shows_and_takes
def hand_over(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a post rotate to another member."""
    membership = own_place(request, pk)
    form = HandOverForm(sent_or_kept(request), membership=membership)
    if request.method == "POST" and form.is_valid():
        to, on = form.cleaned_data["successor"], form.cleaned_data["on"]
        said = _("%(name)s follows on %(day)s.") % {"name": to, "day": on.date().isoformat()}
        if done(request, said, services.hand_over, form, membership=membership, to=to, on=on):
            return redirect("people-delegation", code=membership.participant_id)
    return render(request, "people/hand_over.html", {"membership": membership, "form": form})


@keeps_typed
@shows_and_takes
def address(request: HttpRequest, pk: int) -> HttpResponse:
    """Enter another address for a member, who confirms it there; or take back the one that waits."""
    membership = own_place(request, pk)
    back = redirect("people-delegation", code=membership.participant_id)
    if request.method == "POST" and "take_back" in request.POST:
        said = _("The other address is taken back: the one of today stays.")
        done(request, said, services.take_back_address, membership=membership)
        return back
    form = MemberAddressForm(sent_or_kept(request))
    if request.method == "POST" and form.is_valid():
        words = {"email": form.cleaned_data["email"].lower(), "name": membership.user}
        said = _("A link is on its way to %(email)s. Until %(name)s confirms there, nothing changes.") % words
        if done(request, said, services.enter_address, form, membership=membership, **form.cleaned_data):
            return back
    return render(request, "people/address.html", {"membership": membership, "form": form})


@login_required
@shows_and_takes
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """End somebody's place in a delegation, after saying what that means."""
    membership = own_place(request, pk)
    if request.method == "POST":
        said = _("%(name)s is no longer in the delegation in this role.") % {"name": membership.user}
        done(request, said, services.end, membership=membership)
        return redirect("people-delegation", code=membership.participant_id)
    return render(request, "people/end.html", {"membership": membership})


# --- In common --------------------------------------------------------------------------------------------------------
def seen(request: HttpRequest, participant: Participant) -> None:
    """Raise Http404 where this person may not see who is in the delegation: it says nothing of whether anybody is."""
    try:
        permissions.check_can_see_people(request.user, participant)
    except NotAllowed as refusal:
        raise Http404 from refusal


def changeable(request: HttpRequest, participant: Participant) -> None:
    """Raise Http404 for those who may not see these people, and answer 403 to those who may not change them."""
    seen(request, participant)
    permissions.check_can_change_people(request.user, participant)


def own_place(request: HttpRequest, pk: int) -> Membership:
    """Return a place that has not ended, if this person may change it."""
    running = Membership.objects.filter(Q(ended_at=None) | Q(ended_at__gt=timezone.now()))
    membership = get_object_or_404(running.select_related("user", "participant"), pk=pk)
    changeable(request, membership.participant)
    return membership


def done(request: HttpRequest, said: str, act: Any, form: Any = None, **what: Any) -> bool:
    """Do something and say so, or say why not: at the form where there is one. Returns whether it was done."""
    try:
        act(by=request.user, at=timezone.now(), **what)
    except CannotBe as refusal:
        if form is None:
            messages.error(request, str(refusal))
        else:
            form.add_error(None, str(refusal))
        return False
    messages.success(request, said)
    return True
