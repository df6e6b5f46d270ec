"""The pages on which the reminders are looked at and steered: overview, addresses to mend, ladders, pauses, stop."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from conferences.models import Holiday, MembershipRole
from reminders.bounces import heard
from reminders.models import Control, Delivery, LadderStep, Pause, Reason, Reminder, State, Undeliverable
from reminders.owed import write_owed
from reminders.staff import ladder_of, pause, snooze, stop
from tests.factories import (
    AnalystFactory,
    ClosedPledgeFactory,
    ConfirmedPartnerFactory,
    DraftPledgeFactory,
    HolidayFactory,
    ManagerFactory,
    OfficerFactory,
    ProgressUpdateFactory,
    ReaderFactory,
    RegisteredPledgeFactory,
    UserFactory,
    member_of,
)
from tests.pages.reading import read
from tests.reminders.conftest import NOW, TODAY, delegation_of, due_step

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("only_steps_on_their_day")]
DAY = timedelta(days=1)
REMIND, PAUSE = "Remind now", "Pause the reminders"


@pytest.fixture
def officer(client: Client) -> Any:
    """An officer who is signed in."""
    person = OfficerFactory()
    client.force_login(person)
    return person


@pytest.fixture
def manager(client: Client) -> Any:
    """A manager who is signed in."""
    person = ManagerFactory()
    client.force_login(person)
    return person


def text_of(client: Client, name: str, *args: Any, **query: Any) -> str:
    """Return a page as text."""
    return str(client.get(reverse(name, args=args), query).content.decode())


def words_of_links(client: Client, pledge: Any) -> set[str]:
    """Return what the links of a pledge's page say."""
    return {words for _url, words in read(client.get(pledge.get_absolute_url())).links}


def sent(*, days_ago: int, delivery: str = "") -> Reminder:
    """Return a reminder of a step that was sent so many days ago."""
    due_step()
    write_owed(at=NOW)
    reminder = Reminder.objects.filter(state=State.OWED).get()
    at = timezone.now() - days_ago * DAY
    known = {"delivery": delivery, "delivery_at": at} if delivery else {}
    Reminder.objects.filter(pk=reminder.pk).update(state=State.SENT, sent_at=at, **known)
    return reminder


# --- Overview ---------------------------------------------------------------------------------------------------------
def test_the_overview_counts_what_waits_and_what_failed(client: Client, officer: Any) -> None:
    now, person = timezone.now(), UserFactory()
    for n, values in enumerate(
        [
            {"next_attempt_at": now - timedelta(minutes=17), "created_at": now - timedelta(minutes=17)},
            {"next_attempt_at": now + timedelta(hours=1)},
            {"state": State.FAILED},
            {"state": State.FAILED, "owed_on": TODAY},  # long ago
            {"state": State.SENT, "sent_at": now, "outcome_unknown": True},
        ]
    ):
        row = {"recipient": person, "owed_on": now.date() - n * DAY, "message_id": f"<{n}>"} | values
        Reminder.objects.create(**row)
    page = client.get(reverse("mail-overview"))
    standing = page.context["standing"]
    assert (standing.owed, standing.retrying, standing.failed, standing.unknown) == (1, 1, 1, 1)
    assert "has waited for 17 minutes" in page.content.decode()


def test_the_overview_counts_no_address_of_a_closed_account(client: Client, officer: Any) -> None:
    for is_active in (True, False):
        person = UserFactory(is_active=is_active)
        Undeliverable.objects.create(user=person, address=person.email, kind=Delivery.BOUNCED)
    assert client.get(reverse("mail-overview")).context["standing"].contacts == 1


