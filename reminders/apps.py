"""The app of reminders: the first migration of a database writes its ladders."""

from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_migrate, post_save


class RemindersConfig(AppConfig):
    """Reminders."""

    name = "reminders"

    def ready(self) -> None:
        """Connect what a new database begins with, and what a new address of a person means."""
        post_migrate.connect(write_defaults, sender=self)
        post_save.connect(mend_address, sender=settings.AUTH_USER_MODEL)
        from anymail.signals import tracking

        from reminders.hooks import take_event

        tracking.connect(take_event)


def write_defaults(*, using: str, **_: Any) -> None:
    """Write the default ladders, once in the life of a database: afterwards they belong to the staff."""
    from reminders.ladders import write_default_ladders

    write_default_ladders(using=using)


def mend_address(*, instance: Any, created: bool, update_fields: Any = None, **_: Any) -> None:
    """Take a person's former address out of the queue of addresses to mend, whoever changed it and wherever."""
    from reminders.bounces import address_changed

    if not created and (update_fields is None or "email" in update_fields):
        address_changed(instance)
