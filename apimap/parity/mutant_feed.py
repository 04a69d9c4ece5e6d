"""Which mutant is next: those of an entry stay with one worker, which knows its cases already."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, Optional, Union

from apimap.errors import ApimapError
from apimap.parity.cases import Direction
from apimap.parity.worker import Beat, Lost
from apimap.schema import Entry

Fate = Literal["caught", "survived", "equivalent"]
Words = Union[list[str], ApimapError]


@dataclass(frozen=True)
class Outcome:
    """What became of a mutant.

    ``by`` says what showed it: ``differs`` (values, shapes, the way back, or a conversion that
    failed), ``refused`` (apimap refuses what it converts), ``crashed`` or ``timeout``. ``why``
    explains a survivor and what became of a process, ``case`` reproduces the case that shows the
    fault, or would.
    """

    torch: str
    mindspore: str
    direction: Direction
    fault: str
    fate: Fate = "caught"
    by: str = ""
    why: str = ""
    case: str = ""

    def __str__(self) -> str:
        text = f"{self.torch or self.mindspore} {self.direction}: {self.fault}: {self.fate}"
        return ", ".join(word for word in (text, self.by, self.why) if word)


@dataclass(frozen=True)
class Bout:
    """One entry in one direction, and how its mutants are tried."""

    entry: Entry
    direction: Direction
    max_examples: Optional[int] = None
    seed: int = 0

    def __str__(self) -> str:
        return f"{self.entry.name} {self.direction}"

    @cached_property
    def key(self) -> tuple[Any, ...]:
        """Equal for equal bouts in every process; an entry with a NaN does not equal its copy."""
        return self.entry.model_dump_json(), self.direction, self.max_examples, self.seed

    def outcome(self, fault: str) -> Outcome:
        """The outcome that a fault is caught."""
        return Outcome(self.entry.torch, self.entry.mindspore, self.direction, fault)


@dataclass(frozen=True)
class Listing:
    """The task to name the faults of an entry."""

    bout: Bout

    def run(self, beat: Beat) -> Words:
        """In the order in which they are counted."""
        from apimap.parity.bench import bench_of

        return [mutant.fault for mutant in bench_of(self.bout, beat).mutants]

    def lost(self, state: Lost, reason: str, seconds: float, last: str) -> Words:
        """An error, since without their names the faults cannot be counted."""
        del state, seconds, last
        return ApimapError(f"no mutants can be made: {reason}", where=str(self.bout))


@dataclass(frozen=True)
class Planting:
    """The task to try one mutant."""

    bout: Bout
    index: int
    fault: str

    def run(self, beat: Beat) -> Outcome:
        """What became of it; an error of apimap's own catches nothing."""
        from apimap.parity.bench import bench_of

        try:
            bench = bench_of(self.bout, beat)
            return bench.outcome(bench.mutants[self.index])
        except Exception as error:  # noqa: BLE001  said, and the others go on
            why = f"apimap itself raised {error!r}"
            return replace(self.bout.outcome(self.fault), fate="survived", why=why)

    def lost(self, state: Lost, reason: str, seconds: float, last: str) -> Outcome:
        """Caught, unless the process was running a case without the fault."""
        del seconds
        found = self.bout.outcome(self.fault)
        if last:
            return replace(
                found, fate="survived", why=f"without the fault too: {reason}", case=last
            )
        return replace(found, by=state, why=reason)


@dataclass(frozen=True)
class Job:
    """A task, and where its entry stands among all."""

    task: Union[Listing, Planting]
    at: int


class MutantFeed:
    """Hands out the naming of all faults, then one mutant after the other.

    ``again`` completes the line that runs a case again.
    """

    ahead = 2

    def __init__(self, bouts: Sequence[Bout], again: Callable[[str], str] = str) -> None:
        self.total = 0
        self._again = again
        self.outcomes: dict[tuple[int, int], Outcome] = {}
        self._bouts = bouts
        self._unlisted = deque(range(len(bouts)))
        self._awaited = len(bouts)
        self._left: dict[int, deque[Planting]] = {}
        self._fresh: deque[int] = deque()
        self._own: dict[int, int] = {}

    def take(self, worker: int = 0) -> Optional[Job]:
        """Of the worker's own entry, else of one that nobody has, else of the longest."""
        if self._unlisted:
            at = self._unlisted.popleft()
            return Job(Listing(self._bouts[at]), at)
        if self._awaited:
            return None
        if not self._left.get(self._own.get(worker, -1)):
            self._own[worker] = self._next_entry()
        left = self._left.get(self._own[worker])
        return Job(left.popleft(), self._own[worker]) if left else None

    def _next_entry(self) -> int:
        while self._fresh:
            at = self._fresh.popleft()
            if self._left[at]:
                return at
        return max(self._left, key=lambda at: len(self._left[at]), default=-1)

    def done(self, job: Job, result: Union[Words, Outcome]) -> list[Outcome]:
        """Note the result; an outcome is known for good.

        Raises ``ApimapError`` where an entry's faults could not be named.
        """
        if isinstance(result, ApimapError):
            raise result
        if isinstance(result, Outcome):
            assert isinstance(job.task, Planting)
            result = replace(result, case=self._again(result.case) if result.case else "")
            self.outcomes[job.at, job.task.index] = result
            return [result]
        bout = self._bouts[job.at]
        self._left[job.at] = deque(Planting(bout, i, fault) for i, fault in enumerate(result))
        self.total += len(result)
        self._awaited -= 1
        if not self._awaited:
            self._fresh.extend(sorted(self._left))
        return []

    def in_order(self) -> list[Outcome]:
        """All outcomes so far, as the entries and their faults come."""
        return [self.outcomes[key] for key in sorted(self.outcomes)]
