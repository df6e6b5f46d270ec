"""The lead's work page tells when a partner declined or changed its share, until the lead acted on it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.history import acting
from conferences.models import MembershipRole
from pledges.enums import Confirmation, ReportedState
from pledges.models import Partner, Pledge
from pledges.partner_answers import DAYS, news_for
from pledges.services.following import report_progress
from pledges.services.joint import answer_share, change_partner, invite_partner
from tests.factories import (
    AnnouncedPledgeFactory,
    DraftPledgeFactory,
    OfficerFactory,
    PartnerFactory,
    RegisteredPledgeFactory,
    SubmittedPledgeFactory,
    member_of,
)

URL = "/work/"


def answer(partner: Partner, confirmation: str = Confirmation.DECLINED, **given: Any) -> Any:
    """Let an approver of the partner answer, and return that approver."""
    by = member_of(partner.participant, MembershipRole.APPROVER)
    answer_share(partner=partner, confirmation=confirmation, by=by, at=timezone.now(), **given)
    return by


def shares(quantity: int) -> dict[str, Any]:
    return {"share_quantity": quantity, "share_personnel": None, "share_amount": None}


def told(pledge: Pledge, *, days: int = 0) -> list[str]:
    """What the lead of a pledge is told, so many days from now."""
    news = news_for([pledge.participant], at=timezone.now() + timedelta(days=days))
    return [one.told.what.replace(str(one.partner.participant), "X") for one in news]


def touch(pledge: Pledge, by: Any) -> None:
    """Let somebody change a pledge."""
    with acting(by, "edit"):
        Pledge.objects.filter(pk=pledge.pk).update(title=f"Changed by {by.pk}")


@pytest.mark.django_db
@pytest.mark.parametrize("factory", [DraftPledgeFactory, SubmittedPledgeFactory, RegisteredPledgeFactory])
def test_the_lead_hears_that_a_partner_declined_and_why(client: Client, factory: Any) -> None:
    partner = PartnerFactory(pledge=factory())
    answer(partner, note="No unit is free.")
    client.force_login(member_of(partner.pledge.participant, MembershipRole.DRAFTER))
    text = " ".join(client.get(URL).content.decode().split())
    assert f"{partner.participant} declined" in text
    assert "No unit is free." in text
    assert reverse("pledge-partners", args=[partner.pledge.reference]) in text
    assert told(partner.pledge, days=DAYS - 1) == ["X declined"]
    assert told(partner.pledge, days=DAYS + 1) == []


@pytest.mark.django_db
def test_a_share_confirmed_as_asked_is_no_news_and_a_changed_one_is() -> None:
    pledge = DraftPledgeFactory(quantity=9)
    as_asked, other = PartnerFactory(pledge=pledge), PartnerFactory(pledge=pledge)
    answer(as_asked, Confirmation.CONFIRMED)
    assert told(pledge) == []
    answer(other, Confirmation.CONFIRMED, shares=shares(2))
    assert told(pledge) == ["X changed its share and confirmed it"]


@pytest.mark.django_db
def test_it_is_told_to_the_lead_alone(client: Client) -> None:
    partner = PartnerFactory(pledge=DraftPledgeFactory())
    by = answer(partner)
    for reader in (by, member_of(DraftPledgeFactory().participant, MembershipRole.APPROVER)):
        client.force_login(reader)
        assert client.get(URL).context["delegation"].answers == []


@pytest.mark.django_db
def test_asking_the_partner_again_is_an_end_of_it() -> None:
    pledge = DraftPledgeFactory(quantity=9)
    lead = member_of(pledge.participant, MembershipRole.DRAFTER)
    declined, changed = PartnerFactory(pledge=pledge), PartnerFactory(pledge=pledge)
    answer(declined)
    answer(changed, Confirmation.CONFIRMED, shares=shares(2))
    invite_partner(pledge=pledge, participant=declined.participant, role="funder", shares=shares(1), by=lead)
    assert told(pledge) == ["X changed its share and confirmed it"]
    changed.refresh_from_db()
    change_partner(partner=changed, role="funder", shares=shares(2), by=lead)
    assert told(pledge) == []


@pytest.mark.django_db(transaction=True)
def test_a_change_by_the_lead_is_an_end_of_it_and_one_by_others_is_not() -> None:
    partner = PartnerFactory(pledge=DraftPledgeFactory())
    pledge = partner.pledge
    touch(pledge, member_of(pledge.participant, MembershipRole.DRAFTER))
    answer(partner)
    touch(pledge, OfficerFactory())
    assert told(pledge) == ["X declined"]
    touch(pledge, member_of(pledge.participant, MembershipRole.DRAFTER))
    assert told(pledge) == []


@pytest.mark.django_db(transaction=True)
def test_a_report_by_the_lead_is_no_end_of_it() -> None:
    partner = PartnerFactory(pledge=AnnouncedPledgeFactory())
    answer(partner)
    by = member_of(partner.pledge.participant, MembershipRole.APPROVER)
    report_progress(pledge=partner.pledge, state=ReportedState.DELIVERED, text="Done.", by=by, at=timezone.now())
    partner.pledge.refresh_from_db()
    assert partner.pledge.reported_state == ReportedState.DELIVERED
    assert told(partner.pledge) == ["X declined"]


@pytest.mark.django_db
def test_one_answer_and_ten_take_the_same_queries() -> None:
    pledge = DraftPledgeFactory(quantity=99)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            told(pledge)
        return len(captured)

    answer(PartnerFactory(pledge=pledge))
    one = queries()
    for _n in range(9):
        answer(PartnerFactory(pledge=pledge))
    assert len(told(pledge)) == 10
    assert queries() == one <= 4
