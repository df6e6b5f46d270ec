"""What pages say of a pledging window that has closed."""

from typing import Any

from django import template
from django.utils import timezone

from conferences.models import Conference
from pledges import windows
from pledges.models import Pledge

register = template.Library()


@register.filter
def window_warning(about: Conference | Pledge) -> str:
    """Return the warning to whoever drafts for a conference, or goes on with a pledge; empty where none is due."""
    at = timezone.now()
    if isinstance(about, Conference):
        return windows.warning(about, at=at)
    return windows.warning(about.conference, at=at) if windows.came_after(about, at=at) else ""


@register.filter
def window_words(conference: Conference) -> str:
    """Return when pledging opens and closes; empty where no window is set."""
    return windows.words(conference, at=timezone.now())


@register.filter
def is_after_window(pledge: Pledge, user: Any) -> bool:
    """Return whether this reader sees the mark on a pledge."""
    return windows.is_marked(pledge, user, at=timezone.now())
