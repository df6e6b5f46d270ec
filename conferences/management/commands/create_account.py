"""Makes an account for a person, with a generated password that is printed once."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from accounts.history import acting
from accounts.models import Role, User
from conferences.management.commands.create_demo_accounts import COLUMNS, Account, create
from conferences.models import MembershipRole, Participant


class Command(BaseCommand):
    """For the first people of an installation; run it where the database's owner is known (scripts/manage)."""

    help = "Makes an account: --role for the Secretariat and analysts, --participant and --member for a delegation."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take who it is and what they may do."""
        parser.add_argument("username")
        parser.add_argument("email")
        parser.add_argument("--role", choices=Role.values, default=Role.DELEGATION.value)
        parser.add_argument("--participant", default="", help="code of the delegation, such as KOR")
        parser.add_argument("--member", choices=MembershipRole.values, default="", help="place in that delegation")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the account and print its row; an analyst gets an API token."""
        account = Account(
            options["username"], Role(options["role"]), options["participant"], options["member"], options["email"]
        )
        check(account)
        with transaction.atomic(), acting(None, "create_account"):
            row = create(account)
        for column in COLUMNS:
            self.stdout.write(f"{column}: {row[column]}")


def check(account: Account) -> None:
    """Refuse an account that cannot be, with a sentence."""
    if User.objects.filter(username=account.username).exists():
        raise CommandError(f"There is an account {account.username!r} already.")
    if bool(account.participant) != bool(account.membership) or (account.role == Role.DELEGATION) != bool(
        account.membership
    ):
        raise CommandError("A member of a delegation needs --participant and --member, and nobody else takes them.")
    if account.participant and not Participant.objects.able_to_pledge().filter(pk=account.participant).exists():
        raise CommandError(f"No participant that can pledge has the code {account.participant!r}.")
