"""What became of the pledges: each line of progress_events.csv goes onto its pledge's timeline, with its source.

Delivered, partly delivered, withdrawn and the end of a mission are findings (assessments); levels are readiness where
the readiness system takes the type; all else is a report. The last finding decides whether the pledge is closed.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from django.db import models
from django.db.models import Q

from conferences.references import record_key
from pledges.enums import AssessedState, EventKind, Match, Outcome, ReadinessLevel, ReportedState, Status
from pledges.importing.sync import Counts, Row, sync
from pledges.models import Assessment, Pledge, ProgressUpdate, Readiness
from pledges.record.files import Line, PledgeName, RecordError, dated, number, pledge_name, read_csv, source

FINDINGS = {
    EventKind.DELIVERED: AssessedState.DELIVERED,
    EventKind.PARTLY_DELIVERED: AssessedState.PARTLY_DELIVERED,
    EventKind.WITHDRAWN: AssessedState.WITHDRAWN,
    EventKind.MISSION_CLOSED: AssessedState.OVERTAKEN,
}
OUTCOMES = {
    AssessedState.DELIVERED: Outcome.DELIVERED,
    AssessedState.WITHDRAWN: Outcome.WITHDRAWN,
    AssessedState.OVERTAKEN: Outcome.OVERTAKEN,
}
LEVELS = {
    EventKind.LEVEL_2: ReadinessLevel.LEVEL_2,
    EventKind.LEVEL_3: ReadinessLevel.LEVEL_3,
    EventKind.RDL: ReadinessLevel.RDL,
}
OPEN: Row = {"status": Status.REGISTERED, "outcome": "", "closed_at": None}
RECORD = Pledge.objects.filter(record_key__isnull=False, author=None)
EVENT_KEY = ("conference", "participant", "pledge_title", "event_date", "kind", "source_url")


@dataclass(frozen=True)
class Event:
    """A line of the file with its key, the pledge it tells of, and its day (none where the source is undated)."""

    line: Line
    key: str
    pledge: Pledge
    day: date | None

    @property
    def kind(self) -> EventKind:
        """What happened."""
        return EventKind(self.line["kind"])


class Timeline:
    """The events of one pledge in the order of their days, sorted into reports, findings and levels."""

    def __init__(self, pledge: Pledge, events: list[Event]) -> None:
        self.pledge = pledge
        self.reports: list[Row] = []
        self.findings: list[Row] = []
        self.levels: list[Row] = []
        for event in sorted(events, key=lambda event: event.day or date.max):
            self.add(event)

    def add(self, event: Event) -> None:
        """Put an event where it belongs."""
        if event.kind in FINDINGS and not (event.kind == EventKind.MISSION_CLOSED and self.is_delivered):
            self.findings.append(finding(event) | {"confirmed_quantity": self.confirmed_by(event)})
        elif event.kind in LEVELS and takes_levels(self.pledge):
            self.levels.append(level(event))
        else:
            self.reports.append(report(event, after_delivery=self.is_delivered))

    def confirmed_by(self, event: Event) -> int | None:
        """Return how much is confirmed as of an event: what ends a pledge leaves what was confirmed before."""
        if event.kind in (EventKind.WITHDRAWN, EventKind.MISSION_CLOSED) and self.findings:
            return self.findings[-1]["confirmed_quantity"]
        return confirmed(event)

    @property
    def is_delivered(self) -> bool:
        """Whether a source has said by now that the pledge is delivered."""
        return any(row["state"] == AssessedState.DELIVERED for row in self.findings)

    @property
    def life(self) -> Row:
        """Return status, outcome and closing of the pledge as the last finding has it.

        A finding without a date closes the pledge at its last dated event: it cannot have been known before.
        """
        outcome = OUTCOMES.get(self.findings[-1]["state"]) if self.findings else None
        if outcome is None:
            return OPEN
        days = [row["assessed_on"] for row in self.findings] + [row["happened_on"] for row in self.reports]
        day = self.findings[-1]["assessed_on"] or max(filter(None, days), default=date.min)
        closed = datetime.combine(day, time(), tzinfo=UTC)
        announced = self.pledge.announced_at or closed
        return {"status": Status.CLOSED, "outcome": outcome, "closed_at": max(closed, announced)}


def takes_levels(pledge: Pledge) -> bool:
    """Return whether the readiness system takes what is pledged."""
    return bool(pledge.capability_type and pledge.capability_type.is_pcrs_registrable)


def report(event: Event, *, after_delivery: bool) -> Row:
    """Return the row of a report; what happens after delivery no longer says how far the work is."""
    state = ReportedState.DELAYED if event.kind == EventKind.DELAYED else ReportedState.IN_PROGRESS
    return common(event, "happened_on") | {
        "kind": event.kind,
        "state": "" if after_delivery else state,
        "text": event.line["description"],
        "delivered_quantity": number(event.line["quantity"]),
        "unit": event.line["unit"],
        "personnel": number(event.line["personnel"]),
    }


def finding(event: Event) -> Row:
    """Return the row of a finding."""
    return common(event, "assessed_on") | {
        "state": FINDINGS[event.kind],
        "reason": event.line["description"],
    }


def confirmed(event: Event) -> int | None:
    """Return how much of the pledge an event confirms as delivered, in the pledge's unit; None where it does not say.

    The event's own number counts where it counts the same thing. "Delivered" without such a number confirms the whole
    of a pledge whose type fits exactly.
    """
    stated = number(event.line["quantity"])
    if event.kind not in (EventKind.DELIVERED, EventKind.PARTLY_DELIVERED):
        return None
    if stated and event.line["unit"] == event.pledge.unit:
        return stated
    if event.kind == EventKind.DELIVERED and event.pledge.match == Match.EXACT:
        return event.pledge.quantity
    return None


def level(event: Event) -> Row:
    """Return the row of a level of the readiness system."""
    return common(event, "reached_on") | {"level": LEVELS[event.kind], "evidence": event.line["description"]}


def common(event: Event, day: str) -> Row:
    """Return the columns that all rows of a timeline share."""
    return {
        "record_key": event.key,
        "pledge_id": event.pledge.pk,
        **dated(day, event.line["event_date"]),
        **source(event.line),
    }


def load_events(file: Path) -> Counts:
    """Keep the timelines of the record's pledges in step, and close those whose last finding ends them."""
    lines = read_csv(file)
    named = RECORD.filter(title__in={line["pledge_title"] for line in lines}).select_related("capability_type")
    pledges = {(one.conference_id, one.participant_id, one.title): one for one in named}
    by_pledge: dict[Pledge, list[Event]] = defaultdict(list)
    for event in events(lines, pledges):
        by_pledge[event.pledge].append(event)
    timelines = [Timeline(pledge, told) for pledge, told in by_pledge.items()]
    counts = Counts()
    for model, part in ((ProgressUpdate, "reports"), (Assessment, "findings"), (Readiness, "levels")):
        rows = [row for timeline in timelines for row in getattr(timeline, part)]
        counts += sync_rows(model._default_manager.all(), rows)
    keep_life(timelines)
    return counts


