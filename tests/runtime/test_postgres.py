"""The embedded Postgres keeps what it acknowledged, whatever kills it, and gives each role its rights only."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import psycopg2
import pytest

from scripts.embedded import process
from scripts.embedded.postgres import EmbeddedPostgres


def ask(url: str, query: str) -> Any:
    """Return the first value that a query answers, committed."""
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(query)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def test_it_recovers_from_kill_9_and_keeps_what_was_committed(make_postgres: Callable[[], EmbeddedPostgres]) -> None:
    first = make_postgres()
    first.start()
    ask(first.owner_url, "CREATE TABLE kept AS SELECT 7 AS number")
    assert first.child
    os.kill(first.child.pid, signal.SIGKILL)
    first.child.wait()
    second = make_postgres()
    second.start()
    assert ask(second.owner_url, "SELECT number FROM kept") == 7


def test_started_again_after_it_died_it_answers_at_the_same_address(
    make_postgres: Callable[[], EmbeddedPostgres],
) -> None:
    postgres = make_postgres()
    postgres.start()
    address = postgres.owner_url
    assert postgres.child
    os.kill(postgres.child.pid, signal.SIGKILL)
    postgres.child.wait()
    postgres.start()
    assert ask(address, "SELECT 1") == 1


def test_a_cluster_that_was_cut_short_is_made_anew(make_postgres: Callable[[], EmbeddedPostgres]) -> None:
    postgres = make_postgres()
    half = postgres.cluster.with_name(postgres.cluster.name + ".building")
    half.mkdir()
    (half / "PG_VERSION").write_text("18")
    postgres.start()
    assert ask(postgres.owner_url, "SELECT 1") == 1


def test_rights_of_the_roles(make_postgres: Callable[[], EmbeddedPostgres]) -> None:
    postgres = make_postgres()
    postgres.start()
    for url in (postgres.owner_url, postgres.application_url):
        assert ask(url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
    ask(postgres.owner_url, "CREATE EXTENSION pg_trgm; CREATE EXTENSION unaccent; CREATE TABLE kept (number int)")
    for refused in ("CREATE TABLE mine (number int)", "DROP TABLE kept", "SELECT number FROM kept"):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            ask(postgres.application_url, refused)


def test_nobody_enters_without_the_password(make_postgres: Callable[[], EmbeddedPostgres]) -> None:
    postgres = make_postgres()
    postgres.start()
    with pytest.raises(psycopg2.OperationalError, match="password"):
        ask(f"postgres://pledges_owner:wrong@127.0.0.1:{postgres.port}/pledges", "SELECT 1")


def test_names_are_ordered_by_code_point_on_every_machine(make_postgres: Callable[[], EmbeddedPostgres]) -> None:
    postgres = make_postgres()
    postgres.start()
    query = "SELECT string_agg(n, '' ORDER BY n) FROM unnest(ARRAY['b', 'é', 'B', 'a']) n"
    assert ask(postgres.owner_url, query) == "Babé"


def test_a_child_dies_with_its_parent_and_is_ended_by_the_next_start_where_it_does_not(tmp_path: Path) -> None:
    note = tmp_path / "sleeper.pid"
    parent = (
        "import os, pathlib, signal; from scripts.embedded import process;"
        f"process.spawn(['sleep', '60'], log=None, note=pathlib.Path({str(note)!r}), death_signal=DEATH);"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    for death in ("signal.SIGTERM", "0"):
        command = [sys.executable, "-c", parent.replace("DEATH", death)]
        subprocess.run(command, check=False, cwd=process.__file__.rsplit("/", 3)[0])
        pid = int(note.read_text().split()[0])
        process.end_leftovers(tmp_path, patience=1)
        assert not note.exists()
        assert pid not in running()


def running() -> set[int]:
    """Return the numbers of all processes but zombies."""
    found = psutil.process_iter(["status"])
    return {one.pid for one in found if one.info["status"] != psutil.STATUS_ZOMBIE}


def test_another_process_that_got_a_noted_number_is_left_alone(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as other:
        (tmp_path / "worker.pid").write_text(f"{other.pid} 1000.0")
        assert process.end_leftovers(tmp_path, patience=0.1) == []
        assert other.poll() is None
        other.kill()


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="a choice that only root on Linux has")
def test_as_root_where_user_namespaces_are_forbidden_it_runs_as_nobody(
    make_postgres: Callable[[], EmbeddedPostgres], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "namespace_prefix", lambda: ())
    process.ordinary_user_prefix.cache_clear()
    try:
        postgres = make_postgres()
        postgres.start()
        assert postgres.child
        assert Path(f"/proc/{postgres.child.pid}").stat().st_uid == int(process.NOBODY)
        postgres.stop()
    finally:
        process.ordinary_user_prefix.cache_clear()