def test_the_overview_says_who_answered(client: Client, officer: Any) -> None:
    for days, answered_after in ((20, 4), (20, 8), (40, 31), (20, None)):
        reminder = sent(days_ago=days, delivery=Delivery.DELIVERED)
        item = reminder.items.get()
        if answered_after is not None:
            sent_at = Reminder.objects.get(pk=reminder.pk).sent_at
            assert sent_at
            ProgressUpdateFactory(pledge=item.pledge, created_at=sent_at + answered_after * DAY)
    sent(days_ago=400)
    [row] = client.get(reverse("mail-overview")).context["answers"]
    assert (row.reason, row.step, row.sent, row.delivered, row.bounced) == (Reason.MILESTONE_DUE, 0, 4, 4, 0)
    assert (row.answered, round(row.median_days, 3)) == (2, 6.0)


@pytest.mark.parametrize("of_share", [True, False])
def test_a_report_answers_the_reminder_of_its_own_part_alone(client: Client, officer: Any, of_share: bool) -> None:
    reminder = sent(days_ago=20)
    item = reminder.items.get()
    assert item.pledge
    partner = ConfirmedPartnerFactory(pledge=item.pledge)
    type(item.pledge.milestones.get()).objects.update(partner=partner if of_share else None)
    said = {"pledge": item.pledge, "created_at": timezone.now() - 9 * DAY}
    answered = [row.answered for row in client.get(reverse("mail-overview")).context["answers"]]
    ProgressUpdateFactory(partner=None if of_share else partner, **said)
    answered += [row.answered for row in client.get(reverse("mail-overview")).context["answers"]]
    ProgressUpdateFactory(partner=partner if of_share else None, **said)
    answered += [row.answered for row in client.get(reverse("mail-overview")).context["answers"]]
    assert answered == [0, 0, 1]


def test_each_number_of_the_overview_opens_its_rows(client: Client, officer: Any) -> None:
    now, person = timezone.now(), UserFactory()
    soon, before = now + timedelta(hours=1), now - timedelta(minutes=5)
    lost = {"state": State.SENT, "sent_at": before, "delivery_at": before}
    rows: list[dict[str, Any]] = [
        {"next_attempt_at": before},
        {"next_attempt_at": before, "state": State.CLAIMED, "lease_until": before},
        {"next_attempt_at": soon},
        {"next_attempt_at": soon, "state": State.CLAIMED, "lease_until": soon},
        {"state": State.FAILED},
        lost | {"delivery": Delivery.BOUNCED},
        lost | {"delivery": Delivery.COMPLAINED},
        {"state": State.SENT, "sent_at": before, "outcome_unknown": True},
    ]
    for n, values in enumerate([*rows, *rows[4:]]):  # the last ones long ago
        day = now.date() - (n + 60 * (n >= len(rows))) * DAY
        Reminder.objects.create(recipient=person, owed_on=day, message_id=f"<{n}>", **values)
    page = client.get(reverse("mail-overview"))
    figures = re.findall(r'<a href="([^"]*/mail/\?[^"]+)"><b>([\d,]+)</b>', page.content.decode())
    assert [int(number) for _url, number in figures] == [2, 2, 1, 1, 2]
    for url, number in figures:
        assert len(client.get(unescape(url)).context["page"].rows) == int(number), url


def test_the_overview_says_that_all_is_stopped_and_why(client: Client, officer: Any) -> None:
    assert "Reminders go out" in text_of(client, "mail-overview")
    stop(reason="Server <moves>", by=ManagerFactory(username="jane"), at=NOW)
    text = text_of(client, "mail-overview")
    assert "Server &lt;moves&gt;" in text
    assert "stopped since 1 August 2025, 06:00 UTC, by" in text


