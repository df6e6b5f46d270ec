"""Breaks what can break while reminders are owed, and compares due set, ledger and mail server afterwards.

Exit code 1 where a demand is not met. Every fault has a database, a broker, a mail server and processes of its own.
"""

import argparse
import logging
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg2

from scripts.embedded.folder import ROOT
from scripts.embedded.migrated import migrated_postgres
from scripts.embedded.postgres import DATABASE, OWNER, EmbeddedPostgres

NAMES = (
    "kills", "broker", "hints", "slow", "mail", "bounces", "lease", "outage", "moved", "truth", "days",
    "clocks", "silence",
)  # fmt: skip


def main(arguments: list[str]) -> int:
    """Run what is asked for, print what came out, and return the exit code."""
    options = parsed(arguments)
    with tempfile.TemporaryDirectory(prefix="pledges-faults-") as name:
        folder = Path(name)
        environment = settings_of(folder)
        postgres = migrated_postgres(folder, environment)
        postgres.start()
        try:
            os.environ |= environment | {"DATABASE_URL": postgres.owner_url}
            return run(folder, postgres, options)
        finally:
            postgres.stop()


def parsed(arguments: list[str]) -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(prog="scripts/faults", description=__doc__)
    parser.add_argument("--reminders", type=int, default=1_000, help="due reminders")
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--kills", type=int, default=200, help="kills at random points")
    parser.add_argument("--broker-away", type=float, default=60, help="seconds without a broker")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="the same seed kills in the same order")
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES, help="only these faults")
    parser.add_argument("--seeded", action="store_true", help="plant known faults, and see that each is caught")
    return parser.parse_args(arguments)


def settings_of(folder: Path) -> dict[str, str]:
    """Return the settings of the product but for its services, which each fault brings."""
    return {
        "DJANGO_SETTINGS_MODULE": "config.settings", "SECRET_KEY": "faults " * 10, "REDIS_URL": "redis://127.0.0.1:1/0",
        "EMAIL_URL": "smtp://127.0.0.1:1", "MEDIA_ROOT": f"{folder}/media", "BASE_URL": "http://testserver",
        "HTTPS": "off", "SERVE_STATIC_FROM_SOURCE": "on", "REQUIRE_SECOND_FACTOR": "off", "LOG_LEVEL": "CRITICAL",
        "ALLOWED_HOSTS": "testserver", "PYTHONPATH": str(ROOT),
    }  # fmt: skip


def run(folder: Path, postgres: EmbeddedPostgres, options: argparse.Namespace) -> int:
    """Run the faults, or the seeded ones."""
    import django

    django.setup()
    logging.disable(logging.ERROR)  # a dead broker is no news here
    from scripts.reminder_faults.kills import Size

    say(versions(postgres))
    say(f"seed {options.seed}; {options.reminders} reminders, {options.workers} workers, {options.kills} kills\n")
    if options.seeded:
        return caught(folder, postgres, options)
    size = Size(
        reminders=options.reminders, workers=options.workers, kills=options.kills, broker_away=options.broker_away,
        seed=options.seed,
    )  # fmt: skip
    failed = [name for name in options.only if not one(name, folder, postgres, size)]
    say(f"\n{len(options.only) - len(failed)} of {len(options.only)} passed" + f": not {failed}" * bool(failed))
    return 1 if failed else 0


def one(name: str, folder: Path, postgres: EmbeddedPostgres, size: Any, seeded: str = "") -> bool:
    """Run one fault in a database of its own, print its figures, and return whether all demands were met."""
    began = time.monotonic()
    with fresh(folder, postgres, name) as (own, url):
        verdict = judged(name, own, url, size, seeded)
    figures = ", ".join(f"{what} {value}" for what, value in verdict.figures.items())
    word = "violated" if verdict.violations else "holds"
    say(f"{name:<8} {word:<9} {time.monotonic() - began:6.1f} s  {figures}")
    for violation in verdict.violations[:5]:
        say(f"         - {violation}")
    return not verdict.violations


