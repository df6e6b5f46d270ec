"""Which open requirements a pledge may count towards, each with what speaks for and against it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, Sum
from django.utils.dateformat import format as format_date
from django.utils.translation import gettext as _

from capabilities.models import Requirement
from pledges.enums import Match
from pledges.models import Allocation, Pledge
from pledges.querysets import STANDS_FOR_NOTHING

LOOKED_AT = 200  # requirements of the type or category, the newest editions first
SHOWN = 10
SHORTEST = 4  # letters of a word that says something
PLAIN = frozenset({"with", "from", "that", "this", "unit", "units", "least", "able", "must", "should", "have", "been"})


@dataclass(frozen=True)
class Suggestion:
    """An open requirement, why it may fit and why not, and how many units it lacks (None where it names no number)."""

    requirement: Requirement
    for_it: tuple[str, ...]
    against_it: tuple[str, ...]
    open_units: int | None
    score: int


SAME_TYPE, SAME_MISSION, IN_TIME, WORDS = 100, 40, 10, 5


def suggestions(pledge: Pledge, *, on: date) -> list[Suggestion]:
    """Return the requirements that may fit a pledge, the best first, in three queries.

    Left out are those that were counted or refused, and those of missions that have ended by `on`.
    """
    kind = Q(capability_type=pledge.capability_type_id) if pledge.capability_type_id else Q(pk__in=[])
    if pledge.category_id:
        kind |= Q(capability_type__category=pledge.category_id)
    running = Q(mission=None) | Q(mission__ends_on=None) | Q(mission__ends_on__gte=on)
    rows = Requirement.objects.filter(kind, running).exclude(allocations__pledge=pledge)
    rows = rows.select_related("capability_type", "mission", "edition", "conference")
    missions = set(pledge.missions.values_list("pk", flat=True))
    said = words_of(f"{pledge.title} {pledge.description}")
    found = standing(rows.order_by("-edition__published_on", "reference")[:LOOKED_AT])
    taken = taken_of(found)
    rated = [suggestion(pledge, row, missions, said, taken.get(row.pk, 0)) for row in found]
    return sorted(rated, key=lambda one: -one.score)[:SHOWN]


def standing(newest_first: Iterable[Requirement]) -> list[Requirement]:
    """Return the asks that no newer edition states again for the same type and mission."""
    edition: dict[tuple[str, str | None], int] = {}
    return [
        row
        for row in newest_first
        if edition.setdefault((row.capability_type_id, row.mission_id), row.edition_id) == row.edition_id
    ]


def taken_of(requirements: list[Requirement]) -> dict[int, int]:
    """Return how many units of registered pledges are allocated to each requirement already."""
    rows = Allocation.objects.filter(
        requirement__in=requirements, quantity__isnull=False, pledge__registered_at__isnull=False
    )
    rows = rows.exclude(pledge__outcome__in=STANDS_FOR_NOTHING)  # what was withdrawn covers no ask any more
    return dict(rows.values("requirement").annotate(units=Sum("quantity")).values_list("requirement", "units"))


def suggestion(pledge: Pledge, row: Requirement, missions: set[str], said: set[str], taken: int) -> Suggestion:
    """Return one requirement with what speaks for it and against it."""
    open_units = None if row.quantity is None else max(row.quantity - taken, 0)
    judged = [by_type(pledge, row), by_mission(row, missions), by_date(pledge, row), by_words(row, said)]
    if open_units == 0:
        judged.append((-SAME_MISSION, "", _("all of it is allocated already")))
    return Suggestion(
        requirement=row,
        for_it=tuple(good for _points, good, _bad in judged if good),
        against_it=tuple(bad for _points, _good, bad in judged if bad),
        open_units=open_units,
        score=sum(points for points, _good, _bad in judged),
    )


# Each returns points, what speaks for the requirement, and what speaks against it.
Judgement = tuple[int, str, str]


def by_type(pledge: Pledge, row: Requirement) -> Judgement:
    """The same type can be counted; a type of the same family is worth a look."""
    if row.capability_type_id != pledge.capability_type_id:
        return 0, "", _("another type of the same category")
    if pledge.match != Match.EXACT or row.unit != row.capability_type.unit_of_measure:
        return 0, _("the same type"), _("it is counted in another unit")
    return SAME_TYPE, _("the same type"), ""


def by_mission(row: Requirement, missions: set[str]) -> Judgement:
    """The pledge names the mission of the ask, or one of both leaves it open."""
    if row.mission_id in missions:
        return SAME_MISSION, _("for %(mission)s, as pledged") % {"mission": row.mission_id}, ""
    if not row.mission_id or not missions:
        return 0, "", ""
    return -SAME_MISSION, "", _("for %(mission)s, which the pledge does not name") % {"mission": row.mission_id}


def by_date(pledge: Pledge, row: Requirement) -> Judgement:
    """It is there when it is needed."""
    if not pledge.deliver_by or not row.needed_by:
        return 0, "", ""
    days = {"pledged": in_words(pledge.deliver_by), "needed": in_words(row.needed_by)}
    if pledge.deliver_by <= row.needed_by:
        return IN_TIME, _("there by %(pledged)s, needed by %(needed)s") % days, ""
    return -IN_TIME, "", _("there by %(pledged)s only, needed by %(needed)s") % days


def by_words(row: Requirement, said: set[str]) -> Judgement:
    """The characteristics asked for come back in the words of the pledge."""
    shared = sorted(words_of(row.characteristics) & said)
    if not shared:
        return 0, "", ""
    return WORDS * min(len(shared), 4), _("both say: %(words)s") % {"words": ", ".join(shared[:6])}, ""


def in_words(day: date) -> str:
    """Return a day."""
    return format_date(day, "j F Y")


def words_of(text: str) -> set[str]:
    """Return the words of a text that say something, in small letters."""
    return {word for word in re.findall(r"[\w-]+", text.lower()) if len(word) >= SHORTEST and word not in PLAIN}