def test_the_overview_costs_the_same_whatever_is_in_the_ledger(
    client: Client, officer: Any, django_assert_num_queries: Any
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(reverse("mail-overview"))
        return len(queries)

    client.get(reverse("mail-overview"))
    before = cost()
    for _n in range(3):
        sent(days_ago=3)
    assert cost() == before


# --- The ledger's filters ---------------------------------------------------------------------------------------------
def test_the_ledger_is_narrowed(client: Client, officer: Any) -> None:
    first, second = sent(days_ago=3, delivery=Delivery.BOUNCED), sent(days_ago=2)
    item = first.items.get()
    assert item.pledge
    for query in (
        {"delivery": "bounced"},
        {"pledge": item.pledge.reference.lower()},
        {"person": first.recipient.email.upper()},
        {"pledge": item.pledge.reference, "reason": "milestone_due", "state": "sent"},
    ):
        page = client.get(reverse("mail-list"), query)
        assert [row.pk for row in page.context["page"].rows] == [first.pk], query
    for query in ({"reason": "report_due"}, {"pledge": "PKM00-NONE"}, {"outcome": "unknown"}, {"state": "owed"}):
        assert "No reminder fits" in text_of(client, "mail-list", **query), query
    assert text_of(client, "mail-list", person="").count(second.recipient.email) == 1


# --- Addresses to mend ------------------------------------------------------------------------------------------------
def test_a_bounced_address_waits_in_the_queue_until_it_is_mended(client: Client, officer: Any) -> None:
    reminder = sent(days_ago=1)
    heard(reminder.message_id, Delivery.BOUNCED, at=NOW, detail="550 no <such> user")
    text = text_of(client, "undeliverable-list")
    delegation = reminder.recipient.memberships.get().participant
    for words in (reminder.recipient.email, "550 no &lt;such&gt; user", "Bounced", str(delegation), "1 August 2025"):
        assert words in text
    row = Undeliverable.objects.get()
    for _n in range(2):
        answer = client.post(reverse("undeliverable-list"), {"mended": row.pk}, follow=True)
        assert f"Mail goes to {row.address} again" in answer.content.decode()
    row.refresh_from_db()
    assert row.mended_by == officer
    assert "Mail reaches everybody" in text_of(client, "undeliverable-list")


@pytest.mark.parametrize("key", ["", "x", "0", "9" * 30, "-1"])
def test_an_address_that_is_not_there_cannot_be_mended(client: Client, officer: Any, key: str) -> None:
    assert client.post(reverse("undeliverable-list"), {"mended": key}).status_code == 404


def test_a_new_address_mends_the_old_one_by_itself() -> None:
    reminder = sent(days_ago=1)
    heard(reminder.message_id, Delivery.BOUNCED, at=NOW)
    person = reminder.recipient
    person.save()
    assert Undeliverable.objects.get().mended_at is None
    person.email = "new@pledges.example"
    person.save()
    assert Undeliverable.objects.get().mended_at is not None


def test_readers_see_the_queue_and_mend_nothing(client: Client) -> None:
    client.force_login(ReaderFactory())
    reminder = sent(days_ago=1)
    heard(reminder.message_id, Delivery.BOUNCED, at=NOW)
    assert "It is mended" not in text_of(client, "undeliverable-list")
    assert client.post(reverse("undeliverable-list"), {"mended": Undeliverable.objects.get().pk}).status_code == 403


@pytest.mark.parametrize("count", [1, 60])
def test_the_queue_is_bounded_and_costs_the_same(
    client: Client, officer: Any, django_assert_num_queries: Any, count: int
) -> None:
    for n in range(count):
        Undeliverable.objects.create(user=UserFactory(), address=f"{n}@pledges.example", kind=Delivery.BOUNCED)
    client.get(reverse("undeliverable-list"))
    with django_assert_num_queries(5):  # session, user, empty delegations, rows with their people, places
        page = client.get(reverse("undeliverable-list"))
    assert len(page.context["page"].rows) == min(count, 50)


# --- Ladders ----------------------------------------------------------------------------------------------------------
def rows(*steps: tuple[Any, ...], seen: str | None = "0:focal_point") -> dict[str, Any]:
    """Return what a browser sends for these rows: days, whom, and whether to remove."""
    data: dict[str, Any] = {"steps-TOTAL_FORMS": len(steps), "steps-INITIAL_FORMS": 0, "seen": seen}
    for n, (days, audience, *remove) in enumerate(steps):
        data |= {f"steps-{n}-days": days, f"steps-{n}-audience": audience}
        data |= {f"steps-{n}-remove": "on"} if remove else {}
    return data


def test_a_manager_changes_a_ladder_row_by_row(client: Client, manager: Any) -> None:
    url = reverse("mail-ladder", args=["milestone_due"])
    page = client.get(url)
    assert page.context["rows"].initial == [{"days": 0, "audience": "focal_point"}]
    sent_rows = rows((0, "focal_point", "remove"), ("−14", "focal_point"), ("7", "approver"), ("", ""))
    assert client.post(url, sent_rows).status_code == 302
    assert ladder_of("milestone_due") == [(-14, "focal_point"), (7, "approver")]
    assert "14 days before" in text_of(client, "mail-ladder-list")


def test_a_ladder_loses_its_last_step_only_once_it_is_said_that_nobody_is_reminded(
    client: Client, manager: Any
) -> None:
    url, none_left = reverse("mail-ladder", args=["milestone_due"]), rows((0, "focal_point", "remove"))
    assert 'name="nobody"' not in client.get(url).content.decode()
    page = client.post(url, none_left)
    assert "No step is left: tick that nobody is to be reminded, or keep a step." in page.content.decode()
    assert ladder_of("milestone_due") == [(0, "focal_point")]
    told = client.post(url, none_left | {"nobody": "on"}, follow=True).content.decode()
    assert f"{Reason.MILESTONE_DUE.label}: no step is left, and from the next minute on nobody is reminded." in told
    assert ladder_of("milestone_due") == []
    assert client.post(url, rows(("", ""), seen="")).status_code == 302, "what is empty loses nothing"


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ([("x", "approver")], "Enter a whole number of days, such as −7 or 21."),
        ([("5", "")], "Choose whom this step reminds."),
        ([("", "approver")], "Enter the days, or remove this step."),
        ([("400", "approver")], "Keep the days between −365 and 365."),
        ([("5", "approver"), ("5", "approver")], "The same people stand twice on the same day: remove one of the two."),
    ],
)
def test_a_refused_ladder_keeps_what_was_typed(client: Client, manager: Any, steps: Any, said: str) -> None:
    page = client.post(reverse("mail-ladder", args=["milestone_due"]), rows(*steps))
    assert page.status_code == 200
    text = page.content.decode()
    assert said in text
    assert f'value="{steps[0][0]}"' in text or not steps[0][0]
    assert ladder_of("milestone_due") == [(0, "focal_point")]


