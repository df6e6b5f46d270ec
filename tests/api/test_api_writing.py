"""Delegations draft, change and submit through the API, under the rules of the pages."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import TokenScope
from api import content, writing
from conferences.models import Conference, MembershipRole, Participant
from pledges.models import Pledge, StatusChange, Unread
from pledges.services import CONTENT
from tests import factories
from tests.api.writers import Writer, complaints

STORED_TEXTS = {"title": "Level 2 hospital", "description": "Twenty beds, ready in six months."}


@pytest.fixture
def state(db: None) -> Participant:
    """The delegation that writes."""
    return factories.ParticipantFactory()


@pytest.fixture
def drafter(state: Participant) -> Writer:
    return Writer(factories.member_of(state, MembershipRole.DRAFTER))


@pytest.fixture
def approver(state: Participant) -> Writer:
    return Writer(factories.member_of(state, MembershipRole.APPROVER))


@pytest.fixture
def conference(db: None) -> Conference:
    return factories.ConferenceFactory()


@pytest.fixture
def begun(state: Participant, conference: Conference) -> dict[str, Any]:
    """The least that a draft takes."""
    return {"conference": conference.pk, "participant": state.pk}


def test_a_pledge_is_drafted_changed_and_submitted(drafter: Writer, approver: Writer, begun: dict[str, Any]) -> None:
    capability = factories.CapabilityTypeFactory(unit_of_measure="hospital")
    mission = factories.MissionFactory()
    made = drafter.draft(begun | STORED_TEXTS)
    assert made.status_code == 201, made.content
    draft = made.json()
    assert made["Location"].endswith(f"/api/v1/pledges/{draft['reference']}/")
    assert made["ETag"] == f'"{draft["version"]}"'
    assert draft["title"] == STORED_TEXTS["title"]
    assert [gap["field"] for gap in draft["missing"]] == ["category"]
    written = {
        "capability_type": capability.pk, "quantity": 1, "missions": [mission.pk], "deliver_by": "2027-02-03",
        "deliver_by_precision": "month", "available_from": "2026-05-13", "available_from_precision": "year",
        "amount": "70000000.5", "currency": "CAD", "caveats": ["Not by night."], "personnel": 63, "women": 30,
    }  # fmt: skip
    changed = drafter.change(draft["reference"], written, draft["version"]).json()
    assert changed["missing"] == []
    assert {name: changed[name] for name in written} == written | {
        "deliver_by": "2027-02-28", "available_from": "2026-01-01", "amount": "70000000.50",
    }  # fmt: skip
    assert (changed["unit"], changed["category"], changed["caveats_known"], changed["title"]) == (
        "hospital", capability.category_id, "declared", STORED_TEXTS["title"],
    )  # fmt: skip
    assert changed["steps"] == ["discard"]
    submitted = approver.step(draft["reference"], "submit", changed["version"])
    assert submitted.status_code == 200
    assert submitted.json()["status"] == "submitted"
    assert submitted.json()["steps"] == ["recall"]
    assert StatusChange.objects.get().author == approver.user


def test_what_is_read_can_be_written_back_and_changes_nothing(drafter: Writer, begun: dict[str, Any]) -> None:
    capability = factories.CapabilityTypeFactory()
    draft = drafter.draft(begun | STORED_TEXTS | {"capability_type": capability.pk, "caveats": ["One", "Two"]}).json()
    read = drafter.get(f"pledges/{draft['reference']}/content/")
    names = content.ContentSerializer().fields
    again = drafter.change(draft["reference"], {name: read.json()[name] for name in names}, draft["version"])
    assert again.status_code == 200, again.content
    assert {name: again.json()[name] for name in names} == {name: draft[name] for name in names}


def test_the_fields_are_those_that_a_delegation_writes() -> None:
    fields = content.ContentSerializer().fields
    assert {field.source for field in fields.values()} == CONTENT
    assert {name for name, field in fields.items() if not str(field.help_text or "")} == set()


@pytest.mark.parametrize(
    "field",
    sorted(
        {field.name for field in Pledge._meta.get_fields()} | {field.column for field in Pledge._meta.concrete_fields}
    ),
)
def test_no_column_is_set_that_is_not_content(drafter: Writer, begun: dict[str, Any], field: str) -> None:
    """Each column and relation that is no field of the content is named in the refusal, and nothing is stored (S04)."""
    draft = drafter.draft(begun | STORED_TEXTS).json()
    if field in content.ContentSerializer().fields:
        return
    before = Pledge.objects.values().get()
    assert field in complaints(drafter.change(draft["reference"], {field: 1}, draft["version"]))
    if field not in begun:
        assert field in complaints(drafter.draft(begun | {field: 1}))
    assert Pledge.objects.values().get() == before


def test_all_that_is_wrong_is_told_at_once(drafter: Writer, begun: dict[str, Any]) -> None:
    wrong = {
        "status": "registered", "titel": "x", "quantity": "many", "capability_type": "none-such", "missions": ["NO\0"],
        "deliver_by": "2026", "kind": "gift",
    }  # fmt: skip
    assert complaints(drafter.draft(begun | wrong)).keys() == {
        "status", "titel", "quantity", "capability_type", "missions", "deliver_by", "kind",
    }  # fmt: skip
    assert not Pledge.objects.exists()


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"amount": "5"}, "currency"),
        ({"currency": "CAD"}, "amount"),
        ({"women": 3}, "women"),
        ({"quantity": 0}, "quantity"),
        ({"quantity": 10**30}, "quantity"),
        *[({name: 10**30}, name) for name in ("personnel", "women", "courses", "places", "places_for_women")],
        *[({name: 0}, name) for name in ("personnel", "courses", "places")],
        ({"amount": "1" * 17, "currency": "CAD"}, "amount"),
        ({"fund": "Trust fund"}, "fund"),
        ({"places_for_women": 20}, "places_for_women"),
        ({"places": 100, "places_for_women": 101}, "places_for_women"),
        ({"places": 100, "places_for_women": 32_000}, "places_for_women"),
        ({"available_from": "2027-01-01", "deliver_by": "2026-01-01"}, "deliver_by"),
        ({"deliver_by_precision": "month"}, "deliver_by_precision"),
        ({"available_from_precision": "month"}, "available_from_precision"),
        ({"caveats": ["One"], "caveats_known": "none_declared"}, "caveats_known"),
        ({"title": "x" * 201}, "title"),
        ({"title": "a\0"}, "title"),
        ({"missions": [["UNM"]]}, "missions"),
        ({"participant": "UN"}, "participant"),
        ({"conference": {"slug": "x"}}, "conference"),
        ({"session": 7}, "session"),
    ],
)
def test_what_contradicts_itself_is_refused_at_its_field(
    drafter: Writer, begun: dict[str, Any], sent: dict[str, Any], field: str
) -> None:
    factories.SecretariatFactory()
    assert field in complaints(drafter.draft(begun | sent))
    assert not Pledge.objects.exists()


def test_a_type_decides_category_and_unit(drafter: Writer, begun: dict[str, Any]) -> None:
    capability, category = factories.CapabilityTypeFactory(), factories.CategoryFactory()
    sent = {"capability_type": capability.pk, "category": category.pk, "unit": "ship"}
    assert complaints(drafter.draft(begun | sent)).keys() == {"category", "unit"}


@pytest.mark.parametrize("sent", ["", "[]", "3", "null", "{", '{"title": NaN}', "[" * 100_000, b"\xff", '"x"'])
def test_a_body_that_is_no_object_is_refused(drafter: Writer, begun: dict[str, Any], sent: Any) -> None:
    assert drafter.send("post", "pledges/", sent, Idempotency_Key="k").status_code == 400


def test_a_window_that_has_not_opened_takes_no_pledges_and_one_that_closed_marks_them(
    drafter: Writer, state: Participant
) -> None:
    day = timezone.timedelta(days=1)
    coming = factories.ConferenceFactory(window_opens_at=timezone.now() + day)
    closed = factories.ConferenceFactory(window_closes_at=timezone.now() - day)
    running = factories.ConferenceFactory(window_closes_at=timezone.now() + day)
    assert complaints(drafter.draft({"conference": coming.pk, "participant": state.pk})).keys() == {"conference"}
    for conference, mark in ((closed, True), (running, False)):
        answer = drafter.draft({"conference": conference.pk, "participant": state.pk}, key=conference.pk)
        assert (answer.status_code, answer.json()["after_window"]) == (201, mark)


def test_nobody_drafts_for_another_delegation(drafter: Writer, begun: dict[str, Any]) -> None:
    other = factories.ParticipantFactory()
    assert drafter.draft(begun | {"participant": other.pk}).status_code == 403
    assert not Pledge.objects.exists()


def test_a_token_for_reading_writes_nothing(state: Participant, begun: dict[str, Any]) -> None:
    reader = Writer(factories.member_of(state, MembershipRole.APPROVER), TokenScope.READ)
    draft = factories.DraftPledgeFactory(participant=state)
    assert reader.draft(begun).status_code == 403
    assert reader.change(draft.reference, {"title": "x"}, 1).status_code == 403
    assert reader.step(draft.reference, "submit", 1).status_code == 403
    assert reader.get(f"pledges/{draft.reference}/content/").status_code == 200
    assert Pledge.objects.get().version == draft.version


def test_a_session_writes_with_a_token_of_its_forms_only(state: Participant, begun: dict[str, Any]) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(factories.member_of(state))
    headers = {"Idempotency-Key": "one"}
    refused = browser.post("/api/v1/pledges/", begun, content_type="application/json", headers=headers)
    assert refused.status_code == 403
    browser.get("/work/pledges/new/", follow=True)
    secret = "a" * 32
    browser.cookies["csrftoken"] = secret
    headers |= {"X-CSRFToken": secret}
    assert browser.post("/api/v1/pledges/", begun, content_type="application/json", headers=headers).status_code == 201


def test_nobody_in_particular_writes_nothing(begun: dict[str, Any]) -> None:
    announced = factories.AnnouncedPledgeFactory()
    anyone = Client()
    for method, path in (
        ("post", ""),
        ("patch", f"{announced.reference}/"),
        ("post", f"{announced.reference}/submit/"),
    ):
        answer = getattr(anyone, method)(f"/api/v1/pledges/{path}", begun, content_type="application/json")
        assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")
    assert anyone.get(f"/api/v1/pledges/{announced.reference}/content/").status_code == 401


def test_hidden_is_404_known_is_403_and_too_late_is_409(drafter: Writer, approver: Writer, state: Participant) -> None:
    theirs, known = factories.DraftPledgeFactory(), factories.AnnouncedPledgeFactory()
    mine = factories.SubmittedPledgeFactory(participant=state)
    for path, method in (("", "patch"), ("submit/", "post"), ("withdraw/", "post")):
        for pledge, status in ((theirs, 404), (known, 403)):
            answer = approver.send(method, f"pledges/{pledge.reference}/{path}", {}, If_Match='"1"')
            assert answer.status_code == status
            assert "changed" not in answer.json()
    assert approver.get(f"pledges/{known.reference}/content/").status_code == 403
    assert drafter.change(mine.reference, {"title": "x"}, mine.version).status_code == 409
    assert approver.step(mine.reference, "submit", mine.version).status_code == 409
    assert drafter.step(mine.reference, "recall", mine.version).status_code == 403


def test_an_incomplete_pledge_is_not_submitted(approver: Writer, begun: dict[str, Any]) -> None:
    draft = approver.draft(begun).json()
    assert complaints(approver.step(draft["reference"], "submit", draft["version"])).keys() == {
        "category", "title", "description",
    }  # fmt: skip


@pytest.fixture
def pair(state: Participant) -> tuple[Pledge, Pledge]:
    """An announced pledge of the delegation, and a complete draft that looks like it."""
    earlier = factories.AnnouncedPledgeFactory(participant=state, title="Level 2 hospital")
    likeness = {"title": earlier.title, "capability_type": earlier.capability_type}
    return earlier, factories.DraftPledgeFactory(participant=state, **likeness)


def test_all_that_keeps_a_pledge_from_being_submitted_is_listed(drafter: Writer, pair: tuple[Pledge, Pledge]) -> None:
    _earlier, pledge = pair
    Unread.objects.create(pledge=pledge, field="deliver_from", parts=["next spring"])
    missing = drafter.get(f"pledges/{pledge.reference}/content/").json()["missing"]
    assert [gap["field"] for gap in missing] == ["available_from", "repeats"]


@pytest.mark.parametrize(("kind", "link"), [("new", None), ("renewed", "renews"), ("already_announced", "repeats")])
def test_a_pledge_that_looks_like_an_earlier_one_is_submitted_with_a_word_on_it(
    approver: Writer, pair: tuple[Pledge, Pledge], kind: str, link: str | None
) -> None:
    earlier, pledge = pair
    assert complaints(approver.step(pledge.reference, "submit", pledge.version)) == {
        "repeats": f"Say whether this is new: it may repeat {earlier.reference}."
    }
    said = {"repeats": {"kind": kind, "earlier": earlier.reference if link else None}}
    answer = approver.step(pledge.reference, "submit", pledge.version, said)
    assert (answer.status_code, answer.json()["status"]) == (200, "submitted"), answer.content
    pledge.refresh_from_db()
    assert (pledge.kind, pledge.repeats_answered_at is not None) == (kind, True)
    assert answer["ETag"] == f'"{pledge.version}"'
    assert list(pledge.descends_from.values_list("earlier", "kind")) == ([(earlier.pk, link)] if link else [])


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"kind": "renewed"}, "repeats"),
        ({"kind": "renewed", "earlier": None}, "repeats"),
        ({"kind": "renewed", "earlier": "PKM21-2345X"}, "repeats"),
        ({"kind": "new", "earlier": "PKM21-2345X"}, "repeats.earlier"),
        ({"kind": "gift"}, "repeats.kind"),
        ({"kind": "new", "later": "PKM21-2345X"}, "repeats.later"),
        ({}, "repeats.kind"),
        ("new", "repeats.non_field_errors"),
    ],
)
def test_a_word_on_repeats_that_does_not_fit_is_refused_at_its_field(
    approver: Writer, pair: tuple[Pledge, Pledge], said: Any, field: str
) -> None:
    pledge = pair[1]
    before = Pledge.objects.values().get(pk=pledge.pk)
    assert complaints(approver.step(pledge.reference, "submit", pledge.version, {"repeats": said})).keys() == {field}
    assert Pledge.objects.values().get(pk=pledge.pk) == before


def test_a_submission_that_is_refused_keeps_no_word_on_repeats(approver: Writer, begun: dict[str, Any]) -> None:
    draft = approver.draft(begun).json()
    refused = approver.step(draft["reference"], "submit", draft["version"], {"repeats": {"kind": "new"}})
    assert complaints(refused).keys() == {"category", "title", "description"}
    assert Pledge.objects.get().repeats_answered_at is None


def test_a_word_on_repeats_answers_the_version_that_was_read(
    approver: Writer, pair: tuple[Pledge, Pledge], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody stores another version after the check of If-Match: it is not submitted unread."""
    pledge = pair[1]
    check = writing.check_version

    def quicker(request: Any, found: Pledge) -> None:
        check(request, found)
        Pledge.objects.filter(pk=found.pk).update(title="Changed meanwhile")

    monkeypatch.setattr(writing, "check_version", quicker)
    refused = approver.step(pledge.reference, "submit", pledge.version, {"repeats": {"kind": "new"}})
    assert refused.status_code == 412
    assert Pledge.objects.get(pk=pledge.pk).status == "draft"


