"""The day by which delivery was pledged is owed by itself: the lead is asked, until it says how it stands."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from conferences.models import Liaison, MembershipRole, Participant
from pledges.due import next_due
from pledges.due_rows import due_for
from pledges.enums import AssessedState, Outcome, ReportedState
from pledges.follow_up import Reason as Late
from pledges.follow_up import late_on, late_page
from pledges.models import Pledge, ProgressUpdate
from pledges.services import report_progress
from reminders import staff
from reminders.calendar import due_days
from reminders.calendar import event as calendar_event
from reminders.delivery import deliver_next
from reminders.models import Audience, LadderStep, Reason, Reminder, ReminderItem, State
from reminders.owed import write_owed
from reminders.standing import still_owed
from tests.factories import (
    ConfirmedPartnerFactory,
    MilestoneFactory,
    OfficerFactory,
    RecordPledgeFactory,
    RecordProgressUpdateFactory,
    RegisteredPledgeFactory,
)
from tests.reminders.conftest import NOW, TODAY, delegation_of

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _before_the_day_and_on_it(db: None) -> None:
    """The focal points hear thirty days before a delivery is due, and on its day."""
    LadderStep.objects.exclude(reason=Reason.DELIVERY_DUE, audience=Audience.FOCAL_POINT).delete()


def pledged(*, on: date = TODAY, factory: Any = RegisteredPledgeFactory, **values: Any) -> Pledge:
    """Return a pledge of a delegation with a single drafter that states delivery by this day."""
    participant = delegation_of(MembershipRole.DRAFTER)
    return factory(
        participant=participant, title="Level II hospital", deliver_by=on, deliver_by_precision="day", **values
    )


def writer_of(participant: Participant) -> User:
    """Return the one person of a delegation."""
    return participant.memberships.get().user


def look(day: date) -> int:
    """Look at the ledger at noon, take all for sent, and return how many debts were new."""
    at = datetime.combine(day, time(12), UTC)
    new = write_owed(at=at)
    Reminder.objects.filter(state=State.OWED).update(state=State.SENT, sent_at=at, attempts=1)
    return new


def report(pledge: Pledge, *, at: datetime, state: str = ReportedState.IN_PROGRESS, **values: Any) -> ProgressUpdate:
    """Report on a pledge, as its delegation."""
    by = writer_of(pledge.participant)
    return report_progress(pledge=pledge, state=state, text="", by=by, at=at, **values)


# --- What answers it --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("days", "heard"), [(30, 0), (1, 0), (31, 1)])
def test_whoever_reports_once_it_was_asked_for_is_not_asked_again_on_the_day(days: int, heard: int) -> None:
    report(pledged(), at=NOW - days * DAY)
    assert look(TODAY) == heard


def test_no_change_is_a_report_too() -> None:
    pledge = pledged()
    report(pledge, at=NOW - 300 * DAY)
    assert report(pledge, at=NOW - DAY).kind == "no_change"
    assert look(TODAY) == 0


def test_a_report_on_a_step_of_the_lead_is_one_on_the_pledge() -> None:
    pledge = pledged()
    report(pledge, at=NOW - DAY, milestone=MilestoneFactory(pledge=pledge, due_on=TODAY))
    assert look(TODAY) == 0


@pytest.mark.parametrize(("hour", "heard"), [(14, 1), (15, 0)])
def test_the_day_of_a_report_is_that_of_its_author(hour: int, heard: int) -> None:
    LadderStep.objects.filter(offset_days=-30).delete()
    pledge = pledged()
    User.objects.filter(pk=writer_of(pledge.participant).pk).update(time_zone="Asia/Tokyo")
    report(pledge, at=datetime(2025, 7, 31, hour, tzinfo=UTC))  # midnight in Tokyo is at 15:00
    assert look(TODAY) == heard


def test_what_a_public_source_tells_is_no_answer() -> None:
    pledge = pledged()
    RecordProgressUpdateFactory(pledge=pledge, created_at=NOW - DAY)
    assert look(TODAY) == 1


def test_whoever_said_long_ago_that_it_will_not_be_delivered_is_not_asked_when_it_is() -> None:
    """It is late all the same: the Secretariat is to close it."""
    pledge = pledged(on=TODAY - DAY)
    report(pledge, at=NOW - 300 * DAY, state=ReportedState.WILL_NOT_DELIVER)
    assert look(TODAY) == 0
    assert [row.pledge for row in late_page(Pledge.objects.all(), on=TODAY, reasons=[Late.DELIVERY], size=9).rows] == [
        pledge.pk
    ]


# --- Of whom it is asked ----------------------------------------------------------------------------------------------
def test_the_lead_is_asked_and_a_confirmed_partner_is_not() -> None:
    pledge = pledged(quantity=9)
    share = ConfirmedPartnerFactory(pledge=pledge, participant=delegation_of(MembershipRole.DRAFTER))
    assert look(TODAY) == 1
    assert ReminderItem.objects.get().recipient == writer_of(pledge.participant)
    ReminderItem.objects.all().delete()
    at, by = NOW - DAY, writer_of(share.participant)
    report_progress(pledge=pledge, partner=share, state="in_progress", text="", by=by, at=at)
    assert look(TODAY + DAY) == 1, "a partner's report on its share does not speak for the lead"


def test_of_the_public_record_nobody_is_ever_asked() -> None:
    pledge = pledged(on=TODAY - DAY, factory=RecordPledgeFactory)
    assert Pledge.objects.overdue(on=TODAY).get() == pledge
    assert [look(TODAY - DAY + days * DAY) for days in (-30, 0, 14, 30)] == [0, 0, 0, 0]
    assert late_on([pledge], on=TODAY) == {pledge.pk: []}
    assert not late_page(Pledge.objects.all(), on=TODAY, size=9).rows


def test_a_late_step_and_a_late_delivery_stand_beside_each_other_and_go_in_one_message() -> None:
    pledge = pledged(on=TODAY - 5 * DAY)
    step = MilestoneFactory(pledge=pledge, due_on=TODAY - 5 * DAY, title="Contingent trained")
    LadderStep.objects.create(reason=Reason.MILESTONE_DUE, offset_days=0, audience=Audience.FOCAL_POINT)
    assert look(TODAY) == 2
    items = ReminderItem.objects.filter(reminder=Reminder.objects.get())
    assert set(items.values_list("reason", "subject")) == {
        (Reason.DELIVERY_DUE, pledge.pk), (Reason.MILESTONE_DUE, step.pk),
    }  # fmt: skip
    late = [debt.reason for debt in late_on([pledge], on=TODAY)[pledge.pk]]
    assert {Late.STEP, Late.DELIVERY} <= set(late)


# --- True when it is sent ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("change", "is_owed"),
    [
        ({}, True),
        ({"reported_state": ReportedState.PARTLY_DELIVERED}, True),
        ({"reported_state": ReportedState.DELIVERED}, False),
        ({"reported_state": ReportedState.WILL_NOT_DELIVER}, False),
        ({"assessed_state": AssessedState.DELIVERED}, False),
        ({"assessed_state": AssessedState.OVERTAKEN}, False),
        ({"assessed_state": AssessedState.PARTLY_DELIVERED}, True),
        ({"deliver_by": TODAY + DAY}, False),
        ({"deliver_by": None, "deliver_by_precision": ""}, False),
        ({"status": "closed", "outcome": Outcome.DELIVERED, "closed_at": NOW}, False),
    ],
)
def test_a_reminder_of_a_delivery_is_true_when_it_is_sent(change: dict[str, Any], is_owed: bool) -> None:
    pledge = pledged()
    assert write_owed(at=NOW) == 1
    Pledge.objects.filter(pk=pledge.pk).update(**change)
    item = ReminderItem.objects.select_related("pledge__participant", "recipient").get()
    assert bool(still_owed(item.recipient, [item], at=NOW)) is is_owed


def test_a_report_that_comes_before_it_is_sent_holds_it_back() -> None:
    pledge = pledged()
    assert write_owed(at=NOW) == 1
    report(pledge, at=NOW)
    item = ReminderItem.objects.select_related("pledge__participant", "recipient").get()
    assert not still_owed(item.recipient, [item], at=NOW)


def test_a_day_of_delivery_that_moves_is_due_again() -> None:
    pledge = pledged()
    assert [look(TODAY - 30 * DAY), look(TODAY)] == [1, 1]
    Pledge.objects.filter(pk=pledge.pk).update(deliver_by=TODAY + 60 * DAY)
    assert [look(TODAY + days * DAY) for days in (29, 30, 31, 60)] == [0, 1, 0, 1]


# --- Where else it stands ---------------------------------------------------------------------------------------------
def test_an_officer_can_remind_of_it_by_hand_though_it_was_reported_on(mailoutbox: list[Any]) -> None:
    pledge = pledged(on=TODAY - 5 * DAY)
    report(pledge, at=NOW - DAY)
    assert staff.remind_now([pledge], by=OfficerFactory(), at=NOW).left_out == {}
    assert ReminderItem.objects.get(reason=Reason.DELIVERY_DUE).subject == pledge.pk
    deliver_next(at=NOW)
    assert "was to be delivered by 27 July" in mailoutbox[0].body


def test_the_mail_names_the_day_and_opens_the_form_of_a_report(mailoutbox: list[Any]) -> None:
    pledge = pledged()
    write_owed(at=NOW)
    deliver_next(at=NOW)
    [mail] = mailoutbox
    assert mail.subject == f"Delivery by 1 August: {pledge.reference}"
    assert (
        f"The pledge “Level II hospital” ({pledge.reference}) is to be delivered by 1 August, as pledged." in mail.body
    )
    assert reverse("pledge-report", args=[pledge.reference]) in mail.body


def test_a_delegation_that_chose_links_reports_without_signing_in(mailoutbox: list[Any]) -> None:
    pledge = pledged()
    Liaison.objects.create(participant=pledge.participant, reports_by_link=True)
    write_owed(at=NOW)
    deliver_next(at=NOW)
    link = pledge.report_links.get()
    assert (link.recipient, link.partner, link.milestone) == (writer_of(pledge.participant), None, None)
    assert reverse("report-by-link", args=["x"]).removesuffix("x/") in mailoutbox[0].body


def test_it_stands_in_the_calendar_while_nobody_says_that_it_is_delivered() -> None:
    pledge = pledged(on=TODAY + DAY)
    report(pledge, at=NOW)
    reader = writer_of(pledge.participant)
    [day] = [day for day in due_days(reader, at=NOW) if day.reason == Reason.DELIVERY_DUE]
    assert (day.key, day.on) == (pledge.pk, TODAY + DAY)
    entry = calendar_event(day, at=NOW)
    assert entry["summary"] == f"Delivery due as pledged: {pledge.reference}"
    assert entry["url"].endswith(reverse("pledge-report", args=[pledge.reference]))
    report(pledge, at=NOW, state=ReportedState.DELIVERED)
    assert Reason.DELIVERY_DUE not in {day.reason for day in due_days(reader, at=NOW)}


def test_it_waits_on_the_work_page_until_it_is_reported_on() -> None:
    now = timezone.now()
    pledge = pledged(on=now.date() - 2 * DAY)
    pledged(on=now.date())  # another delegation's

    def due() -> list[tuple[str, int, bool]]:
        rows = due_for([pledge.participant], writes_for=[], on=now.date())
        return [(one.title, one.days, one.is_late) for one in rows if one.title != "Regular report"]

    assert due() == [("Delivery as pledged", 2, True)]
    report(pledge, at=now)
    assert due() == []


def test_after_a_report_the_day_of_delivery_is_the_next_one_where_nothing_comes_before() -> None:
    pledge = pledged(on=NOW.date() + 9 * DAY, conference__reporting_cycle_months=24, registered_at=NOW)
    assert next_due(pledge, None, on=NOW.date()) == pledge.deliver_by
    assert next_due(pledge, ConfirmedPartnerFactory(pledge=pledge), on=NOW.date()) is None
