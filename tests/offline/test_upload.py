"""Uploading the filled-in template: every problem named, all or nothing stored, the same drafts as from the form."""

import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import typed
from pledges.errors import NotAllowed
from pledges.forms import PledgeForm, values_of
from pledges.models import Pledge
from pledges.offline import checking, reading
from pledges.offline.columns import columns_of, date_boxes, empty_form
from pledges.offline.reading import number_text
from pledges.transitions import apply_transition
from tests.factories import ConferenceFactory, MissionFactory, ParticipantFactory, SessionFactory, member_of
from tests.files.hostile import HOSTILE
from tests.offline.conftest import HEADER, Desk, fill, opened, saved

LABELS = {name: str(field.label) for name, field in PledgeForm.base_fields.items()}


def by_label(**values: Any) -> dict[str, Any]:
    """Return values by the labels of their fields."""
    return {LABELS[name]: value for name, value in values.items()}


def full(desk: Desk, **more: Any) -> dict[str, Any]:
    """Return a row with something in most fields."""
    values = {
        "capability": "Level 2 hospital", "title": "Hospital", "description": "A field hospital\nwith surgery.",
        "kind": "Renewed", "quantity": 1, "personnel": "1 200", "women": "٣٠٠", "amount": "1,200.50", "currency": "usd",
        "missions": ", ".join(mission.acronym for mission in desk.missions), "deliver_from": "6 2027",
        "deliver_by": "2027", "intended_outcome": "Care within an hour.", "responsible_office": "Ministry of Defence",
        "means_of_verification": "A visit.", "caveats_known": "Yes: named below", "caveats": "No nights.\nNo north.",
    }  # fmt: skip
    return by_label(**(values | more))


def problems(answer: Any) -> list[tuple[str, str, str]]:
    """Return cell, typed text and sentence of each problem shown."""
    return [(one["cell"], one["problem"].text, one["problem"].sentence) for one in answer.context["listed"]]


def test_a_row_makes_the_draft_that_the_form_makes(desk: Desk, client: Client) -> None:
    answer = desk.upload(fill(desk.template(), full(desk)))
    assert (answer.status_code, answer["Location"]) == (302, reverse("workspace"))
    offline = Pledge.objects.get()
    sent = {
        "participant": desk.delegation.pk, "conference": desk.conference.pk, "capability": desk.hospital.pk,
        "title": "Hospital", "description": "A field hospital\r\nwith surgery.", "kind": "renewed", "quantity": "1",
        "personnel": "1 200", "women": "٣٠٠", "amount": "1,200.50", "currency": "usd",
        "missions": [mission.pk for mission in desk.missions], "deliver_from_month": "6", "deliver_from_year": "2027",
        "deliver_by_year": "2027", "intended_outcome": "Care within an hour.",
        "responsible_office": "Ministry of Defence", "means_of_verification": "A visit.", "caveats_known": "declared",
        "caveats": "No nights.\r\nNo north.",
    }  # fmt: skip
    form = PledgeForm(sent, user=desk.drafter, at=timezone.now())
    assert form.is_valid(), form.errors
    desk.client.post(reverse("pledge-create"), sent)
    online = Pledge.objects.exclude(pk=offline.pk).get()
    desk.client.post(reverse("pledge-edit", args=[online.reference]), sent | {"version": online.version})
    online.refresh_from_db()
    assert values_of(offline) == values_of(online)
    assert (offline.author, offline.participant, offline.conference) == (
        online.author,
        online.participant,
        online.conference,
    )
    assert (offline.status, offline.unit) == ("draft", "facility")


def test_what_only_some_kinds_of_pledge_have_comes_through_too(desk: Desk) -> None:
    said = {"courses": 3, "places": 60, "places_for_women": 30, "languages": "French", "fund": "Trust fund"}
    desk.upload(fill(desk.template(), full(desk, **said, commitment="Decided by the government")))
    pledge = Pledge.objects.get()
    assert {name: getattr(pledge, name) for name in said} == said
    assert pledge.commitment == "decided"


def test_a_row_names_the_session_of_the_conference(desk: Desk) -> None:
    session = SessionFactory(conference=desk.conference, position=3, title="Protection")
    SessionFactory(title="Of another conference")
    desk.upload(fill(desk.template(), full(desk, session="Session 3: Protection"), full(desk, title="Second")))
    assert [pledge.session for pledge in Pledge.objects.order_by("pk")] == [session, None]