def test_a_ladder_that_somebody_else_changed_is_shown_as_it_stands(client: Client, manager: Any) -> None:
    LadderStep.objects.create(reason="milestone_due", offset_days=3, audience="approver")
    page = client.post(reverse("mail-ladder", args=["milestone_due"]), rows(("9", "approver")))
    text = page.content.decode()
    assert "Somebody else changed this ladder" in text
    assert "3 days after: Approvers and head of mission" in text


@pytest.mark.parametrize(("reason", "offered"), [("milestone_due", False), ("report_overdue", True)])
def test_a_coordinator_is_offered_only_where_a_co_chair_may_read_of_it(
    client: Client, manager: Any, reason: str, offered: bool
) -> None:
    url = reverse("mail-ladder", args=[reason])
    page = client.get(url)
    empty_row = page.content.decode().rsplit("<select", 1)[1]
    assert ('value="coordinator"' in empty_row) == offered
    answer = client.post(url, rows(("5", "coordinator"), seen=page.context["seen"].initial["seen"]))
    assert (answer.status_code == 302) == offered


def test_an_unknown_ladder_is_not_there(client: Client, manager: Any) -> None:
    assert client.get("/reminders/ladders/nonsense/").status_code == 404


# --- Pauses -----------------------------------------------------------------------------------------------------------
def test_an_officer_pauses_a_pledge_and_lifts_it(client: Client, officer: Any) -> None:
    pledge = due_step().pledge
    data = {"pledge": pledge.reference.lower(), "until": "", "reason": "Talks <on>"}
    assert client.post(reverse("mail-pause"), data).status_code == 302
    text = text_of(client, "mail-pause-list")
    assert pledge.reference in text
    assert "Talks &lt;on&gt;" in text
    made = Pause.objects.get()
    assert client.post(reverse("mail-pause-lift", args=[made.pk])).status_code == 302
    assert "Nothing is paused" in text_of(client, "mail-pause-list")


