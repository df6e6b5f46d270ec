"""Where nobody of a delegation is there to hear of a step, the Secretariat does at once, and once until somebody is."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import MailLanguage, User
from conferences.models import Liaison, Membership, MembershipRole, Participant
from reminders import staff
from reminders.delivery import claim_next
from reminders.mails import message_for
from reminders.models import Audience, LadderStep, Reason, Reminder, ReminderItem, State, Undeliverable
from reminders.owed import write_owed
from tests.factories import OfficerFactory, ParticipantFactory, member_of
from tests.reminders.conftest import NOW, due_step

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
DRAFTER, APPROVER = MembershipRole.DRAFTER, MembershipRole.APPROVER


@pytest.fixture(autouse=True)
def ladders(db: None) -> None:
    """The ladders of steps and of contacts alone."""
    LadderStep.objects.exclude(reason__in=[Reason.MILESTONE_DUE, Reason.UNDELIVERABLE]).delete()


@pytest.fixture
def desk() -> User:
    """The desk officer of every delegation that a test makes."""
    return OfficerFactory()


def delegation(desk: User) -> Participant:
    """Return a delegation with a desk officer, and nobody in it."""
    participant = ParticipantFactory()
    Liaison.objects.create(participant=participant, desk_officer=desk)
    return participant


def look(days: int) -> list[tuple[int, str, int]]:
    """Return who is newly reminded so many days from now, of what, at which step; all goes out."""
    at = NOW + days * DAY
    before = set(ReminderItem.objects.values_list("pk", flat=True))
    write_owed(at=at)
    Reminder.objects.filter(state=State.OWED).update(state=State.SENT, sent_at=at, attempts=1)
    new = ReminderItem.objects.exclude(pk__in=before).order_by("pk")
    return [(who, reason, step) for who, reason, step in new.values_list("recipient", "reason", "offset_days")]


def lose(participant: Participant, why: str) -> None:
    """Let a delegation have one person whom no mail reaches, or none."""
    if why == "nobody":
        return
    person = member_of(participant, DRAFTER, is_active=why != "closed")
    if why == "left":
        Membership.objects.filter(user=person).update(ended_at=NOW - DAY)
    if why == "bounced":
        Undeliverable.objects.create(
            user=person, address=person.email, kind="bounced", found_at=NOW - 60 * DAY, mended_at=None
        )


@pytest.mark.parametrize("why", ["nobody", "closed", "left", "bounced"])
def test_the_desk_officer_hears_at_the_first_step_and_once_until_somebody_is_there(desk: User, why: str) -> None:
    participant = delegation(desk)
    lose(participant, why)
    due_step(participant, on=NOW.date() + 7 * DAY)
    due_step(participant, on=NOW.date() + 8 * DAY)
    if why == "bounced":
        look(-40)  # of the address itself the officer hears when it is found
        look(-30)
    assert look(-1) == []
    assert look(0) == [(desk.pk, Reason.UNDELIVERABLE, 0)]
    assert [look(days) for days in range(1, 7)] == [[]] * 6
    assert look(7) == [(desk.pk, Reason.UNDELIVERABLE, 7)]
    drafter = member_of(participant, DRAFTER)
    assert {who for who, _reason, _step in look(8)} == {drafter.pk}
    assert Undeliverable.objects.get(participant=participant).mended_at == NOW + 8 * DAY
    Membership.objects.filter(user=drafter).update(ended_at=NOW + 8 * DAY)
    due_step(participant, on=NOW.date() + 10 * DAY)
    assert (desk.pk, Reason.UNDELIVERABLE, 0) in look(10)


def test_an_approvers_step_that_no_approver_is_there_to_hear_of_is_told(desk: User) -> None:
    participant = delegation(desk)
    drafter = member_of(participant, DRAFTER)
    due_step(participant)
    assert look(0) == [(drafter.pk, Reason.MILESTONE_DUE, 0)]
    assert look(14) == [(desk.pk, Reason.UNDELIVERABLE, 0)]
    assert Undeliverable.objects.get().audience == Audience.APPROVER
    member_of(participant, APPROVER)
    look(15)
    assert Undeliverable.objects.get().mended_at


def test_who_heard_and_then_left_was_there_to_hear(desk: User) -> None:
    participant = delegation(desk)
    drafter = member_of(participant, DRAFTER)
    due_step(participant, on=NOW.date() + 7 * DAY)
    assert look(0) == [(drafter.pk, Reason.MILESTONE_DUE, -7)]
    Membership.objects.filter(user=drafter).update(ended_at=NOW + DAY)
    assert [look(1), look(2), look(6)] == [[], [], []]
    assert not Undeliverable.objects.exists()
    assert look(7) == [(desk.pk, Reason.UNDELIVERABLE, 0)]  # of the next step nobody hears


@pytest.mark.parametrize("what", [{"delivery": "bounced", "delivery_at": NOW}, {"state": "failed", "sent_at": None}])
def test_who_left_before_a_message_arrived_did_not_hear(desk: User, what: dict[str, Any]) -> None:
    participant = delegation(desk)
    drafter = member_of(participant, DRAFTER)
    due_step(participant)
    look(0)
    Reminder.objects.update(**what)
    Membership.objects.filter(user=drafter).update(ended_at=NOW)
    assert look(1) == [(desk.pk, Reason.UNDELIVERABLE, 0)]


@pytest.mark.parametrize(("days", "noted"), [(6, 1), (7, 0), (60, 0)])
def test_of_what_was_reached_long_ago_it_is_not_noted(desk: User, days: int, noted: int) -> None:
    LadderStep.objects.filter(reason=Reason.MILESTONE_DUE).exclude(offset_days=0).delete()
    due_step(delegation(desk))
    assert look(days) == [(desk.pk, Reason.UNDELIVERABLE, 0)] * noted


def test_of_what_is_paused_nobody_has_to_hear(desk: User) -> None:
    participant = delegation(desk)
    staff.pause(participant=participant, until=NOW.date() + 2 * DAY, reason="Talks", by=desk, at=NOW)
    due_step(participant)
    assert [look(0), look(1)] == [[], []]
    assert look(2) == [(desk.pk, Reason.UNDELIVERABLE, 0)]


def test_it_is_true_when_it_is_sent(desk: User) -> None:
    participant = delegation(desk)
    due_step(participant)
    write_owed(at=NOW)
    member_of(participant, DRAFTER)
    reminder, items = claim_next(at=NOW)
    assert reminder
    assert (reminder.recipient, items, reminder.state) == (desk, [], State.CANCELLED)


@pytest.mark.parametrize(("days", "who"), [(0, "focal point or writer"), (14, "approver or head of mission")])
@pytest.mark.parametrize("language", MailLanguage.values)
def test_the_mail_names_the_delegation_and_whom_and_leads_to_the_queue(
    desk: User, language: str, days: int, who: str
) -> None:
    participant = delegation(desk)
    User.objects.filter(pk=desk.pk).update(language=language)
    due_step(participant, on=NOW.date() - days * DAY)
    write_owed(at=NOW)
    reminder, items = claim_next(at=NOW)
    assert reminder
    mail = message_for(reminder, items, at=NOW)
    assert str(participant.name_en) in str(mail.body)
    assert reverse("undeliverable-list") in str(mail.body)
    said = f"no {who} of {participant.name_en} can be reminded: find another address or another person."
    assert (said in " ".join(str(mail.body).split())) == (language == "en")
    assert (mail.subject == "Contact missing since 1 August") == (language == "en")
    assert len(mail.subject) <= 60


def test_the_queue_shows_it_without_a_button_that_would_mend_nothing(client: Client, desk: User) -> None:
    participant = delegation(desk)
    due_step(participant)
    look(0)
    client.force_login(desk)
    page = client.get(reverse("undeliverable-list")).content.decode()
    assert "Nobody to remind" in page
    assert str(participant) in page
    assert "It is mended" not in page
    row: Any = Undeliverable.objects.get()
    assert client.post(reverse("undeliverable-list"), {"mended": row.pk}).status_code == 404
    member_of(participant, DRAFTER)
    assert "Nobody to remind" not in client.get(reverse("undeliverable-list")).content.decode()


def test_many_delegations_without_people_cost_the_same(desk: User, django_assert_max_num_queries: Any) -> None:
    for _each in range(12):
        due_step(delegation(desk))
    with django_assert_max_num_queries(60):
        write_owed(at=NOW)
    assert Undeliverable.objects.count() == 12
    at: datetime = NOW + DAY
    assert write_owed(at=at) == 0
