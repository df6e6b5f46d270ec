"""Partners of a joint pledge answer for their own share through the API."""

from typing import Any

import pytest

from conferences.models import MembershipRole
from pledges.models import Partner
from tests import factories
from tests.api.readers import Api
from tests.api.writers import Writer, complaints


@pytest.fixture
def partner(db: None) -> Partner:
    """A partner that is asked for one of four units."""
    return factories.PartnerFactory(pledge=factories.SubmittedPledgeFactory(quantity=4), share_quantity=1)


@pytest.fixture
def approver(partner: Partner) -> Writer:
    return Writer(factories.member_of(partner.participant, MembershipRole.APPROVER))


def path_of(partner: Partner) -> str:
    return f"pledges/{partner.pledge.reference}/partners/{partner.participant_id}/"


def answer(writer: Writer, partner: Partner, sent: Any, **headers: str) -> Any:
    """Return the answer to an answer made from what is stored."""
    tag = writer.get(path_of(partner))["ETag"]
    return writer.send("patch", path_of(partner), sent, **{"If_Match": tag, **headers})


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ({"confirmation": "confirmed"}, ("confirmed", 1)),
        ({"confirmation": "confirmed", "share_quantity": 3}, ("confirmed", 3)),
        ({"confirmation": "declined", "note": "Not this year."}, ("declined", 1)),
    ],
)
def test_an_approver_confirms_changes_or_declines(
    approver: Writer, partner: Partner, sent: dict[str, Any], stored: tuple[str, int]
) -> None:
    given = answer(approver, partner, sent)
    assert given.status_code == 200, given.content
    partner.refresh_from_db()
    assert (partner.confirmation, partner.share_quantity) == stored
    assert given.json()["confirmation"] == stored[0]


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({}, "confirmation"),
        ({"confirmation": "awaited"}, "confirmation"),
        ({"confirmation": "confirmed", "share_quantity": 5}, "share_quantity"),
        ({"confirmation": "confirmed", "share_amount": "5"}, "share_amount"),
        ({"confirmation": "declined", "share_quantity": 1}, "share_quantity"),
        ({"confirmation": "confirmed", "role": "lift"}, "role"),
        ({"confirmation": "confirmed", "participant": "XAA"}, "participant"),
    ],
)
def test_what_does_not_fit_is_refused_at_its_field(
    approver: Writer, partner: Partner, sent: dict[str, Any], field: str
) -> None:
    assert field in complaints(answer(approver, partner, sent))
    partner.refresh_from_db()
    assert (partner.confirmation, partner.share_quantity) == ("awaited", 1)


def test_only_the_invited_delegation_knows_of_it_and_only_its_approvers_answer(partner: Partner) -> None:
    lead = factories.member_of(partner.pledge.participant, MembershipRole.APPROVER)
    stranger = factories.member_of(factories.ParticipantFactory(), MembershipRole.APPROVER)
    for reader in (Api(), Api(lead), Api(stranger), Api(factories.OfficerFactory())):
        assert reader.get(path_of(partner)).status_code == 404
    for other in (lead, stranger, factories.ManagerFactory()):
        sent = {"confirmation": "confirmed"}
        assert Writer(other).send("patch", path_of(partner), sent, If_Match='"x"').status_code == 404
    drafter = Writer(factories.member_of(partner.participant, MembershipRole.DRAFTER))
    assert answer(drafter, partner, {"confirmation": "confirmed"}).status_code == 403


def test_an_answer_names_the_share_that_was_read(approver: Writer, partner: Partner) -> None:
    sent = {"confirmation": "confirmed"}
    assert approver.send("patch", path_of(partner), sent).status_code == 428
    tag = approver.get(path_of(partner))["ETag"]
    Partner.objects.update(share_quantity=2)
    refused = approver.send("patch", path_of(partner), sent, If_Match=tag)
    assert refused.status_code == 412
    assert {row["field"]: row["stored"] for row in refused.json()["changed"]}["share_quantity"] == 2
    assert approver.send("patch", path_of(partner), sent, If_Match=refused["ETag"]).status_code == 200


def test_an_answer_sent_twice_is_one(approver: Writer, partner: Partner) -> None:
    tag = approver.get(path_of(partner))["ETag"]
    headers = {"If_Match": tag, "Idempotency_Key": "one"}
    sent = {"confirmation": "confirmed"}
    first, second = (approver.send("patch", path_of(partner), sent, **headers) for _ in range(2))
    assert (first.status_code, first.content, first["ETag"]) == (second.status_code, second.content, second["ETag"])


def test_who_declined_reads_the_pledge_no_more_and_is_answered_once_more_under_the_same_key(
    approver: Writer, partner: Partner
) -> None:
    partner.pledge.title = "Two hospitals"
    partner.pledge.save()
    shown = approver.get(path_of(partner))
    assert shown.json()["title"] == "Two hospitals"
    headers = {"If_Match": shown["ETag"], "Idempotency_Key": "one"}
    for _n in range(2):
        given = approver.send("patch", path_of(partner), {"confirmation": "declined"}, **headers)
        assert (given.status_code, given.json()["confirmation"]) == (200, "declined")
        assert (given.json()["title"], given.json()["capability_type"]) == (None, None)
    assert approver.get(path_of(partner)).status_code == 404
    headers["Idempotency_Key"] = "two"
    assert approver.send("patch", path_of(partner), {"confirmation": "confirmed"}, **headers).status_code == 404
    partner.refresh_from_db()
    assert (partner.confirmation, partner.pledge.status) == ("declined", "submitted")


def test_an_unconfirmed_partner_reads_its_share_and_not_the_pledge(approver: Writer, partner: Partner) -> None:
    assert approver.get(path_of(partner)).json().keys() == {
        "reference", "conference", "lead", "title", "capability_type", "participant", "role", "confirmation",
        "share_quantity", "share_personnel", "share_amount",
    }  # fmt: skip
    assert approver.get(f"pledges/{partner.pledge.reference}/").status_code == 404
