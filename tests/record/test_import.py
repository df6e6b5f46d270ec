"""A file of pledges is stored whole or not at all, and a second time it adds nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from pledges.importing import store, table
from pledges.importing.rows import COLUMNS
from pledges.importing.table import FileRefused, Problem, import_file
from pledges.models import Partner, Pledge, PledgeMission
from tests.factories import AllocationFactory, DraftPledgeFactory, ReadinessFactory
from tests.record.conftest import DATA, PLEDGE_FILES, ROW, history_added, write_lines

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("record")]

Write = Callable[..., Path]


def refused(file: Path) -> list[Problem]:
    """Return why a file is refused, and see that nothing of it was stored."""
    found: list[Problem] = []

    def load() -> None:
        with pytest.raises(FileRefused) as error:
            import_file(file)
        found.extend(error.value.problems)

    assert history_added(load) == {}
    return found


def test_the_pledges_of_a_file_are_stored_with_missions_partners_and_type(pledge_file: Write) -> None:
    counts = import_file(pledge_file({"mission": "UNMISS;MINUSCA", "partners": "KOR;EU", "timeframe": "2026/2027"}, {}))
    assert (counts.created, counts.updated, counts.unchanged) == (2, 0, 0)
    pledge = Pledge.objects.get(conference="berlin-2025", title="Pledge 2")
    assert pledge.reference.startswith("PKM25-")
    assert (pledge.status, pledge.capability_type_id, pledge.match) == ("registered", "engineering-company", "exact")
    assert (pledge.author, pledge.source_confidence, str(pledge.deliver_by)) == (None, "official", "2027-12-31")
    assert set(pledge.missions.values_list("acronym", flat=True)) == {"UNMISS", "MINUSCA"}
    assert set(pledge.partners.values_list("participant", "role", "confirmation")) == {
        ("KOR", "not_stated", "confirmed"), ("EU", "not_stated", "confirmed"),
    }  # fmt: skip


def test_a_second_import_of_the_same_file_adds_nothing(pledge_file: Write) -> None:
    file = pledge_file({"mission": "UNMISS", "partners": "KOR"}, {}, {})
    import_file(file)
    assert history_added(lambda: import_file(file)) == {}
    assert Pledge.objects.filter(conference="berlin-2025").count() == 3


@pytest.mark.parametrize("file", PLEDGE_FILES)
def test_the_files_of_the_record_add_nothing_to_the_record(file: str) -> None:
    assert history_added(lambda: import_file(DATA / file)) == {}


def test_a_changed_row_changes_its_pledge_and_its_links_alone(pledge_file: Write) -> None:
    import_file(pledge_file({"mission": "UNMISS;MINUSCA", "partners": "KOR;EU"}, {}))
    again = pledge_file({"mission": "MONUSCO;UNMISS", "partners": "KOR", "personnel": "300"}, {})
    counts = import_file(again)
    assert (counts.created, counts.updated, counts.unchanged) == (0, 1, 1)
    pledge = Pledge.objects.get(conference="berlin-2025", title="Pledge 2")
    assert pledge.personnel == 300
    assert set(PledgeMission.objects.filter(pledge=pledge).values_list("mission", flat=True)) == {"UNMISS", "MONUSCO"}
    assert Partner.objects.get(pledge=pledge).participant_id == "KOR"


def test_a_delegation_s_pledge_of_the_same_name_is_another(pledge_file: Write) -> None:
    file = pledge_file({})
    import_file(file)
    recorded = Pledge.objects.get(conference="berlin-2025", title="Pledge 2")
    own = DraftPledgeFactory(conference=recorded.conference, participant=recorded.participant, title="Pledge 2")
    import_file(file)
    own.refresh_from_db()
    assert (own.status, own.record_key, Pledge.objects.filter(title="Pledge 2").count()) == ("draft", None, 2)


def test_every_wrong_cell_is_reported_by_row_column_and_value_and_nothing_is_stored(pledge_file: Write) -> None:
    file = pledge_file({}, {"quantity": "two", "conference": "nowhere"}, {}, {"source_url": "x"})
    assert [(problem.row, problem.column, problem.value) for problem in refused(file)] == [
        (3, "conference", "nowhere"), (3, "quantity", "two"), (5, "source_url", "x"),
    ]  # fmt: skip


COUNTED = "partners have as much, or it is counted towards requirements."


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_row_that_no_longer_holds_what_was_built_on_its_pledge_is_reported(
    pledge_file: Write, capsys: pytest.CaptureFixture[str], dry_run: bool
) -> None:
    whole = {"partners": "KOR", "amount": "2000.50", "currency": "USD"}
    import_file(pledge_file({}, {}, {}, whole))
    first, second, third, fourth = Pledge.objects.filter(conference="berlin-2025").order_by("title")
    AllocationFactory(pledge=first, quantity=2)
    AllocationFactory(pledge=second, quantity=2)
    ReadinessFactory(pledge=third)
    Partner.objects.filter(pledge=fourth).update(share_quantity=1, share_personnel=200, share_amount=2000)
    other = {"capability": "Air ambulance", "category": "medical"}
    less = {"quantity": "1", "personnel": "", "amount": "1999"}
    file = pledge_file({"quantity": "1"}, other, other, whole | less, {"quantity": "x"})
    with pytest.raises(CommandError, match="Nothing was stored: 6 problems in 5 rows"):
        call_command("import_pledges", file, dry_run=dry_run)
    lines = [line for line in capsys.readouterr().err.splitlines() if line[:1] in "23456" and "\t" in line]
    assert lines == [
        f"2\tquantity\t'1'\tGive at least 2: {COUNTED}",
        "3\tcapability\t'Air ambulance'\t"
        "Leave the capability and its unit as they were: units are counted towards requirements.",
        "4\tcapability\t'Air ambulance'\t"
        "Name a capability that can be registered in the PCRS: the pledge has a level of readiness.",
        f"5\tpersonnel\t''\tGive at least 200: {COUNTED}",
        f"5\tamount\t'1999'\tGive at least 2,000.00: {COUNTED}",
        "6\tquantity\t'x'\tWrite a whole number in digits, such as 1500.",
    ]


def test_a_row_that_still_holds_what_was_built_on_its_pledge_is_taken(pledge_file: Write) -> None:
    import_file(pledge_file({"partners": "KOR"}))
    pledge = Pledge.objects.get(conference="berlin-2025")
    AllocationFactory(pledge=pledge, quantity=2)
    ReadinessFactory(pledge=pledge)
    Partner.objects.filter(pledge=pledge).update(share_quantity=2, share_personnel=10)
    assert import_file(pledge_file({"partners": "KOR", "personnel": "10"})).updated == 1


def test_the_same_pledge_twice_in_a_file_is_refused(pledge_file: Write) -> None:
    file = pledge_file({"title": "Same"}, {}, {"title": "Same", "description": "Other words."})
    reason = "Row 2 is the same pledge: same conference, participant and title."
    assert refused(file) == [Problem(4, "title", "Same", reason)]


def test_the_order_of_the_columns_is_free(pledge_file: Write) -> None:
    assert import_file(pledge_file({}, columns=tuple(reversed(COLUMNS)))).created == 1


def test_a_missing_and_an_unknown_column_are_reported(pledge_file: Write) -> None:
    file = pledge_file({}, columns=(*COLUMNS[:-1], "confidence"))
    assert refused(file) == [
        Problem(1, "source_confidence", "", "This column is missing."),
        Problem(1, "confidence", "confidence", "There is no such column in the pledge form."),
    ]


def test_a_column_that_stands_twice_is_reported(pledge_file: Write) -> None:
    assert refused(pledge_file({}, columns=(*COLUMNS, "title"))) == [
        Problem(1, "title", "title", "This column stands here twice."),
    ]


@pytest.mark.parametrize(
    ("content", "row", "reason"),
    [
        (b"", None, "The file is empty."),
        (",".join(COLUMNS).encode() + b"\n", None, "The file holds no pledges."),
        (",".join(COLUMNS).encode() + b"\n\n\n", None, "The file holds no pledges."),
        (",".join(COLUMNS).encode() + b"\nK\xf6ln\n", None, "The file is not UTF-8 text: save it as CSV UTF-8."),
        (",".join(COLUMNS).encode() + b"\na,b\n", 2, "The row has 2 cells where the header has 18."),
        (",".join(COLUMNS).encode() + b'\n"a" b,c\n', 2, "The file is no well-formed CSV from here on:"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, content: bytes, row: int | None, reason: str) -> None:
    file = tmp_path / "pledges.csv"
    file.write_bytes(content)
    [problem] = refused(file)
    assert (problem.row, problem.column) == (row, "")
    assert problem.reason.startswith(reason)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    [problem] = refused(tmp_path / "nothing.csv")
    assert problem.reason == "The file cannot be opened: No such file or directory."


def test_a_byte_order_mark_and_empty_lines_do_no_harm(pledge_file: Write) -> None:
    file = pledge_file({})
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes() + b"\n\n")
    assert import_file(file).created == 1


def test_a_dry_run_checks_and_stores_nothing(pledge_file: Write, capsys: pytest.CaptureFixture[str]) -> None:
    assert history_added(lambda: call_command("import_pledges", pledge_file({}), dry_run=True)) == {}
    assert "Nothing was stored" in capsys.readouterr().out
    with pytest.raises(CommandError, match="Nothing was stored: 1 problem in 1 row"):
        call_command("import_pledges", pledge_file({"quantity": "x"}), dry_run=True)


def test_the_command_tells_what_it_did_and_shows_progress(
    pledge_file: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("import_pledges", pledge_file({}, {}))
    shown = capsys.readouterr()
    assert shown.out == "2 added, 0 updated, 0 as they were.\n"
    assert "Checking: 2 rows" in shown.err
    assert "Storing: 100%" in shown.err


def test_the_command_fails_with_the_table_of_problems(pledge_file: Write, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CommandError, match="Nothing was stored: 2 problems in 2 rows") as error:
        call_command("import_pledges", pledge_file({"quantity": "two"}, {"title": "x" * 300}))
    assert error.value.returncode == 1
    lines = capsys.readouterr().err.splitlines()
    assert "2\tquantity\t'two'\tWrite a whole number in digits, such as 1500." in lines
    assert f"3\ttitle\t'{'x' * 39}…'\tUse at most 200 characters: these are 300." in lines


def test_pledges_are_stored_in_batches(pledge_file: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []

    def noted(rows: list[object], known: object) -> object:
        sizes.append(len(rows))
        return store.store(rows, known)  # type: ignore[arg-type]

    monkeypatch.setattr(table, "BATCH", 2)
    monkeypatch.setattr(table, "store", noted)
    import_file(pledge_file({}, {}, {}, {}, {}))
    assert sizes == [2, 2, 1]


def test_when_a_late_batch_fails_the_early_ones_are_undone(pledge_file: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[int] = []

    def failing(rows: list[object], known: object) -> object:
        if done:
            raise RuntimeError("power cut")
        done.append(len(rows))
        return store.store(rows, known)  # type: ignore[arg-type]

    monkeypatch.setattr(table, "BATCH", 2)
    monkeypatch.setattr(table, "store", failing)
    with pytest.raises(RuntimeError):
        import_file(pledge_file({}, {}, {}))
    assert not Pledge.objects.filter(conference="berlin-2025").exists()


def test_a_reference_that_is_taken_is_drawn_again(pledge_file: Write) -> None:
    import_file(pledge_file({}))
    first = Pledge.objects.get(conference="berlin-2025")
    Pledge.objects.filter(pk=first.pk).update(record_key=None)
    import_file(pledge_file({}))
    second = Pledge.objects.exclude(pk=first.pk).get(conference="berlin-2025")
    assert second.reference[:6] == first.reference[:6]
    assert second.reference != first.reference


def test_cells_of_the_row_used_here_are_right(tmp_path: Path) -> None:
    assert import_file(write_lines(tmp_path / "one.csv", [ROW])).created == 1
