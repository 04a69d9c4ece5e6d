"""Copying 400 MB of weights: bandwidth against one numpy copy, and extra memory at the peak."""

from __future__ import annotations

import gc
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

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
    import torch

    import apimap

    apimap.to_mindspore(torch.nn.Embedding(2, 2))  # what the first conversion imports and caches
    # MindSpore's Embedding takes bfloat16 on CPU, its Dense does not.
    module = torch.nn.Embedding(rows, SIDE, dtype=getattr(torch, dtype))
    plain = module.weight.detach().view(torch.uint8).numpy()
    before = _peak()
    apimap.to_mindspore(module)
    extra = (_peak() - before) / plain.nbytes
    # Cells lie in reference cycles, and one that is not yet collected takes pages from the next.
    converted, copied = (lambda: apimap.to_mindspore(module)), (lambda: np.copy(plain))
    return 1 / ratio(converted, copied, ROUNDS, between=gc.collect), extra


def _peak() -> int:
    """The most memory that this process has held, in bytes."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return 1024 * int(found.group(1)) if found else 0


if __name__ == "__main__":
    print(*measure(sys.argv[1], int(sys.argv[2])))
