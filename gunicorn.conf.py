"""How the web server writes its access log: without queries and referrers, which may hold a link to a password, and
without the keys of calendars, which stand in the path."""

import re
from typing import Any

from gunicorn.glogging import Logger

access_log_format = '%(h)s %(t)s "%(m)s %(U)s %(H)s" %(s)s %(b)s "%(a)s"'


class KeepsKeys(Logger):
    """A log without the keys that people's calendar programs send."""

    def atoms(self, *args: Any) -> dict[str, Any]:
        """Return what a line may say of a request, the key of a calendar left out."""
        found: dict[str, Any] = super().atoms(*args)
        return found | {"U": re.sub(r"^/calendar/[^/]+", "/calendar/-", str(found["U"]))}


logger_class = KeepsKeys
