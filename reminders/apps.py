"""The app of reminders: the first migration of a database writes its ladders."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class RemindersConfig(AppConfig):
    """Reminders."""

    name = "reminders"

    def ready(self) -> None:
        """Connect what a new database begins with."""
        post_migrate.connect(write_defaults, sender=self)


def write_defaults(*, using: str, **_: Any) -> None:
    """Write the default ladders, once in the life of a database: afterwards they belong to the staff."""
    from reminders.ladders import write_default_ladders

    write_default_ladders(using=using)
