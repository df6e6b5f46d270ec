"""The end of the form: what it may repeat must be answered, how measurable it is, and a receipt."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from conferences.working_days import WorkingDays, day_of
from pledges.completeness import left_to_do, left_to_do_each
from pledges.errors import Incomplete, NotAllowed
from pledges.models import Lineage, Pledge
from pledges.quality import RULES, check, score
from pledges.repeats import likely_repeats, most_alike_of, to_answer
from pledges.services import edit_pledge
from pledges.services.writing import answer_repeats
from pledges.transitions import apply_transition
from tests.factories import (
    AnnouncedPledgeFactory,
    CapabilityTypeFactory,
    CategoryFactory,
    DiscardedPledgeFactory,
    DraftPledgeFactory,
    RegisteredPledgeFactory,
)
from tests.work.conftest import People, edit_url, form_of, step_url

SignedIn = Callable[[User | None], Client]


@pytest.fixture
def pair(people: People) -> tuple[Pledge, Pledge]:
    """An announced pledge of the delegation, and a draft that looks like it."""
    kind = CapabilityTypeFactory()
    earlier = AnnouncedPledgeFactory(
        participant=people.delegation, capability_type=kind, title="Level 2 hospital", quantity=1
    )
    later = DraftPledgeFactory(
        participant=people.delegation, capability_type=kind, title="A level 2 hospital for UNMISS", quantity=3
    )
    return earlier, later


# --- Likely repeats ---------------------------------------------------------------------------------------------------
def test_a_pledge_of_one_type_with_similar_words_may_be_the_same(people: People, pair: tuple[Pledge, Pledge]) -> None:
    earlier, later = pair
    assert [(row.earlier, row.reason) for row in likely_repeats(later, people.drafter)] == [
        (earlier, "the same type, similar words")
    ]
    assert likely_repeats(earlier, people.drafter) == [], "a later draft is not repeated by an earlier pledge"


@pytest.mark.parametrize(
    ("other", "is_alike"),
    [
        ({"title": "Something else", "description": "Nothing in common", "quantity": 3}, True),
        ({"title": "Something else", "description": "Nothing in common", "quantity": 2}, False),
        ({"capability_type": None, "quantity": None}, False),
    ],
)
def test_what_is_alike(people: People, pair: tuple[Pledge, Pledge], other: dict[str, Any], is_alike: bool) -> None:
    _earlier, later = pair
    values = {"capability_type": later.capability_type, "title": later.title} | other
    third = RegisteredPledgeFactory(participant=people.delegation, **values)
    assert (third in [row.earlier for row in likely_repeats(later, people.drafter)]) == is_alike


def test_pledges_of_others_are_no_repeats(people: People, pair: tuple[Pledge, Pledge]) -> None:
    _earlier, later = pair
    AnnouncedPledgeFactory(capability_type=later.capability_type, title=later.title, quantity=3)
    assert len(likely_repeats(later, people.drafter)) == 1
    assert likely_repeats(later, people.other_approver)[0].earlier.is_announced, "only what the reader may see"


def test_a_list_of_drafts_is_asked_in_one_query_what_each_may_repeat(
    people: People, pair: tuple[Pledge, Pledge], django_assert_num_queries: Any
) -> None:
    earlier, later = pair
    answered = DraftPledgeFactory(
        participant=people.delegation, capability_type=later.capability_type, repeats_answered_at=timezone.now()
    )
    linked = DraftPledgeFactory(participant=people.delegation, capability_type=later.capability_type, title=later.title)
    Lineage.objects.create(later=linked, earlier=earlier, kind="renews")
    untitled = DraftPledgeFactory(participant=people.delegation, capability_type=None, title="", description="")
    drafts = [later, answered, linked, untitled]
    with django_assert_num_queries(1):
        found = most_alike_of(drafts, people.drafter)
    assert found == {later.pk: earlier.reference, linked.pk: answered.reference}, "not the one it is linked to"
    one_by_one = {draft.pk: to_answer(draft, people.drafter)[:1] for draft in drafts}
    assert found == {pk: rows[0].earlier.reference for pk, rows in one_by_one.items() if rows}


def test_the_latest_of_its_kind_are_compared_and_what_is_linked_stands_always(
    people: People, pair: tuple[Pledge, Pledge], monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier, later = pair
    monkeypatch.setattr("pledges.repeats.COMPARED", 2)
    newer = AnnouncedPledgeFactory.create_batch(
        2, participant=people.delegation, capability_type=later.capability_type, title=later.title, quantity=9,
        announced_at=timezone.now(),
    )  # fmt: skip
    of_another_kind = {"capability_type": CapabilityTypeFactory(), "category": CategoryFactory()}
    RegisteredPledgeFactory.create_batch(3, participant=people.delegation, **of_another_kind)
    found = [row.earlier for row in likely_repeats(later, people.drafter)]
    assert found == newer[::-1], "two of its kind are compared, and the third is older"
    assert most_alike_of([later], people.drafter) == {later.pk: newer[1].reference}
    Lineage.objects.create(later=later, earlier=earlier, kind="renews")
    assert [row.earlier for row in likely_repeats(later, people.drafter)] == [earlier, *newer[::-1]]


@pytest.mark.parametrize("page", ["pledge-check", "pledge-edit", "submit"])
def test_a_page_looks_for_likely_repeats_once(
    people: People, pair: tuple[Pledge, Pledge], signed_in: SignedIn, page: str
) -> None:
    _earlier, later = pair
    url = step_url(later, page) if page == "submit" else reverse(page, args=[later.reference])
    browser = signed_in(people.approver if page == "submit" else people.drafter)
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(url).status_code == 200
    assert len([query for query in captured if "SIMILARITY(" in query["sql"]]) == 1


def test_submission_waits_for_the_answer(people: People, pair: tuple[Pledge, Pledge]) -> None:
    earlier, later = pair
    with pytest.raises(Incomplete) as refusal:
        apply_transition("submit", pledge=later, by=people.approver, at=timezone.now())
    assert refusal.value.fields == {"repeats": f"Say whether this is new: it may repeat {earlier.reference}."}
    answer_repeats(pledge=later, kind="new", by=people.drafter, at=timezone.now())
    assert apply_transition("submit", pledge=later, by=people.approver, at=timezone.now()).status == "submitted"
    assert not Lineage.objects.exists()


@pytest.mark.parametrize("kind", ["new", "renewed"])
def test_an_edit_that_brings_up_another_likely_repeat_is_asked_of_again(
    people: People, pair: tuple[Pledge, Pledge], signed_in: SignedIn, kind: str
) -> None:
    earlier, later = pair
    field = {"participant": people.delegation, "capability_type": CapabilityTypeFactory()}
    third = AnnouncedPledgeFactory(**field, title="Field kitchen", quantity=7)
    said = answer_repeats(pledge=later, kind=kind, earlier=earlier.reference, by=people.drafter, at=timezone.now())
    for content in ({"description": "It treats forty."}, {"title": "A level 2 hospital for UNMISS, Bor"}):
        said = edit_pledge(pledge=said, content=content, version=said.version, by=people.drafter, at=timezone.now())
    assert to_answer(said, people.drafter) == [], "it looks like none but the one that was spoken of"
    browser, url = signed_in(people.drafter), edit_url(said, "what")
    sent = form_of(browser, url) | {"title": "Field kitchen", "capability": third.capability_type_id, "autosave": "1"}
    told = browser.post(url, sent).json()["told"]
    assert told["repeats"] == "This may repeat another pledge now. Before it is submitted, say again whether it is new."
    said.refresh_from_db()
    assert [row.earlier for row in to_answer(said, people.drafter)] == [third]
    assert most_alike_of([said], people.drafter) == {said.pk: third.reference}
    assert "repeats" in left_to_do(said, people.approver)
    said = answer_repeats(pledge=said, kind="new", by=people.drafter, at=timezone.now())
    edit_pledge(pledge=said, content={"quantity": 7}, version=said.version, by=people.drafter, at=timezone.now())
    assert left_to_do(said, people.approver) == {}


def test_an_edit_looks_for_repeats_only_where_they_were_answered_and_could_be_others(
    people: People, pair: tuple[Pledge, Pledge]
) -> None:
    _earlier, later = pair

    def looked(content: dict[str, Any]) -> int:
        stored = Pledge.objects.get(pk=later.pk)
        with CaptureQueriesContext(connection) as captured:
            edit_pledge(pledge=stored, content=content, version=stored.version, by=people.drafter, at=timezone.now())
        return len([query for query in captured if "SIMILARITY(" in query["sql"]])

    assert looked({"title": "A hospital"}) == 0
    answer_repeats(pledge=later, kind="new", by=people.drafter, at=timezone.now())
    assert looked({"responsible_office": "MoD"}) == 0
    assert looked({"title": "Hospital"}) == 2


@pytest.mark.parametrize(("kind", "link"), [("renewed", "renews"), ("already_announced", "repeats")])
def test_an_answer_is_kept_as_kind_and_lineage_and_replaces_the_one_before(
    people: People, pair: tuple[Pledge, Pledge], kind: str, link: str
) -> None:
    earlier, later = pair
    third = RegisteredPledgeFactory(participant=people.delegation)
    for named in (third, earlier):
        said = answer_repeats(pledge=later, kind=kind, earlier=named.reference, by=people.drafter, at=timezone.now())
    assert (said.kind, to_answer(said, people.drafter)) == (kind, [])
    assert [(row.later, row.earlier, row.kind) for row in Lineage.objects.all()] == [(later, earlier, link)]
    said = answer_repeats(pledge=later, kind="new", by=people.drafter, at=timezone.now())
    assert (said.kind, Lineage.objects.count()) == ("new", 0)


def test_a_wrong_answer_changes_nothing(people: People, pair: tuple[Pledge, Pledge]) -> None:
    _earlier, later = pair
    hidden = RegisteredPledgeFactory()
    descendant = DraftPledgeFactory(participant=people.delegation)
    Lineage.objects.create(later=descendant, earlier=later, kind="renews")
    for kind, named in (("renewed", ""), ("renewed", hidden.reference), ("old", ""), ("renewed", descendant.reference)):
        with pytest.raises(Incomplete) as refusal:
            answer_repeats(pledge=later, kind=kind, earlier=named, by=people.drafter, at=timezone.now())
        assert refusal.value.fields.keys() == {"repeats"}
    with pytest.raises(NotAllowed):
        answer_repeats(pledge=later, kind="new", by=people.viewer, at=timezone.now())
    later.refresh_from_db()
    assert (later.version, later.repeats_answered_at) == (1, None)


def test_the_check_page_asks_and_takes_the_answer(
    people: People, pair: tuple[Pledge, Pledge], signed_in: SignedIn
) -> None:
    earlier, later = pair
    approver = signed_in(people.approver)
    page = approver.get(step_url(later, "submit"))
    assert b"Submit pledge to the Secretariat" not in page.content
    url = reverse("pledge-check", args=[later.reference])
    assert "Choose one of those listed." in approver.post(url, {"answer": "renewed:NOTHING"}).content.decode()
    page = approver.post(url, {"answer": f"already_announced:{earlier.reference}"}, follow=True)
    assert page.redirect_chain[-1][0] == step_url(later, "submit")
    assert b"Submit pledge to the Secretariat" in page.content
    assert "Your delegation says: Already announced" in " ".join(page.content.decode().split())


# --- Kind and lineage agree -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("kind", "link"), [("new", None), ("renewed", "renews"), ("already_announced", "repeats")])
@pytest.mark.parametrize("before", ["renewed", "already_announced"])
def test_what_the_form_says_of_the_kind_the_link_says_too(
    people: People, pair: tuple[Pledge, Pledge], signed_in: SignedIn, before: str, kind: str, link: str | None
) -> None:
    earlier, later = pair
    answer_repeats(pledge=later, kind=before, earlier=earlier.reference, by=people.drafter, at=timezone.now())
    browser, url = signed_in(people.drafter), edit_url(later, "what")
    browser.post(url, form_of(browser, url) | {"kind": kind})
    later.refresh_from_db()
    assert later.kind == kind
    assert list(later.descends_from.values_list("kind", flat=True)) == ([link] if link else [])


@pytest.mark.parametrize("kind", ["renewed", "already_announced"])
def test_what_renews_or_repeats_names_what_where_the_delegation_has_anything_here(
    people: People, signed_in: SignedIn, django_assert_num_queries: Any, kind: str
) -> None:
    pledge = DraftPledgeFactory(participant=people.delegation, kind=kind)
    RegisteredPledgeFactory()
    DraftPledgeFactory(participant=people.delegation)
    DiscardedPledgeFactory(participant=people.delegation)
    assert left_to_do(pledge, people.approver) == {}, "it was announced elsewhere: here it is the first"
    earlier = RegisteredPledgeFactory(participant=people.delegation, title="Quite another thing")
    gap = {"repeats": "Name the earlier pledge that this one renews or repeats, or say that it is new."}
    assert left_to_do(pledge, people.approver) == gap
    others = DraftPledgeFactory.create_batch(3, participant=people.delegation, kind=kind)
    with django_assert_num_queries(3):
        assert left_to_do_each([pledge, *others], people.approver) == dict.fromkeys(
            [row.pk for row in (pledge, *others)], gap
        )
    with pytest.raises(Incomplete):
        apply_transition("submit", pledge=pledge, by=people.approver, at=timezone.now())

    browser, url = signed_in(people.approver), reverse("pledge-check", args=[pledge.reference])
    page = browser.post(url, {"answer": f"{kind}:", "earlier": "PKM21-2345X"})
    assert "Name an earlier pledge of your delegation by its reference." in page.content.decode()
    assert not page.context["is_answered"]
    browser.post(url, {"answer": f"{kind}:", "earlier": earlier.reference})
    assert pledge.descends_from.get().earlier == earlier
    assert left_to_do(pledge, people.approver) == {}


# --- How measurable it is ---------------------------------------------------------------------------------------------
def test_the_score_names_what_is_missing_and_is_stored_with_its_rules(people: People) -> None:
    pledge = DraftPledgeFactory(participant=people.delegation)
    content = {"intended_outcome": "Wounded are treated.", "commitment": "decided", "responsible_office": "MoD"}
    saved = edit_pledge(pledge=pledge, content=content, version=1, by=people.drafter, at=timezone.now())
    assert (saved.quality_score, saved.quality_rules) == (67, RULES)
    assert [said.field for said, is_said in check(saved) if not is_said] == ["deliver_by", "means_of_verification"]


@pytest.mark.parametrize(("name", "is_shown"), [("viewer", True), ("officer", True), ("analyst", False), (None, False)])
def test_the_delegation_and_the_secretariat_see_the_score_and_nobody_else(
    people: People, signed_in: SignedIn, name: str | None, is_shown: bool
) -> None:
    pledge = AnnouncedPledgeFactory(participant=people.delegation, quality_score=67, quality_rules="1")
    text = signed_in(getattr(people, name) if name else None).get(pledge.get_absolute_url()).content.decode()
    assert ("67 % (rules 1)" in text) == is_shown
    assert ("missing: Level of commitment" in text) == is_shown


@pytest.mark.parametrize(
    ("unit", "values", "expected"),
    [
        ("USD", {"amount": 5, "currency": "EUR"}, 17),
        ("USD", {}, 0),
        ("course", {"places": 20}, 17),
        ("commitment", {}, 0),
        ("commitment", {"intended_outcome": "A law."}, 20),
    ],
)
def test_each_kind_has_its_own_ingredients(people: People, unit: str, values: dict[str, Any], expected: int) -> None:
    kind = CapabilityTypeFactory(unit_of_measure=unit)
    assert score(DraftPledgeFactory(capability_type=kind, quantity=None, **values)) == expected


# --- Receipt ----------------------------------------------------------------------------------------------------------
def test_submitting_leads_to_a_receipt_that_can_be_come_back_to(people: People, signed_in: SignedIn) -> None:
    pledge = DraftPledgeFactory(participant=people.delegation)
    approver, url = signed_in(people.approver), reverse("pledge-receipt", args=[pledge.reference])
    page = approver.post(step_url(pledge, "submit"), {"version": 1}, follow=True)
    assert page.redirect_chain[-1][0] == url
    due = WorkingDays.load().after(day_of(timezone.now()), 5)
    for person in ("approver", "viewer", "officer"):
        text = signed_in(getattr(people, person)).get(url).content.decode()
        assert pledge.reference in text
        assert str(people.approver) in text
        assert f"answers by {due:%A}, {due.day} {due:%B %Y}" in text
    assert signed_in(people.other_approver).get(url).status_code == 404


def test_there_is_no_receipt_for_a_draft(people: People, signed_in: SignedIn) -> None:
    pledge = DraftPledgeFactory(participant=people.delegation)
    page = signed_in(people.drafter).get(reverse("pledge-receipt", args=[pledge.reference]), follow=True)
    assert "there is no receipt yet" in page.content.decode()
