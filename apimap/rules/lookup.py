"""Arguments of MindSpore's gathering cells, of which the live ones hold results."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from apimap.errors import Unsupported
from apimap.rules.reading import reader

Bounds = tuple[Any, Any, Any]


@reader("range_start")
def range_start(layer: Any, value: Any) -> Any:
    """The first number."""
    del layer
    return _bounds(value)[0]


@reader("range_limit")
def range_limit(layer: Any, value: Any) -> Any:
    """One step after the last whole number, half a step after another."""
    del layer
    return _bounds(value)[1]


@reader("range_delta")
def range_delta(layer: Any, value: Any) -> Any:
    """The difference of the first two numbers."""
    del layer
    return _bounds(value)[2]


@reader("shortest_numbers")
def shortest_numbers(layer: Any, value: Any) -> tuple[float, ...]:
    """The shortest decimals that the numbers of a tensor come from."""
    del layer
    return tuple(float(str(number)) for number in value.asnumpy())


def _bounds(value: Any) -> Bounds:
    import numpy as np  # of live layers only; translating a call needs no NumPy

    numbers = value.asnumpy()
    if len(numbers) < 2:
        raise Unsupported(
            "MindSpore's Range holds its numbers and not the arguments they came from, and fewer "
            "than two numbers do not tell the step that PyTorch would need.",
            hint="write the number itself, as in torch.tensor([3])",
        )
    for bounds in _candidates(numbers):
        if np.array_equal(np.arange(*bounds).astype(numbers.dtype), numbers):
            return bounds
    raise Unsupported(
        "MindSpore's Range holds its numbers in float32 and not the arguments they came from; no "
        "start and step that were tried give the same numbers in PyTorch.",
        hint="keep the numbers as a tensor, torch.from_numpy(cell.result_tensor.asnumpy())",
    )


def _candidates(numbers: Any) -> Iterator[Bounds]:
    """A step from the first two numbers, and one from the first and the last."""
    count = len(numbers)
    if numbers.dtype.kind == "i":
        first, step = int(numbers[0]), int(numbers[1]) - int(numbers[0])
        yield first, first + count * step, step
        return
    low, second, last = (Decimal(str(numbers[at])) for at in (0, 1, -1))
    for width in (second - low, (last - low) / (count - 1)):
        yield float(low), float(low + (count - Decimal("0.5")) * width), float(width)
