"""The Secretariat assesses beside the report, and a pledge is closed with what was found: two axes, never one."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse

from pledges.assessed import known_of
from pledges.enums import AssessedState, Outcome
from pledges.errors import Incomplete, NotAllowed, WrongStatus
from pledges.models import Assessment, Pledge
from pledges.services.assessing import assess
from pledges.transitions import apply_transition
from tests.factories import (
    AnnouncedPledgeFactory,
    AssessmentFactory,
    ClosedPledgeFactory,
    ConfirmedPartnerFactory,
    LineageFactory,
    OfficerFactory,
    ProgressUpdateFactory,
    RegisteredPledgeFactory,
    SubmittedPledgeFactory,
    UserFactory,
    assessed,
)
from tests.factories.pledges import SOURCE_TITLE, SOURCE_URL
from tests.progress.conftest import Cast, People, SignedIn

pytestmark = pytest.mark.django_db
NOW = datetime(2025, 10, 1, 9, tzinfo=UTC)
FINDING = {"state": "on_track", "confirmed_quantity": None, "reason": "Seen by the team.", "at": NOW}


def find(pledge: Pledge, **said: Any) -> Assessment:
    """An officer's assessment."""
    return assess(pledge=pledge, **{"by": OfficerFactory(), **FINDING, **said})


def assess_url(pledge: Pledge) -> str:
    return reverse("pledge-assess", args=[pledge.reference])


def close_url(pledge: Pledge) -> str:
    return reverse("pledge-step", args=[pledge.reference, "close"])


def opened(client: Any, url: str) -> dict[str, Any]:
    """Open a page and return what it sends along."""
    form = client.get(url).context["form"]
    return {field.name: field.value() for field in form.hidden_fields()}


def send(client: Any, pledge: Pledge, typed: dict[str, Any]) -> Any:
    """Open the page of assessing, and send what was typed there."""
    return client.post(assess_url(pledge), opened(client, assess_url(pledge)) | typed)


# --- Two axes ---------------------------------------------------------------------------------------------------------
def test_what_is_found_leaves_what_is_reported_alone_and_the_other_way_round() -> None:
    pledge = RegisteredPledgeFactory(quantity=4)
    ProgressUpdateFactory(pledge=pledge, state="delivered", delivered_quantity=4)
    find(pledge, state="partly_delivered", confirmed_quantity=1)
    ProgressUpdateFactory(pledge=pledge, state="delayed")
    pledge.refresh_from_db()
    assert (pledge.reported_state, pledge.assessed_state, pledge.delivered_quantity) == (
        "delayed",
        "partly_delivered",
        1,
    )


def test_officers_assess_and_nobody_else(cast: Cast) -> None:
    pledge = cast.join_partners(RegisteredPledgeFactory(participant=cast.lead, conference=cast.conference))
    able = set()
    for name, user in cast.people.items():
        try:
            find(pledge, by=user)
        except NotAllowed:
            continue
        able.add(name)
    assert able == {"officer", "manager"}


@pytest.mark.parametrize("make", [SubmittedPledgeFactory, ClosedPledgeFactory])
def test_only_registered_pledges_are_assessed(make: Any) -> None:
    with pytest.raises(WrongStatus):
        find(make())


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"state": "fine"}, "state"),
        ({"state": "withdrawn"}, "state"),
        ({"reason": " \n"}, "reason"),
        ({"state": "partly_delivered", "confirmed_quantity": 5}, "confirmed_quantity"),
        ({"state": "partly_delivered", "confirmed_quantity": 4}, "confirmed_quantity"),
        ({"state": "partly_delivered", "confirmed_quantity": 0}, "confirmed_quantity"),
        ({"state": "delivered", "confirmed_quantity": 3}, "confirmed_quantity"),
        ({"state": "not_delivered", "confirmed_quantity": 1}, "confirmed_quantity"),
        ({"state": "on_track", "closes": True}, "closes"),
        ({"state": "delayed", "closes": True}, "closes"),
    ],
)
def test_an_assessment_that_cannot_stand_is_refused_at_its_field(said: dict[str, Any], field: str) -> None:
    pledge = RegisteredPledgeFactory(quantity=4)
    with pytest.raises(Incomplete) as refusal:
        find(pledge, **said)
    assert list(refusal.value.fields) == [field]
    assert not Assessment.objects.exists()


def test_nothing_is_confirmed_of_a_pledge_without_a_number() -> None:
    with pytest.raises(Incomplete):
        find(RegisteredPledgeFactory(quantity=None), state="delivered", confirmed_quantity=1)


@pytest.mark.parametrize("quantity", [4, None])
def test_delivered_confirms_all_that_was_pledged(quantity: int | None) -> None:
    assert find(RegisteredPledgeFactory(quantity=quantity), state="delivered").confirmed_quantity == quantity


