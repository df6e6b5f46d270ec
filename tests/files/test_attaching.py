"""Attaching and removing documents: who may when, what is refused how, and rows and files always together."""

from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from pledges.enums import ScanState
from pledges.errors import FileRefused, PledgeError
from pledges.models import EvidenceFile, Pledge
from pledges.scanning import scan_waiting
from pledges.services.files import attach_file, remove_file, sweep_files
from pledges.tasks import scan_files, sweep_stored_files
from tests.factories import (
    AnnouncedPledgeFactory,
    ClosedPledgeFactory,
    DraftPledgeFactory,
    ProgressUpdateFactory,
    RegisteredPledgeFactory,
    ReturnedPledgeFactory,
    SubmittedPledgeFactory,
    stored_file,
)
from tests.files.conftest import browser
from tests.files.hostile import EICAR, HOSTILE, pdf
from tests.pledges.conftest import Cast

WRITERS = {"drafter", "approver", "deputy"}
REVIEWERS = {"officer", "manager"}
STATES = {
    "draft": (DraftPledgeFactory, WRITERS | REVIEWERS),
    "returned": (ReturnedPledgeFactory, WRITERS | REVIEWERS),
    "submitted": (SubmittedPledgeFactory, REVIEWERS),
    "registered": (RegisteredPledgeFactory, REVIEWERS),
    "announced": (AnnouncedPledgeFactory, REVIEWERS),
    "closed": (ClosedPledgeFactory, REVIEWERS),
}


def upload(name: str = "note.pdf", content: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, pdf() if content is None else content)


def attach(pledge: Pledge, by: Any, file: Any = None, **more: Any) -> EvidenceFile:
    return attach_file(pledge=pledge, file=file or upload(), kind="note_verbale", by=by, at=timezone.now(), **more)


@pytest.fixture
def draft(cast: Cast) -> Pledge:
    return DraftPledgeFactory(participant=cast.lead)


def stored_names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


# --- Who --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("state", STATES)
def test_only_writers_of_a_draft_and_officers_attach_and_remove(cast: Cast, folder: Path, state: str) -> None:
    factory, may = STATES[state]
    pledge = factory(participant=cast.lead, conference=cast.conference)
    kept = stored_file(pledge)
    for name, person in cast.people.items():
        assert done(attach, pledge, person) == (name in may), name
        assert done(remove_file, row=kept, by=person) == (name in may), name
        EvidenceFile.objects.filter(pledge=pledge).exclude(pk=kept.pk).delete()
        kept = kept if name not in may else stored_file(pledge)


def done(act: Any, *subject: Any, **more: Any) -> bool:
    """Return whether something was done rather than refused."""
    try:
        act(*subject, **more)
    except PledgeError:
        return False
    return True


def test_writers_add_documents_to_their_reports_once_registered(cast: Cast) -> None:
    pledge = RegisteredPledgeFactory(participant=cast.lead)
    report = ProgressUpdateFactory(pledge=pledge)
    row = attach(pledge, cast.people["drafter"], progress_update=report)
    assert list(report.files.all()) == [row]
    with pytest.raises(PledgeError):
        remove_file(row=row, by=cast.people["drafter"])  # what was reported stays as reported


# --- What is kept -----------------------------------------------------------------------------------------------------
def test_a_document_is_kept_under_a_name_that_nobody_chose(cast: Cast, draft: Pledge, folder: Path) -> None:
    row = attach(draft, cast.people["drafter"], upload("../secret name.pdf"))
    assert row.original_name == "secret name.pdf"
    assert (row.content_type, row.size, row.author) == ("application/pdf", len(pdf()), cast.people["drafter"])
    assert row.scan_state == ScanState.UNSCANNED
    assert stored_names(folder) == {row.file.name}
    assert "secret" not in row.file.name
    assert row.file.read() == pdf()


def test_history_tells_who_attached_and_who_removed(cast: Cast, draft: Pledge, folder: Path) -> None:
    row = attach(draft, cast.people["drafter"])
    with patch("django.db.transaction.on_commit", side_effect=lambda run: run()):
        remove_file(row=row, by=cast.people["approver"])
    events = list(EvidenceFile.pgh_event_model.objects.order_by("pgh_id"))
    assert [(event.pgh_label, event.pgh_context["actor"], event.pgh_context["reason"]) for event in events] == [
        ("insert", cast.people["drafter"].pk, "attach"),
        ("delete", cast.people["approver"].pk, "remove"),
    ]
    assert stored_names(folder) == set()


