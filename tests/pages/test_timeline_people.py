"""The timeline names people with the role in which they acted, for insiders alone, at the same cost for any number."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.history import acting
from conferences.models import MembershipRole, Participant
from pledges.models import MilestoneReopening, Pledge, ReviewNote
from pledges.services import edit_pledge
from pledges.transitions import apply_transition
from tests.factories import (
    AnnouncedPledgeFactory,
    AssessmentFactory,
    DraftPledgeFactory,
    ManagerFactory,
    MembershipFactory,
    MilestoneFactory,
    OfficerFactory,
    ParticipantFactory,
    ProgressUpdateFactory,
    UserFactory,
    member_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def ghana() -> Participant:
    return ParticipantFactory(name_en="Ghana")


def signatures(pledge: Pledge, reader: Any, kind: str) -> list[str]:
    """Who signed the entries of a kind, the latest first, without the hour."""
    browser = Client()
    if reader:
        browser.force_login(reader)
    entries = browser.get(f"{pledge.get_absolute_url()}?show={kind}").context["entries"]
    return [entry["by"].rpartition(", ")[0].rpartition(", ")[0] or entry["by"] for entry in entries]


def test_a_step_of_two_people_names_both_in_their_roles(ghana: Participant) -> None:
    pledge = AnnouncedPledgeFactory(participant=ghana)
    approver = member_of(ghana, MembershipRole.APPROVER, first_name="Ama")
    manager, now = ManagerFactory(first_name="Olga"), timezone.now()
    apply_transition("withdraw", pledge=pledge, by=manager, proposed_by=approver, at=now, reason="The budget is cut.")
    both = "proposed by Ama (Approver, Ghana), confirmed by Olga (Secretariat manager)"
    assert signatures(pledge, approver, "step") == [both]


def test_notes_edits_reports_and_findings_name_the_role(ghana: Participant) -> None:
    drafter, officer = member_of(ghana, MembershipRole.DRAFTER, first_name="Kofi"), OfficerFactory(first_name="Olga")
    draft = DraftPledgeFactory(participant=ghana)
    edit_pledge(pledge=draft, content={"title": "Two"}, version=draft.version, by=drafter, at=timezone.now())
    ReviewNote.objects.create(pledge=draft, author=officer, text="Which unit?")
    assert signatures(draft, officer, "edit") == ["Kofi (Drafter, Ghana)"]
    assert signatures(draft, drafter, "note") == ["Olga (Secretariat officer)"]
    pledge = AnnouncedPledgeFactory(participant=ghana)
    ProgressUpdateFactory(pledge=pledge, author=drafter, source_url="")
    AssessmentFactory(pledge=pledge, author=officer, source_url="")
    assert signatures(pledge, officer, "report") == ["Kofi (Drafter, Ghana)"]
    assert signatures(pledge, drafter, "assessment") == ["Olga (Secretariat officer)"]
    for reader in (None, member_of(ParticipantFactory(), MembershipRole.APPROVER)):
        assert signatures(pledge, reader, "report")[0].startswith("Ghana")
        assert signatures(pledge, reader, "assessment")[0].startswith("UN Secretariat")


def test_the_role_is_that_of_the_day(ghana: Participant) -> None:
    person, now = UserFactory(first_name="Ama"), timezone.now()
    for role, begins, ends in (("drafter", 20, 10), ("approver", 10, 0)):
        MembershipFactory(
            user=person, participant=ghana, role=role, started_at=now - timedelta(days=begins),
            ended_at=now - timedelta(days=ends) if ends else None,
        )  # fmt: skip
    MembershipFactory(
        user=person, participant=ParticipantFactory(), role="co_chair", started_at=now - timedelta(days=90)
    )
    pledge = DraftPledgeFactory(participant=ghana)
    for days in (15, 1):
        ReviewNote.objects.create(pledge=pledge, author=person, text="Here.", created_at=now - timedelta(days=days))
    assert signatures(pledge, person, "note") == ["Ama (Approver, Ghana)", "Ama (Drafter, Ghana)"]


def test_a_partner_reads_no_name_at_a_step_opened_again(ghana: Participant) -> None:
    pledge = AnnouncedPledgeFactory(participant=ghana)
    step, officer = MilestoneFactory(pledge=pledge), OfficerFactory(first_name="Olga")
    day = step.due_on
    MilestoneReopening.objects.create(
        milestone=step, done_before=day, due_before=day, due_after=day, reason="Not yet.", author=officer
    )
    assert signatures(pledge, member_of(ghana, MembershipRole.VIEWER), "plan") == ["Olga (Secretariat officer)"]


def test_any_number_of_people_takes_as_many_queries(ghana: Participant) -> None:
    pledge, reader = DraftPledgeFactory(participant=ghana), member_of(ghana, MembershipRole.VIEWER)
    browser, counts = Client(), []
    browser.force_login(reader)
    for people in (1, 8):
        for _n in range(people):
            by = member_of(ghana, MembershipRole.DRAFTER)
            ReviewNote.objects.create(pledge=pledge, author=by, text="Here.")
            with acting(by, "edit"):
                Pledge.objects.filter(pk=pledge.pk).update(title=f"Title {by.pk}", version=pledge.version + by.pk)
        with CaptureQueriesContext(connection) as asked:
            browser.get(pledge.get_absolute_url())
        counts.append(len(asked))
    assert counts[0] == counts[1]
