"""What both frameworks' tensors look like between them: an array, a dtype's name, and flags."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

FLOATING = ("float16", "bfloat16", "float32", "float64")


@dataclass(frozen=True)
class TensorView:
    """One parameter or buffer of a live layer.

    ``array`` shares the layer's memory where the framework allows it; bfloat16, which numpy
    lacks, is held as its bits in int16. ``storage`` is equal for tensors that start at the same
    memory, and ``tie`` for those that are one tensor.
    """

    name: str
    array: Array
    dtype: str
    trainable: bool
    storage: Hashable
    tie: Hashable


@dataclass(frozen=True)
class Slot:
    """The place of one tensor in a layer."""

    shape: tuple[int, ...]
    dtype: str
