"""Who is reminded of what, on which day: each ladder from its first step to its last, as staff would read it.

F is the focal point, A the approver and the head of mission, D the desk officer, C the coordinator of the co-chairs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.apps import apps
from django.db import connection, models
from django.urls import reverse

from accounts.models import MailRhythm, User
from conferences.models import Conference, Liaison, Membership, MembershipRole, Participant
from pledges.due import months_later
from pledges.enums import Confirmation
from pledges.models import Milestone, Partner, Pledge, StatusChange
from pledges.services import return_with_notes
from reminders.delivery import deliver_next
from reminders.models import Audience, Control, LadderStep, Pause, Reason, Reminder, ReminderItem, State, Undeliverable
from reminders.owed import write_owed
from reminders.preview import owed_on
from reminders.standing import still_owed
from reminders.tasks import send_owed
from tests.factories import (
    AnnouncedPledgeFactory,
    ConferenceFactory,
    ConfirmedPartnerFactory,
    DraftPledgeFactory,
    HandoverFactory,
    ManagerFactory,
    MilestoneFactory,
    OfficerFactory,
    ParticipantFactory,
    PartnerFactory,
    ProposedReportFactory,
    RegisteredPledgeFactory,
    ReportLinkFactory,
    ReturnedPledgeFactory,
    ReviewNoteFactory,
    SubmittedPledgeFactory,
    member_of,
)
from tests.factories.conferences import CoChairFactory
from tests.factories.readiness import DeploymentRequestFactory, RegistrationFactory
from tests.reminders.sink import Sink

pytestmark = pytest.mark.django_db
FRIDAY = date(2026, 5, 1)
F, A, D, C = "focal point", "approver and head of mission", "desk officer", "coordinator"
NOON = time(12, tzinfo=UTC)


@dataclass
class World:
    """A delegation with everybody in it, its desk officer, and a conference with its coordinator."""

    participant: Participant
    conference: Conference
    people: dict[int, str]
    focal_point: User


def make_world() -> World:
    participant = ParticipantFactory()
    focal_point = member_of(participant, MembershipRole.DRAFTER)
    Membership.objects.filter(user=focal_point).update(is_focal_point=True)
    approver, head = member_of(participant, MembershipRole.APPROVER), member_of(participant, MembershipRole.VIEWER)
    Membership.objects.filter(user=head).update(is_head_of_mission=True)
    member_of(participant, MembershipRole.DRAFTER)  # hears nothing: there is a focal point
    desk_officer, coordinator = OfficerFactory(), OfficerFactory()
    Liaison.objects.create(participant=participant, desk_officer=desk_officer)
    people = {focal_point.pk: F, approver.pk: A, head.pk: A, desk_officer.pk: D, coordinator.pk: C}
    return World(participant, ConferenceFactory(coordinator=coordinator, reporting_cycle_months=6), people, focal_point)


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def no_reports(db: None) -> None:
    """The pledges of these tests are old enough to owe reports: leave those aside, and what officers get each week."""
    aside = [Reason.REPORT_DUE, Reason.REPORT_OVERDUE, Reason.WEEKLY_DIGEST]
    LadderStep.objects.filter(reason__in=aside).delete()


def pledge_of(world: World, factory: Any = RegisteredPledgeFactory, **values: Any) -> Pledge:
    return factory(participant=world.participant, conference=world.conference, author=world.focal_point, **values)


def look(day: date) -> int:
    """Look at the ledger at noon of a day, take all for sent, and return how many debts were new."""
    new = write_owed(at=datetime.combine(day, NOON))
    Reminder.objects.filter(state=State.OWED).update(state=State.SENT, sent_at=datetime.combine(day, NOON), attempts=1)
    return new


def preview_of(world: World, *days: date) -> list[date]:
    """Return on which of these days, as seen on the first of them, the focal points will hear."""
    at = datetime.combine(days[0], NOON)
    return [day for day in days if world.focal_point.pk in owed_on(day, at=at)]


def heard(world: World, reason: str, day: date) -> set[tuple[str, int]]:
    """Return who heard of a reason on a day, and on which step of its ladder."""
    items = ReminderItem.objects.filter(reason=reason, reminder__owed_on=day)
    return {(world.people[item.recipient_id], (day - item.due_on).days) for item in items}


def everybody(world: World, who: str) -> int:
    return list(world.people.values()).count(who)


# --- What is due, and since when --------------------------------------------------------------------------------------
def a_report(world: World) -> date:
    pledge_of(world, AnnouncedPledgeFactory, announced_at=datetime(2025, 11, 1, 9, tzinfo=UTC))
    return FRIDAY  # six months later


def a_step(world: World) -> date:
    return MilestoneFactory(pledge=pledge_of(world), due_on=FRIDAY).due_on


def a_step_of_a_share(world: World) -> date:
    share = ConfirmedPartnerFactory(participant=world.participant)
    return MilestoneFactory(pledge=share.pledge, partner=share, due_on=FRIDAY).due_on


def a_delivery(world: World) -> date:
    return pledge_of(world, deliver_by=FRIDAY, deliver_by_precision="day").deliver_by


def a_renewal(world: World) -> date:
    RegistrationFactory(
        pledge=pledge_of(world), received_on=date(2025, 4, 30), acknowledged_on=None, accepted_on=date(2025, 5, 1)
    )
    return FRIDAY  # twelve months later


def an_arrival(world: World) -> date:
    DeploymentRequestFactory(pledge=pledge_of(world), requested_on=FRIDAY - timedelta(days=60))
    return FRIDAY


def a_returned_pledge(world: World) -> date:
    pledge = pledge_of(world, ReturnedPledgeFactory)
    StatusChange.objects.create(
        pledge=pledge, action="return", source="submitted", target="returned", author=OfficerFactory(),
        created_at=datetime.combine(FRIDAY, NOON),
    )  # fmt: skip
    return FRIDAY


def an_unanswered_question(world: World) -> date:
    ReviewNoteFactory(pledge=pledge_of(world), author=OfficerFactory(), created_at=datetime.combine(FRIDAY, NOON))
    return FRIDAY


def an_invited_partner(world: World) -> date:
    PartnerFactory(
        participant=world.participant, confirmation=Confirmation.AWAITED, invited_at=datetime.combine(FRIDAY, NOON)
    )
    return FRIDAY


def a_draft_for_approval(world: World) -> date:
    HandoverFactory(pledge=pledge_of(world, DraftPledgeFactory), created_at=datetime.combine(FRIDAY, NOON))
    return FRIDAY


def a_report_through_a_link(world: World) -> date:
    link = ReportLinkFactory(pledge=pledge_of(world), recipient=world.focal_point)
    ProposedReportFactory(link=link, created_at=datetime.combine(FRIDAY, NOON))
    return FRIDAY


def a_report_on_a_share_through_a_link(world: World) -> date:
    share = ConfirmedPartnerFactory(participant=world.participant)
    link = ReportLinkFactory(pledge=share.pledge, partner=share, recipient=world.focal_point)
    ProposedReportFactory(link=link, created_at=datetime.combine(FRIDAY, NOON))
    return FRIDAY


def a_closing_window(world: World) -> date:
    pledge_of(world, DraftPledgeFactory)
    Conference.objects.update(window_closes_at=datetime(2026, 5, 1, 22, tzinfo=UTC))
    return FRIDAY


def a_bounced_address(world: World) -> date:
    drafter = member_of(world.participant, MembershipRole.DRAFTER)
    Undeliverable.objects.create(
        user=drafter, address=drafter.email, kind="bounced", found_at=datetime.combine(FRIDAY, NOON)
    )
    return FRIDAY


Due = Callable[[World], date]
LADDERS: list[tuple[str, Due, dict[int, str]]] = [
    (Reason.REPORT_DUE, a_report, {-30: F, -7: F, 0: F, 7: F, 21: F}),
    (Reason.REPORT_OVERDUE, a_report, {30: A, 45: D, 75: C}),
    (Reason.MILESTONE_DUE, a_step, {-7: F, 0: F, 14: A, 30: D}),
    (Reason.MILESTONE_DUE, a_step_of_a_share, {-7: F, 0: F, 14: A, 30: D}),
    (Reason.DELIVERY_DUE, a_delivery, {-30: F, 0: F, 14: A, 30: D}),
    (Reason.RENEWAL_DUE, a_renewal, {-30: F, 0: F, 30: A, 60: D}),
    (Reason.RDL_CLOCK, an_arrival, {-45: F, -30: F, -14: A, -7: D, 0: D}),
    (Reason.CLARIFICATION, a_returned_pledge, {0: F, 3: F, 10: A, 21: D}),
    (Reason.CLARIFICATION, an_unanswered_question, {0: F, 3: F, 10: A, 21: D}),
    (Reason.PARTNER_AWAITED, an_invited_partner, {3: A, 10: A, 21: D}),
    (Reason.APPROVAL_AWAITED, a_draft_for_approval, {1: A, 5: A}),
    (Reason.APPROVAL_AWAITED, a_report_through_a_link, {1: A, 5: A}),
    (Reason.APPROVAL_AWAITED, a_report_on_a_share_through_a_link, {1: A, 5: A}),
    (Reason.WINDOW_CLOSING, a_closing_window, {-14: F, -3: F, -1: A}),
    (Reason.UNDELIVERABLE, a_bounced_address, {0: D, 7: D}),
]


@pytest.mark.parametrize("months", [3, 6])
def test_whoever_never_reports_climbs_both_ladders_in_every_cycle(world: World, months: int) -> None:
    """Silence in one cycle is no reason to be left alone in the next."""
    a_report(world)
    Conference.objects.update(reporting_cycle_months=months)
    LadderStep.objects.exclude(reason__in=[Reason.REPORT_DUE, Reason.REPORT_OVERDUE]).delete()
    for due in (months_later(date(2025, 11, 1), months * cycle) for cycle in (1, 2, 3)):
        for offset, who in {0: F, 7: F, 21: F, 30: A, 45: D}.items():
            look(due + timedelta(days=offset))
            heard_now = ReminderItem.objects.filter(reminder__owed_on=due + timedelta(days=offset), due_on=due)
            assert {world.people[item.recipient_id] for item in heard_now} == {who}, (due, offset)
    look(due + timedelta(days=75))
    assert ReminderItem.objects.filter(audience=Audience.COORDINATOR, due_on=due).count() == 1


@pytest.mark.parametrize(("reason", "make", "ladder"), LADDERS, ids=[f"{row[0]}-{row[1].__name__}" for row in LADDERS])
def test_each_step_of_a_ladder_is_reached_on_its_day_by_its_people_and_once(
    world: World, reason: str, make: Due, ladder: dict[int, str]
) -> None:
    due = make(world)
    LadderStep.objects.exclude(reason=reason).delete()
    for offset, who in ladder.items():
        day = due + timedelta(days=offset)
        assert look(day - timedelta(days=1)) == 0, f"{offset}: a day early"
        assert look(day) == everybody(world, who), f"{offset}: not {who}"
        assert heard(world, reason, day) == {(who, offset)}
        assert look(day) == 0, f"{offset}: twice on its day"
        assert look(day + timedelta(days=1)) == 0, f"{offset}: again a day later"


def test_every_ladder_is_tried_here() -> None:
    tried = {reason: set(ladder) for reason, _make, ladder in LADDERS}
    written: dict[str, set[int]] = {}
    for reason, offset in LadderStep.objects.exclude(reason=Reason.WEEKLY_DIGEST).values_list("reason", "offset_days"):
        written.setdefault(reason, set()).add(offset)
    assert written == tried


def test_a_return_is_in_that_days_one_message_of_the_focal_point(world: World) -> None:
    pledge = pledge_of(world, SubmittedPledgeFactory)
    MilestoneFactory(pledge=pledge_of(world), due_on=FRIDAY)
    morning = datetime.combine(FRIDAY, time(8, tzinfo=UTC))
    return_with_notes(pledge, notes={"quantity": "How many?"}, reason="", by=OfficerFactory(), at=morning)
    write_owed(at=morning + timedelta(minutes=1))
    message = Reminder.objects.get(recipient=world.focal_point)
    assert message.owed_on == FRIDAY
    assert message.items.get(reason=Reason.CLARIFICATION).pledge == pledge
    assert message.items.filter(reason=Reason.MILESTONE_DUE).exists()


@pytest.mark.parametrize("is_ours", [True, False], ids=["as we wrote it", "changed by staff"])
def test_a_ladder_as_we_once_wrote_it_gains_the_step_on_the_day_and_another_stays(is_ours: bool) -> None:
    migration = import_module("reminders.migrations.0003_hear_of_questions_at_once")
    ladder = LadderStep.objects.filter(reason=Reason.CLARIFICATION)
    ladder.filter(offset_days=0).delete()
    if not is_ours:
        ladder.filter(offset_days=3).update(offset_days=2)
    before = set(ladder.values_list("offset_days", "audience"))
    with connection.schema_editor(atomic=False) as editor:
        migration.add_the_first_step(apps, editor)
    added = {(0, Audience.FOCAL_POINT)} if is_ours else set()
    assert set(ladder.values_list("offset_days", "audience")) == before | added


def test_a_database_without_ladders_is_left_to_the_ladders_it_begins_with() -> None:
    LadderStep.objects.all().delete()
    migration = import_module("reminders.migrations.0003_hear_of_questions_at_once")
    with connection.schema_editor(atomic=False) as editor:
        migration.add_the_first_step(apps, editor)
    assert not LadderStep.objects.exists()


DELIVERIES = import_module("reminders.migrations.0008_ladder_of_deliveries")


def add_the_ladder_of_deliveries() -> None:
    with connection.schema_editor(atomic=False) as editor:
        DELIVERIES.add_the_ladder(apps, editor)


def test_a_database_that_has_its_ladders_gains_that_of_deliveries_once(world: World) -> None:
    before = set(LadderStep.objects.values_list("reason", "offset_days", "audience"))
    LadderStep.objects.filter(reason=Reason.DELIVERY_DUE).delete()
    for _time in range(2):
        add_the_ladder_of_deliveries()
        assert set(LadderStep.objects.values_list("reason", "offset_days", "audience")) == before
    LadderStep.objects.exclude(reason=Reason.DELIVERY_DUE).delete()
    a_delivery(world)
    assert look(FRIDAY) == 1
    assert heard(world, Reason.DELIVERY_DUE, FRIDAY) == {(F, 0)}


def test_a_new_database_and_one_without_ladders_gain_none() -> None:
    LadderStep.objects.all().delete()
    add_the_ladder_of_deliveries()
    assert not LadderStep.objects.exists()


# --- To whom ----------------------------------------------------------------------------------------------------------
def test_managers_hear_where_nobody_is_named(world: World) -> None:
    manager = ManagerFactory()
    Liaison.objects.all().delete()
    Conference.objects.update(coordinator=None)
    a_report(world)
    LadderStep.objects.filter(offset_days__lt=45).delete()
    look(FRIDAY + timedelta(days=45))
    look(FRIDAY + timedelta(days=75))
    heard_of = list(ReminderItem.objects.order_by("pk").values_list("recipient", "offset_days"))
    assert heard_of == [(manager.pk, 45), (manager.pk, 75)]


def test_a_step_of_a_share_is_the_partners_and_not_the_leads(world: World) -> None:
    share = ConfirmedPartnerFactory(pledge=pledge_of(world), participant=make_world().participant)
    MilestoneFactory(pledge=share.pledge, partner=share, due_on=FRIDAY)
    look(FRIDAY)
    delegation = ReminderItem.objects.get(reason=Reason.MILESTONE_DUE).recipient.memberships.get().participant
    assert delegation == share.participant


def test_nobody_is_to_mend_the_address_of_a_closed_account(world: World, client: Any) -> None:
    day = a_bounced_address(world)
    User.objects.filter(undeliverable__mended_at=None).update(is_active=False)
    LadderStep.objects.exclude(reason=Reason.UNDELIVERABLE).delete()
    assert look(day) == 0
    client.force_login(OfficerFactory())
    assert not client.get(reverse("undeliverable-list")).context["page"].rows


def test_a_partner_that_declined_hears_nothing(world: World) -> None:
    an_invited_partner(world)
    LadderStep.objects.filter(reason=Reason.WEEKLY_DIGEST).delete()
    world.participant.partnerships.update(confirmation=Confirmation.DECLINED)
    assert look(FRIDAY + timedelta(days=3)) == 0


def test_a_coordinator_who_may_not_see_the_pledges_hears_nothing(world: World) -> None:
    """A diplomat coordinates as a co-chair of the conference; who is none does not see what is under embargo."""
    outsider = member_of(ParticipantFactory(), MembershipRole.CO_CHAIR)
    Conference.objects.update(coordinator=outsider)
    a_report(world)
    LadderStep.objects.exclude(offset_days=75).delete()
    assert look(FRIDAY + timedelta(days=75)) == 0
    CoChairFactory(conference=world.conference, participant=outsider.memberships.get().participant)
    assert look(FRIDAY + timedelta(days=75)) == 1


def test_officers_get_the_week_at_a_glance_on_mondays_and_once(world: World) -> None:
    officers = [pk for pk, who in world.people.items() if who in (D, C)]
    monday = FRIDAY + timedelta(days=3)
    assert look(monday) == len(officers)
    assert look(monday) == 0
    assert set(ReminderItem.objects.values_list("recipient", flat=True)) == set(officers)
    assert look(monday + timedelta(days=1)) == 0


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Etc/GMT+12"])
def test_a_week_at_a_glance_that_was_missed_on_monday_goes_once_on_a_later_day_of_that_week(
    world: World, zone: str
) -> None:
    User.objects.update(time_zone=zone)
    officers = [pk for pk, who in world.people.items() if who in (D, C)]
    monday = FRIDAY + timedelta(days=3)
    look(monday - timedelta(days=7))
    assert [look(monday + timedelta(days=days)) for days in (2, 3, 5)] == [len(officers), 0, 0]
    assert set(ReminderItem.objects.values_list("due_on", flat=True)) == {monday - timedelta(days=7), monday}
    assert look(monday + timedelta(days=7)) == len(officers)


def test_a_week_at_a_glance_that_surely_did_not_arrive_is_owed_anew_in_its_week(world: World) -> None:
    monday = FRIDAY + timedelta(days=3)
    look(monday)
    Reminder.objects.update(state=State.FAILED, sent_at=None)
    officers = Reminder.objects.count()
    assert [look(monday + timedelta(days=days)) for days in (0, 1, 2)] == [0, officers, 0]


def test_an_officer_who_reads_once_a_week_gets_one_message_in_it(world: World) -> None:
    """Reminders were stopped over Monday; on Thursday something more comes up that Monday's message had spoken of."""
    User.objects.filter(pk__in=world.people).update(mail_rhythm=MailRhythm.WEEKLY)
    LadderStep.objects.exclude(reason__in=[Reason.MILESTONE_DUE, Reason.WEEKLY_DIGEST]).delete()
    desk = User.objects.get(pk=next(pk for pk, who in world.people.items() if who == D))
    monday = FRIDAY + timedelta(days=3)

    def step_late_on(day: date) -> None:
        MilestoneFactory(pledge=pledge_of(world), due_on=day - timedelta(days=30))

    step_late_on(monday)
    look(monday + timedelta(days=2))
    step_late_on(monday)
    look(monday + timedelta(days=3))
    mine = Reminder.objects.filter(recipient=desk, state=State.SENT)
    assert [one.owed_on for one in mine] == [monday]
    reasons = set(ReminderItem.objects.filter(recipient=desk).values_list("reason", flat=True))
    assert reasons == {Reason.MILESTONE_DUE, Reason.WEEKLY_DIGEST}
    look(monday + timedelta(days=7))
    assert [one.owed_on for one in mine.all()] == [monday + timedelta(days=7), monday]


