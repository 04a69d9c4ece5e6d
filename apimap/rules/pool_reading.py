"""How arguments of live pooling cells are read: from their primitives."""

from __future__ import annotations

from typing import Any

from apimap.rules.conv import shortest
from apimap.rules.reading import reader


def _pooled_axes(layer: Any) -> int:
    """1, 2 or 3, from the name of the class."""
    return int(type(layer).__name__[-2])


@reader("pool_padding")
def pool_padding(layer: Any, value: Any) -> Any:
    """Of the primitive: one number for each of three axes, or two; a plain one has none."""
    axes = _pooled_axes(layer)
    if hasattr(value, "pads"):
        return shortest(value.pads[3 - axes :])
    pairs = getattr(value, "pad_list", (0,) * 6)
    return shortest(pairs[::2][3 - axes :])


@reader("pool_dilation")
def pool_dilation(layer: Any, value: Any) -> Any:
    """Of the primitive; a plain one has none."""
    axes = _pooled_axes(layer)
    return shortest(value.dilation[3 - axes :]) if hasattr(value, "dilation") else 1


@reader("fixed_dilation")
def fixed_dilation(layer: Any, value: Any) -> Any:
    """Of the primitive: three numbers, which alone take this one, or 1."""
    del layer
    return tuple(value.dilation) if hasattr(value, "dilation") else 1


@reader("int_tuple")
def int_tuple(layer: Any, value: Any) -> tuple[int, ...]:
    """Of a tensor of integers."""
    del layer
    return tuple(int(item) for item in value.asnumpy())


@reader("pool_ceil_mode")
def pool_ceil_mode(layer: Any, value: Any) -> bool:
    """Of the primitive; a plain one has none."""
    del layer
    return bool(getattr(value, "ceil_mode", False))


@reader("pool_count_include_pad")
def pool_count_include_pad(layer: Any, value: Any) -> bool:
    """Of the primitive; a plain one has none."""
    del layer
    return bool(getattr(value, "count_include_pad", True))


@reader("pool_divisor")
def pool_divisor(layer: Any, value: Any) -> Any:
    """Of the primitive, where 0 stands for None."""
    del layer
    return getattr(value, "divisor_override", 0) or None


@reader("adaptive_size")
def adaptive_size(layer: Any, value: Any) -> tuple[Any, ...]:
    """A live layer holds -1 for None."""
    del layer
    return tuple(None if size == -1 else size for size in value)
