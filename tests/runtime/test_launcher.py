"""The whole product under scripts/run: up, watched over, killed, up again with everything, ended without a trace."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from scripts.embedded.folder import ROOT, DataFolder, write_privately
from scripts.embedded.migrated import copy_migrated
from scripts.embedded.postgres import free_port

pytestmark = pytest.mark.slow
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # no proxy for this machine
CREATE = (
    "from conferences.models import Participant as P; P.objects.filter(pk='KOR').update(regional_group_note='kept')"
)
COUNT = "from conferences.models import Participant as P; print(P.objects.filter(regional_group_note='kept').count())"


class Product:
    """A product that a test starts on a folder, as scripts/run does once the packages are there."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.port = free_port()
        self.launcher: subprocess.Popen[str] | None = None
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("TEST_", "PYTEST_"))}
        del clean["DATABASE_URL"]
        self.environment = clean | {"PYTHONPATH": str(ROOT)}

    def command(self, module: str, *arguments: str) -> list[str]:
        return [sys.executable, "-P", "-m", f"scripts.embedded.{module}", *arguments]

    def start(self) -> float:
        """Start, wait until it is ready, and return the seconds that took."""
        started = time.monotonic()
        command = self.command("launcher", "--port", str(self.port), "--data", str(self.folder))
        self.launcher = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=self.environment)
        assert self.launcher.stdout
        for line in self.launcher.stdout:
            if line.startswith("Ready: "):
                return time.monotonic() - started
        raise AssertionError(f"not ready, ended with {self.launcher.wait()}")

    def end(self, number: signal.Signals) -> int:
        """Send the launcher a signal and return its exit code."""
        assert self.launcher
        self.launcher.send_signal(number)
        with self.launcher:  # closes its output
            return self.launcher.wait(40)

    def manage(self, code: str) -> str:
        """Run a line of Python through scripts/manage and return what it prints."""
        command = self.command("manage", "--data", str(self.folder), "shell", "--verbosity=0", "--command", code)
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def noted(self, name: str) -> int:
        """Return the number of a process."""
        return int((self.folder / "run" / f"{name}.pid").read_text().split()[0])

    def notes_another(self, name: str, than: int, seconds: float) -> bool:
        """Wait until the launcher has noted another number of a process."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            with suppress(IndexError, FileNotFoundError):  # while it is written
                if self.noted(name) != than:
                    return True
            time.sleep(0.2)
        return False

    def health(self) -> int:
        """Return the status of the health page, or 0 when nobody answers."""
        try:
            with OPENER.open(f"http://127.0.0.1:{self.port}/healthz", timeout=10) as answer:
                assert set(json.load(answer).values()) == {"ok"}
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def children(self) -> list[psutil.Process]:
        """Return all processes under the launcher."""
        assert self.launcher
        return psutil.Process(self.launcher.pid).children(recursive=True)


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """Return a product that runs on a folder whose database was migrated before, to save half a minute."""
    folder = DataFolder(tmp_path_factory.mktemp("product") / "data")
    known = folder.secret_values() | copy_migrated(folder.path, dict(os.environ))
    write_privately(folder.path / "secrets.json", json.dumps(known))
    one = Product(folder.path)
    one.start()
    yield one
    if one.launcher and one.launcher.poll() is None:
        one.end(signal.SIGTERM)


def wait_until_gone(processes: list[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Return those that still run after so many seconds; zombies do not."""
    _, alive = psutil.wait_procs(processes, timeout=seconds)
    return [one for one in alive if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


def wait_for_health(product: Product, seconds: float) -> bool:
    """Wait until all is well."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if product.health() == 200:
            return True
        time.sleep(0.2)
    return False


@pytest.mark.parametrize("name", ["postgres", "broker", "worker", "scheduler", "web"])
def test_a_part_that_is_killed_comes_back(product: Product, name: str) -> None:
    before = product.noted(name)
    os.kill(before, signal.SIGKILL)
    assert product.notes_another(name, before, 60)
    assert wait_for_health(product, 120)


def test_after_kill_9_of_the_launcher_nothing_is_left_and_the_next_start_has_everything(product: Product) -> None:
    product.manage(CREATE)
    children = product.children()
    assert len(children) >= 8
    product.end(signal.SIGKILL)
    assert wait_until_gone(children, 60) == []
    product.start()
    assert product.manage(COUNT) == "1"


def test_a_second_launcher_on_the_folder_is_refused(product: Product) -> None:
    command = product.command("launcher", "--port", str(free_port()), "--data", str(product.folder))
    done = subprocess.run(command, env=product.environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "is in use by scripts/run (process" in done.stderr


def test_a_port_that_is_taken_is_named(product: Product, tmp_path: Path) -> None:
    command = product.command("launcher", "--port", str(product.port), "--data", str(tmp_path))
    done = subprocess.run(command, env=product.environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"Port {product.port} cannot be used" in done.stderr


def test_the_application_cannot_change_history(product: Product) -> None:
    """Web, worker and beat sign in as a role without the right; asked of the process that serves the pages."""
    with open(f"/proc/{product.noted('web')}/environ") as file:
        environment = dict(pair.split("=", 1) for pair in file.read().split("\0") if pair)
    assert environment["DATABASE_URL"].startswith("postgres://pledges_app:")


def test_ctrl_c_ends_everything_and_commands_still_work(product: Product) -> None:
    children = product.children()
    assert product.end(signal.SIGINT) == 0
    assert wait_until_gone(children, 1) == []
    assert list((product.folder / "run").iterdir()) == []
    assert product.manage(COUNT) == "1"
    assert list((product.folder / "run").iterdir()) == []
