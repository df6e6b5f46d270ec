"""Reports through a link in a mail, without signing in: the delegation chooses it, an approver confirms what came.

A link is a row and its signature. It is for one person and one thing (a pledge, the own share of it, or one step of
the plan of either), opens once, and ends after three weeks, when it is revoked, or with the rights of its recipient.
Nothing that comes through it counts before an approver of the delegation whose part it is confirms it.
"""

from datetime import date, datetime, timedelta
from typing import Any

from django.core import signing
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.history import acting
from conferences.dates import Precision
from conferences.models import Liaison, Participant
from pledges import permissions
from pledges.enums import EventKind, ReportedState, Verdict
from pledges.errors import Incomplete, WrongStatus
from pledges.models import (
    Milestone,
    MilestoneReopening,
    Partner,
    Pledge,
    ProgressUpdate,
    ProposedReport,
    ReportLink,
)
from pledges.services.following import check_state, own_reports, state_of
from pledges.services.plans import finish, held_part

LIFE = timedelta(days=21)
FRESH = timedelta(days=14)  # a link with less time left is not sent again: a new one is made
LINKED = (
    "link__pledge__participant", "link__pledge__conference", "link__partner__participant", "link__milestone",
    "link__recipient",
)  # fmt: skip
SIGNER = signing.Signer(salt="pledges.report-link", sep=".")


class LinkRefused(WrongStatus):
    """The link cannot be used; why is told to nobody who holds only the link."""

    def __init__(self) -> None:
        super().__init__(_("This link cannot be used."))


# --- Making and reading -----------------------------------------------------------------------------------------------
@transaction.atomic
def link_for(
    pledge: Pledge, recipient: Any, at: datetime, *, partner: Partner | None = None, milestone: Milestone | None = None
) -> str | None:
    """Return the path at which this person may report without signing in, for the mail to them: on this pledge, on the
    share of the `partner` that it is, or on one step (`milestone`) of either.

    None where the delegation did not choose it, this person may not report, or the step is done. A link of theirs that
    still has two weeks is given again, so that a mail made twice holds one and the same.
    """
    what: dict[str, Any] = {
        "pledge": pledge,
        "partner": milestone.partner if milestone else partner,
        "milestone": milestone,
    }
    wanted = ReportLink(**what, recipient=recipient, created_at=at, expires_at=at + LIFE)
    if not may_report_by_link(wanted):
        return None
    open_ones = ReportLink.objects.filter(**what, recipient=recipient, used_at=None, revoked_at=None)
    link = open_ones.filter(expires_at__gte=at + FRESH).first()
    if link is None:
        link = wanted
        with acting(None, "link"):
            link.save()
    return reverse("report-by-link", args=[SIGNER.sign(str(link.pk))])


def may_report_by_link(link: ReportLink) -> bool:
    """Return whether the delegation chose links, the person may report on its part now, and the step is not done."""
    if not link.recipient.is_active or (link.milestone and link.milestone.done_on):
        return False
    chosen = Liaison.objects.filter(participant=link.participant, reports_by_link=True).exists()
    return chosen and permissions.allowed(permissions.check_can_report, link.recipient, link.pledge, link.partner)


def read_link(signed: str, *, at: datetime, holds: bool = False) -> ReportLink:
    """Return the link of a signed address if it can be used now; where it `holds`, until the end of the transaction.

    Raises LinkRefused for every other address, whatever the reason.
    """
    try:
        key = int(SIGNER.unsign(signed))
    except (signing.BadSignature, ValueError) as error:
        raise LinkRefused from error
    rows = ReportLink.objects.select_related("pledge__participant", "partner__participant", "milestone", "recipient")
    found = (rows.select_for_update(of=("self",)) if holds else rows).filter(
        pk=key, used_at=None, revoked_at=None, expires_at__gt=at
    )
    link = found.first()
    if link is None or not may_report_by_link(link):
        raise LinkRefused
    return link


# --- What comes through a link ----------------------------------------------------------------------------------------
@transaction.atomic
def propose_report(
    signed: str,
    *,
    state: str,
    at: datetime,
    text: str = "",
    delivered_quantity: int | None = None,
    expected_on: date | None = None,
    step_done: bool = False,
) -> ProposedReport:
    """Keep what was reported through a link for an approver; the link is used up. An empty `state` is "no change".

    `step_done` counts where the link is for a step.

    Raises LinkRefused, also for the second of two at once, or Incomplete, also for "no change" before any report.
    """
    link = read_link(signed, at=at, holds=True)
    check_state(state or state_of(link.pledge, link.partner))
    if state and state not in ReportedState.values:
        raise Incomplete(_("Choose a state."), {"state": _("Choose one of those listed.")})
    with acting(None, "report through a link"):
        link.used_at = at
        link.save(update_fields=["used_at"])
        return ProposedReport.objects.create(
            link=link,
            state=state,
            text=text,
            delivered_quantity=delivered_quantity,
            expected_on=expected_on,
            step_done=step_done and link.milestone is not None,
            created_at=at,
        )


