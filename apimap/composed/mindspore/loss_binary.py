"""PyTorch's losses of two classes or several labels on MindSpore."""

from __future__ import annotations

from typing import Any, Optional

from mindspore import Parameter, ops

from apimap.composed import keeps_arguments
from apimap.composed.mindspore.loss import PlainLoss, cast, fits_kernel, joint
from apimap.composed.mindspore.loss_likelihood import WIDE, wide

OVERFLOW = {"Float16": 11.089866, "Float32": 88.72284, "Float64": 709.782712893384}
"""Beyond these the exponential is infinite in its dtype."""


def frozen(tensor: Any, name: str) -> Any:
    """A given tensor as a parameter without a gradient, which is MindSpore's buffer."""
    return None if tensor is None else Parameter(tensor, name=name, requires_grad=False)


def log_sigmoid(x: Any) -> Any:
    """Of float64 without overflow, with a gradient of one half at zero.

    The gradient of ``abs`` at zero is 0, so the sign is chosen by hand.
    """
    negative = x < wide(0.0)
    small = ops.exp(ops.where(negative, x, -x))
    return ops.where(negative, x, wide(0.0)) - ops.log1p(small)


class WeightedLoss(PlainLoss):
    """A loss with a weight for each element or class."""

    def __init__(
        self,
        weight: Any = None,
        size_average: Optional[bool] = None,
        reduce: Optional[bool] = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.weight = frozen(weight, "weight")

    def weighted(self, loss: Any) -> Any:
        return loss if self.weight is None else loss * cast(self.weight, loss.dtype)


def same_shapes(input: Any, target: Any) -> None:
    """Refuse what PyTorch refuses."""
    if input.shape != target.shape:
        raise ValueError(f"Target size {target.shape} must be the same as input size {input.shape}")


@keeps_arguments
class BCELoss(WeightedLoss):
    """``torch.nn.BCELoss`` on MindSpore, by PyTorch's own formulas.

    The logarithms stop at -100; the input's gradient is (p - t) / max(p (1 - p), 1e-12), and the
    target's is not bounded. Where PyTorch raises for an input outside 0 to 1 the loss is NaN,
    since data cannot raise in a graph.

    ``huge`` is held, since a graph's own constants pass through float32, where it is infinite.
    """

    def __init__(
        self,
        weight: Any = None,
        size_average: Optional[bool] = None,
        reduce: Optional[bool] = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.huge = wide(1e200)

    def construct(self, input: Any, target: Any) -> Any:
        same_shapes(input, target)
        dtype = joint(input, target)
        x, t = cast(input, WIDE), cast(target, WIDE)
        p, y = ops.stop_gradient(x), ops.stop_gradient(t)
        log_p, log_q = ops.log(p), ops.log1p(-p)
        value = (y - wide(1.0)) * self._bounded(log_q) - y * self._bounded(log_p)
        slope = (p - y) / ops.maximum(p * (wide(1.0) - p), wide(1e-12))
        # An infinite slope times nothing would be NaN; as a product of two it is 0.
        rise = ops.clamp((log_q - log_p) / self.huge, -self.huge, self.huge)
        loss = value + (x - p) * slope + (t - y) * self.huge * rise
        return self.finished(self.weighted(loss), dtype)

    def _bounded(self, logarithm: Any) -> Any:
        """NaN stays; MindSpore's maximum of NaN and -100 is -100."""
        return ops.where(logarithm < wide(-100.0), wide(-100.0), logarithm)


@keeps_arguments
class BCEWithLogitsLoss(WeightedLoss):
    """``torch.nn.BCEWithLogitsLoss`` on MindSpore.

    The mean is not left to MindSpore 2.10's kernel, whose gradient divides by the size of an
    earlier input (12 instead of 4).
    """

    def __init__(
        self,
        weight: Any = None,
        size_average: Optional[bool] = None,
        reduce: Optional[bool] = None,
        reduction: str = "mean",
        pos_weight: Any = None,
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.pos_weight = frozen(pos_weight, "pos_weight")

    def construct(self, input: Any, target: Any) -> Any:
        same_shapes(input, target)
        if fits_kernel(input, target):
            loss = ops.binary_cross_entropy_with_logits(
                input, target, self.weight, self.pos_weight, "none"
            )
            return self.finished(loss, input.dtype)
        dtype = joint(input, target)
        x, y = cast(input, WIDE), cast(target, WIDE)
        likelihood = log_sigmoid(x)
        if self.pos_weight is not None:
            share = cast(self.pos_weight, WIDE) - wide(1.0)
            likelihood = likelihood * (share * y + wide(1.0))
        loss = (wide(1.0) - y) * x - likelihood
        return self.finished(self.weighted(loss), dtype)


@keeps_arguments
class SoftMarginLoss(PlainLoss):
    """``torch.nn.SoftMarginLoss`` on MindSpore.

    PyTorch's overflows with the exponential, and its gradient is NaN there.
    """

    def construct(self, input: Any, target: Any) -> Any:
        limit = wide(OVERFLOW[str(input.dtype)])
        exponent = -cast(ops.stop_gradient(target), WIDE) * cast(input, WIDE)
        overflow = ops.where(exponent > limit, wide(float("inf")), wide(1.0))
        return self.finished(ops.log1p(ops.exp(exponent) * overflow), input.dtype)


@keeps_arguments
class MultiLabelSoftMarginLoss(WeightedLoss):
    """``torch.nn.MultiLabelSoftMarginLoss`` on MindSpore."""

    def construct(self, input: Any, target: Any) -> Any:
        dtype = joint(input, target)
        x, y = cast(input, WIDE), cast(target, WIDE)
        loss = self.weighted(-(y * log_sigmoid(x) + (wide(1.0) - y) * log_sigmoid(-x)))
        classes = wide(float(input.shape[-1]))
        return self.finished(ops.sum(loss, input.ndim - 1) / classes, dtype)
