"""Everything that can be late on a pledge: since when, from whom, and never before its day."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from conferences.models import MembershipRole
from pledges.follow_up import Reason, count_late, late_on, late_page, next_due
from pledges.models import Pledge, StatusChange
from pledges.querysets import today
from pledges.readiness import ARRIVAL_DAYS
from reminders.mails import digest_line
from reminders.models import Reason as Reminded
from reminders.models import Reminder, ReminderItem
from reminders.reasons import SUBJECTS, Subject
from tests import factories as make
from tests.factories.readiness import DeploymentRequestFactory, RegistrationFactory
from tests.pages.reading import read

pytestmark = pytest.mark.django_db
PAGE, ACT = reverse("follow-through"), reverse("follow-through-act")
Announced = Callable[..., Pledge]
SignedIn = Callable[[Any], Client]


def ago(days: int) -> Any:
    """A day so many days before today."""
    return today() - timedelta(days=days)


def at(days: int) -> Any:
    """An instant so many days ago."""
    return timezone.now() - timedelta(days=days)


def lately(**fields: Any) -> Pledge:
    """A pledge on which no report is due yet."""
    return make.RegisteredPledgeFactory(submitted_at=at(3), registered_at=at(3), **fields)


def renewal(days: int) -> Pledge:
    """A unit whose entry was to be renewed so many days ago."""
    pledge, day = lately(), ago(days)
    RegistrationFactory(
        pledge=pledge, received_on=day.replace(year=day.year - 1), acknowledged_on=None, accepted_on=None
    )
    return pledge


def arrival(days: int) -> Pledge:
    """A unit that was to arrive so many days ago."""
    pledge = lately()
    DeploymentRequestFactory(pledge=pledge, requested_on=ago(days + ARRIVAL_DAYS))
    return pledge


def question(days: int, **fields: Any) -> Pledge:
    """A pledge on which the Secretariat asked something so many days ago."""
    pledge = lately(**fields)
    make.ReviewNoteFactory(pledge=pledge, created_at=at(days))
    return pledge


def returned(days: int) -> Pledge:
    """A pledge that was sent back so many days ago."""
    pledge = make.ReturnedPledgeFactory()
    StatusChange.objects.create(
        pledge=pledge, action="return", source="submitted", target="returned", reason="Too short.",
        author=make.OfficerFactory(), created_at=at(days),
    )  # fmt: skip
    return pledge


def invitation(days: int, **fields: Any) -> Pledge:
    """A pledge whose partner was invited so many days ago."""
    pledge = make.DraftPledgeFactory(**fields)
    make.PartnerFactory(pledge=pledge, invited_at=at(days))
    return pledge


def step(days: int) -> Pledge:
    """A pledge with a step of its plan that was due so many days ago."""
    pledge = lately()
    make.MilestoneFactory(pledge=pledge, due_on=ago(days))
    return pledge


def delivery(days: int) -> Pledge:
    """A pledge that was to be delivered so many days ago."""
    return lately(deliver_by=ago(days), deliver_by_precision="day")


MAKERS: dict[str, Callable[[int], Pledge]] = {
    "renewal": renewal, "arrival": arrival, "question": question, "returned": returned, "confirmation": invitation,
    "step": step, "delivery": delivery,
}  # fmt: skip
REASON = {"question": Reason.ANSWER, "returned": Reason.ANSWER}


# For these the reminders wait as well.
SHARED = (
    Reminded.REPORT_OVERDUE,
    Reminded.MILESTONE_DUE,
    Reminded.DELIVERY_DUE,
    Reminded.RENEWAL_DUE,
    Reminded.RDL_CLOCK,
    Reminded.CLARIFICATION,
    Reminded.PARTNER_AWAITED,
)


def found(*reasons: str) -> list[tuple[str, int]]:
    """The late pledges by reference, and since how many days."""
    page = late_page(Pledge.objects.all(), on=today(), reasons=reasons, size=100)
    return [(row.reference, (today() - row.since).days) for row in page.rows]


@pytest.mark.parametrize("kind", MAKERS)
def test_it_is_late_from_the_day_after_its_day(kind: str) -> None:
    reason = REASON.get(kind) or Reason(kind)
    MAKERS[kind](0)
    late = MAKERS[kind](1)
    assert found() == found(reason) == [(late.reference, 1)]
    assert found(*(other for other in Reason if other != reason)) == []
    [debts] = late_on([late], on=today()).values()
    assert [(debt.reason, debt.on) for debt in debts] == [(reason, ago(1))]


def test_all_kinds_stand_in_one_list_the_longest_late_on_top(announced: Announced) -> None:
    made = {days: MAKERS[kind](days) for days, kind in enumerate(MAKERS, start=2)}
    report = announced(300)
    assert found()[0][0] == report.reference
    assert found()[1:] == [(made[days].reference, days) for days in sorted(made, reverse=True)]
    assert count_late(Pledge.objects.all(), on=today()) == len(made) + 1


def test_a_pledge_that_is_late_in_several_ways_stands_once_under_the_earliest(announced: Announced) -> None:
    pledge = announced(300)
    make.MilestoneFactory(pledge=pledge, due_on=ago(10))
    make.ReviewNoteFactory(pledge=pledge, created_at=at(20))
    [row] = late_page(Pledge.objects.all(), on=today(), size=10).rows
    [debts] = late_on([pledge], on=today()).values()
    assert [debt.reason for debt in debts] == [Reason.REPORT, Reason.ANSWER, Reason.STEP]
    assert (row.since, row.total) == (debts[0].on, 1)
    assert found(Reason.STEP) == [(pledge.reference, 10)]


def test_what_is_settled_is_not_late() -> None:
    pledge = lately()
    make.ReviewNoteFactory(pledge=pledge, created_at=at(20), resolved_at=at(1))
    make.ReviewNoteFactory(pledge=pledge, created_at=at(20), author=make.UserFactory())
    make.ReviewNoteFactory(pledge=pledge, created_at=at(20), field="title")
    DeploymentRequestFactory(pledge=pledge, requested_on=ago(90), arrived_on=ago(1))
    make.ConfirmedPartnerFactory(pledge=pledge, invited_at=at(20))
    make.PartnerFactory(pledge=pledge, invited_at=at(20), confirmation="declined", share_quantity=None)
    closed = make.ClosedPledgeFactory()
    make.ReviewNoteFactory(pledge=closed, created_at=at(20))
    for said in ({"reported_state": "delivered"}, {"assessed_state": "delivered"}, {"assessed_state": "withdrawn"}):
        Pledge.objects.filter(pk=delivery(20).pk).update(**said)
    again = returned(20)
    Pledge.objects.filter(pk=again.pk).update(status="submitted")
    assert found() == []


def test_the_steps_of_a_share_are_owed_by_the_partner_who_confirmed_it(announced: Announced) -> None:
    pledge = lately(quantity=9)
    confirmed = make.ConfirmedPartnerFactory(pledge=pledge)
    awaited = make.PartnerFactory(pledge=pledge, invited_at=at(20))
    for part in (confirmed, awaited):
        make.MilestoneFactory(pledge=pledge, partner=part, due_on=ago(5))
    [debts] = late_on([pledge], on=today()).values()
    assert [(debt.reason, debt.participant) for debt in debts] == [
        (Reason.CONFIRMATION, awaited.participant), (Reason.STEP, confirmed.participant),
    ]  # fmt: skip


def test_the_list_and_the_reminders_wait_for_the_same(announced: Announced) -> None:
    for kind in MAKERS:
        MAKERS[kind](5)
    announced(300)
    shown = dict(found())
    for reason in SHARED:
        late = [subject for subject in (Subject(*row) for row in SUBJECTS[reason](timezone.now()))
                if subject.due_on < today()]  # fmt: skip
        assert late
        for subject in late:
            pledge = Pledge.objects.get(pk=subject.pledge)
            assert shown[pledge.reference] >= (today() - subject.due_on).days


def test_only_what_the_reader_may_see_is_counted(announced: Announced) -> None:
    mine, other = announced(300), announced(200)
    make.ReviewNoteFactory(pledge=other, created_at=at(3))
    assert count_late(Pledge.objects.filter(pk=mine.pk), on=today()) == 1
    page = late_page(Pledge.objects.filter(participant=other.participant), on=today(), size=10)
    assert [row.reference for row in page.rows] == [other.reference]


def test_the_next_due_day_is_that_of_the_first_of_all_kinds() -> None:
    assert next_due(Pledge.objects.all(), on=today()) is None
    question(0), invitation(0)
    assert next_due(Pledge.objects.all(), on=today()) is not None, "the regular report"
    arrival(-4)
    assert next_due(Pledge.objects.all(), on=today()) == ago(-4)


@pytest.mark.parametrize("size", [1, 2, 5])
def test_pages_lead_forth_and_back_over_all_of_them(size: int) -> None:
    for number in range(7):
        question(10 + number // 3)
    on, rows = today(), Pledge.objects.all()
    there, cursor = [], ""
    while True:
        page = late_page(rows, on=on, size=size, cursor=cursor)
        there += [row.reference for row in page.rows]
        if not page.next:
            break
        cursor = page.next
    back = [row.reference for row in page.rows]
    while page.previous:
        page = late_page(rows, on=on, size=size, cursor=page.previous)
        back = [row.reference for row in page.rows] + back
    assert there == back == [reference for reference, _days in found()]
    assert len(there) == 7
    assert late_page(rows, on=on, size=size, cursor="last").rows[-1].reference == there[-1]


def test_one_query_a_page_and_one_a_count(announced: Announced, django_assert_num_queries: Any) -> None:
    pledges = [announced(300), *(make(5) for make in MAKERS.values())]
    with django_assert_num_queries(1):
        late_page(Pledge.objects.all(), on=today(), size=10)
    with django_assert_num_queries(1):
        count_late(Pledge.objects.all(), on=today())
    with django_assert_num_queries(3):
        late_on(pledges, on=today())


# --- The page ---------------------------------------------------------------------------------------------------------
@pytest.fixture
def officer(signed_in: SignedIn) -> Client:
    return signed_in(make.OfficerFactory())


def test_each_debt_is_named_with_its_day_and_partners_by_name(officer: Client) -> None:
    pledge = question(12)
    partner = make.PartnerFactory(pledge=pledge, invited_at=at(30)).participant
    text = " ".join(read(officer.get(PAGE)).text.split())
    for day, days, words in ((ago(12), 12, "Answer to the Secretariat"), (ago(30), 30, "Confirmation of its share")):
        assert words in text
        assert f"{day.day} {day:%B %Y}, {days} days late" in text.replace(" ,", ",")
    assert f"Confirmation of its share, {partner}" in text.replace(" ,", ",")


def test_mail_and_sign_in_are_those_of_whoever_is_to_answer(officer: Client) -> None:
    pledge = invitation(30)
    partner = pledge.partners.get()
    asked = make.member_of(partner.participant, MembershipRole.APPROVER)
    lead = make.member_of(pledge.participant, MembershipRole.APPROVER)
    for person, days in ((asked, 9), (lead, 1)):
        person.last_login = at(days)
        person.save()
        mail = Reminder.objects.create(
            recipient=person, owed_on=ago(days), message_id=f"<{person.pk}@pledges.example>", state="sent",
            sent_at=at(days),
        )  # fmt: skip
        ReminderItem.objects.create(
            reminder=mail, recipient=person, reason="partner_awaited", subject=partner.pk, pledge=pledge,
            due_on=ago(30), offset_days=0, audience="focal_point",
        )  # fmt: skip
    [line] = officer.get(PAGE).context["lines"]
    [answerer] = line.answerers
    assert (answerer.participant, answerer.signed_in) == (partner.participant, asked.last_login)
    assert answerer.mail.recipient == asked


@pytest.mark.parametrize("kind", MAKERS)
def test_every_late_pledge_can_be_reminded_of(officer: Client, kind: str) -> None:
    pledge = MAKERS[kind](20)
    late = late_on([pledge], on=today())[pledge.pk][0]
    person = make.member_of(late.participant, MembershipRole.DRAFTER)
    url = f"{ACT}?act=remind&pledge={pledge.reference}"
    assert "Reminders asked for: 1 pledge (" in read(officer.post(url, {"to": person.pk}, follow=True)).text
    [item] = ReminderItem.objects.all()
    assert (item.recipient, item.pledge, item.due_on) == (person, pledge, late.on)
    assert "speaks of it already" in read(officer.post(url, {"to": person.pk}, follow=True)).text


@pytest.mark.parametrize("act", ["remind", "assess", "close", "put-off", "pause"])
def test_acts_on_what_is_no_report_answer_in_words(officer: Client, act: str) -> None:
    pledge = invitation(20)
    answer = officer.get(f"{ACT}?act={act}&pledge={pledge.reference}", follow=True)
    assert answer.status_code in {200, 409}
    assert pledge.reference in read(answer).text


def test_the_page_takes_the_same_queries_for_one_of_each_kind_and_for_six(
    officer: Client, announced: Announced
) -> None:
    def more(days: int) -> None:
        announced(300)
        for kind in MAKERS.values():
            make.member_of(kind(days).participant, MembershipRole.DRAFTER)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert officer.get(PAGE).status_code == 200
        return len(captured)

    more(5)
    few = queries()
    for days in range(6, 11):
        more(days)
    assert queries() == few


def test_the_weekly_digest_counts_the_same_pledges(announced: Announced) -> None:
    announced(300), question(3), invitation(5), lately()
    assert "3 late pledges" in digest_line()
