"""The answer rate: reports received of those due, beside a plain count in Python; updates of the public record."""

import random
from datetime import date, timedelta
from itertools import count, takewhile
from typing import Any

import pytest

from pledges import figures
from pledges.due import next_report_due
from pledges.enums import AssessedState, ReportedState
from pledges.models import Pledge
from tests import factories as make
from tests.follow_through.conftest import at_nine
from tests.follow_through.test_report_due import later

pytestmark = pytest.mark.django_db
ON = date(2026, 11, 22)


def rate(by: str = figures.CONFERENCE) -> dict[str, figures.FollowUp]:
    return figures.follow_up(Pledge.objects.all(), by=by, on=ON)


def model(anchor: date, cycle: int, reports: list[date], last_day: date) -> tuple[int, int]:
    """How many due days passed up to `last_day`, and how many of them the reports answer, each at most one day."""
    due = list(takewhile(lambda day: day <= last_day, (later(anchor, k * cycle) for k in count(1))))
    half = timedelta(days=15 * cycle)
    answered = set()
    for report in reports:
        near = [later(anchor, k * cycle) for k in range(1, 200) if later(anchor, k * cycle) <= report + half]
        if near and near[-1] + half >= report:
            answered.add(near[-1])
    return len(due), len(answered & set(due))


def test_it_is_that_of_the_model_over_random_lives() -> None:
    chance = random.Random(11)
    expected: dict[str, list[int]] = {}
    for cycle in (1, 2, 3, 6, 7, 12):
        conference = make.ConferenceFactory(reporting_cycle_months=cycle)
        total = expected.setdefault(conference.pk, [0, 0])
        for _ in range(8):
            anchor = chance.choice([date(2023, 1, 31), date(2024, 2, 29), ON - timedelta(days=chance.randrange(1500))])
            pledge = make.AnnouncedPledgeFactory(
                conference=conference, submitted_at=at_nine(anchor), registered_at=at_nine(anchor),
                announced_at=at_nine(anchor),
            )  # fmt: skip
            reports = [anchor + timedelta(days=chance.randrange(1500)) for _ in range(chance.randrange(6))]
            for day in reports:
                make.ProgressUpdateFactory(pledge=pledge, happened_on=day, state=ReportedState.IN_PROGRESS)
            for index, number in enumerate(model(anchor, cycle, reports, ON - timedelta(days=1))):
                total[index] += number
    assert {key: [row.due, row.received] for key, row in rate().items()} == expected


def pledge_of_may(**fields: Any) -> Pledge:
    """Announced on 13 May 2025, with reports due every six months: by ON three were, on 13 November, May, November."""
    return make.AnnouncedPledgeFactory(conference__reporting_cycle_months=6, **fields)


def test_a_day_counts_from_the_day_after_it() -> None:
    pledge_of_may()
    (row,) = figures.follow_up(Pledge.objects.all(), by=figures.CONFERENCE, on=date(2025, 11, 13)).values()
    assert (row.due, row.per_cent) == (0, None)
    (row,) = figures.follow_up(Pledge.objects.all(), by=figures.CONFERENCE, on=date(2025, 11, 14)).values()
    assert (row.due, row.received, row.per_cent) == (1, 0, 0)


def test_a_report_of_a_partner_answers_for_its_share_alone() -> None:
    pledge = pledge_of_may()
    share = make.ConfirmedPartnerFactory(pledge=pledge)
    before, due = rate()[pledge.conference_id], next_report_due(pledge)
    make.ProgressUpdateFactory(pledge=pledge, partner=share, happened_on=date(2025, 11, 13), state="in_progress")
    assert rate()[pledge.conference_id] == before
    assert next_report_due(pledge) == due


def test_nothing_is_due_after_the_end() -> None:
    closed = make.ClosedPledgeFactory(conference__reporting_cycle_months=1)  # from 13 May to 1 September 2025
    assert rate()[closed.conference_id].due == 3
    delivered = pledge_of_may()
    make.ProgressUpdateFactory(pledge=delivered, state=ReportedState.DELIVERED, happened_on=date(2025, 12, 1))
    assert (rate()[delivered.conference_id].due, rate()[delivered.conference_id].received) == (1, 1)
    found = pledge_of_may()
    make.AssessmentFactory(pledge=found, state=AssessedState.WITHDRAWN, assessed_on=date(2026, 6, 1))
    assert rate()[found.conference_id].due == 2


def test_the_public_record_is_asked_for_nothing_and_its_updates_are_counted() -> None:
    told = make.RecordPledgeFactory(conference__reporting_cycle_months=1)
    make.RecordPledgeFactory(conference=told.conference)
    make.RecordProgressUpdateFactory(pledge=told)
    row = rate()[told.conference_id]
    assert (row.due, row.silent, row.recorded, row.updated) == (0, 0, 2, 1)


def test_it_is_counted_per_region_and_participant_too() -> None:
    pledge = pledge_of_may()
    make.ProgressUpdateFactory(pledge=pledge, happened_on=date(2026, 5, 1))
    for by, key in ((figures.PARTICIPANT, pledge.participant_id), (figures.REGION, pledge.participant.regional_group)):
        row = rate(by)[key]
        assert (row.due, row.received, row.per_cent) == (3, 1, 33)


def test_all_ways_to_group_are_read_at_once_and_add_up_to_the_same(django_assert_num_queries: Any) -> None:
    first, second = pledge_of_may(), pledge_of_may()
    third = make.AnnouncedPledgeFactory(conference=first.conference, participant=second.participant)
    make.RecordPledgeFactory(conference=second.conference)
    make.ProgressUpdateFactory(pledge=third, happened_on=date(2026, 5, 1))
    ways = [figures.CONFERENCE, figures.REGION, figures.PARTICIPANT]
    with django_assert_num_queries(1):
        found = figures.follow_up_by(Pledge.objects.all(), by=ways, on=ON)
    assert found == [rate(way) for way in ways]
    assert (found[0][first.conference_id].due, found[0][first.conference_id].received) == (6, 1)


def test_one_query_each(django_assert_num_queries: Any) -> None:
    pledge_of_may(), pledge_of_may()
    with django_assert_num_queries(1):
        rate()
    with django_assert_num_queries(2):
        figures.cohorts(Pledge.objects.all(), on=ON)


def test_the_cohort_table_adds_up() -> None:
    record = make.RecordPledgeFactory(conference__starts_on=date(2021, 12, 7), conference__ends_on=date(2021, 12, 8))
    make.RecordPledgeFactory(conference=record.conference)
    make.AssessmentFactory(pledge=record, state=AssessedState.DELIVERED)
    (cohort,) = figures.cohorts(Pledge.objects.all(), on=date(2026, 12, 6))
    assert (cohort.age, cohort.pledges, cohort.silent) == (4, 2, 0)
    assert cohort.became == {"delivered": 1, "partly": 0, "under_way": 0, "not_assessed": 0, "ended": 0, "unknown": 1}
    assert (cohort.per_cent("delivered"), cohort.per_cent("unknown")) == (50, 50)
    (older,) = figures.cohorts(Pledge.objects.all(), on=date(2026, 12, 7))
    assert older.age == 5
