"""One world as its readers see it, and rows that none of them may see: other ones each time, drawn from a seed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from conferences.models import MembershipRole
from pledges.enums import AssessedState, Confirmation, LineageKind, ReadinessLevel, ReportedState
from pledges.models import Pledge
from tests import factories as make
from tests.factories import readiness
from tests.pages import world as shown

# Under one of these each hidden pledge stands, so that a draw can ask for it by name.
REFERENCES = [f"PKM25-{letter}{letter}{letter}77" for letter in "ABCDEFGHJKMN"]
TITLES = ("Canary hospital", "Aardvark battalion", "Zebra course", "Field hospital", "Battalion again")
FACTORIES = (
    make.DraftPledgeFactory, make.SubmittedPledgeFactory, make.ReturnedPledgeFactory, make.RegisteredPledgeFactory,
    make.AnnouncedPledgeFactory,
)  # fmt: skip
REGISTERED = FACTORIES[3:]


@dataclass
class Worlds:
    """What is always there, and who looks at it."""

    seen: shown.World
    hiddenland: Any
    nowhere: Any
    author: Any
    officer: Any
    refusing_ask: Any
    clients: dict[str, Client] = field(default_factory=dict)
    sequences: list[tuple[str, int, bool]] = field(default_factory=list)


def build() -> Worlds:
    """Return a world of which every actor sees announced pledges, and some actors more."""
    seen = shown.build()
    hiddenland, nowhere, delta, epsilon, zeta = (
        make.ParticipantFactory(name_en=name)
        for name in ("Hiddenland", "Nowhere", "Deltaland", "Epsilonia", "Zetaland")
    )
    ask = make.RequirementFactory(capability_type=seen.hospital.capability_type, quantity=2)
    worlds = Worlds(seen, hiddenland, nowhere, make.UserFactory(), make.OfficerFactory(), ask)
    make.AnnouncedPledgeFactory(conference=seen.berlin, participant=hiddenland, capability_type=None, quantity=None)
    own = {"conference": seen.berlin, "capability_type": seen.hospital.capability_type, "author": worlds.author}
    for factory in (make.DraftPledgeFactory, make.RegisteredPledgeFactory):
        factory(participant=delta, title="Own hospital", **own)
    joint = make.RegisteredPledgeFactory(participant=hiddenland, title="Joint hospital", **own)
    make.ConfirmedPartnerFactory(pledge=joint, participant=epsilon)
    make.PartnerFactory(pledge=joint, participant=delta)
    make.CoChairFactory(conference=seen.london, participant=zeta, position=9)
    make.RegisteredPledgeFactory(participant=hiddenland, **{**own, "conference": seen.london})
    left = make.member_of(hiddenland, MembershipRole.APPROVER)
    left.memberships.update(ended_at=timezone.now() - timedelta(days=1))
    people = {
        "anonymous": None,
        "analyst": make.AnalystFactory(),
        "other delegation, invited once": make.member_of(delta, MembershipRole.APPROVER),
        "confirmed partner": make.member_of(epsilon, MembershipRole.VIEWER),
        "co-chair of another conference": make.member_of(zeta, MembershipRole.CO_CHAIR),
        "left": left,
        "account that ended": make.member_of(hiddenland, is_active=False),
    }
    for name, person in people.items():
        worlds.clients[name] = Client(raise_request_exception=False)
        if person:
            worlds.clients[name].force_login(person)
    worlds.sequences = sequences()
    return worlds


def sequences() -> list[tuple[str, int, bool]]:
    """Return where each sequence of the database stands."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(sequencename), last_value FROM pg_sequences WHERE schemaname = 'public'")
        return [(name, value or 1, value is not None) for name, value in cursor.fetchall()]


@contextmanager
def with_hidden(worlds: Worlds, seed: float) -> Iterator[None]:
    """Add hidden rows drawn from a seed for as long as it lasts; internal numbers begin at the same each time."""
    with transaction.atomic():
        hide(worlds, Random(seed))
        yield
        transaction.set_rollback(True)
    with connection.cursor() as cursor:
        for name, value, is_called in worlds.sequences:
            cursor.execute("SELECT setval(%s, %s, %s)", [name, value, is_called])


def hide(worlds: Worlds, rng: Random) -> None:
    """Add rows that none of the actors may see: whole pledges, and what is beside pledges that they do see."""
    hidden = [hidden_pledge(worlds, rng, reference) for reference in rng.sample(REFERENCES, rng.randint(0, 8))]
    for pledge in hidden:
        hide_story(worlds, rng, pledge)
    for pledge in (worlds.seen.hospital, worlds.seen.course, worlds.seen.battalion, worlds.seen.money):
        hide_beside(worlds, rng, pledge)


