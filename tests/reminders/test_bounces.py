"""What is heard of a message after it was sent: a mail server's notifications, a provider's webhook, hostile input."""

import io
import json
import sys
from base64 import b64encode
from collections.abc import Iterator
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.core.management import call_command
from django.test import Client
from django.urls import clear_url_caches
from django.utils import timezone
from hypothesis import given
from hypothesis import settings as drawn
from hypothesis import strategies as st

from reminders import dsn, hooks
from reminders.delivery import record_sent
from reminders.models import Delivery, Reminder, State, Undeliverable
from tests.factories import UserFactory
from tests.reminders.conftest import NOW, TODAY

OURS = "<6e1f9b4e-4f38-4a52-9c4f-6f3a8d5f2a10@pledges.example>"
TO = "focal@mission.example"
SECRET = "hook:a-long-secret"


def notification(
    *recipients: str, message_id: str = OURS, returned: str = "message/rfc822", report: str = "delivery-status"
) -> bytes:
    """Return a notification as RFC 3464 shows it in its appendix, with these blocks of fields per recipient."""
    blocks = "\n\n".join(recipients)
    original = f"From: pledges@pledges.example\nTo: {TO}\nMessage-ID: {message_id}\nSubject: Report by 30 June\n"
    if not message_id:
        original = "Subject: Report by 30 June\n"
    text = f"""From: MAILER-DAEMON@mx.example
To: pledges@pledges.example
Subject: Undelivered Mail Returned to Sender
Message-ID: <20250801.bounce@mx.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type={report}; boundary="B"

--B
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--B
Content-Type: message/{report}

Reporting-MTA: dns; mx.example
Arrival-Date: Fri, 1 Aug 2025 06:00:00 +0000

{blocks}

--B
Content-Type: {returned}

{original}
--B--
"""
    return text.replace("\n", "\r\n").encode()


def fields(action: str, status: str, *, to: str = TO, said: str = "550 5.1.1 User unknown") -> str:
    """Return the fields of one recipient (RFC 3464, 2.3)."""
    return (
        f"Final-Recipient: rfc822; {to}\nAction: {action}\nStatus: {status}\n"
        f"Remote-MTA: dns; mail.mission.example\nDiagnostic-Code: smtp; {said}"
    )


@pytest.fixture
def reminder(db: None) -> Reminder:
    """A reminder that went out."""
    return Reminder.objects.create(
        recipient=UserFactory(email=TO), owed_on=TODAY, message_id=OURS, state=State.SENT, sent_at=NOW, sent_to=TO
    )


def take(raw: bytes, **options: Any) -> str:
    """Pipe a message into the command and return what it says."""
    out, before = io.StringIO(), sys.stdin
    sys.stdin = io.TextIOWrapper(io.BytesIO(raw))
    try:
        call_command("take_bounce", stdout=out, **options)
    finally:
        sys.stdin = before
    return out.getvalue().strip()


def delivery() -> str:
    """Return what is known of the one reminder."""
    return Reminder.objects.get().delivery


def test_a_failed_delivery_is_noted_and_the_address_waits_to_be_mended(reminder: Reminder) -> None:
    assert take(notification(fields("failed", "5.1.1"))) == "Noted."
    assert delivery() == Delivery.BOUNCED
    row = Undeliverable.objects.get()
    assert (row.address, row.kind, row.detail) == (TO, Delivery.BOUNCED, "5.1.1 550 5.1.1 User unknown")
    take(notification(fields("failed", "5.1.1")))
    assert Undeliverable.objects.count() == 1


def test_headers_alone_are_enough(reminder: Reminder) -> None:
    take(notification(fields("failed", "5.2.2"), returned="text/rfc822-headers"))
    assert delivery() == Delivery.BOUNCED


@pytest.mark.parametrize(
    ("action", "status", "known"),
    [
        ("delayed", "4.4.1", ""),
        ("delivered", "2.0.0", "delivered"),
        ("relayed", "2.0.0", "delivered"),
        ("eaten", "9", ""),
    ],
)
def test_only_a_failure_silences_an_address(reminder: Reminder, action: str, status: str, known: str) -> None:
    take(notification(fields(action, status)))
    assert delivery() == known
    assert not Undeliverable.objects.exists()


def test_of_several_recipients_ours_counts(reminder: Reminder) -> None:
    other = fields("failed", "5.1.1", to="somebody@else.example")
    take(notification(other, fields("delayed", "4.4.1"), fields("expanded", "2.0.0", to="list@else.example")))
    assert delivery() == ""
    take(notification(other, fields("failed", "5.2.1", said="552 full").replace(TO, TO.upper())))
    assert Undeliverable.objects.get().detail == "5.2.1 552 full"


