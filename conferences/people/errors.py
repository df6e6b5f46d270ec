"""What can go wrong with people, in words that can be shown."""

from django.core.exceptions import PermissionDenied


class NotAllowed(PermissionDenied):
    """This person may not do this."""


class CannotBe(Exception):
    """It cannot be done as things stand."""
