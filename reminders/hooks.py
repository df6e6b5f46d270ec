"""What is heard from outside of a message that we sent: from a provider's webhook, or by a mail server's pipe."""

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from anymail.exceptions import AnymailWebhookValidationFailure
from anymail.webhooks.base import AnymailBaseWebhookView
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.db.models import F, Q
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.module_loading import import_string

from reminders import dsn
from reminders.bounces import heard, went_to
from reminders.handing_over import ENHANCED, blames_address, names_address, quoted
from reminders.models import Delivery, Reminder, State

logger = logging.getLogger(__name__)
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
OF_ADDRESS = frozenset({"bounced", "invalid"})  # anymail's words for why; others: blocked, spam, timed_out, other …
# By which fields Postmark, Brevo, SendGrid and Mailjet tell of what may pass; anymail calls some of it "bounced" too.
PASSING = (("Type", "SoftBounce"), ("event", "soft_bounce"), ("type", "blocked"), ("hard_bounce", False))
TIMES = frozenset({"DeliveredAt", "BouncedAt", "ReceivedAt", "ChangedAt", "timestamp", "time", "ts_epoch"})
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)  # what is said to be older is no time


class Careful(AnymailBaseWebhookView):
    """A provider's webhook that drops what it cannot read, with a line in the log: it would be sent for ever.

    Where our own database fails it answers 500 still, and is called again.
    """

    def run_validators(self, request: HttpRequest) -> None:
        """Refuse with 400 also what cannot be read far enough to see whether it is the provider's."""
        try:
            super().run_validators(request)
        except SuspiciousOperation:
            raise
        except Exception as error:
            raise AnymailWebhookValidationFailure("It cannot be read.") from error

    def parse_events(self, request: HttpRequest) -> list[Any]:
        """Return the events that can be read."""
        try:
            return [event for event in super().parse_events(request) if event is not None]
        except SuspiciousOperation:
            raise
        except Exception:
            logger.warning("What the mail provider sent cannot be read", exc_info=True)
            return []

    def esp_to_anymail_event(self, *raw: Any) -> Any:
        """Return one event, without its time where that cannot be read; None where the rest cannot either."""
        for given in (raw, tuple(map(timeless, raw))):
            try:
                return super().esp_to_anymail_event(*given)
            except Exception:
                logger.warning("An event of the mail provider cannot be read as it is", exc_info=True)
        return None


def timeless(raw: Any) -> Any:
    """Return the fields of an event without those that tell its time, however deep."""
    return {name: timeless(value) for name, value in raw.items() if name not in TIMES} if isinstance(raw, dict) else raw


def routes() -> list[URLPattern]:
    """Return the address that the configured mail provider calls; none without one."""
    if not settings.MAIL_WEBHOOK_PROVIDER:
        return []
    view = import_string(VIEWS[settings.MAIL_WEBHOOK_PROVIDER])
    careful = type("Hook", (Careful, view), {})
    return [path("hooks/mail/", careful.as_view(), name="mail-hook")]  # type: ignore[attr-defined]


def take_event(*, event: Any, **_: Any) -> None:
    """Note what the provider tells of a message: what django-anymail's `tracking` signal calls.

    Opened, clicked and the like are of no concern. Where the provider has a Message-ID of its own, the address decides.
    """
    outcome = OUTCOMES.get(event.event_type)
    if outcome is None:
        return
    at, address = instant_of(event), as_text(event.recipient)
    told: dict[str, Any] = {
        "at": at,
        "address": address,
        "detail": as_text(event.mta_response) or as_text(event.description),
        "is_of_address": outcome == Delivery.COMPLAINED or blamed_by(event),
    }
    if not heard(in_brackets(as_text(event.message_id)), outcome, **told):
        last = last_sent_to(address, at=at)
        if last:
            heard(last.message_id, outcome, **told)


def blamed_by(event: Any) -> bool:
    """Return whether a provider says that a message came back for its address.

    The enhanced code of the answer that it quotes decides, by the same rule as while sending; without one the
    provider's own word for it, unless it may pass; where it has none, the plain code.
    """
    code, said = quoted(as_text(event.mta_response))
    enhanced = ENHANCED.search(said)
    if enhanced:
        return names_address(enhanced[0])
    raw = event.esp_event if isinstance(event.esp_event, dict) else {}
    if any(raw.get(name) == value for name, value in PASSING):
        return False
    return event.reject_reason in OF_ADDRESS if event.reject_reason else blames_address(code, said)


def instant_of(event: Any) -> datetime:
    """Return when an event was, in UTC where it names no zone; now, where it tells no time that can be."""
    now, at = timezone.now(), event.timestamp
    if not isinstance(at, datetime):
        return now
    at = at.replace(tzinfo=UTC) if timezone.is_naive(at) else at
    return at if EARLIEST < at < now else now


def as_text(given: Any) -> str:
    """Return what a provider gives as text, "" for anything else; what the database does not take stands as a mark."""
    text = given.replace("\0", "\ufffd") if isinstance(given, str) else ""
    return text.encode(errors="replace").decode()


def in_brackets(message_id: str) -> str:
    """Return a Message-ID as it stands in a header."""
    return f"<{message_id.strip('<> ')}>"


def last_sent_to(address: str, *, at: datetime) -> Reminder | None:
    """Return the last reminder that went to an address within RECENT, None where none did.

    One that is going counts once its text began: the provider may speak before we have noted that it was sent.
    """
    if not address:
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
        heard(reminder.message_id, told.outcome, at=at, detail=told.detail, is_of_address=told.is_of_address)
    return told is not None
