"""The mark of who types in a form."""

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.typed import FIELD, mark

register = template.Library()


@register.simple_tag(takes_context=True)
def typed_by(context: dict[str, Any]) -> SafeString:
    """Return the hidden field that says, signed, whose form this is: what is kept for them is shown to nobody else."""
    return format_html('<input type="hidden" name="{}" value="{}">', FIELD, mark(context["request"].user))
