"""Services for the tests: Postgres and a broker, started once for a whole run, before Django reads its settings.

TEST_DATABASE_URL and TEST_REDIS_URL name others to use instead. Fixtures of an app are in tests/<app>/conftest.py.
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
DATABASE = "pledges"
# The shell first: it opens a page without a window around it, in half the time.
CHROMIUMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def temporary_folder() -> Path:
    """Return a folder that goes when we end."""
    folder = Path(tempfile.mkdtemp(prefix="pledges-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def start_broker() -> str:
    """Start a broker that ends with us, and return its address."""
    from scripts.embedded.broker import EmbeddedBroker

    folder = temporary_folder()
    broker = EmbeddedBroker(folder, password="tests", notes=folder, log=folder / "broker.log")
    atexit.register(broker.stop)
    broker.start()
    return broker.url


def start_postgres() -> str:
    """Start a migrated Postgres that ends with us, and return its owner's address."""
    from scripts.embedded.migrated import migrated_postgres

    postgres = migrated_postgres(temporary_folder(), settings_of_tests())
    atexit.register(postgres.stop)
    postgres.start()
    os.environ["TEST_TEMPLATE"] = DATABASE
    return postgres.owner_url


def settings_of_tests() -> dict[str, str]:
    """Return the settings but for the database. Each worker process has a database of the broker for itself."""
    broker, _, number = os.environ["TEST_REDIS_URL"].rpartition("/")
    folder = temporary_folder()
    return {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SECRET_KEY": "tests " * 12,
        "REDIS_URL": f"{broker}/{(int(number) + int(WORKER.removeprefix('gw') or 0)) % 16}",
        "EMAIL_URL": f"filemail://{folder}/mail",
        "MEDIA_ROOT": f"{folder}/media",
        "BASE_URL": "http://testserver",
        "HTTPS": "off",
        "SERVE_STATIC_FROM_SOURCE": "on",
        "REQUIRE_SECOND_FACTOR": "off",
    }


# The first process starts what is not given; the worker processes of xdist inherit the addresses.
os.environ["TEST_REDIS_URL"] = os.environ.get("TEST_REDIS_URL") or start_broker()
os.environ["TEST_DATABASE_URL"] = os.environ.get("TEST_DATABASE_URL") or start_postgres()
os.environ |= settings_of_tests() | {"DATABASE_URL": os.environ["TEST_DATABASE_URL"]}

import django  # noqa: E402  (reads the environment set above)

django.setup()
if not WORKER:
    # Else pytest-django, in the worker processes, would read our settings before theirs are set here.
    del os.environ["DJANGO_SETTINGS_MODULE"]

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402

from tests.browsing import wait_until_calm  # noqa: E402

settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick: the real one is slow on purpose
if "TEST_TEMPLATE" in os.environ:
    connection.settings_dict["TEST"]["TEMPLATE"] = os.environ["TEST_TEMPLATE"]


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


@pytest.fixture
def live_server(live_server: Any, transactional_db: None, browser: Any) -> Iterator[Any]:
    """The server of a browser test: the tables are emptied once its pages are closed and its last request answered."""
    yield live_server
    for context in browser.contexts:
        context.close()
    wait_until_calm()
