"""Random draws that are the same for a seed."""

from bisect import bisect
from collections.abc import Mapping, Sequence
from itertools import accumulate
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")


class Spread(Generic[T]):
    """Draws by weight, after each value has come once: however few are drawn, none stays absent for long."""

    def __init__(self, values: Sequence[T], weights: Sequence[float]) -> None:
        self.values = values
        self.sums = list(accumulate(weights))
        self.drawn = 0

    def draw(self, random: Random) -> T:
        """Return the next value."""
        self.drawn += 1
        if self.drawn <= len(self.values):
            return self.values[self.drawn - 1]
        return self.values[bisect(self.sums, random.random() * self.sums[-1])]


def zipf(values: Sequence[T], power: float = 1.0) -> Spread[T]:
    """Return a spread in which the value of rank r weighs 1/r to the power given."""
    return Spread(values, [1 / rank**power for rank in range(1, len(values) + 1)])


def weighted(weights: Mapping[T, float]) -> Spread[T]:
    """Return a spread by these weights."""
    return Spread(list(weights), list(weights.values()))


def heavy_tailed(random: Random, most: int) -> int:
    """Return a number from 1 to `most`, mostly small."""
    return min(most, int((1 - random.random()) ** -0.8))
