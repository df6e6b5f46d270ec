"""The plan of a pledge as its pages show it: each step with whose it is, what it waits for, and how it was put off."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch, Q

from pledges.enums import Confirmation
from pledges.models import Milestone, MilestoneDependency, Partner, Pledge
from pledges.permissions import allowed, check_can_plan, is_insider, mends_plans


@dataclass(frozen=True)
class Step:
    """A row of the plan; `extensions` tell how it was put off, `reopenings` why it is open again, the latest last."""

    row: Milestone
    extensions: list[Any]
    reopenings: list[Any]
    waits_for: list[Milestone]
    can_change: bool
    can_reopen: bool  # as far as the plan tells; the page of it asks whether it was assessed

    @property
    def waits(self) -> bool:
        """Whether it cannot be done yet."""
        return self.row.done_on is None and any(needed.done_on is None for needed in self.waits_for)


def plan_of(pledge: Pledge, user: Any) -> list[Step]:
    """Return the steps of a pledge, the earliest first, in four queries and one per part that may be this person's."""
    needs = MilestoneDependency.objects.filter(shown_to(user, pledge, prefix="needs__"))
    needs = needs.select_related("needs__partner__participant").order_by("needs__due_on", "pk")
    rows = pledge.milestones.filter(shown_to(user, pledge)).select_related("partner__participant")
    rows = rows.prefetch_related("extensions", "reopenings", Prefetch("waits_for", needs))
    own = {part.pk if part else None for part in parts_planned_by(pledge, user)}
    mends = mends_plans(user, pledge)
    return [
        Step(
            row=row,
            extensions=list(row.extensions.all()),
            reopenings=list(row.reopenings.all()),
            waits_for=[link.needs for link in row.waits_for.all()],
            can_change=row.partner_id in own,
            can_reopen=row.done_on is not None and (mends or row.partner_id in own),
        )
        for row in rows
    ]


def shown_to(user: Any, pledge: Pledge, *, prefix: str = "") -> Q:
    """Return which steps of a plan a person sees who sees the plan: who is asked to take part is for insiders."""
    if is_insider(user, pledge):
        return Q()
    return Q(**{f"{prefix}partner": None}) | Q(**{f"{prefix}partner__confirmation": Confirmation.CONFIRMED})


def parts_planned_by(pledge: Pledge, user: Any) -> list[Partner | None]:
    """Return the parts of a pledge for which this person plans steps now: None is the lead's."""
    shares = pledge.partners.filter(confirmation=Confirmation.CONFIRMED).select_related("participant")
    parts: list[Partner | None] = [None, *(shares if user.is_authenticated else ())]
    return [part for part in parts if allowed(check_can_plan, user, pledge, part)]
