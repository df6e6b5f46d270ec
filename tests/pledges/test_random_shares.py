"""Whatever is done to the shares of a pledge in whatever order: they fit it, and no word is overwritten unread."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conferences.models import MembershipRole, Participant
from pledges.enums import Confirmation
from pledges.errors import EditConflict, Incomplete, NotAllowed, WrongStatus
from pledges.models import Pledge
from pledges.services.joint import answer_share, change_partner, invite_partner, remove_partner
from pledges.services.writing import edit_pledge
from pledges.shares import remainder, state_of
from tests.factories import DraftPledgeFactory, ParticipantFactory, member_of

NOW = timezone.now()
WHO = st.sampled_from(["lead", "first", "second"])
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["invite", "change", "confirm", "decline", "remove", "resize"]),
        WHO,  # who acts
        st.sampled_from(["first", "second"]),  # whose share it is
        st.integers(min_value=1, max_value=6),
        st.booleans(),  # whether the actor has read the share as it is
    ),
    max_size=12,
)


class Table:
    """One pledge, its lead and two that may take part, and what each share should be by the words of the design."""

    def __init__(self) -> None:
        self.pledge = DraftPledgeFactory(quantity=6)
        self.states: dict[str, Participant] = {"first": ParticipantFactory(), "second": ParticipantFactory()}
        self.people: dict[str, Any] = {
            "lead": member_of(self.pledge.participant, MembershipRole.APPROVER),
            **{name: member_of(state, MembershipRole.APPROVER) for name, state in self.states.items()},
        }
        self.quantity = 6
        self.shares: dict[str, tuple[int, str]] = {}

    def taken(self, besides: str = "") -> int:
        """Return how much is in shares that were not declined."""
        live = [share for name, share in self.shares.items() if name != besides and share[1] != "declined"]
        return sum(number for number, _answer in live)

    def expected(self, what: str, who: str, whose: str, number: int, *, is_fresh: bool) -> Any:
        """Return what the step leaves of a share (number and answer), None where it ends it, or why it is refused."""
        now = self.shares.get(whose)
        if what == "resize":
            return NotAllowed if who != "lead" else Incomplete if number < self.taken() else number
        if now is None and what != "invite":
            return WrongStatus
        if who != (whose if what in {"confirm", "decline"} else "lead"):
            return NotAllowed
        after = {
            "invite": (number, "awaited"),
            "change": (number, "awaited"),
            "confirm": (number, "confirmed"),
            "decline": (now[0] if now else 0, "declined"),
        }.get(what)
        if what == "invite" and now and now[1] != "declined":
            return now if now[0] == number else Incomplete
        if now and ((what == "change" and now[0] == number) or now == after):
            return now  # nothing to change
        if what in {"confirm", "decline"} and now and now[1] == "declined":
            return WrongStatus
        if what != "invite" and not is_fresh:
            return EditConflict
        return Incomplete if after and what != "decline" and number > self.quantity - self.taken(whose) else after

    def do(self, what: str, who: str, whose: str, number: int, *, is_fresh: bool) -> Any:
        """Take the step, and return the share it leaves, None where it ended it, or the kind of its refusal."""
        by, state, shares = self.people[who], self.states[whose], {"share_quantity": number}
        if what == "resize":
            stored = Pledge.objects.get(pk=self.pledge.pk)
            content = {"quantity": number}
            return edit_pledge(pledge=stored, content=content, version=stored.version, by=by, at=NOW).quantity
        if what == "invite":
            done = invite_partner(pledge=self.pledge, participant=state, role="lift", shares=shares, by=by)
            return done.share_quantity, done.confirmation
        partner = self.pledge.partners.filter(participant=state).select_related("pledge").first()
        if partner is None:
            raise WrongStatus
        read = {"partner": partner, "by": by, "expected": state_of(partner) if is_fresh else "something else"}
        calls: dict[str, Callable[[], Any]] = {
            "change": lambda: change_partner(role="lift", shares=shares, **read),
            "confirm": lambda: answer_share(confirmation=Confirmation.CONFIRMED, shares=shares, at=NOW, **read),
            "decline": lambda: answer_share(confirmation=Confirmation.DECLINED, at=NOW, **read),
            "remove": lambda: remove_partner(**read),
        }
        done = calls[what]()
        return (done.share_quantity, done.confirmation) if done else None


@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_shares_are_what_the_design_says_after_any_steps(db: None, steps: list[Any]) -> None:
    table = Table()
    for what, who, whose, number, is_fresh in steps:
        wanted = table.expected(what, who, whose, number, is_fresh=is_fresh)
        try:
            found = table.do(what, who, whose, number, is_fresh=is_fresh)
        except (NotAllowed, WrongStatus, EditConflict, Incomplete) as refusal:
            found = type(refusal)
        assert found == wanted, (what, who, whose, number, is_fresh)
        if not isinstance(wanted, type):
            remember(table, what, whose, wanted)
        stored = Pledge.objects.get(pk=table.pledge.pk)
        assert remainder(stored, stored.partners.all())["share_quantity"] == table.quantity - table.taken() >= 0
        rows = {row.participant_id: (row.share_quantity, row.confirmation) for row in stored.partners.all()}
        assert rows == {table.states[name].pk: share for name, share in table.shares.items()}


def remember(table: Table, what: str, whose: str, wanted: Any) -> None:
    """Keep what a step left."""
    if what == "resize":
        table.quantity = wanted
    elif wanted is None:
        del table.shares[whose]
    else:
        table.shares[whose] = wanted
