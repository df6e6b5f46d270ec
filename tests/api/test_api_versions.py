"""Nobody's edit is overwritten: a change names the version it was made from (R23)."""

import pytest

from conferences.models import MembershipRole, Participant
from pledges.models import Pledge
from tests import factories
from tests.api.readers import Api
from tests.api.writers import Writer
from tests.concurrency import at_once


@pytest.fixture
def state(db: None) -> Participant:
    return factories.ParticipantFactory()


@pytest.fixture
def writer(state: Participant) -> Writer:
    return Writer(factories.member_of(state, MembershipRole.APPROVER))


@pytest.fixture
def pledge(state: Participant) -> Pledge:
    return factories.DraftPledgeFactory(participant=state, title="As drafted", description="First")


def test_who_may_write_reads_the_etag_and_nobody_else(writer: Writer, state: Participant) -> None:
    pledge = factories.AnnouncedPledgeFactory(participant=state)
    path = f"pledges/{pledge.reference}/"
    assert writer.get(path)["ETag"] == writer.get(f"{path}content/")["ETag"] == f'"{pledge.version}"'
    viewer = factories.member_of(state, MembershipRole.VIEWER)
    for reader in (Api(), Api(viewer), Api(factories.AnalystFactory()), Api(factories.OfficerFactory())):
        assert "ETag" not in reader.get(path)


@pytest.mark.parametrize("header", [None, "", "*"])
def test_a_change_without_a_version_is_refused(writer: Writer, pledge: Pledge, header: str | None) -> None:
    headers = {} if header is None else {"If_Match": header}
    for method, path in (("patch", ""), ("post", "submit/")):
        answer = writer.send(method, f"pledges/{pledge.reference}/{path}", {"title": "x"}, **headers)
        assert answer.status_code == 428
    assert Pledge.objects.get().title == "As drafted"


@pytest.mark.parametrize("header", ['"0"', 'W/"1"', "1", '"x"', '"999999999999"', '"2", "3"'])
def test_a_change_of_another_version_is_refused(writer: Writer, pledge: Pledge, header: str) -> None:
    answer = writer.send("patch", f"pledges/{pledge.reference}/", {"title": "x"}, If_Match=header)
    assert (answer.status_code, answer["ETag"]) == (412, '"1"')
    assert Pledge.objects.get().title == "As drafted"


def test_one_of_several_versions_is_enough(writer: Writer, pledge: Pledge) -> None:
    answer = writer.send("patch", f"pledges/{pledge.reference}/", {"title": "x"}, If_Match='W/"9", "7", "1"')
    assert answer.status_code == 200


def test_the_refusal_tells_both_versions(writer: Writer, pledge: Pledge) -> None:
    writer.change(pledge.reference, {"title": "Theirs", "currency": "CAD", "amount": "5"}, 1)
    answer = writer.change(pledge.reference, {"title": "Mine", "description": "First"}, 1)
    assert answer.status_code == 412
    problem = answer.json()
    assert answer["ETag"] == '"2"'
    assert {row.pop("field"): row for row in problem["changed"]} == {
        "title": {"read": "As drafted", "stored": "Theirs", "sent": "Mine"},
        "amount": {"read": None, "stored": "5.00"},
        "currency": {"read": None, "stored": "CAD"},
    }
    again = writer.send("patch", f"pledges/{pledge.reference}/", {"title": "Mine"}, If_Match=answer["ETag"])
    assert again.json()["title"] == "Mine"
    assert again.json()["amount"] == "5.00"


@pytest.mark.django_db(transaction=True)
def test_of_two_changes_at_once_one_is_told_of_the_other(writer: Writer, pledge: Pledge) -> None:
    first, second = at_once(
        pledge,
        [lambda: writer.change(pledge.reference, {"title": "One"}, 1),
         lambda: writer.change(pledge.reference, {"title": "Two"}, 1)],
    )  # fmt: skip
    assert sorted([first.status_code, second.status_code]) == [200, 412]
    refused = second if second.status_code == 412 else first
    [row] = refused.json()["changed"]
    assert {row["stored"], row["sent"]} == {"One", "Two"}
    assert Pledge.objects.get().version == 2