def test_no_other_step_takes_a_word_on_repeats(approver: Writer, state: Participant) -> None:
    pledge = factories.SubmittedPledgeFactory(participant=state)
    sent = {"repeats": {"kind": "new"}}
    assert complaints(approver.step(pledge.reference, "recall", pledge.version, sent)).keys() == {"repeats"}


def test_a_step_takes_nothing_but_its_reason(approver: Writer, state: Participant) -> None:
    pledge = factories.RegisteredPledgeFactory(participant=state)
    assert complaints(approver.step(pledge.reference, "withdraw", pledge.version, {"outcome": "delivered"})).keys() == {
        "outcome"
    }
    assert complaints(approver.step(pledge.reference, "withdraw", pledge.version)).keys() == {"reason"}
    gone = approver.step(pledge.reference, "withdraw", pledge.version, {"reason": "Needed at home."})
    assert (gone.status_code, gone.json()["status"]) == (200, "closed")
    assert Pledge.objects.get().outcome == "withdrawn"


def test_a_draft_is_discarded_and_a_returned_pledge_with_a_reason(approver: Writer, state: Participant) -> None:
    draft, returned = (
        make(participant=state) for make in (factories.DraftPledgeFactory, factories.ReturnedPledgeFactory)
    )
    gone = approver.step(draft.reference, "discard", draft.version)
    assert (gone.status_code, gone.json()["status"], gone.json()["steps"]) == (200, "closed", [])
    assert complaints(approver.step(returned.reference, "discard", returned.version)).keys() == {"reason"}
    said = approver.step(returned.reference, "discard", returned.version, {"reason": "No money."})
    assert said.status_code == 200
    assert approver.references(status="closed") == set()
    assert approver.references() == {draft.reference, returned.reference}
    assert {pledge.registered_at for pledge in Pledge.objects.all()} == {None}


