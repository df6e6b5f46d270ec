"""All pledges of a delegation at one conference in one view, and in one submission."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Case, Count, Q, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.typed import keeps_typed, sent_or_kept
from conferences.models import Conference, Membership, Participant
from pledges.completeness import left_to_do_each
from pledges.enums import Confirmation, Status
from pledges.errors import Incomplete, PledgeError, SeveralRefused, WrongStatus
from pledges.forms import delegations_of
from pledges.links import rows_url
from pledges.models import Pledge
from pledges.permissions import APPROVERS, EDITABLE
from pledges.querysets import DISCARDED
from pledges.services.together import take_together
from pledges.work.common import shows_and_takes

ROWS = 200
TURN = Case(*[When(status=status, then=Value(place)) for place, status in enumerate(
    (Status.RETURNED, Status.DRAFT, Status.SUBMITTED, Status.REGISTERED, Status.CLOSED)
)])  # fmt: skip


@dataclass(frozen=True)
class Row:
    """A pledge in the view: whether it can be ticked, and what kept it from being submitted just now."""

    pledge: Pledge
    missing: list[str]
    can_submit: bool
    is_ticked: bool = False
    refusal: str = ""


@keeps_typed
@shows_and_takes
def conference_work(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the pledges of this person's delegations at one conference; an approver submits those that are ticked."""
    conference = get_object_or_404(Conference, slug=slug)
    delegations = list(Participant.objects.of(request.user))
    if not delegations:
        raise PermissionDenied(_("This page is for delegations."))
    sent = sent_or_kept(request)
    ticked = sent.getlist("pledge") if sent is not None else []
    refusals: dict[str, str] = {}
    found = rows_of(request.user, delegations, conference)
    if ticked and request.method == "POST":
        try:
            return submitted(request, conference, chosen(request, found, ticked))
        except SeveralRefused as refusal:
            refusals = {reference: in_full(why) for reference, why in refusal.refusals.items()}
    shown = [shown_row(row, ticked, refusals) for row in rows_of(request.user, delegations, conference)]
    listed = {row.pledge.reference for row in shown}
    context = {
        "conference": conference,
        "delegations": delegations,
        "rows": shown,
        "refused": [row for row in shown if row.refusal],
        "gone": {reference: why for reference, why in refusals.items() if reference not in listed},
        "nothing_ticked": request.method == "POST" and not ticked,
        "can_submit": any(row.can_submit for row in shown),
        "rest_url": rows_url({"conference": conference.pk, "participant": ",".join(sorted(d.pk for d in delegations))}),
        "is_all": len(shown) < ROWS,
        "can_discard": Status.DRAFT in {row.pledge.status for row in shown} and delegations_of(request.user).exists(),
    }
    return render(request, "pledges/conference_work.html", context, status=409 if refusals else 200)


def in_full(refusal: PledgeError) -> str:
    """Return why a pledge was refused, with each thing that is missing."""
    return " ".join(refusal.fields.values()) if isinstance(refusal, Incomplete) else str(refusal)


def rows_of(user: Any, delegations: list[Participant], conference: Conference) -> list[Row]:
    """Return the pledges of these delegations at a conference, those that wait for the delegation on top."""
    awaited = Count("partners", filter=Q(partners__confirmation=Confirmation.AWAITED))
    pledges = (
        Pledge.objects.visible_to(user)
        .filter(conference=conference, participant__in=delegations)
        .exclude(DISCARDED)
        .select_related("participant", "conference")
        .annotate(turn=TURN, awaited=awaited)
        .order_by("turn", "title", "reference")
    )
    approves_for = set(Membership.objects.of(user, *APPROVERS).values_list("participant_id", flat=True))
    found = list(pledges[:ROWS])
    left = left_to_do_each([pledge for pledge in found if pledge.status in EDITABLE], user)
    return [row_of(pledge, left.get(pledge.pk, {}), approves=pledge.participant_id in approves_for) for pledge in found]


def row_of(pledge: Pledge, left: dict[str, str], *, approves: bool) -> Row:
    """Return a pledge as a row, with what is left to do."""
    return Row(pledge, list(left.values()), can_submit=approves and pledge.status in EDITABLE and not left)


def shown_row(row: Row, ticked: list[str], refusals: dict[str, str]) -> Row:
    """Return a row with what was sent and why it was refused."""
    reference = row.pledge.reference
    return Row(row.pledge, row.missing, row.can_submit, reference in ticked, refusals.get(reference, ""))


def chosen(request: HttpRequest, rows: list[Row], ticked: list[str]) -> dict[Pledge, int]:
    """Return the ticked pledges, each with the version that the person has read; 0 where the page does not say.

    Raises SeveralRefused with those that were ticked and are not in the list any more: discarded, or never there.
    """
    by_reference = {row.pledge.reference: row.pledge for row in rows}
    gone = [reference for reference in ticked if reference not in by_reference]
    if gone:
        said = WrongStatus(_("It is not in this list any more. Submit again to go on without it."))
        raise SeveralRefused(dict.fromkeys(gone, said))
    return {by_reference[reference]: whole(request.POST.get(f"version-{reference}", "")) for reference in ticked}


def whole(text: str) -> int:
    """Return a version as sent, 0 for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def submitted(request: HttpRequest, conference: Conference, versions: dict[Pledge, int]) -> HttpResponse:
    """Submit the pledges together and say how many the Secretariat has now."""
    taken = take_together("submit", versions, by=request.user, at=timezone.now())
    text = ngettext(
        "%(number)s pledge is submitted. The Secretariat has it now.",
        "%(number)s pledges are submitted. The Secretariat has them now.",
        len(taken),
    )
    messages.success(request, text % {"number": len(taken)})
    return redirect("conference-work", conference.pk)