@pytest.mark.parametrize("what", ["pledge", "participant", "conference"])
def test_whoever_pauses_or_lifts_reads_which_other_pauses_hold_there(client: Client, officer: Any, what: str) -> None:
    pledge = due_step().pledge
    covered = {"pledge": pledge.reference, "participant": pledge.participant_id, "conference": pledge.conference_id}
    data = {what: covered[what], "until": ""}
    assert (
        "Another pause" not in client.post(reverse("mail-pause"), data | {"reason": "A"}, follow=True).content.decode()
    )
    page = client.post(reverse("mail-pause"), data | {"reason": "B"}, follow=True).content.decode()
    assert ("Another pause holds there" in page, f"({officer}: A)" in page) == (True, True)
    first, second = Pause.objects.order_by("pk")
    page = client.post(reverse("mail-pause-lift", args=[second.pk]), follow=True).content.decode()
    assert "Another pause holds there" in page
    assert "Another pause" not in client.post(reverse("mail-pause-lift", args=[first.pk]), follow=True).content.decode()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"reason": "x"}, "Fill in one: a pledge, a participant or a conference."),
        ({"reason": "x", "pledge": "PKM00-NONE"}, "No pledge has this reference: check it."),
        ({"reason": "x", "until": "2020-01-01", "pledge": "REF"}, "Choose a day after today."),
        ({"reason": "x", "until": "soon", "pledge": "REF"}, "Enter a day like 2027-03-01."),
        ({"reason": " ", "pledge": "REF"}, "Say in a sentence why."),
    ],
)
def test_a_refused_pause_says_how_to_mend_it(client: Client, officer: Any, data: dict[str, str], said: str) -> None:
    pledge = due_step().pledge
    if data.get("pledge") == "REF":
        data = data | {"pledge": pledge.reference}
    page = client.post(reverse("mail-pause"), data)
    assert page.content.decode().count(said) == 2  # on top, and at the field
    assert not Pause.objects.exists()


def test_a_participant_or_a_conference_is_paused(client: Client, officer: Any) -> None:
    pledge = due_step().pledge
    for data in ({"participant": pledge.participant_id}, {"conference": pledge.conference_id}):
        assert client.post(reverse("mail-pause"), {**data, "reason": "x"}).status_code == 302
    assert Pause.objects.filter(participant=pledge.participant).exists()
    assert Pause.objects.filter(conference=pledge.conference).exists()
    assert write_owed(at=NOW) == 0


def test_the_pauses_cost_the_same(client: Client, officer: Any, django_assert_num_queries: Any) -> None:
    for _n in range(3):
        pause(pledges=[RegisteredPledgeFactory()], until=None, reason="x", by=officer, at=NOW)
    client.get(reverse("mail-pause-list"))
    with django_assert_num_queries(3):  # session, user, rows with all they name
        client.get(reverse("mail-pause-list"))


def test_a_pledge_leads_officers_to_reminding_and_pausing_and_nobody_else(client: Client, officer: Any) -> None:
    delegation = delegation_of(MembershipRole.APPROVER)
    pledge = due_step(delegation).pledge
    page = read(client.get(pledge.get_absolute_url()))
    assert client.get(page.link(REMIND)).context["rows"][0].pledge == pledge
    assert client.get(page.link(PAUSE)).context["form"]["pledge"].value() == pledge.reference
    for person in (ReaderFactory(), delegation.memberships.get().user, AnalystFactory()):
        client.force_login(person)
        assert not {REMIND, PAUSE} & words_of_links(client, pledge)


