"""What is not reminded of for now: everything, where a manager stopped the reminders; or what a pause covers."""

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import Case, F, Q, When
from django.db.models.functions import Coalesce, Least, TruncDate
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from pledges.enums import Confirmation
from pledges.models import Partner, Pledge
from reminders.ladders import CATCH_UP, IN_DELEGATION
from reminders.models import Control, Pause

if TYPE_CHECKING:
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

    def covers(self, subject: "Subject", audience: str, *, on: date) -> bool:
        """Return whether an audience is not to be reminded of this on the day that it is where its people live."""
        if on >= self.until or (self.whose and (self.whose != subject.participant or audience not in IN_DELEGATION)):
            return False
        named = ((self.pledge, subject.pledge), (self.participant, subject.participant))
        return any(mine is not None and mine == its for mine, its in (*named, (self.conference, subject.conference)))


class Over(NamedTuple):
    """One pause of the Secretariat's that is over, with its first day and the first one after it."""

    pledge: int | None
    participant: str | None
    conference: str | None
    since: date
    ended: date


class Paused(NamedTuple):
    """All that is paused somewhere, and what was lately: steps that were reached meanwhile are caught up."""

    rests: list[Rest]
    over: list[Over]

    def covers(self, subject: "Subject", audience: str, *, on: date) -> bool:
        """Return whether an audience is not to be reminded of this on its day. owed.py asks the same in SQL."""
        return any(rest.covers(subject, audience, on=on) for rest in self.rests)


def live_pauses(*, at: datetime) -> Any:
    """Return the pauses that hold at an instant for somebody: each ends with its last day where the reader lives, and a
    partner's snooze rests while the partner does not take part."""
    runs = Q(until=None) | Q(until__gt=(at - LAST_DAY_BEGINS).date())
    takes_part = Q(partner=None) | Q(partner__confirmation=Confirmation.CONFIRMED)
    return Pause.objects.filter(runs, takes_part, ended_at=None)


def with_rest(pauses: Any) -> Any:
    """Return pauses with what their Rest takes: `last`, the first day without it, and `whose`."""
    whose = Case(When(is_snooze=True, then=Coalesce("partner__participant", "pledge__participant")))
    return pauses.annotate(last=Coalesce("until", date.max), whose=whose)


def rest_of(pause: Any) -> Rest:
    """Return what a pause of `with_rest` covers."""
    return Rest(pause.pledge_id, pause.participant_id, pause.conference_id, pause.last, pause.whose)


def paused(*, at: datetime) -> Paused:
    """Return what is paused at an instant."""
    rows = with_rest(live_pauses(at=at))
    rests = [Rest(*row) for row in rows.values_list("pledge", "participant", "conference", "last", "whose")]
    return Paused(rests, over_lately(at=at))


def over_lately(*, at: datetime) -> list[Over]:
    """Return the pauses of the Secretariat's that ended in the last CATCH_UP days, in UTC. No snooze is that long."""
    today = at.date()
    rows = Pause.objects.filter(is_snooze=False).annotate(
        since=TruncDate("created_at", tzinfo=UTC), ended=Least(TruncDate("ended_at", tzinfo=UTC), F("until"))
    )
    ended = rows.filter(ended__gt=today - timedelta(days=CATCH_UP), ended__lte=today).order_by("pk")
    return [Over(*row) for row in ended.values_list("pledge", "participant", "conference", "since", "ended")]


def caught_up_from(at: datetime) -> date:
    """Return the day from which on steps that were reached are caught up at an instant: CATCH_UP days ago, or the first
    day of a pause that ended since."""
    return min([at.date() - timedelta(days=CATCH_UP), *(one.since for one in over_lately(at=at))])


def in_full(pauses: Any) -> Any:
    """Return pauses with all that `in_words` says of them, in one query, the earliest first."""
    return pauses.select_related("author", "participant", "conference", "partner__participant").order_by("pk")


def pauses_on(pledge: Pledge, *, at: datetime) -> Any:
    """Return the pauses that hold for anybody who takes part in a pledge: of it, its conference or a participant."""
    partners = Partner.objects.filter(pledge=pledge).exclude(confirmation=Confirmation.DECLINED).values("participant")
    named = Q(pledge=pledge) | Q(conference=pledge.conference_id)
    named |= Q(participant=pledge.participant_id) | Q(participant__in=partners)
    return in_full(live_pauses(at=at).filter(named))


def beside(pause: Pause, *, at: datetime) -> list[Pause]:
    """Return the other pauses that hold on what a pause covers as a whole: one query."""
    if pause.pledge:
        holding = pauses_on(pause.pledge, at=at)
    else:
        holding = in_full(live_pauses(at=at).filter(participant=pause.participant, conference=pause.conference))
    return list(holding.exclude(pk=pause.pk))


def in_words(pause: Pause) -> str:
    """Return a pause as a sentence: of what, until when, by whom and why."""
    names = {
        "what": pause.partner.participant if pause.partner else pause.participant or pause.conference,
        "by": pause.author,
        "why": pause.reason,
        "day": date_format(pause.until, "j F Y") if pause.until else "",
    }
    if pause.partner:
        return _("%(what)s put its reminders of the pledge off until %(day)s (%(by)s: %(why)s).") % names
    if pause.is_snooze:
        return _("Its delegation put its reminders off until %(day)s (%(by)s: %(why)s).") % names
    if pause.participant:
        until = _("Reminders to %(what)s are paused until %(day)s (%(by)s: %(why)s).")
        open_end = _("Reminders to %(what)s are paused until somebody lifts that (%(by)s: %(why)s).")
    elif pause.conference:
        until = _("Reminders of all pledges of %(what)s are paused until %(day)s (%(by)s: %(why)s).")
        open_end = _("Reminders of all pledges of %(what)s are paused until somebody lifts that (%(by)s: %(why)s).")
    else:
        until = _("Its reminders are paused until %(day)s (%(by)s: %(why)s).")
        open_end = _("Its reminders are paused until somebody lifts that (%(by)s: %(why)s).")
    return (until if pause.until else open_end) % names


def control() -> Control:
    """Return the row of controls."""
    return Control.objects.get_or_create(pk=1)[0]
