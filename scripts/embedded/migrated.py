"""A migrated cluster for the tests, kept between runs: migrating takes half a minute, copying it half a second."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from scripts.embedded.folder import DEFAULT, ROOT, write_privately
from scripts.embedded.postgres import MAJOR_VERSION, EmbeddedPostgres, make_passwords
from scripts.embedded.process import StartError, give_to_ordinary_user

KEPT = DEFAULT / "tests"
A_DAY = 24 * 60 * 60
RESTS_ON = ("requirements.txt", "requirements-embedded.txt", "reminders/apps.py", "reminders/ladders.py")
IMPORT = re.compile(r"^from ([\w.]+) import|^import ([\w.]+)", re.MULTILINE)


def migrated_postgres(folder: Path, environment: dict[str, str]) -> EmbeddedPostgres:
    """Return a Postgres over a copy of the migrated cluster in `folder`, not started; see `copy_migrated`."""
    passwords = copy_migrated(folder, environment)
    return EmbeddedPostgres(folder, passwords=passwords, notes=folder, log=folder / "postgres.log", durable=False)


def copy_migrated(folder: Path, environment: dict[str, str]) -> dict[str, str]:
    """Copy the migrated cluster into `folder`, making it first if it is not kept; return the passwords of its roles.

    `environment` holds the settings of the product, all but DATABASE_URL.
    """
    kept = KEPT / fingerprint()
    if not kept.exists():
        build(kept, environment)
    cluster = folder / f"postgres-{MAJOR_VERSION}"
    shutil.copytree(kept / cluster.name, cluster)
    for path in (cluster, *cluster.rglob("*")):
        give_to_ordinary_user(path)
    passwords: dict[str, str] = json.loads((kept / "passwords.json").read_text())
    return passwords


def build(kept: Path, environment: dict[str, str]) -> None:
    """Make a cluster, migrate it, and put it in its place whole."""
    print("Migrating a database for the tests; it is kept for the next run", file=sys.stderr, flush=True)
    KEPT.mkdir(mode=0o700, parents=True, exist_ok=True)
    remove_old()
    building = Path(tempfile.mkdtemp(dir=KEPT))
    try:
        passwords = make_passwords()
        write_privately(building / "passwords.json", json.dumps(passwords))
        log = building / "postgres.log"
        postgres = EmbeddedPostgres(building, passwords=passwords, notes=building, log=log, durable=False)
        try:
            postgres.start()
            migrate(os.environ | environment | {"DATABASE_URL": postgres.owner_url})
        finally:
            postgres.stop()
        if not kept.exists():  # another run may have been quicker
            building.rename(kept)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def migrate(environment: dict[str, str]) -> None:
    """Run the migrations in a process of their own, as Django is not set up in ours yet."""
    command = [sys.executable, str(ROOT / "manage.py"), "migrate", "--verbosity=0"]
    done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
    if done.returncode:
        raise StartError(f"The test database could not be migrated:\n{done.stdout}{done.stderr}")


def remove_old() -> None:
    """Remove what was made for migrations of another day."""
    for old in KEPT.iterdir():
        if time.time() - old.stat().st_mtime > A_DAY:
            shutil.rmtree(old, ignore_errors=True)


def fingerprint() -> str:
    """Return a hash of the migrations, of what they import from us, and of what else a new database rests on."""
    migrations = sorted(ROOT.glob("*/migrations/*.py"))
    text = "".join(file.read_text() for file in migrations)
    modules = {first or second for first, second in IMPORT.findall(text)}
    ours = (ROOT / f"{module.replace('.', '/')}.py" for module in sorted(modules))
    files = [*migrations, *(file for file in ours if file.exists()), *(ROOT / name for name in RESTS_ON)]
    return hashlib.sha256(b"".join(str(file).encode() + file.read_bytes() for file in files)).hexdigest()[:16]
