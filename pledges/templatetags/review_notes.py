"""What the Secretariat asked for at a field of a returned pledge."""

from typing import Any

from django import template

from pledges.enums import Status
from pledges.review import returned_notes

register = template.Library()


@register.inclusion_tag("pledges/_field_notes.html")
def field_notes(pledge: Any, name: str) -> dict[str, Any]:
    """Return the notes at a field while the pledge is returned; read once for all fields of a page."""
    if not pledge or pledge.status != Status.RETURNED:
        return {"notes": ()}
    if not hasattr(pledge, "asked_for"):
        pledge.asked_for = returned_notes(pledge)
    return {"notes": pledge.asked_for.get(name, ())}
