"""Joint pledges: each partner answers for its own share, the lead's is what remains, and nothing counts twice."""

from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from conferences.models import MembershipRole
from pledges.enums import Confirmation, PartnerRole
from pledges.errors import EditConflict, Incomplete, NotAllowed, WrongStatus
from pledges.joint_history import answers_so_far
from pledges.models import Partner, Pledge
from pledges.querysets import invitations_of, places_of
from pledges.services.joint import answer_share, change_partner, invite_partner, remove_partner
from pledges.services.writing import edit_pledge
from pledges.shares import remainder, state_of
from tests.concurrency import at_once
from tests.factories import (
    AnnouncedPledgeFactory,
    CapabilityTypeFactory,
    ClosedPledgeFactory,
    ConfirmedPartnerFactory,
    DraftPledgeFactory,
    MilestoneFactory,
    OfficerFactory,
    ParticipantFactory,
    PartnerFactory,
    RegisteredPledgeFactory,
    ReturnedPledgeFactory,
    SecretariatFactory,
    SubmittedPledgeFactory,
    member_of,
)

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def shares(quantity: int | None = None, personnel: int | None = None, amount: Any = None) -> dict[str, Any]:
    return {"share_quantity": quantity, "share_personnel": personnel, "share_amount": amount}


def writer(pledge: Pledge) -> Any:
    return member_of(pledge.participant, MembershipRole.DRAFTER)


def approver(partner: Partner) -> Any:
    return member_of(partner.participant, MembershipRole.APPROVER)


def invite(pledge: Pledge, **asked: Any) -> Partner:
    asked = {"participant": ParticipantFactory(), "role": "lift", "shares": shares(1), "by": writer(pledge)} | asked
    return invite_partner(pledge=pledge, **asked)


def confirm(partner: Partner, **said: Any) -> Partner:
    said = {"confirmation": Confirmation.CONFIRMED, "by": approver(partner), "at": NOW} | said
    return answer_share(partner=partner, **said)


def left(pledge: Pledge) -> dict[str, Any]:
    return remainder(pledge, pledge.partners.all())


@pytest.mark.parametrize(
    ("change", "share"),
    [({"currency": "JPY"}, 4), ({"unit": "person"}, 4), ({"unit": "battalion"}, None), ({"capability_type": None}, 4)],
)
def test_a_partner_is_asked_again_when_what_it_confirmed_is_counted_in_something_else(
    change: dict[str, Any], share: int | None
) -> None:
    kind = CapabilityTypeFactory(unit_of_measure="person")
    pledge = DraftPledgeFactory(capability_type=kind, quantity=10, amount=9, currency="USD")
    confirmed = ConfirmedPartnerFactory(pledge=pledge, share_quantity=4, share_amount=3)
    declined = PartnerFactory(pledge=pledge, confirmation="declined", share_quantity=4)
    if "unit" in change:
        change = {"capability_type": CapabilityTypeFactory(unit_of_measure=change["unit"])}
    pledge.refresh_from_db()
    edit_pledge(pledge=pledge, content=change, version=pledge.version, by=writer(pledge), at=NOW)
    confirmed.refresh_from_db()
    assert (confirmed.confirmation, confirmed.confirmed_at, confirmed.invited_at) == ("awaited", None, NOW)
    assert (confirmed.share_quantity, confirmed.share_amount) == (share, 3)
    declined.refresh_from_db()
    assert (declined.confirmation, declined.share_quantity) == ("declined", 4)
    assert not Pledge.objects.visible_to(approver(confirmed)).filter(pk=pledge.pk).exists()
    assert invitations_of(approver(confirmed)).get() == confirmed


def test_what_was_not_said_when_a_partner_confirmed_may_be_added() -> None:
    pledge = DraftPledgeFactory(capability_type=None, quantity=None)
    partner = ConfirmedPartnerFactory(pledge=pledge, share_quantity=None)
    pledge.refresh_from_db()
    content = {"title": "Other", "amount": 9, "currency": "USD", "capability_type": CapabilityTypeFactory()}
    edit_pledge(pledge=pledge, content=content, version=pledge.version, by=writer(pledge), at=NOW)
    partner.refresh_from_db()
    assert partner.confirmation == "confirmed"


