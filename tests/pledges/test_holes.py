"""Ways round a rule that somebody found by reading, each closed."""

from datetime import UTC, datetime

import pytest

from pledges.enums import Confirmation
from pledges.errors import Incomplete, NeedsSecondPerson, WrongStatus
from pledges.models import Pledge
from pledges.services import confirm, propose
from pledges.services.joint import answer_share, remove_partner
from pledges.services.review import merge_duplicates
from pledges.transitions import apply_transition
from tests.factories import (
    AnnouncedPledgeFactory,
    ConfirmedPartnerFactory,
    DraftPledgeFactory,
    LineageFactory,
    ManagerFactory,
    OfficerFactory,
    PartnerFactory,
    RegisteredPledgeFactory,
    SubmittedPledgeFactory,
    member_of,
)

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)


def test_an_invited_delegation_learns_no_number_from_a_refusal() -> None:
    partner = PartnerFactory(pledge=DraftPledgeFactory(quantity=850))
    by = member_of(partner.participant, "approver")
    with pytest.raises(Incomplete) as refusal:
        answer_share(
            partner=partner, confirmation=Confirmation.CONFIRMED, shares={"share_quantity": 999}, by=by, at=NOW
        )
    assert "850" not in refusal.value.fields["share_quantity"]


def test_shares_that_change_under_review_make_the_officers_page_old() -> None:
    partner = ConfirmedPartnerFactory(pledge=SubmittedPledgeFactory())
    read = Pledge.objects.get(pk=partner.pledge_id).version
    remove_partner(partner=partner, by=member_of(partner.pledge.participant, "drafter"))
    assert Pledge.objects.get(pk=partner.pledge_id).version == read + 1


def test_the_note_between_the_two_people_stays_between_them() -> None:
    pledge = RegisteredPledgeFactory()
    decision = propose("announce", [pledge], by=OfficerFactory(), at=NOW, reason="They still ask to lower it.")
    confirm(decision, by=ManagerFactory(), at=NOW)
    assert [change.reason for change in pledge.status_changes.all()] == [""]


def test_a_second_account_is_no_second_person() -> None:
    pledge, manager = AnnouncedPledgeFactory(), ManagerFactory(email="one@pledges.example")
    approver = member_of(pledge.participant, "approver")
    type(approver).objects.filter(pk=approver.pk).update(email="One@pledges.example")
    approver.refresh_from_db()
    with pytest.raises(NeedsSecondPerson):
        apply_transition("withdraw", pledge=pledge, by=manager, proposed_by=approver, at=NOW, reason="Over.")


def test_nobody_closes_a_pledge_as_superseded_by_nothing() -> None:
    pledge = AnnouncedPledgeFactory()
    with pytest.raises(Incomplete):
        apply_transition("close", pledge=pledge, by=OfficerFactory(), at=NOW, reason="Over.", outcome="superseded")


def test_what_everyone_sees_is_not_merged_into_what_is_hidden() -> None:
    announced = AnnouncedPledgeFactory()
    hidden = RegisteredPledgeFactory(participant=announced.participant)
    with pytest.raises(WrongStatus, match="Everyone sees"):
        merge_duplicates(keep=hidden, drop=announced, reason="The same.", by=OfficerFactory(), at=NOW)


def test_the_ends_of_a_chain_can_be_merged() -> None:
    first = AnnouncedPledgeFactory()
    same = {"participant": first.participant}
    middle, last = AnnouncedPledgeFactory(**same), RegisteredPledgeFactory(**same)
    LineageFactory(earlier=first, later=middle)
    LineageFactory(earlier=middle, later=last)
    merged = merge_duplicates(keep=first, drop=last, reason="The same.", by=OfficerFactory(), at=NOW)
    assert merged.outcome == "superseded"
    assert set(Pledge.objects.counted(among=Pledge.objects.all())) == {middle}