def test_a_row_with_gaps_is_a_draft_with_gaps(desk: Desk) -> None:
    desk.upload(fill(desk.template(), by_label(title="Something")))
    pledge = Pledge.objects.get()
    assert (pledge.title, pledge.kind, pledge.quantity, pledge.caveats_known) == ("Something", "new", None, "unknown")


def test_another_row_costs_nothing_to_check_and_a_few_queries_to_store(desk: Desk) -> None:
    SessionFactory(conference=desk.conference)
    columns = columns_of(empty_form(desk.drafter, timezone.now(), desk.conference))
    counts = []
    for number in (2, 12):
        file = SimpleUploadedFile("filled.xlsx", fill(desk.template(), *[full(desk)] * number))
        rows = reading.read_table(file, desk.conference, columns).rows
        with CaptureQueriesContext(connection) as checking_them:
            checked = checking.check_rows(rows, columns, desk.conference, user=desk.drafter, at=timezone.now())
        with CaptureQueriesContext(connection) as storing:
            pledges, _none = checking.store_rows(checked.values, desk.conference, by=desk.drafter, at=timezone.now())
        assert len(pledges) == number
        counts.append((len(checking_them), len(storing)))
    (few_checked, few_stored), (checked_many, stored_many) = counts
    assert checked_many == few_checked
    assert stored_many - few_stored <= 10 * 8


def test_the_same_file_twice_makes_no_second_draft(desk: Desk) -> None:
    file = fill(desk.template(), full(desk), full(desk, title="Second"))
    desk.upload(file)
    answer = desk.client.get(desk.upload(file)["Location"])
    assert Pledge.objects.count() == 2
    assert "Nothing was stored twice" in answer.content.decode()


def test_what_was_discarded_is_stored_anew_from_the_same_file(desk: Desk) -> None:
    file = fill(desk.template(), full(desk), full(desk, title="Second"))
    for count in (2, 3, 4):
        desk.upload(file)
        assert Pledge.objects.count() == count
        draft = Pledge.objects.exclude(status="closed").get(title="Hospital")
        apply_transition("discard", pledge=draft, by=desk.drafter, at=timezone.now())
    assert Pledge.objects.filter(title="Second").count() == 1


def test_the_same_file_at_another_conference_makes_drafts_of_that_one(desk: Desk) -> None:
    book = opened(fill(desk.template(), full(desk)))
    del book.custom_doc_props["conference"]
    there = replace(desk, conference=ConferenceFactory())
    file = saved(book)
    for place in (desk, there):
        place.upload(file)
    assert set(Pledge.objects.values_list("conference", flat=True)) == {desk.conference.pk, there.conference.pk}


def test_every_problem_is_named_and_nothing_is_stored(desk: Desk) -> None:
    wrong = full(desk, quantity="many", capability="A spaceship", deliver_by="someday", missions="UNMISS, Mars")
    MissionFactory(acronym="UNMISS")
    answer = desk.upload(fill(desk.template(), full(desk), wrong, full(desk, women=5000)))
    assert answer.status_code == 200
    assert not Pledge.objects.exists()
    letters = {cell.value: cell.column_letter for cell in opened(desk.template()).worksheets[0][HEADER]}
    found = {(cell, typed) for cell, typed, _sentence in problems(answer)}
    assert found == {
        (f"{letters[LABELS['quantity']]}5", "many"),
        (f"{letters[LABELS['capability']]}5", "A spaceship"),
        (f"{letters[LABELS['deliver_by']]}5", "someday"),
        (f"{letters[LABELS['missions']]}5", "UNMISS, Mars"),
        (f"{letters[LABELS['women']]}6", "5000"),
    }
    shown = answer.content.decode()
    assert "5 problems: nothing is stored yet" in shown
    assert "Rows with a problem: 2. Rows that are right: 1." in shown


def correction(answer: Any, **typed: str) -> dict[str, str]:
    """Return what the browser sends of the rows on the page, some of them typed anew."""
    sent = {"carried": answer.context["carried"]}
    for row in answer.context["rows"]:
        sent |= {bound.html_name: bound.value() for bound in row}
    return sent | {name.replace("__", "-"): text for name, text in typed.items()}


