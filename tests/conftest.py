"""Services for the tests: Postgres and a broker, started once for a whole run, before Django reads its settings.

TEST_DATABASE_URL and TEST_REDIS_URL name others to use instead. Fixtures of an app are in tests/<app>/conftest.py.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import pytest

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def start_services() -> None:
    """Start what is not given, note it in the environment for the worker processes, and end it when we end."""
    from scripts.embedded.broker import EmbeddedBroker
    from scripts.embedded.postgres import EmbeddedPostgres, make_passwords

    folder = Path(tempfile.mkdtemp(prefix="pledges-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    if not os.environ.get("TEST_DATABASE_URL"):
        log = folder / "postgres.log"
        postgres = EmbeddedPostgres(folder, passwords=make_passwords(), notes=folder, log=log, durable=False)
        atexit.register(postgres.stop)
        postgres.start()
        os.environ["TEST_DATABASE_URL"] = postgres.owner_url
    if not os.environ.get("TEST_REDIS_URL"):
        broker = EmbeddedBroker(folder, password="tests", notes=folder, log=folder / "broker.log")
        atexit.register(broker.stop)
        broker.start()
        os.environ["TEST_REDIS_URL"] = broker.url


def set_environment() -> None:
    """Set the settings of the tests. Each worker process has its own database of the broker."""
    broker, _, number = os.environ["TEST_REDIS_URL"].rpartition("/")
    own = int(number) + int(WORKER.removeprefix("gw") or 0) % 16
    folder = tempfile.mkdtemp(prefix="pledges-files-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SECRET_KEY": "tests " * 12,
        "DATABASE_URL": os.environ["TEST_DATABASE_URL"],
        "REDIS_URL": f"{broker}/{own}",
        "EMAIL_URL": f"filemail:///{folder.lstrip('/')}/mail",
        "MEDIA_ROOT": f"{folder}/media",
        "BASE_URL": "http://testserver",
        "HTTPS": "off",
        "SERVE_STATIC_FROM_SOURCE": "on",
    }


if not WORKER:
    start_services()
set_environment()

import django  # noqa: E402  (reads the environment set above)

django.setup()


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the Chromium on this machine; tests that need it are skipped where there is none, but not in CI."""
    given = os.environ.get("CHROMIUM")
    found = given or next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if found:
        return found
    message = "No Chromium on this machine: install one, or set CHROMIUM to its path."
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, object], chromium: str) -> dict[str, object]:
    """Let Playwright drive the Chromium of the machine; its event loop makes Django see an async context."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    return browser_type_launch_args | {"executable_path": chromium, "args": ["--disable-dev-shm-usage"]}
