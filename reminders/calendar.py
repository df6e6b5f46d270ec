"""A person's calendar of due days, for a calendar program: read without a session, by an address that only its owner
knows, and only what this person may see on the day it is read."""

import uuid
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from operator import itemgetter
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.core.signing import BadSignature, Signer
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from icalendar import Calendar, Event

from accounts.history import acting
from accounts.models import User
from accounts.typed import keeps_typed
from conferences.models import WRITERS, Membership
from pledges.links import readiness_url, renewal_url, step_report_url
from pledges.models import Milestone, Pledge
from pledges.work.common import shows_and_takes
from reminders.mails import one_line
from reminders.models import Reason
from reminders.reasons import Subject, listed, subjects
from reminders.words import CALENDAR, COLON, ENTRIES, day_of

PAST = timedelta(days=365)  # what was due longer ago is left out
MOST = 1_000  # days of one kind in a calendar: the earliest
SIGNER = Signer(salt="calendar", sep="~")


class Day(NamedTuple):
    """Something that is due on a day."""

    reason: str
    key: int  # of the row that is waited for
    pledge: Pledge
    step: Milestone | None
    on: date
    may_write: bool  # the reader may: who only reads is led to the pledge


def address_of(user: Any) -> str:
    """Return the address of a person's calendar, empty where it is off."""
    if user.calendar_key is None:
        return ""
    return settings.BASE_URL + reverse("calendar", args=[SIGNER.sign(user.calendar_key.hex)])


def renew(user: Any) -> None:
    """Give a person's calendar a new address; the former one is dead from now on."""
    change(user, uuid.uuid4(), "new calendar address")


def revoke(user: Any) -> None:
    """Turn a person's calendar off."""
    change(user, None, "calendar off")


def change(user: Any, key: uuid.UUID | None, why: str) -> None:
    """Write the key of a person's calendar."""
    user.calendar_key = key
    with acting(user, why):
        user.save(update_fields=["calendar_key"])


@never_cache
@require_safe
def calendar(request: HttpRequest, key: str) -> HttpResponse:
    """Answer with the calendar whose key this is; 404 for a wrong or revoked one, and where the account is ended."""
    user = owner_of(key)
    if user is None:
        raise Http404
    body = written(user, at=timezone.now())
    return HttpResponse(body, content_type="text/calendar; charset=utf-8", headers={"X-Robots-Tag": "noindex"})


def owner_of(key: str) -> User | None:
    """Return whose calendar a signed key names, if the account is alive and the key still holds."""
    try:
        found = uuid.UUID(SIGNER.unsign(key))
    except (BadSignature, ValueError):
        return None
    return User.objects.filter(calendar_key=found, is_active=True).first()


def written(user: Any, *, at: datetime) -> bytes:
    """Return the calendar of a person as RFC 5545 has it, in the person's language."""
    with override(user.language):
        found = Calendar()
        found.add("prodid", "-//Peacekeeping pledges//Due days//EN")
        found.add("version", "2.0")
        found.add("method", "PUBLISH")
        found.add("x-wr-calname", str(CALENDAR))
        found.add("refresh-interval", timedelta(hours=6), parameters={"value": "DURATION"})
        for day in due_days(user, at=at):
            found.add_component(event(day, at=at))
        return found.to_ical()


def due_days(user: Any, *, at: datetime) -> Iterator[Day]:
    """Yield what is due to a person's delegations, of what the person may see; a fixed number of queries."""
    roles: dict[str, set[str]] = defaultdict(set)
    for participant, role in Membership.objects.of(user).values_list("participant", "role"):
        roles[participant].add(role)
    found = [(reason, subject) for reason in ENTRIES for subject in near(reason, set(roles), at=at)] if roles else []
    keys = {subject.pledge for _reason, subject in found}
    pledges = Pledge.objects.visible_to(user, at=at).select_related("participant", "conference").in_bulk(keys)
    of_steps = [subject.key for reason, subject in found if reason == Reason.MILESTONE_DUE]
    steps = Milestone.objects.select_related("pledge", "partner").in_bulk(of_steps)
    for reason, subject in found:
        pledge = pledges.get(subject.pledge or 0)
        if pledge:
            step = steps.get(subject.key) if reason == Reason.MILESTONE_DUE else None
            may_write = bool(roles[subject.participant or ""] & set(WRITERS))
            yield Day(reason, subject.key, pledge, step, subject.due_on, may_write)