def test_withdrawing_what_is_announced_waits_for_a_second_person(approver: Writer, state: Participant) -> None:
    pledge = factories.AnnouncedPledgeFactory(participant=state)
    asked = approver.step(pledge.reference, "withdraw", pledge.version, {"reason": "Needed at home."})
    assert (asked.status_code, asked.json()["status"]) == (202, "registered")
    assert Pledge.objects.get().outcome == ""


@pytest.mark.parametrize("sent", [{"quantity": 2}, {"places_for_women": 32_000}, {"courses": 0}])
def test_a_rule_of_the_database_is_a_refusal_and_not_a_fault(
    drafter: Writer, state: Participant, sent: dict[str, int]
) -> None:
    pledge = factories.ReturnedPledgeFactory(participant=state, quantity=4)
    factories.PartnerFactory(pledge=pledge, share_quantity=3)
    assert drafter.change(pledge.reference, sent, pledge.version).status_code in {400, 409}
    assert Pledge.objects.get().version == pledge.version


def test_what_only_the_database_refuses_is_told_in_its_words(
    drafter: Writer, state: Participant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def past_all_checks(*, pledge: Pledge, **_rest: Any) -> None:
        Pledge.objects.filter(pk=pledge.pk).update(quantity=2)

    pledge = factories.ReturnedPledgeFactory(participant=state, quantity=4)
    factories.PartnerFactory(pledge=pledge, share_quantity=3)
    monkeypatch.setattr("api.writing.edit_pledge", past_all_checks)
    refused = drafter.change(pledge.reference, {"quantity": 2}, pledge.version)
    assert (refused.status_code, refused.json()["detail"]) == (409, "The shares of the partners exceed the pledge.")


@pytest.mark.parametrize("path", ["pledges/?a=1", "pledges/?format=csv"])
def test_a_call_that_writes_takes_no_parameters_and_answers_json(
    drafter: Writer, begun: dict[str, Any], path: str
) -> None:
    assert drafter.send("post", path, begun, Idempotency_Key="k").status_code == 400


def test_other_formats_and_too_much_are_refused(drafter: Writer, settings: Any, begun: dict[str, Any]) -> None:
    headers = drafter.headers | {"Idempotency-Key": "k"}
    assert Client().post("/api/v1/pledges/", begun, headers=headers).status_code == 415
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    assert drafter.draft(begun).status_code == 413


def test_a_program_gone_wrong_is_told_to_wait(
    drafter: Writer, begun: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.writing.WriteThrottle.rate", "2/min")
    assert [drafter.draft(begun).status_code for _ in range(3)] == [201, 201, 429]
