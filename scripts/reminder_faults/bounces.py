"""What is heard of messages after the mail server took them (R08): in any order, twice, and before we noted that they
went."""

import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any, NamedTuple

from django.db import connection
from django.test import Client, override_settings
from django.urls import clear_url_caches, include, path
from django.utils import timezone

from accounts.models import User
from conferences.models import Liaison, Participant
from reminders import hooks
from reminders.models import Audience, Delivery, LadderStep, Reason, Reminder, ReminderItem, State, Undeliverable
from reminders.owed import write_owed
from scripts.reminder_faults.due import TITLE, Verdict, due_step, due_steps, one_rung
from scripts.reminder_faults.kills import Size
from scripts.reminder_faults.mail import deliver_all
from scripts.reminder_faults.rig import Rig
from tests.factories import OfficerFactory

SECRET = "hook:sekret"  # noqa: S105  (of this test's own webhook)
DAY = timedelta(days=1)
TOLD, BOUNCED, UNWANTED = (
    {"RecordType": "Delivery"},
    {"RecordType": "Bounce", "Type": "HardBounce", "TypeCode": 1, "Details": "550 no such user"},
    {"RecordType": "SpamComplaint", "Type": "SpamComplaint", "TypeCode": 100001},
)


class Fate(NamedTuple):
    """What a provider tells of a message: before we noted that it went, and after; and what is known in the end."""

    before: tuple[dict[str, Any], ...]
    after: tuple[dict[str, Any], ...]
    known: str
    under_our_id: bool = True  # else the provider has a Message-ID of its own

    @property
    def told(self) -> str:
        """The words of the provider, in the order in which they come."""
        return " ".join(
            [f"early {event['RecordType']}" for event in self.before] + [event["RecordType"] for event in self.after]
        )


FATES = (
    Fate((), (), ""),
    Fate((), (TOLD,), Delivery.DELIVERED),
    Fate((), (BOUNCED,), Delivery.BOUNCED),
    Fate((), (BOUNCED, BOUNCED), Delivery.BOUNCED),
    Fate((), (UNWANTED, UNWANTED), Delivery.COMPLAINED),
    Fate((), (TOLD, UNWANTED), Delivery.COMPLAINED),
    Fate((), (BOUNCED, TOLD), Delivery.BOUNCED),
    Fate((BOUNCED,), (), Delivery.BOUNCED),
    Fate((BOUNCED,), (BOUNCED, TOLD), Delivery.BOUNCED),
    Fate((TOLD,), (UNWANTED,), Delivery.COMPLAINED, under_our_id=False),
    Fate((BOUNCED,), (), Delivery.BOUNCED, under_our_id=False),
)


