"""What one run of a layer leaves behind, as arrays: one record for both frameworks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Optional

import numpy as np

from apimap.frameworks.nest import Place, Tree
from apimap.tensors import FLOATING, Array, TensorView

See = Callable[[str, Any], None]
Catch = Callable[[tuple[Any, ...], dict[str, Any]], None]


@dataclass(frozen=True)
class Value:
    """An array and the name of its dtype; bfloat16, which NumPy lacks, is held as float32."""

    array: Array
    dtype: str

    @classmethod
    def of(cls, array: Any, dtype: Optional[str] = None) -> Value:
        """The array in a dtype, by default its own; bfloat16 is rounded as hardware rounds it."""
        array = np.asarray(array)
        name = dtype or name_of(array.dtype)
        if name == "bfloat16":
            return cls(_round_to_bfloat16(array.astype(np.float32)), name)
        return cls(array.astype(name, copy=False), name)

    @classmethod
    def of_view(cls, view: TensorView) -> Value:
        """A layer's tensor."""
        bits = view.dtype == "bfloat16"
        return cls(from_bfloat16_bits(view.array) if bits else view.array, view.dtype)

    @property
    def is_float(self) -> bool:
        return self.dtype in FLOATING

    def as_dtype(self, dtype: str) -> Value:
        """The same values in another floating dtype; integers and booleans stay."""
        return Value.of(self.array, dtype) if self.is_float else self

    @property
    def stored(self) -> Array:
        """As a ``TensorView`` holds it: bfloat16 as its bits in int16."""
        return bits_of_bfloat16(self.array) if self.dtype == "bfloat16" else self.array


@cache
def name_of(dtype: np.dtype[Any]) -> str:
    """The dtype's name, which NumPy takes 2 us to put together."""
    return dtype.name


def _round_to_bfloat16(array: Array) -> Array:
    bits = np.asarray(array, order="C").view(np.uint32)
    rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000
    return np.where(np.isnan(array), array, rounded.astype(np.uint32).view(np.float32))


def bits_of_bfloat16(array: Array) -> Array:
    """The int16 bits of float32 values that bfloat16 holds exactly."""
    upper: Array = (np.asarray(array, order="C").view(np.uint32) >> 16).astype(np.uint16)
    return upper.view(np.int16)


def from_bfloat16_bits(bits: Array) -> Array:
    """The float32 values of bfloat16 bits."""
    wide: Array = bits.view(np.uint16).astype(np.uint32) << 16
    return wide.view(np.float32)


@dataclass(frozen=True)
class Run:
    """Outputs (taken out of their nest), gradients, and every tensor that takes no gradient.

    A gradient that a framework leaves out is zeros: PyTorch's None for an unused parameter equals
    MindSpore's zeros. ``input_gradients`` holds None for inputs that are not floating. ``tree``
    says how the outputs were nested; ``written`` holds the inputs that the layer wrote to,
    ``changed`` says what it did to the containers that held them.
    """

    outputs: list[Value]
    input_gradients: list[Optional[Value]] = field(default_factory=list)
    parameter_gradients: dict[str, Value] = field(default_factory=dict)
    buffers: dict[str, Value] = field(default_factory=dict)
    tree: Tree = field(default_factory=lambda: Place(0))
    written: dict[int, Value] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)


class Cotangents:
    """Random gradients of the outputs, drawn once from a seed and then the same for both sides.

    The first side that runs gives the shapes. ``tree`` keeps how its outputs were nested.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.drawn: Optional[list[Value]] = None
        self.tree: Tree = Place(0)

    def draw(self, outputs: Sequence[Value], tree: Tree) -> list[Value]:
        """The cotangents, drawn for these outputs if none are there yet."""
        if self.drawn is None:
            generator = np.random.default_rng((self.seed, 7))
            self.tree = tree
            self.drawn = [_like(output, generator) for output in outputs]
        return self.drawn

    def as_dtype(self, dtype: str) -> Cotangents:
        """The same numbers in another floating dtype."""
        copy = Cotangents(self.seed)
        copy.tree = self.tree
        if self.drawn is not None:
            copy.drawn = [value.as_dtype(dtype) for value in self.drawn]
        return copy

    def fit(self, outputs: Sequence[Value]) -> bool:
        """Whether these outputs have the shapes and dtypes that the cotangents were drawn for."""
        drawn = self.drawn or []
        return len(drawn) == len(outputs) and all(
            d.dtype == o.dtype and d.array.shape == o.array.shape
            for d, o in zip(drawn, outputs, strict=True)
        )


def _like(output: Value, generator: np.random.Generator) -> Value:
    shape = output.array.shape
    if not output.is_float:
        return Value(np.zeros(shape, output.array.dtype), output.dtype)
    return Value.of(generator.standard_normal(shape), output.dtype)


def written(passed: Sequence[Value], given: Sequence[Value]) -> dict[int, Value]:
    """What became of the inputs that a layer wrote to, by their index."""
    return {
        index: after
        for index, (after, before) in enumerate(zip(passed, given, strict=True))
        if after.dtype != before.dtype or not _same_bits(after.array, before.array)
    }


def _same_bits(a: Array, b: Array) -> bool:
    if a.shape != b.shape:
        return False
    return bool(np.array_equal(a, b)) or a.tobytes() == b.tobytes()


def is_array(item: Any) -> bool:
    """Whether this is a NumPy array, or scalar, of numbers."""
    return isinstance(item, (np.ndarray, np.generic)) and item.dtype.kind in "biufc"
