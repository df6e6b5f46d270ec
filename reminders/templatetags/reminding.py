"""What pages of pledges show of the reminders."""

from dataclasses import dataclass
from typing import Any

from django import template
from django.urls import reverse
from django.utils import timezone

from pledges.enums import Status
from pledges.links import address
from pledges.models import Pledge
from pledges.permissions import allowed
from reminders.digest import Number, waiting_now
from reminders.pauses import in_words, pauses_on
from reminders.permissions import check_can_remind, check_can_see_mail

register = template.Library()


@register.simple_tag
def secretariat_numbers() -> list[Number]:
    """Return what waits for the Secretariat now, as its week at a glance says it: six queries."""
    return waiting_now()


@dataclass(frozen=True)
class OnPledge:
    """What the Secretariat reads and does about the reminders of one pledge: the pauses that hold, in sentences, and
    where it reminds and pauses; an address is empty where this reader may not, or where nothing can be reminded of."""

    pauses: list[str]
    remind_url: str
    pause_url: str


@register.simple_tag
def reminders_of(pledge: Pledge, user: Any) -> OnPledge | None:
    """Return the reminders of a pledge as the Secretariat sees them, in one query; None to others, and once it is
    closed."""
    if pledge.status == Status.CLOSED or not allowed(check_can_see_mail, user):
        return None
    may, named = allowed(check_can_remind, user), {"pledge": pledge.reference}
    remind_url = address(reverse("follow-through-act"), {"act": "remind", **named})
    return OnPledge(
        pauses=[in_words(pause) for pause in pauses_on(pledge, at=timezone.now())],
        remind_url=remind_url if may and pledge.status != Status.DRAFT else "",
        pause_url=address(reverse("mail-pause"), named) if may else "",
    )