def test_an_assessment_sent_twice_is_one() -> None:
    pledge, officer = RegisteredPledgeFactory(), OfficerFactory()
    for _click in range(2):
        find(pledge, by=officer)
    assert Assessment.objects.count() == 1
    find(pledge, by=officer, reason="Seen again.")
    assert Assessment.objects.count() == 2


def test_the_same_finding_after_somebody_said_something_is_a_new_one() -> None:
    pledge, officer = RegisteredPledgeFactory(), OfficerFactory()
    find(pledge, by=officer)
    ProgressUpdateFactory(pledge=pledge, state="delivered", created_at=NOW + timedelta(minutes=1))
    find(pledge, by=officer, at=NOW + timedelta(minutes=2))
    assert Assessment.objects.count() == 2
    find(pledge, state="delayed", at=NOW + timedelta(minutes=3))
    find(pledge, by=officer, at=NOW + timedelta(minutes=4))
    pledge.refresh_from_db()
    assert (Assessment.objects.count(), pledge.assessed_state) == (4, "on_track")


# --- Closing follows --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("found", sorted(set(AssessedState.values) - {"withdrawn"}))
@pytest.mark.parametrize("outcome", sorted(set(Outcome.values) - {"withdrawn", "superseded"}))
def test_a_pledge_is_closed_with_the_outcome_that_was_found_and_no_other(found: str, outcome: str) -> None:
    pledge = assessed(AnnouncedPledgeFactory(), found)
    close = {"pledge": pledge, "by": OfficerFactory(), "at": NOW, "reason": "Over.", "outcome": outcome}
    if found == outcome:
        assert apply_transition("close", **close).outcome == outcome
    else:
        with pytest.raises(Incomplete, match="cannot end like this") as refusal:
            apply_transition("close", **close)
        assert "Assess first" in refusal.value.fields["outcome"]


def test_the_latest_assessment_of_a_person_decides() -> None:
    pledge = assessed(AnnouncedPledgeFactory(), "delivered")
    AssessmentFactory(pledge=pledge, state="delayed")
    close = {"pledge": pledge, "by": OfficerFactory(), "at": NOW, "reason": "Over.", "outcome": "delivered"}
    with pytest.raises(Incomplete):
        apply_transition("close", **close)
    source = {"author": None, "source_title": SOURCE_TITLE, "source_url": SOURCE_URL, "source_confidence": "press"}
    AssessmentFactory(pledge=pledge, state="delivered", **source)
    with pytest.raises(Incomplete):  # what the press says is no assessment of ours
        apply_transition("close", **close)
    AssessmentFactory(pledge=pledge, state="delivered")
    assert apply_transition("close", **close).status == "closed"


def test_superseded_follows_from_lineage_and_needs_no_assessment() -> None:
    pledge = AnnouncedPledgeFactory()
    LineageFactory(earlier=pledge)
    close = {"pledge": pledge, "by": OfficerFactory(), "at": NOW, "reason": "New one.", "outcome": "superseded"}
    assert apply_transition("close", **close).outcome == "superseded"
    assert not pledge.assessments.exists()


@pytest.mark.parametrize("outcome", ["delivered", "partly_delivered", "not_delivered", "overtaken"])
def test_one_can_assess_and_close_at_once(outcome: str) -> None:
    pledge = AnnouncedPledgeFactory(quantity=4)
    find(pledge, state=outcome, closes=True)
    pledge.refresh_from_db()
    assert (pledge.status, pledge.outcome, pledge.assessed_state) == ("closed", outcome, outcome)
    assert pledge.assessments.count() == 1


def test_a_close_that_fails_takes_the_assessment_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: Any, **_words: Any) -> None:
        raise OSError("The disk is full.")

    monkeypatch.setattr("pledges.services.assessing.apply_transition", fail)
    with pytest.raises(OSError, match="disk"):
        find(AnnouncedPledgeFactory(), state="delivered", closes=True)
    assert not Assessment.objects.exists()


# --- The pages --------------------------------------------------------------------------------------------------------
def test_the_page_shows_the_report_beside_and_stores_what_is_found(people: People, signed_in: SignedIn) -> None:
    pledge = RegisteredPledgeFactory(participant=people.delegation, quantity=4)
    ProgressUpdateFactory(pledge=pledge, text="Two of them arrived in June.")
    officer = signed_in(people.officer)
    page = officer.get(assess_url(pledge))
    text = page.content.decode()
    assert "Two of them arrived in June." in text
    assert f"counted in this unit: {pledge.unit}" in text
    sent = {"state": "partly_delivered", "confirmed_quantity": "٢", "reason": "Manifest of 3 June."}
    send(officer, pledge, sent)
    pledge.refresh_from_db()
    assert (pledge.status, pledge.assessed_state, pledge.delivered_quantity) == ("registered", "partly_delivered", 2)
    sent |= {"typed_reference": pledge.reference.lower()}
    send(officer, pledge, sent | {"closes": "on"})
    again = officer.post(assess_url(pledge), sent | {"closes": "on"}, follow=True)
    assert again.redirect_chain == [(pledge.get_absolute_url(), 302)]
    pledge.refresh_from_db()
    assert (pledge.status, pledge.outcome, pledge.assessments.count()) == ("closed", "partly_delivered", 1)


