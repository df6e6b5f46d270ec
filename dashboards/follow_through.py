"""The follow-through page of the Secretariat: who is late, since when, what was mailed, who signed in."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.db.models import F, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from conferences.keyset import BadCursor
from conferences.models import Participant
from pledges import permissions
from pledges.follow_up import Debt, Late, Reason, last_sign_ins, late_on, late_page, next_due
from pledges.models import Pledge
from pledges.query_form import (
    CodesField,
    QueryForm,
    capability_types,
    choices,
    conferences,
    missions,
    participants,
)
from pledges.querysets import today
from pledges.work.common import forbid_unless
from reminders.ladders import IN_DELEGATION
from reminders.models import Audience, Delivery, ReminderItem, State
from reminders.paging import ROWS, page_urls
from reminders.pauses import paused
from reminders.reasons import Subject

ACTS = {
    "remind": gettext_lazy("Remind now"),
    "pause": gettext_lazy("Pause the reminders"),
    "put-off": gettext_lazy("Put off the late steps"),
    "assess": gettext_lazy("Assess"),
    "close": gettext_lazy("Close"),
}


class FollowThroughForm(QueryForm):
    """Late pledges by conference, state, mission, capability and what is late."""

    conference = CodesField(label=gettext_lazy("Conference"), options=conferences)
    participant = CodesField(label=gettext_lazy("Participant"), options=participants)
    mission = CodesField(label=gettext_lazy("Mission"), options=missions)
    capability_type = CodesField(label=gettext_lazy("Capability type"), options=capability_types)
    reason = CodesField(label=gettext_lazy("What is late"), options=choices(Reason))
    cursor = forms.CharField(required=False, max_length=400)

    SHOWN = ("conference", "participant", "mission", "capability_type", "reason")


def list_asked(request: HttpRequest) -> dict[str, str]:
    """Return what an address asks of the list of late pledges: the parameters that the list knows, and no other."""
    return {name: value for name in FollowThroughForm.base_fields if (value := request.GET.get(name))}


@dataclass(frozen=True)
class Answerer:
    """Who is to answer: a participant, the last reminder of the pledge that went to its people or failed, the one that
    is coming unless they are paused, and when one of them signed in last."""

    participant: Participant
    mail: Any
    coming: Any
    is_paused: bool
    signed_in: datetime | None


@dataclass(frozen=True)
class Owed:
    """Something late, and for how many days."""

    debt: Debt
    days: int


@dataclass(frozen=True)
class Line:
    """One late pledge: since when and for how many days, what is late, and who is to answer."""

    pledge: Pledge
    since: date
    days: int
    owed: list[Owed]
    answerers: list[Answerer]

    @property
    def is_of_lead(self) -> bool:
        """Whether nobody but the lead is to answer."""
        return [one.participant for one in self.answerers] == [self.pledge.participant]


@login_required
@require_safe
def follow_through(request: HttpRequest) -> HttpResponse:
    """Show the late pledges, the longest late on top, in a fixed number of queries. A bad cursor is status 400."""
    forbid_unless(permissions.check_can_see_follow_through, request.user)
    asked = FollowThroughForm(request)
    if not asked.is_valid():
        return render(request, "dashboards/follow_through.html", {"asked": asked}, status=400)
    on = today()
    among = narrowed(asked.filters, Pledge.objects.visible_to(request.user))
    context = {
        "asked": asked,
        "acts": ACTS,
        "can_act": permissions.allowed(permissions.check_is_reviewer, request.user),
        "is_manager": permissions.is_manager(request.user),
    }
    reasons, cursor = asked.filters.get("reason", ""), request.GET.get("cursor", "")
    try:
        page = late_page(among, on=on, reasons=[one for one in reasons.split(",") if one], size=ROWS, cursor=cursor)
    except BadCursor as error:
        context |= {"problem": str(error), "first_url": request.path}
        return render(request, "dashboards/follow_through.html", context, status=400)
    if cursor and not page.rows:  # what stood on this page is settled
        return redirect(asked.url())
    context |= {"lines": lines(page.rows, on=on), "urls": page_urls(request, page)}
    if page.rows:
        context["range"] = range_in_words(len(page.rows), page.rows[0].total)
    else:
        context["next_due"] = next_due(among, on=on)
    return render(request, "dashboards/follow_through.html", context)


def narrowed(filters: dict[str, str], pledges: Any) -> Any:
    """Return the pledges of the conferences, participants, missions and types asked for."""
    for name in ("conference", "participant", "capability_type"):
        if name in filters:
            pledges = pledges.filter(**{f"{name}__in": filters[name].split(",")})
    return pledges.naming_mission(filters["mission"].split(",")) if "mission" in filters else pledges


def range_in_words(shown: int, total: int) -> str:
    """Return how many pledges this page shows, of how many."""
    words = ngettext("%(shown)s of %(total)s late pledge", "%(shown)s of %(total)s late pledges", total)
    return words % {"shown": shown, "total": f"{total:,}"}


def lines(rows: list[Late], *, on: date) -> list[Line]:
    """Return the rows of the page, in a fixed number of queries."""
    among = Pledge.objects.select_related("conference", "participant", "capability_type")
    pledges = among.in_bulk([row.pledge for row in rows])
    debts = late_on(list(pledges.values()), on=on)
    mails = last_mails(list(pledges.values()), [State.SENT, State.FAILED])
    coming = last_mails(list(pledges.values()), [State.OWED, State.CLAIMED])
    signed_in = last_sign_ins({debt.participant.pk for found in debts.values() for debt in found})
    pauses = paused(at=timezone.now())

    def answerer(pledge: Pledge, one: Participant) -> Answerer:
        key, whole = (pledge.pk, one.pk), Subject(pledge.pk, pledge.pk, one.pk, pledge.conference_id, on)
        is_paused = pauses.covers(whole, Audience.FOCAL_POINT, on=on)
        next_mail = None if is_paused else coming.get(key)
        return Answerer(one, mails.get(key), next_mail, is_paused, signed_in.get(one.pk))

    return [
        Line(
            pledge=pledges[row.pledge],
            since=row.since,
            days=(on - row.since).days,
            owed=[Owed(debt, (on - debt.on).days) for debt in debts[row.pledge]],
            answerers=[
                answerer(pledges[row.pledge], one)
                for one in dict.fromkeys(debt.participant for debt in debts[row.pledge])
            ],
        )
        for row in rows
        if row.pledge in pledges
    ]


def last_mails(pledges: list[Pledge], states: list[str]) -> dict[tuple[int, str], Any]:
    """Return the newest reminder in one of these states that speaks of each pledge to people of each delegation: by
    pledge and participant. Of several of that day one that failed or came back goes first: nothing else tells of it."""
    items: Any = ReminderItem.objects.filter(pledge__in=pledges, audience__in=IN_DELEGATION, reminder__state__in=states)
    items = items.annotate(told=F("recipient__memberships__participant")).select_related("reminder")
    items = items.annotate(
        arrived=~Q(reminder__state=State.FAILED) & Q(reminder__delivery__in=["", Delivery.DELIVERED])
    )
    newest = items.order_by("pledge_id", "told", "-reminder__owed_on", "arrived", "-reminder_id")
    newest = newest.distinct("pledge_id", "told")
    return {(item.pledge_id, item.told): item.reminder for item in newest}
