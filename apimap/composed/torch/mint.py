"""Losses of mindspore.mint.nn on PyTorch, with their weights in no checkpoint."""

from __future__ import annotations

from typing import Any

from torch.nn import functional

from apimap.composed import keeps_arguments
from apimap.composed.torch.loss import BCELoss
from apimap.composed.torch.loss_weighted import BCEWithLogitsLoss, WeightedLoss


@keeps_arguments
class MintBCELoss(BCELoss):
    """``mindspore.mint.nn.BCELoss`` on PyTorch, which is that of mindspore.nn."""

    def __init__(self, weight: Any = None, reduction: str = "mean") -> None:
        super().__init__(weight, reduction)


@keeps_arguments
class MintBCEWithLogitsLoss(BCEWithLogitsLoss):
    """``mindspore.mint.nn.BCEWithLogitsLoss`` on PyTorch."""

    def __init__(self, weight: Any = None, reduction: str = "mean", pos_weight: Any = None) -> None:
        super().__init__(reduction, weight, pos_weight)


@keeps_arguments
class MintNLLLoss(WeightedLoss):
    """``mindspore.mint.nn.NLLLoss`` on PyTorch."""

    def __init__(
        self, weight: Any = None, ignore_index: int = -100, reduction: str = "mean"
    ) -> None:
        super().__init__(weight, reduction)
        self.ignore_index = ignore_index

    def forward(self, input: Any, target: Any) -> Any:
        return functional.nll_loss(
            input, target, self.weight, ignore_index=self.ignore_index, reduction=self.reduction
        )
