"""scripts/run: brings the whole product up on this machine, watches over it, and ends it in order."""

import argparse
import csv
import hashlib
import json
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import NoReturn

from scripts.embedded import process
from scripts.embedded.broker import EmbeddedBroker
from scripts.embedded.folder import DEFAULT, ROOT, DataFolder
from scripts.embedded.postgres import EmbeddedPostgres, tail

RESTARTS_A_MINUTE = 5
APPS = ("accounts", "api", "capabilities", "conferences", "config", "dashboards", "pledges", "reminders", "scripts")
PYTHON = [sys.executable, "-P", "-m"]
# Opens addresses of this machine, past any proxy that the environment names.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Ended(Exception):
    """Somebody asked us to end."""


@dataclass
class Part:
    """Something that runs as long as we do; `note` is the file with its number."""

    name: str
    start: Callable[[], subprocess.Popen[bytes]]
    note: Path
    child: subprocess.Popen[bytes] | None = None
    restarts: list[float] = field(default_factory=list)

    def again(self) -> None:
        """Start it again after it died, but not for ever."""
        now = time.monotonic()
        self.restarts = [moment for moment in self.restarts if now - moment < 60] + [now]
        if len(self.restarts) > RESTARTS_A_MINUTE:
            raise process.StartError(f"{self.name} keeps dying: its log says why.")
        say(f"{self.name} died and is started again")
        self.child = self.start()


class Launcher:
    """The parts of one running product in a data folder."""

    def __init__(self, folder: DataFolder, port: int):
        self.folder = folder
        self.port = port
        self.parts: list[Part] = []
        self.address = f"http://127.0.0.1:{port}"

    def run(self) -> None:
        """Bring everything up, print where it is, and watch over it until a signal comes."""
        with self.folder.services() as (postgres, broker):
            say(f"Postgres on port {postgres.port}, broker on port {broker.port}")
            environment = self.folder.environment(
                database_url=postgres.application_url, redis_url=broker.url, port=self.port
            )
            self.prepare(environment | {"DATABASE_URL": postgres.owner_url}, postgres.cluster / "prepared")
            broker.forget("alive:*")  # signs of life of a killed run would make us look ready too early
            try:
                self.parts = [self.program(name, command, environment) for name, command in self.commands()]
                for part in self.parts:
                    part.child = part.start()
                self.wait_until_healthy()
                self.tell()
                services = [
                    Part("Postgres", restarted(postgres), postgres.note, child=postgres.child),
                    Part("the broker", restarted(broker), broker.note, child=broker.child),
                ]
                self.watch([*services, *self.parts])
            finally:
                say("Ending")
                self.end()

    def end(self) -> None:
        """End web, worker and scheduler, which may all end at once; Postgres and the broker outlive them."""
        children = {part.note: part.child for part in self.parts if part.child}
        for child in children.values():
            process.ask_to_end(child)
        for note, child in children.items():
            process.see_ended(child)
            note.unlink(missing_ok=True)

    def prepare(self, environment: dict[str, str], mark: Path) -> None:
        """Migrate, load the record and make the accounts, as the owner of the database.

        `mark` stands in the database's own folder and says with which code and record that was done: the same ones
        need it no second time.
        """
        fingerprint = fingerprint_of_product()
        if mark.exists() and mark.read_text() == fingerprint and self.folder.accounts.exists():
            return
        note = self.folder.notes / "prepare.pid"
        command = [*PYTHON, "scripts.embedded.prepare", str(self.folder.accounts)]
        child = process.spawn(command, log=None, note=note, environment=environment, cwd=ROOT)
        try:
            if child.wait() != 0:
                raise process.StartError("The database could not be brought up to date: see above.")
        finally:
            process.stop(child)
            note.unlink()
        mark.write_text(fingerprint)

    def commands(self) -> Iterator[tuple[str, list[str]]]:
        """Yield the name and the command of each program of the product."""
        celery = [*PYTHON, "celery", "--app=config"]
        yield (
            "worker",
            [*celery, "worker", "--concurrency=2", "--without-gossip", "--without-mingle", "--loglevel=INFO"],
        )
        yield "scheduler", [*celery, "beat", "--loglevel=INFO"]
        yield "web", [
            *PYTHON, "gunicorn", "config.wsgi", "--worker-class=gthread", "--workers=2", "--threads=4", "--preload",
            f"--bind=127.0.0.1:{self.port}", "--graceful-timeout=8", "--no-control-socket", "--access-logfile=-",
        ]  # fmt: skip

    def program(self, name: str, command: list[str], environment: dict[str, str]) -> Part:
        """Return a program that logs into a file of its own; killed with us, as a warm end waits for the broker."""
        log = self.folder.log(name)
        note = self.folder.notes / f"{name}.pid"
        death = signal.SIGQUIT if name == "web" else signal.SIGKILL

        def start() -> subprocess.Popen[bytes]:
            return process.spawn(command, log=log, note=note, death_signal=death, environment=environment, cwd=ROOT)

        return Part(name, start, note)

    def wait_until_healthy(self, seconds: float = 120) -> None:
        """Wait until the site answers that every part is well."""
        until = time.monotonic() + seconds
        while (answer := self.health()) != {}:
            for part in self.parts:
                if part.child and part.child.poll() is not None:
                    log = self.folder.logs / f"{part.name}.log"
                    raise process.StartError(f"{part.name} did not start. Its last words:\n{tail(log)}")
            if time.monotonic() > until:
                raise process.StartError(f"Not well after {seconds:.0f} s: {answer}. Logs: {self.folder.logs}")
            time.sleep(0.2)

    def health(self) -> dict[str, str]:
        """Return what is not well, part by part; nothing when all is."""
        try:
            with OPENER.open(f"{self.address}/healthz", timeout=5):
                return {}
        except urllib.error.HTTPError as error:
            with error:
                body = error.read()
            try:
                return {name: state for name, state in json.loads(body).items() if state != "ok"}
            except ValueError:
                return {"web": f"answers {error.code}"}
        except OSError:
            return {"web": "no answer"}

    def tell(self) -> None:
        """Print the address and the sign-ins."""
        print(f"Ready: {self.address}/", flush=True)
        with self.folder.accounts.open(newline="") as file:
            rows = list(csv.reader(file))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            print("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        print(f"  (kept in {self.folder.accounts}; logs in {self.folder.logs}; Ctrl-C ends everything)", flush=True)

    def watch(self, parts: list[Part]) -> NoReturn:
        """Start again what dies, until a signal ends us."""
        while True:
            for part in parts:
                if part.child and part.child.poll() is not None:
                    part.again()
            time.sleep(0.3)


def fingerprint_of_product() -> str:
    """Return a hash of the code, the record and the versions of what they rest on."""
    code = (file for app in APPS for file in (ROOT / app).rglob("*.py"))
    whole = hashlib.sha256()
    for file in sorted([*code, *(ROOT / "data").iterdir(), *ROOT.glob("requirements*.txt")]):
        whole.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes())
    return whole.hexdigest()


