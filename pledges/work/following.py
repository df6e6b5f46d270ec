"""The page on which a delegation reports, on a pledge that it leads or on its share of one."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.typed import keeps_typed, sent_or_kept
from pledges import permissions
from pledges.audience import who_sees
from pledges.documents import evidence_of
from pledges.due import next_due
from pledges.enums import Confirmation
from pledges.errors import NotAllowed, PledgeError
from pledges.models import Milestone, Partner, Pledge
from pledges.services import report_progress
from pledges.services.following import own_reports, state_of
from pledges.work.common import refused, shows_and_takes, visible_pledge
from pledges.work.forms import ReportForm


@keeps_typed
@shows_and_takes
def pledge_report(request: HttpRequest, reference: str) -> HttpResponse:
    """Report on a pledge, or with ?milestone= on one step of its plan."""
    return report_page(request, visible_pledge(request, reference))


@keeps_typed
@shows_and_takes
def share_report(request: HttpRequest, reference: str, code: str) -> HttpResponse:
    """Report on the share of a partner that confirmed, or with ?milestone= on one step of it."""
    pledge = visible_pledge(request, reference)
    return report_page(request, pledge, confirmed_share(pledge, code))


def confirmed_share(pledge: Pledge, code: str) -> Partner:
    """Return the place of a participant that confirmed it. Raises Http404 for any other: who is asked is not told."""
    rows = pledge.partners.filter(confirmation=Confirmation.CONFIRMED).select_related("participant")
    found: Partner = get_object_or_404(rows, participant=code)
    found.pledge = pledge
    return found


def report_page(request: HttpRequest, pledge: Pledge, partner: Partner | None = None) -> HttpResponse:
    """Show the form of a report and take it."""
    milestone = milestone_asked(request, pledge, partner)
    try:
        permissions.check_can_report(request.user, pledge, partner)
    except PledgeError as refusal:
        return refused(request, pledge, refusal)
    state = state_of(pledge, partner)
    form = ReportForm(
        sent_or_kept(request),
        request.FILES or None,
        initial={"state": state},
        pledge=pledge,
        partner=partner,
        milestone=milestone,
    )
    if request.method == "POST":
        try:
            if state and "no_change" in request.POST:
                return report(request, pledge, partner, milestone=milestone, state=state, text="")
            if is_whole(request, form):
                return report(request, pledge, partner, **form.cleaned_data)
        except NotAllowed as refusal:
            return refused(request, pledge, refusal)
        except PledgeError as refusal:
            form.complain(refusal)
    last = own_reports(pledge, partner).first()
    context = {
        "pledge": pledge,
        "partner": partner,
        "milestone": milestone,
        "form": form,
        "state": state,
        "last": last,
        "documents": evidence_of(last, request.user),
        "who_sees": who_sees(pledge),
    }
    return render(request, "pledges/report.html", context)


def is_whole(request: HttpRequest, form: ReportForm) -> bool:
    """Return whether all that was sent can stand; of a file that was cut off on its way in, say how large it may be."""
    if request.META.get("UPLOAD_CUT_OFF"):
        limit = {"limit": filesizeformat(settings.UPLOAD_MAX_BYTES)}
        form.add_error(
            "evidence", _("The file is far above the limit of %(limit)s. Split it, or make it smaller.") % limit
        )
    return form.is_valid()


def milestone_asked(request: HttpRequest, pledge: Pledge, partner: Partner | None) -> Milestone | None:
    """Return the step that the address names, one of the part that is reported on. Raises Http404 for any other."""
    key = request.GET.get("milestone", "")
    if not key:
        return None
    if not key.isascii() or not key.isdigit() or len(key) > 18:
        raise Http404
    return get_object_or_404(pledge.milestones.filter(partner=partner), pk=int(key))


def report(request: HttpRequest, pledge: Pledge, partner: Partner | None, **said: Any) -> HttpResponse:
    """Store a report and say what is due next. Raises PledgeError."""
    report_progress(pledge=pledge, partner=partner, by=request.user, at=timezone.now(), **said)
    pledge.refresh_from_db()
    text = _("Your report on %(reference)s is recorded.") % {"reference": pledge.reference}
    messages.success(request, " ".join(filter(None, [text, due_next(pledge, partner), who_sees(pledge)])))
    return redirect(pledge)


def due_next(pledge: Pledge, partner: Partner | None) -> str:
    """Return in a sentence when something of this part of a pledge is due again; "" where nothing is."""
    day = next_due(pledge, partner, on=timezone.now().date())
    return _("Next due on %(day)s.") % {"day": date_format(day, "j F Y")} if day else ""
