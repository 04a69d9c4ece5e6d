"""Run a pair of layers once each and compare all that comes out."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import Any, Optional, Union

from apimap.frameworks import framework
from apimap.frameworks.nest import Tree, in_order, paths
from apimap.frameworks.record import Cotangents, Run, Value
from apimap.parity.compare import Tolerance, compare
from apimap.parity.pairing import Layers, Pairing
from apimap.parity.report import Row
from apimap.parity.structure import Found, Object, Thing, pair_outputs
from apimap.schema import SIDES, TITLES, Side, other
from apimap.tensors import Array

Outcome = Union[Run, Exception]
ONE_WRITER = "the other side does not (each side was given a copy)"


@dataclass(frozen=True)
class Settings:
    """How a pair is run and judged; bounds by dtype, where they are not the usual ones."""

    seed: int = 0
    gradients: bool = True
    jit: bool = False
    expected: Side = "torch"
    tolerances: Mapping[str, Tolerance] = field(default_factory=dict)
    rounding: Mapping[str, float] = field(default_factory=dict)


@dataclass
class Measurement:
    """What both sides did. ``raised`` holds the exception of each side that raised.

    ``notes`` are worth knowing and no finding; ``runs`` are those that went through.
    """

    rows: list[Row] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    runs: dict[Side, Run] = field(default_factory=dict)
    raised: dict[Side, Exception] = field(default_factory=dict)

    @property
    def differs(self) -> bool:
        """Whether anything was found."""
        return bool(self.problems) or any(row.verdict == "differs" for row in self.rows)


@cache
def runner(side: Side) -> Any:
    """The module that runs layers of one framework; both have the same functions.

    Raises ``BackendUnavailable`` where the framework cannot be imported.
    """
    framework(side)
    module = import_module(f"apimap.frameworks.{side}_run")
    module.prepare()
    return module


def measure(
    layers: Layers,
    inputs: Sequence[Value],
    pairing: Pairing,
    settings: Settings,
    mode: str = "",
    tree: Optional[Tree] = None,
) -> Measurement:
    """Run both layers as they are, and compare outputs, gradients and buffers.

    ``tree`` says how the inputs are nested, where they are not simply positional. A float64 run
    of the torch layer is the judge where the two are not equal; it is made only then. Buffers
    keep what the run made of them.
    """
    cotangents = Cotangents(settings.seed) if settings.gradients else None
    before = runner("torch").buffers(layers["torch"])
    runs = {side: attempt(side, layers[side], inputs, cotangents, settings, tree) for side in SIDES}
    raised = {side: run for side, run in runs.items() if isinstance(run, Exception)}
    if raised:
        return _raised(raised)
    found = Measurement(runs={side: run for side, run in runs.items() if isinstance(run, Run)})
    names = list(paths(tree or in_order(len(inputs)), "in"))
    things = list(_things(found, pairing, names))
    found.rows = [judge(thing, None, settings, mode) for thing in things]
    if any(row.verdict == "differs" and not row.comparison.mismatch for row in found.rows):
        reference = reference_run(layers["torch"], before, inputs, cotangents, tree)
        if reference is not None:
            found.rows = [judge(thing, reference, settings, mode) for thing in things]
    return found


def _raised(raised: dict[Side, Exception]) -> Measurement:
    """One side that raises is a finding; two are compared by the built-in kind of the error."""
    words = [f"{TITLES[side]} raised {_words(raised[side])}" for side in raised]
    found = Measurement(raised=raised)
    if len(raised) == 1:
        found.problems += words
    elif len({_kind(error) for error in raised.values()}) == 1:
        found.notes.append(f"both sides raise the same kind of error: {'; '.join(words)}")
    else:
        found.problems.append(f"the two sides raise different errors: {'; '.join(words)}")
    return found


def _kind(error: Exception) -> str:
    """The nearest built-in class of an error: ValueError for a subclass of it."""
    bases = (base for base in type(error).__mro__ if base.__module__ == "builtins")
    return next(bases).__name__


def attempt(
    side: Side,
    layer: Any,
    inputs: Sequence[Value],
    cotangents: Optional[Cotangents],
    settings: Settings,
    tree: Optional[Tree] = None,
) -> Outcome:
    """One run of one side, or what it raised."""
    try:
        run: Run = runner(side).run(
            layer, inputs, cotangents=cotangents, jit=settings.jit, tree=tree
        )
    except Exception as error:  # whatever a framework raises is a finding, not a failure of ours
        return error
    return run


def _words(error: Exception) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:300]}"


def _things(found: Measurement, pairing: Pairing, names: Sequence[str]) -> Iterator[Found]:
    ours, theirs = found.runs["torch"], found.runs["mindspore"]
    yield from pair_outputs(ours, theirs, found.problems)
    gradients = zip(names, ours.input_gradients, theirs.input_gradients, strict=False)
    for index, (name, a, b) in enumerate(gradients):
        if a is not None and b is not None:
            values: dict[Side, Value] = {"torch": a, "mindspore": b}
            yield Thing(f"gradient of {name}", values, ("input_gradients", index))
    yield from _tensors(ours, theirs, pairing, found.problems)
    for index, name in enumerate(names):
        writers = [side for side in SIDES if index in found.runs[side].written]
        if len(writers) == 2:
            after = {side: found.runs[side].written[index] for side in SIDES}
            yield Thing(f"{name} after the call", after)
        elif writers:
            found.notes.append(f"{TITLES[writers[0]]} writes to its input {name}; {ONE_WRITER}")
    for side in SIDES:
        words = found.runs[side].changed
        found.notes += [f"{TITLES[side]} changes its inputs: {', '.join(words)}"] if words else []


def _tensors(ours: Run, theirs: Run, pairing: Pairing, problems: list[str]) -> Iterator[Found]:
    for pair in pairing.pairs:
        for kind, title in (("parameter_gradients", "gradient of"), ("buffers", "buffer")):
            a, b = getattr(ours, kind).get(pair.torch), getattr(theirs, kind).get(pair.mindspore)
            if a is not None and b is not None:
                values: dict[Side, Value] = {"torch": a, "mindspore": pair.in_torch_layout(b)}
                yield Thing(f"{title} {pair.torch}", values, (kind, pair.torch))
        if (pair.torch in ours.buffers) != (pair.mindspore in theirs.buffers):
            side = TITLES["torch" if pair.mindspore in theirs.buffers else "mindspore"]
            problems.append(f"{pair.torch!r} takes a gradient in {side} only")


def judge(thing: Found, reference: Optional[Run], settings: Settings, mode: str) -> Row:
    """Compare one value, with the reference run as the judge where there is one."""
    if isinstance(thing, Object):
        return Row(thing.name, thing.compare(settings.expected), thing.kind, mode)
    actual, expected = thing.values[other(settings.expected)], thing.values[settings.expected]
    comparison = compare(
        actual,
        expected,
        None if reference is None else _at(reference, thing.place),
        tolerance=settings.tolerances.get(expected.dtype),
        rounding=settings.rounding.get(expected.dtype),
    )
    return Row(thing.name, comparison, expected.dtype, mode)


def _at(run: Run, place: tuple[str, Any]) -> Optional[Array]:
    kind, key = place
    held = getattr(run, kind) if kind else None
    if held is None or (isinstance(held, list) and key >= len(held)):
        return None
    found = held.get(key) if isinstance(held, dict) else held[key]
    return None if found is None else found.array


def reference_run(
    layer: Any,
    before: Mapping[str, Value],
    inputs: Sequence[Value],
    cotangents: Optional[Cotangents],
    tree: Optional[Tree] = None,
) -> Optional[Run]:
    """The torch side's run in float64, from the buffers it had; None where torch cannot."""
    wide = [value.as_dtype("float64") for value in inputs]
    sens = None if cotangents is None else cotangents.as_dtype("float64")
    try:
        judge = widened(layer, before)
        run: Run = runner("torch").run(judge, wide, cotangents=sens, tree=tree)
    except Exception:  # a layer that cannot be copied, or that has no float64 kernels
        return None
    return run


def widened(layer: Any, before: Mapping[str, Value]) -> Any:
    """A float64 copy of a torch layer with these buffers; a function as it is."""
    if not framework("torch").is_layer(layer):
        return layer
    judge = copy.deepcopy(layer).double()
    runner("torch").restore(judge, before)
    return judge
