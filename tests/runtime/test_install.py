"""The Python environment of the scripts: one that was cut short, moved, or made by another Python is made anew."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scripts import install


@pytest.fixture
def venv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for an environment; making one leaves out pip, to be quick."""
    run = subprocess.run

    def quick(command: list[Any], **options: Any) -> Any:
        return run([*command, "--without-pip"] if "venv" in command else command, **options)

    monkeypatch.setattr(subprocess, "run", quick)
    return tmp_path / "venv"


def made(venv: Path) -> bool:
    """Make the environment as far as it needs it; say whether it was made from nothing."""
    trace = venv / "bin" / "trace"
    if trace.parent.exists():
        trace.touch()
    install.main(venv, [])
    assert subprocess.run([venv / "bin" / "python", "-c", ""], check=False).returncode == 0
    return not trace.exists()


def test_an_environment_is_made_once(venv: Path) -> None:
    assert made(venv)
    assert not made(venv)


def test_an_environment_that_was_cut_short_is_made_anew(venv: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)  # its Python runs, but it was never finished
    assert made(venv)
    assert not made(venv)


def test_an_environment_that_was_moved_or_is_of_another_python_is_made_anew(venv: Path) -> None:
    made(venv)
    moved = Path(shutil.move(venv, venv.with_name("elsewhere")))
    assert made(moved)
    (moved / "made").write_text("3.9.1 (main) /elsewhere\n")
    (moved / "installed").mkdir()
    assert made(moved)
    assert not (moved / "installed").exists()


def test_a_folder_of_something_else_is_left_alone(venv: Path) -> None:
    venv.mkdir()
    (venv / "thesis.txt").touch()
    with pytest.raises(SystemExit, match=r"holds something else than a Python environment: remove it, or set"):
        install.main(venv, [])
    assert (venv / "thesis.txt").exists()
