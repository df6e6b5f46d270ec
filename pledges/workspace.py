"""What waits for a person: the rows of the work page. Every list is bounded, and their number fixed."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import BooleanField, Count, Exists, ExpressionWrapper, F, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone

from conferences.models import Conference, Membership, Participant
from pledges.completeness import left_to_do_each
from pledges.due import entered_by_delegations, unanswered
from pledges.due_rows import ROWS, Stage, due_for
from pledges.enums import Confirmation, Status
from pledges.follow_up import Reason
from pledges.forms import delegations_of, open_conferences
from pledges.links import TO_ASSESS, late_pledges_url, rows_url
from pledges.models import Decision, Pledge
from pledges.partner_answers import DAYS, Answer, news_for
from pledges.permissions import APPROVERS
from pledges.querysets import PledgeQuerySet, handovers_of, invitations_of
from pledges.review import unanswered_messages
from pledges.services.report_links import waiting_reports
from pledges.waiting import assessments, steps

DRAFTS = 20
UNSUBMITTED = (Status.DRAFT, Status.RETURNED)


@dataclass(frozen=True)
class Draft:
    """A pledge that its delegation is still writing; `handover` (of `handovers_of`) puts it before the approvers."""

    pledge: Pledge
    missing: list[str]
    reason: str
    handover: Any = None

    @property
    def stage(self) -> Stage:
        """Whether it came back, is begun, or has all that submission needs."""
        if is_returned(self.pledge):
            return Stage.PROBLEM
        if not self.missing:
            return Stage.COMPLETED
        return Stage.IN_PROGRESS if self.pledge.title else Stage.NOT_STARTED

    def is_before(self, participants: Collection[str]) -> bool:
        """Whether it was put before the approvers of one of these delegations."""
        return self.handover is not None and self.pledge.participant_id in participants

    @property
    def is_changed_since(self) -> bool:
        """Whether somebody wrote on after it was handed over."""
        return self.handover is not None and self.handover.changed_at > self.handover.created_at


@dataclass(frozen=True)
class Window:
    """A conference that takes pledges, until when, and how many of the delegations' pledges are not yet submitted."""

    conference: Conference
    closes_at: datetime | None
    days: int | None
    unsubmitted: int


@dataclass(frozen=True)
class Shelf:
    """The first rows of a list, how many there are in all, and where the rest is."""

    rows: list[Any]
    total: int
    url: str

    @property
    def has_more(self) -> bool:
        """Whether some are left out."""
        return self.total > len(self.rows)


@dataclass(frozen=True)
class Head:
    """The first rows of what waits; the others move up as these are done."""

    rows: list[Any]
    has_more: bool


@dataclass(frozen=True)
class DelegationDesk:
    """The work of a person's delegations."""

    delegations: list[Participant]
    writes_for: frozenset[str]
    approves_for: frozenset[str]
    to_approve: list[Draft]
    invitations: Head
    answers: list[Answer]
    messages: Head
    proposed: Head
    due: Head
    drafts: Shelf
    windows: list[Window]
    submitted: Shelf
    registered: Shelf
    joined: Head
    joined_url: str
    in_record: Shelf
    is_first_visit: bool
    earlier_url: str

    @property
    def can_draft(self) -> bool:
        """Whether this person writes for one of them."""
        return bool(self.writes_for)

    @property
    def answer_days(self) -> int:
        """For how many days answers of partners stand here at most."""
        return DAYS

    @property
    def has_more_drafts(self) -> bool:
        """Whether some drafts are left out, of those before the approvers too."""
        return self.drafts.total > len(self.to_approve) + len(self.drafts.rows)

    @property
    def conferences(self) -> list[Conference]:
        """The conferences of the drafts, each once: there they are seen and submitted together."""
        return list(dict.fromkeys(draft.pledge.conference for draft in [*self.to_approve, *self.drafts.rows]))

    @property
    def is_alone(self) -> bool:
        """Whether there is just one delegation."""
        return len(self.delegations) == 1


@dataclass(frozen=True)
class SecretariatDesk:
    """The queues of the Secretariat."""

    submitted: Shelf
    messages: Head
    proposals: int
    to_assess: Shelf
    unannounced: Shelf
    late_steps: Shelf
    overdue: Shelf


def delegation_desk(user: Any, *, at: datetime) -> DelegationDesk | None:
    """Return what waits for a member of delegations, None for anybody else."""
    delegations = list(Participant.objects.of(user))
    if not delegations:
        return None
    own = Pledge.objects.visible_to(user, at=at).filter(participant__in=delegations)
    own = own.select_related("conference", "participant", "author", "capability_type")
    codes = ",".join(sorted(delegation.pk for delegation in delegations))
    registered = own.filter(status=Status.REGISTERED).order_by(F("announced_at").desc(nulls_first=True), "reference")
    entered, in_record = entered_by_delegations(registered), registered.filter(author=None)
    writes_for = frozenset(delegations_of(user).values_list("pk", flat=True))
    approves_for = frozenset(Membership.objects.of(user, *APPROVERS).values_list("participant_id", flat=True))
    written = drafts(own, user, approves_for, codes)
    to_approve = [draft for draft in written.rows if draft.is_before(approves_for)]
    return DelegationDesk(
        delegations=delegations,
        writes_for=writes_for,
        approves_for=approves_for,
        to_approve=to_approve,
        invitations=invitations(user, Confirmation.AWAITED),
        answers=news_for(delegations, at=at),
        messages=head(unanswered_messages(user)),
        proposed=head(waiting_reports(*approves_for)),
        due=head(due_for(delegations, writes_for=writes_for, on=timezone.localdate(at))),
        drafts=Shelf([draft for draft in written.rows if draft not in to_approve], written.total, written.url),
        windows=windows(own, at=at),
        submitted=shelf(own.filter(status=Status.SUBMITTED).order_by("submitted_at"), codes, Status.SUBMITTED),
        registered=shelf(entered, codes, Status.REGISTERED),
        joined=invitations(user, Confirmation.CONFIRMED),
        joined_url=rows_url({"partner": codes}),
        in_record=Shelf([], in_record.count(), rows_url({"participant": codes, "status": Status.REGISTERED})),
        is_first_visit=not own.filter(author__isnull=False).exists(),
        earlier_url=rows_url({"participant": codes}),
    )


