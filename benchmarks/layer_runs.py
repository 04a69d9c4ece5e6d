"""Forward and training runs of a layer: converted, written by hand, and PyTorch's own."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import mindspore
import numpy as np
import torch

import apimap
from apimap.composed import is_composed
from benchmarks.by_hand import First, Itself
from benchmarks.layer_pairs import Pair, pairs
from benchmarks.steady import compared, settle

WRAPPED: dict[str, Callable[[Any], Any]] = {
    "one": lambda layer: layer,
    "first": First,
    "thrice": Itself,
}
MODES = tuple((how, what) for how in ("eager", "jit") for what in ("forward", "training"))
SAME = ("ReLU", "Linear", "LSTM")
REPEATS = 10


@dataclass(frozen=True)
class Row:
    """One layer in one mode: milliseconds, and the shares of the two others."""

    name: str
    route: str
    how: str
    what: str
    taken: float
    of_hand: float
    of_torch: float


def rows(names: Sequence[str]) -> Iterator[Row]:
    """The pairs of these names in each mode."""
    for pair in pairs():
        if pair.name in names:
            yield from _rows(pair)


def _rows(pair: Pair) -> Iterator[Row]:
    module = pair.module().train(pair.train)
    ours, theirs = apimap.to_mindspore(module), pair.cell()
    route = "composed" if is_composed(ours) else "native"
    arrays, sens = drawn(pair, module)
    in_torch = torch_actions(pair, module, arrays, sens)
    for how in ("eager", "jit"):
        found = [mindspore_actions(pair, cell, arrays, sens, how) for cell in (ours, theirs)]
        for what in ("forward", "training"):
            actions = [found[0][what], found[1][what], in_torch[what]]
            taken, hand, by_torch = compared(actions, in_graph=how == "jit")
            yield Row(pair.name, route, how, what, 1000 * taken, 1 / hand, 1 / by_torch)


def same() -> Iterator[float]:
    """Ratios of two layers of one class, which are 1."""
    for pair in pairs():
        if pair.name in SAME:
            arrays, sens = drawn(pair, pair.module())
            for how, what in MODES:
                cells = pair.cell(), pair.cell()
                runs = [mindspore_actions(pair, cell, arrays, sens, how)[what] for cell in cells]
                for _ in range(REPEATS):
                    yield compared(runs, in_graph=how == "jit")[1]


def drawn(pair: Pair, module: Any) -> tuple[list[Any], Any]:
    """Inputs, and a gradient for the first result."""
    rng = np.random.default_rng(0)
    arrays: list[Any] = [rng.standard_normal(pair.shape).astype(np.float32)]
    if pair.classes:
        shape = pair.shape[:1] if pair.targets else pair.shape
        arrays[0 if not pair.targets else 1 :] = [rng.integers(0, pair.classes, shape)]
    result = _torch_result(pair, module, [torch.from_numpy(array) for array in arrays])
    return arrays, np.asarray(rng.standard_normal(tuple(result.shape)), np.float32)


def _torch_result(pair: Pair, module: Any, tensors: list[Any]) -> Any:
    if pair.takes == "one":
        return module(*tensors)
    return module(*(tensors * 3 if pair.takes == "thrice" else tensors))[0]


def torch_actions(pair: Pair, module: Any, arrays: list[Any], sens: Any) -> dict[str, Any]:
    """PyTorch's forward and training step."""
    tensors = [torch.from_numpy(array) for array in arrays]
    cotangent = torch.from_numpy(sens)
    leaves = [tensor for tensor in tensors if tensor.is_floating_point()]
    wanted = [*leaves, *module.parameters()]

    def forward() -> None:
        with torch.no_grad():
            _torch_result(pair, module, tensors).numpy()

    def training() -> None:
        for leaf in leaves:
            leaf.requires_grad_()
        result = _torch_result(pair, module, tensors)
        torch.autograd.grad(result, wanted, cotangent)[-1].numpy()

    return {"forward": forward, "training": training}


def mindspore_actions(
    pair: Pair, layer: Any, arrays: list[Any], sens: Any, how: str
) -> dict[str, Any]:
    """MindSpore's forward and training step, eager or in a graph."""
    cell = WRAPPED[pair.takes](layer).set_train(pair.train)
    tensors = [
        mindspore.Tensor(array if array.dtype == np.float32 else array.astype(np.int32))
        for array in arrays
    ]
    weights = mindspore.ParameterTuple(cell.trainable_params()) if cell.trainable_params() else None
    position = 0 if arrays[0].dtype == np.float32 else None
    step = mindspore.value_and_grad(cell, position, weights, sens_param=True)
    call, cotangent = cell, mindspore.Tensor(sens)
    if how == "jit":
        call, step = mindspore.jit(cell), mindspore.jit(step)

    def forward() -> None:
        call(*tensors).asnumpy()

    def training() -> None:
        _, gradients = step(*tensors, cotangent)
        while isinstance(gradients, tuple):
            gradients = gradients[-1]
        gradients.asnumpy()

    return {"forward": forward, "training": training}


if __name__ == "__main__":
    torch.set_num_threads(1)
    settle()
    if sys.argv[1:] == ["same"]:
        print(json.dumps(list(same())), flush=True)
    else:
        for row in rows(sys.argv[1:]):
            print(json.dumps(asdict(row)), flush=True)
