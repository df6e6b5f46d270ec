"""One made-up pledge: what is pledged, by whom, and how far it has come."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from capabilities.models import CapabilityType
from conferences.dates import Precision, period_end
from conferences.models import Conference, Participant
from pledges.enums import CaveatKnowledge, Kind, Match, Outcome, Status
from pledges.synthetic import words
from pledges.synthetic.draws import Spread, heavy_tailed, weighted, zipf
from pledges.synthetic.world import World

EMBARGOED = "embargoed"
OLD = {
    Status.REGISTERED: 58, Status.CLOSED: 34, Status.DRAFT: 3, Status.SUBMITTED: 1, Status.RETURNED: 1, EMBARGOED: 3,
}  # fmt: skip
LATEST = {
    Status.REGISTERED: 35, Status.DRAFT: 22, EMBARGOED: 18, Status.SUBMITTED: 14, Status.RETURNED: 7, Status.CLOSED: 4,
}  # fmt: skip
OUTCOMES = {
    Outcome.DELIVERED: 55, Outcome.PARTLY_DELIVERED: 15, Outcome.NOT_DELIVERED: 8, Outcome.WITHDRAWN: 9,
    Outcome.OVERTAKEN: 7, Outcome.SUPERSEDED: 6,
}  # fmt: skip
KINDS = {Kind.NEW: 77, Kind.RENEWED: 13, Kind.ALREADY_ANNOUNCED: 10}
MATCHES = {Match.EXACT: 60, Match.BROADER: 25, Match.NONE: 15}
CAVEATS = {CaveatKnowledge.UNKNOWN: 70, CaveatKnowledge.NONE_DECLARED: 20, CaveatKnowledge.DECLARED: 10}
CURRENCIES = {"USD": 60, "EUR": 20, "CAD": 8, "GBP": 6, "DKK": 3, "JPY": 3}
PRECISIONS = {Precision.YEAR: 55, Precision.MONTH: 20, Precision.DAY: 25}
TOP = 5000


@dataclass
class Made:
    """A made-up pledge: its columns, what its children refer to, and the days of its life."""

    columns: dict[str, Any]
    conference: Conference
    participant: Participant
    type: CapabilityType | None
    user: int
    registered_on: date | None
    ends_on: date
    missions: list[str] = field(default_factory=list)
    id: int = 0

    @property
    def status(self) -> str:
        """Where it stands."""
        return str(self.columns["status"])

    @property
    def is_announced(self) -> bool:
        """Whether everyone sees it."""
        return self.columns["announced_at"] is not None


class PledgeMaker:
    """Makes pledges, each dimension skewed as the record is and none of its values absent."""

    def __init__(self, world: World, random: Random) -> None:
        self.world = world
        self.random = random
        self.conferences = Spread(world.conferences, world.conference_weights)
        self.participants = zipf(world.participants)
        self.types = zipf(world.types)
        self.categories = zipf(world.categories)
        self.missions = zipf(world.missions, 1.2)
        self.latest = max(world.conferences, key=lambda one: one.ends_on)
        self.statuses = {True: weighted(LATEST), False: weighted(OLD)}
        self.outcomes = weighted(OUTCOMES)
        self.kinds = weighted(KINDS)
        self.matches = weighted(MATCHES)
        self.caveats = weighted(CAVEATS)
        self.currencies = weighted(CURRENCIES)
        self.precisions = weighted(PRECISIONS)

    def make(self) -> Made:
        """Return the next pledge; it has no reference yet."""
        conference = self.conferences.draw(self.random)
        participant = self.participants.draw(self.random)
        status = self.statuses[conference is self.latest].draw(self.random)
        life = self.life(conference, status)
        match = self.matches.draw(self.random)
        kind = None if match == Match.NONE else self.types.draw(self.random)
        missions = self.some_missions()
        columns = {
            "conference_id": conference.slug,
            "participant_id": participant.code,
            "kind": self.kinds.draw(self.random),
            "match": match,
            "capability_type_id": kind.code if kind else None,
            "category_id": kind.category_id if kind else self.categories.draw(self.random).code,
            "author_id": self.world.users[participant.code],
            "is_synthetic": True,
            **self.content(participant, kind, missions[0] if missions else ""),
            **self.plan(conference),
            **life,
        }
        if status == Status.DRAFT and self.chance(0.3):
            columns |= {"title": "", "description": "", "category_id": kind.category_id if kind else None}
        registered = life["registered_at"]
        return Made(
            columns=columns,
            conference=conference,
            participant=participant,
            type=kind,
            user=self.world.users[participant.code],
            registered_on=registered.date() if registered else None,
            ends_on=life["closed_at"].date() if life["closed_at"] else self.world.until,
            missions=missions,
        )

    def chance(self, share: float) -> bool:
        """Return whether something that happens to this share of pledges happens to this one."""
        return self.random.random() < share

    def life(self, conference: Conference, status: str) -> dict[str, Any]:
        """Return status, outcome and instants, in order and none after the last day told of."""
        created = conference.ends_on - timedelta(days=self.random.randint(60, 250))
        submitted = created + timedelta(days=self.random.randint(1, 30))
        registered = submitted + timedelta(days=self.random.randint(1, 25))
        late = self.random.randint(1, 150) if self.chance(0.2) else 0
        announced = max(registered, conference.ends_on) + timedelta(days=late)
        closed = min(announced + timedelta(days=self.random.randint(60, 1400)), self.world.until)
        is_closed, is_registered = status == Status.CLOSED, status in (Status.REGISTERED, Status.CLOSED, EMBARGOED)
        return {
            "status": Status.REGISTERED if status == EMBARGOED else status,
            "outcome": self.outcomes.draw(self.random) if is_closed else "",
            "submitted_at": None if status == Status.DRAFT else at_noon(submitted),
            "registered_at": at_noon(registered) if is_registered else None,
            "announced_at": at_noon(announced) if is_registered and status != EMBARGOED else None,
            "closed_at": at_noon(closed) if is_closed else None,
            "created_at": at_noon(created),
            "updated_at": at_noon(created),
        }

    def some_missions(self) -> list[str]:
        """Return no mission for two pledges in three, and several for few."""
        wanted = 0 if self.chance(0.65) else heavy_tailed(self.random, 3)
        return sorted({self.missions.draw(self.random) for _ in range(wanted)})

    def content(self, participant: Participant, kind: CapabilityType | None, mission: str) -> dict[str, Any]:
        """Return what is pledged, in words and numbers."""
        what = kind.name if kind else "Contribution still to be shaped"
        numbers = self.money() if kind and kind.unit_of_measure == "USD" else self.strength(kind)
        plain = what[:1].lower() + what[1:]
        return {
            "title": words.title(self.random, what, mission),
            "description": words.description(self.random, participant.name_en, plain),
            **numbers,
        }

    def money(self) -> dict[str, Any]:
        """Return an amount with its currency."""
        amount = Decimal(heavy_tailed(self.random, 400) * 50_000)
        return {"amount": amount, "currency": self.currencies.draw(self.random)}

    def strength(self, kind: CapabilityType | None) -> dict[str, Any]:
        """Return quantity and persons, where they are known."""
        numbers: dict[str, Any] = {}
        if kind and self.chance(0.6):
            by_head = kind.unit_of_measure in ("person", "personnel")
            numbers |= {"quantity": heavy_tailed(self.random, TOP) * (10 if by_head else 1)}
            numbers |= {"unit": kind.unit_of_measure}
        if self.chance(0.4):
            personnel = 10 * heavy_tailed(self.random, 85)
            numbers |= {"personnel": personnel}
            if self.chance(0.5):
                numbers |= {"women": self.random.randint(0, personnel // 3)}
        return numbers

    def plan(self, conference: Conference) -> dict[str, Any]:
        """Return when and how it is to be delivered, as far as it is said."""
        columns: dict[str, Any] = {"caveats_known": self.caveats.draw(self.random)}
        if self.chance(0.6):
            precision = self.precisions.draw(self.random)
            due = conference.ends_on + timedelta(days=self.random.randint(60, 1200))
            columns |= {"deliver_by": period_end(due, precision), "deliver_by_precision": precision}
            if self.chance(0.3):
                columns |= {"deliver_from": conference.ends_on, "deliver_from_precision": Precision.DAY}
        if self.chance(0.5):
            columns |= {
                "intended_outcome": self.random.choice(words.OUTCOMES),
                "responsible_office": self.random.choice(words.OFFICES),
                "means_of_verification": self.random.choice(words.EVIDENCE),
            }
        return columns


def at_noon(day: date) -> datetime:
    """Return noon of a day."""
    return datetime.combine(day, time(12), tzinfo=UTC)