def test_rows_are_corrected_on_the_page_and_stored_with_the_others(desk: Desk) -> None:
    file = fill(desk.template(), full(desk), full(desk, title="Second", quantity="many", personnel="x"))
    answer = desk.upload(file)
    assert [row.prefix for row in answer.context["rows"]] == ["row5"]
    again = desk.client.post(desk.page, correction(answer, row5__quantity="2"))
    assert [(typed, bool(sentence)) for _cell, typed, sentence in problems(again)] == [("x", True)]
    assert again.context["rows"][0]["quantity"].value() == "2"
    assert not Pledge.objects.exists()
    done = desk.client.post(desk.page, correction(again, row5__personnel="1300"))
    assert done.status_code == 302
    assert sorted(Pledge.objects.values_list("title", "quantity", "personnel")) == [
        ("Hospital", 1, 1200),
        ("Second", 2, 1300),
    ]
    desk.client.post(desk.page, correction(again, row5__personnel="1300"))
    assert Pledge.objects.count() == 2


@pytest.mark.parametrize("typed_quantity", ["2", "several"])
def test_what_was_corrected_on_the_page_survives_the_end_of_the_session(desk: Desk, typed_quantity: str) -> None:
    answer = desk.upload(fill(desk.template(), full(desk), full(desk, title="Second", quantity="many")))
    sent = correction(answer, row5__quantity=typed_quantity) | {typed.FIELD: typed.mark(desk.drafter)}
    desk.client.logout()
    assert desk.client.post(desk.page, sent)["Location"].startswith(reverse("sign-in"))
    desk.client.force_login(desk.drafter)
    page = desk.client.get(desk.page)
    assert "What you typed is here: send it again." in page.content.decode()
    assert not Pledge.objects.exists()
    shown = [row["quantity"].value() for row in page.context["rows"]]
    assert shown == ([] if typed_quantity == "2" else ["several"])
    again = correction(page, **({} if typed_quantity == "2" else {"row5__quantity": "2"}))
    assert desk.client.post(desk.page, again).status_code == 302
    assert sorted(Pledge.objects.values_list("title", "quantity")) == [("Hospital", 1), ("Second", 2)]


def test_the_error_stands_at_its_field_and_what_was_typed_in_it(desk: Desk) -> None:
    answer = desk.upload(fill(desk.template(), full(desk, kind="Perhaps")))
    shown = answer.content.decode()
    assert '<option value="Perhaps" selected>' in shown
    assert 'id="id_row4-kind_error"' in shown
    assert 'href="#id_row4-kind"' in shown


def test_rows_carried_for_one_person_are_of_no_use_to_another(desk: Desk) -> None:
    answer = desk.upload(fill(desk.template(), full(desk, quantity="many")))
    sent = correction(answer, row4__quantity="2")
    other = Client()
    other.force_login(member_of(ParticipantFactory(), "drafter"))
    for client, data in (
        (other, sent),
        (desk.client, sent | {"carried": sent["carried"] + "x"}),
        (desk.client, {"carried": ""}),
    ):
        assert "The rows are no longer here" in client.post(desk.page, data).content.decode()
    assert not Pledge.objects.exists()


def test_only_so_many_rows_are_corrected_at_a_time(desk: Desk) -> None:
    rows = [full(desk, title=f"Row {n}", quantity="many") for n in range(25)]
    answer = desk.upload(fill(desk.template(), *rows))
    assert len(answer.context["rows"]) == 20
    right = {f"row{row.line}-quantity": "1" for row in answer.context["rows"]}
    again = desk.client.post(desk.page, correction(answer) | right)
    assert [row.line for row in again.context["rows"]] == [24, 25, 26, 27, 28]
    right = {f"row{row.line}-quantity": "1" for row in again.context["rows"]}
    assert desk.client.post(desk.page, correction(again) | right).status_code == 302
    assert Pledge.objects.count() == 25


def test_formulas_and_errors_are_refused_cell_by_cell(desk: Desk) -> None:
    answer = desk.upload(
        fill(desk.template(), full(desk, quantity="=1+1", title='=HYPERLINK("http://a","b")', personnel="#N/A"))
    )
    assert {sentence for _cell, _typed, sentence in problems(answer)} == {
        "Write the value itself: formulas are not read.",
        "This cell shows an error. Write a value, or empty it.",
    }
    assert len(problems(answer)) == 3
    assert not Pledge.objects.exists()


