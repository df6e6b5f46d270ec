"""The form a step at a time: only what applies, in any order, saved with its gaps and words that cannot be read."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from pledges.completeness import left_to_do
from pledges.errors import Incomplete
from pledges.form_steps import STEPS
from pledges.models import Pledge
from pledges.transitions import apply_transition
from tests.factories import (
    SUBMITTED_AT,
    CapabilityTypeFactory,
    CategoryFactory,
    ConfirmedPartnerFactory,
    DraftPledgeFactory,
    MissionFactory,
    RequirementFactory,
    SessionFactory,
    SubmittedPledgeFactory,
)
from tests.work.conftest import People, edit_url, form_of, step_url

SignedIn = Callable[[User | None], Client]


def draft_of(people: People, unit: str, **values: Any) -> Pledge:
    """Return a draft of something that is counted in a unit."""
    kind = CapabilityTypeFactory(unit_of_measure=unit, is_pcrs_registrable=unit == "company")
    pledge: Pledge = DraftPledgeFactory(participant=people.delegation, capability_type=kind, quantity=None, **values)
    return pledge


def change(browser: Client, pledge: Pledge, step: str, **typed: Any) -> Any:
    """Fill in a step and save it."""
    url = edit_url(pledge, step)
    answer = browser.post(url, form_of(browser, url) | typed)
    pledge.refresh_from_db()
    return answer


# --- The session of the conference ------------------------------------------------------------------------------------
def test_the_sessions_of_its_own_conference_are_offered_and_none_is_needed(people: People, signed_in: SignedIn) -> None:
    pledge = draft_of(people, "company")
    second = SessionFactory(conference=pledge.conference, position=2, title="Partnerships")
    first = SessionFactory(conference=pledge.conference, position=1, title="Protection")
    SessionFactory(title="Of another conference")
    browser = signed_in(people.drafter)
    page = browser.get(edit_url(pledge, "when"))
    assert page.context["form"].fields["session"].choices == [
        ("", "Not yet known"),
        (str(first.pk), "Session 1: Protection"),
        (str(second.pk), "Session 2: Partnerships"),
    ]
    change(browser, pledge, "when", session=second.pk, then="leave")
    assert pledge.session == second
    assert "Session 2: Partnerships" in browser.get(reverse("pledge-check", args=[pledge.reference])).content.decode()
    change(browser, pledge, "when", session="", then="leave")
    assert pledge.session is None
    assert "session" not in left_to_do(pledge, people.drafter)


def test_a_conference_without_sessions_asks_for_none(people: People, signed_in: SignedIn) -> None:
    page = signed_in(people.drafter).get(edit_url(draft_of(people, "company"), "when"))
    assert page.context["page"].fields == ["missions", "deliver_from", "deliver_by"]


def test_a_session_of_another_conference_waits_for_a_correction(people: People, signed_in: SignedIn) -> None:
    pledge = draft_of(people, "company")
    SessionFactory(conference=pledge.conference)
    change(signed_in(people.drafter), pledge, "when", session=SessionFactory().pk)
    assert pledge.session is None
    assert "session" in left_to_do(pledge, people.drafter)


# --- Only what applies ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("unit", "asked"),
    [
        ("company", ["quantity", "personnel", "women", "declared_readiness"]),
        ("vehicle", ["quantity", "personnel", "women"]),
        ("USD", ["amount", "currency", "fund"]),
        ("course", ["courses", "places", "places_for_women", "languages"]),
        ("contribution", ["quantity", "personnel", "women"]),
    ],
)
def test_numbers_are_asked_as_fits_the_kind(people: People, signed_in: SignedIn, unit: str, asked: list[str]) -> None:
    page = signed_in(people.drafter).get(edit_url(draft_of(people, unit), "how-much"))
    assert page.context["page"].fields == asked


def test_a_policy_has_no_numbers_and_no_step_for_them(people: People, signed_in: SignedIn) -> None:
    pledge = draft_of(people, "commitment")
    browser = signed_in(people.drafter)
    slugs = [task["slug"] for task in browser.get(edit_url(pledge, "what")).context["tasks"]]
    assert slugs == ["what", "when", "outcome"]
    assert browser.get(edit_url(pledge, "how-much")).url == edit_url(pledge)
    assert "The outcome" in browser.get(edit_url(pledge, "outcome")).content.decode()


def test_there_are_at_most_seven_steps() -> None:
    assert len(STEPS) + 2 <= 7, "with the check and the partners"


def test_what_does_not_apply_any_more_stays_in_sight(people: People, signed_in: SignedIn) -> None:
    pledge = draft_of(people, "USD", personnel=40)
    page = signed_in(people.drafter).get(edit_url(pledge, "how-much"))
    assert page.context["page"].fields == ["personnel", "amount", "currency", "fund"]


def test_courses_are_counted_once(people: People, signed_in: SignedIn) -> None:
    pledge = draft_of(people, "course")
    change(signed_in(people.drafter), pledge, "how-much", courses="3", places="٦٠", places_for_women="30")
    assert (pledge.courses, pledge.places, pledge.quantity, pledge.unit) == (3, 60, 3, "course")
    page = signed_in(people.drafter).get(edit_url(pledge, "how-much"))
    assert "quantity" not in page.context["page"].fields


def test_a_number_of_courses_never_becomes_one_of_units(people: People, signed_in: SignedIn) -> None:
    pledge, browser = draft_of(people, "course"), signed_in(people.drafter)
    change(browser, pledge, "how-much", courses="5", then="leave")
    course, battalion = pledge.capability_type, CapabilityTypeFactory(unit_of_measure="battalion")
    page = browser.post(
        edit_url(pledge, "what"),
        form_of(browser, edit_url(pledge, "what")) | {"capability": battalion.pk, "then": "leave"},
        follow=True,
    )
    pledge.refresh_from_db()
    assert (pledge.quantity, pledge.unit, pledge.courses) == (None, "", 5)
    assert "The quantity was counted in another unit: enter it anew." in page.content.decode()
    assert {"quantity", "courses"} <= set(browser.get(edit_url(pledge)).context["page"].fields)
    change(browser, pledge, "what", capability=course.pk)
    assert (pledge.quantity, pledge.unit) == (5, "course"), "it says five courses still"


@pytest.mark.parametrize("stored", ["", "3"])
def test_words_that_wait_at_the_quantity_go_when_it_is_mended(people: People, signed_in: SignedIn, stored: str) -> None:
    pledge, browser = draft_of(people, "company"), signed_in(people.drafter)
    change(browser, pledge, "how-much", quantity=stored)
    change(browser, pledge, "how-much", quantity="some")
    assert pledge.unread.count() == 1
    change(browser, pledge, "how-much", quantity=stored)
    assert (pledge.unread.count(), pledge.quantity) == (0, int(stored) if stored else None)


def test_as_many_persons_as_courses_are_asked_for_both(people: People, signed_in: SignedIn) -> None:
    kind = CapabilityTypeFactory(unit_of_measure="person", category=CategoryFactory(code="training"))
    pledge = DraftPledgeFactory(participant=people.delegation, capability_type=kind, quantity=None)
    change(signed_in(people.drafter), pledge, "how-much", quantity="3", courses="3")
    page = signed_in(people.drafter).get(edit_url(pledge, "how-much"))
    assert {"quantity", "courses"} <= set(page.context["page"].fields)


def test_a_quantity_is_kept_where_the_same_edit_states_it_in_the_new_unit(people: People, signed_in: SignedIn) -> None:
    pledge, browser = draft_of(people, "person"), signed_in(people.drafter)
    change(browser, pledge, "how-much", quantity="600", then="leave")
    vehicles, battalion = (CapabilityTypeFactory(unit_of_measure=unit) for unit in ("vehicle", "battalion"))
    change(browser, pledge, "", capability=battalion.pk, quantity="1", then="leave")
    assert (pledge.quantity, pledge.unit) == (1, "battalion")
    change(browser, pledge, "", capability=CapabilityTypeFactory(unit_of_measure="battalion").pk, then="leave")
    assert (pledge.quantity, pledge.unit) == (1, "battalion"), "another type in the same unit"
    answer = change(browser, pledge, "", capability=vehicles.pk, autosave="1")
    assert (pledge.quantity, pledge.unit) == (None, "")
    assert answer.json()["told"] == {"quantity": "The quantity was counted in another unit: enter it anew."}


def test_partners_are_asked_again_when_the_currency_changes(people: People, signed_in: SignedIn) -> None:
    pledge = draft_of(people, "USD", amount=1_000_000, currency="USD")
    partner = ConfirmedPartnerFactory(pledge=pledge, share_quantity=None, share_amount=500_000)
    browser, url = signed_in(people.drafter), edit_url(pledge, "how-much")
    page = browser.post(url, form_of(browser, url) | {"currency": "JPY", "then": "leave"}, follow=True)
    assert f"they are asked again: {partner.participant}." in page.content.decode()
    partner.refresh_from_db()
    assert partner.confirmation == "awaited"


def test_a_step_that_is_not_known_is_not_found(people: People, signed_in: SignedIn) -> None:
    assert signed_in(people.drafter).get(edit_url(draft_of(people, "USD"), "nonsense")).status_code == 404


# --- The way through --------------------------------------------------------------------------------------------------
def test_each_step_leads_to_the_next_and_the_last_to_the_check(people: People, signed_in: SignedIn) -> None:
    pledge, browser = draft_of(people, "company"), signed_in(people.drafter)
    way = [change(browser, pledge, step.slug, then="next").url for step in STEPS]
    assert way == [
        *(edit_url(pledge, step.slug) for step in STEPS[1:]),
        reverse("pledge-check", args=[pledge.reference]),
    ]


def test_each_step_says_how_far_it_is(people: People, signed_in: SignedIn) -> None:
    pledge, browser = draft_of(people, "company"), signed_in(people.drafter)
    change(browser, pledge, "how-much", quantity="a few", then="leave")
    change(browser, pledge, "when", deliver_by_year="2027")
    change(browser, pledge, "outcome", intended_outcome="Wounded are treated within an hour.")
    states = {task["slug"]: task["state"] for task in browser.get(edit_url(pledge, "what")).context["tasks"]}
    assert states == {
        "what": "completed",
        "how-much": "problem",
        "when": "completed",
        "outcome": "in_progress",
        "conditions": "not_started",
    }


def test_a_change_from_the_check_page_leads_back_to_it(people: People, signed_in: SignedIn) -> None:
    pledge, browser = draft_of(people, "company"), signed_in(people.drafter)
    check = browser.get(reverse("pledge-check", args=[pledge.reference]))
    url = check.context["groups"][0]["answers"][1]["url"]
    assert url == f"{edit_url(pledge, 'what')}?then=check#id_title"
    page = browser.get(url)
    assert b"Save and check the answers" in page.content
    answer = browser.post(url, form_of(browser, url) | {"title": "Another title", "then": "submit"})
    assert answer.url == reverse("pledge-check", args=[pledge.reference])


def test_a_reason_of_the_secretariat_stands_at_its_field(people: People, signed_in: SignedIn) -> None:
    pledge = SubmittedPledgeFactory(participant=people.delegation)
    apply_transition("return", pledge=pledge, by=people.officer, at=timezone.now(), reason="Say how many.")
    pledge.review_notes.create(field="personnel", text="How many <b>persons</b>?", author=people.officer)
    text = signed_in(people.drafter).get(edit_url(pledge, "how-much")).content.decode()
    assert "The Secretariat asks:" in text
    assert "How many &lt;b&gt;persons&lt;/b&gt;?" in text


# --- Words that cannot be read ----------------------------------------------------------------------------------------
def test_what_cannot_be_read_waits_for_a_colleague_and_keeps_the_pledge_from_being_submitted(
    people: People, signed_in: SignedIn
) -> None:
    pledge = draft_of(people, "company", personnel=80)
    change(signed_in(people.drafter), pledge, "how-much", quantity="a few", personnel="90")
    assert (pledge.quantity, pledge.personnel) == (None, 90), "the rest is saved"
    page = signed_in(people.approver).get(edit_url(pledge, "how-much"))
    assert page.context["form"]["quantity"].value() == "a few"
    assert "Enter a whole number in digits" in page.content.decode()
    with pytest.raises(Incomplete) as refusal:
        apply_transition("submit", pledge=pledge, by=people.approver, at=SUBMITTED_AT)
    assert refusal.value.fields == {"quantity": "Correct “a few”: it could not be read."}
    check = signed_in(people.approver).get(step_url(pledge, "submit"))
    assert check.context["missing"][0][0] == f"{edit_url(pledge, 'how-much')}#id_quantity"
    change(signed_in(people.approver), pledge, "how-much", quantity="3")
    assert pledge.quantity == 3
    assert not pledge.unread.exists()
    assert left_to_do(pledge, people.approver) == {}


def test_of_two_numbers_that_contradict_each_other_none_is_lost(people: People, signed_in: SignedIn) -> None:
    pledge = draft_of(people, "company", personnel=80, women=40)
    browser = signed_in(people.drafter)
    change(browser, pledge, "how-much", personnel="30")
    assert (pledge.personnel, pledge.women) == (30, None)
    form = browser.get(edit_url(pledge, "how-much")).context["form"]
    assert form["women"].value() == "40"
    assert "no higher than the persons" in form.errors["women"][0]


# --- Two people, and a script -----------------------------------------------------------------------------------------
def test_edits_of_different_steps_merge_without_a_question(people: People, signed_in: SignedIn) -> None:
    pledge = draft_of(people, "company")
    drafter, approver = signed_in(people.drafter), signed_in(people.approver)
    opened = form_of(drafter, edit_url(pledge, "how-much"))
    change(approver, pledge, "outcome", intended_outcome="Theirs")
    assert drafter.post(edit_url(pledge, "how-much"), opened | {"quantity": "2"}).status_code == 302
    pledge.refresh_from_db()
    assert (pledge.quantity, pledge.intended_outcome) == (2, "Theirs")


def test_edits_of_one_field_are_a_conflict(people: People, signed_in: SignedIn) -> None:
    pledge = draft_of(people, "company")
    drafter, approver = signed_in(people.drafter), signed_in(people.approver)
    opened = form_of(drafter, edit_url(pledge, "how-much"))
    change(approver, pledge, "how-much", quantity="some")
    page = drafter.post(edit_url(pledge, "how-much"), opened | {"quantity": "2"})
    assert page.status_code == 409
    assert [(row.name, row.mine, row.theirs) for row in page.context["contested"]] == [("quantity", "2", "some")]


def test_a_script_saves_and_is_answered_in_json(people: People, signed_in: SignedIn) -> None:
    pledge, browser = draft_of(people, "company"), signed_in(people.drafter)
    sent = form_of(browser, edit_url(pledge, "how-much"))
    first = browser.post(edit_url(pledge, "how-much"), sent | {"quantity": "2", "personnel": "x", "autosave": "1"})
    assert first.status_code == 200
    assert first.json().keys() == {"saved", "version", "seen", "others", "told"}
    again = sent | {"quantity": "3", "personnel": "x", "autosave": "1"}
    again |= {name: first.json()[name] for name in ("version", "seen")}
    assert browser.post(edit_url(pledge, "how-much"), again).status_code == 200
    pledge.refresh_from_db()
    assert (pledge.quantity, [str(row) for row in pledge.unread.all()]) == (3, ["x"])
    stale = browser.post(edit_url(pledge, "how-much"), sent | {"quantity": "9", "autosave": "1"})
    assert stale.status_code == 409
    assert json.loads(stale.content) == {"conflict": "Somebody else changed this too."}
    pledge.refresh_from_db()
    assert pledge.quantity == 3


# --- Beside the fields ------------------------------------------------------------------------------------------------
def test_open_requirements_of_the_type_stand_beside_the_fields(people: People, signed_in: SignedIn) -> None:
    pledge = draft_of(people, "company")
    ask = RequirementFactory(capability_type=pledge.capability_type, mission=MissionFactory(), quantity=5)
    RequirementFactory(mission=MissionFactory())
    page = signed_in(people.drafter).get(edit_url(pledge, "how-much"))
    assert [row.references for row in page.context["needs"]] == [(ask.reference,)]
    assert "all 5 missing" in page.content.decode()


@pytest.mark.parametrize("count", [1, 12])
@pytest.mark.parametrize("step", ["what", "when"])
def test_a_step_asks_the_database_as_often_however_much_there_is(
    people: People, signed_in: SignedIn, django_assert_num_queries: Any, count: int, step: str
) -> None:
    pledge = draft_of(people, "company")
    for _n in range(count):
        RequirementFactory(mission=MissionFactory(), capability_type=pledge.capability_type)
        CategoryFactory()
        DraftPledgeFactory(participant=people.delegation, capability_type=pledge.capability_type, title=pledge.title)
    browser = signed_in(people.drafter)
    browser.get(edit_url(pledge, step))
    with django_assert_num_queries({"what": 20, "when": 19}[step]):
        browser.get(edit_url(pledge, step))
