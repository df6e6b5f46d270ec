"""Measuring several things in turn, and the table of what came out."""

import random
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field

WARM_UP = 20


@dataclass
class Arm:
    """Something to measure at one size of the database, and how long each call took, in milliseconds."""

    name: str
    size: int
    call: Callable[[], object]
    taken: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """The median of all calls in milliseconds."""
        return statistics.median(self.taken)

    def measure(self) -> None:
        """Call it once and note the time."""
        began = time.perf_counter()
        self.call()
        self.taken.append((time.perf_counter() - began) * 1000)


def measure(arms: list[Arm], *, rounds: int, seconds: float) -> int:
    """Measure all arms in turn, in another order each round, until either bound is met; return the rounds done."""
    for arm in arms:
        for _ in range(WARM_UP if arm.size < 10_000 else WARM_UP // 2):
            arm.call()
    until = time.monotonic() + seconds
    order = list(arms)
    for done in range(1, rounds + 1):
        random.shuffle(order)
        for arm in order:
            arm.measure()
        if time.monotonic() > until:
            return done
    return rounds


def table(head: list[str], rows: list[list[str]]) -> str:
    """Return a table in Markdown whose columns are aligned."""
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]

    def line(cells: list[str]) -> str:
        first, *rest = (
            cell.ljust(width) if not n else cell.rjust(width)
            for n, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        return f"| {' | '.join([first, *rest])} |"

    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join([line(head), line(rule), *(line(row) for row in rows)])
