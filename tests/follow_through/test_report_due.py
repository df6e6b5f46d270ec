"""On which day the next report is due: the SQL beside a plain model in Python, and the rule in single cases."""

import calendar
import random
from datetime import UTC, date, datetime, timedelta
from itertools import count, product

import pytest
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import BooleanField

from pledges.cycles import FINAL_REPORTS, FINISHED, OWES_REPORTS, OWES_REPORTS_TEXT, InState
from pledges.due import next_report_due, owing_reports, with_report_due
from pledges.enums import AssessedState, ReportedState
from pledges.models import Pledge
from tests.factories import (
    AssessmentFactory,
    ClosedPledgeFactory,
    ConferenceFactory,
    DraftPledgeFactory,
    ProgressUpdateFactory,
    RecordPledgeFactory,
    RegisteredPledgeFactory,
    SubmittedPledgeFactory,
)

pytestmark = pytest.mark.django_db
EDGES = [date(2024, 2, 29), date(2023, 12, 31), date(2024, 1, 31), date(2023, 8, 31), date(2025, 2, 28)]


def later(day: date, months: int) -> date:
    """The same day so many months later, clamped to the end of the month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def model(anchor: date, cycle: int, last: date | None) -> date:
    """The first due day that no report can count for any more."""
    threshold = max(anchor, last or anchor) + timedelta(days=15 * cycle)
    return next(day for k in count(1) if (day := later(anchor, k * cycle)) > threshold)


def at_nine(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 9, tzinfo=UTC)


def drawn(chance: random.Random) -> tuple[date, date | None]:
    """An anchor, often at the end of a month, and a last report, often on a due day or at the edge of its half."""
    anchor = chance.choice([*EDGES, date(2014, 1, 1) + timedelta(days=chance.randrange(4000))])
    last = anchor + timedelta(days=chance.randrange(-60, 3000))
    return anchor, chance.choice([None, last])


def test_the_day_is_that_of_the_model_for_every_cycle_and_month_end() -> None:
    chance = random.Random(7)
    expected: dict[str, date] = {}
    for cycle in range(1, 25):
        conference = ConferenceFactory(reporting_cycle_months=cycle)
        built = []
        for _ in range(60):
            anchor, last = drawn(chance)
            if last and chance.random() < 0.5:
                last = later(anchor, chance.randrange(1, 6) * cycle) + timedelta(
                    days=chance.choice([-15 * cycle - 1, -15 * cycle, 0, 15 * cycle, 15 * cycle + 1])
                )
            pledge = RegisteredPledgeFactory.build(
                conference=conference, registered_at=at_nine(anchor), submitted_at=None, last_reported_on=last
            )
            built.append((pledge, model(anchor, cycle, last)))
        template = RegisteredPledgeFactory(conference=conference)
        for pledge, day in built:
            for name in ("participant", "category", "capability_type", "author"):
                setattr(pledge, name, getattr(template, name))
            pledge.submitted_at = pledge.registered_at
            expected[pledge.reference] = day
        Pledge.objects.bulk_create([pledge for pledge, _ in built])
    found = dict(
        with_report_due(Pledge.objects.filter(reference__in=expected)).values_list("reference", "report_due_on")
    )
    assert found == expected


def test_the_cycle_runs_from_announcement_where_there_is_one() -> None:
    announced = RegisteredPledgeFactory(
        registered_at=at_nine(date(2025, 4, 15)),
        announced_at=at_nine(date(2025, 5, 13)),
        conference__reporting_cycle_months=6,
    )
    embargoed = RegisteredPledgeFactory(registered_at=at_nine(date(2025, 4, 15)), conference__reporting_cycle_months=6)
    assert next_report_due(announced) == date(2025, 11, 13)
    assert next_report_due(embargoed) == date(2025, 10, 15)


@pytest.mark.parametrize(
    ("reported", "due"),
    [
        (date(2025, 7, 13), date(2025, 10, 15)),  # too early to count for October
        (date(2025, 7, 20), date(2026, 4, 15)),
        (date(2025, 10, 15), date(2026, 4, 15)),
        (date(2026, 1, 14), date(2026, 4, 15)),  # late, but nearer to October than to April
        (date(2026, 1, 15), date(2026, 10, 15)),  # 90 days before April
    ],
)
def test_a_report_counts_for_the_due_day_it_is_nearest_to(reported: date, due: date) -> None:
    pledge = RegisteredPledgeFactory(registered_at=at_nine(date(2025, 4, 15)), conference__reporting_cycle_months=6)
    ProgressUpdateFactory(pledge=pledge, happened_on=reported)
    assert next_report_due(pledge) == due


def test_the_day_does_not_depend_on_the_time_zone_of_the_reader(settings: object) -> None:
    from django.utils import timezone

    pledge = RegisteredPledgeFactory(
        registered_at=datetime(2025, 4, 15, 23, 30, tzinfo=UTC), conference__reporting_cycle_months=6
    )
    with timezone.override("Asia/Tokyo"):
        assert next_report_due(pledge) == date(2025, 10, 15)


def test_nothing_is_owed_on_drafts_the_record_closed_and_finished_pledges() -> None:
    assert next_report_due(DraftPledgeFactory()) is None
    assert next_report_due(RecordPledgeFactory()) is None
    assert next_report_due(ClosedPledgeFactory()) is None


def test_who_owes_reports_is_the_same_as_a_condition_and_as_text() -> None:
    registered = RegisteredPledgeFactory()
    for make in (DraftPledgeFactory, SubmittedPledgeFactory, ClosedPledgeFactory, RecordPledgeFactory):
        make()
    owing = 0
    for assessed, said in product(["", *AssessedState], ["", *ReportedState]):
        Pledge.objects.update(assessed_state=assessed, reported_state=said)
        as_text = Pledge.objects.annotate(owes=InState(OWES_REPORTS_TEXT, BooleanField())).filter(owes=True)
        assert list(Pledge.objects.filter(OWES_REPORTS)) == list(as_text)
        assert set(as_text) <= {registered}
        owing += as_text.count()
    assert owing == (1 + len(AssessedState) - len(FINISHED)) * (1 + len(ReportedState) - len(FINAL_REPORTS))


def test_whoever_owes_reports_has_the_same_day_and_is_read_from_the_index_of_owed_reports() -> None:
    owing = RegisteredPledgeFactory()
    RecordPledgeFactory(), ClosedPledgeFactory(), DraftPledgeFactory()
    rows = owing_reports(Pledge.objects.all()).order_by().values_list("pk", "report_due_on")
    assert list(rows) == [(owing.pk, next_report_due(owing))]
    with connection.cursor() as cursor:
        shadow_the_pledges_with_one_index(cursor, "pledge_owes_reports")
        assert "pledge_owes_reports" in rows.explain()
        cursor.execute("DROP INDEX pg_temp.pledge_owes_reports")
        assert "Seq Scan on pledges_pledge" in rows.explain()


def shadow_the_pledges_with_one_index(cursor: CursorWrapper, name: str) -> None:
    """Let the planner see pledges with this index alone: in a table as small as a test's it takes any of them."""
    cursor.execute("SELECT pg_get_indexdef(%s::regclass)", [name])
    (definition,) = cursor.fetchone()
    cursor.execute("CREATE TEMP TABLE pledges_pledge (LIKE pledges_pledge) ON COMMIT DROP")
    cursor.execute(definition.replace("public.pledges_pledge", "pg_temp.pledges_pledge"))
    cursor.execute("SET LOCAL enable_seqscan = off")


@pytest.mark.parametrize("state", [ReportedState.DELIVERED, ReportedState.WILL_NOT_DELIVER])
def test_nothing_is_owed_once_the_delegation_reported_the_end(state: ReportedState) -> None:
    pledge = RegisteredPledgeFactory()
    ProgressUpdateFactory(pledge=pledge, state=state)
    assert next_report_due(pledge) is None


@pytest.mark.parametrize(
    ("state", "owes"),
    [(AssessedState.DELIVERED, False), (AssessedState.WITHDRAWN, False), (AssessedState.PARTLY_DELIVERED, True)],
)
def test_nothing_is_owed_once_the_secretariat_found_it_finished(state: AssessedState, owes: bool) -> None:
    pledge = RegisteredPledgeFactory()
    AssessmentFactory(pledge=pledge, state=state)
    assert (next_report_due(pledge) is not None) is owes