def followed(rig: Rig, size: Size) -> Verdict:
    """R08: what is known of each message is right, and who cannot be reached is left alone and told of within a day."""
    one_rung()
    LadderStep.objects.create(reason=Reason.UNDELIVERABLE, offset_days=0, audience=Audience.DESK_OFFICER)
    people, at = max(2, size.reminders // 50) * len(FATES), timezone.now()
    due_steps(people, on=at.date(), people=len(FATES))
    desk = OfficerFactory()
    for delegation in Participant.objects.filter(pledges__title=TITLE):
        Liaison.objects.update_or_create(participant=delegation, defaults={"desk_officer": desk})
    write_owed(at=at)
    fates = {row.recipient.email: FATES[n % len(FATES)] for n, row in enumerate(Reminder.objects.order_by("pk"))}
    verdict = Verdict({"people": people, "fates": len(FATES)})
    with webhook() as call:
        tell_early(rig, fates, call)
        deliver_all(people, at=at)
        for address, fate in fates.items():
            for event in fate.after:
                call(address, event, fate)
    judge(fates, verdict)
    judge_next_day(rig, fates, desk, verdict, at=at)
    return verdict


@contextmanager
def webhook() -> Iterator[Callable[[str, dict[str, Any], Fate], None]]:
    """Open a site whose mail provider is Postmark; yield what its calls are made with."""
    urls: Any = ModuleType("urls_with_hook")
    with override_settings(MAIL_WEBHOOK_PROVIDER="postmark", ANYMAIL={"WEBHOOK_SECRET": SECRET}, ROOT_URLCONF=urls):
        urls.urlpatterns = [*hooks.routes(), path("", include("config.urls"))]
        clear_url_caches()
        yield tell
    clear_url_caches()


def tell(address: str, event: dict[str, Any], fate: Fate) -> None:
    """Call the webhook as the provider does, of the last message to an address. Raises on any answer but 200."""
    message_id = Reminder.objects.filter(recipient__email=address).latest("pk").message_id
    now = timezone.now().isoformat()
    known = {
        "MessageID": message_id.strip("<>") if fate.under_our_id else "00000000-0000-0000-0000-000000000000",
        "Email": address, "Recipient": address, "BouncedAt": now, "DeliveredAt": now,
    }  # fmt: skip
    credentials = {"Authorization": f"Basic {b64encode(SECRET.encode()).decode()}"}
    answer = Client().post("/hooks/mail/", json.dumps(known | event), "application/json", headers=credentials)
    if answer.status_code != 200:
        raise RuntimeError(f"the webhook answered {answer.status_code}")


def tell_early(rig: Rig, fates: dict[str, Fate], call: Callable[[str, dict[str, Any], Fate], None]) -> None:
    """Let the provider speak while the mail server still owes its last answer: we cannot have noted anything yet."""
    outside = ThreadPoolExecutor(1)

    def speak(address: str) -> None:
        for event in fates[address].before:
            call(address, event, fates[address])
        connection.close()

    def answer(command: str, recipient: str) -> str:
        if command == "END" and recipient in fates:
            outside.submit(speak, recipient).result()
        return ""

    rig.sink.answer = answer


def judge(fates: dict[str, Fate], verdict: Verdict) -> None:
    """Demand that each message is known as what became of it; each broken address stands in the queue, once."""
    rows = {row.recipient.email: row for row in Reminder.objects.select_related("recipient")}
    unsent = [address for address, row in rows.items() if row.state != State.SENT]
    wrong = [address for address, fate in fates.items() if rows[address].delivery != fate.known]
    queue = sorted(Undeliverable.objects.filter(mended_at=None).values_list("address", flat=True))
    verdict.figures |= {"not as it was": len(wrong), "addresses to mend": len(queue)}
    verdict.demand(not unsent, f"{len(unsent)} not noted as sent")
    for address in wrong:
        verdict.demand(False, f"{fates[address].told}: known as {rows[address].delivery or 'sent'}")
    verdict.demand(queue == sorted(broken(fates)), f"{len(queue)} addresses to mend, of {len(broken(fates))}")


def broken(fates: dict[str, Fate]) -> set[str]:
    """Return the addresses to which nothing may go any more."""
    return {address for address, fate in fates.items() if fate.known in (Delivery.BOUNCED, Delivery.COMPLAINED)}


def judge_next_day(rig: Rig, fates: dict[str, Fate], desk: User, verdict: Verdict, *, at: datetime) -> None:
    """Demand that the next reminders leave these addresses out and reach all others; the desk officer hears."""
    rig.sink.answer = lambda command, recipient: ""
    before = len(rig.sink.messages)
    for delegation in Participant.objects.filter(pledges__title=TITLE).distinct():
        due_step(delegation, User.objects.filter(memberships__participant=delegation)[0], on=(at + DAY).date())
    write_owed(at=at + DAY)
    deliver_all(len(fates), at=at + DAY)
    reached = {str(message["To"]) for message in rig.sink.messages[before:]}
    left_out = set(fates) - reached
    told = ReminderItem.objects.filter(reason=Reason.UNDELIVERABLE, recipient=desk, reminder__state=State.SENT)
    found = set(Undeliverable.objects.filter(pk__in=told.values("subject")).values_list("address", flat=True))
    verdict.figures |= {"written to all the same": len(reached & broken(fates)), "told to the desk": len(found)}
    verdict.demand(left_out == broken(fates), f"left out {len(left_out)}, of {len(broken(fates))} that are broken")
    verdict.demand(found == broken(fates), f"the desk officer heard of {len(found)} of {len(broken(fates))}")