def test_after_forwarding_all_named_must_agree(reminder: Reminder) -> None:
    one, two = (fields("failed", "5.1.1", to=f"{name}@else.example") for name in ("one", "two"))
    take(notification(one, fields("delivered", "2.0.0", to="two@else.example")))
    assert delivery() == ""
    take(notification(one, two))
    assert delivery() == Delivery.BOUNCED
    assert Undeliverable.objects.exists()


@pytest.mark.parametrize("is_reversed", [False, True])
def test_after_forwarding_one_who_does_not_blame_the_address_silences_nobody(
    reminder: Reminder, is_reversed: bool
) -> None:
    said = [
        fields("failed", "4.2.2", to="full@else.example", said="452 4.2.2 Mailbox full"),
        fields("failed", "5.1.1", to="gone@else.example"),
    ]
    take(notification(*(reversed(said) if is_reversed else said)))
    assert delivery() == Delivery.BOUNCED
    assert not Undeliverable.objects.exists()


def test_the_original_recipient_is_the_one_we_wrote_to(reminder: Reminder) -> None:
    moved = fields("failed", "5.1.1", to="moved@else.example") + f"\nOriginal-Recipient: rfc822; {TO}"
    take(notification(moved, fields("delivered", "2.0.0", to="two@else.example")))
    assert delivery() == Delivery.BOUNCED


@pytest.mark.parametrize("named", [TO, "list@elsewhere.example"])
def test_a_late_bounce_of_a_former_address_does_not_silence_the_new_one(reminder: Reminder, named: str) -> None:
    type(reminder.recipient).objects.filter(pk=reminder.recipient_id).update(email="new@mission.example")
    assert hooks.take_bounce(notification(fields("failed", "5.1.1", to=named)), at=NOW)
    reminder.refresh_from_db()
    assert reminder.delivery == Delivery.BOUNCED
    assert not Undeliverable.objects.exists()


def test_an_address_is_known_by_where_the_message_went(reminder: Reminder) -> None:
    type(reminder.recipient).objects.filter(pk=reminder.recipient_id).update(email="new@mission.example")
    assert hooks.last_sent_to(TO, at=NOW) == reminder
    assert hooks.last_sent_to("new@mission.example", at=NOW) is None


@pytest.mark.parametrize(
    ("status", "said", "silenced"),
    [
        ("5.1.1", "550 5.1.1 User unknown", True),
        ("5.1.10 (no such mailbox)", "", True),
        ("5.0.0", "550 5.1.1 User unknown", True),
        ("5.0.0", "550 no such user", True),
        ("", "550 5.1.1 User unknown", True),
        ("5.7.1", "550 5.7.1 Our IP is blocklisted", False),
        ("5.7.26", "550 5.7.26 Unauthenticated mail is not accepted: DMARC", False),
        ("5.0.0", "550 5.7.1 Our IP is blocklisted", False),
        ("5.0.0", "554 Message refused", False),
        ("5.1.8", "550 5.1.8 Sender address rejected", False),
        ("4.4.7", "Delivery time expired", False),
        ("4.0.0", "450 try later", False),
        ("", "", False),
    ],
)
def test_an_address_is_silenced_only_where_the_answer_names_it(
    reminder: Reminder, caplog: pytest.LogCaptureFixture, status: str, said: str, silenced: bool
) -> None:
    """By the rule for the answers while sending (test_handing_over.py): what is refused of us must be mended by us."""
    take(notification(fields("failed", status, said=said)))
    assert delivery() == Delivery.BOUNCED
    assert Undeliverable.objects.exists() == silenced
    assert Reminder.objects.get().error == f"{status} {said}".strip(), "the Secretariat reads why"
    assert ("came back, but not for its address" in caplog.text) != silenced


def test_why_it_came_back_stays_where_that_is_heard_before_it_is_noted_as_sent(reminder: Reminder) -> None:
    going = {"state": State.CLAIMED, "sent_at": None, "lease_until": NOW, "attempts": 1}
    Reminder.objects.filter(pk=reminder.pk).update(**going, error="450 later")
    take(notification(fields("failed", "5.7.1", said="550 5.7.1 No")))
    record_sent(Reminder.objects.get(), EmailMessage(subject="Report"), at=NOW)
    known = Reminder.objects.get()
    assert (known.state, known.delivery, known.error) == (State.SENT, Delivery.BOUNCED, "5.7.1 550 5.7.1 No")


