"""PyTorch's distances and Bilinear on MindSpore, with its gradients at zero."""

from __future__ import annotations

import math
from typing import Any

from mindspore import Parameter, nn, ops
from mindspore.common.initializer import Uniform, initializer

from apimap.composed import keeps_arguments
from apimap.composed.mindspore.empty import empty_result


def norm(x: Any, p: float, axis: int, keepdim: bool) -> Any:
    """A vector's p-norm, whose gradient is zero at zero, as PyTorch's is."""
    size = ops.abs(x)
    if p == 0:
        return (x != 0).astype(x.dtype).sum(axis, keepdims=keepdim) + size.sum() * 0
    if p == 1:
        return size.sum(axis, keepdims=keepdim)
    if math.isinf(p):
        return _extreme(size, p > 0, axis, keepdim)
    largest = ops.stop_gradient(ops.amax(size, axis, True))
    is_zero = largest == 0
    powers = ops.square(x) if p == 2 else _power(size, p)
    total = powers.sum(axis, keepdims=True)
    safe = ops.where(is_zero, ops.ones_like(total), total)
    root = ops.sqrt(safe) if p == 2 else ops.pow(safe, 1.0 / p)
    found = ops.where(is_zero, ops.zeros_like(root), root)
    return found if keepdim else found.squeeze(axis)


def _power(size: Any, p: float) -> Any:
    """Zero has no gradient, also where p is below one."""
    nothing = size == 0
    powers = ops.pow(ops.where(nothing, ops.ones_like(size), size), p)
    return ops.where(nothing, ops.zeros_like(size), powers)


def _extreme(size: Any, largest: bool, axis: int, keepdim: bool) -> Any:
    """The largest or smallest element; equal ones share the gradient."""
    choose = ops.amax if largest else ops.amin
    found = ops.stop_gradient(choose(size, axis, True))
    chosen = (size == found).astype(size.dtype)
    share = chosen / chosen.sum(axis, keepdims=True)
    nothing = ((size - ops.stop_gradient(size)) * share).sum(axis, keepdims=True)
    result = found + nothing
    return result if keepdim else result.squeeze(axis)


@keeps_arguments
class Bilinear(nn.Cell):
    """``torch.nn.Bilinear`` on MindSpore, empty inputs included."""

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        del device, dtype
        start = Uniform(1 / math.sqrt(in1_features))
        shape = (out_features, in1_features, in2_features)
        self.weight = Parameter(initializer(start, shape), name="weight")
        self.bias = Parameter(initializer(start, (out_features,)), name="bias") if bias else None

    def construct(self, input1: Any, input2: Any) -> Any:
        outputs, ours, theirs = self.weight.shape
        shape = (*input1.shape[:-1], outputs)
        if input1.size == 0 or input2.size == 0:
            held = self.weight.sum() + (0 if self.bias is None else self.bias.sum())
            return empty_result(shape, held)
        folded = self.weight.transpose(1, 0, 2).reshape(ours, outputs * theirs)
        product = ops.matmul(input1.reshape(-1, ours), folded).reshape(-1, outputs, theirs)
        result = (product * input2.reshape(-1, 1, theirs)).sum(-1)
        result = result if self.bias is None else result + self.bias
        return result.reshape(shape)


@keeps_arguments
class PairwiseDistance(nn.Cell):
    """``torch.nn.PairwiseDistance`` on MindSpore."""

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        super().__init__()
        self.norm, self.eps, self.keepdim = float(p), eps, keepdim

    def construct(self, x1: Any, x2: Any) -> Any:
        return norm(x1 - x2 + self.eps, self.norm, -1, self.keepdim)


@keeps_arguments
class CosineSimilarity(nn.Cell):
    """``torch.nn.CosineSimilarity`` on MindSpore: ``eps`` bounds each length from below."""

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        super().__init__()
        self.dim, self.eps = dim, eps

    def construct(self, x1: Any, x2: Any) -> Any:
        x1, x2 = ops.broadcast_to(x1, _common(x1, x2)), ops.broadcast_to(x2, _common(x1, x2))
        a = x1 / self.bounded(norm(x1, 2.0, self.dim, True))
        b = x2 / self.bounded(norm(x2, 2.0, self.dim, True))
        return (a * b).sum(self.dim)

    def bounded(self, length: Any) -> Any:
        """At least ``eps``; the gradient is the length's own all the same."""
        fixed = ops.stop_gradient(length)
        return length + (ops.maximum(fixed, self.eps).astype(length.dtype) - fixed)


def _common(a: Any, b: Any) -> tuple[int, ...]:
    """The shape that both broadcast to."""
    rank = max(a.ndim, b.ndim)
    ours, theirs = (1,) * (rank - a.ndim) + a.shape, (1,) * (rank - b.ndim) + b.shape
    return tuple([n if m == 1 else m for m, n in zip(ours, theirs)])  # noqa: B905  under ms.jit