@pytest.mark.parametrize(
    ("value", "shown_as", "expected"),
    [
        (date(2027, 6, 30), "yyyy-mm-dd", (date(2027, 6, 30), "day")),
        (date(2027, 6, 1), "mmm-yy", (date(2027, 6, 30), "month")),
        (date(2027, 1, 1), "yyyy", (date(2027, 12, 31), "year")),
        ("30.6.2027", "@", (date(2027, 6, 30), "day")),
        ("2027-06", "@", (date(2027, 6, 30), "month")),
        ("June 2027", "@", (date(2027, 6, 30), "month")),
        (2027, "General", (date(2027, 12, 31), "year")),
        ("٦/٢٠٢٧", "@", (date(2027, 6, 30), "month")),
    ],
)
def test_dates_as_people_and_programs_write_them(desk: Desk, value: Any, shown_as: str, expected: Any) -> None:
    book = opened(fill(desk.template(), by_label(title="One", deliver_by=value)))
    sheet = book.worksheets[0]
    cell = next(cell for cell in sheet[HEADER + 1] if sheet.cell(HEADER, cell.column).value == LABELS["deliver_by"])
    cell.number_format = shown_as
    desk.upload(saved(book))
    pledge = Pledge.objects.get()
    assert (pledge.deliver_by, pledge.deliver_by_precision) == expected


@pytest.mark.parametrize("text", ["30 6 27", "31 6 2027", "6 30 2027", "1 2 3 4", "tomorrow", "99999"])
def test_what_is_no_date_is_refused(desk: Desk, text: str) -> None:
    answer = desk.upload(fill(desk.template(), by_label(title="One", deliver_by=text)))
    assert [typed for _cell, typed, _sentence in problems(answer)] == [text]


def test_a_date_in_words_and_a_date_turned_round() -> None:
    assert date_boxes("30 Jun. 2027") == ["30", "6", "2027"]
    assert date_boxes("2027-06-30") == ["30", "06", "2027"]


@pytest.mark.parametrize(
    ("value", "text"),
    [(3.0, "3"), (1200.5, "1200.5"), (0.1 + 0.2, "0.3"), (123.456, "123.4560"), (1e15, "1000000000000000")],
)
def test_numbers_of_a_spreadsheet_are_not_read_as_thousands(value: float, text: str) -> None:
    assert number_text(value) == text


def test_half_a_unit_is_refused(desk: Desk) -> None:
    answer = desk.upload(fill(desk.template(), full(desk, quantity=123.456)))
    assert [typed for _cell, typed, _sentence in problems(answer)] == ["123.4560"]


@pytest.mark.parametrize("hostile", HOSTILE[::4], ids=lambda one: one.title)
def test_hostile_files_are_refused_here_too(desk: Desk, hostile: Any) -> None:
    answer = desk.upload(hostile.make(), "filled.xlsx")
    assert answer.context["form"].errors.keys() == {"file"}
    assert not Pledge.objects.exists()


def test_a_spreadsheet_with_far_more_than_the_template_is_not_opened(desk: Desk, monkeypatch: Any) -> None:
    monkeypatch.setattr(reading, "MOST_UNPACKED", 10_000)
    answer = desk.upload(fill(desk.template(), full(desk)))
    assert "holds far more than the template" in answer.context["form"].errors["file"][0]