def test_what_an_officer_who_reads_once_a_week_surely_did_not_get_comes_on_the_next_monday(world: World) -> None:
    User.objects.filter(pk__in=world.people).update(mail_rhythm=MailRhythm.WEEKLY)
    LadderStep.objects.exclude(reason=Reason.WEEKLY_DIGEST).delete()
    monday = FRIDAY + timedelta(days=3)
    officers = look(monday)
    Reminder.objects.update(state=State.FAILED, sent_at=None)
    assert [look(monday + timedelta(days=days)) for days in (0, 2, 6, 7)] == [0, 0, 0, officers]


# --- When -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12", "America/New_York", "Asia/Kathmandu", "UTC"])
@pytest.mark.parametrize("day", [date(2028, 2, 29), date(2026, 3, 8), date(2026, 11, 1), date(2027, 1, 1)])
def test_a_day_begins_where_the_person_lives(world: World, zone: str, day: date) -> None:
    """Leap day, both days on which clocks move in New York, and new year."""
    User.objects.filter(pk=world.focal_point.pk).update(time_zone=zone)
    LadderStep.objects.exclude(reason=Reason.MILESTONE_DUE, offset_days=0).delete()
    MilestoneFactory(pledge=pledge_of(world), due_on=day)
    begins = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    assert write_owed(at=begins - timedelta(seconds=1)) == 0
    assert write_owed(at=begins) == 1
    assert Reminder.objects.get().owed_on == day


