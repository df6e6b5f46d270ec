"""Progress events stand on the timelines of their pledges, each with its source."""

from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser

from capabilities.models import CapabilityType
from pledges.enums import AssessedState, Outcome, ReportedState, Status
from pledges.models import Assessment, Pledge, ProgressUpdate, Readiness
from pledges.record.events import Event, Timeline
from pledges.record.load import load_record
from pledges.timeline import timeline
from tests.record.conftest import change_line, history_added, lines_of, write_lines

EVENTS = lines_of("progress_events.csv")
loaded = pytest.mark.usefixtures("record")
ANNOUNCED = datetime(2021, 12, 8, tzinfo=UTC)


def told(pledge: Pledge, *events: tuple[str, str], **cells: str) -> Timeline:
    """Return the timeline of a pledge after events, each given by kind and date."""
    given = {"quantity": "", "unit": "", "personnel": "", "description": "Told.", "source_title": "Paper"}
    given |= {"source_url": "https://pledges.example/paper", "source_confidence": "press", **cells}
    return Timeline(
        pledge,
        [
            Event(
                {**given, "kind": kind, "event_date": day},
                f"{kind}{day}",
                pledge,
                date.fromisoformat(day) if day else None,
            )
            for kind, day in events
        ],
    )


def pledged(**columns: Any) -> Pledge:
    """Return a pledge that is not stored: four helicopter units, exactly this type."""
    kind = CapabilityType(code="helicopters", unit_of_measure="unit", is_pcrs_registrable=True)
    columns = {"quantity": 4, "unit": "unit", "match": "exact", "capability_type": kind, **columns}
    return Pledge(pk=1, announced_at=ANNOUNCED, **columns)


@loaded
@pytest.mark.django_db
def test_every_event_stands_on_the_timeline_of_its_pledge_with_its_source() -> None:
    assert len(EVENTS) == 272
    for line in EVENTS:
        pledge = Pledge.objects.get(
            conference=line["conference"], participant=line["participant"], title=line["pledge_title"], author=None
        )
        shown = [
            (entry.text, entry.source_title, entry.source_url, entry.source_confidence)
            for entry in timeline(pledge, AnonymousUser())
        ]
        source = (line["source_title"], line["source_url"], line["source_confidence"])
        assert (line["description"], *source) in shown


@loaded
@pytest.mark.django_db
def test_no_event_is_told_twice() -> None:
    rows = [model.objects.filter(record_key__isnull=False).count() for model in (ProgressUpdate, Assessment, Readiness)]
    assert rows == [222, 45, 5]
    assert sum(rows) == len(EVENTS)


@loaded
@pytest.mark.django_db
def test_pledges_are_closed_as_their_last_finding_has_it() -> None:
    assert Counter(Pledge.objects.values_list("status", "outcome")) == {
        (Status.REGISTERED, ""): 359,
        (Status.CLOSED, Outcome.DELIVERED): 23,
        (Status.CLOSED, Outcome.WITHDRAWN): 3,
        (Status.CLOSED, Outcome.OVERTAKEN): 2,
    }


@loaded
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("title", "status", "outcome", "closed_on", "confirmed", "reported"),
    [
        # Five aircraft were delivered where two were pledged.
        ("C-130J aircraft for Bangladesh", "closed", "delivered", date(2024, 6, 24), 5, "delayed"),
        # What was delivered is counted in persons, what was pledged in forces, and the type fits only broadly.
        ("Standby force of 8,000", "closed", "delivered", date(2018, 11, 29), None, "in_progress"),
        ("4,000 peacekeepers by 2019", "registered", "", None, 3544, "in_progress"),
        ("Two combat transport companies", "closed", "overtaken", date(2023, 12, 31), 1, "in_progress"),
        # Withdrawn in a report without a date: at the last dated event.
        ("Headquarters officers in 2016", "closed", "withdrawn", date(2016, 2, 26), None, "in_progress"),
        ("Female engagement team for the Congo mission", "closed", "delivered", date(2019, 6, 1), 1, ""),
    ],
)
def test_what_became_of_a_pledge(
    title: str, status: str, outcome: str, closed_on: Any, confirmed: Any, reported: str
) -> None:
    pledge = Pledge.objects.get(title=title)
    assert (pledge.status, pledge.outcome) == (status, outcome)
    assert (pledge.closed_at.date() if pledge.closed_at else None) == closed_on
    assert (pledge.delivered_quantity, pledge.reported_state) == (confirmed, reported)


@loaded
@pytest.mark.django_db
def test_an_event_without_a_date_has_none() -> None:
    withdrawn = Assessment.objects.get(pledge__title="Headquarters officers in 2016")
    assert (withdrawn.assessed_on, withdrawn.assessed_on_precision, withdrawn.state) == (None, "", "withdrawn")


