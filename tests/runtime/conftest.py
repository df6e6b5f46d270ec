"""Embedded services of their own for the tests of this folder, which kill them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scripts.embedded.postgres import EmbeddedPostgres, make_passwords


@pytest.fixture
def make_postgres(tmp_path: Path) -> Iterator[Callable[[], EmbeddedPostgres]]:
    """Return a function that makes one more Postgres for one and the same data."""
    passwords = make_passwords()
    made: list[EmbeddedPostgres] = []

    def make() -> EmbeddedPostgres:
        log = tmp_path / "postgres.log"
        made.append(EmbeddedPostgres(tmp_path, passwords=passwords, notes=tmp_path, log=log))
        return made[-1]

    yield make
    for one in made:
        one.stop()
