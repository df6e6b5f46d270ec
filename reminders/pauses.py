"""What is not reminded of for now: everything, where a manager stopped the reminders; or what a pause covers."""

from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Case, F, Q, When
from django.db.models.functions import Coalesce

from reminders.ladders import IN_DELEGATION
from reminders.models import Control, Pause
from reminders.reasons import Subject

LAST_DAY_BEGINS = timedelta(hours=12)  # after UTC: where days begin and end latest (Etc/GMT+12)


class Rest(NamedTuple):
    """One pledge, participant or conference that is paused, and the first day on which it is not.

    `whose`: the delegation that put it off, for its own people alone; None where nobody hears of it.
    """

    pledge: int | None
    participant: str | None
    conference: str | None
    until: date
    whose: str | None

    def covers(self, subject: Subject, audience: str, *, on: date) -> bool:
        """Return whether an audience is not to be reminded of this on the day that it is where its people live."""
        if on >= self.until or (self.whose and (self.whose != subject.participant or audience not in IN_DELEGATION)):
            return False
        named = ((self.pledge, subject.pledge), (self.participant, subject.participant))
        return any(mine is not None and mine == its for mine, its in (*named, (self.conference, subject.conference)))


class Paused(NamedTuple):
    """All that is paused somewhere."""

    rests: list[Rest]

    def covers(self, subject: Subject, audience: str, *, on: date) -> bool:
        """Return whether an audience is not to be reminded of this on its day. owed.py asks the same in SQL."""
        return any(rest.covers(subject, audience, on=on) for rest in self.rests)


def live_pauses(*, at: datetime) -> Any:
    """Return the pauses that hold at an instant for somebody: each ends with its last day where the reader lives."""
    return Pause.objects.filter(Q(until=None) | Q(until__gt=(at - LAST_DAY_BEGINS).date()), ended_at=None)


def paused(*, at: datetime) -> Paused:
    """Return what is paused at an instant."""
    rows = live_pauses(at=at).annotate(
        last=Coalesce("until", date.max), whose=Case(When(is_snooze=True, then=F("pledge__participant")))
    )
    return Paused([Rest(*row) for row in rows.values_list("pledge", "participant", "conference", "last", "whose")])


def control() -> Control:
    """Return the row of controls."""
    return Control.objects.get_or_create(pk=1)[0]
