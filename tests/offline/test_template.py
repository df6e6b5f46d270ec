"""The template: the form's own fields, lists to choose from, notes, and nothing that runs."""

import shutil
import subprocess
from pathlib import Path

import pytest
from django.utils import timezone

from pledges.forms import PledgeForm
from pledges.offline.columns import columns_of, empty_form
from tests.factories import CapabilityTypeFactory, ParticipantFactory
from tests.offline.conftest import HEADER, Desk, opened

FORMULAS = ["=1+1", "+1+1", "-1+1", "@SUM(1)", "\t=1", "=cmd|' /C calc'!A0", '=HYPERLINK("http://a","b")', "%0A=1"]


def labels(desk: Desk) -> list[str]:
    return [cell.value for cell in opened(desk.template()).worksheets[0][HEADER]]


def test_the_columns_are_the_fields_of_the_form(desk: Desk) -> None:
    form = PledgeForm(user=desk.drafter, at=timezone.now())
    asked = [str(bound.label) for bound in form.visible_fields() if bound.name not in {"participant", "conference"}]
    assert labels(desk) == asked
    assert len(set(asked)) == len(asked)


def test_who_writes_for_two_delegations_names_one(desk: Desk) -> None:
    second = ParticipantFactory()
    desk.drafter.memberships.create(
        participant=second, role="drafter", started_at=desk.drafter.memberships.get().started_at
    )
    columns = {column.name: column for column in columns_of(empty_form(desk.drafter, timezone.now()))}
    assert {value for value, _words in columns["participant"].choices} == {desk.delegation.pk, second.pk}


def test_choices_are_lists_and_every_column_is_explained(desk: Desk) -> None:
    book = opened(desk.template())
    sheet, notes, lists = book.worksheets
    rules = {
        str(rule.sqref).rstrip("0123456789").partition(":")[0][:-1]: rule
        for rule in sheet.data_validations.dataValidation
    }
    columns = columns_of(empty_form(desk.drafter, timezone.now()))
    explained = {cell.value for cell in notes["A"]}
    listed = {column[0].value: [cell.value for cell in column[1:] if cell.value] for column in lists.columns}
    for cell, column in zip(sheet[HEADER], columns, strict=True):
        assert column.label in explained
        rule = rules.get(cell.column_letter)
        if column.choices:
            assert rule is not None
            assert rule.type == "list"
            assert rule.formula1.startswith("'Lists'!$") or rule.formula1.startswith("Lists!$")
            assert listed[column.label] == [words for _value, words in column.choices]
        elif column.is_number:
            assert rule is not None
            assert (rule.type, rule.errorStyle) == ("decimal", "warning")
        elif column.is_date:
            assert rule is not None
            assert rule.type == "custom"
        if column.hint:
            assert cell.comment is not None
            assert column.hint in cell.comment.text


def test_a_column_says_to_which_kinds_of_pledge_it_applies(desk: Desk) -> None:
    sheet = opened(desk.template()).worksheets[0]
    notes = {cell.value: cell.comment.text if cell.comment else "" for cell in sheet[HEADER]}
    assert "Only for: training." in notes["Courses"]
    assert "Only for: units, expertise." in notes["Persons"]
    assert "Only for" not in notes["Title"]


def test_no_text_of_ours_or_theirs_becomes_a_formula(desk: Desk) -> None:
    for text in FORMULAS:
        CapabilityTypeFactory(name=text)
    type(desk.conference).objects.filter(pk=desk.conference.pk).update(title="=1+1")
    seen = set()
    for sheet in opened(desk.template()).worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f", (sheet.title, cell.coordinate, cell.value)
                seen.add(cell.value)
    assert set(FORMULAS) <= seen


def test_the_lists_survive_an_office_program(desk: Desk, tmp_path: Path) -> None:
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if not program:
        pytest.skip("LibreOffice is not on this machine.")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "pledges.xlsx").write_bytes(desk.template())
    command = [program, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "xlsx"]
    subprocess.run(
        [*command, "--outdir", str(tmp_path), str(tmp_path / "in" / "pledges.xlsx")], check=True, timeout=120
    )
    before = opened(desk.template()).worksheets[0].data_validations.dataValidation
    after = opened((tmp_path / "pledges.xlsx").read_bytes()).worksheets[0].data_validations.dataValidation
    lists = sorted(rule.formula1.replace("'", "") for rule in before if rule.type == "list")
    assert lists
    assert sorted(rule.formula1.replace("'", "") for rule in after if rule.type == "list") == lists
