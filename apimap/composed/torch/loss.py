"""MindSpore's losses on PyTorch, where PyTorch's own compute something else."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from apimap.composed import keeps_arguments

REDUCTIONS = ("none", "mean", "sum")


def with_gradient_of(value: Any, surrogate: Any) -> Any:
    """The value, with the gradient that the surrogate has."""
    return value.detach() + (surrogate - surrogate.detach())


class MindSporeLoss(nn.Module):
    """A loss with MindSpore's reduction."""

    def __init__(self, reduction: str = "mean") -> None:
        super().__init__()
        if reduction not in REDUCTIONS:
            raise ValueError(f"reduction must be one of {REDUCTIONS}, not {reduction!r}")
        self.reduction = reduction

    def reduced(self, loss: Any) -> Any:
        """The loss of each element, their mean or their sum; MindSpore sums in float32."""
        if self.reduction == "none":
            return loss
        return loss.mean() if self.reduction == "mean" else loss.sum()


@keeps_arguments
class GaussianNLLLoss(MindSporeLoss):
    """``mindspore.nn.GaussianNLLLoss`` on PyTorch: a variance below eps has no gradient."""

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.full, self.eps = full, eps

    def forward(self, logits: Any, labels: Any, var: Any) -> Any:
        if var.shape != logits.shape and var.shape == logits.shape[:-1]:
            var = var.unsqueeze(-1)
        variance = torch.maximum(var, torch.full_like(var, self.eps))
        loss = 0.5 * (variance.log() + (logits - labels).square() / variance)
        return self.reduced(loss + 0.5 * math.log(2 * math.pi) if self.full else loss)


@keeps_arguments
class KLDivLoss(nn.Module):
    """``mindspore.nn.KLDivLoss`` on PyTorch: the labels have no gradient."""

    def __init__(self, reduction: str = "mean") -> None:
        super().__init__()
        self.reduction = reduction

    def forward(self, logits: Any, labels: Any) -> Any:
        labels = labels.detach()
        loss = torch.xlogy(labels, labels) - labels * logits
        if self.reduction == "none":
            return loss
        if self.reduction == "batchmean":
            return loss.sum() / logits.shape[0]
        return loss.mean() if self.reduction == "mean" else loss.sum()


@keeps_arguments
class BCELoss(MindSporeLoss):
    """``mindspore.nn.BCELoss`` on PyTorch: logarithms of p + 1e-12, and PyTorch's gradient.

    A weight of another shape than the input's makes MindSpore read outside its memory.
    """

    def __init__(self, weight: Any = None, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.register_buffer("weight", weight, persistent=False)

    def forward(self, logits: Any, labels: Any) -> Any:
        value = -labels * (logits + 1e-12).log() - (1 - labels) * (1 - logits + 1e-12).log()
        slope = functional.binary_cross_entropy(logits, labels, reduction="none")
        loss = with_gradient_of(value, slope)
        if self.weight is not None:
            if self.weight.shape != logits.shape:
                raise ValueError(f"the weight needs the input's shape {logits.shape}")
            loss = loss * self.weight
        return self.reduced(loss)


@keeps_arguments
class CrossEntropyLoss(nn.Module):
    """``mindspore.nn.CrossEntropyLoss`` on PyTorch, for int32 classes and for int64."""

    def __init__(
        self,
        weight: Any = None,
        ignore_index: int = -100,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__()
        self.register_buffer("weight", weight, persistent=False)
        self.ignore_index, self.reduction = ignore_index, reduction
        self.label_smoothing = label_smoothing

    def forward(self, logits: Any, labels: Any) -> Any:
        indices = not labels.is_floating_point()
        return functional.cross_entropy(
            logits,
            labels.long() if indices else labels,
            self.weight,
            ignore_index=self.ignore_index if indices else -100,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )


@keeps_arguments
class SoftmaxCrossEntropyWithLogits(MindSporeLoss):
    """``mindspore.nn.SoftmaxCrossEntropyWithLogits`` on PyTorch.

    Its gradient is softmax - labels, also where the labels do not sum to 1.
    """

    def __init__(self, sparse: bool = False, reduction: str = "none") -> None:
        super().__init__(reduction)
        self.sparse = sparse

    def forward(self, logits: Any, labels: Any) -> Any:
        if self.sparse:
            return functional.cross_entropy(logits, labels.long(), reduction=self.reduction)
        labels = labels.detach()
        scores = logits.detach().log_softmax(-1)
        slope = logits * (scores.exp() - labels)
        return self.reduced(with_gradient_of(-(labels * scores), slope).sum(-1))


@keeps_arguments
class RMSELoss(nn.Module):
    """``mindspore.nn.RMSELoss`` on PyTorch."""

    def forward(self, logits: Any, label: Any) -> Any:
        return functional.mse_loss(logits, label).sqrt()


@keeps_arguments
class TripletMarginWithDistanceLoss(MindSporeLoss):
    """``mindspore.nn.TripletMarginWithDistanceLoss`` on PyTorch.

    Its own distance is the norm over axis 1, without an eps.
    """

    def __init__(
        self,
        distance_function: Any = None,
        swap: bool = False,
        reduction: str = "mean",
        margin: float = 1.0,
    ) -> None:
        super().__init__(reduction)
        self.distance_function, self.swap, self.margin = distance_function, swap, margin

    def forward(self, x: Any, positive: Any, negative: Any) -> Any:
        far = self._distance(x, negative)
        if self.swap:
            far = torch.minimum(far, self._distance(positive, negative))
        loss = self._distance(x, positive) - far + self.margin
        return self.reduced(torch.maximum(loss, torch.zeros_like(loss)))

    def _distance(self, x: Any, y: Any) -> Any:
        if self.distance_function is not None:
            return self.distance_function(x, y)
        return torch.linalg.vector_norm(x - y, dim=1)