def test_the_same_document_twice_is_kept_once(cast: Cast, draft: Pledge, folder: Path) -> None:
    assert attach(draft, cast.people["drafter"]) == attach(draft, cast.people["approver"])
    assert len(stored_names(folder)) == 1


def test_a_pledge_has_so_many_documents_and_no_more(cast: Cast, draft: Pledge, folder: Path, settings: Any) -> None:
    settings.UPLOAD_MAX_FILES = 2
    for number in range(2):
        attach(draft, cast.people["drafter"], upload(content=pdf(b"%d" % number)))
    with pytest.raises(FileRefused, match="2 documents, which is the limit"):
        attach(draft, cast.people["drafter"], upload(content=pdf(b"one more")))
    assert len(stored_names(folder)) == EvidenceFile.objects.count() == 2


# --- Rows and files together ------------------------------------------------------------------------------------------
def test_a_row_that_fails_takes_its_file_with_it(cast: Cast, draft: Pledge, folder: Path) -> None:
    with (
        patch("pledges.services.files.EvidenceFile.objects.create", side_effect=RuntimeError),
        pytest.raises(RuntimeError),
    ):
        attach(draft, cast.people["drafter"])
    assert stored_names(folder) == set()
    assert not EvidenceFile.objects.exists()


def test_the_sweep_removes_what_no_row_names_once_it_is_old(draft: Pledge, folder: Path) -> None:
    kept, lost = stored_file(draft), stored_file(draft)
    EvidenceFile.objects.filter(pk=lost.pk).delete()  # as if the process had been killed before its row
    assert sweep_files(at=timezone.now()).removed == []
    later = timezone.now() + timedelta(hours=1, minutes=1)
    assert sweep_files(at=later) == ([lost.file.name], [])
    assert stored_names(folder) == {kept.file.name}


def test_the_sweep_names_rows_without_their_file(draft: Pledge, folder: Path, caplog: Any) -> None:
    row = stored_file(draft)
    (folder / row.file.name).unlink()
    assert sweep_files(at=timezone.now()).missing == [row.pk]
    with pytest.raises(CommandError, match=f"1 rows without their file: {row.pk}"):
        call_command("sweep_files")
    sweep_stored_files()
    assert f"1 documents have a row but no file: [{row.pk}]" in caplog.text


def test_the_sweep_of_nothing_finds_nothing(db: None, folder: Path) -> None:
    assert sweep_files(at=timezone.now()) == ([], [])


# --- The scanner ------------------------------------------------------------------------------------------------------
@pytest.mark.usefixtures("scanner")
def test_a_clean_document_is_kept_as_clean(cast: Cast, draft: Pledge) -> None:
    assert attach(draft, cast.people["drafter"]).scan_state == ScanState.CLEAN


@pytest.mark.usefixtures("scanner")
def test_an_infected_document_is_not_kept(cast: Cast, draft: Pledge, folder: Path) -> None:
    with pytest.raises(FileRefused, match="something harmful"):
        attach(draft, cast.people["drafter"], upload(content=pdf(EICAR)))
    assert stored_names(folder) == set()


@pytest.mark.usefixtures("scanner_away")
def test_while_the_scanner_is_away_documents_wait(cast: Cast, draft: Pledge) -> None:
    row = attach(draft, cast.people["drafter"])
    assert row.scan_state == ScanState.QUARANTINED
    assert scan_waiting() == {"quarantined": 1}


def test_what_waited_is_scanned_when_the_scanner_is_back(draft: Pledge, scanner: str) -> None:
    good = stored_file(draft, pdf(), scan_state="quarantined")
    bad = stored_file(draft, pdf(EICAR), scan_state="quarantined")
    older = stored_file(draft, pdf(b"from before there was a scanner"))
    gone = stored_file(draft, pdf(b"gone"))
    gone.file.storage.delete(gone.file.name)
    scan_files()
    states = dict(EvidenceFile.objects.values_list("pk", "scan_state"))
    assert states == {good.pk: "clean", bad.pk: "infected", older.pk: "clean", gone.pk: "unscanned"}


