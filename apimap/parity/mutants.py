"""Wrong versions of an entry, one fault each, as a person could have written them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace

from apimap.parity.cases import Direction
from apimap.parity.faults import POISON, alone, named, permuted
from apimap.parity.mutant import Mutant
from apimap.parity.param_faults import ParamFaults
from apimap.parity.strategies import source_of
from apimap.schema import Entry, Reading, Side, TensorMap, other


def mutants(entry: Entry, direction: Direction, ranks: Mapping[str, int]) -> list[Mutant]:
    """All mutants of an entry that count in one direction, in the order of the entry.

    ``ranks`` are those of the source's tensors, which layouts are made from.
    """
    if source_of(entry, direction) is None:
        return []
    to: Side = "mindspore" if direction == "to_mindspore" else "torch"
    maker = _Faults(entry, direction, to)
    if not getattr(entry.unsupported, f"to_{to}"):
        maker.params()
        maker.swaps()
        maker.tensors(ranks)
        maker.call()
    maker.readings()
    maker.routes()
    return maker.made


class _Faults(ParamFaults):
    """And those in tensors, in the call, in what is read, and in the route."""

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
