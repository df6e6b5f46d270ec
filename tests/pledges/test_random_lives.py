"""Whatever is tried by whomever in whatever order, a pledge moves as the table says and history tells each move."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pledges.errors import NotAllowed, WrongStatus
from pledges.models import Pledge
from pledges.transitions import apply_transition
from tests.factories import DraftPledgeFactory, ManagerFactory, assessed
from tests.pledges.conftest import Cast

START = datetime(2025, 10, 1, tzinfo=UTC)
ACTORS = ["drafter", "approver", "deputy", "officer", "manager", "analyst", "other approver", "locked manager"]


class Life(NamedTuple):
    """The model: what a pledge is after some steps."""

    status: str = "draft"
    announced: bool = False
    steps: tuple[str, ...] = ()

    def after(self, actor: str, action: str) -> "Life | type[Exception]":
        """Return the life after a step, or why it is refused, from the words of the design alone."""
        drafters = {"drafter"} if self.status == "draft" else set()
        allowed = {
            "submit": {"approver", "deputy"},
            "return": {"officer", "manager"},
            "register": {"officer", "manager"},
            "recall": {"approver", "deputy"},
            "announce": {"officer", "manager"},
            "withdraw": {"approver", "deputy", "manager"},
            "close": {"officer", "manager"},
            "discard": {"approver", "deputy"} | drafters,
        }
        if actor not in allowed[action] and not self.takes_two(action):
            return NotAllowed
        moves = {
            ("draft", "submit"): "submitted",
            ("returned", "submit"): "submitted",
            ("submitted", "return"): "returned",
            ("submitted", "register"): "registered",
            ("submitted", "recall"): "draft",
            ("registered", "announce"): "registered",
            ("closed", "announce"): "closed",
            ("registered", "withdraw"): "closed",
            ("registered", "close"): "closed",
            ("registered", "return"): "returned",
            ("draft", "discard"): "closed",
            ("returned", "discard"): "closed",
        }
        target = moves.get((self.status, action))
        if target is None or (action == "return" and self.announced):
            return WrongStatus
        if action == "announce" and (self.announced or {"withdraw", "discard"} & {*self.steps}):
            return WrongStatus
        if self.takes_two(action) and actor != "manager":  # confirms what another manager proposed
            return NotAllowed
        return Life(target, self.announced or action == "announce", (*self.steps, action))

    def takes_two(self, action: str) -> bool:
        """Return whether one person proposes this step and another takes it."""
        return action == "announce" or (action == "withdraw" and self.announced)


ACTIONS = ["submit", "recall", "return", "register", "announce", "withdraw", "close", "discard"]
# Mostly people who may do it: else most lives would never leave the draft.
TRIES = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["approver", "manager"]), st.sampled_from(ACTIONS)),
        st.tuples(st.sampled_from(ACTORS), st.sampled_from(ACTIONS)),
    ),
    max_size=20,
)


@settings(
    max_examples=25,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(tries=TRIES)
def test_any_life_is_a_legal_one(cast: Cast, tries: list[tuple[str, str]]) -> None:
    pledge: Pledge = DraftPledgeFactory(participant=cast.lead)
    life, proposer = Life(), ManagerFactory()
    for number, (actor, action) in enumerate(tries):
        expected = life.after(actor, action)
        two = {"proposed_by": proposer} if life.takes_two(action) else {}
        step = {"pledge": pledge, **two, "by": cast.people[actor], "at": START + timedelta(hours=number)}
        if isinstance(expected, Life):
            if action == "close":
                assessed(pledge)
            apply_transition(action, **step, reason="Because.", outcome="delivered")
            life = expected
        else:
            with pytest.raises(expected):
                apply_transition(action, **step, reason="Because.", outcome="delivered")
        pledge.refresh_from_db()
        assert (pledge.status, pledge.announced_at is not None) == (life.status, life.announced)
        is_offered = pledge.status in {"registered", "closed"} and "discard" not in life.steps
        assert (pledge.registered_at is not None) == is_offered
        assert Pledge.objects.registered().filter(pk=pledge.pk).exists() == is_offered
    assert tuple(pledge.status_changes.values_list("action", flat=True)) == life.steps
    assert pledge.version == 1 + len(life.steps)
    assert pledge.assessments.count() == life.steps.count("close")
    assert pledge.events.filter(pgh_label="update").count() == len(life.steps) + life.steps.count("close")
