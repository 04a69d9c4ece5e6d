"""Arguments of dropout."""

from __future__ import annotations

from typing import Optional

from apimap.errors import Unsupported
from apimap.rules import rule
from apimap.rules.values import Number, exact_complement


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
