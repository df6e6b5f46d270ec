"""The demonstration's accounts: one per role, passwords in a file of the owner, a second run changes nothing."""

import csv
import stat
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client

from accounts.models import ApiToken, User
from conferences.models import Membership
from tests.factories import ParticipantFactory


@pytest.fixture
def file(db: None, tmp_path: Path) -> Path:
    """Return the file after a first run."""
    for code in ("BGD", "KOR"):
        ParticipantFactory(code=code)
    call_command("create_demo_accounts", file=tmp_path / "accounts.csv")
    return tmp_path / "accounts.csv"


def rows(file: Path) -> list[dict[str, str]]:
    """Return the rows of the file."""
    with file.open(newline="") as opened:
        return list(csv.DictReader(opened))


def test_one_account_per_role_that_signs_in(file: Path, client: Client) -> None:
    found = rows(file)
    assert [(row["role"], row["participant"]) for row in found] == [
        ("secretariat_officer", ""),
        ("secretariat_manager", ""),
        ("drafter", "BGD"),
        ("approver", "BGD"),
        ("drafter", "KOR"),
        ("approver", "KOR"),
        ("analyst", ""),
    ]
    for row in found:
        assert client.login(username=row["username"], password=row["password"])
    assert Membership.objects.get(user__username="approver-kor").role == "approver"
    assert ApiToken.objects.get().user.username == "analyst"
    assert found[-1]["api_token"].startswith("pk_")


def test_only_its_owner_can_read_the_file(file: Path) -> None:
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_second_run_changes_nothing(file: Path) -> None:
    before = file.read_text(), list(User.objects.order_by("pk").values_list("pk", "password"))
    call_command("create_demo_accounts", file=file)
    assert (file.read_text(), list(User.objects.order_by("pk").values_list("pk", "password"))) == before


def test_a_password_that_nobody_knows_is_not_reset(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hashes = list(User.objects.order_by("pk").values_list("password", flat=True))
    file.unlink()
    call_command("create_demo_accounts", file=file)
    assert list(User.objects.order_by("pk").values_list("password", flat=True)) == hashes
    assert rows(file) == []
    assert "analyst is there, but its password is not in the file" in capsys.readouterr().err
