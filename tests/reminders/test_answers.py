"""Whether people answer: what each reminder asks for, done within a month after it went out, counts as its answer."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from conferences.models import MembershipRole
from pledges.models import Pledge, ReviewNote, StatusChange
from pledges.services.handover import hand_over, take_back
from pledges.services.joint import answer_share
from pledges.services.plans import finish
from pledges.services.readiness import cancel_request, note_arrival, renew
from pledges.services.report_links import decline_report
from reminders.answers import ANSWER_WITHIN, answers
from reminders.models import Audience, Delivery, Reason, Reminder, ReminderItem, State, Undeliverable
from tests.factories import (
    DraftPledgeFactory,
    OfficerFactory,
    PartnerFactory,
    ProgressUpdateFactory,
    ProposedReportFactory,
    RegisteredPledgeFactory,
    member_of,
)
from tests.factories.readiness import DeploymentRequestFactory, RegistrationFactory
from tests.reminders.conftest import due_step

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
Act = Callable[[], Any]
ASKING = sorted(set(Reason) - {Reason.WEEKLY_DIGEST})


def sent(reason: str, subject: int, pledge: Pledge | None, *, days_ago: int = 9) -> None:
    """Send a reminder of one thing so many days ago."""
    now, person = timezone.now(), OfficerFactory()
    reminder = Reminder.objects.create(
        recipient=person, owed_on=now.date() - days_ago * DAY, message_id=f"<{person.pk}>", state=State.SENT,
        sent_at=now - days_ago * DAY,
    )  # fmt: skip
    ReminderItem.objects.create(
        reminder=reminder, reason=reason, recipient=person, subject=subject, pledge=pledge, due_on=now.date(),
        offset_days=0, audience=Audience.FOCAL_POINT,
    )  # fmt: skip


def reported(pledge: Pledge) -> Act:
    """Return the act of reporting on a pledge."""
    return lambda: ProgressUpdateFactory(pledge=pledge, created_at=timezone.now())


def step(action: str, pledge: Pledge, by: User) -> Act:
    """Return the act of noting a step in the life of a pledge."""
    values = {"pledge": pledge, "action": action, "source": "draft", "target": "submitted", "author": by}
    return lambda: StatusChange.objects.create(**values, created_at=timezone.now())


def word_of(pledge: Pledge, by: User) -> Act:
    """Return the act of writing a word on a pledge."""
    return lambda: ReviewNote.objects.create(pledge=pledge, text="Three of them.", author=by)


def asked(reason: str) -> tuple[int, Pledge | None, list[Act]]:
    """Return the key of what a reminder of this reason speaks of, its pledge, and the acts of which each answers it."""
    pledge = RegisteredPledgeFactory(quantity=9)
    drafter = member_of(pledge.participant, MembershipRole.DRAFTER)
    now: Any = {"by": drafter, "at": timezone.now()}
    key, acts = pledge.pk, [reported(pledge)]
    if reason == Reason.MILESTONE_DUE:
        planned = due_step(pledge.participant)
        key, pledge = planned.pk, planned.pledge
        acts = [reported(pledge), lambda: finish(step=planned, by=member_of(pledge.participant), at=timezone.now())]
    elif reason == Reason.RENEWAL_DUE:
        key, acts = RegistrationFactory(pledge=pledge).pk, [lambda: renew(pledge=pledge, **now)]
    elif reason == Reason.RDL_CLOCK:
        request, officer = DeploymentRequestFactory(pledge=pledge), {"by": OfficerFactory(), "at": timezone.now()}
        key = request.pk
        acts = [lambda: note_arrival(pledge=pledge, arrived_on=request.requested_on, **officer)]
    elif reason == Reason.CLARIFICATION:
        acts = [word_of(pledge, drafter), step("submit", pledge, drafter)]
    elif reason == Reason.PARTNER_AWAITED:
        partner = PartnerFactory(pledge=pledge, share_quantity=1)
        approver = member_of(partner.participant, MembershipRole.APPROVER)
        given: Any = {"partner": partner, "by": approver, "at": timezone.now()}
        key = partner.pk
        acts = [lambda word=word: answer_share(confirmation=word, **given) for word in ("confirmed", "declined")]
    elif reason == Reason.APPROVAL_AWAITED:
        pledge = DraftPledgeFactory(participant=pledge.participant)
        key = hand_over(pledge=pledge, note="", **now).pk
        acts = [lambda: take_back(pledge=pledge, **now)]
    elif reason == Reason.WINDOW_CLOSING:
        acts = [step("submit", pledge, drafter)]
    elif reason == Reason.UNDELIVERABLE:
        row = Undeliverable.objects.create(user=drafter, address=drafter.email, kind=Delivery.BOUNCED)
        broken = Undeliverable.objects.filter(pk=row.pk)
        return row.pk, None, [lambda: broken.update(mended_at=timezone.now())]
    return key, pledge, acts


def answered() -> list[int | None]:
    """Return how many are answered, a row for each reason and step."""
    return [row.answered for row in answers(at=timezone.now())]


@pytest.mark.parametrize("reason", ASKING)
def test_what_a_reminder_asks_for_answers_it(reason: str) -> None:
    number = len(asked(reason)[2])
    for nth in range(number):
        key, pledge, acts = asked(reason)
        sent(reason, key, pledge)
        assert answered() == [nth]
        acts[nth]()
        assert answered() == [nth + 1]
        [row] = answers(at=timezone.now())
        assert row.median_days == pytest.approx(9, abs=0.01)


@pytest.mark.parametrize("reason", ASKING)
def test_what_comes_later_than_a_month_or_came_before_answers_nothing(reason: str) -> None:
    key, pledge, acts = asked(reason)
    sent(reason, key, pledge, days_ago=ANSWER_WITHIN + 1)
    acts[0]()
    sent(reason, key, pledge, days_ago=0)
    assert answered() == [0]


def test_a_cancelled_request_to_deploy_is_answered_too() -> None:
    key, pledge, _acts = asked(Reason.RDL_CLOCK)
    assert pledge
    sent(Reason.RDL_CLOCK, key, pledge)
    now = timezone.now()
    cancel_request(
        pledge=pledge, cancelled_on=now.date(), reason="The mission has another.", by=OfficerFactory(), at=now
    )
    assert answered() == [1]


def test_the_secretariats_own_word_answers_no_question_of_its_own() -> None:
    key, pledge, _acts = asked(Reason.CLARIFICATION)
    assert pledge
    sent(Reason.CLARIFICATION, key, pledge)
    word_of(pledge, OfficerFactory())()
    assert answered() == [0]


def test_an_overview_asks_nobody_for_anything() -> None:
    sent(Reason.WEEKLY_DIGEST, 1, None)
    assert answered() == [None]


def test_the_approvers_word_on_a_report_that_came_through_a_link_answers() -> None:
    report = ProposedReportFactory(link__pledge=RegisteredPledgeFactory())
    pledge = report.link.pledge
    sent(Reason.APPROVAL_AWAITED, -report.pk, pledge)
    approver = member_of(pledge.participant, MembershipRole.APPROVER)
    decline_report(report=report, by=approver, at=timezone.now())
    assert answered() == [1]


def test_each_reason_opens_its_messages(client: Client) -> None:
    key, pledge, _acts = asked(Reason.CLARIFICATION)
    sent(Reason.CLARIFICATION, key, pledge)
    sent(Reason.WEEKLY_DIGEST, 1, None)
    client.force_login(OfficerFactory())
    page = client.get(reverse("mail-overview")).content.decode()
    [address] = [link for link in re.findall(r'href="([^"]*)"', page) if "reason=clarification" in link]
    [reminder] = client.get(unescape(address)).context["page"].rows
    assert reminder.items.get().reason == Reason.CLARIFICATION
