"""What is not reminded of for now: everything, where a manager stopped the reminders; or what a pause covers."""

from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Q

from reminders.models import Control, Pause
from reminders.reasons import Subject


class Paused(NamedTuple):
    """The keys of what is paused."""

    pledges: list[int]
    participants: list[str]
    conferences: list[str]

    def covers(self, subject: Subject) -> bool:
        """Return whether nobody is to be reminded of this now. owed.py asks the same in SQL."""
        return (
            subject.pledge in self.pledges
            or subject.participant in self.participants
            or subject.conference in self.conferences
        )


def live_pauses(*, at: datetime) -> Any:
    """Return the pauses that hold at an instant; the last day is over at its end in UTC."""
    return Pause.objects.filter(Q(until=None) | Q(until__gt=at.date()), ended_at=None)


def paused(*, at: datetime) -> Paused:
    """Return what is paused at an instant."""
    rows = list(live_pauses(at=at).values_list("pledge", "participant", "conference"))
    return Paused(
        pledges=[pledge for pledge, _participant, _conference in rows if pledge],
        participants=[participant for _pledge, participant, _conference in rows if participant],
        conferences=[conference for _pledge, _participant, conference in rows if conference],
    )


def control() -> Control:
    """Return the row of controls."""
    return Control.objects.get_or_create(pk=1)[0]