# --- The same again, after somebody mended it -------------------------------------------------------------------------
def test_a_bounce_that_comes_again_does_not_undo_the_mending(reminder: Reminder) -> None:
    bounce = notification(fields("failed", "5.1.1"))
    take(bounce)
    mended_at = timezone.now()
    Undeliverable.objects.update(mended_at=mended_at)
    take(bounce)
    assert Undeliverable.objects.get().mended_at == mended_at
    assert delivery() == Delivery.BOUNCED


def test_what_went_after_the_mending_and_comes_back_is_to_be_mended_anew(reminder: Reminder) -> None:
    take(notification(fields("failed", "5.1.1")))
    Undeliverable.objects.update(found_at=NOW - timedelta(days=2), mended_at=NOW - timedelta(days=1))
    take(notification(fields("failed", "5.1.1")))
    assert Undeliverable.objects.filter(mended_at=None).count() == 1


def test_a_complaint_silences_the_address(reminder: Reminder) -> None:
    complaint = notification(report="feedback-report").replace(
        b"Reporting-MTA: dns; mx.example", f"Feedback-Type: abuse\r\nOriginal-Rcpt-To: {TO}".encode()
    )
    take(complaint)
    assert Undeliverable.objects.get().kind == Delivery.COMPLAINED
    assert delivery() == Delivery.COMPLAINED


def test_a_late_word_of_delivery_does_not_undo_a_bounce(reminder: Reminder) -> None:
    take(notification(fields("failed", "5.1.1")))
    take(notification(fields("delivered", "2.0.0")))
    assert delivery() == Delivery.BOUNCED


@pytest.mark.parametrize("message_id", ["<guessed@pledges.example>", ""])
def test_what_anybody_could_write_is_not_believed(reminder: Reminder, message_id: str) -> None:
    raw = notification(fields("failed", "5.1.1"), message_id=message_id)
    assert take(raw) == "Not about a message of ours: nothing is noted."
    assert take(raw, by_recipient=bool(message_id)).startswith("Not about")
    assert delivery() == ""


def test_where_only_the_mail_server_writes_the_address_will_do(reminder: Reminder) -> None:
    raw = notification(fields("failed", "5.1.1"), message_id="")
    assert not hooks.take_bounce(raw, at=NOW + 2 * hooks.RECENT, by_recipient=True)
    assert hooks.take_bounce(raw, at=NOW + hooks.RECENT / 2, by_recipient=True)
    assert delivery() == Delivery.BOUNCED


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"\0" * 100, b"\xff\xfe", b"Subject: hello\n\nAn ordinary message.",
        b"Content-Type: message/delivery-status\n\n", b"Content-Type: multipart/report\n\n--\n",
        b'Content-Type: multipart/mixed; boundary="B"\n\n' + b"--B\n" * 2_000,
        notification("Action: failed"), notification("Action: failed\nFinal-Recipient: ;;;\0"),
        notification(fields("failed", "5.1.1\0", said="\0\x1b[31m" + "x" * 5_000)),
        notification(fields("failed", "5.1.1"), message_id=""),
        notification(fields("failed", "5.1.1"), message_id="<" + "x" * 5_000 + ">"),
        notification(fields("failed", "5.1.1"))[:-400],
    ],
)  # fmt: skip
def test_hostile_messages_end_well(reminder: Reminder, raw: bytes) -> None:
    for by_recipient in (False, True):
        assert take(raw, by_recipient=by_recipient)


@drawn(max_examples=200, deadline=None)
@given(st.binary(max_size=600), st.integers(0, 900))
def test_no_bytes_break_the_reading(noise: bytes, at: int) -> None:
    raw = notification(fields("failed", "5.1.1"))
    dsn.read(raw[:at] + noise + raw[at:])


# --- A provider's webhook ---------------------------------------------------------------------------------------------
@pytest.fixture
def webhook(settings: Any) -> Iterator[None]:
    """A site whose mail provider is Postmark."""
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET}
    routed_to(settings, "postmark")
    yield
    clear_url_caches()


def routed_to(settings: Any, provider: str) -> None:
    """Make this the site's mail provider."""
    settings.MAIL_WEBHOOK_PROVIDER = provider
    settings.ROOT_URLCONF = urls = ModuleType(f"tests_urls_with_hook_of_{provider}")
    urls.urlpatterns = hooks.routes()  # type: ignore[attr-defined]
    clear_url_caches()


def call(client: Client, *, secret: str = SECRET, **event: Any) -> int:
    """Call the webhook as Postmark does and return the status."""
    known = {"MessageID": OURS.strip("<>"), "Email": TO, "Recipient": TO, "BouncedAt": "2025-08-01T06:00:00Z"}
    return post(client, json.dumps(known | event), secret=secret)


