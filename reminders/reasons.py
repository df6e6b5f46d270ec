"""What is waited for, reason by reason: one query each, over pledges and what stands beside them.

Each row has the columns of Subject. `due_on` is the day something is due or, where somebody is waited for, the day on
which the waiting began: the ladders count from it.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    Exists,
    F,
    IntegerField,
    Max,
    Min,
    OuterRef,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, TruncDate

from conferences.models import Membership
from pledges import waiting
from pledges.cycles import due_days
from pledges.due import entered_by_delegations, owing_delivery, owing_reports, unanswered, unanswered_deliveries
from pledges.enums import Status
from pledges.models import Handover, Pledge
from reminders.models import LadderStep, Reason
from reminders.pauses import caught_up_from
from reminders.people import broken_addresses


class Subject(NamedTuple):
    """One thing that is waited for. `key` is that of its row in the table of its reason."""

    key: int
    pledge: int | None
    participant: str | None
    conference: str | None
    due_on: date


COLUMNS = ("pk", "pk", "participant", "conference")  # of a pledge, beside the day
A_YEAR = timedelta(days=366)  # no ladder begins earlier
# For so long a report that came through a link and waits for an approver's word stops the reminders of its part.
HOLDS_BACK = timedelta(days=30)
Rows = Any  # a queryset of tuples with the columns of Subject
Day = Callable[[str], Any]  # makes of a field with an instant what stands as due_on


def utc_day(field: str) -> Any:
    """Return the day of an instant as a list shows it: the same to every reader."""
    return TruncDate(field, tzinfo=UTC)


def reports_due(at: datetime) -> Rows:
    """Return the reports that delegations are to give; the key is the pledge's."""
    return reports(Reason.REPORT_DUE, at)


def reports_overdue(at: datetime) -> Rows:
    """Return the reports that delegations should have given; the key is the pledge's."""
    return reports(Reason.REPORT_OVERDUE, at)


def reports(reason: str, at: datetime) -> Rows:
    """Return the reports that delegations owe: a row for each due day without one whose ladder has begun, not ended.

    Whoever lets a cycle pass is reminded of that one to the end of its ladder, and of the next as well.
    """
    ladder = LadderStep.objects.filter(reason=reason).aggregate(first=Min("offset_days"), last=Max("offset_days"))
    begun_by = timedelta(days=1 - (ladder["first"] or 0))  # where the day begins earliest, it is tomorrow already
    since = caught_up_from(at) - timedelta(days=ladder["last"] or 0)
    return unproposed(without_report(since, at.date() + begun_by), at=at)


def without_report(since: date, until: date) -> Rows:
    """Return the due days of reports between two days on which none came; the next one where there is none between."""
    owed = owing_reports(Pledge.objects.all()).order_by()
    return owed.values_list(*COLUMNS, due_days(since, until))


def unproposed(rows: Rows, *, at: datetime, **part: Any) -> Rows:
    """Return those of which no report through a link waits for an approver's word: whoever reported is not asked again,
    and the approver is. An approver who lets it lie does not stop the reminders for good.

    `part` says where the report names the row outside; of the lead's part of a pledge where nothing is said.
    """
    named = part or {"link__pledge": OuterRef("pk"), "link__partner": None}
    return rows.filter(~Exists(waiting.proposals().filter(**named, created_at__gt=at - HOLDS_BACK)))


def first_reports(at: datetime) -> Rows:
    """Return the reports that delegations owe, each for the first due day without one: as it stands on a list."""
    return owing_reports(Pledge.objects.all()).order_by().values_list(*COLUMNS, "report_due_on")


def open_steps(at: datetime) -> Rows:
    """Return the open steps of plans, those of a share for the partner who confirmed it: as they stand on a list."""
    return waiting.steps().order_by().values_list("pk", "pledge", "doer", "pledge__conference", "due_on")


