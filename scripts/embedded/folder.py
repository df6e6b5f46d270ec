"""The data folder of an embedded product: its lock, its secrets, and the environment of its processes."""

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from scripts.embedded.broker import EmbeddedBroker
from scripts.embedded.postgres import EmbeddedPostgres, make_passwords
from scripts.embedded.process import StartError, end_leftovers

ROOT = Path(__file__).resolve().parent.parent.parent
DEFAULT = ROOT / ".data"

OURS = ("broker", "logs", "mail", "media", "run", "accounts.csv", "secrets.json")


class InUse(StartError):
    """Another process holds the folder."""


class DataFolder:
    """A folder that one launcher uses at a time; only its owner can look into it.

    Raises StartError for one that cannot be made or written into.
    """

    def __init__(self, path: Path):
        self.path = path.expanduser().resolve()
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StartError(f"{self.path} cannot be made ({error.strerror}): choose another --data.") from error
        if not os.access(self.path, os.R_OK | os.W_OK | os.X_OK):
            raise StartError(f"{self.path} is somebody else's folder: choose another --data.")
        self.notes = self.path / "run"
        self.logs = self.path / "logs"
        self.accounts = self.path / "accounts.csv"
        self.addresses = self.notes / "addresses.json"

    @contextlib.contextmanager
    def locked(self, holder: str) -> Iterator[None]:
        """Hold the folder's lock; the kernel frees it when we die, so a stale one cannot stay.

        Raises InUse, naming the holder, when another has it.
        """
        with (self.path / "lock").open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise InUse(f"{self.path} is in use by {self.holder()}: end that, or use another --data.") from None
            lock.truncate(0)
            lock.write(f"{holder} (process {os.getpid()})")
            lock.flush()
            yield

    def holder(self) -> str:
        """Return who wrote into the lock last."""
        return (self.path / "lock").read_text() or "another process"

    def clear(self) -> None:
        """Remove what the product keeps here, and nothing else."""
        for child in [*self.path.glob("postgres-*"), *(self.path / name for name in OURS)]:
            if child.is_dir():
                shutil.rmtree(child)
            else:
                child.unlink(missing_ok=True)

    def prepare(self) -> None:
        """Make the folders, and end what a killed run left behind."""
        for folder in (self.notes, self.logs, self.path / "mail", self.path / "media"):
            folder.mkdir(mode=0o700, exist_ok=True)
        end_leftovers(self.notes)
        self.addresses.unlink(missing_ok=True)

    def secret_values(self) -> dict[str, str]:
        """Return the secret key and the passwords, made at the first call."""
        file = self.path / "secrets.json"
        if not file.exists():
            made = make_passwords() | {"broker": secrets.token_urlsafe(24), "SECRET_KEY": secrets.token_urlsafe(60)}
            write_privately(file, json.dumps(made, indent=1))
        found: dict[str, str] = json.loads(file.read_text())
        return found

    def log(self, name: str) -> Path:
        """Return the log of a process; the one of the run before is kept beside it as .1."""
        file = self.logs / f"{name}.log"
        if file.exists():
            file.replace(file.with_suffix(".log.1"))
        return file

    @contextlib.contextmanager
    def services(self) -> Iterator[tuple[EmbeddedPostgres, EmbeddedBroker]]:
        """Start Postgres and the broker, and end them afterwards. Call it with the lock held."""
        self.prepare()
        known = self.secret_values()
        postgres = EmbeddedPostgres(self.path, passwords=known, notes=self.notes, log=self.log("postgres"))
        broker = EmbeddedBroker(self.path, password=known["broker"], notes=self.notes, log=self.log("broker"))
        try:
            postgres.start()
            broker.start()
            addresses = {"owner": postgres.owner_url, "broker": broker.url}
            write_privately(self.addresses, json.dumps(addresses))
            yield postgres, broker
        finally:
            self.addresses.unlink(missing_ok=True)
            broker.stop()
            postgres.stop()

    def running_addresses(self, seconds: float = 60) -> dict[str, str]:
        """Return the addresses of the services that another process started, waiting while it starts them."""
        until = time.monotonic() + seconds
        while not self.addresses.exists():
            if time.monotonic() > until:
                raise StartError(f"{self.holder()} holds {self.path}, but its database does not come up.")
            time.sleep(0.1)
        found: dict[str, str] = json.loads(self.addresses.read_text())
        return found

    def environment(self, *, database_url: str, redis_url: str, port: int) -> dict[str, str]:
        """Return the whole environment of a process of the product: the settings of an embedded one."""
        return os.environ | {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "SECRET_KEY": self.secret_values()["SECRET_KEY"],
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "EMAIL_URL": f"filemail:///{quote(str(self.path / 'mail').lstrip('/'))}",
            "MEDIA_ROOT": str(self.path / "media"),
            "BASE_URL": f"http://127.0.0.1:{port}",
            "ALLOWED_HOSTS": "127.0.0.1,localhost",
            "HTTPS": "off",
            "SERVE_STATIC_FROM_SOURCE": "on",
            "REQUIRE_SECOND_FACTOR": "off",  # so that the sign-ins of a demonstration work as printed
            "PYTHONUNBUFFERED": "1",
            "CELERY_SKIP_CHECKS": "1",  # migrating and serving run them
        }


def write_privately(file: Path, text: str) -> None:
    """Write a file that only its owner can read; it is there whole or not at all."""
    building = file.with_name(file.name + ".building")
    building.touch(mode=0o600)
    building.write_text(text)
    building.replace(file)
