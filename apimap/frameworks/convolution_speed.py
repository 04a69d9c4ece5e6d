"""Time one MindSpore convolution in a fresh process: ``python -m ... `` prints milliseconds."""

from __future__ import annotations

import time

import mindspore
import numpy as np


def milliseconds() -> float:
    """The second run of a 3x3 convolution of 1x64x56x56; the first one sets up."""
    draw = np.random.default_rng(0)
    x = mindspore.Tensor(draw.standard_normal((1, 64, 56, 56), dtype=np.float32))
    weight = mindspore.Tensor(draw.standard_normal((64, 64, 3, 3), dtype=np.float32))
    for _ in range(2):
        start = time.perf_counter()
        mindspore.ops.conv2d(x, weight, pad_mode="same").asnumpy()
        taken = time.perf_counter() - start
    return 1000 * taken


if __name__ == "__main__":
    print(milliseconds())
