"""Which of two layers or functions is of which framework."""

from __future__ import annotations

from typing import Any, Optional

from apimap.errors import InvalidCall
from apimap.frameworks import framework
from apimap.parity.inputs import Inputs
from apimap.parity.measure import Settings, attempt
from apimap.schema import SIDES, TITLES, Side, other

FORWARD = Settings(gradients=False)


def sides_of(a: Any, b: Any, inputs: Inputs) -> tuple[Side, Side]:
    """The sides of both; two functions are told apart by trying, PyTorch's first.

    Raises ``InvalidCall`` where they are not one of each framework.
    """
    sides = side_of(a), side_of(b)
    if sides[0] is not None and sides[0] == sides[1]:
        raise InvalidCall(f"both layers are of {TITLES[sides[0]]}", hint="pass one of each side")
    known = sides[0] or (sides[1] and other(sides[1]))
    if known:
        return known, other(known)
    swapped = not _both_run(a, b, inputs) and _both_run(b, a, inputs)
    return ("mindspore", "torch") if swapped else ("torch", "mindspore")


def side_of(layer: Any) -> Optional[Side]:
    """The framework of a layer; None for a function."""
    for side in SIDES:
        if framework(side).is_layer(layer):
            return side
    if callable(layer) and not isinstance(layer, type):
        return None
    kind = layer.__name__ if isinstance(layer, type) else type(layer).__name__
    hint = "build the layer first" if isinstance(layer, type) else ""
    raise InvalidCall(f"takes a PyTorch module and a MindSpore cell, not {kind}", hint=hint)


def _both_run(torch_side: Any, mindspore_side: Any, inputs: Inputs) -> bool:
    layers: dict[Side, Any] = {"torch": torch_side, "mindspore": mindspore_side}
    return not any(
        isinstance(attempt(s, layers[s], inputs.values, None, FORWARD, inputs.tree), Exception)
        for s in SIDES
    )


def title(layer: Any) -> str:
    """The name of a layer's class, or of a function."""
    name = getattr(layer, "__name__", None)
    return str(name) if isinstance(name, str) else type(layer).__name__
