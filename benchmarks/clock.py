"""Times and goals."""

from __future__ import annotations

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


def best(action: Action, rounds: int) -> float:
    """The shortest time: other work on the machine only ever adds."""
    return min(seconds(action) for _ in range(rounds))


def ratio(ours: Action, theirs: Action, rounds: int, *, between: Action = int) -> float:
    """The best of ours over the best of theirs, run in turns so that both see the same machine."""
    pairs = []
    for _ in range(rounds):
        between()
        first = seconds(ours)
        between()
        pairs.append((first, seconds(theirs)))
    return min(pair[0] for pair in pairs) / min(pair[1] for pair in pairs)
