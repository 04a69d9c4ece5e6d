"""PyTorch's margin losses on MindSpore."""

from __future__ import annotations

from typing import Any, Optional

from mindspore import ops

from apimap.composed import keeps_arguments
from apimap.composed.mindspore.loss import PlainLoss, cast, joint, number, working
from apimap.composed.mindspore.loss_binary import WeightedLoss


def not_below_zero(x: Any) -> Any:
    """As PyTorch's clamp_min: at zero the gradient passes, and NaN stays."""
    zero = number(0.0, x.dtype)
    return ops.where(x < zero, zero, x)


class MarginLoss(PlainLoss):
    """A loss with a margin."""

    def __init__(
        self,
        margin: float = 0.0,
        size_average: Optional[bool] = None,
        reduce: Optional[bool] = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = margin


def by_sign(target: Any, positive: Any, negative: Any) -> Any:
    """The first where the target is not -1 plus the second where it is not 1."""
    zero = number(0.0, positive.dtype)
    return ops.where(target != -1, positive, zero) + ops.where(target != 1, negative, zero)


@keeps_arguments
class HingeEmbeddingLoss(MarginLoss):
    """``torch.nn.HingeEmbeddingLoss`` on MindSpore, also where a target is neither 1 nor -1."""

    def __init__(
        self,
        margin: float = 1.0,
        size_average: Optional[bool] = None,
        reduce: Optional[bool] = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(margin, size_average, reduce, reduction)

    def construct(self, input: Any, target: Any) -> Any:
        x = cast(input, working(input.dtype))
        short = not_below_zero(number(self.margin, x.dtype) - x)
        return self.finished(by_sign(target, x, short), input.dtype)


@keeps_arguments
class MarginRankingLoss(MarginLoss):
    """``torch.nn.MarginRankingLoss`` on MindSpore."""

    def construct(self, input1: Any, input2: Any, target: Any) -> Any:
        if not (input1.ndim == input2.ndim == target.ndim):
            raise RuntimeError("margin_ranking_loss: all inputs should have the same dimension")
        dtype = joint(input1, input2)
        kind = working(dtype)
        gap = cast(input1, kind) - cast(input2, kind)
        loss = number(self.margin, kind) - cast(target, kind) * gap
        return self.finished(not_below_zero(loss), dtype)


@keeps_arguments
class CosineEmbeddingLoss(MarginLoss):
    """``torch.nn.CosineEmbeddingLoss`` on MindSpore, whose own divides zero vectors by zero."""

    def construct(self, input1: Any, input2: Any, target: Any) -> Any:
        if target.ndim > 1 or not (input1.ndim == input2.ndim == target.ndim + 1):
            raise RuntimeError("cosine_embedding_loss: inputs need one axis more than the target")
        dtype = joint(input1, input2)
        kind = working(dtype)
        x, y, tiny = cast(input1, kind), cast(input2, kind), number(1e-12, kind)
        sizes = (ops.sum(x * x, -1) + tiny) * (ops.sum(y * y, -1) + tiny)
        cosine = ops.sum(x * y, -1) / ops.sqrt(sizes)
        zero = number(0.0, kind)
        near = ops.where(target == 1, number(1.0, kind) - cosine, zero)
        far = not_below_zero(cosine - number(self.margin, kind))
        return self.finished(near + ops.where(target == -1, far, zero), dtype)


@keeps_arguments
class MultiMarginLoss(WeightedLoss):
    """``torch.nn.MultiMarginLoss`` on MindSpore.

    Where PyTorch raises for a class that does not exist the loss is NaN.
    """

    def __init__(
        self,
        p: int = 1,
        margin: float = 1.0,
        weight: Any = None,
        size_average: Optional[bool] = None,
        reduce: Optional[bool] = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        if p not in (1, 2):
            raise ValueError("only p == 1 and p == 2 supported")
        self.p, self.margin = p, margin

    def construct(self, input: Any, target: Any) -> Any:
        classes = 1 if input.ndim == 0 else input.shape[-1]
        x = input.reshape((-1, classes))
        y = target.reshape((-1, 1))
        inside = ops.clamp(y, 0, classes - 1)
        gap = number(self.margin, x.dtype) - ops.gather_elements(x, 1, inside) + x
        counts = ops.logical_and(gap > 0, ops.arange(classes) != y)
        gap = ops.where(counts, gap, number(0.0, x.dtype))
        loss = ops.sum(gap if self.p == 1 else gap * gap, 1) / number(float(classes), x.dtype)
        if self.weight is not None:
            loss = loss * cast(ops.gather(self.weight, inside.reshape(-1), 0), x.dtype)
        loss = ops.where((inside == y).reshape(-1), loss, number(float("nan"), x.dtype))
        return self.finished(loss if target.ndim else loss.squeeze(0), input.dtype)


@keeps_arguments
class MultiLabelMarginLoss(PlainLoss):
    """``torch.nn.MultiLabelMarginLoss`` on MindSpore, which has no kernel for its own on CPU.

    The labels of a row end at its first negative one. Where PyTorch raises for a label that does
    not exist the loss is NaN.
    """

    def construct(self, input: Any, target: Any) -> Any:
        if input.shape != target.shape:
            raise RuntimeError(f"inconsistent target size {target.shape} for {input.shape}")
        classes = 1 if input.ndim == 0 else input.shape[-1]
        x, y = input.reshape((-1, classes)), target.reshape((-1, classes))
        labels = ops.cumsum((y < 0).astype("int32"), 1) == 0
        inside = ops.clamp(y, 0, classes - 1)
        named = ops.logical_and(inside.expand_dims(2) == ops.arange(classes), labels.expand_dims(2))
        other = ops.logical_not(named.any(1)).expand_dims(1)
        own = ops.gather_elements(x, 1, inside).expand_dims(2)
        gap = number(1.0, x.dtype) - own + x.expand_dims(1)
        counts = ops.logical_and(ops.logical_and(labels.expand_dims(2), other), gap > 0)
        loss = ops.sum(ops.where(counts, gap, number(0.0, x.dtype)), (1, 2))
        loss = loss / number(float(classes), x.dtype)
        exists = ops.logical_and(y < classes, y > -2).all(1)
        loss = ops.where(exists, loss, number(float("nan"), x.dtype))
        return self.finished(loss if input.ndim > 1 else loss.squeeze(0), input.dtype)
