"""The preview says who will get what on which day, word for word, and so it happens; it stores nothing."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import MailRhythm, User
from conferences.models import MembershipRole
from reminders import staff
from reminders.delivery import deliver_next
from reminders.models import LadderStep, Reason, Reminder, ReminderItem
from reminders.owed import write_owed
from reminders.preview import owed_on, text_for
from tests.factories import ManagerFactory, OfficerFactory
from tests.reminders.conftest import NOW, TODAY, delegation_of, due_step

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("only_steps_on_their_day")]
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    """Pages look at the clock themselves."""
    with time_machine.travel(NOW, tick=False):
        yield


def foreseen(day: date) -> set[tuple[int, str, int, date, int]]:
    """Return what the preview says of a day: to whom, why, about what, since when, at which step."""
    return {
        (debt.recipient, debt.reason, debt.subject, debt.due_on, debt.offset_days)
        for owed in owed_on(day, at=NOW).values()
        for debt in owed
    }


def written_on(day: date) -> set[tuple[int, str, int, date, int]]:
    """Return what stands in the ledger for a day."""
    rows = ReminderItem.objects.filter(reminder__owed_on=day)
    return set(rows.values_list("recipient", "reason", "subject", "due_on", "offset_days"))


def test_what_is_foreseen_is_what_happens_day_by_day() -> None:
    """Steps on many days, a ladder with several rungs, and a person who reads once a week."""
    for offset, audience in ((-7, "focal_point"), (5, "approver")):
        LadderStep.objects.create(reason=Reason.MILESTONE_DUE, offset_days=offset, audience=audience)
    delegation = delegation_of(MembershipRole.DRAFTER, MembershipRole.APPROVER)
    weekly = due_step(on=TODAY + 9 * DAY).pledge.participant.memberships.get().user
    User.objects.filter(pk=weekly.pk).update(mail_rhythm=MailRhythm.WEEKLY)
    for days in (-60, -3, 0, 1, 8, 12):
        due_step(delegation, on=TODAY + days * DAY)
    foretold = {n: foreseen(TODAY + n * DAY) for n in range(21)}
    for n, told in foretold.items():
        write_owed(at=NOW + n * DAY)
        while deliver_next(at=NOW + n * DAY):
            pass
        assert told == written_on(TODAY + n * DAY), n
    assert sum(map(len, foretold.values())) > 12


def test_looking_writes_and_sends_nothing(client: Client) -> None:
    step = due_step()
    client.force_login(OfficerFactory())
    person = step.pledge.participant.memberships.get().user
    client.get(reverse("mail-preview"))
    client.get(reverse("mail-preview-message", args=[person.pk]))
    assert not Reminder.objects.exists()
    assert mail.outbox == []


def test_the_text_is_the_one_that_goes_out(client: Client) -> None:
    step = due_step(on=TODAY + 3 * DAY, title="Contingent <b>trained</b>")
    person = step.pledge.participant.memberships.get().user
    foretold, _items = text_for(person, TODAY + 3 * DAY, at=NOW)
    assert foretold
    client.force_login(OfficerFactory())
    page = client.get(
        reverse("mail-preview-message", args=[person.pk]), {"day": (TODAY + 3 * DAY).isoformat()}
    ).content.decode()
    assert "Contingent &lt;b&gt;trained&lt;/b&gt;" in page
    write_owed(at=NOW + 3 * DAY)
    deliver_next(at=NOW + 3 * DAY)
    [sent] = mail.outbox
    assert (foretold.subject, foretold.body, foretold.to) == (sent.subject, sent.body, sent.to)


def test_a_reminder_asked_for_by_an_officer_is_foreseen() -> None:
    step = due_step(on=TODAY - 100 * DAY)
    assert owed_on(TODAY, at=NOW) == {}
    staff.remind_now([step.pledge], by=OfficerFactory(), at=NOW)
    [[debt]] = owed_on(TODAY, at=NOW).values()
    assert (debt.subject, debt.offset_days) == (step.pk, 100)


def test_a_pause_and_a_stop_are_said(client: Client) -> None:
    step = due_step()
    client.force_login(OfficerFactory())
    staff.stop(reason="Server <moves>", by=ManagerFactory(), at=NOW)
    assert "Server &lt;moves&gt;" in client.get(reverse("mail-preview")).content.decode()
    staff.pause(pledges=[step.pledge], until=TODAY + 2 * DAY, reason="x", by=OfficerFactory(), at=NOW)
    assert "Nothing goes out on this day" in client.get(reverse("mail-preview")).content.decode()


@pytest.mark.parametrize("day", ["2025-07-31", "2025-10-01", "soon", "0000-00-00"])
def test_a_day_out_of_bounds_says_which_days_there_are(client: Client, day: str) -> None:
    client.force_login(OfficerFactory())
    page = client.get(reverse("mail-preview"), {"day": day})
    assert page.status_code == 400
    assert "There is a problem" in page.content.decode()


def test_who_gets_nothing_on_a_day_is_told_so(client: Client) -> None:
    client.force_login(OfficerFactory())
    page = client.get(reverse("mail-preview-message", args=[OfficerFactory().pk]))
    assert "Nothing goes to this person on this day" in page.content.decode()


def test_pages_are_bounded_whole_and_cost_the_same(client: Client) -> None:
    client.force_login(OfficerFactory())

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("mail-preview"))
        return len(queries)

    delegation = delegation_of(*[MembershipRole.DRAFTER] * 2)
    due_step(delegation)
    cost()
    before = cost()
    for _n in range(60):
        delegation_of(MembershipRole.DRAFTER)
    due_step(delegation_of(*[MembershipRole.DRAFTER] * 58))
    assert cost() == before
    page = client.get(reverse("mail-preview"))
    seen = [message.recipient.pk for message in page.context["mails"]]
    assert len(seen) == 50
    page = client.get(reverse("mail-preview") + page.context["urls"]["next"])
    seen += [message.recipient.pk for message in page.context["mails"]]
    assert (len(seen), len(set(seen))) == (60, 60)
    assert page.context["urls"]["next"] == ""
