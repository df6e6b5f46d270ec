"""How measurable a pledge is: the ingredients that a reader will need to tell whether it was kept, and which are there.

The set of rules has a version, stored with every score: a score is read with the rules under which it was given. The
ingredients follow the pledging guide of 2021 (specific, dated, backed at the highest level) and what later reports
could not tell of earlier pledges: who answers for them, and how delivery would be shown.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from capabilities.kinds import CapabilityKind, kind_pledged

RULES = "1"  # raise it with every change of what follows


@dataclass(frozen=True)
class Ingredient:
    """Something that a measurable pledge says: the field that says it, and whether a pledge does."""

    label: Any
    field: str
    is_said: Callable[[Any], bool]


def says(*fields: str) -> Callable[[Any], bool]:
    """Return the test whether a pledge says any of these."""
    return lambda pledge: any(getattr(pledge, name) for name in fields)


HOW_MUCH = {
    CapabilityKind.UNITS: Ingredient(
        _("Number and unit"), "quantity", lambda pledge: bool(pledge.quantity and pledge.unit)
    ),
    CapabilityKind.MONEY: Ingredient(_("Amount and currency"), "amount", says("amount")),
    CapabilityKind.TRAINING: Ingredient(_("Courses or places"), "courses", says("courses", "places", "quantity")),
    CapabilityKind.EXPERTISE: Ingredient(_("Number, or persons"), "quantity", says("quantity", "personnel")),
}
OUTCOME = Ingredient(_("Intended outcome"), "intended_outcome", says("intended_outcome"))
OTHERS = (
    Ingredient(_("Date"), "deliver_by", says("deliver_by")),
    Ingredient(_("Level of commitment"), "commitment", says("commitment")),
    Ingredient(_("Who in the capital is responsible"), "responsible_office", says("responsible_office")),
    Ingredient(_("How delivery can be shown"), "means_of_verification", says("means_of_verification")),
)


def ingredients(kind: CapabilityKind) -> tuple[Ingredient, ...]:
    """Return the ingredients of a measurable pledge of one kind; a policy has nothing to count."""
    how_much = (HOW_MUCH[kind],) if kind in HOW_MUCH else ()
    return (OUTCOME, *how_much, *OTHERS)


def check(pledge: Any) -> list[tuple[Ingredient, bool]]:
    """Return each ingredient, and whether this pledge says it."""
    return [(ingredient, ingredient.is_said(pledge)) for ingredient in ingredients(kind_pledged(pledge))]


def score(pledge: Any) -> int:
    """Return the share of the ingredients that a pledge says, in whole per cent."""
    said = [is_said for _ingredient, is_said in check(pledge)]
    return round(100 * sum(said) / len(said))
