"""Run a pair of layers once each and compare all that comes out."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import Any, Optional, Union

from apimap.frameworks import framework
from apimap.frameworks.record import Cotangents, Run, Value
from apimap.parity.compare import Tolerance, compare
from apimap.parity.pairing import Layers, Pairing
from apimap.parity.report import Row
from apimap.schema import SIDES, Side, other
from apimap.tensors import Array

TITLES: Mapping[Side, str] = {"torch": "PyTorch", "mindspore": "MindSpore"}
Outcome = Union[Run, Exception]


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
    """What both sides did. ``raised`` holds the exception of each side that raised."""

    rows: list[Row] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    raised: dict[Side, Exception] = field(default_factory=dict)


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
    layers: Layers, inputs: Sequence[Value], pairing: Pairing, settings: Settings, mode: str = ""
) -> Measurement:
    """Run both layers as they are, and compare outputs, gradients and buffers.

    A float64 run of the torch layer is the judge where the two are not equal; it is made only
    then. Buffers keep what the run made of them.
    """
    cotangents = Cotangents(settings.seed) if settings.gradients else None
    before = runner("torch").buffers(layers["torch"])
    runs = {side: _attempt(side, layers[side], inputs, cotangents, settings) for side in SIDES}
    done = {side: run for side, run in runs.items() if isinstance(run, Run)}
    raised = {side: run for side, run in runs.items() if isinstance(run, Exception)}
    if raised:
        problems = [f"{TITLES[side]} raised {_words(raised[side])}" for side in raised]
        return Measurement([], problems, raised)
    found = Measurement()
    things = list(_things(done["torch"], done["mindspore"], pairing, found.problems))
    found.rows = [judge(thing, None, settings, mode) for thing in things]
    if any(row.verdict == "differs" and not row.comparison.mismatch for row in found.rows):
        reference = _reference(layers["torch"], before, inputs, cotangents)
        if reference is not None:
            found.rows = [judge(thing, reference, settings, mode) for thing in things]
    return found


@dataclass(frozen=True)
class Thing:
    """One value on both sides, in PyTorch's layout, and where the reference run has it."""

    name: str
    values: dict[Side, Value]
    place: tuple[str, Any] = ("", None)


def _attempt(
    side: Side,
    layer: Any,
    inputs: Sequence[Value],
    cotangents: Optional[Cotangents],
    settings: Settings,
) -> Outcome:
    try:
        run: Run = runner(side).run(layer, inputs, cotangents=cotangents, jit=settings.jit)
    except Exception as error:  # whatever a framework raises is a finding, not a failure of ours
        return error
    return run


def _words(error: Exception) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:300]}"


def _things(ours: Run, theirs: Run, pairing: Pairing, problems: list[str]) -> Iterator[Thing]:
    for kind, title in (("outputs", "output"), ("input_gradients", "gradient of input")):
        pair = [getattr(ours, kind), getattr(theirs, kind)]
        if len(pair[0]) != len(pair[1]) and all(pair):
            counts = f"{len(pair[0])} in PyTorch, {len(pair[1])} in MindSpore"
            problems.append(f"the number of {kind.replace('_', ' ')} differs: {counts}")
        for index, (a, b) in enumerate(zip(*pair, strict=False)):
            if a is not None and b is not None:
                values: dict[Side, Value] = {"torch": a, "mindspore": b}
                yield Thing(f"{title} {index}", values, (kind, index))
    yield from _tensors(ours, theirs, pairing, problems)


def _tensors(ours: Run, theirs: Run, pairing: Pairing, problems: list[str]) -> Iterator[Thing]:
    for pair in pairing.pairs:
        for kind, title in (("parameter_gradients", "gradient of"), ("buffers", "buffer")):
            a, b = getattr(ours, kind).get(pair.torch), getattr(theirs, kind).get(pair.mindspore)
            if a is not None and b is not None:
                values: dict[Side, Value] = {"torch": a, "mindspore": pair.in_torch_layout(b)}
                yield Thing(f"{title} {pair.torch}", values, (kind, pair.torch))
        if (pair.torch in ours.buffers) != (pair.mindspore in theirs.buffers):
            side = TITLES["torch" if pair.mindspore in theirs.buffers else "mindspore"]
            problems.append(f"{pair.torch!r} takes a gradient in {side} only")


def judge(thing: Thing, reference: Optional[Run], settings: Settings, mode: str) -> Row:
    """Compare one value, with the reference run as the judge where there is one."""
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
    held = getattr(run, kind)
    found = held.get(key) if isinstance(held, dict) else held[key]
    return None if found is None else found.array


def _reference(
    layer: Any,
    before: Mapping[str, Value],
    inputs: Sequence[Value],
    cotangents: Optional[Cotangents],
) -> Optional[Run]:
    """The torch layer's run in float64, from the buffers it had; None where torch cannot."""
    torch = runner("torch")
    judge = copy.deepcopy(layer).double()
    torch.restore(judge, before)
    wide = [value.as_dtype("float64") for value in inputs]
    try:
        run: Run = torch.run(
            judge, wide, cotangents=None if cotangents is None else cotangents.as_dtype("float64")
        )
    except (RuntimeError, TypeError, NotImplementedError):
        return None
    return run