def post(client: Client, body: str, *, secret: str = SECRET) -> int:
    """Send this to the webhook and return the status."""
    headers = {"Authorization": f"Basic {b64encode(secret.encode()).decode()}"}
    return client.post("/hooks/mail/", body, content_type="application/json", headers=headers).status_code


BOUNCE = {"RecordType": "Bounce", "Type": "HardBounce", "TypeCode": 1, "Details": "550 no such user"}


def test_a_provider_tells_of_a_bounce(client: Client, webhook: None, reminder: Reminder) -> None:
    assert [call(client, **BOUNCE), call(client, **BOUNCE)] == [200, 200]
    assert delivery() == Delivery.BOUNCED
    assert Undeliverable.objects.get().kind == Delivery.BOUNCED


def test_a_provider_tells_of_delivery_and_complaints(client: Client, webhook: None, reminder: Reminder) -> None:
    call(client, RecordType="Delivery", DeliveredAt="2025-08-01T06:00:05Z")
    assert delivery() == Delivery.DELIVERED
    call(client, RecordType="SpamComplaint", Type="SpamComplaint", TypeCode=100001)
    assert delivery() == Delivery.COMPLAINED


def test_a_provider_with_message_ids_of_its_own_is_understood_by_the_address(
    client: Client, webhook: None, reminder: Reminder
) -> None:
    call(client, **BOUNCE, MessageID="00000000-0000-0000-0000-000000000000")
    assert delivery() == Delivery.BOUNCED


@pytest.mark.parametrize(("began", "known"), [(True, Delivery.BOUNCED), (False, "")])
def test_a_provider_may_tell_of_it_before_we_have_noted_that_it_was_sent(
    client: Client, webhook: None, reminder: Reminder, began: bool, known: str
) -> None:
    """Its word comes between the server's 250 and our commit; yesterday's message to the same address is not meant."""
    values = {"recipient": reminder.recipient, "lease_until": timezone.now(), "attempts": 1, "sent_to": TO}
    going = Reminder.objects.create(
        owed_on=TODAY + timedelta(days=1), message_id="<later>", state=State.CLAIMED, text_began=began, **values
    )
    Reminder.objects.filter(pk=reminder.pk).update(sent_at=timezone.now() - timedelta(hours=20))
    call(client, **BOUNCE | {"BouncedAt": timezone.now().isoformat()}, MessageID="00000000-0000-0000-0000-000000000000")
    record_sent(going, EmailMessage(subject="Report"), at=timezone.now())
    going.refresh_from_db()
    reminder.refresh_from_db()
    assert (going.state, going.delivery) == (State.SENT, known)
    assert bool(reminder.delivery) != bool(known), "of one message alone"


def test_opened_and_clicked_are_of_no_concern(client: Client, webhook: None, reminder: Reminder) -> None:
    assert call(client, RecordType="Open") == 200
    assert delivery() == ""


@pytest.mark.parametrize("secret", ["hook:wrong", "x:y", ":"])
def test_whoever_does_not_know_the_secret_changes_nothing(
    client: Client, webhook: None, reminder: Reminder, secret: str
) -> None:
    client.raise_request_exception = False
    assert call(client, secret=secret, **BOUNCE) == 400
    assert delivery() == ""


def test_there_is_no_webhook_where_none_is_configured(client: Client) -> None:
    assert hooks.routes() == []


@pytest.mark.parametrize(
    ("event", "silenced"),
    [
        ({"Type": "HardBounce"}, True),
        ({"Type": "HardBounce", "Details": "smtp;550 5.1.1 The account does not exist"}, True),
        ({"Type": "BadEmailAddress"}, True),
        ({"Type": "HardBounce", "Details": "smtp;550 5.7.1 Our IP is blocklisted"}, False),
        ({"Type": "HardBounce", "Details": "smtp;452 4.2.2 over quota"}, False),
        ({"Type": "SoftBounce", "Details": "smtp;452 over quota"}, False),
        ({"Type": "DMARCPolicy"}, False),
        ({"Type": "Blocked"}, False),
        ({"Type": "Unconfirmed"}, False),
        ({"Type": "VirusNotification"}, False),
    ],
)
def test_a_provider_silences_an_address_only_where_it_says_that_it_is_the_address(
    client: Client, webhook: None, reminder: Reminder, event: dict[str, str], silenced: bool
) -> None:
    assert call(client, **BOUNCE | {"Details": "refused"} | event) == 200
    assert delivery() == Delivery.BOUNCED
    assert Undeliverable.objects.exists() == silenced
    assert Reminder.objects.get().error


