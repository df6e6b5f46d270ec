"""The ledger of reminders and how they are doing, for the Secretariat."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, OuterRef, Prefetch, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.history import acting
from conferences.keyset import Order
from conferences.models import Membership
from pledges.work.common import forbid_unless, shows_and_takes
from reminders.answers import ANSWER_WITHIN, answers
from reminders.folder import mail_folder, sent_message, text_of
from reminders.forms import LedgerFilter
from reminders.models import Reminder, ReminderItem, Undeliverable
from reminders.overview import standing
from reminders.paging import listed, status_of
from reminders.pauses import control
from reminders.people import broken_addresses
from reminders.permissions import check_can_remind, check_can_see_mail

LISTED = 3  # things of one message in the list
NEWEST = Order("owed_on", "id", descending=True)
FOUND_LAST = Order("found_at", "id", descending=True)


@login_required
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Show whether reminders go out, what waits, what failed, and who answered."""
    forbid_unless(check_can_see_mail, request.user)
    at = timezone.now()
    context = {"control": control(), "standing": standing(at=at), "answers": answers(at=at), "within": ANSWER_WITHIN}
    return render(request, "reminders/overview.html", context)


@login_required
@require_safe
def mail_list(request: HttpRequest) -> HttpResponse:
    """Show the ledger, the newest first, narrowed by reason, state, delivery, pledge and person.

    A cursor that cannot be read is status 400.
    """
    forbid_unless(check_can_see_mail, request.user)
    form = LedgerFilter(request.GET)
    context = listed(request, with_items(form.narrowed(Reminder.objects.select_related("recipient"))), order=NEWEST)
    kept = {name for name in form.fields if request.GET.get(name)}
    context |= {"form": form, "is_narrowed": bool(kept), "has_folder": mail_folder() is not None}
    return render(request, "reminders/mail_list.html", context, status=status_of(context))


def with_items(reminders: "QuerySet[Reminder]") -> Any:
    """Return reminders with the first LISTED things that each speaks of; `more` is how many there are beside them."""
    items = ReminderItem.objects.select_related("pledge", "asked_by").order_by("due_on", "pk")
    counted = ReminderItem.objects.filter(reminder=OuterRef("pk")).order_by().values("reminder")
    total = Subquery(counted.annotate(n=Count("pk")).values("n"))
    return reminders.annotate(more=total - LISTED).prefetch_related(
        Prefetch("items", items[:LISTED], to_attr="first_items")
    )


@login_required
@require_safe
def mail_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one reminder, with the message as it was sent where mail goes to a folder."""
    forbid_unless(check_can_see_mail, request.user)
    reminder = get_object_or_404(Reminder.objects.select_related("recipient"), pk=pk)
    message = sent_message(reminder.message_id)
    text = text_of(message) if message else ""
    context = {
        "reminder": reminder,
        "items": reminder.items.select_related("pledge", "asked_by").order_by("due_on", "pk"),
        "has_folder": mail_folder() is not None,
        "headers": list(message.items()) if message else [],
        "text": text,
        "language": message["Content-Language"] if message else None,
        "link": next((line for line in text.splitlines() if line.startswith(f"{settings.BASE_URL}/work/")), ""),
    }
    return render(request, "reminders/mail_detail.html", context)


@login_required
@shows_and_takes
def undeliverable_list(request: HttpRequest) -> HttpResponse:
    """Show the addresses that mail does not reach; an officer marks one as mended. A broken cursor is status 400."""
    forbid_unless(check_can_see_mail, request.user)
    if request.method == "POST":
        forbid_unless(check_can_remind, request.user)
        mend(request)
        return redirect("undeliverable-list")
    places = Membership.objects.open().select_related("participant").order_by("participant", "pk")
    rows = broken_addresses().select_related("user", "participant")
    rows = rows.prefetch_related(Prefetch("user__memberships", places, to_attr="places"))
    context = listed(request, rows, order=FOUND_LAST)
    return render(request, "reminders/undeliverable_list.html", context, status=status_of(context))


def mend(request: HttpRequest) -> None:
    """Mark the address whose button was pressed as one that mail reaches again; twice does no harm.

    A delegation that nobody hears for is mended by somebody who does, and by no button.
    """
    by: Any = request.user
    key = request.POST.get("mended", "")
    row = get_object_or_404(Undeliverable, user__isnull=False, pk=key if key.isdecimal() and len(key) < 19 else 0)
    if row.mended_at is None:
        row.mended_at, row.mended_by = timezone.now(), by
        with acting(by, "mended"):
            row.save(update_fields=["mended_at", "mended_by"])
    messages.success(request, _("Mail goes to %(address)s again.") % {"address": row.address})
