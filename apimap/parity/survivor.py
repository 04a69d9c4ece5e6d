"""Why no case of an entry shows a fault: it changes nothing, or a case is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Optional

from apimap.frameworks import framework
from apimap.parity.bench import SOUND, Bench
from apimap.parity.cases import Case
from apimap.parity.mutant import Mutant
from apimap.parity.mutant_feed import Outcome
from apimap.parity.results import repro_line
from apimap.parity.round_trip import convert
from apimap.parity.run_case import build_source
from apimap.schema import Side, other

RUN = 40
"""How many argument sets that the entry does not list are run."""
SHOWN = 20
"""How many of the cases that a fault changes are looked at one by one."""
TEXTS = ("cell_init_args", "instance_name", "param_prefix")
"""Attributes of a MindSpore cell that say how it was made, and are not computed with."""


def explained(bench: Bench, mutant: Mutant) -> Outcome:
    """A survivor with its reason, or an equivalent mutant."""
    return _Survivor(bench, mutant).outcome()


class _Survivor:
    """A mutant that all cases of its entry pass."""

    def __init__(self, bench: Bench, mutant: Mutant) -> None:
        self.bench, self.mutant = bench, mutant

    def outcome(self) -> Outcome:
        changed = self.changed()
        changing = next((case for case in changed if self.bench.state(case) in SOUND), None)
        if not any(self.bench.state(case) in SOUND for case in self.bench.cases):
            return self.survived("no case of the entry agrees without the fault")
        if self.mutant.touches_call and changing is None:
            number = len(self.bench.others)
            text = f"the call is the same for each of {number} argument sets that were drawn"
            return self.equivalent(text)
        if self.mutant.poisoned is not None:
            worst = replace(self.mutant, mutated=self.mutant.poisoned, poisoned=None)
            if self.bench.catch(worst) is None:
                text = "nothing that is compared depends on it: NaN in its place changes nothing"
                return self.equivalent(text)
        shown = self.first_that_shows(changed)
        if shown is not None:
            return self.survived("a case is missing", shown)
        if not self.mutant.touches_call or changing is None:
            return self.survived("no case that was tried shows it")
        return self.same_values(changing)

    def changed(self) -> list[Case]:
        """The argument sets that the fault may change."""
        others, mutant = self.bench.others, self.mutant
        if not mutant.touches_call:
            return others
        return [case for case in others if self.bench.changes_call(case, mutant)]

    def survived(self, why: str, case: Optional[Case] = None) -> Outcome:
        found = replace(self.bench.bout.outcome(self.mutant.fault), fate="survived", why=why)
        return replace(found, case=repro_line(case)) if case else found

    def equivalent(self, why: str) -> Outcome:
        return replace(self.survived(why), fate="equivalent")

    def first_that_shows(self, cases: Sequence[Case]) -> Optional[Case]:
        """The simplest argument set that shows the fault, of some of every kind."""
        for case in cases[:: max(1, len(cases) // RUN)]:
            if self.bench.state(case) in SOUND and self.bench.catches(case, self.mutant):
                return case
        return None

    def same_values(self, changing: Case) -> Outcome:
        """Every case that the fault changes computes the same all the same."""
        own = [case for case in self.bench.cases if self.bench.changes_call(case, self.mutant)]
        routes = {self.routes(case) for case in [*own, changing]}
        if routes == {("native", "composed")}:
            return self.equivalent(
                "only the route changes: the composed layer computes the same values"
            )
        if all(self.is_same_layer(case) for case in [*own[:SHOWN], changing]):
            return self.equivalent(
                "the converted layers have the same attributes and tensors all the same"
            )
        before, after = self.calls(changing)
        text = f"another call, of the same values: {after} instead of {before}"
        return self.survived(text, changing)

    def is_same_layer(self, case: Case) -> bool:
        """Whether the layer is converted into the same one with the fault as without."""
        side = other(case.source)
        source, flavor = build_source(case), self.bench.entry.flavor
        try:
            right = convert(source, side, flavor)
            with self.bench.planted(self.mutant):
                wrong = convert(source, side, flavor)
        except Exception:  # noqa: BLE001  one of them is refused
            return False
        return _held(right, side) == _held(wrong, side)

    def routes(self, case: Case) -> tuple[str, str]:
        before, after = self.calls(case)
        return before.partition(" ")[0], after.partition(" ")[0]

    def calls(self, case: Case) -> tuple[str, str]:
        """The call that the case's layer becomes, without and with the fault."""
        layer = self.bench.layer(case)
        before = self.bench.call(layer, self.bench.entry, case)
        with self.bench.planted(self.mutant):
            return before, self.bench.call(layer, self.mutant.mutated, case)


def _held(layer: Any, side: Side) -> tuple[Any, ...]:
    """All that a layer computes with: its class, plain public attributes and tensors."""
    plain = (bool, int, float, str, tuple, type(None))
    own = {
        name: value
        for name, value in vars(layer).items()
        if isinstance(value, plain) and not name.startswith("_") and name not in TEXTS
    }
    views = framework(side).tensors(layer).values()
    tensors = [(v.name, v.dtype, v.trainable, v.array.tobytes()) for v in views]
    return (
        type(layer),
        own,
        tensors,
        [_held(c, side) for c in framework(side).children(layer).values()],
    )