def hidden_pledge(worlds: Worlds, rng: Random, reference: str) -> Pledge:
    """Return a pledge in any state that is hidden: whatever is not announced yet, and led by no actor's delegation."""
    seen, factory = worlds.seen, rng.choice(FACTORIES)
    kind = rng.choice([seen.hospital.capability_type, seen.battalion.capability_type, None])
    day = date(rng.randint(2015, 2030), rng.randint(1, 12), 28)
    fields: dict[str, Any] = {"announced_at": timezone.now() + timedelta(days=9)} if factory is FACTORIES[4] else {}
    if factory not in REGISTERED:
        at = datetime(rng.randint(2014, 2026), rng.randint(1, 9), 5, tzinfo=UTC)
        fields = {"created_at": at, "updated_at": at} | ({"submitted_at": at} if factory is not FACTORIES[0] else {})
    # A co-chair sees what is registered for the conference in London.
    conferences = [seen.seoul, seen.berlin] + ([] if factory in REGISTERED else [seen.london])
    return factory(
        reference=reference, conference=rng.choice(conferences), title=rng.choice(TITLES), capability_type=kind,
        category=kind.category if kind else seen.course.category,
        participant=rng.choice([worlds.hiddenland, worlds.nowhere, seen.alpha, seen.gamma, seen.union]),
        description=f"Canary {rng.random()}", quantity=rng.choice([4, 9, 50]) if kind else None, author=worlds.author,
        personnel=rng.choice([None, 100]), deliver_by=day, deliver_by_precision="day", amount=rng.choice([1, 10**9]),
        currency="CAD", missions=rng.choice([[], [seen.unmiss]]), kind=rng.choice(["new", "renewed"]),
        responsible_office=f"Canary office {rng.random()}", **fields,
    )  # fmt: skip


def hide_story(worlds: Worlds, rng: Random, pledge: Pledge) -> None:
    """Add rows of every kind to a hidden pledge, some of them tied to what everybody sees."""
    seen, by = worlds.seen, {"author": worlds.officer}
    make.MilestoneFactory(pledge=pledge, due_on=date(rng.randint(2020, 2030), 1, 1))
    make.CaveatFactory(pledge=pledge)
    make.ReviewNoteFactory(pledge=pledge, **by)
    make.EvidenceFileFactory(pledge=pledge, author=worlds.author)
    make.ProgressUpdateFactory(pledge=pledge, state=rng.choice(ReportedState.values), author=worlds.author)
    make.AssessmentFactory(pledge=pledge, state=rng.choice(AssessedState.values), **by)
    partner = rng.choice([make.PartnerFactory, make.ConfirmedPartnerFactory])
    partner(pledge=pledge, participant=seen.beta, share_quantity=1 if pledge.quantity else None)
    if rng.random() < 0.6:
        make.LineageFactory(later=pledge, earlier=rng.choice([seen.hospital, seen.battalion]), kind="supersedes")
    elif rng.random() < 0.5:
        later = rng.choice([seen.hospital, seen.course])
        make.LineageFactory(later=later, earlier=pledge, kind=rng.choice(LineageKind.values))
    if pledge.capability_type and pledge.status == "registered":
        ask = seen.hospital_ask if pledge.capability_type == seen.hospital.capability_type else seen.battalion_ask
        make.AllocationFactory(pledge=pledge, requirement=ask, quantity=rng.choice([None, 1, 3]), **by)
        make.ReadinessFactory(pledge=pledge, level=rng.choice(ReadinessLevel.values), **by)
        hide_working_readiness(pledge, rng, by)
        make.DecisionPledgeFactory(pledge=pledge, decision__proposed_by=worlds.officer)
    if pledge.status == "submitted":
        make.ClaimFactory(pledge=pledge, officer=worlds.officer)
    if pledge.status in {"draft", "returned"}:
        make.HandoverFactory(pledge=pledge, author=worlds.author)


def hide_working_readiness(pledge: Pledge, rng: Random, by: dict[str, Any]) -> None:
    """Add what only insiders read of a unit's readiness: its entry, a visit, a request to deploy."""
    readiness.RegistrationFactory(pledge=pledge, to_mend=f"Canary {rng.random()}", **by)
    readiness.VisitedUnitFactory(
        pledge=pledge, visit__author=by["author"], is_passed=False, to_mend=f"Canary {rng.random()}"
    )
    readiness.DeploymentRequestFactory(
        pledge=pledge, note=f"Canary {rng.random()}", exception=f"Canary {rng.random()}", **by
    )


def hide_beside(worlds: Worlds, rng: Random, pledge: Pledge) -> None:
    """Change what only insiders read of a pledge that everybody sees: words, notes, plans, files, who was asked."""
    if rng.random() < 0.4:
        return
    Pledge.objects.filter(pk=pledge.pk).update(
        responsible_office=f"Canary {rng.random()}",
        means_of_verification=f"Canary {rng.random()}",
        quality_score=rng.randint(0, 100),
        quality_rules="1",
        updated_at=timezone.now() - timedelta(days=rng.randint(0, 900)),
    )
    for _ in range(rng.randint(0, 2)):
        make.ReviewNoteFactory(pledge=pledge, text=f"Canary {rng.random()}", author=worlds.officer)
        make.MilestoneFactory(pledge=pledge, title=f"Canary {rng.random()}")
        make.EvidenceFileFactory(pledge=pledge, author=worlds.author)
    make.PartnerFactory(
        pledge=pledge,
        participant=worlds.nowhere,
        share_quantity=None,
        confirmation=rng.choice([Confirmation.AWAITED, Confirmation.DECLINED]),
    )
    if pledge == worlds.seen.hospital:
        make.AllocationFactory(pledge=pledge, requirement=worlds.refusing_ask, quantity=None, author=worlds.officer)
        hide_working_readiness(pledge, rng, {"author": worlds.officer})
    make.DecisionPledgeFactory(pledge=pledge, decision__action="withdraw", decision__proposed_by=worlds.officer)
