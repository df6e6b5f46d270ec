"""Databases to measure in: copies of one that holds the real record, filled with made-up pledges."""

import csv
import subprocess
import sys
import time
from typing import NamedTuple

import psycopg2
from psycopg2 import sql

from benchmarks.pledge_file import write_pledges
from scripts.embedded.broker import EmbeddedBroker
from scripts.embedded.folder import ROOT, DataFolder
from scripts.embedded.postgres import APPLICATION, DATABASE, OWNER, EmbeddedPostgres

IMPORT = "bench_import"


class Pace(NamedTuple):
    """How many rows were stored in how many seconds, the start of the program included."""

    what: str
    rows: int
    seconds: float


class Databases:
    """The databases of one benchmark."""

    def __init__(self, folder: DataFolder, postgres: EmbeddedPostgres, broker: EmbeddedBroker):
        self.folder = folder
        self.postgres = postgres
        self.broker = broker

    def prepare(self) -> None:
        """Make the one that all others are copies of."""
        self.run(DATABASE, "-m", "scripts.embedded.prepare", str(self.folder.accounts))

    def fill(self, size: int) -> Pace:
        """Make a database with that many made-up pledges."""
        name = name_of(size)
        self.copy(name)
        seconds = self.run(name, "manage.py", "make_synthetic", "--pledges", str(size), "--seed", "1")
        self.as_superuser(name, sql.SQL("VACUUM ANALYZE"))
        return Pace("make_synthetic", size, seconds)

    def time_import(self, rows: int) -> Pace:
        """Import a file of that many rows into a database of its own."""
        file = self.folder.path / "pledges.csv"
        write_pledges(file, rows)
        self.copy(IMPORT)
        return Pace("import_pledges", rows, self.run(IMPORT, "manage.py", "import_pledges", str(file)))

    def token(self) -> str:
        """Return the API token of the analyst, which is good in every copy."""
        with self.folder.accounts.open(newline="") as opened:
            return next(row["api_token"] for row in csv.DictReader(opened) if row["api_token"])

    def draft(self, size: int) -> tuple[dict[str, str], list[str]]:
        """Put a draft into a database; return the headers of its drafter and the addresses of its form."""
        environment = self.environment(self.url(size))
        command = [sys.executable, "-m", "benchmarks.draft"]
        key, *addresses = subprocess.check_output(command, cwd=ROOT, env=environment, text=True).split()
        return {"Cookie": f"session={key}"}, addresses

    def url(self, size: int) -> str:
        """Return the address of a database for the application."""
        return self.postgres.url(APPLICATION, name_of(size))

    def environment(self, url: str, port: int = 8000) -> dict[str, str]:
        """Return the environment of a program that uses a database."""
        found = self.folder.environment(database_url=url, redis_url=self.broker.url, port=port)
        return found | {"LOG_LEVEL": "ERROR"}

    def run(self, database: str, *command: str) -> float:
        """Run a Python program on a database as its owner; return the seconds it took."""
        began = time.perf_counter()
        environment = self.environment(self.postgres.url(OWNER, database))
        done = subprocess.run(
            [sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
        return time.perf_counter() - began

    def copy(self, name: str) -> None:
        """Make a database as a copy of the one with the record."""
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}")
        self.as_superuser("postgres", statement.format(*map(sql.Identifier, (name, DATABASE, OWNER))))

    def as_superuser(self, database: str, statement: sql.Composable) -> None:
        """Run a statement outside any transaction."""
        connection = psycopg2.connect(self.postgres.url("postgres", database))
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
        connection.close()


def name_of(size: int) -> str:
    """Return the name of the database with that many made-up pledges."""
    return f"bench_{size}"
