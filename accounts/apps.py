"""The app of users: its start connects the log of sign-ins."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Users, roles and sign-in."""

    name = "accounts"

    def ready(self) -> None:
        """Connect what is noted of each sign-in."""
        from accounts import log  # noqa: F401  (connects its receivers)
