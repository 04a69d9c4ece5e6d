"""Where the mutants of one entry in one direction are tried."""

from __future__ import annotations

import itertools
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from typing import Any, Optional

from apimap.catalog import default_catalog
from apimap.errors import InvalidCall
from apimap.frameworks import framework
from apimap.parity.cases import Case, generate
from apimap.parity.mutant import Mutant, planted
from apimap.parity.mutant_feed import Bout, Outcome
from apimap.parity.mutants import mutants
from apimap.parity.results import repro_line
from apimap.parity.run_case import build_source, run_case
from apimap.parity.strategies import cases, smallest
from apimap.parity.worker import Beat
from apimap.reading import read
from apimap.schema import Entry
from apimap.translate import Call, convert_call

TRIED = 300
"""Argument sets that are drawn to tell a mutant that is equivalent from one without a case."""
TRIED_EAGERLY = 12
"""Cases after which an entry without a sound one is run in graphs instead."""
ANY = 80
"""How many cases a mutant is tried on that no call tells which ones can show it."""
SOUND = ("equal", "rounding", "refused")
BENCHES: list[Bench] = []
KEPT = 2
"""A worker that lists faults needs none of them again; one that helps another does."""


def bench_of(bout: Bout, beat: Beat) -> Bench:
    """The bench of an entry in a direction, which this process may have already."""
    found = next((bench for bench in BENCHES if bench.bout.key == bout.key), None)
    if found is None:
        found = Bench(bout)
        BENCHES.append(found)
        del BENCHES[:-KEPT]
    found.beat = beat
    return found


def _held(bout: Bout) -> Entry:
    """The catalog's own entry, in whose place the faults are planted.

    Raises ``InvalidCall`` where the catalog has none, or another one.
    """
    own, catalog = bout.entry, default_catalog()
    text = own.model_dump_json()
    for found in (catalog.get(own.torch, own.flavor), catalog.get(own.mindspore)):
        if found is not None and found.model_dump_json() == text:
            return found
    raise InvalidCall("not in the catalog, where its faults are planted", where=str(bout))


def _silent(text: str) -> None:
    del text


class Bench:
    """The entry's own cases and what becomes of them without a fault."""

    def __init__(self, bout: Bout) -> None:
        self.bout, self.entry, self.direction = bout, _held(bout), bout.direction
        self.beat: Beat = _silent
        self.states: dict[str, str] = {}
        self.layers: dict[str, Any] = {}
        self.calls: dict[str, str] = {}
        self.shown: Counter[str] = Counter()

    @cached_property
    def cases(self) -> list[Case]:
        """All in float32, those first that show many pairs of values.

        Eagerly, or in graphs where the source runs in no other way.
        """
        batches = generate(self.entry, self.direction, max_examples=1, seed=self.bout.seed)
        eager = list(batches[0].cases)
        if any(self.state(case) in SOUND for case in eager[:TRIED_EAGERLY]):
            return eager
        return [replace(case, jit=True) for case in eager]

    @cached_property
    def mutants(self) -> list[Mutant]:
        """In the order of the entry."""
        layer = next(filter(None, map(self.layer, self.cases)), None)
        if layer is None:
            return []
        slots = framework(self.cases[0].source).slots(layer)
        return mutants(self.entry, self.direction, {n: len(s.shape) for n, s in slots.items()})

    @cached_property
    def others(self) -> list[Case]:
        """Argument sets beside the entry's own that the source accepts, the simplest first."""
        found: dict[str, Case] = {}

        def note(case: Case) -> bool:
            if self.layer(case) is not None:
                found.setdefault(case.id, case)
            return False

        drawn = cases(self.entry, self.direction, seed=self.bout.seed, plain=True)
        smallest(drawn, note, max_examples=TRIED, seed=self.bout.seed)
        return sorted(found.values(), key=lambda case: (len(case.kwargs), len(case.id), case.id))

    def outcome(self, mutant: Mutant) -> Outcome:
        """Run cases until one shows the fault; explain a survivor."""
        from apimap.parity.survivor import explained

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            shown = self.catch(mutant)
            return shown if shown is not None else explained(self, mutant)

    def catch(self, mutant: Mutant) -> Optional[Outcome]:
        """The outcome of the first case that shows the fault, None where none does."""
        limit = self.bout.max_examples or (None if mutant.touches_call else ANY)
        for case in itertools.islice(self._candidates(mutant), limit):
            by = self.catches(case, mutant)
            if by:
                self.shown[case.id] += 1
                outcome = self.bout.outcome(mutant.fault)
                return replace(outcome, by=by, case=repro_line(case))
        return None

    def _candidates(self, mutant: Mutant) -> Iterator[Case]:
        """Sound cases whose call the fault changes if it changes any; those that showed more
        faults come first."""
        for case in sorted(self.cases, key=lambda case: -self.shown[case.id]):
            if self.can_show(case, mutant):
                yield case

    def can_show(self, case: Case, mutant: Mutant) -> bool:
        """Whether the case is sound without the fault, and its call another one with it."""
        changes = not mutant.touches_call or self.changes_call(case, mutant)
        return changes and self.state(case) in SOUND

    def state(self, case: Case) -> str:
        """What becomes of the case without a fault."""
        if case.id not in self.states:
            self.beat(repro_line(case))
            self.states[case.id] = run_case(case).state
        return self.states[case.id]

    def catches(self, case: Case, mutant: Mutant) -> str:
        """What shows the fault in this case; empty where nothing does."""
        with self.planted(mutant):
            result = run_case(case)
        if result.state == "differs":
            return "differs"
        refuses = result.state == "refused" and self.state(case) != "refused"
        return "refused" if refuses else ""

    @contextmanager
    def planted(self, mutant: Mutant) -> Iterator[None]:
        """The catalog has the fault meanwhile, which the parent knows."""
        self.beat("")
        with planted(mutant):
            yield

    def changes_call(self, case: Case, mutant: Mutant) -> bool:
        """Whether the call that the case's layer becomes is another one."""
        layer = self.layer(case)
        if layer is None:
            return False
        key = _arguments(case)
        if key not in self.calls:
            self.calls[key] = self.call(layer, self.entry, case)
        with self.planted(mutant):
            return self.call(layer, mutant.mutated, case) != self.calls[key]

    def layer(self, case: Case) -> Any:
        """The live source layer of these arguments, None where the framework rejects them."""
        key = _arguments(case)
        if key not in self.layers:
            try:
                self.layers[key] = build_source(case)
            except Exception:  # noqa: BLE001  the framework's own verdict
                self.layers[key] = None
        return self.layers[key]

    def call(self, layer: Any, entry: Entry, case: Case) -> str:
        """The text of the call that a layer becomes, with its route."""
        try:
            found: Call = convert_call(entry, case.api, read(layer, entry, case.source))
        except Exception as error:  # noqa: BLE001  a refusal or the fault's doing
            return type(error).__name__
        return f"{found.route} {found}"


def _arguments(case: Case) -> str:
    return str(sorted(case.kwargs.items(), key=str))
