"""The ledger of reminders, for the Secretariat."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from conferences.keyset import LAST, BadCursor, Order, Page, page_of
from pledges.errors import NotAllowed
from reminders.folder import mail_folder, sent_message, text_of
from reminders.models import Reminder
from reminders.permissions import check_can_see_mail

ROWS = 50
NEWEST = Order("owed_on", "id", descending=True)


def check(request: HttpRequest) -> None:
    """Refuse whoever may not see the ledger with 403."""
    try:
        check_can_see_mail(request.user)
    except NotAllowed as refusal:
        raise PermissionDenied(str(refusal)) from refusal


@login_required
@require_safe
def mail_list(request: HttpRequest) -> HttpResponse:
    """Show the ledger, the newest first. A cursor that cannot be read is status 400."""
    check(request)
    reminders = Reminder.objects.select_related("recipient")
    try:
        page = page_of(reminders, order=NEWEST, size=ROWS, cursor=request.GET.get("cursor", ""))
    except BadCursor as error:
        return render(request, "reminders/mail_list.html", {"problem": str(error)}, status=400)
    context = {"page": page, "urls": page_urls(page), "has_folder": mail_folder() is not None}
    return render(request, "reminders/mail_list.html", context)


def page_urls(page: Page) -> dict[str, str]:
    """Return the addresses of the pages around this one, empty where there is none."""
    first = reverse("mail-list")
    return {
        "first": first if page.previous else "",
        "previous": f"{first}?{urlencode({'cursor': page.previous})}" if page.previous else "",
        "next": f"{first}?{urlencode({'cursor': page.next})}" if page.next else "",
        "last": f"{first}?{urlencode({'cursor': LAST})}" if page.next else "",
    }


@login_required
@require_safe
def mail_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one reminder, with the message as it was sent where mail goes to a folder."""
    check(request)
    reminder = get_object_or_404(Reminder.objects.select_related("recipient"), pk=pk)
    message = sent_message(reminder.message_id)
    text = text_of(message) if message else ""
    context = {
        "reminder": reminder,
        "items": reminder.items.select_related("pledge").order_by("due_on", "pk"),
        "has_folder": mail_folder() is not None,
        "headers": list(message.items()) if message else [],
        "text": text,
        "link": next((line for line in text.splitlines() if line.startswith(f"{settings.BASE_URL}/work/")), ""),
    }
    return render(request, "reminders/mail_detail.html", context)
