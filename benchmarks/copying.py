"""Copying 400 MB of weights: bandwidth against one numpy copy, and extra memory at the peak."""

from __future__ import annotations

import gc
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.clock import Figure, ratio

SIDE = 10_000
ROUNDS = 10


def figures() -> Iterator[Figure]:
    """One fresh process for each dtype, so that peaks are its own."""
    for dtype, rows in (("float32", SIDE), ("bfloat16", 2 * SIDE)):
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.copying", dtype, str(rows)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        share, extra = (float(word) for word in done.stdout.split()[-2:])
        yield Figure(f"bandwidth of a {dtype} copy / of numpy's", share, 0.8, at_least=True)
        yield Figure(f"extra memory of a {dtype} copy / of one copy", extra, 1.05)


def measure(dtype: str, rows: int) -> tuple[float, float]:
    """The share of numpy's bandwidth, and the extra memory in copies."""
    convert, layer, plain = to_torch(rows) if dtype == "bfloat16" else to_mindspore(rows)
    before = _peak()
    convert(layer)
    extra = (_peak() - before) / plain.nbytes
    # Cells lie in reference cycles, and one that is not yet collected takes pages from the next.
    converted, copied = (lambda: convert(layer)), (lambda: np.copy(plain))
    return 1 / ratio(converted, copied, ROUNDS, between=gc.collect), extra


def to_mindspore(rows: int) -> tuple[Any, Any, Any]:
    """A PyTorch layer of float32 weights, after a first conversion that fills caches."""
    import torch

    import apimap

    apimap.to_mindspore(torch.nn.Embedding(2, 2))
    module = torch.nn.Embedding(rows, SIDE)
    return apimap.to_mindspore, module, module.weight.detach().numpy()


def to_torch(rows: int) -> tuple[Any, Any, Any]:
    """A MindSpore cell of bfloat16 weights: no layer goes to MindSpore in bfloat16 on CPU."""
    import mindspore
    from mindspore.nn.utils import no_init_parameters

    import apimap

    apimap.to_torch(mindspore.nn.Embedding(2, 2))
    with no_init_parameters():
        cell = mindspore.nn.Embedding(rows, SIDE)
    bits = np.random.default_rng(0).integers(-9999, 9999, (rows, SIDE), np.int16)
    table = mindspore.Tensor.from_numpy(bits).view(mindspore.bfloat16)
    cell.embedding_table = mindspore.Parameter(table, name="embedding_table")
    return apimap.to_torch, cell, bits


def _peak() -> int:
    """The most memory that this process has held, in bytes."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return 1024 * int(found.group(1)) if found else 0


if __name__ == "__main__":
    print(*measure(sys.argv[1], int(sys.argv[2])))
