"""What two people decided on a pledge stands on its timeline, for its delegation and the Secretariat alone."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test.utils import CaptureQueriesContext

from conferences.models import MembershipRole
from pledges.models import Decision, Pledge
from pledges.services import cancel, confirm, propose, refuse
from pledges.timeline import timeline
from tests.factories import (
    AnalystFactory,
    AnnouncedPledgeFactory,
    ConfirmedPartnerFactory,
    ManagerFactory,
    OfficerFactory,
    RegisteredPledgeFactory,
    member_of,
)

pytestmark = pytest.mark.django_db
NOW = datetime(2027, 5, 12, 9, tzinfo=UTC)
LATER = NOW + timedelta(hours=6)


def told(pledge: Pledge, reader: Any) -> list[tuple[str, str, str]]:
    """What the timeline says of decisions, the first on top."""
    entries = [entry for entry in timeline(pledge, reader) if entry.kind == "decision"]
    return [(entry.title, entry.text, entry.who) for entry in entries[::-1]]


def withdrawal(pledge: Pledge, by: Any) -> Decision:
    return propose("withdraw", [pledge], by=by, at=NOW, reason="The budget is cut.")


def test_proposed_refused_and_taken_back_each_with_its_reason() -> None:
    pledge, manager = AnnouncedPledgeFactory(), ManagerFactory()
    approver = member_of(pledge.participant, MembershipRole.APPROVER)
    refuse(withdrawal(pledge, approver), by=manager, at=NOW + timedelta(hours=1), reason="Name the day.")
    again = propose("withdraw", [pledge], by=approver, at=LATER, reason="From June.")
    cancel(again, by=approver, at=LATER + timedelta(hours=1))
    expected = [
        ("Proposed: withdrawal", "The budget is cut.", str(approver)),
        ("Refused: withdrawal", "Name the day.", str(manager)),
        ("Proposed: withdrawal", "From June.", str(approver)),
        ("Taken back: withdrawal", "", str(approver)),
    ]
    assert told(pledge, approver) == told(pledge, OfficerFactory()) == expected


def test_nobody_else_reads_of_it() -> None:
    pledge = AnnouncedPledgeFactory()
    partner = ConfirmedPartnerFactory(pledge=pledge)
    refuse(withdrawal(pledge, ManagerFactory()), by=ManagerFactory(), at=LATER, reason="Name the day.")
    for reader in (AnonymousUser(), AnalystFactory(), member_of(partner.participant, MembershipRole.APPROVER)):
        assert told(pledge, reader) == []


def test_notes_on_an_announcement_are_for_the_secretariat() -> None:
    ours, theirs, officer = RegisteredPledgeFactory(), RegisteredPledgeFactory(), OfficerFactory()
    decision = propose("announce", [ours, theirs], by=officer, at=NOW, reason="Before the session.")
    refuse(decision, by=ManagerFactory(), at=LATER, reason="Theirs is not ready.")
    approver = member_of(ours.participant, MembershipRole.APPROVER)
    assert [text for _title, text, _who in told(ours, approver)] == ["", ""]
    assert [text for _title, text, _who in told(ours, officer)] == ["Before the session.", "Theirs is not ready."]


def test_what_is_confirmed_for_later_says_so_and_what_was_not_carried_out_says_why() -> None:
    pledge, manager = RegisteredPledgeFactory(), ManagerFactory()
    decision = propose("announce", [pledge], by=OfficerFactory(), at=NOW, takes_effect_at=LATER)
    confirm(decision, by=manager, at=NOW + timedelta(hours=1))
    assert told(pledge, manager)[1][0] == "Confirmed: announcement, on 12 May 2027, 15:00 UTC"
    decision.items.update(ended_at=LATER, problem="It was returned.")
    assert told(pledge, manager)[2] == ("Not carried out: announcement", "It was returned.", "")


def test_any_number_of_decisions_is_one_query() -> None:
    pledge, other, manager = AnnouncedPledgeFactory(), ManagerFactory(), ManagerFactory()
    counts = []
    for times in (1, 5):
        for _n in range(times):
            refuse(withdrawal(pledge, other), by=manager, at=LATER, reason="No.")
        with CaptureQueriesContext(connection) as asked:
            timeline(pledge, other)
        counts.append(len(asked))
    assert counts[0] == counts[1]
