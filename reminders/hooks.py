"""What is heard from outside of a message that we sent: from a provider's webhook, or by a mail server's pipe."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import F, Q
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.module_loading import import_string

from reminders import dsn
from reminders.bounces import heard, went_to
from reminders.models import Delivery, Reminder, State

RECENT = timedelta(days=7)  # mail servers give up within five days (RFC 5321, 4.5.4.1)
VIEWS = {
    "brevo": "anymail.webhooks.brevo.BrevoTrackingWebhookView",
    "mailgun": "anymail.webhooks.mailgun.MailgunTrackingWebhookView",
    "mailjet": "anymail.webhooks.mailjet.MailjetTrackingWebhookView",
    "postmark": "anymail.webhooks.postmark.PostmarkTrackingWebhookView",
    "sendgrid": "anymail.webhooks.sendgrid.SendGridTrackingWebhookView",
    "sparkpost": "anymail.webhooks.sparkpost.SparkPostTrackingWebhookView",
}
OUTCOMES = {
    "delivered": Delivery.DELIVERED,
    "bounced": Delivery.BOUNCED,
    "rejected": Delivery.BOUNCED,  # the provider did not even try: it knows the address as broken
    "complained": Delivery.COMPLAINED,
}


def routes() -> list[URLPattern]:
    """Return the address that the configured mail provider calls; none without one."""
    if not settings.MAIL_WEBHOOK_PROVIDER:
        return []
    view = import_string(VIEWS[settings.MAIL_WEBHOOK_PROVIDER])
    return [path("hooks/mail/", view.as_view(), name="mail-hook")]


def take_event(*, event: Any, **_: Any) -> None:
    """Note what the provider tells of a message: what django-anymail's `tracking` signal calls.

    Opened, clicked and the like are of no concern. Where the provider has a Message-ID of its own, the address decides.
    """
    outcome = OUTCOMES.get(event.event_type)
    if outcome is None:
        return
    at = min(event.timestamp or timezone.now(), timezone.now())
    detail, address = event.description or event.mta_response or "", event.recipient or ""
    if not heard(in_brackets(event.message_id or ""), outcome, at=at, address=address, detail=detail):
        last = last_sent_to(address, at=at)
        if last:
            heard(last.message_id, outcome, at=at, address=address, detail=detail)


def in_brackets(message_id: str) -> str:
    """Return a Message-ID as it stands in a header."""
    return f"<{message_id.strip('<> ')}>"


def last_sent_to(address: str, *, at: datetime) -> Reminder | None:
    """Return the last reminder that went to an address within RECENT, None where none did.

    One that is going counts once its text began: the provider may speak before we have noted that it was sent.
    """
    if not address or "\0" in address:
        return None
    went_there = Q(sent_to__iexact=address) | Q(sent_to="", recipient__email__iexact=address)
    is_going = Q(state=State.CLAIMED, text_began=True)
    gone = Reminder.objects.filter(went_there).filter(is_going | Q(state=State.SENT, sent_at__gt=at - RECENT))
    return gone.order_by(F("sent_at").desc(nulls_first=True), "-owed_on").first()


def take_bounce(raw: bytes, *, at: datetime, by_recipient: bool = False) -> bool:
    """Note what a mail server wrote back; return whether it tells of a message of ours.

    By the Message-ID of what was sent back. Where none was and `by_recipient`, by an address that heard from us lately.
    """
    report = dsn.read(raw)
    if report is None:
        return False
    if report.message_id:
        reminder = Reminder.objects.select_related("recipient").filter(message_id=report.message_id).first()
        return bool(reminder and noted(reminder, report, at=at))
    found = [last_sent_to(one.address, at=at) for one in report.recipients] if by_recipient else []
    told = [noted(reminder, report, at=at) for reminder in found if reminder]  # each of them, not the first alone
    return any(told)


def noted(reminder: Reminder, report: dsn.Report, *, at: datetime) -> bool:
    """Note what a report says of a reminder; a mail server that still tries is no news."""
    told = report.for_address(went_to(reminder))
    if told and told.outcome:
        heard(reminder.message_id, told.outcome, at=at, detail=told.detail)
    return told is not None
