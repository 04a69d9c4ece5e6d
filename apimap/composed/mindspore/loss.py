"""PyTorch's losses of two tensors on MindSpore, and what all losses share.

MindSpore's own losses compute in float32 whatever the input, have no mean of no elements, and
cast twice, which takes most of their time in eager mode (0.6 ms a cast, MindSpore 2.10 on CPU).
"""

from __future__ import annotations

from typing import Any, Optional

import mindspore
from mindspore import nn, ops

from apimap.composed import keeps_arguments
from apimap.rules.loss import reduction_of

REDUCTIONS = ("none", "mean", "sum")


def number(value: float, dtype: Any) -> Any:
    """A number beside a float64 tensor would be rounded to float32 first (MindSpore 2.10)."""
    return mindspore.Tensor(value, dtype)


def cast(x: Any, dtype: Any) -> Any:
    """The tensor itself where it has the dtype already: a cast takes 0.6 ms in eager mode."""
    return x if x.dtype == dtype else x.astype(dtype)


def joint(x: Any, y: Any) -> Any:
    """The floating dtype that PyTorch's result has."""
    if x.dtype == mindspore.float64 or y.dtype == mindspore.float64:
        return mindspore.float64
    if x.dtype == mindspore.float32 or y.dtype == mindspore.float32:
        return mindspore.float32
    return x.dtype if x.dtype == mindspore.float16 else y.dtype


def working(dtype: Any) -> Any:
    """What a loss is computed in: nothing narrower than float32."""
    return dtype if dtype == mindspore.float64 else mindspore.float32


def reduced(loss: Any, reduction: str, dtype: Any) -> Any:
    """The loss of each element, their mean or their sum, in this dtype.

    MindSpore 2.10's sum of no elements is whatever lay in memory, and the gradient of its mean
    over all axes fails under ms.jit now and then.
    """
    if reduction != "none" and loss.size == 0:
        return number(float("nan") if reduction == "mean" else 0.0, dtype)
    if reduction == "mean":
        loss = ops.sum(loss) / number(float(loss.size), loss.dtype)
    if reduction == "sum":
        loss = ops.sum(loss)
    return cast(loss, dtype)


class PlainLoss(nn.Cell):
    """A loss without arguments but the reduction."""

    def __init__(
        self,
        size_average: Optional[bool] = None,
        reduce: Optional[bool] = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__()
        self.reduction = reduction_of(size_average, reduce, reduction)
        allowed = getattr(self, "reductions", REDUCTIONS)
        if self.reduction not in allowed:
            raise ValueError(f"reduction must be one of {allowed}, not {reduction!r}")

    def finished(self, loss: Any, dtype: Any) -> Any:
        return reduced(loss, self.reduction, dtype)


def difference(input: Any, target: Any) -> Any:
    """Of the two, in the dtype that is computed in."""
    wide = working(joint(input, target))
    return cast(input, wide) - cast(target, wide)


def fits_kernel(input: Any, target: Any) -> bool:
    """Whether MindSpore's own kernels of losses are exact: they are many times faster."""
    single = input.dtype == mindspore.float32 and target.dtype == mindspore.float32
    return bool(single and input.shape == target.shape and input.size > 0)


@keeps_arguments
class L1Loss(PlainLoss):
    """``torch.nn.L1Loss`` on MindSpore."""

    def construct(self, input: Any, target: Any) -> Any:
        error = difference(input, target)
        return self.finished(ops.abs(error), joint(input, target))


@keeps_arguments
class MSELoss(PlainLoss):
    """``torch.nn.MSELoss`` on MindSpore."""

    def construct(self, input: Any, target: Any) -> Any:
        error = difference(input, target)
        return self.finished(ops.square(error), joint(input, target))


@keeps_arguments
class SmoothL1Loss(PlainLoss):
    """``torch.nn.SmoothL1Loss`` on MindSpore.

    ``near`` is the part of the error below beta, so that no branch overflows.
    """

    def __init__(
        self,
        size_average: Optional[bool] = None,
        reduce: Optional[bool] = None,
        reduction: str = "mean",
        beta: float = 1.0,
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        if beta < 0:
            raise RuntimeError("smooth_l1_loss does not support negative values for beta.")
        self.beta = beta

    def construct(self, input: Any, target: Any) -> Any:
        if self.beta > 0 and fits_kernel(input, target):
            return ops.smooth_l1_loss(input, target, self.beta, self.reduction)
        error = ops.abs(difference(input, target))
        if self.beta > 0:
            near = ops.minimum(error, number(self.beta, error.dtype))
            scale = number(0.5 / self.beta, error.dtype)
            error = scale * ops.square(near) + (error - near)
        return self.finished(error, joint(input, target))


@keeps_arguments
class HuberLoss(PlainLoss):
    """``torch.nn.HuberLoss`` on MindSpore, in the same way."""

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(None, None, reduction)
        if delta <= 0:
            raise RuntimeError("huber_loss does not support non-positive values for delta.")
        self.delta = delta

    def construct(self, input: Any, target: Any) -> Any:
        error = difference(input, target)
        error = ops.abs(error)
        near = ops.minimum(error, number(self.delta, error.dtype))
        far = number(self.delta, error.dtype) * (error - near)
        loss = number(0.5, error.dtype) * ops.square(near) + far
        return self.finished(loss, joint(input, target))
