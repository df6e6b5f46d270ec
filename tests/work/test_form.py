"""The draft form: gaps are fine, nothing typed is lost, a form sent twice is one draft, two editors lose nothing."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from capabilities.models import CapabilityType
from conferences.models import MembershipRole
from pledges.enums import Status
from pledges.models import Pledge
from tests.factories import (
    CategoryFactory,
    ConferenceFactory,
    DraftPledgeFactory,
    MissionFactory,
    RequirementFactory,
    ReturnedPledgeFactory,
    SubmittedPledgeFactory,
    member_of,
)
from tests.work.conftest import People, edit_url, form_of

SignedIn = Callable[[User | None], Client]
CREATE = "pledge-create"


def draft(browser: Client, answers: dict[str, Any], **other: Any) -> Pledge:
    """Send the first page, fill the others in on one page, and return the draft."""
    browser.post(reverse(CREATE), answers | other)
    pledge = Pledge.objects.order_by("-pk")[0]
    browser.post(edit_url(pledge), form_of(browser, edit_url(pledge)) | answers | other)
    pledge.refresh_from_db()
    return pledge


def errors(page: Any) -> dict[str, list[str]]:
    """Return what the page complains about, by field."""
    return {name: list(complaints) for name, complaints in page.context["form"].errors.items()}


# --- Saving -----------------------------------------------------------------------------------------------------------
def test_an_empty_form_is_a_draft(people: People, answers: dict[str, Any], signed_in: SignedIn) -> None:
    kept = ("participant", "conference", "kind", "caveats_known")
    pledge = draft(signed_in(people.drafter), {name: answers[name] for name in kept})
    assert (pledge.status, pledge.title, pledge.quantity, pledge.category) == (Status.DRAFT, "", None, None)


@pytest.mark.parametrize("sent", [{}, {"kind": ""}])
def test_a_first_page_that_does_not_say_whether_it_is_new_is_a_draft(
    people: People, answers: dict[str, Any], signed_in: SignedIn, sent: dict[str, str]
) -> None:
    kept = {name: value for name, value in answers.items() if name != "kind"}
    answer = signed_in(people.drafter).post(reverse(CREATE), kept | sent)
    assert answer.status_code == 302
    assert Pledge.objects.get().kind == "new"


def test_a_word_that_is_no_choice_is_kept_beside_its_field(
    people: People, answers: dict[str, Any], signed_in: SignedIn
) -> None:
    page = signed_in(people.drafter).post(reverse(CREATE), answers | {"kind": "no such kind"})
    assert (page.status_code, list(errors(page))) == (200, ["kind"])
    assert Pledge.objects.get().kind == "new"


def test_all_that_is_typed_is_stored_and_comes_back(
    people: People, answers: dict[str, Any], signed_in: SignedIn
) -> None:
    browser = signed_in(people.drafter)
    full = answers | {
        "amount": "1.200.000,50",
        "currency": "usd",
        "deliver_from_year": "2026",
        "intended_outcome": "Wounded are operated\r\nwithin an hour.",
        "responsible_office": "Ministry of Defence",
        "means_of_verification": "Verification visit",
        "caveats_known": "declared",
        "caveats": "No night flights\r\n\r\nNo deployment before the rains",
        "kind": "renewed",
    }
    pledge = draft(browser, full)
    assert str(pledge.amount) == "1200000.50"
    assert pledge.currency == "USD"
    assert (pledge.deliver_from, pledge.deliver_from_precision) == (date(2026, 1, 1), "year")
    assert [caveat.text for caveat in pledge.caveats.all()] == ["No night flights", "No deployment before the rains"]
    shown = form_of(browser, edit_url(pledge))
    assert {name: shown[name] for name in ("intended_outcome", "responsible_office", "means_of_verification")} == {
        "intended_outcome": "Wounded are operated\nwithin an hour.",
        "responsible_office": "Ministry of Defence",
        "means_of_verification": "Verification visit",
    }
    assert (shown["deliver_by_day"], shown["deliver_by_month"], shown["deliver_by_year"]) == ("", "6", "2027")
    assert (shown["deliver_from_month"], shown["deliver_from_year"]) == ("", "2026")
    assert shown["missions"] == answers["missions"]
    assert shown["kind"] == "renewed"
    version = pledge.version
    browser.post(edit_url(pledge), shown)
    pledge.refresh_from_db()
    assert pledge.version == version, "sending back what was shown changes nothing"


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ({"quantity": "a few"}, {"quantity": "Enter a whole number in digits"}),
        ({"quantity": "0"}, {"quantity": "above zero"}),
        ({"quantity": "9" * 30}, {"quantity": "no higher than"}),
        ({"personnel": "2147483648"}, {"personnel": "no higher than"}),
        ({"quantity": "some", "women": "2000"}, {"quantity": "in digits", "women": "no higher than the persons"}),
        ({"personnel": "some", "women": "2000"}, {"personnel": "in digits"}),
        ({"women": "5", "personnel": ""}, {"women": "no higher than the persons"}),
        ({"women": "1201"}, {"women": "no higher than the persons"}),
        ({"amount": "5"}, {"currency": "Choose the currency"}),
        ({"currency": "EUR"}, {"amount": "Enter the amount"}),
        ({"amount": "5", "currency": "euro"}, {"currency": "three letters"}),
        ({"amount": "9" * 20, "currency": "EUR"}, {"amount": "at most 16 digits"}),
        ({"deliver_from_year": "2028"}, {"deliver_by": "not before"}),
        ({"deliver_by_day": "31"}, {"deliver_by": "no such day"}),
        ({"deliver_by_year": "27"}, {"deliver_by": "four digits"}),
        ({"deliver_by_year": ""}, {"deliver_by": "year too"}),
        ({"deliver_by_day": "3", "deliver_by_month": ""}, {"deliver_by": "month too"}),
        ({"deliver_by_month": "June"}, {"deliver_by": "in digits"}),
        ({"title": "x" * 201}, {"title": "200 characters"}),
        ({"caveats_known": "none_declared", "caveats": "Not at night"}, {"caveats": "Empty this"}),
        ({"missions": ["NOWHERE"]}, {"missions": "one of those listed"}),
        ({"capability": "nothing"}, {"capability": "one of those listed"}),
    ],
)
def test_what_cannot_be_stored_is_said_beside_its_field_and_stays_typed(
    people: People, answers: dict[str, Any], signed_in: SignedIn, typed: dict[str, Any], complaint: dict[str, str]
) -> None:
    browser = signed_in(people.drafter)
    pledge = draft(browser, answers)
    page = browser.post(edit_url(pledge), form_of(browser, edit_url(pledge)) | typed)
    assert page.status_code == 200
    found = errors(page)
    assert found.keys() == complaint.keys()
    for name, words in complaint.items():
        assert words in found[name][0]
        assert page.content.decode().count(found[name][0].replace("'", "&#x27;")) == 2, "on top and at the field"
    form = page.context["form"]
    for name, value in typed.items():
        field, _, part = name.rpartition("_")
        box = {"day": 0, "month": 1, "year": 2}.get(part)
        kept = form[name].value() if box is None else form[field].value()[box]
        assert kept == value
    again = browser.get(edit_url(pledge))
    assert errors(again) == found, "the words wait with the draft"
    assert {name: again.context["form"][name].value() for name in found} == {name: form[name].value() for name in found}
    assert {row.field for row in pledge.unread.all()} <= {*found, *typed, "amount", "deliver_by"}


@pytest.mark.parametrize("word", ["please", "invalid", "forbidden"])
def test_errors_are_said_without_scolding(
    people: People, answers: dict[str, Any], signed_in: SignedIn, word: str
) -> None:
    browser = signed_in(people.drafter)
    pledge = draft(browser, answers)
    wrong = {name: "x" * 201 if name == "title" else "wrong" for name in answers}
    page = browser.post(edit_url(pledge), form_of(browser, edit_url(pledge)) | wrong)
    complaints = [sentence for sentences in errors(page).values() for sentence in sentences]
    assert len(complaints) > 8
    assert not [sentence for sentence in complaints if word in sentence.lower()]


def test_a_category_can_be_chosen_where_no_type_fits(
    people: People, answers: dict[str, Any], signed_in: SignedIn
) -> None:
    category = CategoryFactory()
    pledge = draft(signed_in(people.drafter), answers, capability=f"other:{category.pk}", quantity="")
    assert (pledge.capability_type, pledge.category, pledge.match, pledge.unit) == (None, category, "none", "")


def test_the_unit_goes_with_the_type(people: People, answers: dict[str, Any], signed_in: SignedIn) -> None:
    browser = signed_in(people.drafter)
    pledge = draft(browser, answers)
    assert "Counted in this unit: facility." in browser.get(edit_url(pledge)).content.decode()
    browser.post(edit_url(pledge), form_of(browser, edit_url(pledge)) | {"capability": ""})
    pledge.refresh_from_db()
    assert (pledge.capability_type, pledge.category, pledge.unit, pledge.quantity) == (None, None, "", None)


def test_the_form_opens_with_what_an_ask_says(people: People, signed_in: SignedIn) -> None:
    conference = ConferenceFactory()
    mission = MissionFactory(ends_on=date(2020, 1, 1), ends_on_precision="day")
    ask = RequirementFactory(mission=mission, conference=conference, quantity=None)
    ConferenceFactory(starts_on=date(2026, 1, 1), ends_on=date(2026, 1, 2))
    page = signed_in(people.drafter).get(reverse(CREATE), {"requirement": ask.reference})
    form = page.context["form"]
    assert form["capability"].value() == ask.capability_type_id
    assert form["conference"].value() == conference.pk
    assert "not stated" in page.content.decode()
    browser = signed_in(people.drafter)
    url = f"{reverse(CREATE)}?requirement={ask.reference}"
    browser.post(url, form_of(browser, url) | {"participant": people.delegation.pk})
    pledge = Pledge.objects.get()
    assert [pledge.capability_type, *pledge.missions.all()] == [ask.capability_type, mission]


def test_the_conference_in_the_address_is_chosen(people: People, signed_in: SignedIn) -> None:
    chosen, _other = ConferenceFactory(), ConferenceFactory()
    browser = signed_in(people.drafter)
    assert browser.get(reverse(CREATE), {"conference": chosen.slug}).context["form"]["conference"].value() == chosen.pk
    assert browser.get(reverse(CREATE), {"conference": "nowhere"}).status_code == 404


def test_other_delegations_and_conferences_that_are_not_open_yet_cannot_be_chosen(
    people: People, answers: dict[str, Any], signed_in: SignedIn
) -> None:
    coming = ConferenceFactory(window_opens_at=timezone.now() + timedelta(days=1))
    other = people.other_approver.memberships.get().participant
    page = signed_in(people.drafter).post(reverse(CREATE), answers | {"conference": coming.pk, "participant": other.pk})
    assert errors(page) == {
        "participant": ["Choose one of those listed."],
        "conference": ["Choose one of those listed."],
    }
    assert not Pledge.objects.exists()


@pytest.mark.parametrize("name", ["viewer", "officer", "manager", "analyst"])
def test_only_writers_can_open_the_form(people: People, signed_in: SignedIn, name: str) -> None:
    browser = signed_in(getattr(people, name))
    assert browser.get(reverse(CREATE)).status_code == 403
    assert browser.post(reverse(CREATE), {}).status_code == 403


def test_fields_that_are_not_the_delegations_cannot_be_set(
    people: People, answers: dict[str, Any], signed_in: SignedIn
) -> None:
    sneaked = {"status": "registered", "announced_at": "2025-01-01", "author": people.officer.pk, "reference": "MINE"}
    pledge = draft(signed_in(people.drafter), answers | sneaked)
    assert (pledge.status, pledge.announced_at, pledge.author) == (Status.DRAFT, None, people.drafter)
    assert pledge.reference != "MINE"


# --- Sent twice -------------------------------------------------------------------------------------------------------
def test_a_form_sent_twice_makes_one_draft(people: People, answers: dict[str, Any], signed_in: SignedIn) -> None:
    browser = signed_in(people.drafter)
    key = str(browser.get(reverse(CREATE)).context["form"]["form_key"].value())
    pages = [browser.post(reverse(CREATE), answers | {"form_key": key}, follow=True) for _click in range(2)]
    pledge = Pledge.objects.get()
    assert pledge.version == 1
    for page in pages:
        assert page.redirect_chain[-1][0] == pledge.get_absolute_url()
        assert f"{pledge.reference} is saved" in page.content.decode()


def test_two_forms_make_two_drafts_and_nobody_gets_at_anothers(
    people: People, answers: dict[str, Any], signed_in: SignedIn
) -> None:
    drafter, approver = signed_in(people.drafter), signed_in(people.approver)
    key = str(drafter.get(reverse(CREATE)).context["form"]["form_key"].value())
    assert key != str(drafter.get(reverse(CREATE)).context["form"]["form_key"].value())
    drafter.post(reverse(CREATE), answers | {"form_key": key})
    approver.post(reverse(CREATE), answers | {"form_key": key, "title": "Mine"})
    assert set(Pledge.objects.values_list("author", "title")) == {
        (people.drafter.pk, answers["title"]),
        (people.approver.pk, "Mine"),
    }


def test_going_back_and_sending_other_words_changes_the_same_draft(
    people: People, answers: dict[str, Any], signed_in: SignedIn
) -> None:
    browser = signed_in(people.drafter)
    key = str(browser.get(reverse(CREATE)).context["form"]["form_key"].value())
    browser.post(reverse(CREATE), answers | {"form_key": key})
    browser.post(reverse(CREATE), answers | {"form_key": key, "title": "Better title"})
    assert list(Pledge.objects.values_list("title", "version")) == [("Better title", 2)]


def test_going_back_after_somebody_else_changed_the_draft_loses_nothing(
    people: People, answers: dict[str, Any], signed_in: SignedIn
) -> None:
    drafter, approver = signed_in(people.drafter), signed_in(people.approver)
    key = str(drafter.get(reverse(CREATE)).context["form"]["form_key"].value())
    pledge = draft(drafter, answers, form_key=key)
    approver.post(edit_url(pledge), form_of(approver, edit_url(pledge)) | {"title": "The approver's"})
    page = drafter.post(reverse(CREATE), answers | {"form_key": key, "title": "The drafter's"})
    text = page.content.decode()
    assert "The approver&#x27;s" in text
    assert "The drafter&#x27;s" in text
    assert page.context["action"] == edit_url(pledge, "what")
    assert Pledge.objects.get().title == "The approver's"


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_make_one_draft(people: People, answers: dict[str, Any], signed_in: SignedIn) -> None:
    browsers = [signed_in(people.drafter) for _click in range(4)]
    key = str(browsers[0].get(reverse(CREATE)).context["form"]["form_key"].value())

    def click(browser: Client) -> int:
        try:
            return browser.post(reverse(CREATE), answers | {"form_key": key}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(click, browsers)) == [302] * 4
    assert Pledge.objects.count() == 1


# --- Two editors ------------------------------------------------------------------------------------------------------
def conflict(people: People, signed_in: SignedIn, pledge: Pledge, mine: dict[str, Any], theirs: dict[str, Any]) -> Any:
    """Return the page that the second editor sees, after the first has saved."""
    drafter, approver = signed_in(people.drafter), signed_in(people.approver)
    opened = form_of(drafter, edit_url(pledge))
    approver.post(edit_url(pledge), form_of(approver, edit_url(pledge)) | theirs)
    return drafter.post(edit_url(pledge), opened | mine)


def resend(page: Any, **other: Any) -> dict[str, Any]:
    """Return what the browser sends of the form on a page of conflict."""

    class Shown:
        def get(self, url: str) -> Any:
            return page

    return form_of(Shown(), "") | other


def test_both_versions_are_shown_and_nothing_is_stored(people: People, signed_in: SignedIn) -> None:
    pledge = DraftPledgeFactory(participant=people.delegation, title="Hospital")
    page = conflict(people, signed_in, pledge, {"title": "Drafter's <b>title</b>"}, {"title": "Approver's title"})
    text = page.content.decode()
    assert page.status_code == 409
    assert "Somebody else saved this pledge while you were writing" in text
    assert "Drafter&#x27;s &lt;b&gt;title&lt;/b&gt;" in text
    assert "Approver&#x27;s title" in text
    pledge.refresh_from_db()
    assert (pledge.title, pledge.version) == ("Approver's title", 2)


def test_the_second_editor_keeps_the_own_words(people: People, signed_in: SignedIn) -> None:
    pledge = DraftPledgeFactory(participant=people.delegation)
    page = conflict(people, signed_in, pledge, {"title": "Mine"}, {"title": "Theirs"})
    signed_in(people.drafter).post(edit_url(pledge), resend(page))
    pledge.refresh_from_db()
    assert (pledge.title, pledge.version) == ("Mine", 3)


def test_the_second_editor_takes_the_others_words(people: People, signed_in: SignedIn) -> None:
    pledge = DraftPledgeFactory(participant=people.delegation)
    mine = {"title": "Mine", "description": "My description"}
    page = conflict(people, signed_in, pledge, mine, {"title": "Theirs", "description": "Their description"})
    signed_in(people.drafter).post(edit_url(pledge), resend(page, theirs=["title"]))
    pledge.refresh_from_db()
    assert (pledge.title, pledge.description) == ("Theirs", "My description")


def test_what_only_one_changed_is_merged(people: People, signed_in: SignedIn) -> None:
    pledge = DraftPledgeFactory(participant=people.delegation, missions=[MissionFactory()])
    theirs = {
        "missions": [MissionFactory().pk],
        "personnel": "80",
        "deliver_by_year": "2028",
        "caveats": "Not at night",
    }
    page = conflict(people, signed_in, pledge, {"title": "Mine", "quantity": "5"}, theirs)
    assert page.context["contested"] == []
    assert [difference.name for difference in page.context["other_differences"]] == [
        "title", "quantity", "personnel", "missions", "deliver_by", "caveats_known", "caveats",
    ]  # fmt: skip
    signed_in(people.drafter).post(edit_url(pledge), resend(page))
    pledge.refresh_from_db()
    assert (pledge.title, pledge.quantity, pledge.personnel) == ("Mine", 5, 80)
    assert [mission.pk for mission in pledge.missions.all()] == theirs["missions"]
    assert pledge.deliver_by == date(2028, 12, 31)
    assert [caveat.text for caveat in pledge.caveats.all()] == ["Not at night"]


def test_a_third_version_in_between_is_shown_too(people: People, signed_in: SignedIn) -> None:
    pledge = DraftPledgeFactory(participant=people.delegation)
    page = conflict(people, signed_in, pledge, {"title": "Mine"}, {"title": "Theirs"})
    approver = signed_in(people.approver)
    approver.post(edit_url(pledge), form_of(approver, edit_url(pledge)) | {"title": "Theirs again"})
    page = signed_in(people.drafter).post(edit_url(pledge), resend(page))
    text = page.content.decode()
    assert "Mine" in text
    assert "Theirs again" in text
    pledge.refresh_from_db()
    assert pledge.title == "Theirs again"


@pytest.mark.parametrize("seen", ["{{broken", "[" * 3000])
def test_a_form_without_its_version_overwrites_nothing(people: People, signed_in: SignedIn, seen: str) -> None:
    pledge = DraftPledgeFactory(participant=people.delegation, title="As it was")
    browser = signed_in(people.drafter)
    sent = form_of(browser, edit_url(pledge)) | {"title": "Mine", "version": "", "seen": seen}
    page = browser.post(edit_url(pledge), sent)
    assert "Somebody else saved this pledge" in page.content.decode()
    pledge.refresh_from_db()
    assert pledge.title == "As it was"


def test_saving_twice_is_no_conflict(people: People, signed_in: SignedIn) -> None:
    pledge = DraftPledgeFactory(participant=people.delegation)
    browser = signed_in(people.drafter)
    sent = form_of(browser, edit_url(pledge)) | {"title": "Mine"}
    for _click in range(2):
        page = browser.post(edit_url(pledge), sent, follow=True)
        assert f"{pledge.reference} is saved" in page.content.decode()
    pledge.refresh_from_db()
    assert (pledge.title, pledge.version) == ("Mine", 2)


# --- Who edits what and when ------------------------------------------------------------------------------------------
def test_a_returned_pledge_can_be_changed_by_either_writer(people: People, signed_in: SignedIn) -> None:
    pledge = ReturnedPledgeFactory(participant=people.delegation)
    for person, title in ((people.drafter, "By the drafter"), (people.approver, "By the approver")):
        browser = signed_in(person)
        browser.post(edit_url(pledge), form_of(browser, edit_url(pledge)) | {"title": title})
        pledge.refresh_from_db()
        assert pledge.title == title


@pytest.mark.parametrize("name", ["viewer", "officer", "manager"])
def test_whoever_sees_a_draft_without_being_its_writer_cannot_change_it(
    people: People, signed_in: SignedIn, name: str
) -> None:
    pledge = DraftPledgeFactory(participant=people.delegation, title="As it was")
    browser, writer = signed_in(getattr(people, name)), signed_in(people.drafter)
    assert browser.get(edit_url(pledge)).status_code == 403
    page = browser.post(edit_url(pledge), form_of(writer, edit_url(pledge)) | {"title": "Changed"})
    assert page.status_code == 403
    assert "Only drafters and approvers of this delegation" in page.content.decode()
    pledge.refresh_from_db()
    assert pledge.title == "As it was"


def test_what_was_typed_into_a_pledge_submitted_meanwhile_stays_on_the_page(
    people: People, signed_in: SignedIn
) -> None:
    pledge = DraftPledgeFactory(participant=people.delegation)
    browser = signed_in(people.drafter)
    sent = form_of(browser, edit_url(pledge)) | {"description": "Words of an hour"}
    Pledge.objects.filter(pk=pledge.pk).update(status=Status.SUBMITTED, submitted_at="2025-04-01T09:00Z")
    page = browser.post(edit_url(pledge), sent)
    assert page.status_code == 409
    text = page.content.decode()
    assert "This pledge was submitted" in text
    assert "Words of an hour" in text
    pledge.refresh_from_db()
    assert pledge.description != "Words of an hour"


def test_a_submitted_pledge_leads_back_to_its_page(people: People, signed_in: SignedIn) -> None:
    pledge = SubmittedPledgeFactory(participant=people.delegation)
    page = signed_in(people.drafter).get(edit_url(pledge), follow=True)
    assert page.redirect_chain == [(pledge.get_absolute_url(), 302)]
    assert "take it back to change it, or change it if the Secretariat returns it" in page.content.decode()


def test_a_member_of_two_delegations_chooses_which_one_pledges(
    people: People, answers: dict[str, Any], signed_in: SignedIn
) -> None:
    other = people.other_approver.memberships.get().participant
    both = member_of(people.delegation, MembershipRole.APPROVER)
    both.memberships.create(participant=other, role=MembershipRole.DRAFTER)
    pledge = draft(signed_in(both), answers, participant=other.pk)
    assert pledge.participant == other


@pytest.mark.parametrize("count", [1, 20])
def test_the_number_of_queries_does_not_depend_on_the_choices(
    people: People, signed_in: SignedIn, django_assert_num_queries: Any, count: int
) -> None:
    pledge = DraftPledgeFactory(participant=people.delegation)
    for _n in range(count):
        RequirementFactory(mission=MissionFactory())
    assert CapabilityType.objects.count() > count
    browser = signed_in(people.drafter)
    browser.get(edit_url(pledge))
    with django_assert_num_queries(21):
        browser.get(edit_url(pledge))
