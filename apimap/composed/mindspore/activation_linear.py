"""PyTorch's activations of straight pieces and exponentials below zero on MindSpore."""

from __future__ import annotations

from typing import Any, Optional

import mindspore
from mindspore import Parameter, nn, ops
from mindspore.common.initializer import Constant, initializer

from apimap.composed import keeps_arguments
from apimap.composed.mindspore.activation import number, single
from apimap.composed.mindspore.empty import empty_result

SELU_ALPHA, SELU_SCALE = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946


def sloped(x: Any, slope: Any) -> Any:
    """A factor for each element: the slope up to zero and 1 over it, as in PyTorch.

    By signs, since MindSpore 2.10 compares subnormal numbers as zeros on CPU, and takes up to
    five times as long for the gradients of a comparison that is cast.
    """
    positive = ops.sign(ops.relu(ops.stop_gradient(x)))
    return positive + (1 - positive) * slope


@keeps_arguments
class LeakyReLU(nn.Cell):
    """``torch.nn.LeakyReLU`` on MindSpore, with PyTorch's gradient at zero."""

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__()
        del inplace
        self.slope = negative_slope

    def construct(self, input: Any) -> Any:
        x = single(input)
        slope, rest = number(self.slope, x.dtype), number(1 - self.slope, x.dtype)
        if 0 < self.slope < 1:
            return (x * slope + ops.relu(x) * rest).astype(input.dtype)
        return (x * sloped(x, slope)).astype(input.dtype)


@keeps_arguments
class PReLU(nn.Cell):
    """``torch.nn.PReLU`` on MindSpore."""

    def __init__(
        self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        del device, dtype
        self.num_parameters = num_parameters
        self.weight = Parameter(initializer(Constant(init), [num_parameters]), name="weight")

    def construct(self, input: Any) -> Any:
        channels = input.shape[1] if input.ndim > 1 else 1
        if self.num_parameters not in (1, channels):
            raise ValueError(f"expected {self.num_parameters} channels, got {input.shape}")
        x = single(input)
        slope = self.weight.astype(x.dtype)
        if x.size == 0:
            return empty_result(input.shape, slope.sum()).astype(input.dtype)
        if self.num_parameters > 1:
            # A product with ones is several times as fast as a broadcast, and as its gradient.
            rows = ops.tile(slope, (x.shape[0],)).reshape((-1, 1))
            ones = ops.ones((1, x.size // rows.shape[0]), x.dtype)
            slope = ops.matmul(rows, ones).reshape(x.shape)
        elif x.ndim == 0:
            slope = slope.reshape(())
        return (x * sloped(x, slope)).astype(input.dtype)


@keeps_arguments
class RReLU(nn.Cell):
    """``torch.nn.RReLU`` on MindSpore, whose own is random in evaluation too."""

    def __init__(self, lower: float = 1 / 8, upper: float = 1 / 3, inplace: bool = False) -> None:
        super().__init__()
        del inplace
        self.lower, self.upper = lower, upper

    def construct(self, input: Any) -> Any:
        x = single(input)
        if not self.training or x.size == 0:
            slope = number((self.lower + self.upper) / 2, x.dtype)
            return (x * sloped(x, slope)).astype(input.dtype)
        share = ops.rand(*x.shape, dtype=mindspore.float32).astype(x.dtype)
        lower = number(self.lower, x.dtype)
        slope = share * number(self.upper - self.lower, x.dtype) + lower
        return (x * sloped(x, slope)).astype(input.dtype)


@keeps_arguments
class Hardtanh(nn.Cell):
    """``torch.nn.Hardtanh`` on MindSpore, with PyTorch's gradient at the bounds."""

    def __init__(
        self,
        min_val: float = -1.0,
        max_val: float = 1.0,
        inplace: bool = False,
        min_value: Optional[float] = None,
        max_value: Optional[float] = None,
    ) -> None:
        super().__init__()
        del inplace
        self.low = min_val if min_value is None else min_value
        self.high = max_val if max_value is None else max_value
        if self.high <= self.low:
            raise ValueError(f"max_val ({self.high}) must be greater than min_val ({self.low})")

    def construct(self, input: Any) -> Any:
        low, high = number(self.low, input.dtype), number(self.high, input.dtype)
        bound = ops.stop_gradient(ops.minimum(ops.maximum(input, low), high))
        return ops.where(ops.logical_or(input <= low, input >= high), bound, input)


@keeps_arguments
class Hardswish(nn.Cell):
    """``torch.nn.Hardswish`` on MindSpore, with PyTorch's gradient at 3 and -3."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        del inplace

    def construct(self, input: Any) -> Any:
        x = single(input)
        return (x * ops.hardsigmoid(x)).astype(input.dtype)


@keeps_arguments
class ELU(nn.Cell):
    """``torch.nn.ELU`` on MindSpore with any alpha.

    MindSpore's CeLU of 1 is x over zero and exp(x) - 1 below, right to 6e-8.
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        del inplace
        self.alpha = alpha
        self.celu = ops.CeLU(1.0)

    def construct(self, input: Any) -> Any:
        x = single(input)
        return (self.celu(x) * sloped(x, number(self.alpha, x.dtype))).astype(input.dtype)


@keeps_arguments
class SELU(nn.Cell):
    """``torch.nn.SELU`` on MindSpore, whose own has wrong gradients below zero."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        del inplace
        self.celu = ops.CeLU(1.0)

    def construct(self, input: Any) -> Any:
        x = single(input)
        alpha, scale = number(SELU_ALPHA, x.dtype), number(SELU_SCALE, x.dtype)
        return (self.celu(x) * (sloped(x, alpha) * scale)).astype(input.dtype)
