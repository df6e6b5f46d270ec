"""A small world that anybody may see, and rows that must change nothing for those who may not see them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from django.utils import timezone

from conferences.models import CrossCuttingTheme, OutcomeDocument, RegionalGroup, SideEvent
from pledges.enums import AssessedState, EventKind, LineageKind, ReadinessLevel, ReportedState
from pledges.models import Pledge
from tests import factories as make

CANARY = "Canary"


@dataclass
class World:
    """What tests name."""

    seoul: Any
    london: Any
    berlin: Any
    alpha: Any
    beta: Any
    gamma: Any
    union: Any
    unmiss: Any
    hospital_ask: Any
    battalion_ask: Any
    hospital: Pledge
    course: Pledge
    battalion: Pledge
    earlier_battalion: Pledge
    money: Pledge
    closed: Pledge


def capabilities() -> SimpleNamespace:
    """Return two capability types and a category without any."""
    medical = make.CategoryFactory(code="medical", name="Medical")
    military = make.CategoryFactory(code="military_unit", name="Military units")
    return SimpleNamespace(
        training=make.CategoryFactory(code="training", name="Training"),
        hospital=make.CapabilityTypeFactory(
            code="hospital", name="Level II hospital", category=medical, unit_of_measure="facility"
        ),
        battalion=make.CapabilityTypeFactory(
            code="battalion", name="Infantry battalion", category=military, unit_of_measure="battalion"
        ),
    )


def lived(announced_on: date) -> dict[str, datetime]:
    """Return the instants of a pledge that was drafted, registered and announced on one day."""
    first = datetime(announced_on.year, announced_on.month, announced_on.day, 9, tzinfo=UTC)
    instants = ("created_at", "registered_at", "announced_at")
    return {name: first + timedelta(hours=number) for number, name in enumerate(instants)}


def places() -> dict[str, Any]:
    """Return three conferences, four participants and a mission."""
    return {
        "seoul": make.ConferenceFactory(
            slug="seoul-2021", title="Seoul Ministerial", city="Seoul", starts_on=date(2021, 12, 7),
            ends_on=date(2021, 12, 8), sequence_since_2014=6, reference_prefix="PKM21",
            level="foreign and defence ministers", format="virtual",
        ),
        "london": make.ConferenceFactory(
            slug="london-2016", title="London Ministerial", city="London", starts_on=date(2016, 9, 8),
            ends_on=date(2016, 9, 8), sequence_since_2014=3, reference_prefix="PKD16",
        ),
        "berlin": make.ConferenceFactory(
            slug="berlin-2025", title="Berlin Ministerial", city="Berlin", sequence_since_2014=8,
            reference_prefix="PKM25",
        ),
        "alpha": make.ParticipantFactory(name_en="Alphaland", regional_group=RegionalGroup.AFRICAN),
        "beta": make.ParticipantFactory(name_en="Côte Bêta", regional_group=RegionalGroup.WEOG),
        "gamma": make.ParticipantFactory(name_en="Gammaland", regional_group=RegionalGroup.GRULAC),
        "union": make.OrganizationFactory(code="EU", name_en="European Union"),
        "unmiss": make.MissionFactory(acronym="UNMISS"),
    }  # fmt: skip


def asks(types: SimpleNamespace, *, seoul: Any, unmiss: Any) -> dict[str, Any]:
    """Return two asks of a conference and a mission; a third is of neither."""
    edition = make.EditionFactory(name="Requirements 2020", published_on=date(2020, 1, 1))
    common = {"edition": edition, "conference": seoul, "mission": unmiss}
    found = {
        "hospital_ask": make.RequirementFactory(
            capability_type=types.hospital, quantity=3, characteristics="heated; mobile", **common
        ),
        "battalion_ask": make.RequirementFactory(capability_type=types.battalion, quantity=None, **common),
    }
    make.RequirementFactory(edition=edition, capability_type=types.battalion, quantity=5)
    return found


def pledges(types: SimpleNamespace, found: dict[str, Any]) -> dict[str, Any]:
    """Return the announced pledges, four of one conference and two of an earlier one."""
    day_of_seoul, day_of_london = lived(date(2021, 12, 8)), lived(date(2016, 9, 8))
    in_seoul = {"conference": found["seoul"], **day_of_seoul}
    in_london = {"conference": found["london"], **day_of_london}
    no_type = {"capability_type": None, "category": types.training, "quantity": None}
    alpha, beta, missions = found["alpha"], found["beta"], [found["unmiss"]]
    return {
        "hospital": make.RecordPledgeFactory(
            participant=alpha, capability_type=types.hospital, quantity=2, missions=missions, title="Field hospital",
            **in_seoul,
        ),
        "course": make.AnnouncedPledgeFactory(
            participant=alpha, title="Engineers course", deliver_by=date(2022, 12, 31), deliver_by_precision="year",
            submitted_at=day_of_seoul["registered_at"], **no_type, **in_seoul,
        ),
        "battalion": make.RecordPledgeFactory(
            participant=beta, capability_type=types.battalion, quantity=3, missions=missions, title="Battalion again",
            **in_seoul,
        ),
        "earlier_battalion": make.RecordPledgeFactory(
            participant=beta, capability_type=types.battalion, quantity=1, missions=missions, title="First battalion",
            **in_london,
        ),
        "money": make.RecordPledgeFactory(
            participant=found["union"], title="Money for training", amount=95_000_000, currency="EUR", **no_type,
            **in_seoul,
        ),
        "closed": make.ClosedPledgeFactory(
            participant=alpha, title="Closed battalion", capability_type=types.battalion,
            submitted_at=day_of_london["registered_at"], **in_london,
        ),
    }  # fmt: skip


def build() -> World:
    """Return a world of three conferences, four participants, six announced pledges and three asks."""
    types, found = capabilities(), places()
    world = World(**found, **asks(types, seoul=found["seoul"], unmiss=found["unmiss"]), **pledges(types, found))
    add_stories(world)
    add_programme(world.seoul, (world.alpha, world.beta))
    add_totals(world.seoul, world.alpha)
    return world


def add_stories(world: World) -> None:
    """Add what became of the pledges."""
    make.AssessmentFactory(pledge=world.hospital, state=AssessedState.PARTLY_DELIVERED, confirmed_quantity=1)
    make.ReadinessFactory(pledge=world.hospital, level=ReadinessLevel.LEVEL_2)
    make.RecordProgressUpdateFactory(
        pledge=world.hospital, kind=EventKind.DEPLOYED, state="", happened_on=date(2022, 6, 1), text="The staff left."
    )
    make.ProgressUpdateFactory(pledge=world.course, state=ReportedState.DELAYED, text="The rooms are not ready.")
    make.ConfirmedPartnerFactory(pledge=world.course, participant=world.beta, share_quantity=None)
    make.LineageFactory(later=world.battalion, earlier=world.earlier_battalion, kind=LineageKind.RENEWS)
    make.AllocationFactory(pledge=world.hospital, requirement=world.hospital_ask)
    make.CaveatFactory(pledge=world.battalion)


def add_programme(conference: Any, hosts: tuple[Any, ...], first: int = 0) -> None:
    """Add what a conference page shows beside pledges."""
    for number, host in enumerate(hosts, first):
        conference.hosts.add(host)
        make.CoChairFactory(conference=conference, participant=host, position=number)
        meeting = make.PreparatoryConferenceFactory(conference=conference, theme=f"Theme {number}")
        meeting.co_hosts.add(host)
        make.SessionFactory(conference=conference, prepared_by=meeting, title=f"Session {number}")
        CrossCuttingTheme.objects.create(conference=conference, position=number, name=f"Cross-cutting {number}")
        SideEvent.objects.create(conference=conference, position=number, title=f"Side event {number}").co_hosts.add(
            host
        )
        text = OutcomeDocument.objects.create(
            conference=conference, position=number, title=f"Text {number}", kind="declaration"
        )
        text.endorsed_by.add(host)


def add_totals(conference: Any, participant: Any) -> None:
    """Add figures as others published them, one of them on a single participant."""
    make.PublishedTotalFactory(
        conference=conference, value=62, published_on=date(2021, 12, 8), published_on_precision="day"
    )
    make.PublishedTotalFactory(conference=conference, measure="medical-states", value=18)
    make.PublishedTotalFactory(conference=conference, measure="states-attending", value=75)
    make.PublishedTotalFactory(
        conference=conference, measure="package-value", value=85_000_000, unit="CAD", participant=participant
    )


def add_hidden(world: World) -> list[Pledge]:
    """Add pledges that the public may not see, tied in every way to what it sees; each title begins with CANARY."""
    later = timezone.now() + timedelta(days=30)
    states: list[tuple[Any, dict[str, Any]]] = [
        (make.DraftPledgeFactory, {}),
        (make.SubmittedPledgeFactory, {}),
        (make.ReturnedPledgeFactory, {}),
        (make.RegisteredPledgeFactory, {}),
        (make.AnnouncedPledgeFactory, {"announced_at": later}),
    ]
    hidden = []
    for number, (factory, fields) in enumerate(states):
        for conference in (world.seoul, world.berlin):
            for participant in (world.alpha, world.gamma):
                hidden.append(
                    factory(
                        conference=conference, participant=participant, title=f"{CANARY} {number}",
                        description=f"{CANARY} hospital", capability_type=world.hospital.capability_type, quantity=7,
                        missions=[world.unmiss], deliver_by=date(2023, 1, 1), deliver_by_precision="day", **fields,
                    )
                )  # fmt: skip
    for pledge in hidden:
        make.ConfirmedPartnerFactory(pledge=pledge, participant=world.beta, share_quantity=1)
        make.LineageFactory(later=pledge, earlier=world.hospital, kind=LineageKind.SUPERSEDES)
        make.AllocationFactory(pledge=pledge, requirement=world.hospital_ask, reason=CANARY)
        make.AssessmentFactory(pledge=pledge, state=AssessedState.DELIVERED, confirmed_quantity=7, reason=CANARY)
        make.ProgressUpdateFactory(pledge=pledge, state=ReportedState.DELIVERED, text=CANARY)
    make.LineageFactory(later=world.earlier_battalion, earlier=hidden[-1], kind=LineageKind.REPEATS)
    return hidden
