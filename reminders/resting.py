"""What pauses leave out where somebody reminds by hand: each part with who owes it, and who paused it and why."""

from collections.abc import Collection, Mapping
from datetime import date, datetime

from django.utils.translation import gettext as _

from conferences.models import Participant
from pledges.models import Milestone, Pledge
from reminders.models import Audience, Pause, Reason
from reminders.pauses import Rest, in_full, in_words, live_pauses, rest_of, with_rest
from reminders.people import Person
from reminders.reasons import Subject

Part = tuple[str, Subject]  # something that is waited for, with its reason


def resting(parts: Collection[Part], persons: Mapping[str, list[Person]], *, at: datetime) -> dict[Part, Pause]:
    """Return those of these parts that a pause covers for all who hear of them, each with the first such pause: one
    query. `persons` are those whom mail reaches, by delegation: a pause ends with its last day where each lives.
    """
    pauses = [(rest_of(pause), pause) for pause in in_full(with_rest(live_pauses(at=at)))]
    latest = {code: max(one.today for one in found) for code, found in persons.items() if found}
    covering = {part: first_on(part[1], pauses, on=latest.get(part[1].participant or "", at.date())) for part in parts}
    return {part: pause for part, pause in covering.items() if pause}


def first_on(subject: Subject, pauses: list[tuple[Rest, Pause]], *, on: date) -> Pause | None:
    """Return the first of these pauses under which no focal point is reminded of something on a day."""
    return next((pause for rest, pause in pauses if rest.covers(subject, Audience.FOCAL_POINT, on=on)), None)


def said(found: dict[Pledge, dict[Part, Pause]], *, whole: Collection[Pledge]) -> dict[Pledge, str]:
    """Return what rests on each pledge in sentences, those of the pause alone where it covers a whole pledge: at most
    two queries."""
    parts = [part for on_pledge in found.values() for part in on_pledge]
    steps = [subject.key for reason, subject in parts if reason == Reason.MILESTONE_DUE]
    titles = dict(Milestone.objects.filter(pk__in=steps).values_list("pk", "title"))
    owing = Participant.objects.in_bulk({subject.participant for _reason, subject in parts if subject.participant})

    def name(part: Part) -> str:
        reason, subject = part
        title = f"“{titles.get(subject.key, '')}”" if reason == Reason.MILESTONE_DUE else str(Reason(reason).label)
        return f"{title} ({owing[subject.participant]})" if subject.participant else title

    def sentence(pause: Pause, left: list[str], *, is_plain: bool) -> str:
        why = in_words(pause)
        return why if is_plain else _("Left out: %(parts)s. %(why)s") % {"parts": ", ".join(left), "why": why}

    sentences = {}
    for pledge, on_pledge in found.items():
        left: dict[Pause, list[str]] = {}
        for part, pause in on_pledge.items():
            left.setdefault(pause, []).append(name(part))
        is_plain = pledge in whole and len(left) == 1
        sentences[pledge] = " ".join(sentence(pause, names, is_plain=is_plain) for pause, names in left.items())
    return {pledge: words for pledge, words in sentences.items() if words}
