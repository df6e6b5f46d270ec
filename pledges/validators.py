"""What makes a pledge complete and consistent: called by forms, API and transitions alike."""

from typing import Any

from django.utils.translation import gettext as _

REQUIRED = ("category", "title", "description")


def missing_for_submission(pledge: Any) -> dict[str, str]:
    """Return each field that a pledge still lacks before it can be submitted, with a sentence; empty when complete."""
    sentences = {
        "category": _("Choose what kind of capability this is."),
        "title": _("Give the pledge a short title."),
        "description": _("Describe in a sentence or two what is pledged."),
    }
    missing = {name: sentences[name] for name in REQUIRED if not getattr(pledge, _column(name))}
    return missing | inconsistencies(pledge)


def _column(name: str) -> str:
    return f"{name}_id" if name == "category" else name


def inconsistencies(pledge: Any) -> dict[str, str]:
    """Return each field of a pledge that contradicts another, with a sentence; the database refuses the same."""
    found = {}
    if pledge.women is not None and (pledge.personnel is None or pledge.women > pledge.personnel):
        limit = pledge.personnel if pledge.personnel is not None else _("not given")
        found["women"] = _("Enter a number no higher than the persons in the unit (%(limit)s).") % {"limit": limit}
    if pledge.amount is not None and not pledge.currency:
        found["currency"] = _("Choose the currency of the amount.")
    if pledge.currency and pledge.amount is None:
        found["amount"] = _("Enter the amount, or leave the currency empty.")
    if pledge.deliver_from and pledge.deliver_by and pledge.deliver_by < pledge.deliver_from:
        found["deliver_by"] = _("Enter a date after “available from”.")
    return found
