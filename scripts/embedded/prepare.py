"""Brings an embedded database up to date: schema, rights, record, accounts. Runs as the owner of the database."""

import hashlib
import sys
from pathlib import Path

import django
from django.core.management import call_command

from reminders import heartbeats
from scripts.embedded.folder import ROOT, DataFolder
from scripts.embedded.postgres import APPLICATION

LOADERS = ("accounts", "conferences", "capabilities", "pledges")


def main(folder: DataFolder) -> None:
    """Do what is not done yet; a second call changes nothing."""
    django.setup()
    say("Bringing the schema up to date")
    call_command("migrate", verbosity=0)
    call_command("grant_app_role", role=APPLICATION)
    fingerprint = record_fingerprint()
    if not folder.record_loaded.exists() or folder.record_loaded.read_text() != fingerprint:
        say("Loading the record")
        call_command("load_record")
        folder.record_loaded.write_text(fingerprint)
    call_command("create_demo_accounts", file=folder.accounts)
    heartbeats.forget()  # those of a killed run would make us look ready too early


def record_fingerprint() -> str:
    """Return a hash of the record's files and of the code that loads them."""
    files = [*(ROOT / "data").iterdir(), *(file for app in LOADERS for file in (ROOT / app).rglob("*.py"))]
    whole = hashlib.sha256()
    for file in sorted(files):
        whole.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes())
    return whole.hexdigest()


def say(line: str) -> None:
    """Tell what is going on."""
    print(f"  {line}", flush=True)


if __name__ == "__main__":
    main(DataFolder(Path(sys.argv[1])))
