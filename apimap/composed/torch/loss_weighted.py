"""MindSpore's losses with a weight on PyTorch; it is in no state_dict, as in no checkpoint."""

from __future__ import annotations

from typing import Any

from torch import nn
from torch.nn import functional

from apimap.composed import keeps_arguments


class WeightedLoss(nn.Module):
    """A loss with a weight."""

    def __init__(self, weight: Any, reduction: str) -> None:
        super().__init__()
        self.register_buffer("weight", weight, persistent=False)
        self.reduction = reduction


@keeps_arguments
class BCEWithLogitsLoss(WeightedLoss):
    """``mindspore.nn.BCEWithLogitsLoss`` on PyTorch."""

    def __init__(self, reduction: str = "mean", weight: Any = None, pos_weight: Any = None) -> None:
        super().__init__(weight, reduction)
        self.register_buffer("pos_weight", pos_weight, persistent=False)

    def forward(self, input: Any, target: Any) -> Any:
        return functional.binary_cross_entropy_with_logits(
            input, target, self.weight, pos_weight=self.pos_weight, reduction=self.reduction
        )


@keeps_arguments
class MultiLabelSoftMarginLoss(WeightedLoss):
    """``mindspore.nn.MultiLabelSoftMarginLoss`` on PyTorch."""

    def __init__(self, weight: Any = None, reduction: str = "mean") -> None:
        super().__init__(weight, reduction)

    def forward(self, x: Any, target: Any) -> Any:
        return functional.multilabel_soft_margin_loss(
            x, target, self.weight, reduction=self.reduction
        )


@keeps_arguments
class NLLLoss(WeightedLoss):
    """``mindspore.nn.NLLLoss`` on PyTorch, for int32 classes and for int64."""

    def __init__(
        self, weight: Any = None, ignore_index: int = -100, reduction: str = "mean"
    ) -> None:
        super().__init__(weight, reduction)
        self.ignore_index = ignore_index

    def forward(self, logits: Any, labels: Any) -> Any:
        return functional.nll_loss(
            logits,
            labels.long(),
            self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
        )


@keeps_arguments
class MultiMarginLoss(WeightedLoss):
    """``mindspore.nn.MultiMarginLoss`` on PyTorch."""

    def __init__(
        self, p: int = 1, margin: float = 1.0, reduction: str = "mean", weight: Any = None
    ) -> None:
        super().__init__(weight, reduction)
        self.p, self.margin = p, margin

    def forward(self, x: Any, target: Any, weight: Any = None) -> Any:
        return functional.multi_margin_loss(
            x,
            target,
            self.p,
            self.margin,
            weight if self.weight is None else self.weight,
            reduction=self.reduction,
        )
