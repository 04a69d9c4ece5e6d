"""PyTorch's local response normalizations on MindSpore."""

from __future__ import annotations

from typing import Any

import mindspore
import numpy as np
from mindspore import nn, ops

from apimap.composed import keeps_arguments
from apimap.composed.mindspore.norm import scalar


@keeps_arguments
class LocalResponseNorm(nn.Cell):
    """``torch.nn.LocalResponseNorm`` on MindSpore: an average pooling over channels."""

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.alpha, self.beta, self.k = alpha, beta, k
        self.pads = (0, 0, size // 2, (size - 1) // 2)
        self.average = ops.AvgPool((size, 1), 1, "valid")

    def construct(self, input: Any) -> Any:
        if input.ndim < 3:
            raise ValueError(f"expected an input of rank 3 or more, got {input.ndim}")
        if input.size == 0:
            return input
        batch, channels = input.shape[:2]
        squares = (input * input).reshape((batch, 1, channels, -1))
        mean = self.average(ops.pad(squares, self.pads)).reshape(input.shape)
        scale = mean * scalar(self.alpha, input.dtype) + scalar(self.k, input.dtype)
        return input / ops.pow(scale, scalar(self.beta, input.dtype))


@ops.constexpr
def _windows(channels: int, size: int, double: bool) -> Any:
    """Which channels PyTorch sums for each: the first one is never taken out of the sum again."""
    reach = (size + 1) // 2
    rows = np.zeros((channels, channels))
    rows[0, : min(reach, channels)] = 1
    for c in range(1, channels):
        rows[c] = rows[c - 1]
        if c + reach - 1 < channels:
            rows[c, c + reach - 1] += 1
        if c > reach:
            rows[c, c - reach] -= 1
    return mindspore.Tensor(rows.astype(np.float64 if double else np.float32))


@ops.constexpr
def _windows_backwards(channels: int, size: int, double: bool) -> Any:
    """Which channels' gradients PyTorch sums for each, transposed."""
    first = size - size // 2
    rows = np.zeros((channels, channels))
    for c in range(channels):
        rows[c, max(c - first, 0) : max(c - first + size, 0)] = 1
    return mindspore.Tensor(rows.T.astype(np.float64 if double else np.float32))


@keeps_arguments
class CrossMapLRN2d(nn.Cell):
    """``torch.nn.CrossMapLRN2d`` on MindSpore.

    PyTorch's gradient sums other channels than its result does, so the gradient is that of a
    second expression, whose value cancels.
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1) -> None:
        super().__init__()
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k

    def construct(self, input: Any) -> Any:
        if input.ndim != 4:
            raise ValueError(f"expected an input of rank 4, got {input.ndim}")
        x = input.astype(mindspore.float32) if input.dtype == mindspore.float16 else input
        double = x.dtype == mindspore.float64
        channels = x.shape[1]
        constant = ops.stop_gradient(x)
        share = scalar(self.alpha / self.size, x.dtype)
        sums = self._summed(constant * constant, _windows(channels, self.size, double))
        scale = sums * share + scalar(self.k, x.dtype)
        power = ops.pow(scale, scalar(-self.beta, x.dtype))
        result = power * constant
        weight = result / scale * (share * scalar(self.beta, x.dtype))
        squares = self._summed(x * x, _windows_backwards(channels, self.size, double))
        linear = x * ops.stop_gradient(power) - ops.stop_gradient(weight) * squares
        # Added last, and zero, so that the result keeps its bits.
        return (result + (linear - ops.stop_gradient(linear))).astype(input.dtype)

    def _summed(self, x: Any, rows: Any) -> Any:
        return ops.matmul(rows, x.reshape((*x.shape[:2], -1))).reshape(x.shape)