def judged(name: str, folder: Path, url: str, size: Any, seeded: str = "") -> Any:
    """Return the verdict of one fault, run against the database of this process; an error is a violation."""
    from scripts.reminder_faults.due import Verdict
    from scripts.reminder_faults.rig import Rig
    from scripts.reminder_faults.seeded import SEEDS, planted

    rig = Rig(folder, url)
    rig.faults["seeded"] = seeded
    with ExitStack() as stack:
        stack.callback(rig.stop)
        stack.enter_context(services_of(rig))
        if seeded:
            rig.faults |= SEEDS[seeded].rig
            stack.enter_context(planted(seeded))
        try:
            return faults()[name](rig, size)
        except Exception as error:
            return Verdict(violations=[f"{type(error).__name__}: {error}"])


def faults() -> dict[str, Callable[..., Any]]:
    """Return the faults by name; imported late, since they need Django."""
    from scripts.reminder_faults import alarm, bounces, kills, mail, slow, storms, truth

    found = (
        kills.workers_killed, kills.broker_gone, kills.many_hints, slow.slow_server, mail.mail_faults,
        bounces.followed, kills.killed_in_mid_send, storms.week_away, storms.moved_dates, truth.stale_mails,
        storms.local_days, kills.clocks_apart, alarm.silence,
    )  # fmt: skip
    return dict(zip(NAMES, found, strict=True))


@contextmanager
def services_of(rig: Any) -> Iterator[None]:
    """Let this process use the mail server and the broker of a rig."""
    from django.test import override_settings

    with override_settings(
        EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend", EMAIL_HOST="127.0.0.1", EMAIL_PORT=rig.sink.port,
        EMAIL_USE_TLS=False, EMAIL_USE_SSL=False, EMAIL_TIMEOUT=5, REDIS_URL=rig.redis_url,
    ):  # fmt: skip
        yield


@contextmanager
def fresh(folder: Path, postgres: EmbeddedPostgres, name: str) -> Iterator[tuple[Path, str]]:
    """Make a database and a folder for one fault, and let this process use them."""
    from django.db import connection

    database = f"faults_{name}_{time.monotonic_ns()}"
    own = folder / database
    own.mkdir()
    connection.close()
    other = psycopg2.connect(postgres.url("postgres", "postgres"))
    other.autocommit = True
    with other.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {database} TEMPLATE {DATABASE} OWNER {OWNER}")
    other.close()
    connection.settings_dict["NAME"] = database
    yield own, postgres.url(OWNER, database)
    connection.close()


def caught(folder: Path, postgres: EmbeddedPostgres, options: argparse.Namespace) -> int:
    """Plant each known fault, run its gate small, and print how many were caught."""
    from scripts.reminder_faults.kills import Size
    from scripts.reminder_faults.seeded import SEEDS

    size = Size(reminders=60, workers=2, kills=6, points=1, broker_away=2, seed=options.seed, seeded=True)
    mine = {name: seed.gate for name, seed in SEEDS.items() if seed.gate in options.only}
    missed = []
    for name, gate in mine.items():
        say(f"planted: {name}")
        if one(gate, folder, postgres, size, seeded=name):
            missed.append(name)
    say(f"\ncaught {len(mine) - len(missed)} of {len(mine)}" + f": not {missed}" * bool(missed))
    return 1 if missed else 0


def versions(postgres: EmbeddedPostgres) -> str:
    """Return what all this ran on."""
    import subprocess

    import celery
    import django

    from scripts.reminder_faults.rig import broker_program

    connection = psycopg2.connect(postgres.owner_url)
    version = connection.server_version
    connection.close()
    broker = subprocess.run([broker_program(), "--version"], capture_output=True, text=True, check=True).stdout
    return (
        f"Python {platform.python_version()}, Django {django.__version__}, Celery {celery.__version__}, "
        f"Postgres {version // 10000}.{version % 10000}, {' '.join(broker.split()[:3])}, {os.cpu_count()} cores"
    )


def say(line: str) -> None:
    """Print at once."""
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
