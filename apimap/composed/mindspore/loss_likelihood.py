"""PyTorch's likelihood losses on MindSpore.

MindSpore 2.10's float32 exponential is off by 7e-6 of its value on CPU and its logarithm by 2e-6,
so both are taken in float64, which is exact.
"""

from __future__ import annotations

import math
from typing import Any, Optional, Union

import mindspore
from mindspore import ops

from apimap.composed import keeps_arguments
from apimap.composed.mindspore.loss import REDUCTIONS, PlainLoss, cast, joint, number, reduced

WIDE = mindspore.float64


def wide(value: float) -> Any:
    """A number of what is computed in."""
    return number(value, WIDE)


@keeps_arguments
class PoissonNLLLoss(PlainLoss):
    """``torch.nn.PoissonNLLLoss`` on MindSpore."""

    def __init__(
        self,
        log_input: bool = True,
        full: bool = False,
        size_average: Optional[bool] = None,
        eps: float = 1e-8,
        reduce: Optional[bool] = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.log_input, self.full, self.eps = log_input, full, eps

    def construct(self, log_input: Any, target: Any) -> Any:
        dtype = joint(log_input, target)
        x, y = cast(log_input, WIDE), cast(target, WIDE)
        loss = ops.exp(x) - y * x if self.log_input else x - y * ops.log(x + wide(self.eps))
        if self.full:
            stirling = y * ops.log(y) - y + wide(0.5) * ops.log(wide(2 * math.pi) * y)
            loss = loss + ops.where(y <= wide(1.0), wide(0.0), stirling)
        return self.finished(loss, dtype)


@keeps_arguments
class GaussianNLLLoss(PlainLoss):
    """``torch.nn.GaussianNLLLoss`` on MindSpore.

    The gradient of a variance below eps passes as if it had not been raised. Where PyTorch raises
    for a negative variance the loss is NaN, since data cannot raise in a graph.
    """

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(None, None, reduction)
        self.full, self.eps = full, eps

    def construct(self, input: Any, target: Any, var: Union[Any, float]) -> Any:
        dtype = joint(input, target)
        if isinstance(var, (int, float)):
            given = ops.full_like(cast(input, WIDE), var)
        else:
            given = cast(self._aligned(var, input.shape), WIDE)
            dtype = joint(ops.zeros((), dtype), var)
        raised = ops.where(given < wide(self.eps), wide(self.eps), given)
        raised = ops.where(given < wide(0.0), wide(float("nan")), raised)
        variance = ops.stop_gradient(raised) + (given - ops.stop_gradient(given))
        error = cast(input, WIDE) - cast(target, WIDE)
        loss = wide(0.5) * (ops.log(variance) + ops.square(error) / variance)
        if self.full:
            loss = loss + wide(0.5 * math.log(2 * math.pi))
        return self.finished(loss, dtype)

    def _aligned(self, var: Any, shape: Any) -> Any:
        if var.shape == shape:
            return var
        if var.shape == shape[:-1]:
            return var.expand_dims(-1)
        if var.ndim == len(shape):
            differing = [var.shape[i] for i in range(var.ndim) if var.shape[i] != shape[i]]
            if differing == [1]:
                return var
        raise ValueError("var is of incorrect size")


@keeps_arguments
class KLDivLoss(PlainLoss):
    """``torch.nn.KLDivLoss`` on MindSpore."""

    reductions = (*REDUCTIONS, "batchmean")

    def __init__(
        self,
        size_average: Optional[bool] = None,
        reduce: Optional[bool] = None,
        reduction: str = "mean",
        log_target: bool = False,
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.log_target = log_target

    def construct(self, input: Any, target: Any) -> Any:
        dtype = joint(input, target)
        x, y = cast(input, WIDE), cast(target, WIDE)
        if self.log_target:
            loss = ops.exp(y) * (y - x)
        else:
            loss = ops.where(y == wide(0.0), wide(0.0), y * ops.log(y)) - y * x
        if self.reduction != "batchmean":
            return self.finished(loss, dtype)
        total = reduced(loss, "sum", WIDE)
        if input.ndim > 0:
            total = total / wide(float(input.shape[0]))
        return cast(total, dtype)