def near(reason: str, mine: set[str], *, at: datetime) -> list[Subject]:
    """Return what is waited for from these delegations for a reason, the earliest first; what is long past left out."""
    doer, due = DOERS[reason]
    found = subjects if reason == Reason.REPORT_DUE else listed
    rows = found(reason, at=at).filter(**{f"{doer}__in": mine})
    if reason == Reason.REPORT_DUE:  # of a pledge without a report for long, the last of its days
        last_days = {row[0]: Subject(*row) for row in sorted(rows, key=itemgetter(4))}
        return list(last_days.values())[:MOST]
    return [Subject(*row) for row in rows.filter(**{f"{due}__gte": at.date() - PAST}).order_by(due, "pk")[:MOST]]


# By which column of reminders.reasons a subject belongs to a delegation, and has its day.
DOERS: dict[str, tuple[str, str]] = {
    Reason.REPORT_DUE: ("participant", "report_due_on"),
    Reason.MILESTONE_DUE: ("doer", "due_on"),
    Reason.DELIVERY_DUE: ("participant", "deliver_by"),
    Reason.RENEWAL_DUE: ("pledge__participant", "renewal_due_on"),
    Reason.RDL_CLOCK: ("pledge__participant", "arrival_due_on"),
    Reason.WINDOW_CLOSING: ("participant", "closes_on"),
}


def event(day: Day, *, at: datetime) -> Event:
    """Return something due as an event of the whole day, under the same UID whenever it is read.

    Pledging closes at an instant: a calendar program shows it on its owner's day and clock.
    """
    found = Event()
    found.add("uid", f"{day.reason}-{day.key}@{urlsplit(settings.BASE_URL).hostname}")
    found.add("dtstamp", at)
    closes = day.pledge.conference.window_closes_at if day.reason == Reason.WINDOW_CLOSING else None
    found.add("dtstart", closes.astimezone(UTC) if closes else day.on)
    if closes is None:
        found.add("dtend", day.on + timedelta(days=1))
    found.add("transp", "TRANSPARENT")
    found.add("summary", summary(day, at=at))
    found.add("url", settings.BASE_URL + address(day))
    return found


def summary(day: Day, *, at: datetime) -> str:
    """Return what an entry says: of a pledge under embargo the reference alone, for calendars show on other screens."""
    words = str(ENTRIES[day.reason]) % {"day": day_of(day.on, on=at.date())}
    if day.pledge.announced_at is None or day.pledge.announced_at > at:
        return f"{words}{COLON}{day.pledge.reference}"
    return f"{words}{COLON}{one_line(day.step.title if day.step else day.pledge.title)} ({day.pledge.reference})"


def address(day: Day) -> str:
    """Return the page on which one acts; it asks to sign in."""
    reference = day.pledge.reference
    if day.may_write and day.step:
        return step_report_url(day.step)
    if day.may_write and day.reason in (Reason.REPORT_DUE, Reason.DELIVERY_DUE):
        return reverse("pledge-report", args=[reference])
    if day.may_write and day.reason == Reason.WINDOW_CLOSING:
        return reverse("pledge-check", args=[reference])
    if day.may_write and day.reason == Reason.RENEWAL_DUE:
        return renewal_url(day.pledge)
    if day.reason in (Reason.RENEWAL_DUE, Reason.RDL_CLOCK):
        return readiness_url(day.pledge)
    return day.pledge.get_absolute_url()


@keeps_typed
@shows_and_takes
def calendar_settings(request: HttpRequest) -> HttpResponse:
    """Show the address of one's own calendar; turn it on, give it a new address, or turn it off."""
    user: Any = request.user
    act = request.POST.get("act", "") if request.method == "POST" else ""
    if act == "renew":
        renew(user)
        messages.success(request, _("Your calendar has a new address; an earlier one no longer works."))
    if act == "revoke":
        revoke(user)
        messages.success(request, _("Your calendar is off: its address no longer works."))
    if act:
        return redirect("calendar-settings")
    has_delegation = Membership.objects.of(user).exists()
    return render(request, "reminders/calendar.html", {"address": address_of(user), "has_delegation": has_delegation})
