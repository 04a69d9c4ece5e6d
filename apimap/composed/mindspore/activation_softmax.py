"""PyTorch's softmax and its relatives on MindSpore."""

from __future__ import annotations

from typing import Any, Optional

import mindspore
from mindspore import nn, ops

from apimap.composed import keeps_arguments
from apimap.composed.mindspore.activation import single


def axis_of(dim: Optional[int], rank: int) -> int:
    """PyTorch's dim=None is axis 0 or 1 by the input's rank."""
    if dim is None:
        return 0 if rank in (0, 1, 3) else 1
    return dim


def softmax(x: Any, axis: int) -> Any:
    """MindSpore's kernel, except where one element alone is normalized.

    After the kernel's gradient of that the gradients of other shapes are wrong (0.4 for a softmax
    of (3, 2, 5) after (6, 1, 1), MindSpore 2.10).
    """
    if x.size == 0:
        return x
    if x.ndim == 0 or x.shape[axis] == 1:
        return ops.ones_like(x) + (x - x)
    if x.dtype == mindspore.float16:
        return ops.softmax(single(x), axis).astype(x.dtype)
    return ops.softmax(x, axis)


@keeps_arguments
class Softmax(nn.Cell):
    """``torch.nn.Softmax`` on MindSpore."""

    def __init__(self, dim: Optional[int] = None) -> None:
        super().__init__()
        self.dim = dim

    def construct(self, input: Any) -> Any:
        return softmax(input, axis_of(self.dim, input.ndim))


@keeps_arguments
class Softmin(nn.Cell):
    """``torch.nn.Softmin`` on MindSpore."""

    def __init__(self, dim: Optional[int] = None) -> None:
        super().__init__()
        self.dim = dim

    def construct(self, input: Any) -> Any:
        return softmax(-input, axis_of(self.dim, input.ndim))


@keeps_arguments
class Softmax2d(nn.Cell):
    """``torch.nn.Softmax2d`` on MindSpore."""

    def __init__(self) -> None:
        super().__init__()

    def construct(self, input: Any) -> Any:
        if input.ndim not in (3, 4):
            raise ValueError(f"expected an input of rank 3 or 4, got {input.ndim}")
        return softmax(input, -3)


@keeps_arguments
class LogSoftmax(nn.Cell):
    """``torch.nn.LogSoftmax`` on MindSpore, whose own has gradients that are off by 4e-6."""

    def __init__(self, dim: Optional[int] = None) -> None:
        super().__init__()
        self.dim = dim

    def construct(self, input: Any) -> Any:
        axis = axis_of(self.dim, input.ndim)
        if input.size == 0:
            return input
        if input.ndim == 0:
            return input - input
        x = single(input)
        x = x - ops.stop_gradient(ops.amax(x, axis, True))
        return (x - ops.log(ops.exp(x).sum(axis, True))).astype(input.dtype)
