"""What people do about reminders: remind now, pause, snooze, stop, change the ladders; by whom, and once."""

from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction

from accounts.models import MailRhythm
from conferences.models import MembershipRole
from pledges.errors import EditConflict, Incomplete, NotAllowed, WrongStatus
from pledges.models import Pledge
from reminders import staff
from reminders.delivery import deliver_next
from reminders.models import Audience, Control, LadderStep, Pause, Reason, Reminder, ReminderItem, State
from reminders.owed import write_owed
from reminders.remind import Asked
from tests.concurrency import on_own_connection, wait_until_waiting
from tests.factories import (
    AdministratorFactory,
    ClosedPledgeFactory,
    ConfirmedPartnerFactory,
    DraftPledgeFactory,
    ManagerFactory,
    OfficerFactory,
    PartnerFactory,
    ReaderFactory,
    RegisteredPledgeFactory,
    member_of,
)
from tests.reminders.conftest import NOW, TODAY, delegation_of, due_step

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("only_steps_on_their_day")]
DAY = timedelta(days=1)
DRAFTER, APPROVER, VIEWER = MembershipRole.DRAFTER, MembershipRole.APPROVER, MembershipRole.VIEWER


def writer_of(pledge: Pledge) -> Any:
    """Return a drafter of the delegation that leads a pledge."""
    return member_of(pledge.participant, DRAFTER)


def remind(*pledges: Pledge, at: Any = NOW) -> list[str | None]:
    """Remind of these pledges as an officer, and return what is said of each."""
    asked = staff.remind_now(pledges, by=OfficerFactory(), at=at)
    return [asked.left_out.get(pledge) or asked.later.get(pledge) for pledge in pledges]


# --- Remind now -------------------------------------------------------------------------------------------------------
def test_remind_now_goes_into_todays_message_and_is_sent(mailoutbox: list[Any]) -> None:
    step = due_step(on=TODAY - 40 * DAY, title="Contingent trained")
    officer = OfficerFactory()
    assert staff.remind_now([step.pledge], by=officer, at=NOW) == Asked({}, {})
    item = ReminderItem.objects.get()
    assert (item.reason, item.subject, item.offset_days) == (Reason.MILESTONE_DUE, step.pk, 40)
    assert (item.asked_by, item.reminder.owed_on) == (officer, TODAY)
    assert deliver_next(at=NOW)
    assert "Contingent trained" in mailoutbox[0].body


def test_remind_now_speaks_of_the_next_step_where_none_is_due_yet() -> None:
    early = due_step(on=TODAY + 10 * DAY)
    due_step(early.pledge.participant, on=TODAY + 20 * DAY)
    assert remind(early.pledge) == [None]
    assert list(ReminderItem.objects.values_list("subject", "offset_days")) == [(early.pk, -10)]


def test_asking_twice_reminds_once() -> None:
    step = due_step()
    assert remind(step.pledge) == [None]
    [said] = remind(step.pledge)
    assert said == "A message of theirs speaks of it already."
    deliver_next(at=NOW)
    assert remind(step.pledge) == [said]
    assert ReminderItem.objects.count() == 1


def test_whoever_had_todays_message_hears_tomorrow_and_not_before() -> None:
    delegation = delegation_of(DRAFTER)
    due_step(delegation)
    write_owed(at=NOW)
    Reminder.objects.update(state=State.SENT, sent_at=NOW, attempts=1)
    late = due_step(delegation, on=TODAY - 5 * DAY)
    assert remind(late.pledge) == ["It goes with their message of 2 August."]
    assert deliver_next(at=NOW + timedelta(hours=17)) is None
    sent = deliver_next(at=NOW + timedelta(hours=19))
    assert sent
    assert sent.owed_on == TODAY + DAY
    assert Reminder.objects.filter(owed_on=TODAY + DAY).count() == 1


def test_whoever_wants_one_message_a_week_hears_on_monday() -> None:
    step = due_step(on=TODAY - DAY)
    person = step.pledge.participant.memberships.get().user
    type(person).objects.update(mail_rhythm=MailRhythm.WEEKLY)
    assert remind(step.pledge) == ["It goes with their message of 4 August."]
    assert remind(step.pledge) == ["A message of theirs speaks of it already."]
    assert Reminder.objects.get().owed_on == date(2025, 8, 4)


def test_remind_now_says_why_nobody_hears() -> None:
    paused, unreachable, idle = due_step().pledge, due_step(delegation_of(VIEWER)).pledge, DraftPledgeFactory()
    by = OfficerFactory()
    staff.pause(pledges=[paused], until=None, reason="Talks", by=by, at=NOW)
    assert remind(paused, unreachable, idle) == [
        f"Its reminders are paused until somebody lifts that ({by}: Talks).",
        "Nobody of the delegation can be reached by mail.",
        "Nothing is due on it, and nothing is planned.",
    ]
    staff.stop(reason="Server moves", by=ManagerFactory(), at=NOW)
    assert remind(paused) == ["All reminders are stopped."]
    assert not Reminder.objects.exists()


