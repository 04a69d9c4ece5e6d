"""Faults in the relations between parameters."""

from __future__ import annotations

import itertools
from typing import Any

from apimap import signatures
from apimap.parity.faults import (
    RULE,
    Change,
    altered,
    altering,
    plain_pairs,
    setting,
    swapping,
    without,
    wrapped,
)
from apimap.parity.mutant import Maker
from apimap.schema import Pair, Param, Same


class ParamFaults(Maker):
    """A relation's results altered, left out, swapped or never refused."""

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
