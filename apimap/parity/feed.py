"""Which case is next: groups of cases, drawn as results come back, in any number of processes."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Optional, Protocol

from apimap.parity.cases import Batch, Case, Direction, dtypes, generate
from apimap.parity.records import CaseRecord
from apimap.parity.sweep import TRIES
from apimap.parity.worker import CaseTask
from apimap.schema import Entry


@dataclass(frozen=True)
class Choice:
    """Which cases of the chosen entries to run; all where a field says nothing.

    ``random`` draws so many by hypothesis instead, for each entry and direction.
    """

    directions: Sequence[Direction]
    dtype: Optional[str] = None
    max_examples: Optional[int] = None
    seed: int = 0
    random: Optional[int] = None


class Source(Protocol):
    """Where cases come from: ``Draw``, or a ``Search`` by hypothesis."""

    expected: int

    def take(self) -> Optional[Case]:
        """The next case; None where there is none at present."""

    def done(self, record: CaseRecord) -> list[CaseRecord]:
        """Note what became of a case; returns the records to keep."""

    def unfinished(self) -> list[CaseRecord]:
        """What would be lost if nothing more were run."""

    @property
    def is_over(self) -> bool:
        """Whether nothing is awaited and nothing will come."""


class Draw:
    """One batch: as many of its cases as are wanted, not counting those that are rejected."""

    def __init__(self, batch: Batch) -> None:
        cases = batch.cases
        if batch.wanted is None:
            listed = list(cases)
            cases, self.expected = iter(listed), len(listed)
        else:
            cases, self.expected = itertools.islice(cases, TRIES * batch.wanted), batch.wanted
        self.cases, self.wanted = cases, batch.wanted
        self.flying = self.run = self.taken = 0
        self._next = next(cases, None)

    def take(self) -> Optional[Case]:
        """The next case; None where there is none, or while results must be awaited."""
        case = self._next
        if case is None or (self.wanted is not None and self.run + self.flying >= self.wanted):
            return None
        self._next = next(self.cases, None)
        self.flying += 1
        self.taken += 1
        return case

    def done(self, record: CaseRecord) -> list[CaseRecord]:
        """Note what became of one of its cases, which is kept."""
        self.flying -= 1
        self.run += record.state != "rejected"
        if self.is_over:
            self.expected = self.taken
        return [record]

    def unfinished(self) -> list[CaseRecord]:
        """Nothing: each case stands for itself."""
        return []

    @property
    def is_over(self) -> bool:
        """Whether nothing is awaited and nothing will come."""
        return not self.flying and (self._next is None or self.run == self.wanted)


@dataclass
class Group:
    """All cases of one entry in one direction."""

    entry: Entry
    direction: Direction
    draws: list[Source]

    @property
    def is_over(self) -> bool:
        """Whether all its cases are done."""
        return all(draw.is_over for draw in self.draws)


@dataclass(frozen=True)
class Job:
    """A case, and where its result is awaited."""

    case: Case
    draw: Source
    group: Group
    drawn: bool = False

    @property
    def task(self) -> CaseTask:
        """What a worker is given."""
        return CaseTask(self.case, self.drawn)


Done = tuple[Job, CaseRecord]


class Feed:
    """Hands out the cases of entries in order; the same ones for any number of workers."""

    ahead = 3
    """Cases that a worker has before it, so that it never waits for the parent."""

    def __init__(self, groups: Sequence[Group], *, drawn: bool = False) -> None:
        self.drawn = drawn
        self.groups = [group for group in groups if group.draws]
        self._open = deque((draw, group) for group in self.groups for draw in group.draws)

    @classmethod
    def of(cls, entries: Sequence[Entry], choice: Choice) -> Feed:
        """The chosen cases of these entries."""
        pairs = itertools.product(entries, choice.directions)
        draws = _draws if choice.random is None else _searches
        groups = [Group(entry, way, draws(entry, way, choice)) for entry, way in pairs]
        return cls(groups, drawn=choice.random is not None)

    @classmethod
    def of_case(cls, case: Case) -> Feed:
        """One case alone."""
        return cls([Group(case.entry, case.direction, [Draw(Batch(iter([case])))])])

    @property
    def total(self) -> int:
        """How many cases this will be; rejected ones that others are drawn for come on top."""
        return sum(draw.expected for group in self.groups for draw in group.draws)

    def take(self, worker: int = 0) -> Optional[Job]:
        """The next case, whichever worker it is for; None where there is none at present."""
        del worker
        while self._open and self._open[0][0].is_over:
            self._open.popleft()
        for draw, group in self._open:
            case = draw.take()
            if case is not None:
                return Job(case, draw, group, self.drawn)
        return None

    def done(self, job: Job, record: CaseRecord) -> list[Done]:
        """Note what became of a case; returns what is known for good by now."""
        return [(job, each) for each in job.draw.done(record)]

    def unfinished(self) -> list[CaseRecord]:
        """Findings that were still being shrunk."""
        return [each for draw, _ in self._open for each in draw.unfinished()]


def _searches(entry: Entry, direction: Direction, choice: Choice) -> list[Source]:
    """One, where the entry says what to draw from and both sides have the dtype."""
    from apimap.parity.search import Search
    from apimap.parity.strategies import source_of

    if source_of(entry, direction) is None or choice.dtype not in (None, *dtypes(entry)):
        return []
    examples = choice.random or 1
    return [Search(entry, direction, examples, seed=choice.seed, dtype=choice.dtype)]


def _draws(entry: Entry, direction: Direction, choice: Choice) -> list[Source]:
    limit = choice.max_examples
    batches = generate(entry, direction, max_examples=limit, seed=choice.seed)
    return [Draw(batch) for batch in map(partial(_kept, choice.dtype), batches) if batch]


def _kept(dtype: Optional[str], batch: Batch) -> Optional[Batch]:
    """A batch has one dtype; None where that is not the wanted one, or nothing is wanted of it."""
    first = None if batch.wanted == 0 else next(batch.cases, None)
    if first is None or dtype not in (None, first.dtype):
        return None
    return Batch(itertools.chain([first], batch.cases), batch.wanted)