def test_the_share_of_the_lead_is_what_the_partners_leave() -> None:
    pledge = DraftPledgeFactory(quantity=4, personnel=100, amount=Decimal("1000.50"), currency="USD")
    invite(pledge, shares=shares(1, 30, Decimal("0.50")))
    PartnerFactory(pledge=pledge, share_quantity=3, confirmation="declined")
    assert left(pledge) == shares(3, 70, Decimal("1000.00"))
    assert left(DraftPledgeFactory(quantity=None)) == shares()


def test_an_invitation_waits_for_its_answer() -> None:
    partner = invite(DraftPledgeFactory(), role=PartnerRole.OPERATOR, shares=shares(2))
    partner.refresh_from_db()
    assert (partner.confirmation, partner.role, partner.share_quantity) == ("awaited", "operator", 2)


def test_an_invitation_sent_twice_is_one() -> None:
    pledge = DraftPledgeFactory()
    asked = {"participant": ParticipantFactory(), "by": writer(pledge)}
    assert invite(pledge, **asked) == invite(pledge, **asked)
    with pytest.raises(Incomplete) as refusal:
        invite(pledge, **asked, shares=shares(2))
    assert list(refusal.value.fields) == ["participant"]
    assert pledge.partners.count() == 1


def test_who_declined_can_be_asked_again() -> None:
    declined = PartnerFactory(pledge=DraftPledgeFactory(), share_quantity=4, confirmation="declined")
    again = invite(declined.pledge, participant=declined.participant, shares=shares(2))
    assert (again.pk, again.confirmation, again.share_quantity) == (declined.pk, "awaited", 2)


@pytest.mark.parametrize(("asked", "field"), [(shares(4), "share_quantity"), (shares(None, 1), "share_personnel")])
def test_more_than_is_left_is_refused_at_its_field(asked: dict[str, Any], field: str) -> None:
    pledge = DraftPledgeFactory(quantity=4)
    PartnerFactory(pledge=pledge, share_quantity=1)
    with pytest.raises(Incomplete) as refusal:
        invite(pledge, shares=asked)
    assert list(refusal.value.fields) == [field]
    assert ("3" in refusal.value.fields[field]) == (field == "share_quantity")
    assert pledge.partners.count() == 1


def test_neither_the_lead_nor_the_secretariat_is_a_partner() -> None:
    pledge = DraftPledgeFactory()
    for participant in (pledge.participant, SecretariatFactory()):
        with pytest.raises(Incomplete):
            invite(pledge, participant=participant)


@pytest.mark.parametrize("factory", [DraftPledgeFactory, ReturnedPledgeFactory, SubmittedPledgeFactory])
def test_until_registration_the_writers_of_the_lead_change_partners(factory: Any) -> None:
    pledge = factory()
    partner = invite(pledge)
    assert change_partner(partner=partner, role="lift", shares=shares(3), by=writer(pledge)).share_quantity == 3
    for other in (OfficerFactory(), approver(partner), member_of(pledge.participant, MembershipRole.VIEWER)):
        with pytest.raises(NotAllowed):
            invite(pledge, by=other)
        with pytest.raises(NotAllowed):
            remove_partner(partner=partner, by=other)
    remove_partner(partner=partner, by=writer(pledge))
    assert not pledge.partners.exists()


@pytest.mark.parametrize("factory", [RegisteredPledgeFactory, AnnouncedPledgeFactory])
def test_after_registration_the_officers_do(factory: Any) -> None:
    pledge = factory()
    with pytest.raises(WrongStatus):
        invite(pledge)
    partner = invite(pledge, by=OfficerFactory())
    with pytest.raises(WrongStatus):
        change_partner(partner=partner, role="lift", shares=shares(2), by=writer(pledge))
    with pytest.raises(NotAllowed):
        remove_partner(partner=partner, by=approver(partner))


