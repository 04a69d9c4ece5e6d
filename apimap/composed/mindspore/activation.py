"""PyTorch's smooth activations on MindSpore, where its own are inexact or absent."""

from __future__ import annotations

import math
from typing import Any

import mindspore
from mindspore import nn, ops

from apimap.composed import keeps_arguments

SOFTPLUS = ops.Softplus()


def single(input: Any) -> Any:
    """Half precision is computed in single, as PyTorch does, and rounded once at the end."""
    return input.astype(mindspore.float32) if input.dtype == mindspore.float16 else input


def number(value: float, dtype: Any) -> Any:
    """A number beside a float64 tensor would be rounded to float32 first (MindSpore 2.10)."""
    return mindspore.Tensor(value, mindspore.float64) if dtype == mindspore.float64 else value


def tanh(x: Any) -> Any:
    """From the tanh of half the argument.

    MindSpore 2.10's float32 kernel is off by 1e-4 on CPU where the result is near 1, which the
    doubling of the argument takes away: the result is right to 2e-7 of its size, and eight times
    as fast as the exact float64 kernel.
    """
    half = ops.tanh(x * 0.5)
    return (half + half) * ops.reciprocal(half * half + 1)


def softplus(x: Any) -> Any:
    """log(1 + exp(x)); MindSpore 2.10's kernel is off by 1e-6 at most, in float64 too."""
    if x.dtype != mindspore.float64:
        return SOFTPLUS(x)
    return ops.maximum(x, 0) + ops.log1p(ops.exp(-ops.abs(x)))


@keeps_arguments
class Tanh(nn.Cell):
    """``torch.nn.Tanh`` on MindSpore."""

    def __init__(self) -> None:
        super().__init__()

    def construct(self, input: Any) -> Any:
        return tanh(single(input)).astype(input.dtype)


@keeps_arguments
class Tanhshrink(nn.Cell):
    """``torch.nn.Tanhshrink`` on MindSpore."""

    def __init__(self) -> None:
        super().__init__()

    def construct(self, input: Any) -> Any:
        x = single(input)
        return (x - tanh(x)).astype(input.dtype)


@keeps_arguments
class GELU(nn.Cell):
    """``torch.nn.GELU`` on MindSpore, without the division and the tanh of its own.

    x (1 + tanh(u)) / 2 is x sigmoid(2u).
    """

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        if approximate not in ("none", "tanh"):
            raise ValueError(f"approximate must be none or tanh, not {approximate!r}")
        self.approximate = approximate

    def construct(self, input: Any) -> Any:
        x = single(input)
        if self.approximate == "none":
            share = ops.erf(x * number(math.sqrt(0.5), x.dtype)) * 0.5 + 0.5
        else:
            cubic = number(2 * math.sqrt(2 / math.pi) * 0.044715, x.dtype)
            share = ops.sigmoid(x * (x * x * cubic + number(2 * math.sqrt(2 / math.pi), x.dtype)))
        return (x * share).astype(input.dtype)


@keeps_arguments
class Mish(nn.Cell):
    """``torch.nn.Mish`` on MindSpore: with s the sigmoid, tanh(softplus(x)) is n / (2 - n) for
    n = s (2 - s)."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        del inplace

    def construct(self, input: Any) -> Any:
        x = single(input)
        s = ops.sigmoid(x)
        n = s * (2 - s)
        return (x * (n * ops.reciprocal(2 - n))).astype(input.dtype)


@keeps_arguments
class LogSigmoid(nn.Cell):
    """``torch.nn.LogSigmoid`` on MindSpore, without overflow."""

    def __init__(self) -> None:
        super().__init__()

    def construct(self, input: Any) -> Any:
        return (-softplus(-single(input))).astype(input.dtype)


@keeps_arguments
class Softplus(nn.Cell):
    """``torch.nn.Softplus`` on MindSpore, which has no such layer."""

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta, self.threshold = beta, threshold

    def construct(self, input: Any) -> Any:
        x = single(input)
        scaled = x if self.beta == 1 else x * number(self.beta, x.dtype)
        result = softplus(scaled)
        if self.beta != 1:
            result = result * number(1 / self.beta, x.dtype)
        if self.threshold < 20 or x.dtype == mindspore.float64:
            result = ops.where(scaled > number(self.threshold, x.dtype), x, result)
        return result.astype(input.dtype)
