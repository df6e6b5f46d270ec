"""What a reader may not see changes nothing in an answer, and what nobody is to read stands in none."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from conferences.models import MembershipRole
from pledges.enums import AssessedState, KnownState, LineageKind, ReportedState, Status
from pledges.filters import ORDERS, PledgeFilter
from pledges.models import Pledge
from pledges.services import draft_pledge
from tests import factories
from tests.api.readers import Api

CANARY = "canary"
READERS = ["anonymous", "analyst", "other delegation"]
WORDS = {
    "q": ["Canary", "title", "deploy", "-title"], "status": Status.values, "known_state": KnownState.values,
    "conference": ["conference-a", "conference-b"], "participant": ["XAA", "XAB"], "partner": ["XAA", "XAB", "XAC"],
    "mission": ["UNA", "UNB"], "only_mission": ["UNA", "none"], "since": ["2025-01-01"], "category": ["category-a"],
    "capability_type": ["type-a", "type-b"], "readiness": ["2"], "kind": ["new"], "match": ["exact", "none"],
    "region": ["WEOG"], "outcome": ["delivered"],
}  # fmt: skip


@pytest.fixture
def base(db: None) -> dict[str, Any]:
    """Announced pledges, asks, and what hidden pledges will be made of."""
    return {
        "conferences": [factories.ConferenceFactory(slug=f"conference-{letter}") for letter in "ab"],
        "participants": [factories.ParticipantFactory(code=f"XA{letter}") for letter in "ABC"],
        "missions": [factories.MissionFactory(acronym=f"UN{letter}") for letter in "AB"],
        "types": [
            factories.CapabilityTypeFactory(
                code=f"type-{letter}", category=factories.CategoryFactory(code="category-a")
            )
            for letter in "ab"
        ],
    }


def populate(base: dict[str, Any], factory: Any, count: int, **fields: Any) -> list[Pledge]:
    """Make pledges of one state over all that there is."""
    made = []
    for n in range(count):
        pledge = factory(
            conference=base["conferences"][n % 2],
            participant=base["participants"][n % 2],
            capability_type=base["types"][n % 3 % 2] if n % 3 else None,
            quantity=4 if n % 3 else None,
            missions=base["missions"][: n % 3],
            **fields,
        )
        if n % 2:
            factories.ConfirmedPartnerFactory(pledge=pledge, participant=base["participants"][2], share_quantity=None)
        made.append(pledge)
    return made


def hide(base: dict[str, Any], shown: list[Pledge]) -> None:
    """Add pledges that the public may not see, of every state, tied to those it may see."""
    soon = timezone.now() + timedelta(days=1)
    for factory in (factories.DraftPledgeFactory, factories.SubmittedPledgeFactory, factories.RegisteredPledgeFactory):
        populate(base, factory, 5, title="Canary", description="Canary deploy")
    registered = populate(base, factories.AnnouncedPledgeFactory, 5, title="Canary", announced_at=soon)
    for earlier, later in zip(shown, registered, strict=False):
        factories.LineageFactory(earlier=earlier, later=later, kind=LineageKind.SUPERSEDES)
        factories.ProgressUpdateFactory(pledge=later, state=ReportedState.DELIVERED, text=CANARY)
        factories.AssessmentFactory(pledge=later, state=AssessedState.DELIVERED, confirmed_quantity=1, reason=CANARY)


def calls() -> Any:
    """Return a strategy for calls that list or count pledges."""
    filters = st.fixed_dictionaries({}, optional={name: st.sampled_from(words) for name, words in WORDS.items()})
    switches = [name for name in PledgeFilter.base_filters if name not in WORDS]
    booleans = st.dictionaries(st.sampled_from(switches), st.sampled_from(["true", "false"]), max_size=2)
    paging = st.fixed_dictionaries(
        {},
        optional={
            "order": st.sampled_from(list(ORDERS)),
            "page_size": st.sampled_from(["1", "2", "50"]),
            "cursor": st.just("last"),
            "format": st.just("csv"),
        },
    )
    lists = st.tuples(filters.filter(lambda drawn: len(drawn) <= 3), booleans, paging)
    return st.tuples(st.just("pledges/"), lists.map(lambda parts: {**parts[0], **parts[1], **parts[2]})) | st.tuples(
        st.just("statistics/gap/"), st.just({})
    )


def told(answer: Any) -> bytes:
    """Return the body of an answer without the instant at which it was counted."""
    assert answer.status_code == 200, answer.content
    body = b"".join(answer)
    return body[body.index(b'"rule"') :] if body.startswith(b'{"as_of"') else body


@pytest.mark.slow
def test_hidden_rows_change_no_answer(base: dict[str, Any]) -> None:
    shown = populate(base, factories.AnnouncedPledgeFactory, 12)
    for capability in base["types"]:
        for mission in (*base["missions"], None):
            factories.RequirementFactory(capability_type=capability, mission=mission)
    stranger = factories.member_of(factories.ParticipantFactory(code="XZZ"))
    readers = {"anonymous": Api(), "analyst": Api(factories.AnalystFactory()), "other delegation": Api(stranger)}
    drawn: list[tuple[str, str, dict[str, str]]] = []

    @settings(max_examples=200, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(READERS), calls())
    def draw(reader: str, call: tuple[str, dict[str, str]]) -> None:
        drawn.append((reader, *call))

    draw()
    before = [told(readers[reader].get(path, **parameters)) for reader, path, parameters in drawn]
    hide(base, shown)
    after = [told(readers[reader].get(path, **parameters)) for reader, path, parameters in drawn]
    differences = [call for call, one, two in zip(drawn, before, after, strict=True) if one != two]
    assert differences == []
    assert len(drawn) >= 200
    assert any(b"PKM25" in body for body in before)


def test_the_same_calls_do_differ_for_those_who_see_the_rows(base: dict[str, Any]) -> None:
    """The test above could not fail if hidden rows were no rows."""
    shown = populate(base, factories.AnnouncedPledgeFactory, 12)
    officer = Api(factories.OfficerFactory())
    before = told(officer.get("pledges/"))
    hide(base, shown)
    assert told(officer.get("pledges/")) != before


def test_no_person_and_no_working_paper_stands_in_any_answer(db: None) -> None:
    state, partner = factories.ParticipantFactory.create_batch(2)
    author = factories.member_of(
        state, MembershipRole.DRAFTER, username=f"{CANARY}-user", first_name=f"{CANARY}-first", last_name=CANARY
    )
    conference = factories.ConferenceFactory()
    factories.CoChairFactory(conference=conference, participant=partner)
    content = {"intended_outcome": CANARY, "responsible_office": CANARY, "means_of_verification": CANARY}
    drafted = draft_pledge(
        conference=conference, participant=state, content=content, by=author, at=factories.DRAFTED_AT
    )
    announced = factories.AnnouncedPledgeFactory(
        participant=state, conference=conference, author=author, earlier_pledge=CANARY, **content
    )
    declined = factories.PartnerFactory(pledge=announced, participant=partner, confirmation="declined")
    for pledge in (drafted, announced):
        factories.ReviewNoteFactory(pledge=pledge, text=CANARY, author=author)
        factories.MilestoneFactory(pledge=pledge, title=CANARY)
        factories.CaveatFactory(pledge=pledge, text=CANARY)
        factories.EvidenceFileFactory(pledge=pledge, original_name=CANARY, author=author)
    factories.ProgressUpdateFactory(pledge=announced, author=author)
    readers: list[User | None] = [None, author, factories.OfficerFactory(), factories.member_of(partner)]
    for reader in readers:
        api = Api(reader)
        for pledge in (drafted, announced):
            for page in ("", "timeline/", "?format=csv", "timeline/?format=csv"):
                assert CANARY.encode() not in b"".join(api.get(f"pledges/{pledge.reference}/{page}"))
        for path in ("pledges/", "pledges/?format=csv", "statistics/gap/", "participants/", "conferences/"):
            body = b"".join(api.get(path))
            assert CANARY.encode() not in body
    assert Api().get(f"pledges/{announced.reference}/").json()["partners"] == []
    assert declined.participant_id not in str(Api(author).rows("pledges/"))


def test_the_embargo_lifts_at_its_instant(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    instant = timezone.now() + timedelta(hours=1)
    pledge = factories.AnnouncedPledgeFactory(announced_at=instant)
    anyone = Api()
    for moment, seen in ((instant - timedelta(seconds=1), False), (instant, True), (instant + timedelta(60), True)):
        monkeypatch.setattr(timezone, "now", lambda moment=moment: moment)
        assert (pledge.reference in anyone.references()) is seen
        assert anyone.get(f"pledges/{pledge.reference}/").status_code == (200 if seen else 404)
        assert anyone.get(f"pledges/{pledge.reference}/timeline/").status_code == (200 if seen else 404)
        assert anyone.references(announced="false") == set()


def test_a_hidden_row_and_no_row_are_answered_alike(db: None) -> None:
    hidden = factories.RegisteredPledgeFactory().reference
    for page in ("", "timeline/", "?format=csv"):
        one, two = Api().get(f"pledges/{hidden}/{page}"), Api().get(f"pledges/PKM25-NONE2/{page}")
        assert (one.status_code, one.content, dict(one.headers, **{"X-Request-ID": ""})) == (
            404, two.content, dict(two.headers, **{"X-Request-ID": ""}),
        )  # fmt: skip