def head(rows: Any) -> Head:
    """Return the first of these rows, and whether there are more."""
    found = list(rows[: ROWS + 1])
    return Head(found[:ROWS], len(found) > ROWS)


def invitations(user: Any, confirmation: str) -> Head:
    """Return the places of this person's delegations in pledges that others entered and that are not closed."""
    rows = invitations_of(user).filter(confirmation=confirmation, pledge__author__isnull=False)
    rows = rows.exclude(pledge__status=Status.CLOSED).select_related(
        "participant", "pledge__participant", "pledge__conference"
    )
    return head(rows.order_by("-pk"))


def windows(own: "QuerySet[Pledge]", *, at: datetime) -> list[Window]:
    """Return the conferences that take pledges until a stated instant, the first to close on top."""
    closing = open_conferences(at).filter(window_closes_at__gt=at).order_by("window_closes_at")[:ROWS]
    waiting = own.filter(status__in=UNSUBMITTED, conference__in=[found.pk for found in closing])
    counts = dict(waiting.order_by().values_list("conference_id").annotate(n=Count("pk")))
    today = timezone.localdate(at)
    return [
        Window(
            conference=found,
            closes_at=found.window_closes_at,
            days=(timezone.localdate(found.window_closes_at) - today).days,
            unsubmitted=counts.get(found.pk, 0),
        )
        for found in closing
    ]


def shelf(pledges: "QuerySet[Pledge]", participants: str, status: Status) -> Shelf:
    """Return the first rows of a delegation's pledges in one status."""
    return Shelf(list(pledges[:ROWS]), pledges.count(), rows_url({"participant": participants, "status": status}))


def drafts(own: "PledgeQuerySet", user: Any, approves_for: Collection[str], participants: str) -> Shelf:
    """Return what is being written, with what is missing and why it came back.

    What is before this approver comes first, then what was returned. Few are shown: of each is asked what it repeats.
    """
    handed = handovers_of(user)
    rows = own.filter(status__in=UNSUBMITTED)
    is_mine = Q(Exists(handed.filter(pledge=OuterRef("pk"))), participant__in=approves_for)
    first = rows.annotate(is_mine=ExpressionWrapper(is_mine, BooleanField()))
    first = first.prefetch_related("status_changes", Prefetch("handovers", handed.select_related("author"), "waiting"))
    found = list(first.order_by("-is_mine", "-status", "-updated_at")[:DRAFTS])
    left = left_to_do_each(found, user)
    shown = [
        Draft(
            pledge=pledge,
            missing=list(left[pledge.pk].values()),
            reason=last_reason(pledge) if is_returned(pledge) else "",
            handover=next(iter(pledge.waiting), None),
        )
        for pledge in found
    ]
    url = rows_url({"participant": participants, "status": ",".join(UNSUBMITTED)})
    return Shelf(shown, rows.count(), url)


def is_returned(pledge: Pledge) -> bool:
    """Return whether the Secretariat sent it back."""
    return pledge.status == Status.RETURNED


def last_reason(pledge: Pledge) -> str:
    """Return the words with which the Secretariat returned a pledge last."""
    reasons = [change.reason for change in pledge.status_changes.all() if change.target == Status.RETURNED]
    return reasons[-1] if reasons else ""


def secretariat_desk(user: Any, *, at: datetime) -> SecretariatDesk | None:
    """Return the queues of the Secretariat, oldest first; None for anybody else."""
    if not user.is_secretariat:
        return None
    pledges = Pledge.objects.visible_to(user, at=at).select_related("conference", "participant", "capability_type")
    submitted = pledges.filter(status=Status.SUBMITTED).order_by("submitted_at", "reference")
    to_assess = assessments(pledges).order_by("since", "reference")
    unannounced = pledges.filter(status=Status.REGISTERED, announced_at=None).order_by("registered_at", "reference")
    late_steps = unanswered(steps(), days_before=0).filter(due_on__lt=at.date())
    late_steps = late_steps.select_related("partner__participant")
    overdue = pledges.overdue(on=at.date()).order_by("deliver_by", "reference")
    return SecretariatDesk(
        submitted=Shelf(list(submitted[:ROWS]), submitted.count(), rows_url({"status": Status.SUBMITTED})),
        messages=head(unanswered_messages(user)),
        proposals=Decision.objects.filter(verdict="").count(),
        to_assess=Shelf(list(to_assess[:ROWS]), to_assess.count(), rows_url(TO_ASSESS)),
        unannounced=Shelf(
            list(unannounced[:ROWS]),
            unannounced.count(),
            rows_url({"status": Status.REGISTERED, "announced": "false"}),
        ),
        late_steps=Shelf(list(late_steps[:ROWS]), late_steps.count(), late_pledges_url(Reason.STEP)),
        overdue=Shelf(list(overdue[:10]), overdue.count(), rows_url({"late": "true", "order": "deadline"})),
    )
