"""The work page: for each person what waits for them, what is due first on top, and nothing of others."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import ApiToken, User
from pledges.due import months_later
from pledges.due_rows import ROWS
from pledges.enums import Status
from pledges.models import Pledge, Unread
from pledges.readiness import FIRST_RENEWAL_MONTHS
from pledges.workspace import DRAFTS
from reminders.mails import digest_line
from reminders.models import Delivery, Undeliverable
from reminders.words import COMMA
from tests.factories import (
    SUBMITTED_AT,
    AnnouncedPledgeFactory,
    ClosedPledgeFactory,
    ConferenceFactory,
    ConfirmedPartnerFactory,
    DraftPledgeFactory,
    HandoverFactory,
    MilestoneFactory,
    PartnerFactory,
    ProgressUpdateFactory,
    RecordPledgeFactory,
    RegisteredPledgeFactory,
    ReturnedPledgeFactory,
    SubmittedPledgeFactory,
    UserFactory,
)
from tests.factories.readiness import DeploymentRequestFactory, RegistrationFactory
from tests.pages.reading import read
from tests.work.conftest import People

SignedIn = Callable[[User | None], Client]
URL = "/work/"
DAY = timedelta(days=1)


def today() -> date:
    return timezone.now().date()


def test_a_visitor_is_asked_to_sign_in(client: Client) -> None:
    assert client.get(URL)["Location"] == f"{reverse('sign-in')}?next={URL}"


def test_signing_in_leads_to_the_own_work(people: People, client: Client) -> None:
    people.drafter.set_password("a long enough password")
    people.drafter.save()
    answer = client.post(reverse("sign-in"), {"login": people.drafter.username, "password": "a long enough password"})
    assert answer["Location"] == URL


def test_a_first_visit_says_how_to_begin(people: People, signed_in: SignedIn) -> None:
    RecordPledgeFactory(participant=people.delegation)
    text = signed_in(people.drafter).get(URL).content.decode()
    assert "Your delegation has not entered a pledge here yet" in text
    assert reverse("pledge-create") in text
    assert reverse("pledge-create") not in signed_in(people.viewer).get(URL).content.decode()


def test_what_is_due_first_stands_on_top(people: People, signed_in: SignedIn) -> None:
    registered = timezone.now()
    pledge = RegisteredPledgeFactory(
        participant=people.delegation,
        registered_at=registered,
        submitted_at=registered,
        conference__reporting_cycle_months=1,
    )
    for days in (60, -3, 0):
        MilestoneFactory(pledge=pledge, title=f"Step {days}", due_on=today() + days * DAY)
    MilestoneFactory(pledge=pledge, title="Done", due_on=today() - DAY, done_on=today())
    answered = MilestoneFactory(pledge=pledge, title="Answered", due_on=today())
    ProgressUpdateFactory(pledge=pledge, milestone=answered, happened_on=today())
    page = signed_in(people.drafter).get(URL)
    due = page.context["delegation"].due.rows
    assert [(item.title, item.is_late, item.days) for item in due][:2] == [("Step -3", True, 3), ("Step 0", False, 0)]
    assert [item.title for item in due][2:] == ["Regular report", "Step 60"]
    text = page.content.decode()
    assert "3 days late" in text
    assert "Due today" in text
    assert (
        due[0].url
        == f"{reverse('pledge-report', args=[pledge.reference])}?milestone={pledge.milestones.get(title='Step -3').pk}"
    )


def test_who_only_reads_is_led_to_pages_that_open(people: People, signed_in: SignedIn) -> None:
    pledge = RegisteredPledgeFactory(
        participant=people.delegation, deliver_by=today() - DAY, deliver_by_precision="day"
    )
    MilestoneFactory(pledge=pledge, due_on=today() - DAY)
    reader = signed_in(people.viewer)
    rows = reader.get(URL).context["delegation"].due.rows
    assert {due.title for due in rows} >= {"Delivery as pledged", "Regular report"}
    assert len(rows) == 3
    assert {(due.url, reader.get(due.url).status_code) for due in rows} == {(pledge.get_absolute_url(), 200)}


def unit_of(people: People, *, due_in: int, **pledge: Any) -> Pledge:
    """Return a unit of the delegation whose entry in the readiness system is to be renewed in so many days."""
    accepted = months_later(today() + due_in * DAY, -FIRST_RENEWAL_MONTHS)
    unit = RegisteredPledgeFactory(participant=people.delegation, capability_type__is_pcrs_registrable=True, **pledge)
    RegistrationFactory(pledge=unit, received_on=accepted, acknowledged_on=None, accepted_on=accepted)
    return unit


def test_units_to_renew_and_to_deploy_wait_for_their_delegation(people: People, signed_in: SignedIn) -> None:
    renewed, asked = unit_of(people, due_in=-3), unit_of(people, due_in=300)
    DeploymentRequestFactory(pledge=asked, requested_on=today() - 50 * DAY)
    RegistrationFactory()
    DeploymentRequestFactory()
    form, place = reverse("readiness-act", args=[renewed.reference, "renew"]), "{}#readiness".format
    writer, reader = signed_in(people.drafter), Client()
    page = writer.get(URL)
    shown = [(due.title, due.url, due.days, due.stage.value) for due in page.context["delegation"].due.rows if due.url]
    assert shown[:2] == [
        ("Renew the entry in the readiness system", form, 3, "problem"),
        ("Arrival of the unit", place(asked.get_absolute_url()), 10, "not_started"),
    ]
    assert [title for title, *_rest in shown[2:]] == ["Regular report"] * 2, "nothing else can be renewed by now"
    assert "3 days late" in page.content.decode()
    assert writer.get(form).status_code == 200
    assert 'id="readiness"' in writer.get(asked.get_absolute_url()).content.decode()
    reader.force_login(people.viewer)
    page = reader.get(URL)
    assert (page.context["delegation"].due.rows[0].title, page.context["delegation"].due.rows[0].url) == (
        "Renewal in the readiness system", place(renewed.get_absolute_url()),
    )  # fmt: skip
    writer.post(form, {"note": "Still offered."})
    assert form not in writer.get(URL).content.decode(), "what is renewed waits no more"


def test_the_public_record_owes_no_reports(people: People, signed_in: SignedIn) -> None:
    RecordPledgeFactory(participant=people.delegation)
    page = signed_in(people.drafter).get(URL)
    assert page.context["delegation"].due.rows == []
    assert "Nothing is due." in page.content.decode()


def test_drafts_show_author_time_and_what_is_missing(people: People, signed_in: SignedIn) -> None:
    DraftPledgeFactory(participant=people.delegation, author=people.drafter, title="", description="")
    ReturnedPledgeFactory(participant=people.delegation, title="Came back")
    page = signed_in(people.approver).get(URL)
    assert [draft.pledge.status for draft in page.context["delegation"].drafts.rows] == ["returned", "draft"]
    text = page.content.decode()
    assert "Untitled pledge" in text
    assert "Give the pledge a short title." in text
    assert str(people.drafter) in text
    assert "1 March 2025, 09:00 UTC" in text


def test_nothing_of_other_delegations_is_there(people: People, signed_in: SignedIn) -> None:
    hidden = [
        factory(title=f"Hidden {number}")
        for number, factory in enumerate((DraftPledgeFactory, SubmittedPledgeFactory, RegisteredPledgeFactory))
    ]
    MilestoneFactory(pledge=hidden[2], title="Hidden step", due_on=today())
    AnnouncedPledgeFactory(title="Hidden too: it is no work of ours")
    for person in (people.drafter, people.viewer, people.analyst, UserFactory()):
        assert "Hidden" not in signed_in(person).get(URL).content.decode()


def test_the_secretariat_sees_its_queues_oldest_first(people: People, signed_in: SignedIn) -> None:
    now = timezone.now()
    for days in (1, 9, 5):
        SubmittedPledgeFactory(title=f"Waits {days} days", submitted_at=now - days * DAY)
    waiting = RegisteredPledgeFactory(title="Under embargo")
    AnnouncedPledgeFactory(title="Announced")
    late = RegisteredPledgeFactory(title="Overdue", deliver_by=today() - DAY, deliver_by_precision="day")
    MilestoneFactory(pledge=waiting, title="Late step", due_on=today() - DAY)
    page = signed_in(people.officer).get(URL)
    desk = page.context["secretariat"]
    assert [pledge.title for pledge in desk.submitted.rows] == ["Waits 9 days", "Waits 5 days", "Waits 1 days"]
    assert {pledge.title for pledge in desk.unannounced.rows} == {"Under embargo", "Overdue"}
    assert [step.title for step in desk.late_steps.rows] == ["Late step"]
    assert [pledge.pk for pledge in desk.overdue.rows] == [late.pk]
    assert page.context["delegation"] is None


def test_the_secretariat_finds_there_what_the_week_at_a_glance_counts(people: People, signed_in: SignedIn) -> None:
    long_ago = today() - 800 * DAY
    SubmittedPledgeFactory()
    MilestoneFactory(pledge=RegisteredPledgeFactory(), due_on=today() - DAY)
    RegistrationFactory(received_on=long_ago, acknowledged_on=None, accepted_on=None)
    Undeliverable.objects.create(user=people.drafter, address=people.drafter.email, kind=Delivery.BOUNCED)
    browser = signed_in(people.officer)
    page = read(browser.get(URL))
    numbers = [page.link(words) for words in digest_line().split(str(COMMA))]
    to_assess = f"{reverse('pledge-list')}?to_assess=true&order=oldest"
    overdue = f"{reverse('readiness-renewals')}?only=overdue"
    assert numbers == [
        reverse("review-queue"), to_assess, reverse("follow-through"), reverse("undeliverable-list"), overdue
    ]  # fmt: skip
    assert {browser.get(url).status_code for url in numbers} == {200}


def test_a_step_that_was_reported_on_is_nobodys_to_ask_for(people: People, signed_in: SignedIn) -> None:
    pledge = RegisteredPledgeFactory()
    for title in ("Reported", "Silent"):
        MilestoneFactory(pledge=pledge, title=title, due_on=today() - 2 * DAY)
    ProgressUpdateFactory(pledge=pledge, milestone=pledge.milestones.get(title="Reported"))
    desk = signed_in(people.officer).get(URL).context["secretariat"]
    assert [step.title for step in desk.late_steps.rows] == ["Silent"]
    assert desk.late_steps.total == 1


def test_a_late_step_names_whoever_takes_it_and_leads_to_all_late_steps(people: People, signed_in: SignedIn) -> None:
    partner = ConfirmedPartnerFactory(pledge=AnnouncedPledgeFactory())
    MilestoneFactory(pledge=partner.pledge, partner=partner, due_on=today() - DAY)
    page = signed_in(people.officer).get(URL)
    cells = {element.text for element in read(page).elements if element.name == "td"}
    assert str(partner.participant) in cells
    assert str(partner.pledge.participant) not in cells
    late = read(page).link("All pledges on which a step is late, reported on or not")
    shown = signed_in(people.officer).get(late)
    assert [line.pledge for line in shown.context["lines"]] == [partner.pledge]


def test_an_analyst_sees_the_own_tokens_without_their_secrets(people: People, signed_in: SignedIn) -> None:
    _token, secret = ApiToken.objects.issue(user=people.analyst, name="Notebook", at=timezone.now())
    ApiToken.objects.issue(user=UserFactory(), name="Somebody else's", at=timezone.now())
    revoked, _secret = ApiToken.objects.issue(user=people.analyst, name="Revoked", at=timezone.now())
    ApiToken.objects.filter(pk=revoked.pk).update(revoked_at=timezone.now())
    text = signed_in(people.analyst).get(URL).content.decode()
    assert "Notebook" in text
    assert secret not in text
    assert "Somebody else" not in text
    assert "Revoked" not in text


@pytest.mark.parametrize("name", ["drafter", "officer"])
@pytest.mark.parametrize("count", [1, 50])
def test_the_page_costs_the_same_for_any_number_of_rows(
    people: People, signed_in: SignedIn, django_assert_num_queries: Any, name: str, count: int
) -> None:
    for _n in range(count):
        DraftPledgeFactory(participant=people.delegation)
        SubmittedPledgeFactory(participant=people.delegation)
        ReturnedPledgeFactory(participant=people.delegation)
        pledge = RegisteredPledgeFactory(
            participant=people.delegation, deliver_by=today() - DAY, deliver_by_precision="day"
        )
        MilestoneFactory(pledge=pledge, due_on=today() - DAY)
        RegistrationFactory(pledge=pledge)
        DeploymentRequestFactory(pledge=pledge)
        ProgressUpdateFactory(pledge=RegisteredPledgeFactory(participant=people.delegation), state="delivered")
    browser = signed_in(getattr(people, name))
    browser.get(URL)
    with django_assert_num_queries({"drafter": 29, "officer": 22}[name]):
        page = browser.get(URL)
    if name == "officer":
        assert len(page.context["secretariat"].submitted.rows) == min(count, ROWS)
        assert len(page.context["secretariat"].to_assess.rows) == min(count, ROWS)


def test_what_is_ready_for_approval_stands_on_top_for_the_approver(people: People, signed_in: SignedIn) -> None:
    handover = HandoverFactory(
        pledge__participant=people.delegation, pledge__title="Ready one", note="Cleared.", created_at=SUBMITTED_AT
    )
    DraftPledgeFactory(participant=people.delegation, title="Begun")
    page = signed_in(people.approver).get(URL)
    text = page.content.decode()
    assert text.index("Ready one") < text.index("Due from you") < text.index("Begun")
    assert "Cleared." in text
    assert reverse("pledge-step", args=[handover.pledge.reference, "submit"]) in text
    assert [draft.pledge.title for draft in page.context["delegation"].drafts.rows] == ["Begun"]
    drafter = signed_in(people.drafter).get(URL)
    assert drafter.context["delegation"].to_approve == []
    assert "Ready for approval" in drafter.content.decode()


def test_a_change_after_the_hand_over_is_said(people: People, signed_in: SignedIn) -> None:
    handover = HandoverFactory(pledge__participant=people.delegation, created_at=SUBMITTED_AT)
    assert "Changed since." not in signed_in(people.approver).get(URL).content.decode()
    Pledge.objects.filter(pk=handover.pledge.pk).update(title="Another title")
    assert "Changed since." in signed_in(people.approver).get(URL).content.decode()


def test_each_draft_says_how_far_it_is(people: People, signed_in: SignedIn) -> None:
    made = [
        ReturnedPledgeFactory(participant=people.delegation),
        DraftPledgeFactory(participant=people.delegation, repeats_answered_at=SUBMITTED_AT),
        DraftPledgeFactory(participant=people.delegation, description=""),
        DraftPledgeFactory(participant=people.delegation, title=""),
    ]
    desk = signed_in(people.drafter).get(URL).context["delegation"]
    stages = {draft.pledge.pk: draft.stage.value for draft in desk.drafts.rows}
    assert [stages[pledge.pk] for pledge in made] == ["problem", "completed", "in_progress", "not_started"]


def test_an_invitation_waits_for_the_approver_and_tells_no_more_than_its_page(
    people: People, signed_in: SignedIn
) -> None:
    pledge = DraftPledgeFactory(title="A joint hospital", description="Hidden words")
    PartnerFactory(pledge=pledge, participant=people.delegation)
    PartnerFactory(pledge=DraftPledgeFactory(title="Asked of others"))
    PartnerFactory(pledge=DraftPledgeFactory(title="Declined"), participant=people.delegation, confirmation="declined")
    approver = signed_in(people.approver).get(URL).content.decode()
    assert "Waiting for your answer" in approver
    assert reverse("pledge-invitation", args=[pledge.reference, people.delegation.pk]) in approver
    for hidden in ("Hidden words", "Asked of others", "Declined", pledge.get_absolute_url()):
        assert hidden not in approver
    assert "Cannot start yet: an approver answers" in signed_in(people.drafter).get(URL).content.decode()


def test_confirmed_shares_are_listed_until_the_pledge_is_closed(people: People, signed_in: SignedIn) -> None:
    open_one = ConfirmedPartnerFactory(participant=people.delegation)
    ConfirmedPartnerFactory(participant=people.delegation, pledge=ClosedPledgeFactory())
    ConfirmedPartnerFactory(participant=people.delegation, pledge=RecordPledgeFactory())
    assert signed_in(people.drafter).get(URL).context["delegation"].joined.rows == [open_one]


def test_a_window_says_when_it_closes_in_the_time_zone_of_the_reader(people: People, signed_in: SignedIn) -> None:
    closes = (timezone.now() + 12 * DAY).replace(hour=2, minute=30, second=0, microsecond=0)
    conference = ConferenceFactory(window_opens_at=SUBMITTED_AT, window_closes_at=closes)
    ConferenceFactory(window_closes_at=SUBMITTED_AT, title="Closed long ago")
    ConferenceFactory(title="Never closes")
    DraftPledgeFactory(participant=people.delegation, conference=conference)
    people.drafter.time_zone = "America/Bogota"
    people.drafter.save()
    page = signed_in(people.drafter).get(URL)
    [window] = page.context["delegation"].windows
    assert (window.conference, window.unsubmitted) == (conference, 1)
    there = (closes - timedelta(hours=5)).strftime("%-d %B %Y, 21:30")
    assert f"Takes pledges until {there}" in page.content.decode()


def test_a_draft_that_cannot_be_submitted_says_why(people: People, signed_in: SignedIn) -> None:
    unread = DraftPledgeFactory(participant=people.delegation)
    Unread.objects.create(pledge=unread, field="quantity", parts=["a dozen"])
    again = DraftPledgeFactory(participant=people.delegation)
    earlier = AnnouncedPledgeFactory(
        participant=people.delegation, title=again.title, capability_type=again.capability_type
    )
    desk = signed_in(people.drafter).get(URL).context["delegation"]
    assert {draft.pledge: draft.missing for draft in desk.drafts.rows} == {
        unread: ["Correct “a dozen”: it could not be read."],
        again: [f"Say whether this is new: it may repeat {earlier.reference}."],
    }


def test_a_long_list_shows_what_comes_first_and_leads_to_all(people: People, signed_in: SignedIn) -> None:
    DraftPledgeFactory.create_batch(DRAFTS, participant=people.delegation, title="Begun")
    ReturnedPledgeFactory(participant=people.delegation, title="Came back")
    handed = DraftPledgeFactory(participant=people.delegation, title="Ready one")
    Pledge.objects.filter(pk=handed.pk).update(updated_at=timezone.now() - 900 * DAY)
    HandoverFactory(pledge=handed)
    pledge = RegisteredPledgeFactory(participant=people.delegation)
    for days in range(ROWS + 1):
        MilestoneFactory(pledge=pledge, due_on=today() + days * DAY)
    page = signed_in(people.approver).get(URL)
    desk = page.context["delegation"]
    assert [draft.pledge for draft in desk.to_approve] == [handed], "the oldest, yet it waits for this person"
    assert (desk.drafts.rows[0].pledge.title, len(desk.drafts.rows), desk.drafts.total) == (
        "Came back", DRAFTS - 1, DRAFTS + 2,
    )  # fmt: skip
    assert len(desk.due.rows) == ROWS
    text = " ".join(page.content.decode().split())
    assert f"All {DRAFTS + 2} that are not submitted" in text
    assert f"The first {ROWS} are shown; the others move up as these are done." in text
    assert signed_in(people.approver).get(desk.drafts.url).context["found"].count == DRAFTS + 2


def test_places_in_pledges_of_others_beyond_fifty_are_told_and_reached(people: People, signed_in: SignedIn) -> None:
    PartnerFactory.create_batch(ROWS + 1, participant=people.delegation)
    ConfirmedPartnerFactory.create_batch(ROWS + 1, participant=people.delegation, pledge__status=Status.REGISTERED)
    client = signed_in(people.approver)
    page = client.get(URL)
    desk = page.context["delegation"]
    assert [len(desk.invitations.rows), len(desk.joined.rows)] == [ROWS, ROWS]
    assert page.content.decode().count("the others move up as these are done") == 1
    assert "All that you take part in" in page.content.decode()
    assert client.get(desk.joined_url).context["found"].count == ROWS + 1


def test_writers_put_off_reminders_of_their_own_pledges_from_the_row(people: People, signed_in: SignedIn) -> None:
    mine = RegisteredPledgeFactory(participant=people.delegation)
    MilestoneFactory(pledge=mine, due_on=today())
    share = ConfirmedPartnerFactory(participant=people.delegation)
    MilestoneFactory(pledge=share.pledge, partner=share, title="Of our share", due_on=today())
    own, leads = (reverse("pledge-snooze", args=[pledge.reference]) for pledge in (mine, share.pledge))
    of_share = reverse("share-snooze", args=[share.pledge.reference, share.participant_id])
    text = signed_in(people.drafter).get(URL).content.decode()
    assert "Of our share" in text
    assert own in text
    assert of_share in text
    assert f'{leads}"' not in text, "for its own people the lead decides"
    assert [signed_in(people.drafter).get(url).status_code for url in (own, of_share)] == [200, 200]
    text = signed_in(people.viewer).get(URL).content.decode()
    assert (own in text, of_share in text) == (False, False)


def test_the_desk_takes_the_same_queries_for_one_row_and_for_fifty(people: People, signed_in: SignedIn) -> None:
    client = signed_in(people.approver)

    def more(number: int) -> None:
        closes = timezone.now() + DAY
        for pledge in [
            *DraftPledgeFactory.create_batch(number, participant=people.delegation),
            *ReturnedPledgeFactory.create_batch(number, participant=people.delegation),
        ]:
            HandoverFactory(pledge=pledge)
        SubmittedPledgeFactory.create_batch(number, participant=people.delegation)
        for pledge in RegisteredPledgeFactory.create_batch(number, participant=people.delegation):
            MilestoneFactory(pledge=pledge)
            MilestoneFactory(pledge=pledge, due_on=today() + DAY)
        PartnerFactory.create_batch(number, participant=people.delegation)
        ConfirmedPartnerFactory.create_batch(number, participant=people.delegation)
        ConferenceFactory.create_batch(number, window_closes_at=closes)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(URL).status_code == 200
        return len(captured)

    more(1)
    few = queries()
    more(24)
    assert queries() == few
