"""Arguments of activations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Optional, Union

from apimap.errors import InvalidCall, Unsupported
from apimap.rules import rule
from apimap.rules.reading import reader
from apimap.rules.values import Number


@rule("softmax_axis")
class SoftmaxAxis:
    """MindSpore has no dim=None, which in PyTorch is axis 0 or 1 by the input's rank."""

    @staticmethod
    def to_mindspore(dim: Optional[int]) -> int:
        """Unchanged"""
        if dim is None:
            raise Unsupported("MindSpore's Softmax has no axis that depends on the input's rank.")
        return dim

    @staticmethod
    def to_torch(axis: Union[int, Sequence[int]]) -> int:
        """The integer, also where it is the only item of a tuple"""
        if isinstance(axis, int):
            return axis
        if len(axis) != 1:
            raise Unsupported(
                "MindSpore's Softmax fails on CPU for several axes, and PyTorch's takes one."
            )
        return axis[0]


@rule("elu_alpha")
class EluAlpha:
    """MindSpore's ELU takes no alpha but 1."""

    @staticmethod
    def to_mindspore(alpha: Number) -> float:
        """1.0"""
        if alpha != 1:
            raise Unsupported("MindSpore 2.10's ELU takes no alpha but 1.0; PyTorch's takes any.")
        return float(alpha)

    @staticmethod
    def to_torch(alpha: float) -> float:
        """Unchanged"""
        return alpha


@rule("hardtanh_bounds")
class HardtanhBounds:
    """PyTorch's deprecated min_value and max_value win over min_val and max_val."""

    @staticmethod
    def to_mindspore(
        min_val: Number, max_val: Number, min_value: Optional[Number], max_value: Optional[Number]
    ) -> tuple[Number, Number]:
        """One pair of bounds"""
        low = min_val if min_value is None else min_value
        return low, max_val if max_value is None else max_value

    @staticmethod
    def to_torch(min_val: Number, max_val: Number) -> tuple[Number, Number, None, None]:
        """The bounds under their present names"""
        return min_val, max_val, None, None


@rule("initial_slope")
class InitialSlope:
    """PyTorch starts all slopes at one number; MindSpore takes one for each channel too."""

    @staticmethod
    def to_mindspore(init: Number) -> float:
        """The same number as a float"""
        return float(init)

    @staticmethod
    def to_torch(w: Any) -> float:
        """The number, also where it is the same for all channels"""
        if isinstance(w, float):
            return w
        if not isinstance(w, Sequence) or len(set(w)) != 1:
            raise Unsupported(
                "PyTorch's PReLU starts all slopes at one number; MindSpore's w says several.",
                hint="build the layer and convert it, which copies its slopes",
            )
        return float(w[0])


@rule("gelu_formula")
class GeluFormula:
    """PyTorch's none is MindSpore's False and tanh is True, which is composed for its speed."""

    @staticmethod
    def to_mindspore(approximate: str) -> bool:
        """False for none"""
        if approximate == "tanh":
            raise Unsupported(
                "MindSpore 2.10's GELU takes 3 to 10 times as long on CPU with the tanh formula "
                "as x sigmoid(2u), which is the same function."
            )
        if approximate != "none":
            raise InvalidCall(f"approximate must be one of ['none', 'tanh'], got {approximate!r}")
        return False

    @staticmethod
    def to_torch(approximate: bool) -> str:
        """tanh for True"""
        return "tanh" if approximate else "none"


@reader("initial_slope")
def initial_slope(layer: Any, value: Any) -> float:
    """No live PReLU of MindSpore holds it, and its slopes are copied."""
    del layer, value
    return 0.25


@reader("single_precision")
def single_precision(layer: Any, value: Any) -> float:
    """The shortest number that a float32 tensor of one element can come from."""
    del layer
    number = float(value)
    fractions = (1 / 8, 1 / 3, *(round(number, digits) for digits in range(1, 10)))
    same = (each for each in fractions if float(value.asnumpy().dtype.type(each)) == number)
    return next(same, number)
