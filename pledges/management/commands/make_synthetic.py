"""Fills a database with made-up pledges."""

from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from pledges.synthetic.make import make_synthetic
from pledges.synthetic.world import NothingToBuildOn


class Command(BaseCommand):
    """For benchmarks and load tests, never for a database that people use."""

    help = "Adds made-up pledges, marked as synthetic, to what is there."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take how many, and the seed."""
        parser.add_argument("--pledges", type=int, required=True, help="how many pledges to add")
        parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same pledges")

    def handle(self, *args: Any, pledges: int, seed: int, **options: Any) -> None:
        """Add them and say how many there are."""
        if pledges < 1:
            raise CommandError("Give a number of pledges from 1.")

        def bar(batches: Iterator[int]) -> Iterator[int]:
            with tqdm(total=pledges, unit=" pledges") as shown:
                for size in batches:
                    shown.update(size)
                    yield size

        try:
            there = make_synthetic(pledges=pledges, seed=seed, progress=bar)
        except NothingToBuildOn as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{pledges} synthetic pledges added; there are {there} now.")
