"""Times and goals."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

Action = Callable[[], object]


@dataclass(frozen=True)
class Figure:
    """One measured figure beside its goal."""

    what: str
    value: float
    goal: float
    unit: str = ""
    at_least: bool = False

    @property
    def met(self) -> bool:
        return self.value >= self.goal if self.at_least else self.value <= self.goal

    def __str__(self) -> str:
        sign = ">=" if self.at_least else "<="
        verdict = "met" if self.met else "MISSED"
        return f"{self.what:<66} {self.value:8.3f}{self.unit:<3} {sign} {self.goal:g}  {verdict}"


def seconds(action: Action) -> float:
    """The time of one run."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def median(action: Action, rounds: int) -> float:
    """The median time, after one run that does not count."""
    action()
    return statistics.median(seconds(action) for _ in range(rounds))


def ratio(ours: Action, theirs: Action, rounds: int) -> float:
    """The median of ours over theirs, run in turns so that both see the same machine."""
    ours(), theirs()
    pairs = []
    for number in range(rounds):
        if number % 2:
            first = seconds(ours)
            pairs.append(first / seconds(theirs))
        else:
            first = seconds(theirs)
            pairs.append(seconds(ours) / first)
    return statistics.median(pairs)