def test_a_refused_assessment_keeps_the_words(people: People, signed_in: SignedIn) -> None:
    pledge = RegisteredPledgeFactory(participant=people.delegation, quantity=4)
    sent = {
        "state": "delayed",
        "confirmed_quantity": "5",
        "reason": "Words kept",
        "closes": "on",
        "typed_reference": pledge.reference,
    }
    page = send(signed_in(people.officer), pledge, sent)
    assert set(page.context["form"].errors) == {"confirmed_quantity", "closes"}
    assert "Words kept" in page.content.decode()


def test_what_was_typed_stays_where_the_pledge_was_closed_meanwhile(people: People, signed_in: SignedIn) -> None:
    pledge = assessed(AnnouncedPledgeFactory(participant=people.delegation), "delivered")
    url, sent = assess_url(pledge), {"state": "delayed", "reason": "Words kept"}
    apply_transition("close", pledge=pledge, by=OfficerFactory(), at=NOW, reason="Over.", outcome="delivered")
    officer = signed_in(people.officer)
    page = officer.post(url, sent)
    assert (page.status_code, page.context["form"]["reason"].value()) == (409, "Words kept")
    assert page.context["form"].non_field_errors()
    assert not Assessment.objects.filter(author=people.officer).exists()
    assert officer.get(url).url == pledge.get_absolute_url()


def test_other_words_about_what_this_person_closed_are_refused_and_stay(people: People, signed_in: SignedIn) -> None:
    pledge = assessed(AnnouncedPledgeFactory(participant=people.delegation), "delivered")
    apply_transition("close", pledge=pledge, by=people.officer, at=NOW, reason="Over.", outcome="delivered")
    officer = signed_in(people.officer)
    same = {"state": "delivered", "reason": "Over.", "closes": "on", "typed_reference": pledge.reference}
    assert officer.post(assess_url(pledge), same).url == pledge.get_absolute_url()
    for other in ({"reason": "Words kept"}, {"state": "overtaken"}, {"closes": ""}):
        page = officer.post(assess_url(pledge), same | other)
        assert (page.status_code, page.context["form"]["reason"].value()) == (409, (same | other)["reason"])
    assert not Assessment.objects.filter(author=people.officer).exists()


def test_a_reference_is_compared_only_where_the_pledge_is_closed(people: People, signed_in: SignedIn) -> None:
    pledge = RegisteredPledgeFactory(participant=people.delegation)
    officer = signed_in(people.officer)
    sent = {"state": "overtaken", "reason": "The mission has left.", "typed_reference": "PKM25-NONE"}
    page = send(officer, pledge, sent | {"closes": "on"})
    assert set(page.context["form"].errors) == {"typed_reference"}
    assert send(officer, pledge, sent).status_code == 302
    assert pledge.assessments.get().state == "overtaken"


def test_the_page_of_closing_says_assess_first_and_then_offers_what_was_found(
    people: People, signed_in: SignedIn
) -> None:
    pledge = RegisteredPledgeFactory(participant=people.delegation)
    officer, url = signed_in(people.officer), close_url(pledge)
    for found in (None, "delayed"):
        if found:
            assessed(pledge, found)
        text = officer.get(url).content.decode()
        assert "Assess first" in text
        assert assess_url(pledge) in text
        assert "Close the pledge" not in text
    assessed(pledge, "not_delivered")
    form = officer.get(url).context["form"]
    assert [value for value, _label in form.fields["outcome"].choices] == ["not_delivered"]
    sent = opened(officer, url) | {"outcome": "not_delivered", "reason": "Never came."}
    for typed, sentence in (("", "Type the reference, so that"), ("PKM25-NONE", f"type {pledge.reference}.")):
        assert sentence in officer.post(url, sent | {"typed_reference": typed}).content.decode()
    pledge.refresh_from_db()
    officer.post(url, sent | {"typed_reference": pledge.reference.replace("-", " ").lower(), "version": pledge.version})
    pledge.refresh_from_db()
    assert pledge.outcome == "not_delivered"


# --- Nothing is judged on what was not read ---------------------------------------------------------------------------
def lead_reports(pledge: Pledge, by: Any) -> None:
    ProgressUpdateFactory(pledge=pledge, state="delivered", text="All four units arrived.", author=by)