@loaded
@pytest.mark.django_db
def test_levels_are_readiness_of_registrable_types() -> None:
    standby = Pledge.objects.get(title="Standby force of 8,000")
    assert [row.level for row in standby.readiness.order_by("reached_on")] == ["2", "3"]
    assert standby.readiness_level == "3"


@loaded
@pytest.mark.django_db
def test_a_corrected_event_replaces_what_was_told(folder: Path) -> None:
    file = folder / "progress_events.csv"
    number = next(n for n, line in enumerate(EVENTS) if line["kind"] == "deployed")
    before = change_line(file, number, description="Told anew.")
    assert history_added(lambda: load_record(folder)) == {"pledges_progressupdateevent": 1}
    assert ProgressUpdate.objects.filter(text="Told anew.").count() == 1
    assert not ProgressUpdate.objects.filter(text=before["description"], source_url=before["source_url"]).exists()


@loaded
@pytest.mark.django_db
def test_an_event_that_left_the_file_is_told_no_more_and_the_pledge_is_open_again(folder: Path) -> None:
    kept = [line for line in EVENTS if line["kind"] != "withdrawn"]
    write_lines(folder / "progress_events.csv", kept)
    load_record(folder)
    assert not Assessment.objects.filter(state="withdrawn").exists()
    chile = Pledge.objects.get(title="Headquarters officers in 2016")
    assert (chile.status, chile.outcome, chile.closed_at, chile.assessed_state) == ("registered", "", None, "")


def test_the_last_finding_decides() -> None:
    then = told(pledged(), ("partly_delivered", "2022-01-01"), ("delivered", "2022-06-01"))
    assert then.life["outcome"] == Outcome.DELIVERED
    back = told(pledged(), ("delivered", "2022-01-01"), ("partly_delivered", "2022-06-01"))
    assert back.life == {"status": Status.REGISTERED, "outcome": "", "closed_at": None}


def test_the_end_of_a_mission_overtakes_only_what_is_not_delivered() -> None:
    events = ("partly_delivered", "2022-01-01"), ("mission_closed", "2023-12-31")
    late = told(pledged(), *events, quantity="1", unit="unit")
    assert late.life["outcome"] == Outcome.OVERTAKEN
    assert [row["confirmed_quantity"] for row in late.findings] == [1, 1]
    done = told(pledged(), ("delivered", "2022-01-01"), ("mission_closed", "2023-12-31"))
    assert done.life["outcome"] == Outcome.DELIVERED
    assert [row["kind"] for row in done.reports] == ["mission_closed"]


def test_reports_say_how_far_the_work_is_until_it_is_delivered() -> None:
    events = told(
        pledged(), ("delayed", "2022-01-01"), ("deployed", "2022-02-01"), ("delivered", "2022-03-01"),
        ("handed_over", "2022-04-01"),
    )  # fmt: skip
    assert [row["state"] for row in events.reports] == [ReportedState.DELAYED, ReportedState.IN_PROGRESS, ""]


def test_a_pledge_is_not_closed_before_it_was_announced() -> None:
    assert told(pledged(), ("delivered", "2020-01-01")).life["closed_at"] == ANNOUNCED


@pytest.mark.parametrize(
    ("kind", "stated", "unit", "columns", "confirmed"),
    [
        ("delivered", "3", "unit", {}, 3),
        ("partly_delivered", "1", "unit", {}, 1),
        ("delivered", "8", "helicopter", {}, 4),  # counted in another unit: the whole, since the type fits exactly
        ("delivered", "", "", {}, 4),
        ("delivered", "", "", {"match": "broader"}, None),
        ("delivered", "3", "unit", {"match": "broader"}, 3),
        ("partly_delivered", "", "", {}, None),
        ("partly_delivered", "8", "helicopter", {}, None),
        ("withdrawn", "3", "unit", {}, None),
        ("mission_closed", "3", "unit", {}, None),
    ],
)
def test_how_much_an_event_confirms(kind: str, stated: str, unit: str, columns: Any, confirmed: int | None) -> None:
    events = told(pledged(**columns), (kind, "2022-01-01"), quantity=stated, unit=unit)
    assert [row["confirmed_quantity"] for row in events.findings] == [confirmed]


def test_a_level_of_a_type_that_the_readiness_system_does_not_take_is_a_report() -> None:
    unregistrable = CapabilityType(code="money", unit_of_measure="USD", is_pcrs_registrable=False)
    events = told(pledged(capability_type=unregistrable), ("level_2", "2022-01-01"))
    assert (events.levels, [row["kind"] for row in events.reports]) == ([], ["level_2"])
    assert [row["level"] for row in told(pledged(), ("rdl", "2022-01-01")).levels] == ["rdl"]


def test_findings_become_assessments() -> None:
    events = told(pledged(), ("withdrawn", "2022-01-01"))
    assert [(row["state"], row["assessed_on"]) for row in events.findings] == [
        (AssessedState.WITHDRAWN, date(2022, 1, 1)),
    ]
