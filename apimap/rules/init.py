"""Arguments of functions and classes that fill new tensors."""

from __future__ import annotations

import math
from numbers import Number
from typing import Any

from apimap.errors import Unsupported
from apimap.rules import rule

FARTHEST = 6
"""From 7.5 standard deviations above the mean on, MindSpore 2.10's TruncatedNormal gives values
outside of its bounds (1.7e-3 of them between 7.5 and 8.5)."""
Plain = tuple[float, str, str]


@rule("uniform_bounds")
class UniformBounds:
    """MindSpore's Uniform lies between -scale and scale."""

    @staticmethod
    def to_mindspore(a: float, b: float) -> float:
        """The upper bound, where the lower one is its negative"""
        if a != -b:
            raise Unsupported(
                f"MindSpore's Uniform lies around 0, and PyTorch's bounds {a!r} and {b!r} do not."
            )
        return b

    @staticmethod
    def to_torch(scale: float) -> tuple[float, float]:
        """The negative scale and the scale"""
        return -abs(scale), abs(scale)


@rule("one_number")
class OneNumber:
    """MindSpore's Constant takes an array too, PyTorch's constant_ a number."""

    @staticmethod
    def to_mindspore(val: Any) -> Any:
        """The same number"""
        return val

    @staticmethod
    def to_torch(value: Any) -> Any:
        """The same number"""
        if not isinstance(value, Number):
            raise Unsupported(
                "PyTorch's constant_ takes a number; MindSpore's Constant was given an array."
            )
        return value


@rule("gain_of")
class GainOf:
    """MindSpore has no gain of selu; a slope of leaky_relu gives the same 3/4."""

    @staticmethod
    def to_mindspore(a: float, mode: str, nonlinearity: str) -> Plain:
        """The same words, for selu the slope sqrt(23)/3 of a leaky_relu"""
        if nonlinearity == "selu":
            return math.sqrt(23) / 3, mode, "leaky_relu"
        return a, mode, nonlinearity

    @staticmethod
    def to_torch(negative_slope: float, mode: str, nonlinearity: str) -> Plain:
        """The same words"""
        return negative_slope, mode, nonlinearity


@rule("truncation")
class Truncation:
    """Both cut at numbers, not at multiples of the standard deviation."""

    @staticmethod
    def to_mindspore(mean: float, std: float, a: float, b: float) -> tuple[float, ...]:
        """The same numbers, as far as MindSpore keeps to its bounds"""
        _check_bounds(mean, std, a, b)
        return std, mean, a, b

    @staticmethod
    def to_torch(sigma: float, mean: float, a: float, b: float) -> tuple[float, ...]:
        """The same numbers, as far as MindSpore keeps to its bounds"""
        _check_bounds(mean, sigma, a, b)
        return mean, sigma, a, b


def _check_bounds(mean: float, std: float, a: float, b: float) -> None:
    if not a < b or std <= 0:
        raise Unsupported(
            f"PyTorch takes a lower bound below the upper one and a positive deviation; MindSpore "
            f"turns bounds round, and got {a!r}, {b!r} and {std!r}."
        )
    if (a - mean) / std > FARTHEST:
        raise Unsupported(
            "MindSpore's TruncatedNormal leaves its bounds where they lie more than "
            f"{FARTHEST} standard deviations above the mean; PyTorch's keeps to them."
        )


@rule("scaled_variance")
class ScaledVariance:
    """A uniform VarianceScaling is PyTorch's kaiming_uniform_ with the gain sqrt(scale)."""

    @staticmethod
    def to_mindspore(a: float, mode: str, nonlinearity: str) -> Plain:
        """The square of leaky_relu's gain"""
        if nonlinearity != "leaky_relu":
            raise Unsupported("MindSpore's VarianceScaling has no gain by PyTorch's names.")
        return 2 / (1 + a * a), mode, "uniform"

    @staticmethod
    def to_torch(scale: float, mode: str, distribution: str) -> Plain:
        """The slope of leaky_relu that has this gain"""
        normal, average = distribution == "untruncated_normal", mode == "fan_avg"
        if normal or average:
            twin = f"{'Xavier' if average else 'He'}{'Normal' if normal else 'Uniform'}"
            raise Unsupported(
                f"MindSpore's {twin} draws from this distribution, with "
                f"{f'gain={math.sqrt(scale)!r}' if average else 'a negative_slope of this scale'}; "
                "it has a counterpart in PyTorch."
            )
        if scale > 2:
            raise Unsupported(
                "PyTorch's kaiming_uniform_ has no gain above sqrt(2), and MindSpore's scale "
                f"{scale!r} needs its square root."
            )
        return math.sqrt(2 / scale - 1), mode, "leaky_relu"
