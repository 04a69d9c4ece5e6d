"""A wrong version of an entry, and how one is made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Optional

from apimap.catalog import default_catalog
from apimap.parity.cases import DIRECTIONS, Direction, tuples
from apimap.parity.faults import RULE, poison
from apimap.parity.strategies import source_of
from apimap.rules import RULES, Rule
from apimap.schema import Entry, Param, Side, TensorMap


@dataclass(frozen=True)
class Mutant:
    """An entry with one fault. ``touches_call`` says that the fault can be seen in some call.

    ``poisoned`` has the fault at its worst, so that whatever depends on it shows it.
    """

    entry: Entry
    direction: Direction
    fault: str
    mutated: Entry
    rule: Optional[Rule] = None
    touches_call: bool = True
    poisoned: Optional[Entry] = None

    def __str__(self) -> str:
        return f"{self.entry.name} {self.direction}: {self.fault}"


@contextmanager
def planted(mutant: Mutant) -> Iterator[None]:
    """The catalog has the fault meanwhile, in memory only."""
    if mutant.rule is not None:
        RULES[mutant.rule.name] = mutant.rule
    try:
        with default_catalog().instead(mutant.entry, mutant.mutated), poison():
            yield
    finally:
        RULES.pop(RULE, None)


@dataclass
class Maker:
    """Makes the mutants of one entry in one direction."""

    entry: Entry
    direction: Direction
    to: Side
    made: list[Mutant] = field(default_factory=list)

    def add(
        self, fault: str, rule: Optional[Rule] = None, touches_call: bool = True, **changed: Any
    ) -> None:
        mutated = self.entry.model_copy(update=changed)
        made = Mutant(self.entry, self.direction, fault, mutated, rule, touches_call)
        self.made.append(made)

    def with_params(self, fault: str, at: int, *new: Param, rule: Optional[Rule] = None) -> None:
        params = self.entry.params
        self.add(fault, rule, params=(*params[:at], *new, *params[at + 1 :]))

    def with_tensors(self, fault: str, at: int, *new: TensorMap) -> None:
        found = self.entry.tensors
        tensors = (*found[:at], *new, *found[at + 1 :])
        self.add(fault, touches_call=False, tensors=tensors)

    def literals(self, side: Side, name: str) -> list[Any]:
        """Values that the entry's cases give this parameter."""
        found = []
        for direction in DIRECTIONS:
            source = source_of(self.entry, direction)
            if source is not None and (direction == "to_mindspore") == (side == "torch"):
                found += [tuples(value) for value in source.vary.get(name, ())]
        return found