def test_one_message_a_week_is_one_on_monday(world: World) -> None:
    User.objects.filter(pk=world.focal_point.pk).update(mail_rhythm=MailRhythm.WEEKLY)
    for days in range(3):
        MilestoneFactory(pledge=pledge_of(world), due_on=FRIDAY + timedelta(days=days))
    LadderStep.objects.exclude(reason=Reason.MILESTONE_DUE, offset_days=0).delete()
    assert [look(FRIDAY + timedelta(days=days)) for days in range(4)] == [0, 0, 0, 3]
    assert Reminder.objects.get().owed_on == FRIDAY + timedelta(days=3)


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Etc/GMT+12"])
def test_one_message_a_week_that_was_missed_on_monday_goes_once_on_a_later_day_of_that_week(
    world: World, zone: str
) -> None:
    User.objects.filter(pk=world.focal_point.pk).update(mail_rhythm=MailRhythm.WEEKLY, time_zone=zone)
    LadderStep.objects.exclude(reason=Reason.MILESTONE_DUE, offset_days=0).delete()
    monday = FRIDAY + timedelta(days=3)
    MilestoneFactory(pledge=pledge_of(world), due_on=FRIDAY)
    MilestoneFactory(pledge=pledge_of(world), due_on=monday + timedelta(days=1))  # for the next Monday's
    assert [look(monday + timedelta(days=days)) for days in (2, 3)] == [1, 0]
    MilestoneFactory(pledge=pledge_of(world), due_on=monday)  # entered late
    assert look(monday + timedelta(days=4)) == 0  # never two in a week
    assert look(monday + timedelta(days=7)) == 2
    assert {item.due_on for item in ReminderItem.objects.all()} == {FRIDAY, monday, monday + timedelta(days=1)}


