"""Normalization: momentum, statistics, affine parameters and axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Optional, Union

from apimap.errors import Unsupported
from apimap.rules import rule
from apimap.rules.reading import reader
from apimap.rules.values import Number, exact_complement


@rule("batch_norm_eps")
class BatchNormEps:
    """MindSpore's batch normalization takes a float over 0 and up to 1."""

    @staticmethod
    def to_mindspore(eps: Number) -> float:
        """The same number as a float"""
        if not 0 < eps <= 1:
            raise Unsupported(f"MindSpore's BatchNorm takes an eps over 0 and up to 1, not {eps}.")
        return float(eps)

    @staticmethod
    def to_torch(eps: float) -> float:
        """Unchanged"""
        return eps


@rule("batch_norm_momentum")
class BatchNormMomentum:
    """MindSpore's momentum is the share of the old statistics, PyTorch's that of the new.

    PyTorch's None averages all batches, which MindSpore cannot.
    """

    @staticmethod
    def to_mindspore(momentum: Optional[Number]) -> float:
        """1 - momentum, in decimal"""
        if momentum is None:
            raise Unsupported(
                "MindSpore's BatchNorm has no average of all batches (PyTorch's None)."
            )
        return exact_complement(momentum, "momentum")

    @staticmethod
    def to_torch(momentum: Number) -> float:
        """1 - momentum, in decimal"""
        return exact_complement(momentum, "momentum")


@rule("affine_and_bias")
class AffineAndBias:
    """MindSpore's affine means weight and bias; PyTorch's bias counts only with affine."""

    @staticmethod
    def to_mindspore(affine: bool, bias: bool) -> bool:
        """affine; a weight without a bias is refused"""
        if affine and not bias:
            raise Unsupported("MindSpore's layer cannot leave out the bias alone; PyTorch's can.")
        return affine

    @staticmethod
    def to_torch(affine: bool) -> tuple[bool, bool]:
        """affine and bias=True"""
        return affine, True


@rule("batch_statistics")
class BatchStatistics:
    """track_running_stats=True is use_batch_statistics=None: the training flag decides.

    PyTorch's False is MindSpore's True. MindSpore's True moves statistics that PyTorch's False
    does not have, and MindSpore's False ignores the training flag: both are composed.
    """

    @staticmethod
    def to_mindspore(track_running_stats: bool) -> Optional[bool]:
        """True is None, False is True"""
        return None if track_running_stats else True

    @staticmethod
    def to_torch(use_batch_statistics: Optional[bool]) -> bool:
        """None is True"""
        if use_batch_statistics is None:
            return True
        does = "moves its statistics in evaluation too" if use_batch_statistics else "never trains"
        said = f"use_batch_statistics={use_batch_statistics}"
        raise Unsupported(f"MindSpore's layer with {said} {does}; no PyTorch layer does.")


def shape_of(normalized_shape: Union[int, Sequence[int]]) -> tuple[int, ...]:
    """An integer is a shape of one axis."""
    if isinstance(normalized_shape, int):
        return (normalized_shape,)
    return tuple(normalized_shape)


@rule("layer_norm_axes")
class LayerNormAxes:
    """MindSpore says at which axis normalization begins, and -1 is its only negative axis.

    So only a single normalized axis is native; PyTorch's layers without weight or bias are
    composed, because MindSpore's always trains both.
    """

    @staticmethod
    def to_mindspore(
        normalized_shape: Union[int, Sequence[int]], elementwise_affine: bool, bias: bool
    ) -> tuple[tuple[int, ...], int, int]:
        """One axis is -1 for both begin axes"""
        shape = shape_of(normalized_shape)
        if not (elementwise_affine and bias):
            raise Unsupported(
                "MindSpore's LayerNorm always trains gamma and beta; PyTorch's need not."
            )
        if len(shape) != 1:
            raise Unsupported(
                "MindSpore's LayerNorm takes -1 as its only negative axis, so several axes need "
                "the input's rank; PyTorch's counts them from the end."
            )
        return shape, -1, -1

    @staticmethod
    def to_torch(
        normalized_shape: Sequence[int], begin_norm_axis: int, begin_params_axis: int
    ) -> tuple[tuple[int, ...], bool, bool]:
        """Equal begin axes are those of normalized_shape"""
        shape = tuple(normalized_shape)
        if begin_norm_axis != begin_params_axis or (begin_norm_axis < 0 and len(shape) != 1):
            raise Unsupported(
                "PyTorch's LayerNorm normalizes the axes of its weight; MindSpore's begin axes "
                f"{begin_norm_axis} and {begin_params_axis} say others."
            )
        return shape, True, True


@rule("response_window")
class ResponseWindow:
    """PyTorch divides alpha by the window's size, MindSpore's window has a radius."""

    @staticmethod
    def to_mindspore(size: int, alpha: Number) -> tuple[int, float]:
        """An odd size is a radius"""
        if size % 2 == 0:
            raise Unsupported(f"MindSpore's LRN has an odd window; PyTorch's size is {size}.")
        return size // 2, alpha / size

    @staticmethod
    def to_torch(depth_radius: int, alpha: Number) -> tuple[int, float]:
        """Twice the radius and one, by which alpha is multiplied"""
        size = 2 * depth_radius + 1
        return size, alpha * size


@reader("batch_norm_momentum")
def batch_norm_momentum(layer: Any, value: Any) -> float:
    """The shortest number that the live layer's 1.0 - momentum can come from."""
    del layer
    momentum = 1.0 - float(value)
    rounded = (round(momentum, digits) for digits in range(1, 17))
    return next((number for number in rounded if 1.0 - number == value), momentum)


@reader("affine")
def affine(layer: Any, value: Any) -> bool:
    """False where gamma and beta are frozen at ones and zeros, which is all that it does."""
    owner = value if hasattr(value, "gamma") else layer
    values = ((owner.gamma, 1), (owner.beta, 0))
    return not all(not p.requires_grad and bool((p.asnumpy() == v).all()) for p, v in values)
