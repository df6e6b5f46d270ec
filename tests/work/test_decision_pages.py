"""The pages of decisions by two people: which pledges, when, what becomes visible to whom, and who may say what."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from pledges.deciding import in_words, instant_of
from pledges.enums import Status, Verdict
from pledges.errors import PledgeError
from pledges.models import Decision, Pledge
from pledges.services import cancel, carry_out_due, confirm, propose, refuse
from pledges.work.decisions import possible_verdicts
from tests.factories import (
    AnnouncedPledgeFactory,
    ConferenceFactory,
    ConfirmedPartnerFactory,
    ManagerFactory,
    OfficerFactory,
    ReaderFactory,
    RegisteredPledgeFactory,
    SessionFactory,
    SubmittedPledgeFactory,
    member_of,
)
from tests.work.conftest import People

SignedIn = Callable[[User | None], Client]
NEW, LIST = "/work/decisions/new/", "/work/decisions/"
NOW = datetime(2026, 5, 12, 9, tzinfo=UTC)
LATER = NOW + timedelta(hours=6)


def address_of(decision: Decision) -> str:
    return reverse("decision-detail", args=[decision.pk])


def send(browser: Client, url: str, **said: Any) -> Any:
    """Propose as the page offers it."""
    form = browser.get(url).context["form"]
    return browser.post(url, {"when": "at_once", "seen": form["seen"].value(), **said}, follow=True)


def announced() -> set[str]:
    return set(Pledge.objects.filter(announced_at__isnull=False).values_list("title", flat=True))


# --- What is proposed -------------------------------------------------------------------------------------------------
def test_a_single_pledge_is_announced_by_two(people: People, signed_in: SignedIn) -> None:
    pledge = RegisteredPledgeFactory(participant=people.delegation)
    officer, manager = signed_in(people.officer), signed_in(people.manager)
    url = f"{NEW}?action=announce&pledge={pledge.reference}"
    assert url in officer.get(pledge.get_absolute_url()).content.decode().replace("&amp;", "&")
    page = send(officer, url)
    decision = Decision.objects.get()
    assert page.redirect_chain[-1][0] == address_of(decision)
    assert "A manager of the Secretariat other than you decides" in page.content.decode()
    assert announced() == set()
    page = manager.post(address_of(decision), {"verdict": "confirmed"}, follow=True)
    assert "It is confirmed and carried out." in page.content.decode()
    assert announced() == {pledge.title}


def test_pledges_are_announced_by_conference_session_and_delegation(people: People, signed_in: SignedIn) -> None:
    conference = ConferenceFactory()
    session = SessionFactory(conference=conference)
    common = {"conference": conference, "participant": people.delegation}
    RegisteredPledgeFactory(title="In session", session=session, **common)
    RegisteredPledgeFactory(title="Of another delegation", session=session, conference=conference)
    RegisteredPledgeFactory(title="In no session", **common)
    RegisteredPledgeFactory(title="Elsewhere", participant=people.delegation)
    SubmittedPledgeFactory(title="Not registered", **common)
    AnnouncedPledgeFactory(title="Announced", **common)
    officer = signed_in(people.officer)

    def shown(**scope: Any) -> set[str]:
        return {pledge.title for pledge in officer.get(NEW, scope).context["rows"]}

    assert shown(session=session.pk) == {"In session", "Of another delegation"}
    assert shown(conference=conference.pk) == {"In session", "Of another delegation", "In no session"}
    assert shown(participant=people.delegation.pk) == {"In session", "In no session", "Elsewhere"}
    assert shown(session=session.pk, participant=people.delegation.pk) == {"In session"}
    assert "rows" not in officer.get(NEW).context
    assert officer.get(NEW, {"conference": "nowhere"}).status_code == 400

    page = send(officer, f"{NEW}?session={session.pk}")
    assert "Announce 2 pledges" in page.content.decode()
    assert "Everyone then sees these 2 pledges" in page.content.decode()
    assert {item.pledge.title for item in Decision.objects.get().items.all()} == {"In session", "Of another delegation"}
    assert shown(conference=conference.pk) == {"In no session"}


def test_a_set_that_changed_meanwhile_is_shown_again_and_not_proposed(people: People, signed_in: SignedIn) -> None:
    pledge = RegisteredPledgeFactory()
    url = f"{NEW}?conference={pledge.conference_id}"
    officer = signed_in(people.officer)
    seen = officer.get(url).context["form"]["seen"].value()
    RegisteredPledgeFactory(conference=pledge.conference)
    page = officer.post(url, {"when": "at_once", "seen": seen, "reason": "For the minister."})
    assert "The pledges below have changed" in page.content.decode()
    assert "For the minister." in page.content.decode()
    assert not Decision.objects.exists()
    officer.post(url, {"when": "at_once", "seen": page.context["form"]["seen"].value()})
    assert Decision.objects.get().items.count() == 2


def test_a_second_click_is_no_second_proposal_and_no_error(people: People, signed_in: SignedIn) -> None:
    pledge = RegisteredPledgeFactory()
    url = f"{NEW}?conference={pledge.conference_id}"
    officer, manager = signed_in(people.officer), signed_in(people.manager)
    sent = {"when": "at_once", "seen": officer.get(url).context["form"]["seen"].value()}
    for _click in range(2):
        assert officer.post(url, sent)["Location"] == address_of(Decision.objects.get())
    for _click in range(2):
        page = manager.post(address_of(Decision.objects.get()), {"verdict": "confirmed"}, follow=True)
        assert "It is confirmed and carried out." in page.content.decode()
    assert pledge.status_changes.count() == 1


# --- When -------------------------------------------------------------------------------------------------------------
def test_an_instant_is_stated_in_the_own_zone_and_kept(people: People, signed_in: SignedIn) -> None:
    pledge = RegisteredPledgeFactory(participant=people.delegation)
    officer = OfficerFactory(time_zone="Europe/Berlin")
    said = {"when": "later", "clock": "15:00", "zone": "Europe/Berlin"}
    said |= {"day_day": "13", "day_month": "5", "day_year": "2026"}
    with time_machine.travel(NOW, tick=False):
        page = send(signed_in(officer), f"{NEW}?action=announce&pledge={pledge.reference}", **said)
        assert "13 May 2026, 15:00 (Europe/Berlin), 13:00 UTC" in page.content.decode()
        decision = Decision.objects.get()
        page = signed_in(people.manager).post(address_of(decision), {"verdict": "confirmed"}, follow=True)
        assert "takes effect on 13 May 2026, 13:00 UTC" in page.content.decode()
    instant = datetime(2026, 5, 13, 13, tzinfo=UTC)
    for late, seen in ((timedelta(seconds=-1), 404), (timedelta(0), 200)):
        with time_machine.travel(instant + late, tick=False):
            carry_out_due(at=instant + late)
            assert signed_in(None).get(pledge.get_absolute_url()).status_code == seen


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"day_day": "11", "day_month": "5", "day_year": "2026", "clock": "15:00"}, "This time has passed"),
        ({"clock": "15:00"}, "Enter the day, the month and the year."),
        ({"day_day": "13", "day_month": "5", "day_year": "2026"}, "Enter the time on the 24-hour clock"),
        ({"day_day": "13", "day_month": "5", "day_year": "2026", "clock": "3 pm"}, "Enter the time on the 24-hour"),
        ({"day_day": "13", "day_month": "5", "day_year": "2026", "clock": "15:00", "zone": "Mars"}, "Choose one of"),
    ],
)
def test_a_time_that_cannot_be_meant_is_refused_and_kept(
    people: People, signed_in: SignedIn, said: dict[str, str], sentence: str
) -> None:
    pledge = RegisteredPledgeFactory()
    with time_machine.travel(NOW, tick=False):
        url = f"{NEW}?action=announce&pledge={pledge.reference}"
        page = send(signed_in(people.officer), url, **{"when": "later", "zone": "UTC", "reason": "Kept.", **said})
    assert sentence in page.content.decode()
    assert "Kept." in page.content.decode()
    assert not Decision.objects.exists()


def test_times_that_a_clock_leaves_out_or_shows_twice_are_refused() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert instant_of(date(2027, 5, 13), time(15), berlin) == datetime(2027, 5, 13, 13, tzinfo=UTC)
    with pytest.raises(ValueError, match="left out"):
        instant_of(date(2027, 3, 28), time(2, 30), berlin)
    with pytest.raises(ValueError, match="comes twice"):
        instant_of(date(2027, 10, 31), time(2, 30), berlin)
    night = datetime(2027, 5, 13, 23, tzinfo=UTC)
    assert in_words(night, berlin) == "14 May 2027, 01:00 (Europe/Berlin), 13 May, 23:00 UTC"


# --- The second person ------------------------------------------------------------------------------------------------
@pytest.fixture
def decision(people: People) -> Decision:
    pledge = RegisteredPledgeFactory(participant=people.delegation, title="Hospital")
    return propose("announce", [pledge], by=people.officer, at=NOW)


def test_who_proposed_is_offered_no_confirmation_and_gets_none(people: People, signed_in: SignedIn) -> None:
    pledge = RegisteredPledgeFactory()
    own = propose("announce", [pledge], by=people.manager, at=NOW)
    for browser in (signed_in(people.manager), signed_in(people.manager)):  # two sessions are one person
        assert 'value="confirmed"' not in browser.get(address_of(own)).content.decode()
        page = browser.post(address_of(own), {"verdict": "confirmed"})
        assert "You proposed this: somebody else must decide on it." in page.content.decode()
    assert announced() == set()


def test_who_may_not_decide_is_refused(people: People, signed_in: SignedIn, decision: Decision) -> None:
    for person in (OfficerFactory(), ReaderFactory()):
        browser = signed_in(person)
        page = browser.get(address_of(decision)).content.decode()
        assert 'name="verdict"' not in page
        for verdict in ("confirmed", "cancelled"):
            assert browser.post(address_of(decision), {"verdict": verdict}).status_code == 403
    decision.refresh_from_db()
    assert decision.verdict == ""


@pytest.mark.parametrize("verdict", ["", Verdict.CONFIRMED])
@pytest.mark.parametrize("proposer", ["officer", "manager"])
def test_the_page_offers_the_verdicts_that_are_taken_and_no_others(people: People, proposer: str, verdict: str) -> None:
    by = getattr(people, proposer)
    proposed = propose("announce", [RegisteredPledgeFactory()], by=by, at=NOW, takes_effect_at=LATER)
    if verdict:
        proposed = confirm(proposed, by=ManagerFactory(), at=NOW)
    for person in (people.officer, people.manager, OfficerFactory(), ManagerFactory()):
        offered = possible_verdicts(person, proposed)
        assert offered["can_decide"] == taken(partial(confirm, proposed, by=person, at=NOW))
        assert offered["can_decide"] == taken(partial(refuse, proposed, by=person, at=NOW, reason="No."))
        assert offered["can_cancel"] == taken(partial(cancel, proposed, by=person, at=NOW))


def taken(verdict: Callable[[], Decision]) -> bool:
    """Return whether a verdict is taken; nothing of it is kept."""
    with transaction.atomic():
        try:
            verdict()
        except PledgeError:
            return False
        finally:
            transaction.set_rollback(True)
    return True


def test_a_refusal_needs_a_reason_that_the_proposer_reads(
    people: People, signed_in: SignedIn, decision: Decision
) -> None:
    manager = signed_in(people.manager)
    page = manager.post(address_of(decision), {"verdict": "refused", "reason": " "})
    assert "Say why, so that it can be proposed again." in page.content.decode()
    manager.post(address_of(decision), {"verdict": "refused", "reason": "The minister speaks first."})
    assert "The minister speaks first." in signed_in(people.officer).get(address_of(decision)).content.decode()
    assert announced() == set()


def test_the_list_shows_what_waits_what_is_ahead_and_what_was_decided(people: People, signed_in: SignedIn) -> None:
    waiting, ahead, past = (RegisteredPledgeFactory(participant=people.delegation) for _n in range(3))
    propose("announce", [waiting], by=people.officer, at=NOW)
    far = propose("announce", [ahead], by=people.officer, at=NOW, takes_effect_at=NOW.replace(year=2999))
    for decision in (far, propose("announce", [past], by=people.officer, at=NOW)):
        confirm(decision, by=people.manager, at=NOW)
    page = signed_in(people.officer).get(LIST)
    found = {name: [row.state for row in page.context[name]] for name in ("waiting", "ahead", "past")}
    assert found == {
        "waiting": ["waits for a second person"],
        "ahead": ["confirmed, not yet in effect"],
        "past": ["carried out"],
    }
    assert f"Announce 1 pledge · {people.delegation}" in page.content.decode()


# --- The delegation's side --------------------------------------------------------------------------------------------
def test_an_approver_proposes_to_withdraw_and_takes_it_back(people: People, signed_in: SignedIn) -> None:
    pledge = AnnouncedPledgeFactory(participant=people.delegation)
    approver, drafter = signed_in(people.approver), signed_in(people.drafter)
    url = f"{NEW}?action=withdraw&pledge={pledge.reference}"
    assert approver.get(reverse("pledge-step", args=[pledge.reference, "withdraw"]))["Location"] == url
    assert drafter.get(url).status_code == 403
    assert "Say why, in a sentence or two." in send(approver, url).content.decode()
    page = send(approver, url, reason="The budget is cut.")
    proposal = reverse("pledge-proposal", args=[pledge.reference])
    assert page.redirect_chain[-1][0] == proposal
    assert 'value="cancelled"' in page.content.decode()
    assert 'value="cancelled"' not in drafter.get(proposal).content.decode()
    assert "It is proposed to withdraw this pledge" in drafter.get(pledge.get_absolute_url()).content.decode()
    approver.post(proposal, {"verdict": "cancelled"})
    assert Decision.objects.get().verdict == "cancelled"

    send(approver, url, reason="The budget is cut.")
    signed_in(people.manager).post(address_of(Decision.objects.first()), {"verdict": "confirmed"})
    pledge.refresh_from_db()
    assert (pledge.status, pledge.outcome) == (Status.CLOSED, "withdrawn")


def test_what_is_not_announced_is_withdrawn_by_one(people: People, signed_in: SignedIn) -> None:
    pledge = RegisteredPledgeFactory(participant=people.delegation)
    answer = signed_in(people.approver).get(f"{NEW}?action=withdraw&pledge={pledge.reference}")
    assert answer["Location"] == reverse("pledge-step", args=[pledge.reference, "withdraw"])


def test_a_delegation_sees_of_a_decision_its_own_pledge_only(people: People, signed_in: SignedIn) -> None:
    own = RegisteredPledgeFactory(participant=people.delegation, title="Ours")
    other = RegisteredPledgeFactory(title="Theirs")
    decision = propose("announce", [own, other], by=people.officer, at=NOW)
    text = signed_in(people.drafter).get(reverse("pledge-proposal", args=[own.reference])).content.decode()
    assert "Ours" in text
    assert "Theirs" not in text
    assert "2 pledges" not in text
    assert signed_in(people.drafter).get(address_of(decision)).status_code == 403


def test_partners_do_not_see_what_is_proposed(people: People, signed_in: SignedIn) -> None:
    pledge = RegisteredPledgeFactory(participant=people.delegation)
    partner = ConfirmedPartnerFactory(pledge=pledge)
    propose("announce", [pledge], by=people.officer, at=NOW)
    browser = signed_in(member_of(partner.participant, "approver"))
    assert "It is proposed" not in browser.get(pledge.get_absolute_url()).content.decode()
    assert browser.get(reverse("pledge-proposal", args=[pledge.reference])).status_code == 403


def test_a_delegation_reads_why_its_proposal_was_refused(people: People, signed_in: SignedIn) -> None:
    pledge = AnnouncedPledgeFactory(participant=people.delegation)
    approver = signed_in(people.approver)
    url, proposal = (
        f"{NEW}?action=withdraw&pledge={pledge.reference}",
        reverse("pledge-proposal", args=[pledge.reference]),
    )
    assert approver.get(proposal)["Location"] == pledge.get_absolute_url()  # nothing was ever proposed
    send(approver, url, reason="The budget is cut.")
    refuse(Decision.objects.get(), by=people.manager, at=timezone.now(), reason="Name the day.")
    for address in (pledge.get_absolute_url(), proposal):
        text = approver.get(address).content.decode()
        assert "Name the day." in text
        assert "It is proposed to withdraw this pledge" not in text
    page = approver.get(proposal).content.decode()
    assert "Refused: withdrawal" in page
    assert 'name="verdict"' not in page
    assert "Propose it again" in page
    assert "Propose it again" not in signed_in(people.drafter).get(proposal).content.decode()


def test_what_the_secretariat_says_of_an_announcement_stays_with_it(people: People, signed_in: SignedIn) -> None:
    pledge = RegisteredPledgeFactory(participant=people.delegation)
    decision = propose("announce", [pledge], by=people.officer, at=NOW, reason="Before the session.")
    refuse(decision, by=people.manager, at=LATER, reason="Theirs is not ready.")
    browser = signed_in(people.approver)
    for address in (pledge.get_absolute_url(), reverse("pledge-proposal", args=[pledge.reference])):
        text = browser.get(address).content.decode()
        assert "Theirs is not ready." not in text
        assert "Before the session." not in text
    assert "Theirs is not ready." in signed_in(people.officer).get(pledge.get_absolute_url()).content.decode()


def test_the_secretariat_is_led_from_the_pledge_to_the_last_decision(people: People, signed_in: SignedIn) -> None:
    pledge = AnnouncedPledgeFactory(participant=people.delegation)
    decision = propose("withdraw", [pledge], by=people.manager, at=NOW, reason="It ended.")
    cancel(decision, by=people.manager, at=LATER)
    answer = signed_in(people.manager).get(reverse("pledge-proposal", args=[pledge.reference]))
    assert answer["Location"] == address_of(decision)


# --- Cost -------------------------------------------------------------------------------------------------------------
def test_the_pages_cost_the_same_for_any_number_of_rows(people: People, signed_in: SignedIn) -> None:
    officer, counts = signed_in(people.officer), []
    conference = ConferenceFactory()
    for rows in (1, 50):
        RegisteredPledgeFactory.create_batch(rows, conference=conference)
        for _n in range(rows):
            propose("announce", [RegisteredPledgeFactory()], by=people.officer, at=NOW)
        several = RegisteredPledgeFactory.create_batch(rows)
        page = address_of(propose("announce", several, by=people.officer, at=NOW))
        officer.get(LIST)
        taken = []
        for url in (LIST, f"{NEW}?conference={conference.pk}", page):
            with CaptureQueriesContext(connection) as queries:
                assert officer.get(url).status_code == 200
            taken.append(len(queries))
        counts.append(taken)
    assert counts[0] == counts[1]
    assert all(count <= 16 for count in counts[1])