def test_a_cycle_that_staff_change_moves_the_day(world: World) -> None:
    a_report(world)
    LadderStep.objects.exclude(reason=Reason.REPORT_DUE, offset_days=0).delete()
    assert look(date(2026, 2, 1)) == 0
    Conference.objects.update(reporting_cycle_months=3)
    assert look(date(2026, 2, 1)) == 1
    assert ReminderItem.objects.get().due_on == date(2026, 2, 1)


@pytest.mark.usefixtures("no_reports")
def test_a_ladder_that_staff_change_is_climbed_from_the_next_look(world: World) -> None:
    a_step(world)
    LadderStep.objects.filter(reason=Reason.MILESTONE_DUE, offset_days=-7).update(offset_days=-10)
    assert look(FRIDAY - timedelta(days=10)) == 1
    assert look(FRIDAY - timedelta(days=7)) == 0


@pytest.mark.usefixtures("no_reports")
@pytest.mark.parametrize(("asked_by_hand", "heard_of"), [(False, 0), (True, 1)])
def test_a_step_taken_off_its_ladder_is_not_said_though_it_is_written_already(
    world: World, sink: Sink, asked_by_hand: bool, heard_of: int
) -> None:
    at = datetime.combine(a_step(world) - timedelta(days=7), NOON)
    assert write_owed(at=at) == 1
    if asked_by_hand:
        ReminderItem.objects.update(asked_by=ManagerFactory())
    LadderStep.objects.filter(reason=Reason.MILESTONE_DUE, offset_days=-7).delete()
    assert deliver_next(at=at)
    assert len(sink.messages) == heard_of
    assert ReminderItem.objects.count() == heard_of


