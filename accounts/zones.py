"""The time zones in which people read and state hours."""

from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

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
    try:
        return ZoneInfo(getattr(user, "time_zone", "") or UTC)
    except (ValueError, ZoneInfoNotFoundError, OSError):
        return ZoneInfo(UTC)


def zone_choices() -> list[tuple[Any, Any]]:
    """Return UTC and the zones of each part of the world by name, as the choices of a form."""
    names = sorted(available_timezones())
    groups = [
        (label, [(name, place_in(name)) for name in names if name.startswith(f"{region}/")])
        for region, label in REGIONS.items()
    ]
    return [(UTC, UTC), *groups]


def place_in(name: str) -> str:
    """Return the place in the name of a zone, such as "Argentina, Buenos Aires"."""
    return name.partition("/")[2].replace("/", ", ").replace("_", " ")
