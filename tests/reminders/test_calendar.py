"""A person's calendar: what is due to the delegations, only what the person may see, and only while its key holds."""

import runpy
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from gunicorn.config import Config
from icalendar import Calendar

from accounts.models import User
from conferences.models import Conference, MembershipRole
from reminders.calendar import address_of, renew, revoke
from tests.factories import (
    AnnouncedPledgeFactory,
    ConfirmedPartnerFactory,
    DraftPledgeFactory,
    MilestoneFactory,
    ParticipantFactory,
    RegisteredPledgeFactory,
    member_of,
)
from tests.factories.readiness import DeploymentRequestFactory, RegistrationFactory

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def reader_of(participant: Any = None, role: str = MembershipRole.VIEWER) -> User:
    """Return a member of a delegation whose calendar is on."""
    person = member_of(participant or ParticipantFactory(), role)
    renew(person)
    return person


def path_of(person: User) -> str:
    """Return the path of a person's calendar."""
    return address_of(person).removeprefix(settings.BASE_URL)


def events(client: Client, person: User) -> dict[str, Any]:
    """Return the events of a person's calendar by UID."""
    answer = client.get(path_of(person))
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    return {str(event["uid"]): event for event in Calendar.from_ical(answer.content).walk("VEVENT")}


def test_what_is_due_to_a_delegation_stands_in_its_calendar(client: Client) -> None:
    person = reader_of(role=MembershipRole.DRAFTER)
    participant = person.memberships.get().participant
    pledge = AnnouncedPledgeFactory(participant=participant, title="Level II, hospital; “new”\nline")
    on = timezone.now().date() + 10 * DAY
    step = MilestoneFactory(pledge=pledge, due_on=on, title="Contingent trained")
    found = events(client, person)
    event = found[f"milestone_due-{step.pk}@testserver"]
    assert (event["dtstart"].dt, event["dtend"].dt) == (on, on + DAY)
    assert event["summary"] == f"Step due: Contingent trained ({pledge.reference})"
    assert event["url"].endswith(f"/report/?milestone={step.pk}")
    report = found[f"report_due-{pledge.pk}@testserver"]
    assert report["summary"] == f"Report due: Level II, hospital; “new” line ({pledge.reference})"
    assert set(events(client, person)) == set(found)  # the same UIDs each time


def test_a_pledge_under_embargo_stands_with_its_reference_alone(client: Client) -> None:
    person = reader_of()
    pledge = RegisteredPledgeFactory(participant=person.memberships.get().participant, title="Secret hospital")
    MilestoneFactory(pledge=pledge, due_on=timezone.now().date(), title="Secret step")
    body = client.get(path_of(person)).content.decode()
    assert f"Step due: {pledge.reference}" in body
    assert "Secret" not in body


def test_drafts_stand_with_the_instant_at_which_pledging_closes(client: Client) -> None:
    """Where the reader lives it may be another day than in UTC."""
    person = reader_of()
    draft = DraftPledgeFactory(participant=person.memberships.get().participant)
    closes = timezone.now().replace(hour=23, minute=30, second=0, microsecond=0) + 20 * DAY
    Conference.objects.filter(pk=draft.conference_id).update(window_opens_at=closes - 60 * DAY, window_closes_at=closes)
    event = events(client, person)[f"window_closing-{draft.pk}@testserver"]
    assert event["dtstart"].dt == closes
    assert "dtend" not in event


def test_nobody_elses_days_stand_in_it(client: Client) -> None:
    person = reader_of()
    pledge = RegisteredPledgeFactory()
    MilestoneFactory(pledge=pledge, due_on=timezone.now().date())
    announced = AnnouncedPledgeFactory()
    MilestoneFactory(pledge=announced, due_on=timezone.now().date())
    assert events(client, person) == {}


def test_a_partner_has_the_days_of_its_share_while_it_takes_part(client: Client) -> None:
    person = reader_of()
    share = ConfirmedPartnerFactory(pledge=RegisteredPledgeFactory(), participant=person.memberships.get().participant)
    step = MilestoneFactory(pledge=share.pledge, partner=share, due_on=timezone.now().date())
    MilestoneFactory(pledge=share.pledge, due_on=timezone.now().date())
    assert set(events(client, person)) == {f"milestone_due-{step.pk}@testserver"}
    person.memberships.update(ended_at=timezone.now())
    assert events(client, person) == {}


def test_a_revoked_or_renewed_key_and_an_ended_account_answer_404(client: Client) -> None:
    person = reader_of()
    first = path_of(person)
    renew(person)
    assert client.get(first).status_code == 404
    second = path_of(person)
    assert client.get(second).status_code == 200
    person.is_active = False
    person.save()
    assert client.get(second).status_code == 404
    person.is_active = True
    person.save()
    revoke(person)
    assert client.get(second).status_code == 404
    assert address_of(person) == ""


@pytest.mark.parametrize("change", ["unsigned", "cut", "nonsense", "long", "other"])
def test_a_key_that_we_did_not_sign_answers_404(client: Client, change: str) -> None:
    person = reader_of()
    key = path_of(person).split("/")[2]
    assert person.calendar_key
    forged = {
        "unsigned": person.calendar_key.hex,
        "cut": key[:-1],
        "nonsense": "~",
        "long": "x" * 5_000,
        "other": "0" + key[1:] if key[0] != "0" else "1" + key[1:],
    }[change]
    assert client.get(reverse("calendar", args=[forged])).status_code == 404


