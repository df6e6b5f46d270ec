"""What every page needs around its content: the navigation, the contact and the words printed on paper."""

from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Role


@dataclass(frozen=True)
class Destination:
    """A link of the main navigation; `section` is the first word of the URL names that stand under it."""

    url_name: str
    label: Promise | str
    section: str


PUBLIC = (
    Destination("conference-list", _("Conferences"), "conference"),
    Destination("gap", _("Capability gap"), "gap"),
    Destination("participant-list", _("Participants"), "participant"),
    Destination("pledge-list", _("Pledges"), "pledge"),
    Destination("api-docs", _("Data and API"), "api"),
)
SIGNED_IN = (Destination("workspace", _("Your work"), "workspace"),)
READINESS = (Destination("readiness", _("Readiness"), "readiness"),)
PEOPLE = (Destination("people-list", _("People"), "people"),)
SECRETARIAT = (
    Destination("follow-through", _("Follow-through"), "follow"),
    Destination("mail-overview", _("Reminders"), "mail"),
)


def destinations(user: Any) -> tuple[Destination, ...]:
    """Return the navigation of this person; `user` may be missing while an error page is drawn."""
    if not getattr(user, "is_authenticated", False):
        return PUBLIC
    people = () if user.role == Role.ANALYST else PEOPLE
    return SIGNED_IN + PUBLIC + READINESS + people + (SECRETARIAT if user.is_secretariat else ())


def site(request: HttpRequest) -> dict[str, Any]:
    """Return `navigation`, `page_name` and `section` (where the reader is), `contact_email`, `printed_at` and
    `page_address`. Reads the session, and the database only when somebody is signed in."""
    page_name = (request.resolver_match.url_name or "") if request.resolver_match else ""
    printed_at: datetime = timezone.now()
    return {
        "navigation": destinations(getattr(request, "user", None)),
        "page_name": page_name,
        "section": page_name.partition("-")[0],
        "contact_email": parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
        "printed_at": printed_at,
        "page_address": request.build_absolute_uri(),
    }
