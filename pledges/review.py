"""The queue of submitted pledges: what is due first, and the clock that stands still while the delegation writes."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.core.paginator import Page, Paginator

from accounts.models import SECRETARIAT
from conferences.working_days import WorkingDays, day_of
from pledges.enums import Status
from pledges.models import Claim, Pledge, ReviewNote, StatusChange
from pledges.querysets import PledgeQuerySet, worked_on
from pledges.waiting import questions
from pledges.windows import is_closed

ROWS = 50
MOST = 5_000  # submitted pledges that are put in order; beyond it the oldest submissions come first
REVIEWED = ("register", "return")


@dataclass(frozen=True)
class Clock:
    """How a submitted pledge stands to its deadline. `left` counts working days and is below zero when overdue."""

    due: date
    left: int
    rounds: int  # how often it was submitted
    first_submitted_at: datetime

    @property
    def is_overdue(self) -> bool:
        """Whether the deadline has passed."""
        return self.left < 0

    @property
    def days_over(self) -> int:
        """By how many working days the deadline has passed."""
        return -self.left


@dataclass(frozen=True)
class Item:
    """A pledge of the queue with its clock and whoever reads it now."""

    pledge: Pledge
    clock: Clock
    claim: Claim | None

    @property
    def came_after_window(self) -> bool:
        """Whether it was first submitted after the conference's window had closed."""
        return is_closed(self.pledge.conference, at=self.clock.first_submitted_at)


@dataclass(frozen=True)
class Queue:
    """One page of the queue, how many pledges wait in all and how many are overdue."""

    rows: list[Item]
    page: Page[int]
    total: int
    overdue: int
    last_review: StatusChange | None


# --- The clock --------------------------------------------------------------------------------------------------------
def clock(submitted_at: datetime, changes: Iterable[Any], calendar: WorkingDays, *, at: datetime) -> Clock:
    """Return the clock of a pledge that was last submitted at `submitted_at`; `changes` are all steps of its life.

    Only working days between a submission and its return or recall count; the day of submission does not.
    """
    used, rounds, began, first = 0, 0, None, submitted_at
    for change in changes:
        if change.target == Status.SUBMITTED and change.source != Status.SUBMITTED:
            began, rounds = change.created_at, rounds + 1
            first = min(first, began)
        elif change.source == Status.SUBMITTED and change.target != Status.SUBMITTED and began:
            used += calendar.between(day_of(began), day_of(change.created_at))
            began = None
    due = calendar.after(day_of(submitted_at), max(settings.REVIEW_WORKING_DAYS - used, 0))
    return Clock(due, calendar.between(day_of(at), due), max(rounds, 1), first)


def clocks(pledges: PledgeQuerySet, *, at: datetime) -> dict[int, Clock]:
    """Return the clocks of submitted pledges by key, the first due first, in three queries."""
    submitted = list(
        pledges.filter(status=Status.SUBMITTED).order_by("submitted_at", "pk").values_list("pk", "submitted_at")[:MOST]
    )
    changes = defaultdict(list)
    for change in StatusChange.objects.filter(pledge__in=[pk for pk, _at in submitted]):
        changes[change.pledge_id].append(change)
    calendar = WorkingDays.load()
    found = {pk: clock(submitted_at or at, changes[pk], calendar, at=at) for pk, submitted_at in submitted}
    return dict(sorted(found.items(), key=lambda row: (row[1].due, row[1].first_submitted_at, row[0])))


# --- The queue --------------------------------------------------------------------------------------------------------
def queue(pledges: PledgeQuerySet, *, at: datetime, number: str = "") -> Queue:
    """Return a page of the queue over these pledges, the first due first; what is no page's number means the first.

    The number of queries does not depend on the rows.
    """
    found = clocks(pledges, at=at)
    page = Paginator(list(found), ROWS).get_page(number)
    rows = {pledge.pk: pledge for pledge in for_queue(Pledge.objects.filter(pk__in=list(page)))}
    return Queue(
        rows=[Item(rows[pk], found[pk], live_claim(rows[pk], at=at)) for pk in page if pk in rows],
        page=page,
        total=len(found),
        overdue=sum(clock.is_overdue for clock in found.values()),
        last_review=None if found else last_review(),
    )


def for_queue(pledges: PledgeQuerySet) -> PledgeQuerySet:
    """Return the pledges with what a row of the queue shows."""
    return pledges.select_related("conference", "participant", "capability_type", "category", "claim__officer")


def last_review() -> StatusChange | None:
    """Return the last decision of an officer."""
    return StatusChange.objects.filter(action__in=REVIEWED).order_by("-created_at", "-pk").first()


def live_claim(pledge: Pledge, *, at: datetime) -> Claim | None:
    """Return who reads a pledge now, if anybody; a claim that has run out is none."""
    claim: Claim | None = getattr(pledge, "claim", None)
    return claim if claim and claim.until > at else None


def item_of(pledge: Pledge, *, at: datetime) -> Item:
    """Return one submitted pledge as the queue shows it."""
    found = clock(pledge.submitted_at or at, pledge.status_changes.all(), WorkingDays.load(), at=at)
    return Item(pledge, found, live_claim(pledge, at=at))


# --- What was said ----------------------------------------------------------------------------------------------------
def returned_notes(pledge: Pledge) -> dict[str, list[ReviewNote]]:
    """Return what the last return asked for, by field; they stand at the fields of the form until it is submitted."""
    last = pledge.status_changes.filter(action="return").order_by("-pk").first()
    notes: dict[str, list[ReviewNote]] = defaultdict(list)
    if last:
        for note in pledge.review_notes.exclude(field="").filter(created_at__gte=last.created_at):
            notes[note.field].append(note)
    return dict(notes)


def unanswered_messages(user: Any) -> Any:
    """Return the messages of the other side that wait for an answer, on pledges that this person works on."""
    mine = worked_on(user, prefix="pledge__")
    if user.is_secretariat:
        rows = ReviewNote.objects.filter(mine, field="", resolved_at=None).exclude(author__role__in=SECRETARIAT)
    else:
        rows = questions().filter(mine)
    return rows.select_related("author", "pledge__participant")


def thread(pledge: Pledge) -> Any:
    """Return the words that delegation and Secretariat exchanged on a pledge as a whole, the first on top."""
    return pledge.review_notes.filter(field="").select_related("author")
