"""What partners answered lately on the pledges that a delegation leads, for as long as that is news to it.

Read from the history that the database writes: a partner that declined, or that changed its share as it confirmed. It
is news for DAYS, or until somebody of the lead's delegation changes the pledge or what is asked of the partner.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.db.models import Exists, Max, OuterRef

from conferences.models import Membership, Participant
from pledges.enums import Confirmation, Status
from pledges.joint_history import ShareEvent, tell
from pledges.models import Partner
from pledges.shares import WHOLES

DAYS = 30
ANSWERS = (Confirmation.DECLINED, Confirmation.CONFIRMED)


@dataclass(frozen=True)
class Answer:
    """What a partner answered."""

    partner: Partner
    told: ShareEvent


def news_for(leads: Collection[Participant], *, at: datetime) -> list[Answer]:
    """Return what partners of these delegations' open pledges answered and nobody acted on, the latest first.

    One query where no partner answered within DAYS, else four.
    """
    since = at - timedelta(days=DAYS)
    recent = events_of("PartnerEvent").filter(
        pgh_obj=OuterRef("pk"), confirmation__in=ANSWERS, pgh_created_at__gte=since
    )
    partners = Partner.objects.filter(
        Exists(recent), confirmation__in=ANSWERS, pledge__participant__in=leads, pledge__author__isnull=False
    )
    partners = partners.exclude(pledge__status=Status.CLOSED).select_related("pledge__participant", "participant")
    found = {partner.pk: partner for partner in partners}
    if not found:
        return []
    changed = last_changes({partner.pledge_id for partner in found.values()}, leads, since=since)
    news = [
        Answer(found[key], tell(last, before))
        for key, (before, last) in last_two(found).items()
        if is_news(before, last) and last.pgh_created_at >= max(since, changed.get(last.pledge_id, since))
    ]
    return sorted(news, key=lambda answer: answer.told.at, reverse=True)


def is_news(before: Any, last: Any) -> bool:
    """Return whether an answer is other than what the lead asked for."""
    if last.confirmation == Confirmation.DECLINED:
        return True
    return before is not None and any(getattr(before, share) != getattr(last, share) for share in WHOLES)


def last_two(partners: Collection[int]) -> dict[int, tuple[Any, Any]]:
    """Return the last row of the history of each of these partners, with the row before it, if any: one query."""
    rows: dict[int, list[Any]] = defaultdict(list)
    for event in (
        events_of("PartnerEvent").filter(pgh_obj__in=partners).select_related("participant").order_by("pgh_id")
    ):
        rows[event.pgh_obj_id].append(event)
    return {key: (own[-2] if len(own) > 1 else None, own[-1]) for key, own in rows.items()}


def last_changes(pledges: Collection[int], leads: Collection[Participant], *, since: datetime) -> dict[int, datetime]:
    """Return when somebody of these delegations changed each of these pledges last: two queries.

    A change is what raised the version: what a report, an assessment or a readiness level leaves with it is none.
    """
    members = Membership.objects.filter(participant__in=leads).values_list("user", flat=True)
    events = events_of("PledgeEvent").filter(pgh_obj__in=pledges, pgh_created_at__gte=since)
    earlier = events_of("PledgeEvent").filter(
        pgh_obj=OuterRef("pgh_obj"), version=OuterRef("version"), pgh_id__lt=OuterRef("pgh_id")
    )
    mine = events.filter(~Exists(earlier), pgh_context__actor__in=list(members))
    return dict(mine.order_by().values_list("pgh_obj").annotate(last=Max("pgh_created_at")))


def events_of(name: str) -> Any:
    """Return the history of a table."""
    return apps.get_model("pledges", name)._default_manager.all()
