"""The pages on which a pledge is drafted and changed, a step at a time or all at once."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.typed import keeps_typed, sent_or_kept
from capabilities.models import Requirement
from conferences.models import Conference
from pledges import permissions
from pledges.audience import who_sees
from pledges.choices import answer_to, delegations_of, open_conferences
from pledges.enums import Confirmation, Kind
from pledges.errors import EditConflict, Incomplete, NotAllowed, PledgeError
from pledges.form_steps import STEP
from pledges.forms import PledgeForm
from pledges.merging import fingerprint, fingerprints, merge, with_theirs
from pledges.models import Partner, Pledge
from pledges.services import draft_pledge, edit_pledge
from pledges.services.presence import end_presence
from pledges.values import Typed, content_of, storable
from pledges.work.common import refused, shows_and_takes, visible_pledge, without_nul
from pledges.work.form_page import Page, fresh_form, page_of, sent_form, show_page, step_url, who_else

FIRST = STEP["what"]
KEPT_ON_DEVICE = timedelta(hours=24)  # as long as static/js/autosave.js keeps what was typed
MOST_KEPT = 200


@keeps_typed
@shows_and_takes
def pledge_create(request: HttpRequest) -> HttpResponse:
    """Begin a pledge; ?requirement= and ?conference= fill in what they tell. A form sent twice makes one draft."""
    at = timezone.now()
    if not delegations_of(request.user).exists():
        raise PermissionDenied(_("Only drafters and approvers of a delegation can write pledges."))
    requirement = requirement_asked(request)
    initial = asked_for(request, requirement)
    form = PledgeForm(sent_or_kept(request), initial=initial, user=request.user, at=at, only=FIRST.fields)
    if request.method == "POST" and not form.errors.keys() & {"participant", "conference", "form_key"}:
        try:
            pledge = draft(request, form, missions=initial.get("missions", []), at=at)
        except PledgeError as refusal:
            complain(form, refusal)
        else:
            is_new = pledge.created_at == at
            return after(request, page_of(pledge, FIRST)) if is_new else sent_again(request, pledge)
    context = {
        "form": form,
        "requirement": requirement,
        "action": request.get_full_path(),
        "step": FIRST,
        "autosave_key": f"{request.user.pk}:new:{request.META['QUERY_STRING']}",
        "stored": forms_stored(request.user, at),
    }
    return render(request, "pledges/form_new.html", context)


def forms_stored(user: Any, at: datetime) -> list[UUID]:
    """Return the keys of the forms of this person that became drafts of late: what a device kept of them is dropped."""
    own = Pledge.objects.filter(author=user, form_key__isnull=False, created_at__gte=at - KEPT_ON_DEVICE)
    return [key for key in own.order_by("-pk").values_list("form_key", flat=True)[:MOST_KEPT] if key]


def draft(request: HttpRequest, form: PledgeForm, *, missions: list[Any], at: datetime) -> Pledge:
    """Store what the first page says, and the missions of the ask that it answers."""
    said = {"kind": Kind.NEW}  # until something else is said
    values, unread = storable(form.written(said), said, {name: form.sent(name) for name in form.answers})
    return draft_pledge(
        conference=form.cleaned_data["conference"],
        participant=form.cleaned_data["participant"],
        content=content_of(values) | ({"missions": missions} if missions else {}),
        unread={name: typed.parts for name, typed in unread.items()},
        by=request.user,
        at=at,
        form_key=form.cleaned_data["form_key"],
    )


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


def sent_again(request: HttpRequest, pledge: Pledge) -> HttpResponse:
    """Answer a form that made a draft before: other words in it are an edit of the first version of that draft."""
    page = page_of(visible_pledge(request, pledge.reference), FIRST)
    again = sent_form(request, request.POST, page)
    again.is_valid()
    again.cleaned_data |= {"version": 1, "seen": {}}
    return save(request, again, page)


@keeps_typed
@shows_and_takes
def pledge_edit(request: HttpRequest, reference: str, step: str = "") -> HttpResponse:
    """Change a draft or returned pledge: one step of it, or all that applies on one page."""
    pledge = visible_pledge(request, reference)
    if step and step not in STEP:
        raise Http404
    try:
        permissions.check_can_edit(request.user, pledge)
    except NotAllowed as refusal:
        return refused(request, pledge, refusal)
    except PledgeError as refusal:
        if request.method != "POST":  # what was typed is shown again with the refusal, below
            return refused(request, pledge, refusal)
    page = page_of(pledge, STEP.get(step))
    data = sent_or_kept(request)
    if data is None:
        is_asked = bool(page.fields)  # a step may have nothing to ask of this kind of pledge
        return show_page(request, fresh_form(request, page, {}), page) if is_asked else redirect(step_url(pledge, None))
    form = sent_form(request, data, page)
    form.is_valid()
    return save(request, form, page) if request.method == "POST" else show_page(request, form, page)


def save(request: HttpRequest, form: PledgeForm, page: Page, *, attempts: int = 2) -> HttpResponse:
    """Store what was sent, what cannot be read among it as it was typed; where somebody else changed the same fields in
    between, show both versions. Changes of other fields are no conflict."""
    theirs = {name: page.written[name] for name in form.answers}
    mine = with_theirs(form.written(page.stored), theirs, request.POST.getlist("theirs"))
    if fingerprints(mine) == fingerprints(theirs):
        return after(request, page)  # sent twice, or nothing to change
    if not is_up_to_date(form, theirs, page.pledge):
        return show_conflict(request, form, mine, page)
    values, unread = storable(mine, page.stored, {name: form.sent(name) for name in form.answers})
    if values.get("quantity") == page.written["quantity"]:  # nobody touched it: it says nothing of a new unit
        values.pop("quantity", None)
    confirmed = names_of(page.pledge.partners.filter(confirmation=Confirmation.CONFIRMED))
    try:
        saved = edit_pledge(
            pledge=page.pledge,
            content=content_of(values),
            unread={name: typed.parts for name, typed in unread.items()},
            version=page.pledge.version,
            by=request.user,
            at=timezone.now(),
        )
    except EditConflict:  # in this very instant: look again at what they changed
        page = page_of(visible_pledge(request, page.pledge.reference), page.step)
        if not attempts:
            return show_conflict(request, form, mine, page)
        return save(request, form, page, attempts=attempts - 1)
    except PledgeError as refusal:  # what was typed stays on the page
        complain(form, refusal)
        return show_refusal(request, form, page, refusal)
    now = page_of(visible_pledge(request, saved.reference), page.step)
    return after(request, now, undone(page, now, values, confirmed))


def names_of(partners: "QuerySet[Partner]") -> set[str]:
    """Return who these partners are."""
    return {str(partner.participant) for partner in partners.select_related("participant")}


def undone(was: Page, now: Page, values: Mapping[str, Any], confirmed: set[str]) -> dict[str, str]:
    """Return what an edit undid besides what was sent, a sentence each, by field or by "partners" or "repeats"."""
    told = {}
    if was.stored["quantity"] and now.stored["quantity"] is None and "quantity" not in values:
        told["quantity"] = _("The quantity was counted in another unit: enter it anew.")
    asked = confirmed - names_of(now.pledge.partners.filter(confirmation=Confirmation.CONFIRMED)) if confirmed else ()
    if asked:
        told["partners"] = _("What they confirmed has changed, and they are asked again: %(partners)s.") % {
            "partners": ", ".join(sorted(asked))
        }
    if was.pledge.repeats_answered_at and not now.pledge.repeats_answered_at:
        told["repeats"] = _("This may repeat another pledge now. Before it is submitted, say again whether it is new.")
    return told


def is_up_to_date(form: PledgeForm, theirs: dict[str, Any], pledge: Pledge) -> bool:
    """Return whether nobody changed the fields of this form after the person had read them."""
    if form.cleaned_data.get("version") == pledge.version:
        return True
    seen = form.cleaned_data.get("seen") or {}
    return all(seen.get(name) == fingerprint(value) for name, value in theirs.items())


def show_conflict(request: HttpRequest, form: PledgeForm, mine: dict[str, Any], page: Page) -> HttpResponse:
    """Show both versions field by field, merged in a form that can be sent."""
    if is_autosave(request):
        return JsonResponse({"conflict": _("Somebody else changed this too.")}, status=409)
    theirs = {name: page.written[name] for name in mine}
    merged, differences = merge(form, mine, theirs, form.cleaned_data.get("seen") or {})
    return show_page(request, fresh_form(request, page, merged), page, differences=differences, status=409)


def show_refusal(request: HttpRequest, form: PledgeForm, page: Page, refusal: PledgeError) -> HttpResponse:
    """Show what was typed again, with the reason why it was not stored."""
    status = 403 if isinstance(refusal, NotAllowed) else 200 if isinstance(refusal, Incomplete) else 409
    if is_autosave(request):
        return JsonResponse({"refused": str(refusal)}, status=409 if status == 200 else status)
    return show_page(request, form, page, status=status)


def complain(form: PledgeForm, refusal: PledgeError) -> None:
    """Put a refusal where it can be mended."""
    if isinstance(refusal, Incomplete):
        form.refuse(refusal.fields)
    else:
        form.add_error(None, str(refusal))


def is_autosave(request: HttpRequest) -> bool:
    """Return whether a script saves while the person goes on typing: it is answered in JSON."""
    return request.POST.get("autosave") == "1"


def after(request: HttpRequest, page: Page, told: Mapping[str, str] | None = None) -> HttpResponse:
    """Say that the draft is stored, and go where the person asked to go; what could not be read is shown first.

    `told` are sentences on what the edit undid besides (`undone`).
    """
    told = told or {}
    pledge = page.pledge
    time = date_format(timezone.localtime(pledge.updated_at), "H:i e")
    if is_autosave(request):
        seen = fingerprints({name: page.written[name] for name in page.fields})
        others = who_else(pledge, request.user)
        answer = {"saved": time, "version": pledge.version, "seen": seen, "others": others, "told": told}
        return JsonResponse(answer)
    for sentence in told.values():
        messages.warning(request, sentence)
    then, has_unread = request.POST.get("then"), any(isinstance(page.written[name], Typed) for name in page.fields)
    if has_unread and then != "leave":
        return show_page(request, fresh_form(request, page, {}), page)
    if then == "next":
        return redirect(page.next_url)
    end_presence(pledge, by=request.user)
    if then == "submit":
        return redirect("pledge-check", pledge.reference)
    text = _("%(reference)s is saved (%(time)s).") % {"reference": pledge.reference, "time": time}
    messages.success(request, f"{text} {who_sees(pledge, insider=True)}")
    return redirect(pledge)
