"""Check a pair of layers by running both: ``check_parity`` and ``assert_parity``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Union

import numpy as np

from apimap.errors import InvalidCall, ParityError
from apimap.frameworks import framework
from apimap.frameworks.record import Value
from apimap.parity.cases import Mode
from apimap.parity.compare import Tolerance
from apimap.parity.measure import (
    TITLES,
    Measurement,
    Settings,
    Thing,
    judge,
    measure,
    runner,
)
from apimap.parity.pairing import Layers, Pairing, pair_tensors
from apimap.parity.report import ParityReport, Row
from apimap.schema import SIDES, Side, other

Bounds = Union[Tolerance, tuple[float, float], Mapping[str, tuple[float, float]], None]
MODES: tuple[Mode, ...] = ("train", "eval")


def check_parity(
    a: Any,
    b: Any,
    inputs: Any,
    *,
    gradients: bool = True,
    modes: Sequence[Mode] = MODES,
    tolerance: Bounds = None,
    seed: int = 0,
) -> ParityReport:
    """Run a PyTorch module and a MindSpore cell on the same inputs, and compare all they compute.

    Outputs, gradients of inputs and parameters (of one random cotangent, drawn from ``seed``) and
    buffers are compared. Both layers keep their training flags and buffers.

    Args:
        a, b: one layer of each framework, in either order; ``a`` is taken as right. Tensors pair
            by their mapping entries where apimap knows the layers, by name elsewhere.
        inputs: one array, or a list of them: NumPy arrays or tensors of either framework, in the
            shapes and dtypes that both layers take.
        modes: "train" and "eval" are run one after the other.
        tolerance: ``(rtol, atol)``, or a mapping of dtype to such a pair; by default those of
            ``torch.testing.assert_close``.

    Returns:
        a report; ``report.ok`` is False where anything differs by more than rounding.

    Raises:
        InvalidCall: these are not one layer of each framework. BackendUnavailable: a framework
        is missing. Whatever a layer raises is a finding of the report.

    MindSpore runs its operators one by one in this process from then on (``launch_blocking``).

    >>> import numpy, torch, apimap
    >>> module = torch.nn.Linear(2, 3)
    >>> x = numpy.float32([[1.0, 2.0]])
    >>> check_parity(module, apimap.to_mindspore(module), x).verdict
    'equal'
    """
    sides = [_side(layer) for layer in (a, b)]
    if sides[0] == sides[1]:
        raise InvalidCall(f"both layers are of {TITLES[sides[0]]}", hint="pass one of each side")
    layers: Layers = {sides[0]: a, sides[1]: b}
    values = [_value(item) for item in _listed(inputs)]
    settings = Settings(seed, gradients, False, sides[0], _tolerances(tolerance, values))
    pairing = pair_tensors(layers["torch"], layers["mindspore"])
    before = _unequal_weights(layers, pairing, settings)
    found = [_in_mode(layers, values, pairing, settings, mode) for mode in modes]
    problems = [*_unpaired(layers, pairing), *(text for each in found for text in each.problems)]
    return ParityReport(
        rows=(*before, *(row for each in found for row in each.rows)),
        problems=tuple(dict.fromkeys(problems)),
        seed=seed,
        subject=" against ".join(
            f"{TITLES[side]}'s {type(layers[side]).__name__}" for side in (sides[1], sides[0])
        ),
        expected=sides[0],
    )


def assert_parity(
    a: Any,
    b: Any,
    inputs: Any,
    *,
    gradients: bool = True,
    modes: Sequence[Mode] = MODES,
    tolerance: Bounds = None,
    seed: int = 0,
) -> None:
    """Raise ``ParityError`` where ``check_parity`` finds a difference beyond rounding.

    The message says which output or gradient differs, where, by how much, and what float64 gives.
    """
    report = check_parity(
        a, b, inputs, gradients=gradients, modes=modes, tolerance=tolerance, seed=seed
    )
    if not report.ok:
        raise ParityError(str(report), hint=f"check_parity(..., seed={seed}) gives this report")


def _side(layer: Any) -> Side:
    for side in SIDES:
        if framework(side).is_layer(layer):
            return side
    kind = layer.__name__ if isinstance(layer, type) else type(layer).__name__
    raise InvalidCall(f"takes a PyTorch module and a MindSpore cell, not {kind}")


def _listed(inputs: Any) -> list[Any]:
    return list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]


def _value(item: Any) -> Value:
    if isinstance(item, (np.ndarray, np.generic)):
        array = np.asarray(item)
    else:
        found = next((f for f in map(runner, SIDES) if f.is_tensor(item)), None)
        if found is not None:
            value: Value = found.as_value(item)
            return Value(value.array.copy(), value.dtype)
        array = np.asarray(item)
    if array.dtype.kind not in "biufc":
        raise InvalidCall(f"an input is {type(item).__name__} of dtype {array.dtype}, not numbers")
    return Value.of(array)


def _tolerances(given: Bounds, values: Sequence[Value]) -> dict[str, Tolerance]:
    if given is None:
        return {}
    if isinstance(given, Mapping):
        return {dtype: Tolerance(*bounds) for dtype, bounds in given.items()}
    bounds = given if isinstance(given, Tolerance) else Tolerance(*given)
    return dict.fromkeys(("float16", "bfloat16", "float32", "float64"), bounds)


def _in_mode(
    layers: Layers, values: Sequence[Value], pairing: Pairing, settings: Settings, mode: Mode
) -> Measurement:
    """A measurement that leaves flags and buffers as they were."""
    flags = {side: _flags(side, layers[side]) for side in SIDES}
    buffers = {side: runner(side).buffers(layers[side]) for side in SIDES}
    try:
        for side in SIDES:
            framework(side).set_training(layers[side], mode == "train")
        return measure(layers, values, pairing, settings, mode)
    finally:
        for side in SIDES:
            runner(side).restore(layers[side], buffers[side])
            _restore_flags(side, layers[side], flags[side])


def _flags(side: Side, layer: Any) -> list[bool]:
    """The training flags of a layer and all below it, from the top down."""
    speaker = framework(side)
    below = [flag for child in speaker.children(layer).values() for flag in _flags(side, child)]
    return [speaker.is_training(layer), *below]


def _restore_flags(side: Side, layer: Any, flags: Sequence[bool]) -> None:
    left = iter(flags)

    def restore(each: Any) -> None:
        framework(side).set_training(each, next(left))
        for child in framework(side).children(each).values():
            restore(child)

    restore(layer)


def _unpaired(layers: Layers, pairing: Pairing) -> list[str]:
    """Parameters without counterpart; a buffer or frozen one may well be alone."""
    return [
        f"{TITLES[side]}'s parameter {name!r} has no counterpart in {TITLES[other(side)]}"
        for side in SIDES
        for name in pairing.alone[side]
        if name in runner(side).trainable(layers[side])
    ]


def _unequal_weights(layers: Layers, pairing: Pairing, settings: Settings) -> list[Row]:
    """Tensors that differ before anything runs, which is the first thing to know."""
    held = {side: framework(side).tensors(layers[side]) for side in SIDES}
    rows = []
    for pair in pairing.pairs:
        ours, theirs = (Value.of_view(held[side][pair.name(side)]) for side in SIDES)
        values: dict[Side, Value] = {"torch": ours, "mindspore": pair.in_torch_layout(theirs)}
        found = judge(Thing(f"tensor {pair.torch}", values), None, settings, "before running")
        rows += [] if found.verdict == "equal" else [found]
    return rows
