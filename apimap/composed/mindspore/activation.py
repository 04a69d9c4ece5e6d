"""PyTorch's activations and dropout on MindSpore, where its own are inexact or lack a form."""

from __future__ import annotations

from typing import Any, Optional

import mindspore
from mindspore import nn, ops

from apimap.composed import keeps_arguments


@keeps_arguments
class Tanh(nn.Cell):
    """``torch.nn.Tanh`` on MindSpore.

    MindSpore 2.10's float32 kernel is off by 1e-4 on CPU, its float64 kernel is exact.
    """

    def __init__(self) -> None:
        super().__init__()

    def construct(self, input: Any) -> Any:
        return ops.tanh(input.astype(mindspore.float64)).astype(input.dtype)


@keeps_arguments
class Softmax(nn.Cell):
    """``torch.nn.Softmax`` on MindSpore, whose dim=None is axis 0 or 1 by the input's rank.

    One element alone is normalized without MindSpore's kernel: after its gradient the gradients
    of other shapes are wrong (0.4 for a softmax of (3, 2, 5) after (6, 1, 1), MindSpore 2.10).
    """

    def __init__(self, dim: Optional[int] = None) -> None:
        super().__init__()
        self.dim = dim

    def construct(self, input: Any) -> Any:
        dim = self.dim
        if dim is None:
            dim = 0 if input.ndim in (0, 1, 3) else 1
        if input.shape[dim] == 1:
            return ops.ones_like(input) + (input - input)
        return ops.softmax(input, dim)


@keeps_arguments
class Dropout(nn.Cell):
    """``torch.nn.Dropout`` on MindSpore, also where p=1 drops everything."""

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        del inplace
        self.drops_all = p == 1
        self.drop = nn.Dropout(p=0.0 if p == 1 else p)

    def construct(self, input: Any) -> Any:
        if self.drops_all and self.training:
            return input * 0
        return self.drop(input)