@pytest.mark.usefixtures("scanner")
def test_a_file_that_the_scanner_will_not_take_holds_up_no_other(draft: Pledge) -> None:
    first, large, last = (stored_file(draft, pdf(bytes(size)), scan_state="quarantined") for size in (1, 200_000, 2))
    assert scan_waiting() == {"clean": 2, "quarantined": 1}
    states = dict(EvidenceFile.objects.values_list("pk", "scan_state"))
    assert states == {first.pk: "clean", large.pk: "quarantined", last.pk: "clean"}


@pytest.mark.usefixtures("scanner_away")
def test_a_scanner_that_is_away_is_asked_once(draft: Pledge) -> None:
    for size in (1, 2, 3):
        stored_file(draft, pdf(bytes(size)), scan_state="quarantined")
    assert scan_waiting() == {"quarantined": 1}


def test_the_command_says_how_many_came_out_how(draft: Pledge, scanner: str) -> None:
    stored_file(draft, pdf(), scan_state="quarantined")
    stored_file(draft, pdf(EICAR), scan_state="quarantined")
    said = StringIO()
    call_command("scan_files", stdout=said)
    assert said.getvalue() == "1 clean, 1 infected\n"


def test_without_a_scanner_nothing_is_scanned(draft: Pledge) -> None:
    stored_file(draft)
    assert scan_waiting() == {}
    with pytest.raises(CommandError, match="CLAMD_URL is empty"):
        call_command("scan_files")


def test_an_answer_that_is_no_verdict_is_none(cast: Cast, draft: Pledge, scanner: str) -> None:
    with patch("pledges.scanning.read_answer", return_value=b"INSTREAM size limit exceeded. ERROR"):
        assert attach(draft, cast.people["drafter"]).scan_state == ScanState.QUARANTINED


# --- The page ---------------------------------------------------------------------------------------------------------
def page(pledge: Pledge) -> str:
    return reverse("pledge-files", args=[pledge.reference])


def test_a_drafter_attaches_reads_and_removes(lead_drafter: Client, draft: Pledge, folder: Path) -> None:
    answer = lead_drafter.post(page(draft), {"kind": "equipment_list", "file": upload("list.pdf")}, follow=True)
    assert "“list.pdf” is attached." in answer.content.decode()
    row = EvidenceFile.objects.get()
    shown = lead_drafter.get(draft.get_absolute_url()).content.decode()
    assert reverse("file-download", args=[draft.reference, row.pk]) in shown
    remove = reverse("file-remove", args=[draft.reference, row.pk])
    assert "“list.pdf” (Equipment list) is deleted" in lead_drafter.get(remove).content.decode()
    assert EvidenceFile.objects.exists()
    assert "so that no other pledge is meant" in lead_drafter.post(remove).content.decode()
    assert EvidenceFile.objects.exists()
    lead_drafter.post(remove, {"typed_reference": draft.reference})
    assert not EvidenceFile.objects.exists()


@pytest.mark.parametrize("hostile", HOSTILE[::5], ids=lambda hostile: hostile.title)
def test_a_refused_file_keeps_the_rest_of_the_form(lead_drafter: Client, draft: Pledge, hostile: Any) -> None:
    answer = lead_drafter.post(page(draft), {"kind": "equipment_list", "file": upload(hostile.name, hostile.make())})
    assert answer.context["form"].errors.keys() == {"file"}
    assert answer.content.decode().count(str(answer.context["form"].errors["file"][0]).split("”")[1][:40]) == 2
    assert answer.context["form"]["kind"].value() == "equipment_list"
    assert not EvidenceFile.objects.exists()


def test_nothing_chosen_is_said_at_both_fields(lead_drafter: Client, draft: Pledge) -> None:
    assert lead_drafter.post(page(draft), {}).context["form"].errors.keys() == {"kind", "file"}


