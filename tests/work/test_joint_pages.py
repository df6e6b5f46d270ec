"""The pages of joint pledges: the lead's page of its partners, and the page on which a partner answers."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from conferences.models import MembershipRole
from pledges.models import Partner, Pledge
from tests.factories import (
    AnnouncedPledgeFactory,
    ConfirmedPartnerFactory,
    DraftPledgeFactory,
    OfficerFactory,
    ParticipantFactory,
    PartnerFactory,
    RegisteredPledgeFactory,
    member_of,
)
from tests.work.conftest import People

pytestmark = pytest.mark.django_db
SignedIn = Callable[[User | None], Client]


def partners_url(pledge: Pledge) -> str:
    return reverse("pledge-partners", args=[pledge.reference])


def partner_url(partner: Partner) -> str:
    return reverse("partner-edit", args=[partner.pledge.reference, partner.participant_id])


def invitation_url(partner: Partner) -> str:
    return reverse("pledge-invitation", args=[partner.pledge.reference, partner.participant_id])


def sent(client: Client, url: str, **values: Any) -> Any:
    """Send a form as the page shows it, some values changed."""
    form = client.get(url).context["form"]
    shown = {bound.name: bound.value() for bound in form}
    return client.post(url, {name: "" if value is None else value for name, value in (shown | values).items()})


@pytest.fixture
def draft(people: People) -> Pledge:
    return DraftPledgeFactory(
        participant=people.delegation, title="Two hospitals", description="Kept inside.", quantity=4, personnel=80
    )


@pytest.fixture
def partner(draft: Pledge) -> Partner:
    return PartnerFactory(pledge=draft, share_quantity=1)


@pytest.fixture
def their_approver(partner: Partner) -> User:
    return member_of(partner.participant, MembershipRole.APPROVER)


def test_the_lead_invites_a_partner(people: People, draft: Pledge, signed_in: SignedIn) -> None:
    other = ParticipantFactory()
    answer = sent(
        signed_in(people.drafter), partners_url(draft), participant=other.pk, role="operator", share_quantity="1"
    )
    assert answer["Location"] == partners_url(draft)
    assert draft.partners.get().confirmation == "awaited"
    text = signed_in(people.drafter).get(partners_url(draft)).content.decode()
    assert str(other) in text
    assert "Confirmation awaited" in text


def test_a_share_too_large_is_said_at_its_field_and_nothing_typed_is_lost(
    people: People, draft: Pledge, signed_in: SignedIn
) -> None:
    other = ParticipantFactory()
    answer = sent(
        signed_in(people.drafter), partners_url(draft), participant=other.pk, role="lift", share_quantity="1 200"
    )
    assert answer.context["form"].errors["share_quantity"] == ["Enter a number no higher than what is left: 4."]
    assert 'value="1 200"' in answer.content.decode()
    assert not draft.partners.exists()


def test_the_form_asks_only_for_shares_of_what_the_pledge_states(
    people: People, draft: Pledge, signed_in: SignedIn
) -> None:
    fields = signed_in(people.drafter).get(partners_url(draft)).context["form"].fields
    assert "share_amount" not in fields
    assert "At most 80 (persons)." in fields["share_personnel"].help_text


def test_the_lead_changes_and_removes_a_partner(people: People, partner: Partner, signed_in: SignedIn) -> None:
    client = signed_in(people.drafter)
    sent(client, partner_url(partner), share_quantity="2", role="funder")
    partner.refresh_from_db()
    assert (partner.share_quantity, partner.role) == (2, "funder")
    sent(client, partner_url(partner), remove="1", role="", share_quantity="a few")
    assert not partner.pledge.partners.exists()
    assert client.post(partner_url(partner), {"remove": "1"}).status_code == 404


def test_a_change_from_an_old_page_is_shown_again_with_both(
    people: People, partner: Partner, signed_in: SignedIn
) -> None:
    client, url = signed_in(people.drafter), partner_url(partner)
    form = client.get(url).context["form"]
    Partner.objects.filter(pk=partner.pk).update(share_quantity=3)
    typed = {"state": form["state"].value(), "role": "lift", "share_quantity": "2"}
    answer = client.post(url, typed)
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "Somebody else changed this share" in text
    assert 'value="2"' in text
    partner.refresh_from_db()
    assert partner.share_quantity == 3
    again = answer.context["form"]
    assert client.post(url, typed | {"state": again["state"].value()}).status_code == 302
    partner.refresh_from_db()
    assert partner.share_quantity == 2


def test_who_declined_is_invited_again(people: People, draft: Pledge, signed_in: SignedIn) -> None:
    declined = PartnerFactory(pledge=draft, confirmation="declined")
    sent(signed_in(people.drafter), partner_url(declined), share_quantity="2")
    declined.refresh_from_db()
    assert (declined.confirmation, declined.share_quantity) == ("awaited", 2)


def test_an_invitation_tells_what_is_asked_and_no_more(
    partner: Partner, their_approver: User, signed_in: SignedIn
) -> None:
    other = ConfirmedPartnerFactory(pledge=partner.pledge, share_quantity=2)
    client = signed_in(their_approver)
    text = client.get(invitation_url(partner)).content.decode()
    assert "Two hospitals" in text
    assert str(partner.pledge.participant) in text
    for hidden in ("Kept inside.", str(other.participant), partner.pledge.get_absolute_url()):
        assert hidden not in text
    assert client.get(partner.pledge.get_absolute_url()).status_code == 404
    assert client.get(partners_url(partner.pledge)).status_code == 404


def test_a_partner_confirms_and_then_sees_the_pledge(
    partner: Partner, their_approver: User, signed_in: SignedIn
) -> None:
    client = signed_in(their_approver)
    answer = sent(client, invitation_url(partner), share_quantity="2")
    assert answer["Location"] == partner.pledge.get_absolute_url()
    assert client.get(answer["Location"]).status_code == 200
    partner.refresh_from_db()
    assert (partner.confirmation, partner.share_quantity) == ("confirmed", 2)


def test_the_lead_sees_what_the_partner_changed(
    people: People, partner: Partner, their_approver: User, signed_in: SignedIn
) -> None:
    sent(signed_in(their_approver), invitation_url(partner), share_quantity="2", note="We can do more.")
    text = signed_in(people.drafter).get(partners_url(partner.pledge)).content.decode()
    assert f"{partner.participant} changed its share and confirmed it" in text
    assert "We can do more." in text


def test_a_partner_declines_and_is_out(partner: Partner, their_approver: User, signed_in: SignedIn) -> None:
    client, url = signed_in(their_approver), invitation_url(partner)
    assert sent(client, url, decline="1", share_quantity="a few", note="No.")["Location"] == "/work/"
    partner.refresh_from_db()
    assert partner.confirmation == "declined"
    for answer in (client.get(url), client.post(url, {"decline": "1"})):  # looking again, and a second click
        assert answer["Location"] == "/work/"
        assert b"Two hospitals" not in answer.content


def test_only_approvers_answer_and_others_of_the_delegation_read(partner: Partner, signed_in: SignedIn) -> None:
    drafter = member_of(partner.participant, MembershipRole.DRAFTER)
    client = signed_in(drafter)
    answer = client.get(invitation_url(partner))
    assert "An approver of your delegation answers this." in answer.content.decode()
    assert client.post(invitation_url(partner), {"share_quantity": "1"}).status_code == 403
    partner.refresh_from_db()
    assert partner.confirmation == "awaited"


@pytest.mark.parametrize("name", ["drafter", "approver", "other_approver", "officer", "manager", "analyst"])
def test_nobody_else_finds_the_invitation(people: People, partner: Partner, signed_in: SignedIn, name: str) -> None:
    assert signed_in(getattr(people, name)).get(invitation_url(partner)).status_code == 404


def test_a_partner_sends_no_columns_that_it_was_not_asked_for(
    partner: Partner, their_approver: User, signed_in: SignedIn
) -> None:
    sent(signed_in(their_approver), invitation_url(partner), role="recipient", participant="XAA", pledge="1")
    stored = Partner.objects.get(pk=partner.pk)
    assert (stored.role, stored.participant_id, stored.pledge_id) == (
        partner.role,
        partner.participant_id,
        partner.pledge_id,
    )


def test_after_registration_the_lead_reads_and_an_officer_changes(people: People, signed_in: SignedIn) -> None:
    partner = PartnerFactory(pledge=RegisteredPledgeFactory(participant=people.delegation))
    page = signed_in(people.approver).get(partners_url(partner.pledge))
    assert partner_url(partner) not in page.content.decode()
    assert signed_in(people.approver).get(partner_url(partner))["Location"] == partners_url(partner.pledge)
    sent(signed_in(people.officer), partner_url(partner), share_quantity="3")
    partner.refresh_from_db()
    assert partner.share_quantity == 3


def test_the_working_page_of_an_announced_pledge_is_refused_to_its_partners(signed_in: SignedIn) -> None:
    partner = ConfirmedPartnerFactory(pledge=AnnouncedPledgeFactory())
    client = signed_in(member_of(partner.participant, MembershipRole.APPROVER))
    assert client.get(partners_url(partner.pledge)).status_code == 403
    assert client.get(invitation_url(partner)).status_code == 200


def test_the_page_of_partners_takes_the_same_queries_for_one_and_for_fifty(
    people: People, partner: Partner, signed_in: SignedIn
) -> None:
    client = signed_in(people.drafter)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(partners_url(partner.pledge)).status_code == 200
        return len(captured)

    few = queries()
    PartnerFactory.create_batch(49, pledge=partner.pledge, share_quantity=None)
    assert queries() == few


def test_an_officer_sees_the_partners_of_every_pledge(partner: Partner, signed_in: SignedIn) -> None:
    page = signed_in(OfficerFactory()).get(partners_url(partner.pledge))
    assert str(partner.participant) in page.content.decode()
