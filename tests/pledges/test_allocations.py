"""Units are counted towards asks with a reason, never above what was pledged; refusals are kept with theirs."""

from datetime import UTC, date, datetime
from functools import partial
from typing import Any

import pytest
from django.test import Client

from pledges.errors import EditConflict, Incomplete, NotAllowed, WrongStatus
from pledges.models import Allocation, Pledge
from pledges.services.allocations import allocate, refuse_allocation, remove_allocation, stored, units_left
from pledges.suggestions import suggestions
from tests.concurrency import at_once
from tests.factories import (
    AllocationFactory,
    AnnouncedPledgeFactory,
    CapabilityTypeFactory,
    ClosedPledgeFactory,
    EditionFactory,
    ManagerFactory,
    MissionFactory,
    OfficerFactory,
    ReaderFactory,
    RegisteredPledgeFactory,
    RequirementFactory,
    SubmittedPledgeFactory,
    member_of,
)

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def ask_for(pledge: Any, **given: Any) -> Any:
    return RequirementFactory(capability_type=pledge.capability_type, **given)


@pytest.mark.django_db
def test_units_are_counted_changed_and_taken_away() -> None:
    pledge, by = RegisteredPledgeFactory(quantity=4), OfficerFactory()
    ask = ask_for(pledge)
    said = {"pledge": pledge, "requirement": ask, "by": by, "at": NOW}
    allocate(**said, quantity=3, reason="Fits.")
    assert units_left(pledge) == 1
    row = allocate(**said, quantity=4, reason="All of them.")
    assert (Allocation.objects.get(), units_left(pledge), row.quantity) == (row, 0, 4)
    remove_allocation(row, by=by)
    assert not Allocation.objects.exists()
    remove_allocation(row, by=by)  # a second click


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("quantity", "reason", "field"), [(5, "Fits.", "quantity"), (0, "Fits.", "quantity"), (1, " ", "reason")]
)
def test_what_cannot_be_counted_names_its_field(quantity: int, reason: str, field: str) -> None:
    pledge = RegisteredPledgeFactory(quantity=4)
    with pytest.raises(Incomplete) as refusal:
        allocate(
            pledge=pledge, requirement=ask_for(pledge), quantity=quantity, reason=reason, by=OfficerFactory(), at=NOW
        )
    assert list(refusal.value.fields) == [field]
    assert not Allocation.objects.exists()


@pytest.mark.django_db
def test_what_others_took_is_not_there_any_more() -> None:
    pledge = RegisteredPledgeFactory(quantity=4)
    AllocationFactory(pledge=pledge, quantity=3)
    with pytest.raises(Incomplete, match="More than the pledge holds"):
        allocate(pledge=pledge, requirement=ask_for(pledge), quantity=2, reason="Fits.", by=OfficerFactory(), at=NOW)


@pytest.mark.django_db
def test_units_of_another_kind_are_refused_with_the_reason_and_that_is_kept() -> None:
    pledge, by = RegisteredPledgeFactory(quantity=4), OfficerFactory()
    ask = RequirementFactory(capability_type=CapabilityTypeFactory(unit_of_measure="hour"))
    said = {"pledge": pledge, "requirement": ask, "by": by, "at": NOW}
    with pytest.raises(Incomplete, match="different units"):
        allocate(**said, quantity=1, reason="Fits.")
    row = refuse_allocation(**said, reason="The range is too short.")
    assert (row.quantity, row.reason, units_left(pledge)) == (None, "The range is too short.", 4)


@pytest.mark.django_db
def test_officers_count_and_change_their_own_and_managers_any() -> None:
    pledge, officer = RegisteredPledgeFactory(quantity=4), OfficerFactory()
    said = {"pledge": pledge, "requirement": ask_for(pledge), "reason": "Fits.", "at": NOW}
    for by in (ReaderFactory(), member_of(pledge.participant, "approver")):
        with pytest.raises(NotAllowed):
            allocate(**said, quantity=1, by=by)
    row = allocate(**said, quantity=1, by=officer)
    for act in (partial(allocate, **said, quantity=2), partial(remove_allocation, row)):
        with pytest.raises(NotAllowed):
            act(by=OfficerFactory())
    assert allocate(**said, quantity=2, by=ManagerFactory()).quantity == 2


@pytest.mark.django_db
def test_only_registered_pledges_are_counted() -> None:
    pledge = SubmittedPledgeFactory()
    with pytest.raises(WrongStatus):
        allocate(pledge=pledge, requirement=ask_for(pledge), quantity=1, reason="Fits.", by=OfficerFactory(), at=NOW)


@pytest.mark.django_db
def test_nobody_writes_over_what_they_have_not_read() -> None:
    pledge, by = RegisteredPledgeFactory(quantity=4), OfficerFactory()
    said = {"pledge": pledge, "requirement": ask_for(pledge), "by": by, "at": NOW}
    row = allocate(**said, quantity=1, reason="Fits.", was=stored(None))
    for act in (partial(allocate, **said, quantity=2, reason="More."), partial(remove_allocation, row, by=by)):
        with pytest.raises(EditConflict):
            act(was=stored(None))
    assert allocate(**said, quantity=2, reason="More.", was=stored(row)).quantity == 2


