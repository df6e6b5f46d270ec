"""The follow-through page: who is late, the oldest first, and what is done about it; what managers set."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from conferences.models import Liaison, MembershipRole
from pledges.figures import FollowUp
from pledges.models import Milestone, Pledge
from pledges.querysets import today
from reminders.models import Pause, Reminder, ReminderItem
from tests import factories as make
from tests.pages.reading import read

pytestmark = pytest.mark.django_db
PAGE, ACT = reverse("follow-through"), reverse("follow-through-act")
Announced = Callable[..., Pledge]
SignedIn = Callable[[Any], Client]


@pytest.fixture
def officer(signed_in: SignedIn) -> Client:
    return signed_in(make.OfficerFactory())


@pytest.fixture
def manager(signed_in: SignedIn) -> Client:
    return signed_in(make.ManagerFactory())


def late_step(pledge: Pledge, days: int, title: str = "Signed") -> Milestone:
    return make.MilestoneFactory(pledge=pledge, title=title, due_on=today() - timedelta(days=days))


def shown(client: Client, query: str = "") -> list[str]:
    """The references on the page, in their order."""
    return [line.pledge.reference for line in client.get(f"{PAGE}?{query}").context["lines"]]


def mailed(pledge: Pledge, days: int, person: Any) -> Reminder:
    day = today() - timedelta(days=days)
    reminder = Reminder.objects.create(
        recipient=person,
        owed_on=day,
        message_id=f"<{days}-{person.pk}@pledges.example>",
        state="sent",
        sent_at=timezone.now(),
    )  # fmt: skip
    ReminderItem.objects.create(
        reminder=reminder, recipient=person, reason="report_overdue", subject=pledge.pk, pledge=pledge, due_on=day,
        offset_days=0, audience="focal_point",
    )  # fmt: skip
    return reminder


def test_the_longest_late_stands_on_top_whether_report_or_step(announced: Announced, officer: Client) -> None:
    lately, long_ago, with_step = announced(40), announced(300), announced(3)
    late_step(with_step, 100)
    late_step(lately, 2)
    announced(5), make.RecordPledgeFactory(), make.DraftPledgeFactory()
    assert shown(officer) == [long_ago.reference, with_step.reference, lately.reference]
    lines = officer.get(PAGE).context["lines"]
    assert [(one.debt.title, one.days) for one in lines[1].owed] == [("Signed", 100)]
    assert [one.debt.title for one in lines[2].owed] == ["Regular report", "Signed"]


def test_a_row_says_what_was_mailed_last_and_who_signed_in_last(announced: Announced, officer: Client) -> None:
    pledge = announced(300)
    focal = make.member_of(pledge.participant, MembershipRole.DRAFTER)
    viewer = make.member_of(pledge.participant, MembershipRole.VIEWER)
    for person, days in ((focal, 9), (viewer, 1)):
        person.last_login = timezone.now() - timedelta(days=days)
        person.save()
    mailed(pledge, 30, focal)
    newest = mailed(pledge, 10, focal)
    (line,) = officer.get(PAGE).context["lines"]
    (lead,) = line.answerers
    assert (lead.participant, lead.mail, lead.signed_in) == (pledge.participant, newest, focal.last_login)


def test_a_reminder_that_waits_hides_neither_the_last_one_nor_its_bounce(announced: Announced, officer: Client) -> None:
    pledge = announced(300)
    focal = make.member_of(pledge.participant, MembershipRole.DRAFTER)
    went = mailed(pledge, 10, focal)
    Reminder.objects.filter(pk=went.pk).update(delivery="bounced", delivery_at=timezone.now())
    asked = mailed(pledge, -3, focal)
    Reminder.objects.filter(pk=asked.pk).update(state="owed", sent_at=None)
    page = officer.get(PAGE)
    [line] = page.context["lines"]
    [lead] = line.answerers
    assert (lead.mail, lead.coming) == (went, asked)
    assert "Bounced" in read(page).text
    day = today() + timedelta(days=3)
    assert f"next on {day.day} {day:%B %Y}" in " ".join(read(page).text.split())


@pytest.mark.parametrize("what", ["pledge", "participant", "conference"])
def test_a_pause_stands_in_the_row_instead_of_a_mail_that_will_not_go(
    announced: Announced, officer: Client, what: str
) -> None:
    pledge, other = announced(300), announced(200)
    for one in (pledge, other):
        Reminder.objects.filter(pk=mailed(one, -3, make.member_of(one.participant, MembershipRole.DRAFTER)).pk).update(
            state="owed", sent_at=None
        )
    covered = {"pledge": pledge, "participant": pledge.participant, "conference": pledge.conference}[what]
    Pause.objects.create(**{what: covered}, reason="Talks", author=make.OfficerFactory())
    page = officer.get(PAGE)
    found = [(one.is_paused, one.coming is None) for line in page.context["lines"] for one in line.answerers]
    assert found == [(True, True), (False, False)]
    text = read(page).text
    assert (text.count("reminders paused"), text.count("next on")) == (1, 1)


@pytest.mark.parametrize("became", [{"delivery": "bounced"}, {"delivery": "complained"}, {"state": "failed"}])
def test_a_mail_that_came_back_is_not_hidden_by_one_of_the_same_day_to_a_colleague(
    announced: Announced, officer: Client, became: dict[str, str]
) -> None:
    pledge = announced(300)
    people = [make.member_of(pledge.participant, MembershipRole.DRAFTER) for _person in range(3)]
    earlier, lost, arrived = mailed(pledge, 20, people[2]), mailed(pledge, 10, people[0]), mailed(pledge, 10, people[1])
    for reminder, values in ((earlier, {"delivery": "bounced"}), (lost, became), (arrived, {"delivery": "delivered"})):
        at = {"delivery_at": timezone.now()} if "delivery" in values else {"sent_at": None}
        Reminder.objects.filter(pk=reminder.pk).update(**values, **at)
    [line] = officer.get(PAGE).context["lines"]
    assert [one.mail for one in line.answerers] == [lost]
    Reminder.objects.filter(pk=lost.pk).update(state="sent", delivery="", delivery_at=None, sent_at=timezone.now())
    [line] = officer.get(PAGE).context["lines"]
    assert [one.mail for one in line.answerers] == [arrived]


def test_a_report_is_no_end_of_a_step_but_ends_the_waiting_for_a_report(announced: Announced, officer: Client) -> None:
    pledge = announced(40)
    step = late_step(pledge, 20)
    make.ProgressUpdateFactory(pledge=pledge, milestone=step, happened_on=today())
    (line,) = officer.get(PAGE).context["lines"]
    assert [one.debt.title for one in line.owed] == ["Signed"]
    step.done_on = today()
    step.save()
    assert shown(officer) == []


def test_filters_narrow_the_list(announced: Announced, officer: Client) -> None:
    mission = make.MissionFactory()
    first, second = announced(300, missions=[mission]), announced(200)
    late_step(second, 10)
    assert shown(officer, f"conference={first.conference_id}") == [first.reference]
    assert shown(officer, f"participant={second.participant_id}") == [second.reference]
    assert shown(officer, f"mission={mission.pk}") == [first.reference]
    assert shown(officer, f"capability_type={second.capability_type_id}") == [second.reference]
    assert shown(officer, "reason=step") == [second.reference]
    assert shown(officer, "reason=report,step") == [first.reference, second.reference]
    assert officer.get(f"{PAGE}?reason=whim").status_code == 400
    assert officer.get(f"{PAGE}?cursor=nonsense").status_code == 400


def test_pages_follow_each_other_by_key(announced: Announced, officer: Client) -> None:
    conference, participant = make.ConferenceFactory(reporting_cycle_months=1), make.ParticipantFactory()
    rows = [announced(100 + n // 2, conference=conference, participant=participant) for n in range(53)]
    first = officer.get(PAGE)
    second = officer.get(first.context["urls"]["next"])
    found = [line.pledge.reference for page in (first, second) for line in page.context["lines"]]
    assert len(found) == len(set(found)) == len(rows)
    days = [line.days for page in (first, second) for line in page.context["lines"]]
    assert days == sorted(days, reverse=True)


@pytest.mark.parametrize("page", [PAGE, reverse("follow-through-rates"), reverse("desk-officers"), "/conferences/"])
def test_queries_do_not_grow_with_rows(announced: Announced, manager: Client, page: str, counted_queries: Any) -> None:
    late_step(announced(300), 5)
    before = counted_queries(manager, page)
    for days in (100, 150, 200, 250):
        pledge = announced(days)
        late_step(pledge, 4)
        mailed(pledge, days, make.member_of(pledge.participant, MembershipRole.DRAFTER))
    assert counted_queries(manager, page) == before


def test_every_table_of_answer_rates_adds_up_to_the_same(announced: Announced, officer: Client) -> None:
    announced(300)
    outside = announced(300, participant=make.OrganizationFactory())
    make.RecordPledgeFactory(participant=outside.participant)
    page = officer.get(reverse("follow-through-rates"))
    sums = [
        sum((line["row"] for line in page.context[table]), start=FollowUp())
        for table in ("conference", "region", "participant")
    ]
    assert sums[0] == sums[1] == sums[2]
    assert (sums[0].silent, sums[0].recorded) == (2, 1)
    assert "No group" in read(page).text


def test_where_nobody_is_late_it_says_what_is_due_next(announced: Announced, officer: Client) -> None:
    assert "nothing is due later" in read(officer.get(PAGE)).text
    pledge = announced(3)
    make.MilestoneFactory(pledge=pledge, due_on=today() + timedelta(days=7))
    day = today() + timedelta(days=7)
    assert f"Next due on {day.day} {day:%B %Y}" in read(officer.get(PAGE)).text


def test_readers_of_the_secretariat_see_it_and_cannot_act(announced: Announced, signed_in: SignedIn) -> None:
    announced(300)
    reader = signed_in(make.ReaderFactory())
    assert "Remind now" not in read(reader.get(PAGE)).text
    assert reader.get(f"{ACT}?act=remind").status_code == 403


def test_managers_set_the_cycle_and_days_follow_it(announced: Announced, manager: Client) -> None:
    pledge = announced(200)
    url = reverse("conference-follow-through", args=[pledge.conference_id])
    chair = make.CoChairFactory(conference=pledge.conference).participant
    coordinator = make.member_of(chair, MembershipRole.CO_CHAIR)
    stranger = make.member_of(make.ParticipantFactory(), MembershipRole.CO_CHAIR)
    for months, person in (("0", coordinator), ("25", coordinator), ("12", stranger)):
        answer = manager.post(url, {"reporting_cycle_months": months, "coordinator": person.pk})
        assert answer.status_code == 200
        assert answer.context["form"].errors
    assert manager.post(url, {"reporting_cycle_months": "12", "coordinator": coordinator.pk}).status_code == 302
    pledge.conference.refresh_from_db()
    assert (pledge.conference.reporting_cycle_months, pledge.conference.coordinator) == (12, coordinator)
    assert not Pledge.objects.silent(on=today()).exists()


def test_managers_choose_desk_officers(manager: Client) -> None:
    officer, delegation, other = make.OfficerFactory(), make.ParticipantFactory(), make.ParticipantFactory()
    url = reverse("desk-officers")
    assert manager.post(url, {delegation.pk: officer.pk}).status_code == 302
    assert list(Liaison.objects.values_list("participant", "desk_officer")) == [(delegation.pk, officer.pk)]
    assert manager.post(url, {delegation.pk: make.AnalystFactory().pk}).status_code == 200
    manager.post(url, {other.pk: officer.pk})
    assert dict(Liaison.objects.values_list("participant", "desk_officer")) == {
        delegation.pk: None, other.pk: officer.pk,
    }  # fmt: skip


def test_the_public_sees_what_became_of_announced_pledges_by_age(client: Client) -> None:
    held = make.ConferenceFactory(starts_on=date(2021, 12, 7), ends_on=date(2021, 12, 8))
    make.RecordPledgeFactory(conference=held)
    make.RegisteredPledgeFactory(conference=held)
    (line,) = client.get(reverse("conference-list")).context["cohorts"]
    assert (line["cohort"].pledges, line["cohort"].became["unknown"]) == (1, 1)


def test_no_two_columns_of_the_conferences_have_one_name_and_two_numbers(client: Client) -> None:
    held = make.ConferenceFactory(starts_on=date(2021, 12, 7), ends_on=date(2021, 12, 8))
    for state in ("delivered", "partly_delivered", "partly_delivered", "not_delivered"):
        make.assessed(make.RecordPledgeFactory(conference=held), state)
    page = client.get(reverse("conference-list"))
    text = " ".join(read(page).text.split())
    assert text.count("Delivered wholly or partly") == text.count("Wholly delivered Partly delivered") == 1
    (above,) = [line for line in page.context["lines"] if line["conference"] == held]
    (line,) = page.context["cohorts"]
    became = line["cohort"].became
    assert (above["row"].delivered, became["delivered"], became["partly"]) == (3, 1, 2)
