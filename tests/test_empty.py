"""Empty inputs: MindSpore raises, or leaves gradients as whatever lay in memory."""

from __future__ import annotations

from typing import Any

import mindspore
import numpy as np
import pytest
import torch
from mindspore import ops
from torch import nn

import apimap

LAYERS = [
    (nn.Linear(4, 6), (0, 4)),
    (nn.Linear(4, 6), (3, 0, 4)),
    (nn.Conv2d(4, 6, 3), (0, 4, 9, 9)),
    (nn.ConvTranspose1d(4, 6, 3, stride=2, output_padding=1), (0, 4, 9)),
    (nn.Conv3d(4, 6, 3), (0, 4, 5, 5, 5)),
    (nn.Conv3d(4, 6, 3, groups=2), (0, 4, 5, 5, 5)),
    (nn.Conv2d(4, 6, 3, padding=1, padding_mode="reflect"), (0, 4, 9, 9)),
    (nn.Conv3d(4, 6, 3, padding=1, padding_mode="circular"), (0, 4, 5, 5, 5)),
    (nn.ConvTranspose2d(4, 6, 3, stride=2, output_padding=1), (0, 4, 5, 5)),
    (nn.ConvTranspose3d(4, 6, 3), (0, 4, 3, 3, 3)),
    (nn.ConvTranspose3d(4, 6, 3, dilation=2), (0, 4, 3, 3, 3)),
    (nn.LayerNorm(4), (0, 4)),
    (nn.LayerNorm((3, 4)), (2, 0, 3, 4)),
    (nn.GroupNorm(2, 4), (0, 4, 5)),
    (nn.Sequential(nn.MaxPool2d(2), nn.Conv2d(4, 2, 1)), (0, 4, 8, 8)),
    (nn.Sequential(nn.AvgPool2d(2), nn.Conv2d(4, 2, 1)), (0, 4, 8, 8)),
    (nn.Sequential(nn.AdaptiveAvgPool2d(2), nn.Conv2d(4, 2, 1)), (0, 4, 8, 8)),
]


def fill_free_memory() -> None:
    """Leave large values in the memory that the next small tensors are given."""
    for size in (1, 4, 6, 24, 32, 64, 216):
        for _ in range(10):
            ops.mul(mindspore.Tensor(np.full(size, 1e30, np.float32)), 3.0).asnumpy()


@pytest.mark.parametrize(("module", "shape"), LAYERS, ids=lambda value: str(value)[:40])
def test_gradients_of_an_empty_batch_are_zeros(module: Any, shape: tuple[int, ...]) -> None:
    expected = module(torch.zeros(shape))
    cell = apimap.to_mindspore(module)
    weights = mindspore.ParameterTuple(cell.trainable_params())
    step = mindspore.value_and_grad(cell, None, weights, sens_param=True)
    for _ in range(3):
        fill_free_memory()
        x = mindspore.Tensor(np.zeros(shape, np.float32))
        result, gradients = step(x, ops.zeros(tuple(expected.shape), mindspore.float32))
        assert result.shape == tuple(expected.shape)
        for weight, gradient in zip(weights, gradients, strict=True):
            assert np.array_equal(gradient.asnumpy(), np.zeros(weight.shape, np.float32))


def test_an_empty_batch_of_indices() -> None:
    cell = apimap.to_mindspore(nn.Embedding(5, 3))
    assert cell(mindspore.Tensor(np.zeros((0,), np.int64))).shape == (0, 3)
