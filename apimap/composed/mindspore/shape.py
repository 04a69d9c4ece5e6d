"""PyTorch's layers that give an input another shape, on MindSpore."""

from __future__ import annotations

import math
from typing import Any

from mindspore import nn

from apimap.composed import keeps_arguments


@keeps_arguments
class Unflatten(nn.Cell):
    """``torch.nn.Unflatten`` on MindSpore, where a size is -1 and the input may be empty."""

    def __init__(self, dim: int, unflattened_size: Any) -> None:
        super().__init__()
        self.dim, self.unflattened_size = dim, tuple(unflattened_size)
        self.known = math.prod(size for size in self.unflattened_size if size != -1)

    def construct(self, input: Any) -> Any:
        axis = self.dim % input.ndim
        rest = input.shape[axis] // self.known
        sizes = tuple([rest if size == -1 else size for size in self.unflattened_size])
        return input.reshape((*input.shape[:axis], *sizes, *input.shape[axis + 1 :]))
