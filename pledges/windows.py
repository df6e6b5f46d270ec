"""The pledging window of a conference: nothing is drafted before it opens; what comes after it is taken, and marked.

The mark is "after the window", for the delegation and the Secretariat alone. A step or a report past its day is late,
which is another thing (`pledges/follow_up.py`).
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Min
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from conferences.models import Conference
from pledges.enums import Status
from pledges.permissions import EDITABLE, is_insider

if TYPE_CHECKING:
    from pledges.models import Pledge


def is_closed(conference: Conference, *, at: datetime) -> bool:
    """Return whether the window of a conference has closed at this instant; one that has no window never closes."""
    closes = conference.window_closes_at
    return closes is not None and closes <= at


def came_after(pledge: "Pledge", *, at: datetime) -> bool:
    """Return whether a pledge was first submitted after the window, or would be if it were submitted at `at`.

    What was returned and came back counts from its first submission; the public record was never submitted here.
    """
    if pledge.conference.window_closes_at is None or pledge.author_id is None:
        return False
    first = pledge.status_changes.filter(target=Status.SUBMITTED).aggregate(first=Min("created_at"))["first"]
    came = min(filter(None, (first, pledge.submitted_at)), default=at if pledge.status in EDITABLE else None)
    return came is not None and is_closed(pledge.conference, at=came)


def is_marked(pledge: "Pledge", user: Any, *, at: datetime) -> bool:
    """Return whether this person reads the mark "after the window" on a pledge: the one rule for page and API."""
    return is_insider(user, pledge) and came_after(pledge, at=at)


def words(conference: Conference, *, at: datetime) -> str:
    """Return when pledging opens and closes, or did, in the reader's time zone; empty where no window is set."""
    opens, closes = conference.window_opens_at, conference.window_closes_at
    said = []
    if opens:
        opened = _("Pledging opened on %(time)s.") if opens <= at else _("Pledging opens on %(time)s.")
        said.append(opened % {"time": in_words(opens)})
    if closes:
        closed = _("Pledging closed on %(time)s.") if closes <= at else _("Pledging closes on %(time)s.")
        said.append(closed % {"time": in_words(closes)})
    return " ".join(said)


def warning(conference: Conference, *, at: datetime) -> str:
    """Return what to tell whoever writes for a conference whose window has closed, in the reader's time zone."""
    if not is_closed(conference, at=at):
        return ""
    said = _(
        "Pledging for %(conference)s closed on %(time)s. You can still draft and submit: the pledge is then marked "
        "“after the window”, for your delegation and the Secretariat."
    )
    return said % {"conference": conference, "time": in_words(conference.window_closes_at)}


def label(conference: Conference, *, at: datetime) -> str:
    """Return a conference as it is chosen for a pledge, with the end of a window that has closed."""
    if not is_closed(conference, at=at):
        return str(conference)
    names = {"conference": conference, "time": in_words(conference.window_closes_at)}
    return _("After the window: %(conference)s, pledging closed on %(time)s") % names


def in_words(instant: datetime | None) -> str:
    """Return an instant in the reader's time zone, which is named."""
    return date_format(timezone.localtime(instant), "j F Y, H:i e")
