"""Brings an embedded database up to date: schema, rights, record, accounts. Runs as the owner of the database."""

import sys
from pathlib import Path

import django
from django.core.management import call_command

from scripts.embedded.postgres import APPLICATION


def main(accounts: str) -> None:
    """Do what is not done yet; a second call changes nothing. `accounts` is the file for the sign-ins."""
    django.setup()
    say("Bringing the schema up to date")
    call_command("migrate", verbosity=0)
    call_command("grant_app_role", role=APPLICATION)
    say("Loading the record")
    call_command("load_record")
    call_command("create_demo_accounts", file=Path(accounts))


def say(line: str) -> None:
    """Tell what is going on."""
    print(f"  {line}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
