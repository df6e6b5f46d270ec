"""Makes one account per role for a demonstration, with generated passwords kept in a file."""

import csv
import io
import os
import secrets
from pathlib import Path
from typing import Any, NamedTuple

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction
from django.utils import timezone

from accounts.history import acting
from accounts.models import ApiToken, Role, User
from conferences.models import Membership, MembershipRole

COLUMNS = ["role", "participant", "username", "password", "api_token"]
Row = dict[str, str]


class Account(NamedTuple):
    """An account to make: a role of the site, or a role in the delegation of a participant."""

    username: str
    role: Role
    participant: str = ""
    membership: str = ""
    email: str = ""


ACCOUNTS = [
    Account("officer", Role.OFFICER),
    Account("manager", Role.MANAGER),
    *(
        Account(f"{membership.value}-{code.lower()}", Role.DELEGATION, code, membership.value)
        for code in ("BGD", "KOR")
        for membership in (MembershipRole.DRAFTER, MembershipRole.APPROVER)
    ),
    Account("analyst", Role.ANALYST),
]


class Command(BaseCommand):
    """Safe to run again: an account that is there is never changed."""

    help = "Makes one account per role for a demonstration; the passwords are written to a file."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file."""
        parser.add_argument("--file", required=True, type=Path, help="CSV file for the passwords; its owner's alone")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        """Make what is missing. The file is written before the commit: no account is ever without its password."""
        known = read(file)
        with transaction.atomic(), acting(None, "demonstration accounts"):
            rows = [row for account in ACCOUNTS if (row := self.row(account, known))]
            write(file, rows)

    def row(self, account: Account, known: dict[str, Row]) -> Row | None:
        """Return the account's row, making the account if it is not there; None where its password is not known."""
        if not User.objects.filter(username=account.username).exists():
            return create(account)
        if account.username not in known:
            self.stderr.write(f"{account.username} is there, but its password is not in the file: left as it is.")
        return known.get(account.username)


def create(account: Account) -> Row:
    """Create the account and return its row."""
    password = secrets.token_urlsafe(12)
    user = User.objects.create_user(
        account.username, account.email or f"{account.username}@pledges.example", password, role=account.role
    )
    if account.membership:
        Membership.objects.create(user=user, participant_id=account.participant, role=account.membership)
    token = ""
    if account.role == Role.ANALYST:
        _, token = ApiToken.objects.issue(user=user, name="Demonstration", at=timezone.now())
    role = account.membership or str(account.role)
    return dict(zip(COLUMNS, [role, account.participant, account.username, password, token], strict=True))


def read(file: Path) -> dict[str, Row]:
    """Return the rows of an earlier run by username."""
    if not file.exists():
        return {}
    with file.open(newline="") as opened:
        return {row["username"]: row for row in csv.DictReader(opened)}


def write(file: Path, rows: list[Row]) -> None:
    """Write the file whole, readable by its owner alone."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    building = file.with_name(file.name + ".building")
    building.unlink(missing_ok=True)
    with os.fdopen(os.open(building, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
        opened.write(text.getvalue())
    building.replace(file)
