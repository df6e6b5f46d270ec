"""Over which pledges a reader's figures are counted, and the filters that open just these."""

from typing import Any

from django.utils.translation import gettext as _

from pledges.models import Pledge
from pledges.querysets import REGISTERED, PledgeQuerySet

OFFERED_STATUSES = ",".join(REGISTERED)


def visible_and_registered(pledges: PledgeQuerySet) -> PledgeQuerySet:
    """Return the pledges that figures speak of: registered or closed; drafts and submissions are not offers yet."""
    return pledges.registered()


def readers_pledges(user: Any) -> PledgeQuerySet:
    """Return the pledges over which this reader's figures are counted."""
    return visible_and_registered(Pledge.objects.visible_to(user))


def readers_filters(user: Any) -> dict[str, str]:
    """Return the filters that open just the rows of `readers_pledges`; everyone else sees registered ones only."""
    return {"status": OFFERED_STATUSES} if user.is_authenticated else {}


def counting_rule(user: Any) -> str:
    """Return in a few words what this reader's figures count."""
    if not user.is_authenticated:
        return _("announced pledges only")
    if user.is_secretariat:
        return _("all registered pledges, those under embargo included")
    return _("announced pledges, and registered ones that you may see before they are announced")