def steps(at: datetime) -> Rows:
    """Return the open steps on which nobody has reported since their ladder began."""
    rows = unanswered(open_steps(at), days_before=asked_before(Reason.MILESTONE_DUE))
    return unproposed(rows, at=at, link__milestone=OuterRef("pk"))


def all_deliveries(at: datetime) -> Rows:
    """Return the pledges that are still to be delivered, for the day by which they are to be, also where a report
    answered the reminders. The lead is asked, of a joint pledge too: the day is the whole pledge's."""
    return owing_delivery(Pledge.objects.all()).order_by().values_list(*COLUMNS, "deliver_by")


def deliveries(at: datetime) -> Rows:
    """Return those of which the lead has not said how they stand since their ladder began."""
    return unproposed(unanswered_deliveries(all_deliveries(at), days_before=asked_before(Reason.DELIVERY_DUE)), at=at)


def asked_before(reason: str) -> int:
    """Return how many days before something is due its ladder begins; 0 where it begins on the day, or later."""
    ladder = LadderStep.objects.filter(reason=reason).aggregate(first=Min("offset_days"))
    return max(-(ladder["first"] or 0), 0)


def clarifications(at: datetime, day: Day = utc_day) -> Rows:
    """Return what the Secretariat waits for from the delegation: a row for each day on which it asked."""
    return waiting.answers().order_by().values_list(*COLUMNS, waiting.days_asked(day)).distinct()


def first_clarifications(at: datetime) -> Rows:
    """Return the pledges on which the Secretariat waits, each for the first day on which it asked."""
    return waiting.answers().order_by().values_list(*COLUMNS, "since")


def partners(at: datetime, day: Day = utc_day) -> Rows:
    """Return the partners whose confirmation is awaited."""
    rows = waiting.confirmations().order_by()
    return rows.values_list("pk", "pledge", "participant", "pledge__conference", day("invited_at"))


def approvals(at: datetime, day: Day = utc_day) -> Rows:
    """Return what waits for an approver: drafts, and reports that came through links, whose key is below zero."""
    return drafts_to_approve(day).union(reports_to_confirm(day), all=True)


def reports_to_confirm(day: Day) -> Rows:
    """Return the reports that came through links and wait for an approver's word."""
    rows = waiting.proposals().order_by()
    return rows.values_list(-F("pk"), "link__pledge", "doer", "link__pledge__conference", day("created_at"))


def drafts_to_approve(day: Day) -> Rows:
    """Return the drafts that were put before the approvers of their delegation."""
    handed = Handover.objects.filter(ended_at=None, pledge__status__in=[Status.DRAFT, Status.RETURNED])
    return handed.order_by().values_list("pk", "pledge", "pledge__participant", "pledge__conference", day("created_at"))


def closing_windows(at: datetime, day: Day = utc_day) -> Rows:
    """Return the drafts whose conference still takes pledges, until a stated instant."""
    drafts = entered_by_delegations(Pledge.objects.filter(status__in=[Status.DRAFT, Status.RETURNED]))
    drafts = drafts.filter(conference__window_closes_at__gt=at)
    drafts = drafts.annotate(closes_on=day("conference__window_closes_at"))
    return drafts.order_by().values_list("pk", "pk", "participant", "conference", "closes_on")


def broken_contacts(at: datetime) -> Rows:
    """Return the addresses that mail does not reach, for the desk officer of one of the person's delegations; and, with
    a key below zero, the delegations of which nobody was there to hear."""
    places = Membership.objects.open().filter(user=OuterRef("user")).order_by("participant").values("participant")
    broken = broken_addresses().annotate(
        key=Case(When(user=None, then=-F("pk")), default=F("pk"), output_field=BigIntegerField()),
        delegation=Coalesce("participant", Subquery(places[:1]), Value(""), output_field=CharField()),
        since=TruncDate("found_at", tzinfo=UTC),
        no_pledge=Cast(Value(None), IntegerField()),
        no_conference=Value(None, CharField()),
    )
    return broken.order_by().values_list("key", "no_pledge", "delegation", "no_conference", "since")


