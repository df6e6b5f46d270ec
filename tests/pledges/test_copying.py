"""A new draft from an earlier pledge of the same delegation: what is still true, and how the two relate."""

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from conferences.models import MembershipRole
from pledges.errors import NotAllowed, WrongStatus
from pledges.models import Pledge
from pledges.services.copying import copy_pledge, still_true
from tests.factories import (
    AnnouncedPledgeFactory,
    CaveatFactory,
    ConferenceFactory,
    ConfirmedPartnerFactory,
    DraftPledgeFactory,
    MissionFactory,
    OfficerFactory,
    RecordPledgeFactory,
    member_of,
)

pytestmark = pytest.mark.django_db
NOW = timezone.now()
TODAY = NOW.date()


def copy(pledge: Pledge, **asked: Any) -> Pledge:
    asked = {"by": member_of(pledge.participant), "conference": ConferenceFactory(), "relation": "", "at": NOW} | asked
    return copy_pledge(pledge=pledge, **asked)


def test_a_copy_says_what_is_still_true() -> None:
    mission = MissionFactory(ends_on=None)
    later = TODAY + timedelta(days=90)
    pledge = AnnouncedPledgeFactory(
        personnel=60, women=20, deliver_by=later, deliver_by_precision="day", missions=[mission]
    )
    CaveatFactory(pledge=pledge, text="No deployment at night.")
    draft = copy(pledge)
    for name in ("participant", "title", "description", "capability_type", "quantity", "unit", "personnel", "women"):
        assert getattr(draft, name) == getattr(pledge, name), name
    assert (draft.deliver_by, draft.deliver_by_precision) == (later, "day")
    assert list(draft.missions.all()) == [mission]
    assert [caveat.text for caveat in draft.caveats.all()] == ["No deployment at night."]
    assert (draft.status, draft.kind, draft.reference != pledge.reference) == ("draft", "new", True)
    assert (draft.submitted_at, draft.registered_at, draft.announced_at, draft.reported_state) == (None, None, None, "")


def test_what_has_ended_is_left_out_and_said() -> None:
    ended = MissionFactory(ends_on=date(2020, 12, 31), ends_on_precision="day")
    pledge = AnnouncedPledgeFactory(
        match="broader", deliver_by=date(2025, 6, 30), deliver_by_precision="day", missions=[ended]
    )
    ConfirmedPartnerFactory(pledge=pledge)
    draft = copy(pledge)
    assert not draft.missions.exists()
    assert not draft.partners.exists()
    assert (draft.deliver_by, draft.deliver_by_precision, draft.capability_type) == (None, "", None)
    assert draft.category == pledge.category
    _content, left_out = still_true(pledge, on=TODAY)
    assert [sentence.split()[0] for sentence in left_out] == [ended.pk, "The", "The", "Partners:"]


@pytest.mark.parametrize(
    ("declared", "known"), [(("No deployment at night.",), "declared"), ((), "unknown")], ids=["some", "none"]
)
def test_conditions_recorded_after_a_pledge_do_not_become_those_of_its_copy(
    declared: tuple[str, ...], known: str
) -> None:
    pledge = AnnouncedPledgeFactory(caveats_known="declared")
    for text in declared:
        CaveatFactory(pledge=pledge, text=text)
    for stage in ("talks", "memorandum", "after_deployment"):
        CaveatFactory(pledge=pledge, text=f"Of stage {stage}.", stage=stage)
    draft = copy(pledge)
    assert (draft.caveats_known, tuple(caveat.text for caveat in draft.caveats.all())) == (known, declared)
    _content, left_out = still_true(pledge, on=TODAY)
    assert left_out == ["Conditions that were recorded after it was registered: state those that hold for the new one."]


def test_a_copy_keeps_that_no_conditions_were_declared() -> None:
    pledge = AnnouncedPledgeFactory(caveats_known="none_declared")
    assert copy(pledge).caveats_known == "none_declared"
    assert still_true(pledge, on=TODAY)[1] == []


@pytest.mark.parametrize(("relation", "kind"), [("renews", "renewed"), ("repeats", "already_announced")])
def test_the_relation_is_declared_with_the_copy(relation: str, kind: str) -> None:
    pledge = AnnouncedPledgeFactory()
    draft = copy(pledge, relation=relation)
    link = draft.descends_from.get()
    assert (link.earlier, link.kind, draft.kind, draft.repeats_answered_at) == (pledge, relation, kind, NOW)


def test_words_alone_make_no_relation() -> None:
    draft = copy(DraftPledgeFactory())
    assert not draft.descends_from.exists()
    assert draft.repeats_answered_at is None


def test_what_was_never_registered_is_neither_renewed_nor_repeated() -> None:
    with pytest.raises(WrongStatus):
        copy(DraftPledgeFactory(), relation="renews")


def test_the_public_record_can_be_renewed_without_the_words_of_its_source() -> None:
    draft = copy(RecordPledgeFactory(capability_wording="as the source says"), relation="renews")
    assert (draft.capability_wording, draft.source_url, draft.record_key) == ("", "", None)


def test_the_same_form_twice_makes_one_draft() -> None:
    pledge = AnnouncedPledgeFactory()
    asked = {"form_key": uuid.uuid4(), "by": member_of(pledge.participant), "relation": "renews"}
    assert copy(pledge, **asked) == copy(pledge, **asked)
    assert Pledge.objects.filter(status="draft").count() == 1


def test_only_writers_of_the_delegation_copy() -> None:
    pledge = AnnouncedPledgeFactory()
    partner = ConfirmedPartnerFactory(pledge=pledge)
    for person in (
        OfficerFactory(),
        member_of(pledge.participant, MembershipRole.VIEWER),
        member_of(partner.participant, MembershipRole.APPROVER),
    ):
        with pytest.raises(NotAllowed):
            copy(pledge, by=person)
