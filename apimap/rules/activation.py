"""Arguments of activations and dropout."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Optional, Union

from apimap.errors import Unsupported
from apimap.rules import rule
from apimap.rules.values import Number, exact_complement


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


@rule("drop_probability")
class DropProbability:
    """MindSpore's keep_prob is 1 - p and counts where p is None; keep_prob=1 switches dropout off.

    MindSpore's p stays below 1; PyTorch's p=1 drops everything, and is composed.
    """

    @staticmethod
    def to_mindspore(p: Number) -> tuple[float, Number]:
        """p"""
        if p >= 1:
            raise Unsupported(
                "MindSpore's Dropout takes p below 1; PyTorch's p=1 drops everything."
            )
        return 0.5, p

    @staticmethod
    def to_torch(keep_prob: Number, p: Optional[Number]) -> Number:
        """p, or 1 - keep_prob where it is None"""
        if keep_prob == 1:
            return 0.0
        return exact_complement(keep_prob, "keep_prob") if p is None else p