def test_nobody_is_reminded_of_a_draft_or_of_what_is_closed(client: Client, officer: Any) -> None:
    assert {REMIND, PAUSE} & words_of_links(client, DraftPledgeFactory()) == {"Pause the reminders"}
    assert not {REMIND, PAUSE} & words_of_links(client, ClosedPledgeFactory())


def test_a_pledge_tells_the_secretariat_which_pauses_hold_on_it(client: Client, officer: Any) -> None:
    partner = ConfirmedPartnerFactory(pledge=due_step(delegation_of(MembershipRole.DRAFTER)).pledge)
    pledge, writer = partner.pledge, partner.pledge.participant.memberships.get().user
    until = timezone.now().date() + 9 * DAY
    day = f"{until.day} {until:%B %Y}"
    given = {"reason": "Talks", "by": officer, "at": NOW}
    snooze(pledge=pledge, until=until, reason="Elections", by=writer, at=timezone.now())
    pause(pledges=[pledge], until=until, **given)
    pause(participant=partner.participant, until=until, **given)
    pause(participant=pledge.participant, until=until, **given)
    pause(conference=pledge.conference, until=None, **given)
    pause(pledges=[RegisteredPledgeFactory()], until=None, reason="Another pledge", by=officer, at=NOW)
    said = [
        f"Its delegation put its reminders off until {day} ({writer}: Elections).",
        f"Its reminders are paused until {day} ({officer}: Talks).",
        f"Reminders to {partner.participant} are paused until {day} ({officer}: Talks).",
        f"Reminders to {pledge.participant} are paused until {day} ({officer}: Talks).",
        f"Reminders of all pledges of {pledge.conference} are paused until somebody lifts that ({officer}: Talks).",
    ]
    for person in (officer, ReaderFactory()):
        client.force_login(person)
        text = read(client.get(pledge.get_absolute_url())).text
        assert [words for words in said if words not in text] == []
        assert "Another pledge" not in text
    client.force_login(writer)
    assert "Talks" not in read(client.get(pledge.get_absolute_url())).text
    Pause.objects.update(ended_at=timezone.now())
    client.force_login(officer)
    assert "paused" not in read(client.get(pledge.get_absolute_url())).text


# --- Snooze -----------------------------------------------------------------------------------------------------------
def test_a_delegation_puts_off_its_reminders_and_takes_it_back(client: Client) -> None:
    pledge = due_step().pledge
    client.force_login(member_of(pledge.participant, MembershipRole.DRAFTER))
    url = reverse("pledge-snooze", args=[pledge.reference])
    until = timezone.now().date() + 20 * DAY
    answer = client.post(url, {"until": until.isoformat(), "reason": "Elections"}, follow=True)
    assert "No reminders of this pledge before" in answer.content.decode()
    assert "Elections" in client.get(url).content.decode()
    client.post(url, {"lift": "1"})
    assert not Pause.objects.filter(ended_at=None).exists()


def test_a_partner_finds_on_the_page_of_the_pledge_how_to_put_off_its_reminders(client: Client) -> None:
    share = ConfirmedPartnerFactory(pledge=due_step().pledge)
    pledge, writer = share.pledge, member_of(share.participant, MembershipRole.DRAFTER)
    url = reverse("share-snooze", args=[pledge.reference, share.participant_id])
    client.force_login(writer)
    assert url in client.get(pledge.get_absolute_url()).content.decode()
    assert f"Nobody of the delegation of {share.participant} is reminded." in client.get(url).content.decode()
    until = timezone.now().date() + 20 * DAY
    client.post(url, {"until": until.isoformat(), "reason": "Elections"})
    assert Pause.objects.get(ended_at=None).partner == share
    assert "Elections" in client.get(url).content.decode()
    officer, lead = Client(), Client()
    officer.force_login(OfficerFactory())
    assert f"for the people of {share.participant}" in officer.get(reverse("mail-pause-list")).content.decode()
    shown = f"{share.participant} put its reminders of the pledge off until {until.day} {until:%B %Y}"
    assert shown in officer.get(pledge.get_absolute_url()).content.decode()
    lead.force_login(member_of(pledge.participant, MembershipRole.DRAFTER))
    own = lead.get(reverse("pledge-snooze", args=[pledge.reference])).content.decode()
    assert "Elections" not in own, "what a partner put off is not the lead's"
    assert str(writer) not in own
    client.post(url, {"lift": "1"})
    assert not Pause.objects.filter(ended_at=None).exists()


