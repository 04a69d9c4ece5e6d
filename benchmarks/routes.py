"""Layers that more than one exact route leads to: `python -m benchmarks.routes` prints the times.

The first of each is MindSpore's own kernel; the layers of the table show the rest, where the
hand-written layer is MindSpore's own and the converted one is composed.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import mindspore
import numpy as np
from mindspore import Parameter, nn, ops
from mindspore.common.initializer import initializer

from apimap.composed.mindspore.activation import GELU
from apimap.composed.mindspore.instance_norm import GroupNorm
from apimap.composed.mindspore.norm import BatchNorm1d
from benchmarks.layer_pairs import IMAGE, WORDS
from benchmarks.steady import compared, settle

Route = tuple[str, Any, Any, tuple[int, ...]]


class LayerNormByProducts(nn.Cell):
    """Means, and their way back to every element, by products with a column and a row."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size
        self.weight = Parameter(initializer("ones", (size,)), name="weight")
        self.bias = Parameter(initializer("zeros", (size,)), name="bias")
        self.product, self.add_bias = ops.MatMul(), ops.BiasAdd()

    def construct(self, x: Any) -> Any:
        rows = x.reshape((-1, self.size))
        column = ops.fill(x.dtype, (self.size, 1), 1.0 / self.size)
        ones = ops.fill(x.dtype, (1, self.size), 1.0)
        centred = rows - self.product(self.product(rows, column), ones)
        inverse = ops.rsqrt(self.product(centred * centred, column) + 1e-5)
        scales = self.product(inverse, self.weight.reshape((1, -1)))
        return self.add_bias(centred * scales, self.bias).reshape(x.shape)


def routes() -> Iterator[Route]:
    """The name, MindSpore's own layer, the other route, and the input's shape."""
    for shape in (WORDS, (8, 128, 768)):
        own = nn.LayerNorm((shape[-1],), epsilon=1e-5)
        yield f"LayerNorm {shape} by products", own, LayerNormByProducts(shape[-1]), shape
    yield "GroupNorm by products", nn.GroupNorm(8, 64), GroupNorm(8, 64), IMAGE
    yield "GELU by erf", nn.GELU(approximate=False), GELU(), IMAGE
    yield "BatchNorm1d by means", nn.BatchNorm1d(512), BatchNorm1d(512), (256, 512)


def shares(own: Any, other: Any, shape: tuple[int, ...], how: str) -> tuple[float, float]:
    """The other route's time in shares of MindSpore's own: forward, and training."""
    rng = np.random.default_rng(0)
    x, sens = (mindspore.Tensor(rng.standard_normal(shape).astype(np.float32)) for _ in "xs")
    calls: list[Any] = [own.set_train(), other.set_train()]
    steps = []
    for cell in calls:
        weights = mindspore.ParameterTuple(cell.trainable_params())
        steps.append(mindspore.value_and_grad(cell, 0, weights or None, sens_param=True))
    if how == "jit":
        calls, steps = [mindspore.jit(c) for c in calls], [mindspore.jit(s) for s in steps]
    graph = how == "jit"
    forward = compared([partial(_fetched, call, x) for call in calls], in_graph=graph)
    training = compared([partial(_fetched, step, x, sens) for step in steps], in_graph=graph)
    return forward[1], training[1]


def _fetched(function: Any, *inputs: Any) -> None:
    result = function(*inputs)
    (result[0] if isinstance(result, tuple) else result).asnumpy()


if __name__ == "__main__":
    settle()
    print("time / that of MindSpore's own layer: forward, training")
    for name, own, other, shape in routes():
        for how in ("eager", "jit"):
            found = shares(own, other, shape, how)
            print(f"{name:38} {how:6} {found[0]:6.2f} {found[1]:6.2f}", flush=True)