@transaction.atomic
def confirm_report(*, report: ProposedReport, by: Any, at: datetime) -> ProgressUpdate:
    """Make what came through a link a report of the delegation, of the instant at which it came; its text says so.

    "No change" keeps the state of that instant, and a newer report of the same part goes on standing. A step that is
    reported as done is done, unless more was said of it since (`is_overtaken`). Whose link it was stays with the
    delegation and the Secretariat. Raises NotAllowed, WrongStatus, also where another approver has decided, or
    Incomplete where the step waits for another, or nothing was reported yet that could be unchanged.
    """
    held = undecided(report, by)
    link, came_at = held.link, held.created_at
    pledge, share = held_part(link.pledge, link.partner)
    permissions.check_can_report(by, pledge, share)
    state = held.state or state_of(pledge, share, at=came_at)
    check_state(state)
    said = _("Reported through a link in a mail, and confirmed by an approver of the delegation.")
    with acting(by, "report"):
        says_done = held.step_done or held.state == ReportedState.DELIVERED
        if link.milestone and says_done and not is_overtaken(held):
            finish(step=link.milestone, by=by, at=came_at)
        update = ProgressUpdate.objects.create(
            pledge=pledge,
            partner=share,
            milestone=link.milestone,
            kind=EventKind.REPORTED if held.state or held.text or held.step_done else EventKind.NO_CHANGE,
            state=state,
            delivered_quantity=held.delivered_quantity,
            unit=pledge.unit if held.delivered_quantity else "",
            expected_on=held.expected_on,
            text=f"{held.text}\n\n{said}" if held.text else said,
            happened_on=came_at.date(),
            happened_on_precision=Precision.DAY,
            author=by,
            created_at=came_at,
        )
        decide(held, Verdict.CONFIRMED, by=by, at=at, update=update)
    return update


@transaction.atomic
def decline_report(*, report: ProposedReport, by: Any, at: datetime) -> None:
    """Turn down what came through a link. Raises NotAllowed, or WrongStatus where another approver has decided."""
    with acting(by, "decline"):
        decide(undecided(report, by), Verdict.REFUSED, by=by, at=at)


def undecided(report: ProposedReport, by: Any) -> ProposedReport:
    """Return a proposed report, held, if this person may decide on it and nobody has."""
    rows = ProposedReport.objects.select_related(*LINKED).select_for_update(of=("self",))
    held = rows.get(pk=report.pk)
    permissions.check_can_choose_links(by, held.link.participant)
    if held.verdict:
        raise WrongStatus(_("This was decided already."))
    return held


def newer_report(report: ProposedReport) -> ProgressUpdate | None:
    """Return the latest report on the same part that was made after this one came, None where there is none."""
    link = report.link
    found: ProgressUpdate | None = (
        own_reports(link.pledge, link.partner).filter(created_at__gt=report.created_at).first()
    )
    return found


def is_overtaken(report: ProposedReport) -> bool:
    """Return whether somebody reported on the step, or opened it again, after this report came: then it stays as it is,
    whatever this one says."""
    of_step = {"milestone": report.link.milestone, "created_at__gt": report.created_at}
    if report.link.milestone is None:
        return False
    reported = ProgressUpdate.objects.filter(**of_step, author__isnull=False)
    return reported.exists() or MilestoneReopening.objects.filter(**of_step).exists()


def decide(
    report: ProposedReport, verdict: str, *, by: Any, at: datetime, update: ProgressUpdate | None = None
) -> None:
    """Store what an approver decided on a proposed report."""
    report.verdict, report.decided_by, report.decided_at, report.update = verdict, by, at, update
    report.save(update_fields=["verdict", "decided_by", "decided_at", "update"])


# --- Choosing and revoking --------------------------------------------------------------------------------------------
@transaction.atomic
def choose_links(*, participant: Participant, on: bool, by: Any, at: datetime) -> None:
    """Let the mail to a delegation carry links, or no longer: then all that are open are revoked. Raises NotAllowed."""
    permissions.check_can_choose_links(by, participant)
    with acting(by, "links"):
        Liaison.objects.update_or_create(participant=participant, defaults={"reports_by_link": on})
        if not on:
            open_links(participant.pk, at=at).update(revoked_at=at)


@transaction.atomic
def revoke_link(*, link: ReportLink, by: Any, at: datetime) -> None:
    """Close a link that was not used; closed already is closed. Raises NotAllowed."""
    permissions.check_can_choose_links(by, link.participant)
    with acting(by, "revoke"):
        ReportLink.objects.filter(pk=link.pk, used_at=None, revoked_at=None).update(revoked_at=at)


def open_links(*participants: str, at: datetime) -> "QuerySet[ReportLink]":
    """Return the links to parts of these participants that can still be used."""
    rows = ReportLink.objects.filter(part_of(participants), used_at=None, revoked_at=None)
    return rows.filter(expires_at__gt=at)


def waiting_reports(*participants: str) -> "QuerySet[ProposedReport]":
    """Return what came through links to parts of these participants and waits for an approver, the oldest first."""
    rows = ProposedReport.objects.filter(part_of(participants, prefix="link__"), verdict="")
    return rows.select_related(*LINKED)


def part_of(participants: Any, *, prefix: str = "") -> Q:
    """Return which links are to parts of these participants: to a pledge that they lead, or to their own share."""
    leads = {f"{prefix}partner": None, f"{prefix}pledge__participant__in": participants}
    return Q(**leads) | Q(**{f"{prefix}partner__participant__in": participants})
