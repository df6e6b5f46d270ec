"""The pages of what will go out: the messages of a coming day, and one of them word for word."""

from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from accounts.models import User
from pledges.work.common import forbid_unless
from reminders.forms import DayForm
from reminders.mails import direction_of
from reminders.paging import ROWS
from reminders.pauses import control
from reminders.permissions import check_can_see_mail
from reminders.preview import DAYS_AHEAD, messages_on, owed_on, text_for

LISTED = 5  # things of one message in the list of all


@login_required
@require_safe
def preview(request: HttpRequest) -> HttpResponse:
    """Show who will get what on a day from today to 60 days ahead. A day that cannot be read is status 400."""
    forbid_unless(check_can_see_mail, request.user)
    at = timezone.now()
    form = day_form(request, at=at)
    if not form.is_valid():
        return render(request, "reminders/preview.html", {"form": form}, status=400)
    day = form.cleaned_data["day"]
    owed = owed_on(day, at=at)
    shown, urls = one_page(list(owed), day, request.GET.get("after", ""))
    context = {
        "form": form,
        "day": day,
        "people": len(owed),
        "things": sum(map(len, owed.values())),
        "mails": messages_on(day, owed, shown, most=LISTED),
        "urls": urls,
        "control": control(),
        "before": day - timedelta(days=1) if day > form.first else None,
        "next": day + timedelta(days=1) if day < form.last else None,
    }
    return render(request, "reminders/preview.html", context)


def day_form(request: HttpRequest, *, at: datetime) -> DayForm:
    """Return the choice of the day, as it was made."""
    today = at.date()
    given = request.GET.get("day", "")
    return DayForm({"day": given or today.isoformat()}, first=today, last=today + timedelta(days=DAYS_AHEAD))


def one_page(recipients: list[int], day: date, after: str) -> tuple[list[int], dict[str, str]]:
    """Return the people of one page, those after the one whose key is given, and the addresses of its neighbours."""
    here = int(after) if after.isdecimal() and len(after) < 19 else 0
    begin = sum(1 for person in recipients if person <= here)
    shown = recipients[begin : begin + ROWS]

    def url(start: int) -> str:
        query = {"day": day.isoformat()} | ({"after": str(recipients[start - 1])} if start > 0 else {})
        return f"?{urlencode(query)}"

    has_more = begin + ROWS < len(recipients)
    return shown, {
        "first": url(0) if begin else "",
        "previous": url(max(begin - ROWS, 0)) if begin else "",
        "next": url(begin + ROWS) if has_more else "",
        "last": url((len(recipients) - 1) // ROWS * ROWS) if has_more else "",
    }


@login_required
@require_safe
def preview_message(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the message that a person will get on a day, word for word."""
    forbid_unless(check_can_see_mail, request.user)
    recipient = get_object_or_404(User, pk=pk)
    at = timezone.now()
    form = day_form(request, at=at)
    if not form.is_valid():
        raise Http404
    mail, items = text_for(recipient, form.cleaned_data["day"], at=at)
    context: dict[str, Any] = {
        "recipient": recipient,
        "day": form.cleaned_data["day"],
        "mail": mail,
        "direction": direction_of(recipient.language),
        "items": items,
    }
    return render(request, "reminders/preview_message.html", context)
