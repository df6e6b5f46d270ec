"""Reports through links: the page that a link opens, and the pages on which approvers decide on them."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.typed import keeps_typed
from conferences.models import Liaison, Membership, Participant
from pledges import permissions
from pledges.errors import Incomplete, PledgeError
from pledges.links import step_report_url
from pledges.models import ProposedReport, ReportLink
from pledges.permissions import APPROVERS
from pledges.services.following import state_of
from pledges.services.report_links import (
    LINKED,
    LinkRefused,
    choose_links,
    confirm_report,
    decline_report,
    is_overtaken,
    newer_report,
    open_links,
    part_of,
    propose_report,
    read_link,
    revoke_link,
    waiting_reports,
)
from pledges.work.common import forbid_unless, shows_and_takes
from pledges.work.forms import LinkReportForm

ROWS = 50
SAID = {"state", "text", "delivered_quantity", "expected_on", "step_done"}


@shows_and_takes
def report_by_link(request: HttpRequest, signed: str) -> HttpResponse:
    """Take a report from whoever holds a link, signed in or not. Every link that cannot be used answers alike."""
    at = timezone.now()
    try:
        link = read_link(signed, at=at)
        part = {"pledge": link.pledge, "partner": link.partner, "milestone": link.milestone}
        form = LinkReportForm(request.POST if request.method == "POST" else None, **part)
        state = state_of(link.pledge, link.partner)
        context = {
            "pledge": link.pledge,
            "link": link,
            "form": form,
            "state": state,
            "sign_in_url": report_url(link),
        }
        if request.method == "POST" and state and "no_change" in request.POST:
            propose_report(signed, state="", at=at)
            return sealed(render(request, "pledges/link_done.html", context))
        if request.method == "POST" and form.is_valid():
            propose_report(signed, at=at, **{name: form.cleaned_data[name] for name in SAID & form.cleaned_data.keys()})
            return sealed(render(request, "pledges/link_done.html", context))
    except LinkRefused:
        return sealed(render(request, "pledges/link_refused.html", status=404))
    return sealed(render(request, "pledges/link_report.html", context))


def report_url(link: ReportLink) -> str:
    """Return the form of the same report for whoever signs in."""
    if link.milestone:
        return step_report_url(link.milestone)
    if link.partner:
        return reverse("share-report", args=[link.pledge.reference, link.partner.participant_id])
    return reverse("pledge-report", args=[link.pledge.reference])


def sealed(response: HttpResponse) -> HttpResponse:
    """Keep a page whose address opens a form out of caches, search engines and the logs of other sites.

    Not "no-referrer": with it browsers send no origin, and the form would be refused as forged.
    """
    response["Cache-Control"] = "no-store, private"
    response["Referrer-Policy"] = "same-origin"
    response["X-Robots-Tag"] = "noindex"
    return response


# --- For approvers ----------------------------------------------------------------------------------------------------
@keeps_typed
@shows_and_takes
def report_links(request: HttpRequest) -> HttpResponse:
    """Let approvers choose links for their delegations, see the open ones and revoke them."""
    mine = Membership.objects.of(request.user, *APPROVERS).values("participant")
    delegations = list(Participant.objects.filter(pk__in=mine).order_by("name_en"))
    if not delegations:
        raise PermissionDenied(_("Only an approver of the delegation decides on reports through links."))
    at, codes = timezone.now(), [delegation.pk for delegation in delegations]
    links = open_links(*codes, at=at).select_related(
        "pledge__participant", "partner__participant", "milestone", "recipient"
    )
    if request.method == "POST":
        said = changed(request, delegations, links)
        messages.success(request, said)
        return redirect("report-links")
    chosen = set(Liaison.objects.filter(participant__in=codes, reports_by_link=True).values_list("pk", flat=True))
    context = {
        "delegations": [(delegation, delegation.pk in chosen) for delegation in delegations],
        "links": list(links[:ROWS]),
        "total": links.count(),
        "waiting": list(waiting_reports(*codes)[:ROWS]),
    }
    return render(request, "pledges/report_links.html", context)


def changed(request: HttpRequest, delegations: list[Participant], links: Any) -> str:
    """Do what the pressed button says, and return what happened; a delegation or link of others is none."""
    by, at = request.user, timezone.now()
    for delegation in delegations:
        if delegation.pk in {request.POST.get("on"), request.POST.get("off")}:
            is_on = "on" in request.POST
            choose_links(participant=delegation, on=is_on, by=by, at=at)
            if is_on:
                return _("The mail to your delegation carries links from now on.")
            return _("The mail carries no more links, and those that were open are revoked.")
    key = request.POST.get("revoke", "")
    link: ReportLink | None = links.filter(pk=int(key)).first() if key.isascii() and key[:18].isdigit() else None
    if link is None:
        return _("Nothing was changed.")
    revoke_link(link=link, by=by, at=at)
    return _("The link for %(pledge)s is revoked.") % {"pledge": link.pledge.reference}


@keeps_typed
@shows_and_takes
def proposed_report(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an approver what came through a link, and take the decision."""
    mine = Membership.objects.of(request.user).values("participant")
    rows = ProposedReport.objects.filter(part_of(mine, prefix="link__")).select_related(*LINKED, "decided_by")
    found: ProposedReport = get_object_or_404(rows, pk=pk)
    pledge, share = found.link.pledge, found.link.partner
    forbid_unless(permissions.check_can_choose_links, request.user, found.link.participant)
    if request.method == "POST":
        try:
            messages.success(request, decided(request, found))
            return redirect("workspace")
        except PledgeError as refusal:
            fields = refusal.fields.values() if isinstance(refusal, Incomplete) else ()
            messages.error(request, " ".join([str(refusal), *fields]))
            return redirect("proposed-report", pk)
    can_confirm = permissions.allowed(permissions.check_can_report, request.user, pledge, share)
    context: dict[str, Any] = {"report": found, "pledge": pledge, "can_confirm": can_confirm}
    context["whole"] = share.share_quantity if share else pledge.quantity
    if not found.verdict:
        context |= {"newer": newer_report(found), "is_overtaken": is_overtaken(found)}
    return render(request, "pledges/proposed_report.html", context)


def decided(request: HttpRequest, report: ProposedReport) -> str:
    """Confirm or decline as the pressed button says, and return what happened. Raises PledgeError."""
    act, at = request.POST.get("act", ""), timezone.now()
    names = {"pledge": report.link.pledge.reference}
    if act == "confirm":
        confirm_report(report=report, by=request.user, at=at)
        return _("The report on %(pledge)s is confirmed: it counts from now on.") % names
    if act == "decline":
        decline_report(report=report, by=request.user, at=at)
        return _("The report on %(pledge)s is turned down: it counts for nothing.") % names
    return _("Nothing was changed.")
