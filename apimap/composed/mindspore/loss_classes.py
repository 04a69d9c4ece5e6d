"""PyTorch's losses of one class among several on MindSpore.

MindSpore's CrossEntropyLoss takes no int64 classes and no float64, and reads outside its memory
for a class that does not exist. Where PyTorch raises for such a class the loss is NaN here, since
data cannot raise in a graph.
"""

from __future__ import annotations

import math
from typing import Any, Optional

from mindspore import nn, ops

from apimap.composed import keeps_arguments
from apimap.composed.mindspore.loss import cast, joint, number, reduced, working
from apimap.composed.mindspore.loss_binary import WeightedLoss
from apimap.composed.mindspore.loss_likelihood import WIDE, wide


def log_softmax(x: Any, axis: int) -> Any:
    """Of float64: MindSpore 2.10's kernel is off by 5e-6 on CPU in either dtype."""
    shifted = x - ops.stop_gradient(ops.amax(x, axis, True))
    return shifted - ops.log(ops.sum(ops.exp(shifted), axis, True))


class ClassLoss(WeightedLoss):
    """What losses with class indices share: ``ignore_index`` and the weighted mean."""

    def __init__(
        self,
        weight: Any = None,
        size_average: Optional[bool] = None,
        ignore_index: int = -100,
        reduce: Optional[bool] = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index

    def by_index(self, scores: Any, target: Any, smoothing: float, dtype: Any) -> Any:
        """The loss of log-probabilities and class indices."""
        if scores.ndim == 1:
            result = self._batched(scores.expand_dims(0), target.reshape((1,)), smoothing, dtype)
            return result.squeeze(0) if self.reduction == "none" else result
        return self._batched(scores, target, smoothing, dtype)

    def _batched(self, scores: Any, target: Any, smoothing: float, dtype: Any) -> Any:
        if (scores.shape[0], *scores.shape[2:]) != target.shape:
            raise ValueError(f"Expected a target for each of {scores.shape}, got {target.shape}")
        if target.size == 0:
            return reduced(ops.sum(scores, 1), self.reduction, dtype)
        classes, kind = scores.shape[1], scores.dtype
        kept = target != self.ignore_index
        inside = ops.clamp(target, 0, classes - 1)
        loss = -ops.gather_elements(scores, 1, inside.expand_dims(1)).squeeze(1)
        share = self._share(inside, kind)
        loss = loss if share is None else loss * share
        loss = ops.where(inside == target, loss, number(float("nan"), kind))
        nothing = number(0.0, kind)
        loss = ops.where(kept, loss, nothing)
        if smoothing > 0:
            others = ops.where(kept, self._over_classes(scores), nothing)
            loss = number(1 - smoothing, kind) * loss + number(smoothing / classes, kind) * others
        if self.reduction != "mean":
            return reduced(loss, self.reduction, dtype)
        count = cast(kept, kind) if share is None else ops.where(kept, share, nothing)
        return cast(ops.sum(loss) / ops.sum(count), dtype)

    def _share(self, target: Any, kind: Any) -> Any:
        return None if self.weight is None else cast(ops.gather(self.weight, target, 0), kind)

    def _over_classes(self, scores: Any) -> Any:
        if self.weight is not None:
            weight = cast(self.weight, scores.dtype)
            scores = scores * weight.reshape((-1,) + (1,) * (scores.ndim - 2))
        return -ops.sum(scores, 1)


@keeps_arguments
class NLLLoss(ClassLoss):
    """``torch.nn.NLLLoss`` on MindSpore."""

    def construct(self, input: Any, target: Any) -> Any:
        return self.by_index(cast(input, working(input.dtype)), target, 0.0, input.dtype)


@keeps_arguments
class NLLLoss2d(ClassLoss):
    """``torch.nn.NLLLoss2d`` on MindSpore, which is NLLLoss under an older name."""

    def construct(self, input: Any, target: Any) -> Any:
        return self.by_index(cast(input, working(input.dtype)), target, 0.0, input.dtype)


class EntropyLoss(ClassLoss):
    """Cross entropy of scores with class indices or probabilities."""

    def entropy(self, input: Any, target: Any, smoothing: float) -> Any:
        axis = 0 if input.ndim == 1 else 1
        x = cast(input, WIDE)
        scores = x if x.size == 0 else log_softmax(x, axis)
        if input.shape == target.shape:
            return self._by_probability(scores, target, axis, smoothing, joint(input, target))
        return self.by_index(scores, target, smoothing, input.dtype)

    def _by_probability(
        self, scores: Any, target: Any, axis: int, smoothing: float, dtype: Any
    ) -> Any:
        if self.ignore_index >= 0:
            raise RuntimeError("ignore_index is not supported for floating point target")
        classes = scores.shape[axis]
        y = cast(target, WIDE)
        if smoothing > 0:
            y = y * wide(1 - smoothing) + wide(smoothing / classes)
        loss = scores * y
        if self.weight is not None:
            weight = cast(self.weight, WIDE)
            loss = loss * (weight.reshape((-1,) + (1,) * (scores.ndim - 2)) if axis else weight)
        loss = -ops.sum(loss, axis)
        return reduced(loss, self.reduction, dtype)


@keeps_arguments
class CrossEntropyLoss(EntropyLoss):
    """``torch.nn.CrossEntropyLoss`` on MindSpore."""

    def __init__(
        self,
        weight: Any = None,
        size_average: Optional[bool] = None,
        ignore_index: int = -100,
        reduce: Optional[bool] = None,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(weight, size_average, ignore_index, reduce, reduction)
        self.label_smoothing = label_smoothing

    def construct(self, input: Any, target: Any) -> Any:
        return self.entropy(input, target, self.label_smoothing)


@keeps_arguments
class LinearCrossEntropyLoss(EntropyLoss):
    """``torch.nn.LinearCrossEntropyLoss`` on MindSpore; ``options`` only save memory."""

    def __init__(
        self,
        in_features: int,
        num_classes: int,
        *,
        out_features: tuple[int, ...] = (),
        bias: bool = False,
        device: Any = None,
        dtype: Any = None,
        reduction: str = "mean",
        weight: Any = None,
        ignore_index: Optional[int] = None,
        label_smoothing: float = 0.0,
        options: Any = None,
    ) -> None:
        index = -100 if ignore_index is None else ignore_index
        super().__init__(weight, None, index, None, reduction)
        del device, dtype, options
        self.takes_probabilities = ignore_index is None
        self.num_classes, self.out_features = num_classes, tuple(out_features)
        self.label_smoothing = label_smoothing
        size = num_classes * math.prod(self.out_features)
        self.linear = nn.Dense(in_features, size, has_bias=bias)

    def construct(self, input: Any, target: Any) -> Any:
        if input.ndim not in (1, 2):
            raise RuntimeError(f"expected input with dimensionality 1 or 2, got {input.ndim}")
        batched = input if input.ndim == 2 else input.expand_dims(0)
        logits = self.linear(batched)
        logits = logits.reshape((*input.shape[:-1], self.num_classes, *self.out_features))
        if target.shape == logits.shape and not self.takes_probabilities:
            raise RuntimeError("ignore_index cannot be specified when target has probabilities")
        return self.entropy(logits, target, self.label_smoothing)
