"""The ledger on pages: for the Secretariat alone, whole, page by page, with each message as it was sent."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from conferences.models import MembershipRole
from reminders.delivery import deliver_next
from reminders.models import Reminder, State
from reminders.owed import write_owed
from tests.factories import (
    AdministratorFactory,
    AnalystFactory,
    ManagerFactory,
    OfficerFactory,
    ParticipantFactory,
    ReaderFactory,
    UserFactory,
    member_of,
)
from tests.reminders.conftest import NOW, TODAY, delegation_of, due_step

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("only_steps_on_their_day")]
LIST = "/reminders/mail/"


def urls() -> list[str]:
    """Return the addresses of the ledger's pages."""
    return [LIST, reverse("mail-detail", args=[Reminder.objects.get().pk])]


@pytest.fixture
def owed() -> Reminder:
    """A reminder in the ledger."""
    due_step(title="Contingent trained")
    write_owed(at=NOW)
    return Reminder.objects.get()


@pytest.mark.parametrize("factory", [ReaderFactory, OfficerFactory, ManagerFactory, AdministratorFactory])
def test_the_secretariat_sees_the_ledger(owed: Reminder, client: Client, factory: Any) -> None:
    client.force_login(factory())
    for url in urls():
        page = client.get(url)
        assert page.status_code == 200
        assert owed.recipient.email in page.content.decode()


def test_nobody_else_does(owed: Reminder, client: Client) -> None:
    everybody = [
        UserFactory(),
        AnalystFactory(),
        owed.recipient,
        member_of(ParticipantFactory(), MembershipRole.APPROVER),
    ]
    for person in everybody:
        client.force_login(person)
        for url in [*urls(), reverse("mail-detail", args=[0])]:
            page = client.get(url)
            assert page.status_code == 403
            assert owed.recipient.email not in page.content.decode().replace(f"<bdi>{person}</bdi>", "")


def test_a_visitor_is_asked_to_sign_in(owed: Reminder, client: Client) -> None:
    for url in urls():
        answer = client.get(url)
        assert (answer.status_code, answer["Location"]) == (302, f"{reverse('sign-in')}?next={url}")


def test_an_empty_ledger_says_when_it_fills(client: Client) -> None:
    client.force_login(OfficerFactory())
    assert "Nothing was owed yet" in client.get(LIST).content.decode()


def test_each_row_tells_what_became_of_it(client: Client) -> None:
    delegation = delegation_of(*[MembershipRole.DRAFTER] * 4)
    due_step(delegation)
    write_owed(at=NOW)
    first, second, third, fourth = Reminder.objects.order_by("pk")
    Reminder.objects.filter(pk=first.pk).update(state=State.FAILED, attempts=3, error="550 no such <user>")
    Reminder.objects.filter(pk=second.pk).update(state=State.SENT, sent_at=NOW, subject="A subject", attempts=1)
    Reminder.objects.filter(pk=third.pk).update(state=State.CANCELLED)
    Reminder.objects.filter(pk=fourth.pk).update(outcome_unknown=True)
    client.force_login(OfficerFactory())
    text = client.get(LIST).content.decode()
    for words in (
        "550 no such &lt;user&gt;", "Could not be sent", "A subject", "1 August 2025, 06:00 UTC", "No longer owed",
        "Owed", "Perhaps sent twice",
    ):  # fmt: skip
        assert words in text


def test_the_message_is_shown_as_it_was_sent(mail_folder: Path, client: Client) -> None:
    for title in ("First", "Second <i>step</i>"):
        due_step(title=title)
    write_owed(at=NOW)
    while deliver_next(at=NOW):
        pass
    client.force_login(OfficerFactory())
    for reminder, title in zip(
        Reminder.objects.order_by("pk"), ("First", "Second &lt;i&gt;step&lt;/i&gt;"), strict=True
    ):
        page = client.get(reverse("mail-detail", args=[reminder.pk]))
        text = page.content.decode()
        assert f"“{title}” of the pledge" in text
        assert dict(page.context["headers"])["Message-ID"] == reminder.message_id
        assert page.context["link"].startswith("http://testserver/work/pledges/")
    assert client.get(reverse("mail-detail", args=[0])).status_code == 404


def test_a_file_with_several_messages_is_read(mail_folder: Path, client: Client) -> None:
    for _n in range(3):
        due_step()
    write_owed(at=NOW)
    while deliver_next(at=NOW):
        pass
    files = sorted(mail_folder.glob("*.log"))
    together = b"".join(file.read_bytes() for file in files)
    for file in files:
        file.unlink()
    (mail_folder / "20250801-060000-1.log").write_bytes(together)
    client.force_login(OfficerFactory())
    for reminder in Reminder.objects.all():
        page = client.get(reverse("mail-detail", args=[reminder.pk]))
        assert dict(page.context["headers"])["To"] == reminder.recipient.email


def test_a_message_id_is_no_path(mail_folder: Path, client: Client, owed: Reminder) -> None:
    secret = mail_folder.parent / "secret.log"
    secret.write_text("Message-ID: <x>\n\nsecret")
    for strange in ("../secret.log", "../secret", "*", "<*>", "%2e%2e/secret.log"):
        Reminder.objects.filter(pk=owed.pk).update(message_id=strange)
        client.force_login(OfficerFactory())
        page = client.get(reverse("mail-detail", args=[owed.pk]))
        assert page.status_code == 200
        assert page.context["text"] == ""


def test_where_mail_goes_to_a_server_it_is_not_kept(client: Client, owed: Reminder, settings: Any) -> None:
    settings.EMAIL_FILE_PATH = "/"
    client.force_login(OfficerFactory())
    assert "not kept here" in client.get(reverse("mail-detail", args=[owed.pk])).content.decode()


@pytest.mark.parametrize("count", [1, 120])
def test_pages_are_bounded_and_cost_the_same(client: Client, django_assert_num_queries: Any, count: int) -> None:
    recipient = UserFactory()
    Reminder.objects.bulk_create(
        Reminder(recipient=recipient, owed_on=TODAY - timedelta(days=n), message_id=f"<{n}>") for n in range(count)
    )
    client.force_login(OfficerFactory())
    client.get(LIST)
    with django_assert_num_queries(4):  # session, user, rows with their recipients, what they speak of
        page = client.get(LIST)
    seen = [reminder.pk for reminder in page.context["page"].rows]
    while url := page.context["urls"]["next"]:
        page = client.get(url)
        seen += [reminder.pk for reminder in page.context["page"].rows]
    assert seen == list(Reminder.objects.values_list("pk", flat=True))
    if count > 50:
        assert [reminder.pk for reminder in client.get(page.context["urls"]["first"]).context["page"].rows] == seen[:50]


def test_a_broken_cursor_is_said(client: Client) -> None:
    client.force_login(OfficerFactory())
    page = client.get(LIST, {"cursor": "nonsense"})
    assert page.status_code == 400
    assert "start again without it" in page.content.decode()
