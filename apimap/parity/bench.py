"""Where the mutants of one entry in one direction are tried."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import Any, Optional

from hypothesis import assume

from apimap.frameworks import framework
from apimap.parity.cases import Case, Direction, generate
from apimap.parity.mutants import Mutant, mutants, planted
from apimap.parity.mutate import BEGUN, Outcome
from apimap.parity.results import repro_line
from apimap.parity.run_case import CaseResult, build_source, convert, run_case
from apimap.parity.strategies import smallest
from apimap.reading import read
from apimap.schema import Entry, Side, other
from apimap.translate import Call, convert_call

TRIED = 300
"""Argument sets that are drawn to tell a mutant that is equivalent from one without a case."""
ANY = 80
"""How many cases a mutant is tried on that no call tells which ones can show it."""
RUN = 40
"""How many of them are run."""
SHOWN = 20
"""How many of the cases that a fault changes are looked at one by one."""
TEXTS = ("cell_init_args", "instance_name", "param_prefix")
"""Attributes of a MindSpore cell that say how it was made, and are not computed with."""
SOUND = ("equal", "rounding", "refused")


class Bench:
    """The entry's own cases and what becomes of them without a fault."""

    def __init__(self, entry: Entry, direction: Direction, limit: Optional[int], seed: int) -> None:
        self.entry, self.direction, self.limit, self.seed = entry, direction, limit, seed
        self.states: dict[str, str] = {}
        self.layers: dict[str, Any] = {}
        self.calls: dict[str, str] = {}

    @cached_property
    def cases(self) -> list[Case]:
        """All in float32 and eagerly, those first that show many pairs of values."""
        batches = generate(self.entry, self.direction, max_examples=1, seed=self.seed)
        return list(batches[0].cases)

    @cached_property
    def mutants(self) -> list[Mutant]:
        """In the order of the entry."""
        layer = next(filter(None, map(self._layer, self.cases)), None)
        if layer is None:
            return []
        slots = framework(self.cases[0].source).slots(layer)
        return mutants(self.entry, self.direction, {n: len(s.shape) for n, s in slots.items()})

    def begun(self, mutant: Mutant) -> Outcome:
        """Said before the mutant is run, which may be the last word."""
        return replace(self._named(mutant), fate="survived", why=BEGUN)

    def outcome(self, mutant: Mutant) -> Outcome:
        """Run cases until one shows the fault; explain a survivor."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            shown = self._shown(mutant)
            return shown if shown is not None else self._survivor(mutant)

    def _named(self, mutant: Mutant) -> Outcome:
        return Outcome(self.entry.torch, self.entry.mindspore, self.direction, mutant.fault)

    def _shown(self, mutant: Mutant) -> Optional[Outcome]:
        limit = self.limit or (None if mutant.touches_call else ANY)
        for case in itertools.islice(self._candidates(mutant), limit):
            by = self.catches(case, mutant)
            if by:
                return replace(self._named(mutant), by=by, case=repro_line(case))
        return None

    def _candidates(self, mutant: Mutant) -> Iterator[Case]:
        """Cases that are sound without the fault, and whose call it changes if it changes any."""
        for case in self.cases:
            if mutant.touches_call and not self.changes_call(case, mutant):
                continue
            if self.state(case) in SOUND:
                yield case

    def state(self, case: Case) -> str:
        """What becomes of the case without a fault."""
        if case.id not in self.states:
            self.states[case.id] = run_case(case).state
        return self.states[case.id]

    def catches(self, case: Case, mutant: Mutant) -> str:
        """What shows the fault in this case; empty where nothing does."""
        with planted(mutant):
            result: CaseResult = run_case(case)
        if result.state == "differs":
            return "differs"
        refuses = result.state == "refused" and self.state(case) != "refused"
        return "refused" if refuses else ""

    def changes_call(self, case: Case, mutant: Mutant) -> bool:
        """Whether the call that the case's layer becomes is another one."""
        layer = self._layer(case)
        if layer is None:
            return False
        key = _arguments(case)
        if key not in self.calls:
            self.calls[key] = self._call(layer, self.entry, case)
        with planted(mutant):
            return self._call(layer, mutant.mutated, case) != self.calls[key]

    def _layer(self, case: Case) -> Any:
        """The live source layer of these arguments, None where the framework rejects them."""
        key = _arguments(case)
        if key not in self.layers:
            try:
                self.layers[key] = build_source(case)
            except Exception:  # noqa: BLE001  the framework's own verdict
                self.layers[key] = None
        return self.layers[key]

    def _call(self, layer: Any, entry: Entry, case: Case) -> str:
        try:
            found: Call = convert_call(entry, case.api, read(layer, entry, case.source))
        except Exception as error:  # noqa: BLE001  a refusal or the fault's doing
            return type(error).__name__
        return f"{found.route} {found}"

    def _survivor(self, mutant: Mutant) -> Outcome:
        named = replace(self._named(mutant), fate="survived")
        changing = None
        if mutant.touches_call:
            tried = set[str]()

            def changes(case: Case) -> bool:
                tried.add(_arguments(case))
                return self.changes_call(case, mutant)

            changing = self._search(changes, TRIED)
            if changing is None:
                text = (
                    f"the call is the same for each of {len(tried)} argument sets that were drawn"
                )
                return replace(named, fate="equivalent", why=text)
        if mutant.poisoned is not None:
            worst = replace(mutant, mutated=mutant.poisoned, poisoned=None)
            if self._shown(worst) is None:
                text = "nothing that is compared depends on it: NaN in its place changes nothing"
                return replace(named, fate="equivalent", why=text)
        caught = self._search(lambda case: bool(self._catches_new(case, mutant)), RUN)
        if caught is not None:
            return replace(named, why="a case is missing", case=repro_line(caught))
        return self._same_values(named, mutant, changing)

    def _catches_new(self, case: Case, mutant: Mutant) -> str:
        assume(not mutant.touches_call or self.changes_call(case, mutant))
        assume(self.state(case) in SOUND)
        return self.catches(case, mutant)

    def _search(self, condition: Callable[[Case], bool], limit: int) -> Optional[Case]:
        """The smallest argument set for which the condition holds."""

        def holds(case: Case) -> bool:
            assume(self._layer(case) is not None and self.state(case) in SOUND)
            return condition(case)

        return smallest(
            self.entry, self.direction, holds, max_examples=limit, seed=self.seed, plain=True
        )

    def _same_values(self, named: Outcome, mutant: Mutant, changing: Optional[Case]) -> Outcome:
        """Every case that the fault changes computes the same all the same."""
        shown = [case for case in self.cases if changing and self.changes_call(case, mutant)]
        routes = {self._routes(case, mutant) for case in [*shown, *filter(None, [changing])]}
        if routes == {("native", "composed")}:
            text = "only the route changes: the composed layer computes the same values"
            return replace(named, fate="equivalent", why=text)
        if changing is None:
            return replace(named, why="no case that was tried shows it")
        if all(self._same_layer(case, mutant) for case in [*shown[:SHOWN], changing]):
            text = "the converted layers have the same attributes and tensors all the same"
            return replace(named, fate="equivalent", why=text)
        text = self._words(changing, mutant)
        return replace(
            named, why=f"another call, of the same values: {text}", case=repro_line(changing)
        )

    def _same_layer(self, case: Case, mutant: Mutant) -> bool:
        """Whether the layer is converted into the same one with the fault as without."""
        side = other(case.source)
        source = build_source(case)
        try:
            right = convert(source, side)
            with planted(mutant):
                wrong = convert(source, side)
        except Exception:  # noqa: BLE001  one of them is refused
            return False
        return _held(right, side) == _held(wrong, side)

    def _routes(self, case: Case, mutant: Mutant) -> tuple[str, str]:
        before, after = self._both(case, mutant)
        return before.partition(" ")[0], after.partition(" ")[0]

    def _both(self, case: Case, mutant: Mutant) -> tuple[str, str]:
        layer = self._layer(case)
        before = self._call(layer, self.entry, case)
        with planted(mutant):
            return before, self._call(layer, mutant.mutated, case)

    def _words(self, case: Case, mutant: Mutant) -> str:
        before, after = self._both(case, mutant)
        return f"{after} instead of {before}"


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


def _arguments(case: Case) -> str:
    return str(sorted(case.kwargs.items(), key=str))
