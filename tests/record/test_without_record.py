"""What the commands say in a database without the record."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.record.conftest import DATA

pytestmark = pytest.mark.django_db


def test_made_up_pledges_need_reference_data() -> None:
    with pytest.raises(CommandError, match="run load_record first"):
        call_command("make_synthetic", pledges=10)


def test_an_import_names_what_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CommandError, match="Nothing was stored"):
        call_command("import_pledges", DATA / "pledges_2019_2023.csv")
    assert "2\tconference\t'new-york-2019'\tThere is no conference with this identifier." in capsys.readouterr().err


def test_a_folder_without_files_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"participants\.csv"):
        call_command("load_record", folder=tmp_path)