def test_a_late_start_reminds_of_the_last_step_only(world: World) -> None:
    due = a_report(world)
    LadderStep.objects.filter(reason=Reason.WEEKLY_DIGEST).delete()
    assert look(due + timedelta(days=10)) == 1
    assert heard(world, Reason.REPORT_DUE, due + timedelta(days=10)) == {(F, 10)}
    assert ReminderItem.objects.get().offset_days == 7


# --- What holds it back -----------------------------------------------------------------------------------------------
@pytest.fixture
def only_on_the_day(db: None) -> None:
    """One rung on all ladders: that of a step on its day."""
    LadderStep.objects.exclude(reason=Reason.MILESTONE_DUE, offset_days=0).delete()


@pytest.mark.usefixtures("only_on_the_day")
@pytest.mark.parametrize("what", ["pledge", "participant", "conference"])
def test_what_is_paused_is_said_once_the_pause_ends(world: World, what: str) -> None:
    pledge = pledge_of(world)
    MilestoneFactory(pledge=pledge, due_on=FRIDAY)
    until = FRIDAY + timedelta(days=5)
    covered = {"pledge": pledge, "participant": world.participant, "conference": world.conference}[what]
    Pause.objects.create(**{what: covered}, reason="Talks", until=until, author=OfficerFactory())
    assert look(FRIDAY) == look(until - timedelta(days=1)) == 0
    assert look(until) == 1