def test_a_file_beyond_reason_is_cut_off_on_its_way_in(lead_drafter: Client, draft: Pledge, settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES = 1024 * 100
    answer = lead_drafter.post(page(draft), {"kind": "evidence", "file": upload(content=pdf(bytes(1024 * 1024)))})
    assert "The file is far above the limit of 100" in answer.content.decode()
    assert answer.context["form"].errors.keys() == {"file"}


def test_a_report_must_be_named_where_the_pledge_is_registered(cast: Cast, lead_drafter: Client) -> None:
    pledge = RegisteredPledgeFactory(participant=cast.lead)
    assert lead_drafter.get(page(pledge)).context["form"] is None
    assert lead_drafter.post(page(pledge), {"kind": "evidence", "file": upload()}).status_code == 302
    report = ProgressUpdateFactory(pledge=pledge)
    answer = lead_drafter.post(page(pledge), {"kind": "evidence", "file": upload()})
    assert answer.context["form"].errors.keys() == {"report"}
    assert (
        lead_drafter.post(page(pledge), {"kind": "evidence", "report": report.pk, "file": upload()}).status_code == 302
    )
    assert EvidenceFile.objects.get().progress_update == report


def test_a_report_of_another_pledge_is_no_choice(cast: Cast, lead_drafter: Client) -> None:
    pledge = RegisteredPledgeFactory(participant=cast.lead)
    ProgressUpdateFactory(pledge=pledge)
    other = ProgressUpdateFactory()
    answer = lead_drafter.post(page(pledge), {"kind": "evidence", "report": other.pk, "file": upload()})
    assert answer.context["form"].errors.keys() == {"report"}


@pytest.mark.usefixtures("scanner_away")
def test_the_page_says_what_waits_and_what_is_infected(cast: Cast, lead_drafter: Client, draft: Pledge) -> None:
    answer = lead_drafter.post(page(draft), {"kind": "evidence", "file": upload()}, follow=True)
    assert "waits for the virus scanner: nobody can open it before that" in answer.content.decode()
    EvidenceFile.objects.update(scan_state="infected")
    shown = browser(cast.people["officer"]).get(page(draft)).content.decode()
    assert "Infected: nobody can open it" in shown
    assert f'href="{reverse("file-download", args=[draft.reference, EvidenceFile.objects.get().pk])}"' not in shown


@pytest.mark.parametrize("name", ["viewer", "reader"])
def test_readers_see_the_list_and_no_form(cast: Cast, draft: Pledge, name: str) -> None:
    stored_file(draft)
    client = browser(cast.people[name])
    assert client.get(page(draft)).context["form"] is None
    assert client.post(page(draft), {"kind": "evidence", "file": upload()}).status_code == 403
    assert EvidenceFile.objects.count() == 1


def test_others_learn_nothing_of_documents(cast: Cast) -> None:
    pledge = cast.join_partners(AnnouncedPledgeFactory(participant=cast.lead, conference=cast.conference))
    stored_file(pledge, original_name="canary.pdf")
    for name in ("anonymous", "analyst", "other approver", "confirmed partner", "co-chair", "former approver"):
        client = browser(cast.people[name])
        assert "canary" not in client.get(pledge.get_absolute_url()).content.decode(), name
        assert client.get(page(pledge)).status_code == (302 if name == "anonymous" else 403), name
        assert client.post(page(pledge), {"kind": "evidence", "file": upload()}).status_code != 200, name
    assert EvidenceFile.objects.count() == 1


def test_a_form_without_its_token_changes_nothing(cast: Cast, draft: Pledge) -> None:
    row = stored_file(draft)
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.people["drafter"])
    assert client.post(page(draft), {"kind": "evidence", "file": upload()}).status_code == 403
    assert client.post(reverse("file-remove", args=[draft.reference, row.pk])).status_code == 403
    assert list(EvidenceFile.objects.all()) == [row]


@pytest.mark.parametrize("name", ['<img src=x onerror="alert(1)">.pdf', "'\"><svg onload=alert(1)>.pdf"])
def test_a_name_is_shown_as_text(lead_drafter: Client, draft: Pledge, name: str) -> None:
    stored_file(draft, original_name=name)
    for address in (page(draft), draft.get_absolute_url()):
        shown = lead_drafter.get(address).content.decode()
        assert "<img src=x" not in shown
        assert "<svg onload" not in shown


@pytest.mark.parametrize("count", [1, 5])
def test_queries_do_not_grow_with_the_documents(
    lead_drafter: Client, draft: Pledge, count: int, django_assert_num_queries: Any
) -> None:
    for number in range(count):
        stored_file(draft, pdf(b"%d" % number))
    with django_assert_num_queries(9):
        lead_drafter.get(page(draft))
