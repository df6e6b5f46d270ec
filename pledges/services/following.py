"""What a delegation reports on a registered pledge, or on its own share of one."""

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.history import acting
from conferences.dates import Precision
from pledges import permissions
from pledges.enums import DocumentKind, EventKind, ReportedState
from pledges.errors import Incomplete, WrongStatus
from pledges.models import Milestone, Partner, Pledge, ProgressUpdate
from pledges.services.files import attach_file
from pledges.services.plans import finish, held_part


@transaction.atomic
def report_progress(
    *,
    pledge: Pledge,
    state: str,
    text: str,
    by: Any,
    at: datetime,
    partner: Partner | None = None,
    delivered_quantity: int | None = None,
    expected_on: date | None = None,
    personnel: int | None = None,
    women: int | None = None,
    milestone: Milestone | None = None,
    step_done: bool = False,
    evidence: Any = None,
) -> ProgressUpdate:
    """Append a delegation's report on a pledge, or on the share of the `partner` that it is.

    A milestone reported on is done with state "delivered", or where `step_done`. `evidence` is an uploaded file, kept
    with the report. An unchanged `state` without anything else is a valid "no change", once there is one. What this
    person has just reported in the same words is not reported twice.

    Raises NotAllowed, WrongStatus, Incomplete with the field that cannot stand, or FileRefused; then nothing is stored.
    """
    held, share = held_part(pledge, partner)
    said = {
        "milestone": milestone, "state": state, "text": text, "delivered_quantity": delivered_quantity,
        "expected_on": expected_on, "personnel": personnel, "women": women, "happened_on": at.date(), "author": by,
    }  # fmt: skip
    check_report(held, share, said)
    with acting(by, "report"):
        if milestone and (step_done or state == ReportedState.DELIVERED):
            finish(step=milestone, by=by, at=at)
        update = appended(held, share, said, has_evidence=bool(evidence), at=at)
        if evidence:  # the pledge stays held while the file is scanned: seconds, for this pledge alone
            kind = DocumentKind.EVIDENCE
            attach_file(pledge=held, file=evidence, kind=kind, by=by, at=at, progress_update=update)
    return update


def check_report(pledge: Pledge, partner: Partner | None, said: dict[str, Any]) -> None:
    """Refuse a report by somebody who may not give it, on another's step, without a state or with wrong numbers."""
    permissions.check_can_report(said["author"], pledge, partner)
    check_step(said["milestone"], pledge, partner)
    check_state(said["state"])
    check_women(said["personnel"], said["women"])


def appended(
    pledge: Pledge, partner: Partner | None, said: dict[str, Any], *, has_evidence: bool, at: datetime
) -> ProgressUpdate:
    """Return a report of what is said: the latest one, where it says just the same, else a new one."""
    latest = own_reports(pledge, partner).first()
    if latest and all(getattr(latest, name) == value for name, value in said.items()):
        return latest
    is_unchanged = said["state"] == state_of(pledge, partner) and says_nothing_else(said) and not has_evidence
    return ProgressUpdate.objects.create(
        pledge=pledge,
        partner=partner,
        kind=EventKind.NO_CHANGE if is_unchanged else EventKind.REPORTED,
        unit=pledge.unit if said["delivered_quantity"] else "",
        happened_on_precision=Precision.DAY,
        created_at=at,
        **said,
    )


def check_step(milestone: Milestone | None, pledge: Pledge, partner: Partner | None) -> None:
    """Refuse a step of another pledge or of another's share."""
    part = (pledge.pk, partner.pk if partner else None)
    if milestone and (milestone.pledge_id, milestone.partner_id) != part:
        raise WrongStatus(_("This step belongs to another pledge or share: its own delegation reports on it."))


def check_state(state: str) -> None:
    """Refuse a report that names no state: so does "no change" before anything was reported."""
    if not state:
        sentence = _("“No change” can only follow a report that says how the pledge stands.")
        raise Incomplete(sentence, {"state": _("Choose how the pledge stands.")})


def check_women(personnel: int | None, women: int | None) -> None:
    """Refuse more women than persons; the database refuses the same."""
    if women is not None and (personnel is None or women > personnel):
        sentence = _("Enter the persons too, and no more women than persons.")
        raise Incomplete(_("The numbers contradict each other."), {"women": sentence})


def says_nothing_else(said: dict[str, Any]) -> bool:
    """Return whether a report states nothing beside the state of the work and the step that it is on."""
    return not any(said[name] for name in ("text", "delivered_quantity", "expected_on", "personnel", "women"))


def own_reports(pledge: Pledge, partner: Partner | None) -> Any:
    """Return what people reported on a pledge as a whole, or on one share of it, the latest first."""
    return pledge.progress_updates.filter(author__isnull=False, partner=partner)


def state_of(pledge: Pledge, partner: Partner | None, *, at: datetime | None = None) -> str:
    """Return the state that was reported last of a pledge, or of one share of it, up to an instant if one is given;
    "" where none was."""
    if partner is None and at is None:
        return pledge.reported_state
    reports = pledge.progress_updates.filter(partner=partner).exclude(state="")
    last = (reports.filter(created_at__lte=at) if at else reports).first()
    return last.state if last else ""
