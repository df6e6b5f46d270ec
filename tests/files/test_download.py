"""S05: a document has its pledge's rights at the moment of download, and comes as nothing that could act here."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from pledges.models import EvidenceFile
from pledges.querysets import DocumentQuerySet
from tests.asking import status_of
from tests.factories import AnnouncedPledgeFactory, DraftPledgeFactory, RegisteredPledgeFactory, stored_file
from tests.files.conftest import browser
from tests.pledges.conftest import OWN, SECRETARIAT, Cast

CANARY = b"%PDF-1.7 canary-of-the-document"
READERS = {*OWN, *SECRETARIAT}
STATES = {"draft": DraftPledgeFactory, "registered": RegisteredPledgeFactory, "announced": AnnouncedPledgeFactory}


@pytest.fixture
def rows(cast: Cast) -> dict[str, EvidenceFile]:
    """A document of a pledge in each state, in which the three partners take part."""
    made = {
        state: cast.join_partners(factory(participant=cast.lead, conference=cast.conference))
        for state, factory in STATES.items()
    }
    return {state: stored_file(pledge, CANARY, original_name="note.pdf") for state, pledge in made.items()}


def address(row: EvidenceFile) -> str:
    return reverse("file-download", args=[row.pledge.reference, row.pk])


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def test_its_own_delegation_and_the_secretariat_read_it_and_nobody_else(
    cast: Cast, rows: dict[str, EvidenceFile]
) -> None:
    for name, person in cast.people.items():
        client = browser(person)
        for state, row in rows.items():
            answer = client.get(address(row))
            expected = 200 if name in READERS else 302 if not client.session.get("_auth_user_id") else 404
            if not person.is_active:
                expected = 302
            assert answer.status_code == expected, (name, state)
            assert (body(answer) == CANARY) == (name in READERS), (name, state)
            assert set(EvidenceFile.objects.visible_to(person)) == (set(rows.values()) if name in READERS else set())


def test_without_the_rule_a_stranger_would_read_it(cast: Cast, rows: dict[str, EvidenceFile], monkeypatch: Any) -> None:
    """What the tests here look for is there to be found: it is the rule alone that holds it back."""
    monkeypatch.setattr(DocumentQuerySet, "visible_to", lambda rows, user: rows.all())
    assert body(browser(cast.people["analyst"]).get(address(rows["draft"]))) == CANARY


def variants(row: EvidenceFile, stored: str) -> list[str]:
    """Return other ways to ask for the same file: by path, by encoding, by the name under which it is stored."""
    path, reference, pk = address(row), row.pledge.reference, row.pk
    return [
        path.rstrip("/"), path.upper(), path.lower(), path + "/", "/" + path, path.replace("/", "//"),
        path + "?inline=1", path + "?download=0", path + "note.pdf", path + "%00", path + "%0d%0aX:1", path + ".",
        path.replace(reference, reference.lower()), path.replace("-", "%2D"),
        f"/pledges/x/../{reference}/files/{pk}/", f"/pledges/x/%2e%2e/{reference}/files/{pk}/",
        f"/pledges/{reference}/files/../files/{pk}/", f"/pledges/{reference}/./files/{pk}/",
        f"/pledges/{reference}/files/%2e%2e%2f{pk}/", f"/pledges/{reference}/files/0{pk}/",
        f"/pledges/{reference}/files/-{pk}/", f"/pledges/{reference}/files/{pk}.0/",
        f"/pledges/{reference}/files/{pk}e0/",
        f"/pledges/{reference}/files/{'9' * 30}/", f"/pledges/{reference}/files/{'9' * 5000}/",
        f"/pledges/{reference}/files/", f"/pledges/{reference}/files/{pk}/raw/", f"/pledges//files/{pk}/",
        f"/work/pledges/{reference}/files/{pk}/", f"/work/pledges/{reference}/files/../../{reference}/files/{pk}/",
        f"/work/../pledges/{reference}/files/{pk}/", f"/api/v1/pledges/{reference}/files/{pk}/", f"/files/{pk}/",
        f"/media/{stored}", f"/{stored}", f"/media/../{stored}", f"/static/../media/{stored}",
        f"/static/%2e%2e/media/{stored}", f"/static/{stored}", f"/static/..%2f..%2f{stored}", f"/uploads/{stored}",
        f"/pledges/{stored}", f"/pledges/{reference}/{stored}", f"/evidence/{pk}/", "/media/", "/evidence/",
        f"/pledges/{reference}/files/{pk}/;a=b", f"/pledges/{reference};a/files/{pk}/",
        f"/pledges/{reference}/FILES/{pk}/", f"/pledges/{reference}/files/{pk}/?next={stored}",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["anonymous", "analyst", "other approver", "confirmed partner", "co-chair"])
def test_no_other_address_leads_to_it(cast: Cast, rows: dict[str, EvidenceFile], name: str) -> None:
    client, row = browser(cast.people[name]), rows["announced"]
    ways = variants(row, row.file.name)
    assert len(ways) >= 50
    for way in ways:
        for method in (client.get, client.head, client.post):
            answer = method(way, HTTP_RANGE="bytes=0-100")
            assert CANARY not in body(answer), way
            assert answer.status_code in {301, 302, 400, 403, 404, 405}, way


def test_a_document_is_not_reached_through_another_pledge(cast: Cast, rows: dict[str, EvidenceFile]) -> None:
    elsewhere = reverse("file-download", args=[rows["draft"].pledge.reference, rows["announced"].pk])
    assert browser(cast.people["approver"]).get(elsewhere).status_code == 404


def test_rights_are_those_of_the_moment(cast: Cast, rows: dict[str, EvidenceFile], lead_drafter: Client) -> None:
    place = address(rows["registered"])
    assert status_of(lead_drafter, place) == 200
    cast.people["drafter"].memberships.all().delete()
    assert status_of(lead_drafter, place) == 404
    lead_drafter.logout()
    assert status_of(lead_drafter, place) == 302


def test_it_comes_to_be_saved_and_never_shown(lead_drafter: Client, rows: dict[str, EvidenceFile]) -> None:
    row = rows["draft"]
    EvidenceFile.objects.filter(pk=row.pk).update(original_name='note "ä" مذكرة.pdf')
    answer = lead_drafter.get(address(row))
    answer.close()
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''note%20")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "no-store" in answer["Cache-Control"]
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Accept-Ranges" not in answer


def test_a_range_is_not_answered_in_part(lead_drafter: Client, rows: dict[str, EvidenceFile]) -> None:
    answer = lead_drafter.get(address(rows["draft"]), HTTP_RANGE="bytes=0-3")
    assert (answer.status_code, body(answer)) == (200, CANARY)


def test_a_row_whose_file_is_gone_answers_as_none(lead_drafter: Client, rows: dict[str, EvidenceFile]) -> None:
    rows["draft"].file.storage.delete(rows["draft"].file.name)
    assert lead_drafter.get(address(rows["draft"])).status_code == 404


@pytest.mark.parametrize(
    ("state", "served"), [("unscanned", False), ("clean", True), ("quarantined", False), ("infected", False)]
)
@pytest.mark.usefixtures("scanner_away")
def test_with_a_scanner_set_only_what_it_found_clean_is_handed_out(
    lead_drafter: Client, rows: dict[str, EvidenceFile], state: str, served: bool
) -> None:
    EvidenceFile.objects.update(scan_state=state)
    answer = lead_drafter.get(address(rows["draft"]))
    assert (body(answer) == CANARY, answer.status_code) == ((True, 200) if served else (False, 302))


@pytest.mark.parametrize(("state", "served"), [("unscanned", True), ("quarantined", False), ("infected", False)])
def test_without_a_scanner_what_once_was_held_back_stays_so(
    lead_drafter: Client, rows: dict[str, EvidenceFile], state: str, served: bool
) -> None:
    EvidenceFile.objects.update(scan_state=state)
    assert (status_of(lead_drafter, address(rows["draft"])) == 200) == served
