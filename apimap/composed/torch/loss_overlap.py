"""MindSpore's losses that PyTorch has none of: overlap, focal and sampled softmax."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Optional, Union

import torch
from torch import nn

from apimap.composed import keeps_arguments
from apimap.composed.torch.loss import MindSporeLoss
from apimap.errors import Unsupported

ACTIVATIONS = {
    "softmax": lambda: nn.Softmax(-1),
    "logsoftmax": lambda: nn.LogSoftmax(-1),
    "relu": nn.ReLU,
    "relu6": nn.ReLU6,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
}


def dice(x: Any, y: Any, smooth: float) -> Any:
    """One minus twice the overlap's share."""
    x, y = x.reshape(-1), y.reshape(-1)
    return 1 - 2 * (x * y).sum() / ((x * x).sum() + (y * y).sum() + smooth)


@keeps_arguments
class DiceLoss(nn.Module):
    """``mindspore.nn.DiceLoss`` on PyTorch."""

    def __init__(self, smooth: float = 1e-5) -> None:
        super().__init__()
        self.smooth = smooth

    def forward(self, logits: Any, label: Any) -> Any:
        return dice(logits, label, self.smooth)


@keeps_arguments
class MultiClassDiceLoss(nn.Module):
    """``mindspore.nn.MultiClassDiceLoss`` on PyTorch."""

    def __init__(
        self,
        weights: Any = None,
        ignore_indiex: Optional[int] = None,
        activation: Optional[Union[str, nn.Module]] = "softmax",
    ) -> None:
        super().__init__()
        self.register_buffer("weights", weights, persistent=False)
        self.ignore_indiex = ignore_indiex
        named = isinstance(activation, str)
        self.activation: Any = ACTIVATIONS[str(activation)]() if named else activation

    def forward(self, logits: Any, label: Any) -> Any:
        scores = logits if self.activation is None else self.activation(logits)
        total: Any = 0
        for index in range(label.shape[1]):
            if index != self.ignore_indiex:
                part = dice(scores[:, index], label[:, index], 1e-5)
                total = total + (part if self.weights is None else part * self.weights[index])
        return total / label.shape[1]


@keeps_arguments
class FocalLoss(MindSporeLoss):
    """``mindspore.nn.FocalLoss`` on PyTorch."""

    def __init__(self, weight: Any = None, gamma: float = 2.0, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.register_buffer("weight", weight, persistent=False)
        self.gamma = gamma

    def forward(self, logits: Any, labels: Any) -> Any:
        scores = logits.flatten(2) if logits.ndim > 2 else logits.unsqueeze(2)
        scores = scores.log_softmax(1)
        labels = labels.flatten(2) if labels.ndim > 2 else labels.unsqueeze(2)
        weight = None if self.weight is None else self.weight.to(scores.dtype)[None, :, None]
        if labels.shape[1] == 1:
            classes = labels.long()
            scores = scores.gather(1, classes).squeeze(1)
            if weight is not None:
                weight = weight.expand(classes.shape[0], -1, classes.shape[2])
                weight = weight.gather(1, classes).squeeze(1)
        focus = (1 - scores.exp()) ** self.gamma
        scores = scores if weight is None else scores * weight
        if labels.shape[1] == 1:
            return self.reduced(-(focus * scores).mean(1))
        return self.reduced(-(focus * labels * scores).mean(-1))


@keeps_arguments
class SampledSoftmaxLoss(MindSporeLoss):
    """``mindspore.nn.SampledSoftmaxLoss`` on PyTorch, with the candidates that are given."""

    def __init__(
        self,
        num_sampled: int,
        num_classes: int,
        num_true: int = 1,
        sampled_values: Optional[Sequence[Any]] = None,
        remove_accidental_hits: bool = True,
        seed: int = 0,
        reduction: str = "none",
    ) -> None:
        super().__init__(reduction)
        del num_sampled, num_classes, remove_accidental_hits, seed
        if sampled_values is None:
            raise Unsupported(
                "MindSpore's SampledSoftmaxLoss draws candidates with its own generator, whose "
                "numbers PyTorch cannot repeat.",
                hint="give it sampled_values",
            )
        self.num_true, self.sampled_values = num_true, tuple(sampled_values)

    def forward(self, weights: Any, biases: Any, labels: Any, logits: Any) -> Any:
        labels = labels.long().reshape(-1, self.num_true)
        chosen, own_count, count = self.sampled_values
        chosen = chosen.long()
        own = (logits.unsqueeze(1) * weights[labels]).sum(-1) + biases[labels]
        own = own - torch.log(own_count)
        others = logits @ weights[chosen].T + biases[chosen]
        others = others - torch.log(count)
        chances = torch.cat([own, others], 1).softmax(1)
        return -(chances[:, : self.num_true] + 1e-20).log().sum(1) / self.num_true
