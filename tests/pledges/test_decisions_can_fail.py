"""The gates of announcing can fail: each seeded fault makes the test that guards it fail (T1, for S08 and R34)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError
from django.db.models import Q

from pledges.models import Decision, Pledge
from pledges.services import carry_out_due, decisions
from tests.factories import OfficerFactory
from tests.pledges import test_decisions as gates
from tests.pledges.test_decisions import pledges, proposal

__all__ = ["pledges", "proposal"]
Fault = Callable[[pytest.MonkeyPatch], None]
FAILS = (AssertionError, DatabaseError, pytest.fail.Exception)


def whatever_has_an_instant_is_public(monkeypatch: pytest.MonkeyPatch) -> None:
    def announced_some_day(user: Any, *, at: datetime, prefix: str = "") -> Q:
        return Q(**{f"{prefix}announced_at__isnull": False})

    monkeypatch.setattr("pledges.querysets.visible_pledges", announced_some_day)


def the_clock_of_the_job_runs_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gates, "carry_out_due", lambda at: carry_out_due(at=at + timedelta(minutes=1)))


def the_word_of_the_second_person_is_the_instant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decisions, "max", min, raising=False)


def one_person_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pledges.permissions.check_is_another", lambda *_: None)


def anybody_confirms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pledges.permissions.check_is_manager", lambda *_: None)


@pytest.mark.parametrize(
    "fault",
    [
        whatever_has_an_instant_is_public,
        the_clock_of_the_job_runs_ahead,
        the_word_of_the_second_person_is_the_instant,
    ],
)
def test_an_embargo_that_lifts_early_is_found(
    monkeypatch: pytest.MonkeyPatch, proposal: Decision, pledges: list[Pledge], fault: Fault
) -> None:
    fault(monkeypatch)
    with pytest.raises(FAILS):
        gates.test_an_embargo_lifts_at_the_stated_instant_and_never_before(proposal, pledges)


def test_an_announcement_by_one_person_is_found(monkeypatch: pytest.MonkeyPatch, pledges: list[Pledge]) -> None:
    one_person_is_enough(monkeypatch)
    with pytest.raises(FAILS):
        gates.test_nobody_confirms_or_refuses_the_own_proposal(pledges)


def test_a_second_person_without_the_role_is_found(monkeypatch: pytest.MonkeyPatch, proposal: Decision) -> None:
    anybody_confirms(monkeypatch)
    with pytest.raises(FAILS):
        gates.test_only_a_manager_confirms_or_refuses(proposal, OfficerFactory)
