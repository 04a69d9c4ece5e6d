"""MindSpore 2.10's softmax gradient is wrong after one over an axis of one element."""

from __future__ import annotations

from typing import Any

import mindspore
import numpy as np
import pytest
import torch
from mindspore import ops
from torch import nn

import apimap

SHAPES = [(6, 1, 1), (3, 2, 5), (1, 1, 4), (2, 7, 3), (4, 1, 2), (5, 3, 2)]


def errors(dim: int, cell: Any) -> list[float]:
    """How far the input's gradient is from PyTorch's, shape after shape."""
    generator = np.random.default_rng(dim + 3)
    step = ops.GradOperation(sens_param=True)(cell)
    found = []
    for shape in SHAPES:
        x, cotangent = generator.standard_normal((2, *shape)).astype(np.float32)
        source = torch.tensor(x, requires_grad=True)
        torch.softmax(source, dim).backward(torch.tensor(cotangent))
        got = step(mindspore.Tensor(x), mindspore.Tensor(cotangent)).asnumpy()
        assert source.grad is not None
        found.append(float(np.abs(got - source.grad.numpy()).max()))
    return found


@pytest.mark.parametrize("dim", [0, 1, -1])
def test_gradients_after_an_axis_of_one_element(dim: int) -> None:
    assert max(errors(dim, apimap.to_mindspore(nn.Softmax(dim)))) < 1e-6


@pytest.mark.parametrize("value", [2.0, float("inf"), float("-inf"), float("nan")])
def test_one_element_alone(value: float) -> None:
    cell = apimap.to_mindspore(nn.Softmax(-1))
    got = cell(mindspore.Tensor([[value]], mindspore.float32)).asnumpy()
    np.testing.assert_array_equal(got, torch.softmax(torch.tensor([[value]]), -1).numpy())
