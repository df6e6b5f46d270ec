"""The pages of the review: the queue, one pledge with what changed, two versions compared, and the thread."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.typed import keeps_typed, sent_or_kept
from pledges import permissions
from pledges.audience import consequences, what_happened, who_sees
from pledges.enums import Status
from pledges.errors import EditConflict, Incomplete, NotAllowed, PledgeError
from pledges.form_steps import STEP_OF, applies
from pledges.links import address
from pledges.models import Pledge
from pledges.repeats import likely_repeats
from pledges.review import clocks, item_of, queue, returned_notes, thread
from pledges.services import add_note, claim, release, resolve_note, return_with_notes
from pledges.suggestions import suggestions
from pledges.transitions import apply_transition, check_can_go_back, possible_actions
from pledges.values import FIELD_OF
from pledges.versions import (
    FIELDS,
    Version,
    compare,
    contents,
    label_of,
    last_two_submissions,
    submissions,
    versions,
)
from pledges.work.common import forbid_unless, refused, sent_over, shows_and_takes, visible_pledge
from pledges.work.review_forms import PREFIX, NoteForm, QueueForm, ReviewForm

LISTED = 50  # versions on a page
TRIED = 20  # items that somebody else may have taken meanwhile


# --- The queue --------------------------------------------------------------------------------------------------------
@login_required
@require_safe
def review_queue(request: HttpRequest) -> HttpResponse:
    """Show what waits for the review, the first due first."""
    forbid_unless(permissions.check_can_see_queue, request.user)
    can_review = permissions.allowed(permissions.check_is_reviewer, request.user)
    among = Pledge.objects.visible_to(request.user).filter(status=Status.SUBMITTED)
    form = QueueForm(request.GET if "conference" in request.GET else None, among=among)
    conference = form.cleaned_data["conference"] if form.is_valid() else None
    shown = among.filter(conference=conference) if conference else among
    found = queue(shown, at=timezone.now(), number=request.GET.get("page", ""))
    context = {
        "form": form,
        "queue": found,
        "conference": conference,
        "can_review": can_review,
        "pages": pages_of(found.page, {"conference": conference.pk} if conference else {}),
    }
    return render(request, "pledges/review_queue.html", context, status=400 if form.errors else 200)


def pages_of(page: Page[int], asked: dict[str, str]) -> dict[str, str]:
    """Return the addresses of the neighbours of a page of the queue; empty where there is none."""
    numbers = {
        "first": 1 if page.has_previous() else 0,
        "previous": page.number - 1,
        "next": page.next_page_number() if page.has_next() else 0,
        "last": page.paginator.num_pages if page.has_next() else 0,
    }
    url = reverse("review-queue")
    return {name: address(url, {**asked, "page": str(number)}) if number else "" for name, number in numbers.items()}


@login_required
@require_POST
def review_next(request: HttpRequest) -> HttpResponse:
    """Claim the pledge that is due next and that nobody else reads, and open it; `after` names one to pass over."""
    forbid_unless(permissions.check_is_reviewer, request.user)
    return open_next(request, after=request.POST.get("after", ""))


def open_next(request: HttpRequest, *, after: str = "") -> HttpResponse:
    """Claim and open the next item; where none is left, go to the queue and say so."""
    at, among = timezone.now(), Pledge.objects.visible_to(request.user).filter(status=Status.SUBMITTED)
    order = list(clocks(among, at=at))
    passed = among.filter(reference=after).first() if after and "\0" not in after else None
    if passed:
        release(passed, by=request.user)
        place = order.index(passed.pk) if passed.pk in order else -1
        order = order[place + 1 :] + order[:place]
    taken = among.filter(claim__until__gt=at).exclude(claim__officer=request.user.pk).values_list("pk", flat=True)
    free = [pk for pk in order if pk not in set(taken)]
    for pledge in sorted(Pledge.objects.filter(pk__in=free[:TRIED]), key=lambda row: free.index(row.pk)):
        try:
            claim(pledge, by=request.user, at=at)
        except PledgeError:  # somebody took it in this moment
            continue
        return redirect("review-pledge", pledge.reference)
    messages.info(request, _("Everything else that waits is being read by somebody."))
    return redirect("review-queue")


# --- One pledge -------------------------------------------------------------------------------------------------------
@keeps_typed
@shows_and_takes
def review_pledge(request: HttpRequest, reference: str) -> HttpResponse:
    """Show a submitted pledge with what changed since it was last submitted, and take the officer's decision.

    A registered one that is not announced is shown to be sent back, with reasons at its fields.
    """
    pledge = visible_pledge(request, reference)
    try:
        permissions.check_is_reviewer(request.user, pledge)
    except PledgeError as refusal:
        return refused(request, pledge, refusal)
    if pledge.status != Status.SUBMITTED and "return" not in possible_actions(pledge, request.user):
        messages.info(request, why_not_now(pledge))
        return redirect(pledge)
    form = ReviewForm(sent_or_kept(request), pledge=pledge, initial={"version": pledge.version})
    if request.method == "POST" and form.is_valid():
        answer = decide(request, pledge, form)
        if answer:
            return answer
        pledge = visible_pledge(request, reference)
        form.data = sent_over(form.data, "version", pledge.version)
    return render(request, "pledges/review_pledge.html", review_context(request, pledge, form))


def why_not_now(pledge: Pledge) -> str:
    """Return why nothing is decided on a pledge now."""
    try:
        if pledge.status == Status.REGISTERED:
            check_can_go_back(pledge)
    except PledgeError as refusal:
        return str(refusal)
    return _("%(reference)s is not waiting for a review.") % {"reference": pledge.reference}


def decide(request: HttpRequest, pledge: Pledge, form: ReviewForm) -> HttpResponse | None:
    """Take the decision that a button names, and open the next item; None where the page is to be shown again."""
    act, by, at = request.POST.get("act", ""), request.user, timezone.now()
    version, reason = form.cleaned_data["version"] or 0, form.cleaned_data["reason"]
    try:
        if act == "claim":
            claim(pledge, by=by, at=at)
            return redirect("review-pledge", pledge.reference)
        if act == "return":
            taken = return_with_notes(pledge, notes=form.notes, reason=reason, by=by, at=at, version=version)
        elif act != "register":
            form.add_error(None, _("Nothing was decided: press the button that says what is to happen."))
            return None
        elif form.notes or reason:
            form.add_error(None, _("You asked for changes below: return the pledge, or empty them to register it."))
            return None
        else:
            taken = apply_transition("register", pledge=pledge, by=by, at=at, version=version)
    except EditConflict as refusal:
        form.add_error(None, str(refusal))
        return None
    except Incomplete as refusal:
        form.add_error("reason", " ".join(refusal.fields.values()))
        return None
    except NotAllowed as refusal:
        raise PermissionDenied(str(refusal)) from refusal
    except PledgeError as refusal:
        form.add_error(None, str(refusal))
        return None
    messages.success(request, what_happened(act if act == "return" else "register", taken))
    return redirect(taken) if pledge.registered_at else open_next(request)


def review_context(request: HttpRequest, pledge: Pledge, form: ReviewForm) -> dict[str, Any]:
    """Return what the page shows: the clock, what changed, each field with its box, and what stands beside."""
    at = timezone.now()
    found = versions(pledge, [*submissions(pledge)[-2:], pledge.version])
    both = last_two_submissions(found)
    differences = compare(pledge, *both, request.user) if both else []
    (words,) = contents(pledge, found[-1:], request.user) if found else ({},)
    changed = {difference.name for difference in differences}
    asked = returned_notes(pledge)
    return {
        "pledge": pledge,
        "item": item_of(pledge, at=at),
        "form": form,
        "both": both,
        "differences": differences,
        "fields": [
            (label_of(name, pledge), words.get(name, ""), name in changed, asked.get(name, ()), form[PREFIX + name])
            for name in FIELDS
            if words.get(name) or asked.get(name) or is_asked(name, pledge)
        ],
        "is_correction": pledge.status == Status.REGISTERED,
        "consequences": consequences("return", pledge),
        "asked": [(label_of(name, pledge), notes, name in changed) for name, notes in asked.items()],
        "repeats": likely_repeats(pledge, request.user),
        "suggestions": suggestions(pledge, on=at.date())[:3],
        "partners": pledge.partners.select_related("participant"),
        "thread": thread(pledge),
        "who_sees": who_sees(pledge, insider=True),
    }


def is_asked(name: str, pledge: Pledge) -> bool:
    """Return whether the form asks a delegation for this field, so that a reason at it is read there."""
    field = FIELD_OF.get(name, name)
    return field in STEP_OF and applies(field, pledge)


# --- Two versions -----------------------------------------------------------------------------------------------------
@login_required
@require_safe
def pledge_versions(request: HttpRequest, reference: str) -> HttpResponse:
    """Compare any two versions of a pledge; those who work on it see them."""
    pledge = insiders_pledge(request, reference)
    last = min(number_in(request.GET.get("upto", "")) or pledge.version, pledge.version)
    found = versions(pledge, range(max(last - LISTED, 0) + 1, last + 1))
    later = chosen(pledge, found, request.GET.get("to", ""), len(found) - 1)
    before = max(found.index(later) - 1, 0) if later in found else 0
    earlier = chosen(pledge, found, request.GET.get("from", ""), before)
    if earlier.number > later.number:
        earlier, later = later, earlier
    listed = {version.number: version for version in (*found, earlier, later)}
    context = {
        "pledge": pledge,
        "versions": [listed[number] for number in sorted(listed)],
        "earlier": earlier,
        "later": later,
        "differences": compare(pledge, earlier, later, request.user),
        "upto": last,
        "pages": version_pages(pledge, found, last),
        "range": _("Versions %(first)s to %(last)s of %(all)s")
        % {"first": found[0].number, "last": last, "all": pledge.version},
    }
    return render(request, "pledges/versions.html", context)


def version_pages(pledge: Pledge, found: list[Version], last: int) -> dict[str, str]:
    """Return where newer and older versions are to be chosen from; empty where there are none."""
    url = reverse("pledge-versions", args=[pledge.reference])
    newer = {"upto": str(min(last + LISTED, pledge.version))}
    return {
        "first": url if last < pledge.version else "",
        "previous": address(url, newer) if last < pledge.version else "",
        "next": address(url, {"upto": str(found[0].number - 1)}) if found[0].number > 1 else "",
    }


def number_in(text: str) -> int:
    """Return the number in an address, 0 for none. Raises Http404 for what is no number."""
    return whole_number(text) if text else 0


def chosen(pledge: Pledge, found: list[Version], text: str, otherwise: int) -> Version:
    """Return the version that a number in the address names. Raises Http404 for one that there is not."""
    if not text:
        return found[otherwise]
    number = number_in(text)
    named = [version for version in found if version.number == number] or versions(pledge, [number])
    if not named:
        raise Http404
    return named[0]


def insiders_pledge(request: HttpRequest, reference: str) -> Pledge:
    """Return a pledge for one who sees its working side; refuses with 404 for a hidden one, 403 for a known one."""
    pledge = visible_pledge(request, reference)
    if not permissions.is_insider(request.user, pledge):
        raise PermissionDenied(_("Only the delegation of the pledge and the Secretariat see this."))
    return pledge


# --- The thread -------------------------------------------------------------------------------------------------------
@keeps_typed
@shows_and_takes
def pledge_notes(request: HttpRequest, reference: str) -> HttpResponse:
    """Show what delegation and Secretariat wrote to each other on a pledge, and take another word."""
    pledge = insiders_pledge(request, reference)
    form = NoteForm(sent_or_kept(request))
    try:
        if request.method == "POST" and "answered" in request.POST:
            note = get_object_or_404(thread(pledge), pk=whole_number(request.POST["answered"]))
            resolve_note(note, by=request.user, at=timezone.now())
            messages.success(request, _("It is marked as answered."))
            return redirect("pledge-notes", pledge.reference)
        if request.method == "POST" and form.is_valid():
            add_note(pledge, text=form.cleaned_data["text"], by=request.user, at=timezone.now())
            messages.success(request, _("Your message is stored. The delegation and the Secretariat read it."))
            return redirect("pledge-notes", pledge.reference)
    except PledgeError as refusal:
        return refused(request, pledge, refusal)
    context = {
        "pledge": pledge,
        "thread": thread(pledge),
        "form": form,
        "can_write": permissions.allowed(permissions.check_can_discuss, request.user, pledge),
    }
    return render(request, "pledges/notes.html", context)


def whole_number(text: str) -> int:
    """Return the key in a button. Raises Http404 for what is none."""
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise Http404
    return int(text)