def restarted(service: EmbeddedPostgres | EmbeddedBroker) -> Callable[[], subprocess.Popen[bytes]]:
    """Return a function that starts a service again and returns its process."""

    def start() -> subprocess.Popen[bytes]:
        service.start()
        assert service.child
        return service.child

    return start


def say(line: str) -> None:
    """Tell what is going on; a terminal that was closed is no reason to stop ending things in order."""
    with suppress(OSError):
        print(f"  {line}", flush=True)


@contextmanager
def ending_on_signals() -> Iterator[None]:
    """Turn the first signal that asks us to end into Ended; ignore more of them, as ending is under way."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def end(number: int, frame: FrameType | None) -> NoReturn:
        for each in numbers:
            signal.signal(each, signal.SIG_IGN)
        raise Ended

    for number in numbers:
        signal.signal(number, end)
    yield


def port_number(text: str) -> int:
    """Return the number of a port; the parser shows the sentence about anything else."""
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: give a number from 1 to 65535.")
    return int(text)


def check_port(port: int) -> None:
    """Say early that a port is taken, before anything is started."""
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError as error:
        raise process.StartError(
            f"Port {port} cannot be used ({error.strerror}): choose another with --port."
        ) from error


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="scripts/run", description="Start the whole product on this machine.")
    parser.add_argument("--port", type=port_number, default=8000, help="port of the site on 127.0.0.1 (8000)")
    parser.add_argument("--data", type=Path, default=DEFAULT, help="folder for everything it keeps (.data)")
    parser.add_argument("--fresh", action="store_true", help="remove what an earlier run kept there first")
    options = parser.parse_args()
    try:
        with ending_on_signals():
            folder = DataFolder(options.data)
            with folder.locked("scripts/run"):
                process.end_leftovers(folder.notes)
                check_port(options.port)
                if options.fresh:
                    folder.clear()
                Launcher(folder, options.port).run()
    except Ended:
        say("Ended")
    except process.StartError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