@pytest.mark.django_db(transaction=True)
def test_of_twelve_who_count_one_of_five_five_do() -> None:
    pledge = RegisteredPledgeFactory(quantity=5)
    calls = [
        partial(allocate, pledge=pledge, requirement=ask_for(pledge), quantity=1, reason="Fits.", by=by, at=NOW)
        for by in OfficerFactory.create_batch(12)
    ]
    results = at_once(pledge, calls)
    assert [type(result) for result in results] == [Allocation] * 5 + [Incomplete] * 7
    assert units_left(pledge) == 0


# --- Suggestions ------------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_asks_are_suggested_by_type_mission_words_and_date_each_with_its_reasons() -> None:
    mission = MissionFactory()
    pledge = RegisteredPledgeFactory(
        description="Armed helicopters with night vision.", missions=[mission], deliver_by=date(2026, 6, 30),
        deliver_by_precision="month",
    )  # fmt: skip
    family = CapabilityTypeFactory(category=pledge.category, name="Another of the family")
    other_mission = ask_for(pledge, mission=MissionFactory())
    related = RequirementFactory(capability_type=family)
    RequirementFactory()  # of another family
    best = ask_for(
        pledge, mission=mission, characteristics="Night vision; winch", needed_by=date(2026, 12, 31),
        needed_by_precision="year",
    )  # fmt: skip
    late = ask_for(pledge, needed_by=date(2026, 1, 31), needed_by_precision="month")
    found = suggestions(pledge, on=NOW.date())
    assert [one.requirement for one in found] == [best, late, other_mission, related]
    assert found[0].for_it == (
        "the same type",
        f"for {mission.pk}, as pledged",
        "there by 30 June 2026, needed by 31 December 2026",
        "both say: night, vision",
    )
    assert found[1].against_it == ("there by 30 June 2026 only, needed by 31 January 2026",)
    assert found[2].against_it == (f"for {other_mission.mission_id}, which the pledge does not name",)
    assert found[3].against_it == ("another type of the same category",)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("outcome", "left"),
    [("withdrawn", 8), ("superseded", 8), ("not_delivered", 8), ("delivered", 7), ("overtaken", 7)],
)
def test_what_ended_with_nothing_covers_no_ask(outcome: str, left: int, client: Client) -> None:
    pledge = RegisteredPledgeFactory(quantity=4)
    ask = ask_for(pledge)
    given = AllocationFactory(pledge=AnnouncedPledgeFactory(capability_type=pledge.capability_type), requirement=ask)
    assert [one.open_units for one in suggestions(pledge, on=NOW.date())] == [7]
    Pledge.objects.filter(pk=given.pledge_id).update(status="closed", closed_at=NOW, outcome=outcome)
    assert [one.open_units for one in suggestions(pledge, on=NOW.date())] == [left]
    page = client.get(ask.get_absolute_url())
    assert list(page.context["allocations"]) == ([given] if left == 7 else [])


@pytest.mark.django_db
@pytest.mark.parametrize("outcome", ["withdrawn", "superseded", "not_delivered"])
def test_no_unit_of_what_ended_with_nothing_is_counted(outcome: str) -> None:
    pledge = ClosedPledgeFactory(outcome=outcome, quantity=4)
    with pytest.raises(WrongStatus, match="ended without being delivered"):
        allocate(pledge=pledge, requirement=ask_for(pledge), quantity=1, reason="It fits.", by=OfficerFactory(), at=NOW)
    assert not pledge.allocations.exists()


@pytest.mark.django_db
def test_asks_that_are_full_stand_last_and_decided_or_superseded_ones_are_left_out() -> None:
    pledge = RegisteredPledgeFactory(quantity=4)
    mission = MissionFactory()
    old = EditionFactory(published_on=date(2020, 1, 1), published_on_precision="day")
    newest = EditionFactory(published_on=date(2026, 1, 1), published_on_precision="day")
    ask_for(pledge, mission=mission, edition=old)
    standing = ask_for(pledge, mission=mission, edition=newest)
    full = ask_for(pledge, quantity=1, edition=newest)
    AllocationFactory(pledge=RegisteredPledgeFactory(capability_type=pledge.capability_type), requirement=full)
    decided = ask_for(pledge, mission=MissionFactory(), edition=newest)
    refuse_allocation(pledge=pledge, requirement=decided, reason="Too slow.", by=OfficerFactory(), at=NOW)
    found = suggestions(pledge, on=NOW.date())
    assert [(one.requirement, one.open_units) for one in found] == [(standing, 8), (full, 0)]
    assert "all of it is allocated already" in found[1].against_it