def partner_reports(pledge: Pledge, by: Any) -> None:
    share = ConfirmedPartnerFactory(pledge=pledge)
    ProgressUpdateFactory(pledge=pledge, partner=share, state="delivered", text="All four units arrived.", author=by)


def colleague_assesses(pledge: Pledge, by: Any) -> None:
    find(pledge, state="not_delivered", reason="All four units arrived.")


ANOTHER = [lead_reports, partner_reports, colleague_assesses]


@pytest.mark.parametrize("says", ANOTHER)
@pytest.mark.parametrize("closes", ["on", ""])
def test_nothing_is_assessed_or_closed_over_what_the_officer_has_not_read(
    people: People, signed_in: SignedIn, says: Any, closes: str
) -> None:
    pledge, officer = RegisteredPledgeFactory(participant=people.delegation), signed_in(people.officer)
    page = opened(officer, assess_url(pledge))
    says(pledge, people.drafter)
    typed = {"state": "not_delivered", "reason": "No report was ever sent.", "closes": closes}
    typed |= {"typed_reference": pledge.reference}
    refused = officer.post(assess_url(pledge), page | typed)
    text = refused.content.decode()
    pledge.refresh_from_db()
    assert (refused.status_code, pledge.status) == (409, "registered")
    assert not pledge.assessments.filter(author=people.officer).exists()
    assert "Somebody reported on this pledge or assessed it after you opened the page" in text
    assert "All four units arrived." in text
    assert {name: refused.context["form"][name].value() for name in ("state", "reason")} == {
        "state": "not_delivered",
        "reason": "No report was ever sent.",
    }
    now_read = {field.name: field.value() for field in refused.context["form"].hidden_fields()}
    assert officer.post(assess_url(pledge), now_read | typed).status_code == 302
    pledge.refresh_from_db()
    assert pledge.status == ("closed" if closes else "registered")
    assert pledge.assessments.filter(author=people.officer).count() == 1


@pytest.mark.parametrize("says", ANOTHER)
def test_nothing_is_closed_on_its_own_page_over_what_the_officer_has_not_read(
    people: People, signed_in: SignedIn, says: Any
) -> None:
    pledge = assessed(RegisteredPledgeFactory(participant=people.delegation), "not_delivered")
    officer = signed_in(people.officer)
    page = opened(officer, close_url(pledge))
    says(pledge, people.drafter)
    typed = {"outcome": "not_delivered", "reason": "Never came.", "typed_reference": pledge.reference}
    refused = officer.post(close_url(pledge), page | typed)
    text = refused.content.decode()
    pledge.refresh_from_db()
    assert pledge.status == "registered"
    assert "Somebody reported on this pledge or assessed it after you opened the page" in text
    assert says == colleague_assesses or "All four units arrived." in text
    assert refused.context["form"]["reason"].value() == "Never came."
    now_read = {field.name: field.value() for field in refused.context["form"].hidden_fields()}
    assert officer.post(close_url(pledge), now_read | typed).status_code == 302
    pledge.refresh_from_db()
    assert pledge.status == "closed"


def test_what_does_not_say_what_was_read_judges_nothing(people: People, signed_in: SignedIn) -> None:
    pledge = assessed(RegisteredPledgeFactory(participant=people.delegation), "not_delivered")
    officer, before = signed_in(people.officer), Assessment.objects.count()
    said = {"reason": "Never came.", "typed_reference": pledge.reference, "version": pledge.version}
    officer.post(assess_url(pledge), said | {"state": "not_delivered", "closes": "on"})
    officer.post(close_url(pledge), said | {"outcome": "not_delivered"})
    pledge.refresh_from_db()
    assert (pledge.status, Assessment.objects.count()) == ("registered", before)


def test_a_second_click_on_an_assessment_stands_beside_ones_own(people: People, signed_in: SignedIn) -> None:
    pledge, officer = RegisteredPledgeFactory(participant=people.delegation), signed_in(people.officer)
    page = opened(officer, assess_url(pledge)) | {"state": "delayed", "reason": "Rains."}
    assert [officer.post(assess_url(pledge), page).status_code for _click in range(2)] == [302, 302]
    assert pledge.assessments.count() == 1


def test_what_was_read_of_many_pledges_takes_as_many_queries_as_of_one(django_assert_num_queries: Any) -> None:
    pledges = [RegisteredPledgeFactory() for _n in range(3)]
    for pledge in pledges:
        lead_reports(pledge, UserFactory())
        partner_reports(pledge, UserFactory())
        find(pledge)
    for chosen in (pledges[:1], pledges):
        with django_assert_num_queries(4):
            known = known_of(chosen, chosen[0].author)
    assert len({one.mark for one in known.values()}) == 3