def test_a_snooze_that_is_too_long_says_until_when_it_may_last(client: Client) -> None:
    pledge = due_step().pledge
    client.force_login(member_of(pledge.participant, MembershipRole.DRAFTER))
    until = timezone.now().date() + 31 * DAY
    page = client.post(
        reverse("pledge-snooze", args=[pledge.reference]), {"until": until.isoformat(), "reason": "Elections"}
    )
    assert "reminders rest for at most 30 days" in page.content.decode()
    assert "Elections" in page.content.decode()


# --- Stop and bound ---------------------------------------------------------------------------------------------------
def test_a_manager_stops_and_resumes(client: Client, manager: Any) -> None:
    url = reverse("mail-steer")
    assert "no reminder is written or sent" in client.get(url).content.decode()
    assert "Say in a sentence why." in client.post(url, {"act": "stop", "reason": ""}).content.decode()
    client.post(url, {"act": "stop", "reason": "Server moves"})
    assert Control.objects.get().is_stopped
    assert "what was missed is caught up" in client.get(url).content.decode()
    client.post(url, {"act": "resume"})
    assert not Control.objects.get().is_stopped


@pytest.mark.parametrize(("typed", "stands"), [("12", True), ("0", False), ("10001", False), ("many", False)])
def test_a_manager_bounds_a_run(client: Client, manager: Any, typed: str, stands: bool) -> None:
    page = client.post(reverse("mail-steer"), {"act": "cap", "most_per_run": typed})
    assert page.status_code == (302 if stands else 200)
    assert Control.objects.get().most_per_run == (12 if stands else 300)
    assert stands or f'value="{typed}"' in page.content.decode()


# --- Holidays ---------------------------------------------------------------------------------------------------------
def test_a_manager_keeps_the_holidays(client: Client, manager: Any) -> None:
    url = reverse("mail-holidays")
    client.post(url, {"day": "2027-01-01", "name": "New Year"})
    assert "Friday, 1 January 2027" in client.get(url).content.decode()
    again = client.post(url, {"day": "2027-01-01", "name": "Another name"}).content.decode()
    assert "This day is a holiday already." in again
    assert "Another name" in again
    row = Holiday.objects.get(day="2027-01-01")
    client.post(url, {"remove": row.pk})
    client.post(url, {"remove": row.pk})
    client.post(url, {"remove": "x"})
    assert not Holiday.objects.filter(day="2027-01-01").exists()


def test_a_long_table_of_holidays_comes_in_pages(client: Client, manager: Any) -> None:
    first = datetime(2027, 1, 1, tzinfo=UTC).date()
    for n in range(60):
        HolidayFactory(day=first + n * DAY)
    page = client.get(reverse("mail-holidays"))
    assert len(page.context["page"].rows) == 50
    assert len(client.get(page.context["urls"]["next"]).context["page"].rows) == 10 + Holiday.objects.count() - 60


# --- Who may ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("factory", [UserFactory, AnalystFactory])
def test_others_steer_and_see_nothing(client: Client, factory: Any) -> None:
    client.force_login(factory())
    for name in (
        "mail-overview", "undeliverable-list", "mail-ladder-list", "mail-pause-list", "mail-pause", "mail-steer",
        "mail-holidays", "mail-preview",
    ):  # fmt: skip
        assert client.get(reverse(name)).status_code == 403
