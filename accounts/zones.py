"""The time zones in which people read and state hours."""

from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from django.db import connection
from django.utils.translation import gettext_lazy as _

UTC = "UTC"
# The names that mean a place are those under these; all others are other names of the same, or of no place.
REGIONS = {
    "Africa": _("Africa"),
    "America": _("America"),
    "Antarctica": _("Antarctica"),
    "Arctic": _("Arctic"),
    "Asia": _("Asia"),
    "Atlantic": _("Atlantic"),
    "Australia": _("Australia"),
    "Europe": _("Europe"),
    "Indian": _("Indian Ocean"),
    "Pacific": _("Pacific"),
}


def zone_of(user: Any) -> ZoneInfo:
    """Return the time zone that a person has chosen; UTC, the site's own, for visitors and where it is not known."""
    return zone_named(getattr(user, "time_zone", ""))


def zone_named(name: str) -> ZoneInfo:
    """Return the time zone of a name; UTC where it is not known: our list may be older than the database's."""
    try:
        return ZoneInfo(name or UTC)
    except (ValueError, ZoneInfoNotFoundError, OSError):
        return ZoneInfo(UTC)


@cache
def zones_of_the_database() -> frozenset[str]:
    """Return the time zones that the database knows; its list is older or newer than ours."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_timezone_names")
        return frozenset(name for (name,) in cursor.fetchall())


def zone_choices() -> list[tuple[Any, Any]]:
    """Return UTC and the zones of each part of the world by name, as the choices of a form: those that the database
    knows too, which takes no other."""
    names = sorted(available_timezones() & zones_of_the_database())
    groups = [
        (label, [(name, place_in(name)) for name in names if name.startswith(f"{region}/")])
        for region, label in REGIONS.items()
    ]
    return [(UTC, UTC), *groups]


def place_in(name: str) -> str:
    """Return the place in the name of a zone, such as "Argentina, Buenos Aires"."""
    return name.partition("/")[2].replace("/", ", ").replace("_", " ")
