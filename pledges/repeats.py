"""Earlier pledges that a pledge may repeat: the delegation says whether it is new, renews one, or was announced before.

So that the same promise is never counted twice; nothing is decided by likeness alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib.postgres.search import TrigramSimilarity
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from pledges.enums import Kind, LineageKind, Status
from pledges.models import Lineage, Pledge
from pledges.querysets import DISCARDED

Value = Callable[[str], Any]
LIKE_ENOUGH = 0.4  # of 1: the share of three-letter pieces that two texts have in common
SHOWN = 5
COMPARED = 200  # many times what any delegation has pledged of one kind since 2014
NUMBERS = ("quantity", "personnel", "amount")
COMPARED_BY = ("capability_type_id", "category_id", "title", "description", *NUMBERS)
# What is answered, and how the later pledge is then linked to the earlier.
LINKS = {Kind.RENEWED: LineageKind.RENEWS, Kind.ALREADY_ANNOUNCED: LineageKind.REPEATS}


@dataclass(frozen=True)
class Likeness:
    """An earlier pledge, and in a few words why it may be the same; whether the two are linked already."""

    earlier: Any
    reason: str
    is_linked: bool


def likely_repeats(pledge: Pledge, user: Any) -> list[Likeness]:
    """Return the earlier pledges of the same participant that this one may repeat, the most alike first, in one query.

    One is alike when it is of the same type or category, and the texts are similar or a number is the same (the
    quantity only within one type); or when the two are linked already. Only rows that `user` may see.
    """
    value = partial(getattr, pledge)
    linked = Lineage.objects.filter(later=pledge, earlier__in=earlier_than(value, user)).values("earlier")
    rows = (
        Pledge.objects.filter(pk__in=latest_of_its_kind(value, user).union(linked))
        .annotate(alike=likeness_to(value), is_linked=Exists(linked.filter(earlier=OuterRef("pk"))))
        .filter(Q(is_linked=True) | is_alike(value))
        .select_related("conference", "capability_type")
        .order_by("-is_linked", F("alike").desc(), "-pk")
    )
    return [Likeness(row, reason(row, pledge), row.is_linked) for row in rows[:SHOWN]]


def most_alike_of(drafts: Sequence[Pledge], user: Any) -> dict[int, str]:
    """Return, for each of these drafts that `to_answer` would name repeats of, the reference of the most alike.

    One query for all of them.
    """
    spoken_of = Lineage.objects.filter(later=OuterRef(OuterRef("pk")), earlier=OuterRef("pk"))
    alike = Pledge.objects.filter(~Exists(spoken_of), pk__in=latest_of_its_kind(outer_ref_from_within, user))
    alike = alike.annotate(alike=likeness_to(OuterRef)).filter(is_alike(OuterRef)).order_by(F("alike").desc(), "-pk")
    asked = Pledge.objects.filter(pk__in=[draft.pk for draft in drafts], repeats_answered_at=None).order_by()
    found = asked.annotate(most_alike=Subquery(alike.values("reference")[:1])).values_list("pk", "most_alike")
    return {pk: reference for pk, reference in found if reference}


def outer_ref_from_within(name: str) -> OuterRef:
    """Return a reference to a column of the query around the one around."""
    return OuterRef(OuterRef(name))


def earlier_than(value: Value, user: Any) -> "QuerySet[Pledge]":
    """Return the pledges before one of the same participant that `user` may see.

    `value` gives a column of that one: what it holds, or a reference to it within a larger query.
    """
    return (
        Pledge.objects.visible_to(user)
        .filter(participant=value("participant_id"))
        .exclude(DISCARDED)
        .exclude(pk=value("pk"))
        .exclude(status__in=[Status.DRAFT, Status.RETURNED], pk__gt=value("pk") or 0)
    )


def latest_of_its_kind(value: Value, user: Any) -> "QuerySet[Any]":
    """Return the keys of the latest COMPARED pledges before one that are of its type or category.

    Comparing texts is what costs: so it takes the same for a delegation with a hundred pledges and with ten thousand.
    """
    same_kind = Q(capability_type__isnull=False, capability_type=value("capability_type_id"))
    same_kind |= Q(category__isnull=False, category=value("category_id"))
    rows = earlier_than(value, user).filter(same_kind).order_by("-dated_at", "-reference")
    return rows.values("pk")[:COMPARED]


def is_alike(value: Value) -> Q:
    """Return the condition that a row says the same as a pledge of its kind, in words or in a number."""
    return Q(alike__gte=LIKE_ENOUGH) | same_number(value)


def likeness_to(value: Value) -> Greatest:
    """Return how alike the texts of a row are to those of a pledge, from 0 to 1."""
    return Greatest(
        TrigramSimilarity("title", value("title") or " "), TrigramSimilarity("description", value("description") or " ")
    )


def same_number(value: Value) -> Q:
    """Return the condition that a number of a row is that of a pledge."""
    same = Q(pk__in=[])
    for name in (name for name in NUMBERS if value(name)):
        of_one_type = {"capability_type": value("capability_type_id")} if name == "quantity" else {}
        same |= Q(**{name: value(name)}, **of_one_type)
    return same


def reason(row: Any, pledge: Pledge) -> str:
    """Return in a few words why a row may be the same as a pledge."""
    if row.is_linked:
        return _("linked to this one already")
    said = [_("similar words")] if row.alike >= LIKE_ENOUGH else []
    said += [_("the same number")] if any(same(row, pledge, name) for name in NUMBERS) else []
    same_type = pledge.capability_type_id and row.capability_type_id == pledge.capability_type_id
    return ", ".join([_("the same type") if same_type else _("the same category"), *said])


def same(row: Any, pledge: Pledge, name: str) -> bool:
    """Return whether two pledges state the same number."""
    return bool(getattr(pledge, name)) and getattr(row, name) == getattr(pledge, name)


def unnamed(drafts: Sequence[Pledge]) -> set[int]:
    """Return the keys of these drafts that say they renew or repeat an earlier pledge and do not name it.

    Only of delegations that have one here: what was announced elsewhere alone is counted as new. In one query, or none.
    """
    said = [draft.pk for draft in drafts if Kind(draft.kind) in LINKS]
    if not said:
        return set()
    earlier = Pledge.objects.filter(participant=OuterRef("participant")).exclude(DISCARDED)
    earlier = earlier.exclude(status__in=[Status.DRAFT, Status.RETURNED])
    rows = Pledge.objects.filter(Exists(earlier), pk__in=said, descends_from=None)
    return set(rows.order_by().values_list("pk", flat=True))


def to_answer(pledge: Pledge, user: Any, likely: list[Likeness] | None = None) -> list[Likeness]:
    """Return the likely repeats that the delegation has not yet spoken of; none once it has said what the pledge is.

    `likely` are its likely repeats, where they are known: else they are asked for.
    """
    if pledge.repeats_answered_at:
        return []
    likely = likely_repeats(pledge, user) if likely is None else likely
    return [row for row in likely if not row.is_linked]


def resembles_others(before: Pledge, after: Pledge, user: Any) -> bool:
    """Return whether an edit made a pledge like an earlier one that it was not like before."""
    if all(getattr(before, name) == getattr(after, name) for name in COMPARED_BY):
        return False
    return bool(alike_to(after, user) - alike_to(before, user))


def alike_to(pledge: Pledge, user: Any) -> set[int]:
    """Return the keys of all earlier pledges that this one may repeat, linked or not."""
    value = partial(getattr, pledge)
    rows = Pledge.objects.filter(pk__in=latest_of_its_kind(value, user))
    found = rows.annotate(alike=likeness_to(value)).filter(is_alike(value))
    return set(found.order_by().values_list("pk", flat=True))