def events(lines: list[Line], pledges: dict[PledgeName, Pledge]) -> Iterator[Event]:
    """Yield the events with their keys; several alike are told apart by their order in the file."""
    seen: Counter[tuple[str, ...]] = Counter()
    for line in lines:
        parts = tuple(line[name] for name in EVENT_KEY)
        key = record_key(*parts, str(seen[parts]))
        seen[parts] += 1
        name = pledge_name(line, title="pledge_title")
        if name not in pledges:
            raise RecordError(f"progress_events.csv names a pledge that is not in the record: {', '.join(name)}.")
        yield Event(line, key, pledges[name], dated("day", line["event_date"])["day"])


def sync_rows(rows_of_model: models.QuerySet[Any], rows: list[Row]) -> Counts:
    """Keep the sourced rows of a timeline table in step; what a person stated has an author and is not looked at."""
    return sync(rows_of_model.filter(record_key__isnull=False, author=None), rows, ("record_key",), prune=True).counts


def keep_life(timelines: list[Timeline]) -> None:
    """Give each pledge of the record the status that its timeline tells, unless a person has taken a step with it."""
    lives = {timeline.pledge.pk: timeline.life for timeline in timelines}
    scope = RECORD.filter(Q(pk__in=lives) | Q(status=Status.CLOSED), status_changes=None)
    sync(scope, [{"pk": pk} | lives.get(pk, OPEN) for pk in scope.values_list("pk", flat=True)], ("pk",))
