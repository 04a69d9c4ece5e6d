"""Arrays to arrays: copies and layouts between the two frameworks."""

from __future__ import annotations

from typing import Optional

import numpy as np
from einops import rearrange

from apimap.layouts import pattern
from apimap.schema import Side, TensorMap
from apimap.tensors import Array


def relayout(array: Array, tensor: TensorMap, to: Side) -> Array:
    """The array in the layout of the side it goes to: a view where that only adds unit axes.

    >>> kernel = TensorMap.model_validate({"same": "weight", "layout": "o i k -> o i 1 k"})
    >>> relayout(np.zeros((2, 3, 5)), kernel, "mindspore").shape
    (2, 3, 1, 5)
    """
    if tensor.layout is None:
        return array
    result: Array = rearrange(array, pattern(tensor.layout, to))
    return result


def own_copy(array: Array) -> Array:
    """One contiguous copy that shares nothing with the source."""
    return np.array(array, order="C", copy=True)


def filled(shape: tuple[int, ...], dtype: str, fill: str) -> Array:
    """An array of ones or zeros; bfloat16 as its bits."""
    if dtype == "bfloat16":
        return np.full(shape, 0x3F80 if fill == "ones" else 0, np.int16)
    return np.full(shape, 1 if fill == "ones" else 0, dtype)


def is_filled(array: Array, dtype: str, fill: Optional[str]) -> bool:
    """Whether every element is what ``fill`` says."""
    return fill is not None and bool(np.all(array == filled((), dtype, fill)))
