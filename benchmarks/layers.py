"""Converting a network against doing it by hand, and converted layers against hand-written ones."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, Union

import mindspore
import torch

import apimap
from benchmarks.clock import Figure, ratio

ROUNDS = 150
GROUP = 8
T, M = torch.nn, mindspore.nn


def figures() -> Iterator[Union[Figure, str]]:
    """Conversion, then the table of layers, and what it comes to."""
    network = torch_network()
    yield Figure(
        "converting the small network / by hand",
        ratio(lambda: apimap.to_mindspore(network), lambda: by_hand(network), ROUNDS),
        1.3,
    )
    yield from speeds()


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


def speeds() -> Iterator[Union[Figure, str]]:
    """The table: each layer's time, and its shares of the hand-written layer's and of PyTorch's."""
    from benchmarks.layer_pairs import pairs

    steady = measured("same")[0]
    near = sum(abs(value - 1) <= 0.05 for value in steady) / len(steady)
    yield Figure("two layers of one class that read 1.00 to 0.05", near, 0.9, at_least=True)
    names = [pair.name for pair in pairs()]
    yield "converted layer: ms, / hand-written MindSpore, / PyTorch eager (processor time)"
    yield f"{'':38}{'eager':^38}{'jit':^38}"
    yield f"{'':38}" + 2 * f"{'forward':^19}{'training':^19}"
    found = []
    for start in range(0, len(names), GROUP):
        some = measured(*names[start : start + GROUP])
        found += some
        yield from (_line(some[at : at + 4]) for at in range(0, len(some), 4))
    ratios = {f"{row['name']}, {row['how']} {row['what']}": row["of_hand"] for row in found}
    mean = math.exp(sum(map(math.log, ratios.values())) / len(ratios))
    yield Figure(f"{len(names)} layers / written by hand, geometric mean", mean, 0.8)
    worst = max(ratios, key=lambda name: ratios[name])
    yield Figure(f"the slowest: {worst}", ratios[worst], 1.1)
    yield Figure("times over 1.1 of the hand-written", sum(v > 1.1 for v in ratios.values()), 0)


def _line(rows: list[Any]) -> str:
    cells = (f"{row['taken']:7.2f}{row['of_hand']:6.2f}{row['of_torch']:6.1f}" for row in rows)
    return f"{rows[0]['name']:26} {rows[0]['route']:9}  " + "".join(cells)


def measured(*words: str) -> list[Any]:
    """What a fresh process of one thread prints."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.layer_runs", *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return [json.loads(line) for line in done.stdout.splitlines() if line[:1] in "[{"]
