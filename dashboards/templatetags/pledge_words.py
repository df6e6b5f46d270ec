"""The state of a pledge, a conference and numbers in the words and shapes that every page uses."""

from typing import Any

from django import template

from pledges.enums import KnownState

register = template.Library()


@register.filter
def state_words(state: str) -> str:
    """Return the word for a code of KnownState."""
    return str(KnownState(state).label)


@register.filter
def state_shape(state: str) -> str:
    """Return the shape and fill of a code of KnownState; what is planned and what is under way look alike."""
    return "open" if state == KnownState.UNDER_WAY else state


@register.filter
def short_name(conference: Any) -> str:
    """Return "Seoul 2021": where and when, which tells conferences apart in a table."""
    return f"{conference.city} {conference.starts_on.year}" if conference.city else str(conference.title)