@pytest.mark.parametrize("kind", ["Transient", "DnsError"])
def test_what_a_provider_tries_on_is_no_news(client: Client, webhook: None, reminder: Reminder, kind: str) -> None:
    assert call(client, **BOUNCE | {"Type": kind}) == 200
    assert delivery() == ""


# Of SendGrid's and Brevo's events: https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
@pytest.mark.parametrize(
    ("provider", "event", "silenced"),
    [
        ("sendgrid", {"event": "bounce", "type": "bounce", "reason": "550 5.1.1 User unknown"}, True),
        ("sendgrid", {"event": "bounce", "type": "bounce", "reason": "550 no such user"}, True),
        ("sendgrid", {"event": "bounce", "type": "blocked", "reason": "550 blocked by a list"}, False),
        ("sendgrid", {"event": "bounce", "type": "bounce", "reason": "550 5.7.1 Blocked"}, False),
        ("sendgrid", {"event": "dropped", "reason": "Bounced Address"}, True),
        ("sendgrid", {"event": "dropped", "reason": "Spam Content"}, False),
        ("brevo", {"event": "hard_bounce", "reason": "550 5.1.1 User unknown"}, True),
        ("brevo", {"event": "soft_bounce", "reason": "over quota"}, False),
        ("brevo", {"event": "blocked"}, False),
    ],
)
def test_so_it_is_with_other_providers(
    client: Client, webhook: None, settings: Any, reminder: Reminder, provider: str, event: dict[str, str],
    silenced: bool,
) -> None:  # fmt: skip
    routed_to(settings, provider)
    told = {
        "email": TO,
        "smtp-id": OURS,
        "message-id": OURS,
        "timestamp": 1754028000,
        "ts_epoch": 1754028000000,
    } | event
    assert post(client, json.dumps([told] if provider == "sendgrid" else told)) == 200
    assert delivery() == Delivery.BOUNCED
    assert Undeliverable.objects.exists() == silenced


@pytest.mark.parametrize(
    "odd",
    [
        {"BouncedAt": None}, {"BouncedAt": 5}, {"BouncedAt": "x"}, {"BouncedAt": "9999-99-01"},
        {"BouncedAt": "2025-08-01T06:00:00"}, {"BouncedAt": "0001-01-01T00:00:00Z"}, {"BouncedAt": ["x"]},
        {"BouncedAt": "9999-12-31T23:59:59-14:00"}, {"Details": "a\0b"}, {"Details": ["x"]}, {"Details": "\ud800"},
        {"Description": {"x": 1}}, {"Details": "x" * 100_000}, {"MessageID": "a\0"}, {"MessageID": None},
        {"MessageID": 5}, {"MessageID": OURS, "Email": 5}, {"MessageID": OURS, "Email": None},
    ],
)  # fmt: skip
def test_what_can_be_used_of_an_odd_event_is_used(
    client: Client, webhook: None, reminder: Reminder, odd: dict[str, Any]
) -> None:
    Reminder.objects.update(sent_at=timezone.now() if "MessageID" in odd else NOW)
    if "MessageID" in odd and odd["MessageID"] != OURS:  # then it is known by its address, and lately
        odd = odd | {"BouncedAt": timezone.now().isoformat()}
    assert call(client, **BOUNCE | odd) == 200
    assert delivery() == Delivery.BOUNCED


@pytest.mark.parametrize(
    "body",
    [
        "", "{", "[]", "5", "null", '"x"', "[" * 3_000, '{"RecordType": ["Bounce"]}', '{"RecordType": "Inbound"}',
        '{"RecordType": "Bounce", "Type": []}', '{"RecordType": "Bounce", "Type": "HardBounce", "Metadata": 5}',
        '{"RecordType": "Bounce", "Type": "HardBounce", "Email": "a\\u0000b", "MessageID": "x"}',
        '{"RecordType": "Bounce", "Type": "HardBounce", "Email": "\\ud800", "MessageID": "\\ud800"}',
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_dropped(client: Client, webhook: None, reminder: Reminder, body: str) -> None:
    assert post(client, body) == 200
    assert delivery() == ""


def test_of_several_events_one_that_cannot_be_read_does_not_lose_the_others(
    client: Client, webhook: None, settings: Any, reminder: Reminder, caplog: pytest.LogCaptureFixture
) -> None:
    routed_to(settings, "sendgrid")
    good = {"event": "bounce", "smtp-id": OURS, "email": TO, "reason": "550 5.1.1 User unknown"}
    assert post(client, json.dumps([5, {"no": "event"}, good])) == 200
    assert delivery() == Delivery.BOUNCED
    assert "cannot be read" in caplog.text
