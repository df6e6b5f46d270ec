"""What pages of pledges show of the reminders."""

from django import template

from reminders.digest import Number, waiting_now

register = template.Library()


@register.simple_tag
def secretariat_numbers() -> list[Number]:
    """Return what waits for the Secretariat now, as its week at a glance says it: five queries."""
    return waiting_now()
