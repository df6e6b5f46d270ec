"""A condition that a contributor declares after its pledge is recorded with its stage and day (HIPPO, 2015)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from pledges.enums import CaveatStage
from pledges.errors import Incomplete, NotAllowed, WrongStatus
from pledges.models import Caveat, Pledge
from pledges.services.conditions import record_condition
from pledges.services.writing import edit_pledge
from pledges.timeline import timeline
from pledges.transitions import apply_transition
from tests.api.readers import Api
from tests.concurrency import at_once
from tests.factories import (
    AnnouncedPledgeFactory,
    CaveatFactory,
    ClosedPledgeFactory,
    OfficerFactory,
    RegisteredPledgeFactory,
    SubmittedPledgeFactory,
)
from tests.pages.reading import read
from tests.progress.conftest import Cast, People, SignedIn, day_boxes

pytestmark = pytest.mark.django_db
NOW = datetime(2025, 10, 1, 9, tzinfo=UTC)
DAY = date(2025, 9, 12)
SAID = {"stage": "talks", "declared_on": DAY, "text": "Not outside the capital.", "at": NOW}


def record(pledge: Pledge, **said: Any) -> Caveat:
    """A condition that an officer records."""
    return record_condition(pledge=pledge, **{"by": OfficerFactory(), **SAID, **said})


def condition_url(pledge: Pledge) -> str:
    return reverse("pledge-condition", args=[pledge.reference])


@pytest.mark.parametrize("known", ["none_declared", "unknown", "declared"])
@pytest.mark.parametrize("stage", ["talks", "memorandum", "after_deployment"])
def test_once_one_is_recorded_conditions_are_declared(known: str, stage: str) -> None:
    pledge = RegisteredPledgeFactory(caveats_known=known)
    row = record(pledge, stage=stage, text="  Not outside the capital. ")
    pledge.refresh_from_db()
    assert pledge.caveats_known == "declared"
    assert (row.stage, row.declared_on, row.text) == (stage, DAY, "Not outside the capital.")


def test_officers_record_conditions_and_nobody_else(cast: Cast) -> None:
    pledge = cast.join_partners(RegisteredPledgeFactory(participant=cast.lead, conference=cast.conference))
    able = set()
    for name, user in cast.people.items():
        try:
            record(pledge, by=user)
        except NotAllowed:
            continue
        able.add(name)
    assert able == {"officer", "manager"}


@pytest.mark.parametrize("make", [SubmittedPledgeFactory, ClosedPledgeFactory])
def test_later_conditions_are_of_live_pledges(make: Any) -> None:
    with pytest.raises(WrongStatus):
        record(make())


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"stage": "pledge"}, "stage"),
        ({"stage": "later"}, "stage"),
        ({"declared_on": date(2025, 10, 2)}, "declared_on"),
        ({"text": " \n"}, "text"),
    ],
)
def test_a_condition_that_cannot_stand_is_refused_at_its_field(said: dict[str, Any], field: str) -> None:
    pledge = RegisteredPledgeFactory(caveats_known="none_declared")
    with pytest.raises(Incomplete) as refusal:
        record(pledge, **said)
    assert list(refusal.value.fields) == [field]
    pledge.refresh_from_db()
    assert (pledge.caveats_known, pledge.caveats.count()) == ("none_declared", 0)


@pytest.mark.django_db(transaction=True)
def test_a_condition_sent_twice_at_once_is_one() -> None:
    pledge, officer = RegisteredPledgeFactory(), OfficerFactory()
    first, second = at_once(pledge, [lambda: record(pledge, by=officer)] * 2)
    assert first == second == pledge.caveats.get()
    assert record(pledge, text="Not by night.") != first


def test_history_knows_who_recorded_it_and_what_was_known_before() -> None:
    pledge, officer = RegisteredPledgeFactory(caveats_known="none_declared"), OfficerFactory()
    row: Any = record(pledge, by=officer)
    assert row.events.get().pgh_context["actor"] == officer.pk
    tracked: Any = pledge
    assert list(tracked.events.order_by("pgh_id").values_list("caveats_known", flat=True)) == [
        "none_declared",
        "declared",
    ]


def test_a_delegation_does_not_take_back_what_was_declared_later(people: People) -> None:
    pledge = RegisteredPledgeFactory(participant=people.delegation, author=people.drafter)
    record(pledge)
    sent_back = apply_transition("return", pledge=pledge, by=people.officer, at=NOW, reason="Mend the number.")
    for known in ("none_declared", "unknown"):
        said: dict[str, Any] = {"version": sent_back.version, "by": people.drafter, "at": NOW}
        with pytest.raises(Incomplete) as refusal:
            edit_pledge(pledge=sent_back, content={"caveats_known": known, "caveats": []}, **said)
        assert list(refusal.value.fields) == ["caveats_known"]
    edit_pledge(pledge=sent_back, content={"caveats_known": "declared", "caveats": ["Not alone."]}, **said)
    assert set(pledge.caveats.values_list("stage", "text")) == {
        ("talks", "Not outside the capital."),
        ("pledge", "Not alone."),
    }


# --- Where it is read -------------------------------------------------------------------------------------------------
def test_everybody_reads_it_with_stage_and_day_and_insiders_who_recorded_it(
    people: People, signed_in: SignedIn, client: Client
) -> None:
    pledge = AnnouncedPledgeFactory(participant=people.delegation, caveats_known="none_declared")
    assert "Caveats None declared" in read(client.get(pledge.get_absolute_url())).text
    row = record(pledge, by=people.officer)
    page = read(client.get(pledge.get_absolute_url()))
    assert "Caveats Not outside the capital. During deployment talks, 12 September 2025" in page.text
    assert "12 September 2025 Condition declared: During deployment talks Not outside the capital." in page.text
    assert (f"#condition-{row.pk}", "12 September 2025") in page.links
    assert "None declared" not in page.text
    assert str(people.officer) not in page.text
    assert str(people.officer) in read(signed_in(people.drafter).get(pledge.get_absolute_url())).text


def test_the_api_tells_of_it_with_stage_and_day() -> None:
    pledge = AnnouncedPledgeFactory(caveats_known="none_declared")
    record(pledge, stage="memorandum")
    found = Api(None).get(f"pledges/{pledge.reference}/").json()
    assert (found["caveats_known"], found["caveats"]) == (
        "declared",
        [
            {
                "text": "Not outside the capital.",
                "stage": "memorandum",
                "declared_on": "2025-09-12",
                "declared_on_precision": "day",
            }
        ],
    )
    told = Api(None).get(f"pledges/{pledge.reference}/timeline/").json()["results"]
    (entry,) = [entry for entry in told if entry["kind"] == "condition"]
    assert (entry["day"], entry["text"], entry["by"]) == ("2025-09-12", "Not outside the capital.", None)


def test_the_timeline_tells_of_no_condition_that_came_with_the_pledge(people: People) -> None:
    pledge = RegisteredPledgeFactory()
    CaveatFactory(pledge=pledge, stage=CaveatStage.PLEDGE)
    assert not [entry for entry in timeline(pledge, people.officer) if entry.kind == "condition"]


# --- The page ---------------------------------------------------------------------------------------------------------
def test_an_officer_records_one_from_the_page_of_the_pledge(people: People, signed_in: SignedIn) -> None:
    pledge = RegisteredPledgeFactory(participant=people.delegation, caveats_known="none_declared")
    officer = signed_in(people.officer)
    assert read(officer.get(pledge.get_absolute_url())).link("Record a condition") == condition_url(pledge)
    assert "Conditions so far None declared" in read(officer.get(condition_url(pledge))).text
    sent = {"stage": "talks", "text": "Not outside the capital."} | day_boxes("declared_on", DAY)
    for _click in range(2):
        answer = officer.post(condition_url(pledge), sent, follow=True)
        assert answer.redirect_chain == [(pledge.get_absolute_url(), 302)]
        assert "The condition is recorded." in answer.content.decode()
    assert pledge.caveats.count() == 1
    assert "Conditions so far Not outside the capital." in read(officer.get(condition_url(pledge))).text
    assert condition_url(pledge) not in signed_in(people.drafter).get(pledge.get_absolute_url()).content.decode()


def test_what_cannot_stand_is_said_at_its_field_and_what_was_typed_stays(people: People, signed_in: SignedIn) -> None:
    pledge = RegisteredPledgeFactory(participant=people.delegation)
    sent = {"text": "Words kept"} | day_boxes("declared_on", timezone.localdate() + timedelta(days=2))
    page = signed_in(people.officer).post(condition_url(pledge), sent)
    assert set(page.context["form"].errors) == {"stage"}
    page = signed_in(people.officer).post(condition_url(pledge), sent | {"stage": "talks"})
    assert page.context["form"].errors == {"declared_on": ["Enter a day that has come: today or earlier."]}
    assert "Words kept" in page.content.decode()
    assert not pledge.caveats.exists()


def test_what_was_typed_stays_where_the_pledge_was_closed_meanwhile(people: People, signed_in: SignedIn) -> None:
    pledge, officer = ClosedPledgeFactory(participant=people.delegation), signed_in(people.officer)
    sent = {"stage": "talks", "text": "Words kept"} | day_boxes("declared_on", DAY)
    page = officer.post(condition_url(pledge), sent)
    assert (page.status_code, page.context["form"]["text"].value()) == (409, "Words kept")
    assert page.context["form"].non_field_errors()
    assert not pledge.caveats.exists()
    assert officer.get(condition_url(pledge)).url == pledge.get_absolute_url()