def test_nobody_changes_the_partners_of_a_closed_pledge() -> None:
    partner = ConfirmedPartnerFactory(pledge=ClosedPledgeFactory())
    for person in (writer(partner.pledge), OfficerFactory()):
        with pytest.raises(WrongStatus):
            remove_partner(partner=partner, by=person)
    with pytest.raises(WrongStatus):
        confirm(partner, shares=shares(2))


def test_a_partner_named_in_the_plan_stays() -> None:
    partner = PartnerFactory()
    MilestoneFactory(pledge=partner.pledge, partner=partner)
    with pytest.raises(WrongStatus):
        remove_partner(partner=partner, by=OfficerFactory())


def test_only_an_approver_of_the_partner_answers() -> None:
    partner = PartnerFactory(pledge=DraftPledgeFactory())
    people = [
        writer(partner.pledge),
        member_of(partner.pledge.participant, MembershipRole.APPROVER),
        member_of(partner.participant, MembershipRole.DRAFTER),
        OfficerFactory(),
    ]
    for person in people:
        with pytest.raises(NotAllowed):
            confirm(partner, by=person)
    assert confirm(partner).confirmed_at == NOW


def test_a_partner_confirms_a_share_of_its_own() -> None:
    partner = PartnerFactory(pledge=DraftPledgeFactory(quantity=4), share_quantity=1)
    confirmed = confirm(partner, shares=shares(3))
    assert (confirmed.confirmation, confirmed.share_quantity, left(partner.pledge)["share_quantity"]) == (
        "confirmed",
        3,
        1,
    )
    with pytest.raises(Incomplete) as refusal:
        confirm(partner, shares=shares(5))
    assert "4" in refusal.value.fields["share_quantity"]


def test_a_partner_declines_and_its_share_is_free() -> None:
    partner = PartnerFactory(pledge=DraftPledgeFactory(quantity=4), share_quantity=4)
    declined = confirm(partner, confirmation=Confirmation.DECLINED, shares=shares(99), note="No unit is free.")
    assert (declined.confirmation, declined.confirmed_at, declined.share_quantity) == ("declined", None, 4)
    assert left(partner.pledge)["share_quantity"] == 4
    assert confirm(partner, confirmation=Confirmation.DECLINED).confirmation == "declined"  # a second click
    with pytest.raises(WrongStatus):
        confirm(partner)


def test_a_confirmation_holds_for_the_terms_on_which_it_was_given() -> None:
    partner = ConfirmedPartnerFactory(pledge=DraftPledgeFactory())
    same = change_partner(partner=partner, role=partner.role, shares=shares(1), by=writer(partner.pledge))
    assert same.confirmation == "confirmed"
    changed = change_partner(partner=partner, role=partner.role, shares=shares(2), by=writer(partner.pledge))
    assert (changed.confirmation, changed.confirmed_at) == ("awaited", None)


def test_a_registered_pledge_still_takes_awaited_answers_but_no_second_ones() -> None:
    awaited, confirmed = PartnerFactory(), ConfirmedPartnerFactory()
    assert confirm(awaited).confirmation == "confirmed"
    with pytest.raises(WrongStatus):
        confirm(confirmed, shares=shares(2))


def test_nobody_overwrites_what_another_changed_meanwhile() -> None:
    partner = PartnerFactory(pledge=DraftPledgeFactory())
    read = state_of(partner)
    change_partner(partner=partner, role="lift", shares=shares(2), by=writer(partner.pledge), expected=read)
    with pytest.raises(EditConflict):
        change_partner(partner=partner, role="funder", shares=shares(3), by=writer(partner.pledge), expected=read)
    with pytest.raises(EditConflict):
        confirm(partner, expected=read)
    with pytest.raises(EditConflict):
        remove_partner(partner=partner, by=writer(partner.pledge), expected=read)
    partner.refresh_from_db()
    assert (partner.role, partner.share_quantity, partner.confirmation) == ("lift", 2, "awaited")


