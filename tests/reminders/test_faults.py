"""Small runs of scripts/faults: the same breaking and the same judge as the command, which runs them large."""

from pathlib import Path

import pytest

from scripts.reminder_faults.kills import Size
from scripts.reminder_faults.run import NAMES, judged
from tests.reminders.test_worker import database_url

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
SMALL = {
    "kills": Size(reminders=30, workers=2, kills=4, points=0),
    "broker": Size(reminders=12, workers=1, broker_away=1),
    "hints": Size(reminders=20),
    "slow": Size(reminders=16, workers=2, run_seconds=3, longest_task=15),
    "silence": Size(fresh_for=8),
}


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_lost_doubled_stale_or_silent(name: str, tmp_path: Path) -> None:
    verdict = judged(name, tmp_path, database_url(), SMALL.get(name, Size(reminders=20)))
    assert verdict.violations == [], verdict.figures


@pytest.mark.parametrize(
    ("seeded", "gate"), [("days of UTC", "days"), ("only on the very day", "outage"), ("pauses forgotten", "truth")]
)
def test_a_planted_fault_is_caught(seeded: str, gate: str, tmp_path: Path) -> None:
    assert judged(gate, tmp_path, database_url(), Size(reminders=20, seeded=True), seeded).violations