@pytest.mark.usefixtures("only_on_the_day")
@pytest.mark.parametrize("is_lifted", [False, True])
@pytest.mark.parametrize("what", ["pledge", "participant", "conference"])
def test_what_was_reached_during_a_long_pause_is_said_once_that_ends(world: World, what: str, is_lifted: bool) -> None:
    pledge, other = pledge_of(world), RegisteredPledgeFactory(participant=world.participant)
    MilestoneFactory(pledge=pledge, due_on=FRIDAY)
    MilestoneFactory(pledge=other, due_on=FRIDAY - timedelta(days=400))
    ends = FRIDAY + timedelta(days=200)
    covered = {"pledge": pledge, "participant": world.participant, "conference": world.conference}[what]
    begun, ended = (datetime.combine(day, NOON) for day in (FRIDAY - timedelta(days=1), ends))
    last = {"until": None, "ended_at": ended} if is_lifted else {"until": ends}
    Pause.objects.create(**{what: covered}, **last, reason="Talks", created_at=begun, author=OfficerFactory())
    assert [day.isoformat() for day in preview_of(world, ends - timedelta(days=1), ends, ends + timedelta(days=1))] == [
        ends.isoformat()
    ]
    assert [look(ends + timedelta(days=days)) for days in (0, 1, 80)] == [everybody(world, F), 0, 0]


