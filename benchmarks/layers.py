"""Converting a network against doing it by hand, and converted layers against native ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import mindspore
import numpy as np
import torch

import apimap
from benchmarks.clock import Figure, ratio

ROUNDS = 150
T, M = torch.nn, mindspore.nn
X2 = (8, 64, 28, 28)
Pair = tuple[str, Any, Any, tuple[int, ...]]


def figures() -> Iterator[Figure]:
    """Conversion, then forward and training of layers."""
    network = torch_network()
    yield Figure(
        "converting the small network / by hand",
        ratio(lambda: apimap.to_mindspore(network), lambda: by_hand(network), ROUNDS),
        1.3,
    )
    for name, module, native, shape in native_pairs():
        cell, copy = apimap.to_mindspore(module), native.set_train()
        yield from _speeds(f"converted {name} / native", cell, copy, shape, 1.05)
    module = T.ConvTranspose1d(64, 64, 5, stride=3, padding=2, output_padding=2)
    nearest = M.Conv1dTranspose(64, 64, 5, stride=3, pad_mode="same", has_bias=True)
    cell = apimap.to_mindspore(module)
    yield from _speeds(
        "composed ConvTranspose1d / nearest native", cell, nearest, (8, 64, 400), 1.3
    )


def torch_network() -> Any:
    """A small network of native layers."""
    return T.Sequential(
        T.Sequential(T.Conv2d(3, 32, 3, padding=1), T.BatchNorm2d(32), T.ReLU(), T.MaxPool2d(2)),
        T.Sequential(T.Conv2d(32, 64, 3, padding=1), T.BatchNorm2d(64), T.ReLU()),
        T.Sequential(T.Flatten(), T.Linear(64 * 16 * 16, 128), T.ReLU(), T.Linear(128, 10)),
    )


def by_hand(network: Any) -> Any:
    """What one would write: the same cells, then a copy of each tensor."""
    conv = {"pad_mode": "pad", "padding": 1, "has_bias": True}
    cell = M.SequentialCell(
        M.SequentialCell(
            M.Conv2d(3, 32, 3, **conv), M.BatchNorm2d(32), M.ReLU(), M.MaxPool2d(2, 2)
        ),
        M.SequentialCell(M.Conv2d(32, 64, 3, **conv), M.BatchNorm2d(64), M.ReLU()),
        M.SequentialCell(M.Flatten(), M.Dense(64 * 16 * 16, 128), M.ReLU(), M.Dense(128, 10)),
    )
    held = {name: tensor for name, tensor in network.state_dict().items() if tensor.ndim}
    for (_, parameter), tensor in zip(cell.parameters_and_names(), held.values(), strict=True):
        parameter.set_data(mindspore.Tensor(tensor.numpy()))
    return cell.set_train()


def native_pairs() -> Iterator[Pair]:
    """Layers whose counterpart is native, beside that counterpart written by hand."""
    conv = {"pad_mode": "pad", "padding": 1, "has_bias": True}
    yield "Conv2d", T.Conv2d(64, 64, 3, padding=1), M.Conv2d(64, 64, 3, **conv), X2
    yield "BatchNorm2d", T.BatchNorm2d(64), M.BatchNorm2d(64), X2
    yield "ReLU", T.ReLU(), M.ReLU(), X2
    yield "MaxPool2d", T.MaxPool2d(2), M.MaxPool2d(2, 2), X2
    yield "Linear", T.Linear(512, 512), M.Dense(512, 512), (256, 512)
    transposed = M.Conv1dTranspose(64, 64, 4, pad_mode="pad", has_bias=True)
    yield "ConvTranspose1d", T.ConvTranspose1d(64, 64, 4), transposed, (8, 64, 400)


def _speeds(
    name: str, ours: Any, theirs: Any, shape: tuple[int, ...], goal: float
) -> Iterator[Figure]:
    x = mindspore.Tensor(np.random.default_rng(0).standard_normal(shape).astype(np.float32))
    yield Figure(f"{name}, forward", ratio(_forward(ours, x), _forward(theirs, x), ROUNDS), goal)
    yield Figure(f"{name}, training", ratio(_step(ours, x), _step(theirs, x), ROUNDS), goal)


def _forward(cell: Any, x: Any) -> Any:
    return lambda: cell(x).asnumpy()


def _step(cell: Any, x: Any) -> Any:
    weights = cell.trainable_params()
    step = mindspore.value_and_grad(lambda value: cell(value).sum(), 0, weights or None)

    def run() -> None:
        _, gradients = step(x)
        (gradients[0] if weights else gradients).asnumpy()

    return run
