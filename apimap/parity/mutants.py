"""Wrong versions of an entry, one fault each, as a person could have written them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Optional

from apimap import signatures
from apimap.catalog import default_catalog
from apimap.parity.cases import DIRECTIONS, Direction, tuples
from apimap.parity.faults import (
    POISON,
    RULE,
    Change,
    alone,
    altered,
    altering,
    named,
    permuted,
    plain_pairs,
    poison,
    setting,
    swapping,
    without,
    wrapped,
)
from apimap.parity.strategies import source_of
from apimap.rules import RULES, Rule
from apimap.schema import Entry, Pair, Param, Reading, Same, Side, TensorMap, other


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


def mutants(entry: Entry, direction: Direction, ranks: Mapping[str, int]) -> list[Mutant]:
    """All mutants of an entry that count in one direction, in the order of the entry.

    ``ranks`` are those of the source's tensors, which layouts are made from.
    """
    if source_of(entry, direction) is None:
        return []
    to: Side = "mindspore" if direction == "to_mindspore" else "torch"
    maker = _Maker(entry, direction, to)
    if not getattr(entry.unsupported, f"to_{to}"):
        maker.params()
        maker.swaps()
        maker.tensors(ranks)
        maker.call()
    maker.readings()
    maker.routes()
    return maker.made


@dataclass
class _Maker:
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

    def params(self) -> None:
        """Each relation's results altered, left out and swapped."""
        for at, param in enumerate(self.entry.params):
            if isinstance(param, Same):
                for name in param.same:
                    pair = Pair(torch=(name,), mindspore=(name,), rule=param.rule)
                    rest = tuple(n for n in param.same if n != name)
                    kept: list[Param] = [Same(same=rest, rule=param.rule)] if rest else []
                    self.results(at, pair, kept)
            elif isinstance(param, Pair) and not param.construction:
                self.results(at, param, [])
            elif not isinstance(param, Pair) and "neutral" in param.model_fields_set:
                self.neutral(at, param)

    def results(self, at: int, param: Pair, kept: list[Param]) -> None:
        """Faults of one relation; the others of its ``same`` are kept."""
        names = param.names(self.to)
        if param.values is not None:
            self.values(at, param)
            return
        for i, name in enumerate(names):
            change = altering(i, self.literals(self.to, name))
            self.ruled(at, param, kept, f"{name} altered", change)
            default = signatures.signature(self.entry.api(self.to)).parameters[name].default
            if default is not signatures.EMPTY:
                self.ruled(at, param, kept, f"{name} left at its default", setting(i, default))
        for i, j in itertools.combinations(range(len(names)), 2):
            swapped = swapping(i, j)
            self.ruled(at, param, kept, f"{names[i]} and {names[j]} swapped", swapped)
        if param.rule is not None and len(param.torch) == len(param.mindspore):
            plain = param.model_copy(update={"rule": None, "reads": ()})
            if len(names) == 1:
                self.with_params(f"rule {param.rule} of {names[0]} ignored", at, *kept, plain)
            self.lenient(at, param, kept)

    def ruled(self, at: int, param: Pair, kept: list[Param], fault: str, change: Change) -> None:
        rule = wrapped(param, self.to, change)
        new = param.model_copy(update={"rule": RULE})
        self.with_params(fault, at, *kept, new, rule=rule)

    def lenient(self, at: int, param: Pair, kept: list[Param]) -> None:
        """Where the rule refuses, the values go through as they are."""
        rule = wrapped(param, self.to, lambda items: items, lenient=True)
        new = param.model_copy(update={"rule": RULE})
        fault = f"rule {param.rule} of {param.names(self.to)[0]} never refuses"
        self.with_params(fault, at, *kept, new, rule=rule)

    def values(self, at: int, param: Pair) -> None:
        assert param.values is not None
        keys, own = list(param.values), list(param.values.values())
        rotated = dict(zip(keys, own[1:] + own[:1], strict=True))
        new = param.model_copy(update={"values": rotated})
        self.with_params(f"values of {param.torch[0]} permuted", at, new)

    def neutral(self, at: int, param: Any) -> None:
        """Entering it is emitted; leaving it is what may be left out."""
        names = ", ".join(param.own)
        if param.side == self.to:
            literals = self.literals(param.side, param.own[0])
            changed = altered(param.neutral, literals or [1])
            new = param.model_copy(update={"neutral": changed})
            self.with_params(f"neutral of {names} is {changed!r}", at, new)
        else:
            fields = param.model_fields_set - {"neutral"}
            given = {name: getattr(param, name) for name in fields if name != "side"}
            new = type(param).model_validate({**given, "ignored": True})
            self.with_params(f"{names} ignored", at, new)

    def swaps(self) -> None:
        """Neighbours among the plain parameters, each sent to the other's name."""
        for a, b in itertools.pairwise(plain_pairs(self.entry)):
            moved = [
                Pair(torch=a.torch, mindspore=b.mindspore, rule=a.rule),
                Pair(torch=b.torch, mindspore=a.mindspore, rule=b.rule),
            ]
            params = (*without(self.entry, {a.torch[0], b.torch[0]}), *moved)
            self.add(f"{a.names(self.to)[0]} and {b.names(self.to)[0]} swapped", params=params)

    def tensors(self, ranks: Mapping[str, int]) -> None:
        found = self.entry.tensors
        source = other(self.to)
        for i, tensor in enumerate(found):
            name = tensor.name(source) or tensor.name(self.to)
            paired = tensor.name("torch") and tensor.name("mindspore")
            if paired:
                for layout in permuted(tensor, ranks.get(str(tensor.name(source)), 0)):
                    new = tensor.model_copy(update={"layout": layout})
                    self.with_tensors(f"layout of {name} is {layout}", i, new)
                self.with_tensors(f"{name} not copied", i, *alone(tensor))
            if tensor.fill is not None:
                fill = "zeros" if tensor.fill == "ones" else "ones"
                self.filled(i, tensor, fill)
        pairs = [i for i, t in enumerate(found) if t.name("torch") and t.name("mindspore")]
        for i, j in itertools.pairwise(pairs):
            self.swapped_tensors(i, j)

    def filled(self, at: int, tensor: TensorMap, fill: str) -> None:
        found = self.entry.tensors
        wrong, worst = (
            (*found[:at], tensor.model_copy(update={"fill": word}), *found[at + 1 :])
            for word in (fill, POISON)
        )
        name = tensor.name(other(self.to)) or tensor.name(self.to)
        self.add(f"{name} filled with {fill}", touches_call=False, tensors=wrong)
        poisoned = self.entry.model_copy(update={"tensors": worst})
        self.made[-1] = replace(self.made[-1], poisoned=poisoned)

    def with_tensors(self, fault: str, at: int, *new: TensorMap) -> None:
        found = self.entry.tensors
        tensors = (*found[:at], *new, *found[at + 1 :])
        self.add(fault, touches_call=False, tensors=tensors)

    def swapped_tensors(self, i: int, j: int) -> None:
        found = list(self.entry.tensors)
        a, b = found[i], found[j]
        found[i] = named(a, str(a.name("torch")), str(b.name("mindspore")))
        found[j] = named(b, str(b.name("torch")), str(a.name("mindspore")))
        fault = f"{a.name(self.to)} and {b.name(self.to)} swapped"
        self.add(fault, touches_call=False, tensors=tuple(found))

    def call(self) -> None:
        call = self.entry.call
        for name in ("batched_rank", "pads_empty"):
            if getattr(call, name) and self.to == "mindspore":
                default = type(call).model_fields[name].default
                new = call.model_copy(update={name: default})
                self.add(f"{name} dropped", touches_call=False, call=new)
        if call.batched_rank and self.to == "mindspore":
            new = call.model_copy(update={"batched_rank": call.batched_rank + 1})
            self.add("batched_rank one more", touches_call=False, call=new)

    def readings(self) -> None:
        """What is read from the live source."""
        side = other(self.to)
        own: dict[str, Reading] = getattr(self.entry.read, side)
        for name, reading in own.items():
            if reading.as_ is not None:
                plain = reading.model_copy(update={"as_": None})
                read = self.entry.read.model_copy(update={side: {**own, name: plain}})
                self.add(f"{name} read as it is, not as {reading.as_}", read=read)

    def routes(self) -> None:
        if self.entry.composition(self.to) is not None:
            composed = self.entry.composed.model_copy(update={self.to: None})
            self.add("composed layer not used", composed=composed)
        if getattr(self.entry.unsupported, f"to_{self.to}"):
            unsupported = self.entry.unsupported.model_copy(update={f"to_{self.to}": None})
            self.add("native layer used", unsupported=unsupported)

    def literals(self, side: Side, name: str) -> list[Any]:
        """Values that the entry's cases give this parameter."""
        found = []
        for direction in DIRECTIONS:
            source = source_of(self.entry, direction)
            if source is not None and (direction == "to_mindspore") == (side == "torch"):
                found += [tuples(value) for value in source.vary.get(name, ())]
        return found