def test_a_pause_that_still_holds_where_its_readers_live_is_the_reason_named() -> None:
    pledge = due_step(on=TODAY - 9 * DAY).pledge
    type(pledge.author).objects.filter(memberships__participant=pledge.participant).update(time_zone="America/New_York")
    by, night = OfficerFactory(), NOW.replace(hour=2)  # in New York it is the day before
    staff.pause(pledges=[pledge], until=night.date(), reason="Talks", by=by, at=night - 5 * DAY)
    said = f"Its reminders are paused until 1 August 2025 ({by}: Talks)."
    assert remind(pledge, at=night) == [said]
    assert remind(pledge, at=night.replace(hour=5)) == [None]


def test_many_at_once_cost_the_same(django_assert_max_num_queries: Any) -> None:
    steps = [due_step(on=TODAY - n * DAY) for n in range(1, 12)]
    officer = OfficerFactory()
    with django_assert_max_num_queries(34):
        found = staff.remind_now([step.pledge for step in steps], by=officer, at=NOW)
    assert found == Asked({}, {})
    assert ReminderItem.objects.count() == 11


@pytest.mark.parametrize("factory", [ReaderFactory, AdministratorFactory])
def test_only_officers_remind_and_pause(factory: Any) -> None:
    pledge, by = due_step().pledge, factory()
    with pytest.raises(NotAllowed):
        staff.remind_now([pledge], by=by, at=NOW)
    with pytest.raises(NotAllowed):
        staff.pause(pledges=[pledge], until=None, reason="x", by=by, at=NOW)


def test_others_of_the_delegation_hear_where_they_are_chosen() -> None:
    step = due_step(delegation_of(DRAFTER, APPROVER))
    stranger = due_step().pledge.participant.memberships.get().user
    approver = step.pledge.participant.memberships.get(role=APPROVER).user
    step.pledge.participant.memberships.filter(role=DRAFTER).update(is_focal_point=True)
    to = {approver.pk, stranger.pk}
    assert staff.remind_now([step.pledge], by=OfficerFactory(), at=NOW, to=to) == Asked({}, {})
    item = ReminderItem.objects.get()
    assert (item.recipient, item.audience) == (approver, Audience.APPROVER)
    assert deliver_next(at=NOW)


def test_whom_nobody_chose_to_answer_hears_nothing() -> None:
    step = due_step()
    asked = staff.remind_now([step.pledge], by=OfficerFactory(), at=NOW, to={OfficerFactory().pk})
    assert asked.left_out == {step.pledge: "Nobody who is to answer on it is ticked."}
    assert not Reminder.objects.exists()


# --- Pauses -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("what", ["pledges", "participant", "conference"])
def test_a_pause_holds_until_its_day_or_until_it_is_lifted(what: str) -> None:
    pledge, officer = due_step().pledge, OfficerFactory()
    covered: Any = {
        "pledges": [pledge],
        "participant": pledge.participant,
        "conference": pledge.conference,
    }[what]
    paused = staff.pause(**{what: covered}, until=TODAY + 3 * DAY, reason="Talks", by=officer, at=NOW)
    assert [write_owed(at=NOW), write_owed(at=NOW + 2 * DAY)] == [0, 0]
    staff.lift(paused[0], by=officer, at=NOW + 2 * DAY)
    staff.lift(paused[0], by=officer, at=NOW + 3 * DAY)
    assert Pause.objects.get().ended_at == NOW + 2 * DAY
    assert write_owed(at=NOW + 2 * DAY) == 1


def test_the_same_pause_sent_twice_is_one() -> None:
    pledge, officer = due_step().pledge, OfficerFactory()
    for _n in range(2):
        staff.pause(pledges=[pledge], until=None, reason="Talks", by=officer, at=NOW)
    assert Pause.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", ["pledges", "participant", "conference"])
def test_the_same_pause_sent_twice_at_once_is_one_and_is_lifted_whole(what: str) -> None:
    pledge, officer = due_step().pledge, OfficerFactory()
    covered: Any = {"pledges": [pledge], "participant": pledge.participant, "conference": pledge.conference}[what]
    held: Any = pledge if what == "pledges" else covered

    def pause() -> Any:
        return staff.pause(**{what: covered}, until=None, reason="Talks", by=officer, at=NOW)

    with ThreadPoolExecutor(2) as pool:
        running: list[Future[Any]] = []
        with transaction.atomic():
            type(held).objects.select_for_update().get(pk=held.pk)  # a pause of it waits to be stored
            for count in (1, 2):
                running.append(pool.submit(on_own_connection, pause))
                wait_until_waiting(count, running)
        [one], [other] = [sent.result() for sent in running]
    assert one == other == Pause.objects.get()
    staff.lift(one, by=officer, at=NOW)
    assert write_owed(at=NOW) == 1


