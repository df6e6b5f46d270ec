"""What is due, made for a fault test, and the judge: due set, ledger and the mail server's messages compared."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from accounts.models import User
from conferences.models import Membership, MembershipRole, Participant
from pledges.models import Milestone
from reminders.models import Control, LadderStep, Reason, Reminder, ReminderItem, State
from scripts.reminder_faults.points import Notes
from tests.factories import MilestoneFactory, OrganizationFactory, RegisteredPledgeFactory, UserFactory
from tests.factories.conferences import JOINED_AT
from tests.reminders.sink import Sink

PEOPLE = 10  # of a delegation
TITLE = "Level II hospital"
Debts = set[tuple[int, int]]  # a person's key and the key of the step that the person is to be reminded of


@dataclass
class Verdict:
    """What a fault test found: its figures, and each way in which a demand was not met."""

    figures: dict[str, Any] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)

    def demand(self, is_met: bool, violation: str) -> None:
        """Note a violation unless the demand is met."""
        if not is_met:
            self.violations.append(violation)


def one_rung() -> None:
    """Leave a single rung on all ladders: the focal points hear of a step on the day it is due. Nothing waits for the
    next minute's share."""
    Control.objects.update(most_per_run=1_000_000)
    LadderStep.objects.exclude(reason=Reason.MILESTONE_DUE, offset_days=0).delete()


def due_steps(persons: int, *, on: date, people: int = PEOPLE) -> Debts:
    """Make delegations with so many persons in all, each delegation with a pledge and a step due on this day."""
    owed: Debts = set()
    for first in range(0, persons, people):
        delegation = OrganizationFactory()
        members = delegates(delegation, min(people, persons - first))
        step = due_step(delegation, members[0], on=on)
        owed |= {(member.pk, step.pk) for member in members}
    return owed


def delegates(delegation: Participant, count: int, **values: Any) -> list[User]:
    """Return so many new drafters of a delegation."""
    members = User.objects.bulk_create(UserFactory.build_batch(count, **values))
    Membership.objects.bulk_create(
        [
            Membership(user=member, participant=delegation, role=MembershipRole.DRAFTER, started_at=JOINED_AT)
            for member in members
        ]
    )
    return members


def due_step(delegation: Participant, author: User, *, on: date) -> Milestone:
    """Return a step of a new registered pledge that is due on this day."""
    pledge = RegisteredPledgeFactory(participant=delegation, author=author, title=TITLE)
    return MilestoneFactory(pledge=pledge, due_on=on)


def compared(owed: Debts, sink: Sink, verdict: Verdict, *, notes: Notes, dead: Iterable[int] = ()) -> Verdict:
    """Compare the due set with the ledger and with what arrived, and note what differs.

    A message may arrive more than once only where a process was killed while it held that reminder: at most once more
    for each such kill, under the same Message-ID, and flagged. What two processes died over while its text was on its
    way may end as failed, flagged: staff decide.
    """
    items = Counter(ReminderItem.objects.values_list("recipient", "subject"))
    rows = Counter(Reminder.objects.values_list("recipient", flat=True))
    arrived = Counter(str(message["Message-ID"]) for message in sink.messages)
    known = {row.message_id: row for row in Reminder.objects.select_related("recipient")}
    abandoned = given_up(notes.read(), set(dead))
    sent = {(row.recipient_id) for row in known.values() if row.state == State.SENT}

    ended = {
        row.recipient_id
        for row in known.values()
        if row.state == State.FAILED and row.outcome_unknown and abandoned[row.pk] > 1
    }
    lost = {person for person, _step in owed} - {known[key].recipient_id for key in arrived if key in known} - ended
    second = [key for key, count in (items + rows).items() if count > 1]
    strangers = [key for key in arrived if key not in known]
    doubled = {key: count for key, count in arrived.items() if count > 1 and key in known}
    unexplained = [key for key, count in doubled.items() if count - 1 > abandoned[known[key].pk]]
    unflagged = [key for key in doubled if not known[key].outcome_unknown]
    wrong_address = [message for message in sink.messages if not is_to_its_recipient(message, known)]

    verdict.figures |= {
        "due": len(owed), "ledger rows": len(known), "mails": sum(arrived.values()), "lost": len(lost),
        "second ledger rows": len(second), "mails without a row": len(strangers), "doubled": len(doubled),
        "doubled without a kill between": len(unexplained), "doubled, not flagged": len(unflagged),
        "ended after two unknown outcomes": len(ended),
    }  # fmt: skip
    verdict.demand(set(items) == owed, f"ledger and due set differ in {len(set(items) ^ owed)}")
    verdict.demand(not lost, f"{len(lost)} lost")
    verdict.demand(sent | ended == {person for person, _step in owed}, "not every row says that it was sent")
    verdict.demand(not second, f"{len(second)} second ledger rows")
    verdict.demand(not strangers, f"{len(strangers)} mails without a row")
    verdict.demand(not unexplained, f"{len(unexplained)} doubled without a kill between")
    verdict.demand(not unflagged, f"{len(unflagged)} doubled and not flagged")
    verdict.demand(not wrong_address, f"{len(wrong_address)} to somebody else")
    return verdict


def is_to_its_recipient(message: Any, known: dict[str, Reminder]) -> bool:
    """Return whether a message went to whom its row names."""
    row = known.get(str(message["Message-ID"]))
    return row is None or message["To"] == row.recipient.email


def given_up(lines: list[list[str]], dead: set[int]) -> Counter[int]:
    """Return, by reminder, how many processes died while they held it: it was the last they claimed, and not recorded
    as sent."""
    held: dict[int, int] = {}
    for pid, what, *words in lines:
        if what == "claims":
            held[int(pid)] = int(words[0])
        if what == "recorded":
            held.pop(int(pid), None)
    return Counter(reminder for pid, reminder in held.items() if pid in dead)


def let_leases_end(lines: list[list[str]], dead: set[int], *, at: datetime) -> None:
    """Let the lease of what dead processes held last end now: in service that takes four minutes."""
    held = {int(line[0]): (int(line[2]), int(line[3])) for line in lines if line[1] == "claims"}
    for reminder, attempt in {held[pid] for pid in dead if pid in held}:
        row = Reminder.objects.filter(pk=reminder, attempts=attempt, state=State.CLAIMED, next_attempt_at__gt=at)
        row.update(lease_until=at, next_attempt_at=at)
