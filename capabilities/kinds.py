"""What kind of thing a capability is, and so what can be said of a pledge of it: units are counted, money is paid,
courses have places, experts come, a policy has an outcome.

The rule rests on the list of types that the product ships (data/capability_types.csv, data/categories.csv): the unit of
measure decides where it can mean one thing only, else the category, else units are counted.
"""

from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class CapabilityKind(TextChoices):
    """The kinds, each with its own questions in the form of a pledge."""

    UNITS = "units", _("Units")
    MONEY = "money", _("Money")
    TRAINING = "training", _("Training")
    EXPERTISE = "expertise", _("Expertise")
    POLICY = "policy", _("Policy")


COURSE = "course"  # the unit of types that are counted in courses: the number is then asked for once
BY_UNIT = {
    "USD": CapabilityKind.MONEY,
    COURSE: CapabilityKind.TRAINING,
    "arrangement": CapabilityKind.UNITS,  # joint deployments and rotations stand among the training types
    "commitment": CapabilityKind.POLICY,
    "percent": CapabilityKind.POLICY,
    "study": CapabilityKind.POLICY,
}
BY_CATEGORY = {
    "financial": CapabilityKind.MONEY,
    "training": CapabilityKind.TRAINING,
    "expertise": CapabilityKind.EXPERTISE,
    "policy_political": CapabilityKind.POLICY,
}
# Support that is neither a unit nor a policy; equipment is counted even where it comes as a "contribution".
SUPPORT_UNITS = frozenset({"contribution", "programme"})
COUNTED_ANYWAY = "equipment"
# Where no type fits, these categories have nothing to count either.
BY_CATEGORY_ALONE = {
    "technology": CapabilityKind.EXPERTISE,
    "women_peace_security": CapabilityKind.POLICY,
    "conduct_accountability": CapabilityKind.POLICY,
    "environment": CapabilityKind.POLICY,
}


def kind_of(category: str, unit: str = "") -> CapabilityKind:
    """Return the kind of what stands in a category, by its code, and is counted in a unit ("" where no type fits)."""
    if unit in BY_UNIT:
        return BY_UNIT[unit]
    if category in BY_CATEGORY:
        return BY_CATEGORY[category]
    if unit in SUPPORT_UNITS and category != COUNTED_ANYWAY:
        return CapabilityKind.EXPERTISE
    return CapabilityKind.UNITS if unit else BY_CATEGORY_ALONE.get(category, CapabilityKind.UNITS)


def kind_pledged(pledge: Any) -> CapabilityKind:
    """Return the kind of what a pledge, or anything with its two columns, names; units where it names nothing yet."""
    if pledge.capability_type:
        return kind_of(pledge.capability_type.category_id, pledge.capability_type.unit_of_measure)
    return kind_of(pledge.category_id or "")
