"""Fills a database with made-up pledges, a batch at a time."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from random import Random
from typing import Any

from django.db import transaction

from accounts.history import acting
from capabilities.models import Edition, Requirement
from conferences.references import ALPHABET, LENGTH
from pledges.importing.sync import expect_many_rows
from pledges.models import Pledge
from pledges.synthetic.copying import Courier, analyze, next_ids
from pledges.synthetic.draws import heavy_tailed, zipf
from pledges.synthetic.pledge import Made, PledgeMaker
from pledges.synthetic.story import Story
from pledges.synthetic.world import World, load_world, requirements_by_type

BATCH = 2000
ANALYZE_AFTER = (1, 4, 16, 64)  # batches
PLEDGES_PER_REQUIREMENT = 250
FEWEST_REQUIREMENTS = 20


def silent(batches: Iterator[int]) -> Iterator[int]:
    """Show no progress."""
    return batches


@transaction.atomic
def make_synthetic(*, pledges: int, seed: int, progress: Callable[[Iterator[int]], Iterable[int]] = silent) -> int:
    """Add that many made-up pledges with all that stands beside them; returns how many there are now.

    The same seed gives the same rows in a database that holds the same reference data. Raises NothingToBuildOn.
    """
    # The seed is for repeating a benchmark, not for keeping a secret.
    random = Random(seed)  # noqa: S311
    with acting(None, "make_synthetic"):
        expect_many_rows()
        world = load_world()
        make_requirements(world, random, pledges, seed)
        world.requirements = requirements_by_type()
        for _made in progress(batches(world, random, pledges)):
            pass
    return Pledge.objects.filter(is_synthetic=True).count()


def batches(world: World, random: Random, pledges: int) -> Iterator[int]:
    """Store the pledges in batches, each while the next is being told, and yield the size of each."""
    maker, story = PledgeMaker(world, random), Story(world, random)
    coming = (maker.make() for _ in range(pledges))
    stored, last = 0, list[Made]()
    with Courier() as courier:
        while batch := list(islice(coming, BATCH)):
            courier.wait()
            if stored in ANALYZE_AFTER:
                analyze(story.tables.values())
            give_ids(batch, random, {made.columns["reference"] for made in last})
            story.draw_keys(len(batch))
            courier.send(story.take())
            stored += bool(last)
            for made in batch:
                story.tell(made)
            last = batch
            yield len(batch)
        courier.wait()
        courier.send(story.take())
        courier.wait()


def give_ids(batch: list[Made], random: Random, taken: set[str]) -> None:
    """Give each pledge its primary key, and a reference that no other has, those in `taken` included."""
    references = free_references(Pledge, [made.conference.reference_prefix for made in batch], random, taken)
    for made, key, reference in zip(batch, next_ids(Pledge, len(batch)), references, strict=True):
        made.id = key
        made.columns["reference"] = reference


def free_references(model: Any, prefixes: list[str], random: Random, taken: set[str]) -> list[str]:
    """Return a reference for each prefix, drawn again where it is taken."""
    found: list[str] = [draw_reference(prefix, random) for prefix in prefixes]
    seen: set[str] = set()
    taken |= set(model.objects.filter(reference__in=found).values_list("reference", flat=True))
    for index, prefix in enumerate(prefixes):
        while found[index] in seen or found[index] in taken:
            found[index] = draw_reference(prefix, random)
            taken |= set(model.objects.filter(reference=found[index]).values_list("reference", flat=True))
        seen.add(found[index])
    return found


def draw_reference(prefix: str, random: Random) -> str:
    """Return a reference with random letters."""
    return f"{prefix}-{''.join(random.choices(ALPHABET, k=LENGTH))}"


def make_requirements(world: World, random: Random, pledges: int, seed: int) -> None:
    """Add made-up requirements in an edition of their own; three in ten name no quantity, as the record often does."""
    edition, _made = Edition.objects.get_or_create(
        name=f"Synthetic requirements, seed {seed}",
        defaults={"published_on": world.conferences[0].starts_on, "published_on_precision": "day"},
    )
    wanted = max(FEWEST_REQUIREMENTS, pledges // PLEDGES_PER_REQUIREMENT)
    types, missions = zipf(world.types), zipf(world.missions)
    rows = []
    for reference in free_references(Requirement, ["REQ"] * wanted, random, set()):
        kind = types.draw(random)
        rows.append(
            Requirement(
                reference=reference,
                edition=edition,
                conference=random.choice([*world.conferences, None]),
                mission_id=missions.draw(random) if random.random() < 0.6 else None,
                capability_type=kind,
                quantity=heavy_tailed(random, 200) if random.random() < 0.7 else None,
                unit=kind.unit_of_measure,
                description="Made up for tests.",
                source_title="Synthetic data",
                source_url="https://pledges.example/synthetic",
            )
        )
    Requirement.objects.bulk_create(rows)