def test_a_pause_that_was_lifted_is_made_anew_and_other_words_make_another() -> None:
    pledge, officer = due_step().pledge, OfficerFactory()
    said = {"pledges": [pledge], "until": None, "by": officer, "at": NOW}
    [first] = staff.pause(**said, reason="Talks")
    staff.lift(first, by=officer, at=NOW)
    [again], [other] = staff.pause(**said, reason="Talks"), staff.pause(**said, reason="Elections")
    assert len({first, again, other}) == 3


@pytest.mark.parametrize(
    ("until", "reason", "field"), [(TODAY, "Talks", "until"), (TODAY - DAY, "Talks", "until"), (None, "  ", "reason")]
)
def test_a_pause_needs_a_reason_and_a_day_ahead(until: Any, reason: str, field: str) -> None:
    with pytest.raises(Incomplete) as refusal:
        staff.pause(pledges=[due_step().pledge], until=until, reason=reason, by=OfficerFactory(), at=NOW)
    assert list(refusal.value.fields) == [field]


def test_a_delegation_snoozes_its_own_pledge_and_wakes_it() -> None:
    pledge = due_step().pledge
    by = writer_of(pledge)
    snoozed = staff.snooze(pledge=pledge, until=TODAY + 30 * DAY, reason="Elections", by=by, at=NOW)
    assert write_owed(at=NOW) == 0
    again = staff.snooze(pledge=pledge, until=TODAY + 2 * DAY, reason="Elections", by=by, at=NOW)
    assert [pause.ended_at for pause in Pause.objects.order_by("pk")] == [NOW, None]
    assert (snoozed.is_snooze, again.is_snooze) == (True, True)
    staff.lift(again, by=by, at=NOW)
    assert write_owed(at=NOW) == 2


@pytest.mark.parametrize("until", [None, TODAY, TODAY + 31 * DAY])
def test_a_snooze_ends_within_thirty_days(until: Any) -> None:
    pledge = due_step().pledge
    with pytest.raises(Incomplete) as refusal:
        staff.snooze(pledge=pledge, until=until, reason="Elections", by=writer_of(pledge), at=NOW)
    assert list(refusal.value.fields) == ["until"]


def test_nobody_else_snoozes_or_lifts() -> None:
    pledge = due_step().pledge
    own = staff.snooze(pledge=pledge, until=TODAY + DAY, reason="x", by=writer_of(pledge), at=NOW)
    [ours] = staff.pause(pledges=[pledge], until=None, reason="x", by=OfficerFactory(), at=NOW)
    for by in [member_of(pledge.participant, VIEWER), writer_of(RegisteredPledgeFactory()), ReaderFactory()]:
        with pytest.raises(NotAllowed):
            staff.snooze(pledge=pledge, until=TODAY + DAY, reason="y", by=by, at=NOW)
        with pytest.raises(NotAllowed):
            staff.lift(own, by=by, at=NOW)
    with pytest.raises(NotAllowed):
        staff.lift(ours, by=writer_of(pledge), at=NOW)
    staff.lift(own, by=OfficerFactory(), at=NOW)


def test_lead_and_partner_snooze_each_for_itself() -> None:
    share = ConfirmedPartnerFactory(pledge=due_step().pledge)
    pledge, ends = share.pledge, TODAY + DAY
    lead, partner = writer_of(pledge), member_of(share.participant, DRAFTER)
    theirs = staff.snooze(pledge=pledge, partner=share, until=ends, reason="x", by=partner, at=NOW)
    own = staff.snooze(pledge=pledge, until=ends, reason="x", by=lead, at=NOW)
    again = staff.snooze(pledge=pledge, partner=share, until=ends + DAY, reason="x", by=partner, at=NOW)
    assert set(Pause.objects.filter(ended_at=None)) == {own, again}, "one takes the place of one's own alone"
    assert Pause.objects.get(pk=theirs.pk).ended_at == NOW
    for by, pause, part in ((lead, again, share), (partner, own, None)):
        with pytest.raises(NotAllowed):
            staff.snooze(pledge=pledge, partner=part, until=ends, reason="y", by=by, at=NOW)
        with pytest.raises(NotAllowed):
            staff.lift(pause, by=by, at=NOW)
    with pytest.raises(NotAllowed):
        staff.snooze(
            pledge=pledge, partner=share, until=ends, reason="y", by=member_of(share.participant, VIEWER), at=NOW
        )
    staff.lift(again, by=partner, at=NOW)
    staff.lift(own, by=OfficerFactory(), at=NOW)