@pytest.mark.parametrize("what", ["pledge", "participant", "conference"])
def test_the_last_report_that_was_due_in_a_long_pause_is_asked_for_once_that_ends(world: World, what: str) -> None:
    LadderStep.objects.exclude(reason=Reason.REPORT_DUE, offset_days=0).delete()
    pledge = pledge_of(world, AnnouncedPledgeFactory, announced_at=datetime(2025, 11, 1, 9, tzinfo=UTC))
    ends = FRIDAY + timedelta(days=150)
    covered = {"pledge": pledge, "participant": world.participant, "conference": world.conference}[what]
    begun = datetime.combine(FRIDAY - timedelta(days=1), NOON)
    Pause.objects.create(**{what: covered}, reason="x", until=ends, created_at=begun, author=OfficerFactory())
    assert [look(ends + timedelta(days=days)) for days in (0, 1)] == [everybody(world, F), 0]


@pytest.mark.usefixtures("only_on_the_day")
@pytest.mark.parametrize("is_snooze", [False, True])
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12", "America/New_York", "UTC"])
def test_the_last_day_of_a_pause_ends_where_the_reader_lives(world: World, zone: str, is_snooze: bool) -> None:
    User.objects.filter(pk=world.focal_point.pk).update(time_zone=zone)
    pledge = pledge_of(world)
    MilestoneFactory(pledge=pledge, due_on=FRIDAY - timedelta(days=1))
    Pause.objects.create(pledge=pledge, reason="Talks", until=FRIDAY, is_snooze=is_snooze, author=world.focal_point)
    ends = datetime.combine(FRIDAY, time(0), ZoneInfo(zone)).astimezone(UTC)
    assert [write_owed(at=ends - timedelta(seconds=1)), write_owed(at=ends)] == [0, 1]
    reminder = Reminder.objects.get()
    items = list(reminder.items.all())
    assert still_owed(reminder.recipient, items, at=ends - timedelta(seconds=1)) == set()
    assert still_owed(reminder.recipient, items, at=ends) == {item.pk for item in items}


@pytest.mark.usefixtures("no_reports")
def test_a_snooze_is_for_the_delegation_alone(world: World) -> None:
    """Its partners hear of their steps, and the Secretariat of what is late."""
    partner = make_world()
    pledge = pledge_of(world)
    share = ConfirmedPartnerFactory(pledge=pledge, participant=partner.participant)
    MilestoneFactory(pledge=pledge, due_on=FRIDAY)
    MilestoneFactory(pledge=pledge, partner=share, due_on=FRIDAY)
    Pause.objects.create(
        pledge=pledge, reason="Leave", until=FRIDAY + timedelta(days=60), is_snooze=True, author=world.focal_point
    )
    heard_of = []
    for days in (0, 14, 30):
        at = datetime.combine(FRIDAY + timedelta(days=days), NOON)
        write_owed(at=at)
        for reminder in Reminder.objects.filter(state=State.OWED):
            items = list(reminder.items.select_related("pledge__participant"))
            assert len(still_owed(reminder.recipient, items, at=at)) == len(items)
            who = (world if reminder.recipient_id in world.people else partner).people[reminder.recipient_id]
            heard_of.append((days, who, reminder.recipient_id in world.people))
        Reminder.objects.update(state=State.SENT, sent_at=at, attempts=1)
    theirs = [(0, F, False), (14, A, False), (14, A, False), (30, D, False)]
    assert sorted(heard_of) == sorted([*theirs, (30, D, True)])


