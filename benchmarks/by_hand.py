"""What one writes by hand from MindSpore's operators, where it has no such layer on CPU."""

from __future__ import annotations

from typing import Any

from mindspore import Parameter, nn, ops
from mindspore.common.initializer import initializer


class RMSNorm(nn.Cell):
    """The formula of the paper; ``mindspore.nn`` has no such layer."""

    def __init__(self, size: int, epsilon: float = 1e-6) -> None:
        super().__init__()
        self.weight = Parameter(initializer("ones", (size,)), name="weight")
        self.epsilon = epsilon

    def construct(self, x: Any) -> Any:
        squares = ops.mean(ops.square(x), -1, keep_dims=True)
        return x * ops.rsqrt(squares + self.epsilon) * self.weight


class First(nn.Cell):
    """The first result of a layer that has several."""

    def __init__(self, layer: Any) -> None:
        super().__init__(auto_prefix=False)
        self.layer = layer

    def construct(self, *inputs: Any) -> Any:
        return self.layer(*inputs)[0]


class Itself(nn.Cell):
    """A layer on one input that it takes thrice, and the first of its results."""

    def __init__(self, layer: Any) -> None:
        super().__init__(auto_prefix=False)
        self.layer = layer

    def construct(self, x: Any) -> Any:
        return self.layer(x, x, x)[0]
