"""The pages on which a pledge is drafted and changed."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from capabilities.models import Requirement
from conferences.models import Conference, Membership
from pledges import permissions
from pledges.audience import who_sees
from pledges.errors import EditConflict, Incomplete, NotAllowed, PledgeError
from pledges.forms import PledgeForm, answer_to, content_of, delegations_of, open_conferences, values_of
from pledges.merging import Difference, fingerprints, merge, with_theirs
from pledges.models import Pledge
from pledges.services import draft_pledge, edit_pledge
from pledges.typed import keeps_typed, sent_or_kept
from pledges.work.common import refused, shows_and_takes, visible_pledge


@keeps_typed
@shows_and_takes
def pledge_create(request: HttpRequest) -> HttpResponse:
    """Draft a pledge; ?requirement= and ?conference= fill in what they tell. A form sent twice makes one draft."""
    at = timezone.now()
    if not delegations_of(request.user).exists():
        raise PermissionDenied(_("Only drafters and approvers of a delegation can write pledges."))
    requirement = requirement_asked(request)
    initial = asked_for(request, requirement)
    form = PledgeForm(sent_or_kept(request), initial=initial, user=request.user, at=at)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            pledge = draft_pledge(
                conference=values["conference"],
                participant=values["participant"],
                content=content_of(values),
                by=request.user,
                at=at,
                form_key=values["form_key"],
            )
        except PledgeError as refusal:
            complain(form, refusal)
        else:
            return stored(request, pledge) if pledge.created_at == at else sent_again(request, form, pledge)
    return show_form(request, form, requirement=requirement)


def requirement_asked(request: HttpRequest) -> Requirement | None:
    """Return the ask that the address names; asks are public."""
    reference = without_nul(request.GET.get("requirement", ""))
    asks = Requirement.objects.select_related("capability_type", "mission", "conference")
    return get_object_or_404(asks, reference=reference) if reference else None


def asked_for(request: HttpRequest, requirement: Requirement | None) -> dict[str, Any]:
    """Return the values with which a new form opens."""
    initial = answer_to(requirement) if requirement else {}
    slug = without_nul(request.GET.get("conference", ""))
    if slug:
        initial["conference"] = get_object_or_404(Conference, slug=slug).pk
    if not open_conferences(timezone.now()).filter(pk=initial.get("conference")).exists():
        initial.pop("conference", None)
    return initial


def without_nul(text: str) -> str:
    """Return a text that the database can be asked for. Raises Http404 for one that it refuses."""
    if "\0" in text:
        raise Http404
    return text


def sent_again(request: HttpRequest, form: PledgeForm, pledge: Pledge) -> HttpResponse:
    """Answer a form that made a draft before: other words in it are an edit of the first version of that draft."""
    again = edit_form(request, request.POST, pledge)
    if not again.is_valid():
        return show_form(request, form)
    again.cleaned_data |= {"version": 1, "seen": {}}
    return save(request, again, pledge)


@keeps_typed
@shows_and_takes
def pledge_edit(request: HttpRequest, reference: str) -> HttpResponse:
    """Change a draft or returned pledge."""
    pledge = visible_pledge(request, reference)
    try:
        permissions.check_can_edit(request.user, pledge)
    except NotAllowed as refusal:
        return refused(request, pledge, refusal)
    except PledgeError as refusal:
        if request.method != "POST":  # what was typed is shown again with the refusal, below
            return refused(request, pledge, refusal)
    data = sent_or_kept(request)
    if data is None:
        return show_form(request, fresh_form(request, pledge, values_of(pledge)), pledge)
    form = edit_form(request, data, pledge)
    is_sent = request.method == "POST" and form.is_valid()
    return save(request, form, pledge) if is_sent else show_form(request, form, pledge)


def edit_form(request: HttpRequest, data: QueryDict, pledge: Pledge) -> PledgeForm:
    """Return the form with what was sent."""
    return PledgeForm(data, user=request.user, at=timezone.now(), pledge=pledge)


def fresh_form(request: HttpRequest, pledge: Pledge, values: dict[str, Any]) -> PledgeForm:
    """Return the form showing these values, to be stored over the pledge as it is now."""
    initial = {**values, "version": pledge.version, "seen": fingerprints(values_of(pledge))}
    return PledgeForm(initial=initial, user=request.user, at=timezone.now(), pledge=pledge)


def save(request: HttpRequest, form: PledgeForm, pledge: Pledge) -> HttpResponse:
    """Store a valid form; where somebody else stored a version in between, show both."""
    theirs = values_of(pledge)
    sent = {name: form.cleaned_data[name] for name in form.answers}
    mine = with_theirs(sent, theirs, request.POST.getlist("theirs"))
    if fingerprints(mine) == fingerprints({name: theirs[name] for name in mine}):
        return stored(request, pledge)  # sent twice, or nothing to change
    try:
        saved = edit_pledge(
            pledge=pledge,
            content=content_of(mine),
            version=form.cleaned_data["version"] or 0,
            by=request.user,
            at=timezone.now(),
        )
    except EditConflict:
        return show_conflict(request, form, mine, visible_pledge(request, pledge.reference))
    except Incomplete as refusal:
        complain(form, refusal)
        return show_form(request, form, pledge)
    except PledgeError as refusal:  # what was typed stays on the page
        complain(form, refusal)
        return show_form(request, form, pledge, status=403 if isinstance(refusal, NotAllowed) else 409)
    return stored(request, saved)


def show_conflict(request: HttpRequest, form: PledgeForm, mine: dict[str, Any], pledge: Pledge) -> HttpResponse:
    """Show both versions field by field, merged in a form that can be sent."""
    merged, differences = merge(form, mine, values_of(pledge), form.cleaned_data["seen"])
    return show_form(request, fresh_form(request, pledge, merged), pledge, differences=differences, status=409)


def complain(form: PledgeForm, refusal: PledgeError) -> None:
    """Put a refusal where it can be mended."""
    if isinstance(refusal, Incomplete):
        form.refuse(refusal.fields)
    else:
        form.add_error(None, str(refusal))


def stored(request: HttpRequest, pledge: Pledge) -> HttpResponse:
    """Say that the draft is stored and who sees it, and go where the person asked to go."""
    time = date_format(timezone.localtime(pledge.updated_at), "H:i e")
    text = _("%(reference)s is saved (%(time)s).") % {"reference": pledge.reference, "time": time}
    messages.success(request, f"{text} {who_sees(pledge)}")
    if request.POST.get("then") == "submit":
        return redirect("pledge-step", pledge.reference, "submit")
    return redirect(pledge)


def show_form(
    request: HttpRequest,
    form: PledgeForm,
    pledge: Pledge | None = None,
    *,
    requirement: Requirement | None = None,
    differences: list[Difference] | None = None,
    status: int = 200,
) -> HttpResponse:
    """Show the form; `differences` are those of an edit conflict."""
    by_name = {difference.name: difference for difference in differences or ()}
    context = {
        "form": form,
        "pledge": pledge,
        "requirement": requirement,
        "sections": [
            (title, [(field, by_name.get(field.name)) for field in fields]) for title, fields in form.sections
        ],
        "contested": [difference for difference in by_name.values() if difference.contested],
        "other_differences": [difference for difference in by_name.values() if not difference.contested],
        "is_conflict": differences is not None,
        "who_sees": who_sees(pledge) if pledge else "",
        "quality": quality(pledge),
        "may_submit": may_submit(request.user, pledge),
        "action": reverse("pledge-edit", args=[pledge.reference]) if pledge else request.get_full_path(),
    }
    return render(request, "pledges/form.html", context, status=status)


def may_submit(user: Any, pledge: Pledge | None) -> bool:
    """Return whether this person could submit the pledge, or one of their delegation's."""
    if pledge:
        return permissions.allowed(permissions.check_is_approver, user, pledge)
    return Membership.objects.of(user, *permissions.APPROVERS).exists()


def quality(pledge: Pledge | None) -> list[tuple[str, bool]]:
    """Return what makes a pledge measurable, and whether this one says it; nothing is said of one not yet saved."""
    said = pledge or Pledge()
    return [
        (_("Intended outcome"), bool(said.intended_outcome)),
        (_("Number and unit, or amount"), bool((said.quantity and said.unit) or said.amount)),
        (_("Date"), bool(said.deliver_by)),
        (_("Who in the capital is responsible"), bool(said.responsible_office)),
        (_("How delivery can be shown"), bool(said.means_of_verification)),
    ]
