"""What makes a pledge complete and consistent: called by forms, API and transitions alike."""

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from pledges.models import Pledge

NUMBERS = ("quantity", "personnel", "amount", "courses", "places")


def missing_for_submission(pledge: Any) -> dict[str, str]:
    """Return each field that keeps a pledge from being submitted, with a sentence; empty when complete."""
    missing = {}
    if not pledge.category_id:
        missing["category"] = _("Choose what kind of capability this is.")
    if not pledge.title.strip():
        missing["title"] = _("Give the pledge a short title.")
    if not pledge.description.strip():
        missing["description"] = _("Describe in a sentence or two what is pledged.")
    if pledge.quantity is not None and not pledge.unit:
        missing["capability_type"] = _("Choose the capability type that the quantity counts, or empty the quantity.")
    return missing | inconsistencies(pledge)


def inconsistencies(pledge: Any) -> dict[str, str]:
    """Return each field of a pledge that cannot stand as it is, with a sentence; the database refuses the same."""
    found = {
        name: _("Enter a number above zero, or leave this empty.")
        for name in NUMBERS
        if getattr(pledge, name) is not None and getattr(pledge, name) <= 0
    }
    if pledge.women is not None and (pledge.personnel is None or not 0 <= pledge.women <= pledge.personnel):
        limit = pledge.personnel if pledge.personnel is not None else _("not given")
        found["women"] = _("Enter a number no higher than the persons in the unit (%(limit)s).") % {"limit": limit}
    if pledge.amount is not None and not re.fullmatch("[A-Z]{3}", pledge.currency):
        found["currency"] = _("Choose the currency of the amount.")
    if pledge.currency and pledge.amount is None:
        found["amount"] = _("Enter the amount, or leave the currency empty.")
    if pledge.fund and pledge.amount is None:
        found["fund"] = _("Enter the amount, or leave the fund empty.")
    if pledge.places_for_women is not None and (pledge.places is None or not 0 <= pledge.places_for_women <= 100):
        found["places_for_women"] = _("Enter the number of places, and a share of them from 0 to 100 per cent.")
    if pledge.deliver_from and pledge.deliver_by and pledge.deliver_by < pledge.deliver_from:
        found["deliver_by"] = _("Enter a date that is not before “available from”.")
    too_large = [name for name in (*NUMBERS, "women", "places_for_women") if name not in found]
    return found | {name: _("Enter a smaller number.") for name in too_large if not has_room(pledge, name)}


def has_room(pledge: Any, name: str) -> bool:
    """Return whether the column of a number can hold the one that the pledge has."""
    number = getattr(pledge, name)
    try:
        if number is not None:
            column: Any = Pledge._meta.get_field(name)  # what is checked may be plain values, no pledge yet
            column.clean(round(number, 2), None)
    except ValidationError:
        return False
    return True
