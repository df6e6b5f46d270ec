"""The timeline of a pledge tells the Secretariat who was reminded, each delegation of its own people, nobody else."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conferences.models import Membership, MembershipRole
from pledges.enums import Confirmation
from pledges.models import Partner, Pledge
from pledges.timeline import timeline
from reminders.models import Audience, Reason, Reminder, ReminderItem, State
from tests.factories import (
    AnalystFactory,
    AnnouncedPledgeFactory,
    ConfirmedPartnerFactory,
    ManagerFactory,
    MembershipFactory,
    OfficerFactory,
    ParticipantFactory,
    PartnerFactory,
    UserFactory,
    member_of,
)
from tests.reminders.conftest import TODAY

pytestmark = pytest.mark.django_db


def reminded(pledge: Pledge, person: Any, *, state: str = State.SENT, audience: Audience = Audience.FOCAL_POINT) -> str:
    """Write that a person was reminded of a report on a pledge, and return how its timeline says it."""
    reminder = Reminder.objects.create(
        recipient=person, owed_on=TODAY, message_id=f"<{person.pk}@pledges.example>", state=state,
        sent_at=timezone.now() if state == State.SENT else None,
    )  # fmt: skip
    ReminderItem.objects.create(
        reminder=reminder, reason=Reason.REPORT_DUE, recipient=person, subject=pledge.pk, pledge=pledge,
        due_on=TODAY, offset_days=0, audience=audience,
    )  # fmt: skip
    return f"Reminder to {person}: A report is due"


def mails(pledge: Pledge, reader: Any) -> set[str]:
    """Return what a reader's timeline says of reminders."""
    return {entry.title for entry in timeline(pledge, reader) if entry.kind == "mail"}


def test_own_people_and_the_secretariat_see_who_was_reminded() -> None:
    pledge = AnnouncedPledgeFactory()
    drafter, approver = (
        member_of(pledge.participant, role) for role in (MembershipRole.DRAFTER, MembershipRole.APPROVER)
    )
    officer, stranger = OfficerFactory(), member_of(AnnouncedPledgeFactory().participant, MembershipRole.DRAFTER)
    to_drafter, to_officer = reminded(pledge, drafter), reminded(pledge, officer, audience=Audience.DESK_OFFICER)
    reminded(pledge, approver, state=State.OWED)
    assert mails(pledge, approver) == {to_drafter}
    assert mails(pledge, officer) == {to_drafter, to_officer}
    assert mails(pledge, stranger) == mails(pledge, AnonymousUser()) == mails(pledge, AnalystFactory()) == set()


def test_of_a_joint_pledge_each_delegation_reads_of_its_own_people_alone() -> None:
    share = ConfirmedPartnerFactory(pledge=AnnouncedPledgeFactory())
    pledge = share.pledge
    invited = PartnerFactory(pledge=pledge)
    lead, partner, asked = (
        member_of(part, MembershipRole.APPROVER)
        for part in (pledge.participant, share.participant, invited.participant)
    )
    to_lead, to_partner, to_asked = (reminded(pledge, person) for person in (lead, partner, asked))
    assert mails(pledge, lead) == {to_lead}
    assert mails(pledge, partner) == {to_partner}
    assert mails(pledge, asked) == set(), "it does not take part yet"
    assert mails(pledge, OfficerFactory()) == {to_lead, to_partner, to_asked}
    Partner.objects.filter(pk=share.pk).update(confirmation=Confirmation.DECLINED, confirmed_at=None)
    assert mails(pledge, partner) == set(), "it takes part no more"


def test_who_sits_in_two_delegations_reads_nothing_of_a_third() -> None:
    share = ConfirmedPartnerFactory(pledge=AnnouncedPledgeFactory())
    lead, partner = (member_of(part) for part in (share.pledge.participant, share.participant))
    elsewhere = ParticipantFactory()
    for person in (lead, partner):
        MembershipFactory(participant=elsewhere, user=person)
    to_lead = reminded(share.pledge, lead)
    reminded(share.pledge, partner)
    assert mails(share.pledge, lead) == {to_lead}, "that both sit elsewhere together tells nothing of this pledge"


def test_a_co_chairs_coordinator_is_named_to_the_secretariat_alone() -> None:
    pledge = AnnouncedPledgeFactory()
    coordinator = member_of(pledge.participant, MembershipRole.CO_CHAIR)
    own = member_of(pledge.participant)
    told = {reminded(pledge, person, audience=Audience.COORDINATOR) for person in (coordinator, own)}
    assert mails(pledge, own) == set()
    assert mails(pledge, ManagerFactory()) == told


def test_who_was_of_the_delegation_when_the_reminder_went_out_counts() -> None:
    pledge = AnnouncedPledgeFactory()
    gone, reader, newcomer = member_of(pledge.participant), member_of(pledge.participant), UserFactory()
    to_gone = reminded(pledge, gone)
    reminded(pledge, newcomer)
    Membership.objects.filter(user=gone).update(ended_at=timezone.now())
    MembershipFactory(participant=pledge.participant, user=newcomer, started_at=timezone.now())
    assert mails(pledge, reader) == {to_gone}


def test_any_number_of_reminders_is_one_query() -> None:
    share = ConfirmedPartnerFactory(pledge=AnnouncedPledgeFactory())
    for delegation in (share.pledge.participant, share.participant):
        reader, counts = member_of(delegation), []
        for _n in range(3):
            reminded(share.pledge, member_of(delegation))
            with CaptureQueriesContext(connection) as asked:
                assert mails(share.pledge, reader)
            counts.append(len([one for one in asked if "reminders_" in one["sql"]]))
        assert counts == [1, 1, 1]