def test_who_is_only_asked_to_take_part_does_not_snooze() -> None:
    share = PartnerFactory(pledge=due_step().pledge)
    by = member_of(share.participant, APPROVER)
    with pytest.raises(WrongStatus):
        staff.snooze(pledge=share.pledge, partner=share, until=TODAY + DAY, reason="x", by=by, at=NOW)


def test_a_closed_pledge_is_not_snoozed() -> None:
    pledge = ClosedPledgeFactory()
    with pytest.raises(WrongStatus):
        staff.snooze(pledge=pledge, until=TODAY + DAY, reason="x", by=writer_of(pledge), at=NOW)


# --- Stop and cap -----------------------------------------------------------------------------------------------------
def test_a_manager_stops_everything_and_lets_it_run_again() -> None:
    due_step()
    manager = ManagerFactory()
    stopped = staff.stop(reason="Server moves", by=manager, at=NOW)
    assert (stopped.is_stopped, stopped.changed_by, stopped.changed_at) == (True, manager, NOW)
    assert write_owed(at=NOW) == 0
    assert staff.stop(reason="Server moves", by=ManagerFactory(), at=NOW + DAY).changed_at == NOW
    staff.resume(by=manager, at=NOW)
    assert write_owed(at=NOW) == 1


def test_stopping_needs_a_reason_that_fits() -> None:
    for reason in ("", "x" * 301):
        with pytest.raises(Incomplete):
            staff.stop(reason=reason, by=ManagerFactory(), at=NOW)
    assert not Control.objects.get().is_stopped


@pytest.mark.parametrize(("number", "stands"), [(0, False), (-1, False), (1, True), (10_000, True), (10_001, False)])
def test_the_cap_is_a_number_of_messages(number: int, stands: bool) -> None:
    manager = ManagerFactory()
    if stands:
        assert staff.set_cap(number, by=manager, at=NOW).most_per_run == number
    else:
        with pytest.raises(Incomplete):
            staff.set_cap(number, by=manager, at=NOW)


@pytest.mark.parametrize("factory", [ReaderFactory, OfficerFactory, AdministratorFactory])
def test_only_managers_steer(factory: Any) -> None:
    by = factory()
    for act in (
        lambda: staff.stop(reason="x", by=by, at=NOW),
        lambda: staff.resume(by=by, at=NOW),
        lambda: staff.set_cap(5, by=by, at=NOW),
        lambda: staff.save_ladder(Reason.REPORT_DUE, [], by=by, at=NOW),
    ):
        with pytest.raises(NotAllowed):
            act()


# --- Ladders ----------------------------------------------------------------------------------------------------------
def test_only_what_differs_of_a_ladder_is_written() -> None:
    kept = LadderStep.objects.get()
    steps = [(0, Audience.FOCAL_POINT), (10, Audience.APPROVER)]
    staff.save_ladder(Reason.MILESTONE_DUE, steps, by=ManagerFactory(), at=NOW)
    assert staff.ladder_of(Reason.MILESTONE_DUE) == steps
    assert LadderStep.objects.filter(pk=kept.pk).exists()
    staff.save_ladder(Reason.MILESTONE_DUE, [], by=ManagerFactory(), at=NOW)
    assert staff.ladder_of(Reason.MILESTONE_DUE) == []


@pytest.mark.parametrize(
    "steps",
    [
        [(0, Audience.APPROVER)] * 2,
        [(366, Audience.APPROVER)],
        [(-366, Audience.APPROVER)],
        [(1, "everybody")],
        [(1, Audience.COORDINATOR)],
        [(n, Audience.APPROVER) for n in range(21)],
    ],
)
def test_a_ladder_that_cannot_stand_is_refused(steps: Any) -> None:
    with pytest.raises(Incomplete):
        staff.save_ladder(Reason.MILESTONE_DUE, steps, by=ManagerFactory(), at=NOW)


def test_two_people_do_not_overwrite_each_others_ladder() -> None:
    seen = staff.ladder_of(Reason.MILESTONE_DUE)
    staff.save_ladder(Reason.MILESTONE_DUE, [(5, Audience.APPROVER)], by=ManagerFactory(), at=NOW, seen=seen)
    staff.save_ladder(Reason.MILESTONE_DUE, [(5, Audience.APPROVER)], by=ManagerFactory(), at=NOW, seen=seen)
    with pytest.raises(EditConflict):
        staff.save_ladder(Reason.MILESTONE_DUE, [(9, Audience.APPROVER)], by=ManagerFactory(), at=NOW, seen=seen)
    assert staff.ladder_of(Reason.MILESTONE_DUE) == [(5, Audience.APPROVER)]
