"""The write path from draft to announcement: at each step the right people and nobody else see and act."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from pledges.enums import Status
from pledges.models import Pledge
from tests.factories import DraftPledgeFactory, RegisteredPledgeFactory, SubmittedPledgeFactory, assessed
from tests.work.conftest import People, edit_url, form_of, step_url

SignedIn = Callable[[User | None], Client]
INSIDERS = ("drafter", "approver", "viewer", "officer", "manager")
OUTSIDERS = ("other_approver", "analyst", None)


def who_sees(pledge: Pledge, people: People, signed_in: SignedIn) -> set[str | None]:
    """Return who can open the page of a pledge."""
    seen = set()
    for name in (*INSIDERS, *OUTSIDERS):
        browser = signed_in(getattr(people, name) if name else None)
        if browser.get(pledge.get_absolute_url()).status_code == 200:
            seen.add(name)
    return seen


def take(browser: Client, pledge: Pledge, action: str, **said: str) -> Any:
    """Confirm a step as the page offers it."""
    url = step_url(pledge, action)
    page = browser.get(url)
    form = page.context["form"] if page.status_code == 200 else ()
    sent = {field.name: field.value() for field in form if field.is_hidden}
    return browser.post(url, sent | said, follow=True)


def test_from_draft_to_announcement(people: People, answers: dict[str, Any], signed_in: SignedIn) -> None:
    drafter, approver = signed_in(people.drafter), signed_in(people.approver)
    officer, manager = signed_in(people.officer), signed_in(people.manager)

    page = drafter.post(reverse("pledge-create"), answers, follow=True)
    pledge = Pledge.objects.get()
    assert page.redirect_chain[-1][0] == pledge.get_absolute_url()
    assert f"{pledge.reference} is saved" in page.content.decode()
    drafter.post(edit_url(pledge), form_of(drafter, edit_url(pledge)) | answers)
    pledge.refresh_from_db()
    assert (pledge.status, pledge.author, pledge.personnel, pledge.women) == (Status.DRAFT, people.drafter, 1200, 300)
    assert (str(pledge.deliver_by), pledge.deliver_by_precision, pledge.unit) == ("2027-06-30", "month", "facility")
    assert who_sees(pledge, people, signed_in) == set(INSIDERS)

    assert take(drafter, pledge, "submit").status_code == 403
    assert take(officer, pledge, "submit").status_code == 403
    page = take(approver, pledge, "submit")
    pledge.refresh_from_db()
    assert pledge.status == Status.SUBMITTED
    assert "The Secretariat has it now" in page.content.decode()
    assert who_sees(pledge, people, signed_in) == set(INSIDERS)

    assert take(approver, pledge, "register").status_code == 403
    take(officer, pledge, "register")
    pledge.refresh_from_db()
    assert pledge.status == Status.REGISTERED
    assert who_sees(pledge, people, signed_in) == set(INSIDERS)

    assert take(approver, pledge, "announce").status_code == 403
    proposal = officer.get(step_url(pledge, "announce"), follow=True)
    sent = {"when": "at_once", "seen": proposal.context["form"]["seen"].value()}
    page = officer.post(proposal.redirect_chain[-1][0], sent, follow=True)
    assert "It is proposed" in page.content.decode()
    decision = page.redirect_chain[-1][0]
    assert officer.post(decision, {"verdict": "confirmed"}).status_code == 403
    pledge.refresh_from_db()
    assert not pledge.announced_at
    page = manager.post(decision, {"verdict": "confirmed"}, follow=True)
    pledge.refresh_from_db()
    assert pledge.announced_at
    assert "It is confirmed and carried out." in page.content.decode()
    assert who_sees(pledge, people, signed_in) == {*INSIDERS, *OUTSIDERS}
    assert [change.action for change in pledge.status_changes.all()] == ["submit", "register", "announce"]


@pytest.mark.parametrize("name", OUTSIDERS)
def test_a_hidden_pledge_is_not_there_for_others(people: People, signed_in: SignedIn, name: str | None) -> None:
    pledge = DraftPledgeFactory(participant=people.delegation)
    browser = signed_in(getattr(people, name) if name else None)
    urls = [
        reverse("pledge-edit", args=[pledge.reference]),
        reverse("pledge-report", args=[pledge.reference]),
        reverse("milestone-create", args=[pledge.reference]),
        *(step_url(pledge, action) for action in ("submit", "return", "register", "announce", "close", "nonsense")),
    ]
    for url in urls:
        for answer in (browser.get(url), browser.post(url, {"version": pledge.version})):
            if name:
                assert answer.status_code == 404
            else:
                assert answer.status_code == 302
                assert answer["Location"] == f"{reverse('sign-in')}?next={url}"
    pledge.refresh_from_db()
    assert (pledge.status, pledge.version) == (Status.DRAFT, 1)


def test_a_step_that_is_not_known_is_not_found(people: People, signed_in: SignedIn) -> None:
    pledge = DraftPledgeFactory(participant=people.delegation)
    assert signed_in(people.approver).get(step_url(pledge, "delete")).status_code == 404


def test_returning_needs_a_reason_that_the_delegation_reads(people: People, signed_in: SignedIn) -> None:
    pledge = SubmittedPledgeFactory(participant=people.delegation)
    officer = signed_in(people.officer)
    page = take(officer, pledge, "return", reason=" ")
    assert "Say why, in a sentence that the delegation can act on." in page.content.decode()
    pledge.refresh_from_db()
    assert pledge.status == Status.SUBMITTED
    take(officer, pledge, "return", reason="Say how many beds.")
    pledge.refresh_from_db()
    assert pledge.status == Status.RETURNED
    desk = signed_in(people.drafter).get(reverse("workspace")).content.decode()
    assert "Say how many beds." in desk


def test_closing_needs_an_assessment_an_outcome_and_a_reason(people: People, signed_in: SignedIn) -> None:
    pledge = RegisteredPledgeFactory(participant=people.delegation)
    officer = signed_in(people.officer)
    page = take(officer, pledge, "close", reason="The mission ended.", outcome="overtaken")
    assert reverse("pledge-assess", args=[pledge.reference]) in page.content.decode()
    assessed(pledge, "overtaken")
    page = take(officer, pledge, "close", reason="The mission ended.")
    assert "Choose one of those listed." in page.content.decode()
    said = {"reason": "The mission ended.", "outcome": "overtaken"}
    take(officer, pledge, "close", **said)
    pledge.refresh_from_db()
    assert pledge.status == Status.REGISTERED, "the reference was not typed"
    take(officer, pledge, "close", **said, typed_reference=pledge.reference)
    pledge.refresh_from_db()
    assert (pledge.status, pledge.outcome) == (Status.CLOSED, "overtaken")


def test_an_incomplete_pledge_says_what_is_missing_and_stays_a_draft(people: People, signed_in: SignedIn) -> None:
    pledge = DraftPledgeFactory(participant=people.delegation, title="", description="", capability_type=None)
    approver = signed_in(people.approver)
    for page in (approver.get(step_url(pledge, "submit")), approver.post(step_url(pledge, "submit"), {"version": 1})):
        text = page.content.decode()
        assert "Give the pledge a short title." in text
        assert "Describe in a sentence or two what is pledged." in text
        assert "Submit pledge to the Secretariat" not in text
    pledge.refresh_from_db()
    assert pledge.status == Status.DRAFT


def test_a_step_is_refused_where_somebody_acted_before(people: People, signed_in: SignedIn) -> None:
    pledge = SubmittedPledgeFactory(participant=people.delegation)
    url = step_url(pledge, "return")
    first, second = signed_in(people.officer), signed_in(people.manager)
    take(first, pledge, "register")
    page = second.post(url, {"version": 1, "reason": "Too vague."})
    assert "Somebody changed this pledge" in page.content.decode()
    assert "Too vague." in page.content.decode()
    pledge.refresh_from_db()
    assert pledge.status == Status.REGISTERED
    page = second.post(step_url(pledge, "register"), follow=True)
    assert "somebody may have acted before you" in page.content.decode()


def test_a_step_clicked_twice_is_taken_once_and_is_no_error(people: People, signed_in: SignedIn) -> None:
    pledge = SubmittedPledgeFactory(participant=people.delegation)
    officer = signed_in(people.officer)
    for _click in range(2):
        page = officer.post(step_url(pledge, "register"), {"version": pledge.version}, follow=True)
        assert f"{pledge.reference} is registered." in page.content.decode()
    assert pledge.status_changes.count() == 1


def test_another_reason_sent_after_the_step_is_not_taken_for_the_one_that_stands(
    people: People, signed_in: SignedIn
) -> None:
    pledge = RegisteredPledgeFactory(participant=people.delegation)
    approver, url = signed_in(people.approver), step_url(pledge, "withdraw")
    sent = {"version": pledge.version, "reason": "The budget fell.\r\nAll of it.", "typed_reference": pledge.reference}
    for _click in range(2):
        assert f"{pledge.reference} is withdrawn." in approver.post(url, sent, follow=True).content.decode()
    page = approver.post(url, sent | {"reason": "The unit deploys elsewhere."})
    assert page.status_code == 409
    assert "The unit deploys elsewhere." in page.content.decode()
    assert pledge.status_changes.get().reason.split() == ["The", "budget", "fell.", "All", "of", "it."]


def test_nobody_submits_words_that_they_have_not_read(people: People, signed_in: SignedIn) -> None:
    pledge = DraftPledgeFactory(participant=people.delegation)
    approver, drafter = signed_in(people.approver), signed_in(people.drafter)
    url = step_url(pledge, "submit")
    version = approver.get(url).context["form"].initial["version"]
    edit = reverse("pledge-edit", args=[pledge.reference])
    drafter.post(edit, form_of(drafter, edit) | {"title": "Something else"})
    page = approver.post(url, {"version": version})
    assert "Somebody changed this pledge after you opened the page" in page.content.decode()
    pledge.refresh_from_db()
    assert pledge.status == Status.DRAFT
    approver.post(url, {"version": pledge.version})
    pledge.refresh_from_db()
    assert (pledge.status, pledge.title) == (Status.SUBMITTED, "Something else")


@pytest.mark.parametrize("action", ["submit", "recall", "return", "register", "withdraw", "close", "discard"])
def test_looking_at_a_step_changes_nothing(people: People, signed_in: SignedIn, action: str) -> None:
    factory = dict.fromkeys(["recall", "return", "register"], SubmittedPledgeFactory)
    factory |= dict.fromkeys(["submit", "discard"], DraftPledgeFactory)
    pledge = factory.get(action, RegisteredPledgeFactory)(participant=people.delegation)
    person = people.approver if action in {"submit", "recall", "discard"} else people.manager
    page = signed_in(person).get(step_url(pledge, action))
    assert page.status_code == 200
    assert ("What submitting does" if action == "submit" else "What this does") in page.content.decode()
    before = (pledge.status, pledge.version, pledge.announced_at)
    pledge.refresh_from_db()
    assert (pledge.status, pledge.version, pledge.announced_at) == before


NEXT = {
    DraftPledgeFactory: {"drafter": "Change the draft", "approver": "Submit to the Secretariat"},
    SubmittedPledgeFactory: {"officer": "Review", "manager": "Review"},
    RegisteredPledgeFactory: {
        "drafter": "Report progress", "approver": "Report progress",
        "officer": "Propose to announce", "manager": "Propose to announce",
    },
}  # fmt: skip


@pytest.mark.parametrize("name", INSIDERS)
@pytest.mark.parametrize("factory", NEXT)
def test_the_next_step_is_the_only_primary_button_and_others_see_whose_turn_it_is(
    people: People, signed_in: SignedIn, factory: Any, name: str
) -> None:
    pledge = factory(participant=people.delegation)
    text = signed_in(getattr(people, name)).get(pledge.get_absolute_url()).content.decode()
    primary = re.findall(r'<a class="button" href="[^"]*">([^<]*)</a>', text)
    expected = NEXT[factory].get(name)
    assert primary == ([expected] if expected else [])
    turn = {
        DraftPledgeFactory: "an approver of the delegation submits it",
        SubmittedPledgeFactory: "It is the Secretariat’s turn since 1 April 2025",
        RegisteredPledgeFactory: "the Secretariat announces it, two people together",
    }[factory]
    acts = {
        DraftPledgeFactory: "approver",
        SubmittedPledgeFactory: "officer manager",
        RegisteredPledgeFactory: "officer manager",
    }
    assert (turn in text) == (name not in acts[factory].split())