def test_it_needs_no_session_and_is_kept_by_no_cache(client: Client) -> None:
    answer = client.get(path_of(reader_of()))
    assert "no-store" in answer["Cache-Control"]
    assert not answer.cookies
    assert client.post(path_of(reader_of())).status_code == 405


def test_its_queries_do_not_grow_with_what_is_due(client: Client) -> None:
    person = reader_of()
    participant = person.memberships.get().participant

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(path_of(person))
        return len(queries)

    pledge = AnnouncedPledgeFactory(participant=participant)
    MilestoneFactory(pledge=pledge, due_on=timezone.now().date())
    before = cost()
    for n in range(4):
        other = AnnouncedPledgeFactory(participant=participant)
        MilestoneFactory(pledge=other, due_on=timezone.now().date() + n * DAY)
    assert cost() == before


def test_the_account_page_turns_it_on_renews_it_and_turns_it_off(client: Client) -> None:
    person = member_of(ParticipantFactory(), MembershipRole.DRAFTER)
    client.force_login(person)
    url = reverse("calendar-settings")
    assert "/due.ics" not in client.get(url).content.decode()
    shown = []
    for _n in range(2):
        client.post(url, {"act": "renew"})
        person.refresh_from_db()
        shown.append(address_of(person))
        assert address_of(person) in client.get(url).content.decode()
    assert shown[0] != shown[1]
    client.post(url, {"act": "revoke"})
    assert "/due.ics" not in client.get(url).content.decode()


def test_the_rhythm_is_chosen_on_the_account_page(client: Client) -> None:
    person = member_of(ParticipantFactory(), MembershipRole.DRAFTER)
    client.force_login(person)
    assert client.post(reverse("mail-rhythm"), {"mail_rhythm": "hourly"}).status_code == 200
    answer = client.post(reverse("mail-rhythm"), {"mail_rhythm": "weekly"}, follow=True)
    assert "One message a week, on Monday" in answer.content.decode()
    person.refresh_from_db()
    assert person.mail_rhythm == "weekly"


def test_the_access_log_keeps_no_key() -> None:
    settings_of_server = runpy.run_path(str(settings.BASE_DIR / "gunicorn.conf.py"))
    log = settings_of_server["logger_class"](Config())
    response = type("Response", (), {"status": "200 OK", "sent": 1, "headers": []})()
    request = type("Request", (), {"headers": []})()
    environ = {"PATH_INFO": "/calendar/secret~key/due.ics", "REQUEST_METHOD": "GET"}
    environ |= {"RAW_URI": "/", "SERVER_PROTOCOL": "HTTP/1.1"}
    line = settings_of_server["access_log_format"] % log.atoms(response, request, environ, timedelta(seconds=1))
    assert "/calendar/-/due.ics" in line
    assert "secret" not in line


# --- Where an entry leads ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("role", [MembershipRole.DRAFTER, MembershipRole.VIEWER])
def test_the_entry_of_a_share_opens_for_its_reader(client: Client, role: str) -> None:
    person = reader_of(role=role)
    share = ConfirmedPartnerFactory(participant=person.memberships.get().participant, pledge=RegisteredPledgeFactory())
    step = MilestoneFactory(pledge=share.pledge, partner=share, due_on=timezone.now().date() + 10 * DAY)
    entry = events(client, person)[f"milestone_due-{step.pk}@{urlsplit(settings.BASE_URL).hostname}"]
    client.force_login(person)
    assert client.get(str(entry["url"]).removeprefix(settings.BASE_URL)).status_code == 200


def test_a_unit_that_is_to_arrive_stands_with_its_day(client: Client) -> None:
    person = reader_of()
    pledge = AnnouncedPledgeFactory(participant=person.memberships.get().participant)
    request = DeploymentRequestFactory(pledge=pledge, requested_on=timezone.now().date() - 50 * DAY)
    entry = events(client, person)[f"rdl_clock-{request.pk}@{urlsplit(settings.BASE_URL).hostname}"]
    assert entry["dtstart"].dt == timezone.now().date() + 10 * DAY
    assert str(entry["summary"]).startswith("Arrival by ")
    assert str(entry["url"]) == f"{settings.BASE_URL}{pledge.get_absolute_url()}#readiness"


@pytest.mark.parametrize("role", [MembershipRole.DRAFTER, MembershipRole.VIEWER])
def test_a_renewal_leads_writers_to_its_form_and_readers_to_the_units_readiness(client: Client, role: str) -> None:
    person = reader_of(role=role)
    pledge = AnnouncedPledgeFactory(
        participant=person.memberships.get().participant, capability_type__is_pcrs_registrable=True
    )
    entry = RegistrationFactory(pledge=pledge, accepted_on=timezone.now().date() - 300 * DAY)
    form = reverse("readiness-act", args=[pledge.reference, "renew"])
    found = events(client, person)[f"renewal_due-{entry.pk}@{urlsplit(settings.BASE_URL).hostname}"]
    place = f"{pledge.get_absolute_url()}#readiness" if role == MembershipRole.VIEWER else form
    assert str(found["url"]) == settings.BASE_URL + place
    client.force_login(person)
    assert client.get(place).status_code == 200
