"""One launcher per data folder; its secrets are its owner's alone; clearing takes nothing that is not ours."""

import multiprocessing
import os
import stat
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from scripts.embedded.folder import DataFolder, InUse
from scripts.embedded.process import StartError


def hold(path: Path, ready: Connection) -> None:
    """Hold the lock of a folder until killed."""
    with DataFolder(path).locked("scripts/run"):
        ready.send("held")
        ready.recv()


def test_a_second_launcher_is_refused_and_a_killed_one_leaves_no_lock(tmp_path: Path) -> None:
    ours, theirs = multiprocessing.Pipe()
    other = multiprocessing.get_context("spawn").Process(target=hold, args=(tmp_path, theirs))
    other.start()
    ours.recv()
    folder = DataFolder(tmp_path)
    with pytest.raises(InUse, match=rf"scripts/run \(process {other.pid}\)"), folder.locked("scripts/run"):
        pass
    other.kill()
    other.join()
    with folder.locked("scripts/run"):
        assert str(other.pid) not in folder.holder()


def test_secrets_are_made_once_and_for_the_owner_alone(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "new")
    made = folder.secret_values()
    assert DataFolder(tmp_path / "new").secret_values() == made
    assert len(made["SECRET_KEY"]) >= 50
    assert stat.S_IMODE((tmp_path / "new" / "secrets.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_a_fresh_start_removes_only_what_is_ours(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    folder.prepare()
    folder.secret_values()
    (tmp_path / "postgres-18").mkdir()
    (tmp_path / "thesis.txt").write_text("mine")
    folder.clear()
    assert [child.name for child in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_folder_that_cannot_be_used_is_refused_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StartError, match=r"file cannot be made \(File exists\): choose another --data\."):
        DataFolder(tmp_path / "file")
    with pytest.raises(StartError, match=r"folder cannot be made \(Not a directory\): choose another --data\."):
        DataFolder(tmp_path / "file" / "folder")
    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path)  # root may write everywhere
    with pytest.raises(StartError, match=r"is somebody else's folder: choose another --data\."):
        DataFolder(tmp_path)