def with_first_sheet(content: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """Return a spreadsheet whose first sheet was damaged on its way."""
    damaged = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as whole, zipfile.ZipFile(damaged, "w") as target:
        for part in whole.infolist():
            data = whole.read(part)
            target.writestr(part.filename, change(data) if part.filename == "xl/worksheets/sheet1.xml" else data)
    return damaged.getvalue()


@pytest.mark.parametrize(
    "row",
    [
        b'<row r="9"><c r="A9" t="n"><v>abc</v></c></row>',
        b'<row r="9"><c r="99"><v>1</v></c></row>',
        b'<row r="9"><c r="A9" t="s"><v>99999</v></c></row>',
        b'<row r="x"><c r="A9"><v>1</v></c></row>',
        b"<row",
    ],
)
def test_a_damaged_sheet_is_refused_in_words(desk: Desk, row: bytes) -> None:
    whole = fill(desk.template(), full(desk))
    answer = desk.upload(with_first_sheet(whole, lambda data: data.replace(b"</sheetData>", row + b"</sheetData>")))
    assert answer.context["form"].errors["file"] == ["“filled.xlsx” cannot be read. Save it as XLSX again."]


def strange(book: Any, change: str) -> None:
    """Change a filled-in template as people do."""
    sheet = book.worksheets[0]
    if change == "no labels":
        sheet.delete_rows(HEADER)
    elif change == "own column":
        sheet.cell(HEADER, sheet.max_column + 1).value = "My notes"
    elif change == "twice":
        sheet.cell(HEADER, sheet.max_column + 1).value = LABELS["title"]
    elif change == "empty":
        sheet.delete_rows(HEADER + 1)
    elif change == "too many":
        for line in range(HEADER + 1, HEADER + 502):
            sheet.cell(line, 2).value = "x"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("no labels", "no row with the names of the columns"),
        ("own column", "is headed “My notes”, which is none of the template"),
        ("twice", "Two columns have the same heading"),
        ("empty", "No row is filled in"),
        ("too many", "more than 500 rows"),
    ],
)
def test_a_template_changed_out_of_shape_is_refused_as_a_whole(desk: Desk, change: str, words: str) -> None:
    book = opened(fill(desk.template(), full(desk)))
    strange(book, change)
    answer = desk.upload(saved(book))
    assert words in answer.context["form"].errors["file"][0]


def test_moved_and_missing_columns_do_no_harm(desk: Desk) -> None:
    book = opened(fill(desk.template(), full(desk)))
    sheet = book.worksheets[0]
    for column in range(sheet.max_column, 0, -1):
        if sheet.cell(HEADER, column).value not in {
            LABELS["title"],
            LABELS["description"],
            LABELS["quantity"],
            LABELS["capability"],
        }:
            sheet.delete_cols(column)
    sheet.insert_rows(1)
    desk.upload(saved(book))
    assert Pledge.objects.values_list("title", "quantity").get() == ("Hospital", 1)


def test_the_template_of_another_conference_is_refused(desk: Desk) -> None:
    other = ConferenceFactory()
    answer = desk.client.post(
        reverse("offline-conference", args=[other.pk]),
        {"file": SimpleUploadedFile("filled.xlsx", fill(desk.template(), full(desk)))},
    )
    assert "This is the template of another conference" in answer.context["form"].errors["file"][0]


def test_nothing_is_stored_where_one_row_is_refused_at_the_last_moment(desk: Desk, monkeypatch: Any) -> None:
    draft, calls = checking.draft_pledge, []

    def second_refuses(**values: Any) -> Pledge:
        calls.append(values)
        if len(calls) == 2:
            raise NotAllowed("Your rights have just ended.")
        return draft(**values)

    monkeypatch.setattr(checking, "draft_pledge", second_refuses)
    answer = desk.upload(fill(desk.template(), full(desk), full(desk, title="Second")))
    assert "Your rights have just ended." in answer.content.decode()
    assert not Pledge.objects.exists()


@pytest.mark.parametrize("text", ["=1+1", "<script>alert(1)</script>", "{{ 7|add:7 }}", "@SUM(1)"])
def test_what_was_typed_is_shown_as_text(desk: Desk, text: str) -> None:
    book = opened(fill(desk.template(), full(desk, quantity="many")))
    sheet = book.worksheets[0]
    column = next(cell.column for cell in sheet[HEADER] if cell.value == LABELS["quantity"])
    sheet.cell(HEADER + 1, column).value = text
    sheet.cell(HEADER + 1, column).data_type = "s"
    answer = desk.upload(saved(book))
    assert problems(answer)[0][1] == text
    assert "<script>alert" not in answer.content.decode()


def test_the_list_of_conferences_leads_to_file_and_page(desk: Desk) -> None:
    shown = desk.client.get(reverse("offline")).content.decode()
    assert desk.page in shown
    assert reverse("offline-template", args=[desk.conference.pk]) in shown


def test_a_conference_that_takes_no_pledges_has_no_template(desk: Desk) -> None:
    type(desk.conference).objects.filter(pk=desk.conference.pk).update(has_pledges=False)
    assert desk.client.get(desk.page).status_code == 404
