"""Who may see the ledger: it names persons and their addresses."""

from typing import Any

from django.utils.translation import gettext as _

from pledges.errors import NotAllowed


def check_can_see_mail(user: Any) -> None:
    """Refuse anybody but the Secretariat."""
    if not user.is_authenticated or not user.is_secretariat:
        raise NotAllowed(_("Only the Secretariat can see the mail that was sent."))