@pytest.mark.usefixtures("no_reports")
@pytest.mark.parametrize("who", ["lead", "partner", "both"])
def test_lead_and_partner_put_off_each_the_reminders_to_its_own_people(world: World, who: str) -> None:
    """Also of a reminder that was written before: what is put off meanwhile is not sent."""
    partner, pledge = make_world(), pledge_of(world)
    share = ConfirmedPartnerFactory(pledge=pledge, participant=partner.participant)
    for part in (None, share):
        MilestoneFactory(pledge=pledge, partner=part, due_on=FRIDAY)
    at, quiet = datetime.combine(FRIDAY, NOON), set()
    write_owed(at=at)
    for part, those in ((None, world), (share, partner)):
        if who in ("both", "partner" if part else "lead"):
            quiet |= set(those.people)
            Pause.objects.create(
                pledge=pledge, partner=part, reason="Leave", until=FRIDAY + timedelta(days=60), is_snooze=True,
                author=those.focal_point,
            )  # fmt: skip

    def told() -> set[int]:
        owed = Reminder.objects.filter(state=State.OWED).select_related("recipient")
        return {one.recipient_id for one in owed if still_owed(one.recipient, list(one.items.all()), at=at)}

    everybody_due = {world.focal_point.pk, partner.focal_point.pk}
    assert told() == everybody_due - quiet
    Reminder.objects.all().delete()
    write_owed(at=at)
    assert set(Reminder.objects.values_list("recipient", flat=True)) == everybody_due - quiet


@pytest.mark.usefixtures("no_reports")
def test_the_snooze_of_a_partner_rests_while_it_does_not_take_part(world: World) -> None:
    """It is asked anew, say because the pledge changed: of that it hears."""
    LadderStep.objects.exclude(reason=Reason.PARTNER_AWAITED).delete()
    share = ConfirmedPartnerFactory(participant=world.participant)
    Pause.objects.create(
        pledge=share.pledge, partner=share, reason="Leave", until=FRIDAY + timedelta(days=60), is_snooze=True,
        author=world.focal_point,
    )  # fmt: skip
    invited_at = datetime.combine(FRIDAY - timedelta(days=3), NOON)
    Partner.objects.filter(pk=share.pk).update(confirmation="awaited", confirmed_at=None, invited_at=invited_at)
    look(FRIDAY)
    assert {world.people[item.recipient_id] for item in ReminderItem.objects.all()} == {A}


@pytest.mark.usefixtures("no_reports")
def test_a_snooze_of_one_pledge_leaves_the_others(world: World) -> None:
    snoozed, other = pledge_of(world), pledge_of(world)
    for pledge in (snoozed, other):
        MilestoneFactory(pledge=pledge, due_on=FRIDAY)
    Pause.objects.create(
        pledge=snoozed, reason="Leave", until=FRIDAY + timedelta(days=9), is_snooze=True, author=world.focal_point
    )
    look(FRIDAY)
    assert ReminderItem.objects.get().pledge == other


@pytest.mark.usefixtures("no_reports")
def test_nothing_is_written_or_sent_while_all_is_stopped(world: World, sink: Sink) -> None:
    at = datetime.combine(FRIDAY, NOON)
    a_step(world)
    assert write_owed(at=at) == 1
    Control.objects.update(is_stopped=True, reason="A wrong text")
    a_step(world)
    assert (write_owed(at=at), deliver_next(at=at), sink.messages) == (0, None, [])
    Control.objects.update(is_stopped=False)
    write_owed(at=at)
    assert deliver_next(at=at)
    assert len(sink.messages) == 1


def test_no_more_are_sent_in_a_minute_than_the_cap_however_many_hints_come_at_once(sink: Sink) -> None:
    LadderStep.objects.exclude(reason=Reason.MILESTONE_DUE, offset_days=0).delete()
    for _n in range(5):
        MilestoneFactory(pledge=pledge_of(make_world()), due_on=datetime.now(tz=UTC).date())
    Control.objects.update(most_per_run=2)
    write_owed(at=datetime.now(tz=UTC))
    for arrived in (2, 4, 5, 5):
        for _hint in range(3):
            send_owed()
        assert len(sink.messages) == arrived
        Reminder.objects.filter(state=State.SENT).update(sent_at=models.F("sent_at") - timedelta(minutes=1))


def test_all_that_is_owed_to_a_person_on_a_day_is_one_message(world: World, sink: Sink) -> None:
    a_report(world)
    a_step(world)
    a_renewal(world)
    LadderStep.objects.filter(reason=Reason.WEEKLY_DIGEST).delete()
    at = datetime.combine(FRIDAY, NOON)
    owed = 5  # these three, and the reports on the pledges of the last two
    assert write_owed(at=at) == owed
    while deliver_next(at=at):
        pass
    [message] = sink.messages
    assert message["To"] == world.focal_point.email
    assert Reminder.objects.get().items.count() == owed


@pytest.mark.usefixtures("no_reports")
def test_a_step_that_was_done_in_time_is_never_said(world: World) -> None:
    a_step(world)
    assert look(FRIDAY - timedelta(days=7)) == 1
    Milestone.objects.update(done_on=FRIDAY)
    assert [look(FRIDAY + timedelta(days=days)) for days in (0, 14, 30)] == [0, 0, 0]