@pytest.mark.django_db(transaction=True)
def test_of_two_that_want_the_last_unit_at_once_one_gets_it() -> None:
    pledge = DraftPledgeFactory(quantity=4)
    by = writer(pledge)
    calls = [partial(invite, pledge, participant=ParticipantFactory(), shares=shares(3), by=by) for _ in range(2)]
    first, second = at_once(pledge, calls)
    assert isinstance(first, Partner)
    assert isinstance(second, Incomplete)
    assert left(pledge)["share_quantity"] == 1


@pytest.mark.django_db(transaction=True)
def test_of_a_change_by_the_lead_and_an_answer_at_once_the_second_is_told() -> None:
    partner = PartnerFactory(pledge=DraftPledgeFactory())
    read, lead, theirs = state_of(partner), writer(partner.pledge), approver(partner)
    changed, refused = at_once(
        partner.pledge,
        [
            partial(change_partner, partner=partner, role="lift", shares=shares(3), by=lead, expected=read),
            partial(confirm, partner, by=theirs, expected=read),
        ],
    )
    assert changed.share_quantity == 3
    assert isinstance(refused, EditConflict)


def test_a_pledge_does_not_shrink_below_the_shares_of_its_partners() -> None:
    pledge = PartnerFactory(pledge=DraftPledgeFactory(quantity=4), share_quantity=3).pledge
    pledge.refresh_from_db()
    for quantity in (2, None):
        with pytest.raises(Incomplete) as refusal:
            edit_pledge(
                pledge=pledge, content={"quantity": quantity}, version=pledge.version, by=writer(pledge), at=NOW
            )
        assert list(refusal.value.fields) == ["quantity"]


def test_an_invited_delegation_sees_its_invitation_and_the_pledge_only_once_it_has_confirmed() -> None:
    partner = PartnerFactory(pledge=DraftPledgeFactory())
    viewer = member_of(partner.participant, MembershipRole.VIEWER)
    assert partner in invitations_of(viewer)
    assert not Pledge.objects.visible_to(viewer).exists()
    confirm(partner)
    assert partner.pledge in Pledge.objects.visible_to(viewer)
    assert not invitations_of(writer(partner.pledge)).exists()


def test_who_declined_reads_the_invitation_no_more() -> None:
    partner = PartnerFactory(pledge=DraftPledgeFactory())
    viewer = member_of(partner.participant, MembershipRole.VIEWER)
    confirm(partner, confirmation=Confirmation.DECLINED)
    assert not invitations_of(viewer).exists()
    assert partner in places_of(viewer), "that it was asked and said no stays its own"


def test_only_confirmed_partners_are_found_by_others() -> None:
    pledge = AnnouncedPledgeFactory()
    awaited, confirmed = PartnerFactory(pledge=pledge), ConfirmedPartnerFactory(pledge=pledge)
    alone = PartnerFactory(pledge=AnnouncedPledgeFactory()).pledge
    assert list(Pledge.objects.with_partner([confirmed.participant_id])) == [pledge]
    assert not Pledge.objects.with_partner([awaited.participant_id]).exists()
    assert alone not in Pledge.objects.joint()


def test_the_history_tells_who_was_asked_and_what_each_answered() -> None:
    pledge = DraftPledgeFactory()
    lead = writer(pledge)
    partner = invite(pledge, by=lead)
    confirm(partner, shares=shares(2))
    change_partner(partner=partner, role="funder", shares=shares(2), by=lead)
    confirm(partner, confirmation=Confirmation.DECLINED, note="No unit is free.")
    remove_partner(partner=partner, by=lead)
    invite(DraftPledgeFactory())
    name = str(partner.participant)
    assert [(event.what.replace(name, "X"), event.who, event.note) for event in answers_so_far(pledge)] == [
        ("X was taken off the pledge", lead.username, ""),
        ("X declined", name, "No unit is free."),
        ("The terms of X were changed", lead.username, ""),
        ("X changed its share and confirmed it", name, ""),
        ("X was invited", lead.username, ""),
    ]