def renewals(at: datetime) -> Rows:
    """Return the units whose entry in the readiness system is to be renewed."""
    rows = waiting.renewals().order_by()
    return rows.values_list("pk", "pledge", "pledge__participant", "pledge__conference", "renewal_due_on")


def arrivals(at: datetime) -> Rows:
    """Return the units that are to arrive within 60 days of the UN's request."""
    rows = waiting.arrivals().order_by()
    return rows.values_list("pk", "pledge", "pledge__participant", "pledge__conference", "arrival_due_on")


SUBJECTS: dict[str, Callable[..., Rows]] = {
    Reason.REPORT_DUE: reports_due,
    Reason.REPORT_OVERDUE: reports_overdue,
    Reason.MILESTONE_DUE: steps,
    Reason.DELIVERY_DUE: deliveries,
    Reason.RENEWAL_DUE: renewals,
    Reason.RDL_CLOCK: arrivals,
    Reason.CLARIFICATION: clarifications,
    Reason.PARTNER_AWAITED: partners,
    Reason.APPROVAL_AWAITED: approvals,
    Reason.WINDOW_CLOSING: closing_windows,
    Reason.UNDELIVERABLE: broken_contacts,
}
# Their day is that of an instant: another one where the reader lives than in UTC.
OF_AN_INSTANT = frozenset(
    {Reason.CLARIFICATION, Reason.PARTNER_AWAITED, Reason.APPROVAL_AWAITED, Reason.WINDOW_CLOSING}
)


# What an officer reminds of by hand is what the list of who is late shows, though somebody reported on it meanwhile.
LISTED: dict[str, Callable[..., Rows]] = SUBJECTS | {
    Reason.REPORT_DUE: first_reports,
    Reason.MILESTONE_DUE: open_steps,
    Reason.DELIVERY_DUE: all_deliveries,
    Reason.CLARIFICATION: first_clarifications,
}
# A report answers their reminders, and leaves them on that list.
ANSWERED_BY_REPORTS = (Reason.MILESTONE_DUE, Reason.DELIVERY_DUE)


def kind(reason: str) -> str:
    """Return one word for the two reasons that speak of the same report."""
    return Reason.REPORT_DUE if reason == Reason.REPORT_OVERDUE else reason


def subjects(reason: str, *, at: datetime, day: Day = utc_day) -> Rows:
    """Return all that is waited for, for a reason, at an instant: one query. `day` makes of instants what due_on is."""
    return SUBJECTS[reason](at, day) if reason in OF_AN_INSTANT else SUBJECTS[reason](at)


def listed(reason: str, *, at: datetime) -> Rows:
    """Return all that a list shows as waited for, for a reason: one query."""
    return LISTED[reason](at)


def still_waited_for(
    reason: str, keys: list[int], *, at: datetime, zone: str = "UTC", by_hand: bool = False
) -> dict[tuple[int, date], Subject]:
    """Return those of these subjects that are still waited for, by key and day; of reports, however long ago.

    Days are those of a reader in this time zone. `by_hand`: an officer asked for the reminder; then they are the days
    of the list of who is late, in UTC.
    """
    day = utc_day if by_hand else partial(TruncDate, tzinfo=ZoneInfo(zone))
    if reason in (Reason.REPORT_DUE, Reason.REPORT_OVERDUE):
        rows = without_report(date.min, at.date() + A_YEAR)
        tables = [rows if by_hand else unproposed(rows, at=at)]
    elif reason == Reason.APPROVAL_AWAITED:  # of two tables: what is made one query cannot be narrowed any more
        tables = [drafts_to_approve(day), reports_to_confirm(day)]
    else:
        is_listed = by_hand and reason in ANSWERED_BY_REPORTS
        tables = [listed(reason, at=at) if is_listed else subjects(reason, at=at, day=day)]
    named = [row for rows in tables for row in rows.filter(pk__in=[abs(key) for key in keys])]
    return {(row[0], row[4]): Subject(*row) for row in named}
