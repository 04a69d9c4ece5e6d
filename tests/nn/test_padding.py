"""What the entries of padding cannot say: many calls, other dtypes, refusals of the layers."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import mindspore
import numpy as np
import pytest
import torch
from mindspore import ops

import apimap

X = np.arange(1.0, 22.0, dtype=np.float32).reshape(1, 3, 7)

MANY_GRADIENTS = """
import apimap, mindspore, torch
from mindspore import ops
mindspore.runtime.launch_blocking()
cell = apimap.to_mindspore(torch.nn.ConstantPad2d(1, 1.5))
step = mindspore.jit(ops.GradOperation()(cell))
x = mindspore.ops.ones((2, 3, 8, 8), mindspore.float32)
for _ in range(20):
    step(x).asnumpy()
"""


def test_compiled_gradients_do_not_hang() -> None:
    """MindSpore 2.10's own layer hangs in the sixth with this input."""
    subprocess.run([sys.executable, "-c", MANY_GRADIENTS], check=True, timeout=50)


def test_every_call_cuts_off_the_same() -> None:
    """MindSpore 2.10's own layer shifts the values from its second call on."""
    layer = torch.nn.ConstantPad1d((-2, 1), 1.5)
    expected = layer(torch.tensor(X)).numpy()
    cell = apimap.to_mindspore(layer)
    own = mindspore.nn.ConstantPad1d((-2, 1), 1.5)
    for _ in range(3):
        np.testing.assert_array_equal(cell(mindspore.Tensor(X)).asnumpy(), expected)
    np.testing.assert_array_equal(own(mindspore.Tensor(X)).asnumpy(), expected)
    np.testing.assert_array_equal(apimap.to_torch(own)(torch.tensor(X)), expected)


@pytest.mark.parametrize("dtype", [np.int32, np.int64, np.float64])
def test_constants_are_of_the_inputs_dtype(dtype: Any) -> None:
    layer = torch.nn.ConstantPad1d((1, 2), 0.1)
    x = X.astype(dtype)
    found = apimap.to_mindspore(layer)(mindspore.Tensor(x)).asnumpy()
    expected = layer(torch.tensor(x)).numpy()
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


def test_cutting_everything_off_leaves_the_value_and_no_gradient() -> None:
    cell = apimap.to_mindspore(torch.nn.ConstantPad1d((-9, 4), 1.5))
    np.testing.assert_array_equal(cell(mindspore.Tensor(X)).asnumpy(), np.full((1, 3, 2), 1.5))
    gradient = ops.GradOperation()(cell)(mindspore.Tensor(X))
    np.testing.assert_array_equal(gradient.asnumpy(), np.zeros_like(X))


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (torch.nn.CircularPad1d(8), (1, 3, 7)),
        (torch.nn.CircularPad1d(1), (1, 1, 3, 7)),
        (torch.nn.ReflectionPad1d(7), (1, 3, 7)),
        (torch.nn.ReflectionPad1d((-1, 7)), (1, 3, 7)),
        (torch.nn.ReflectionPad1d((-4, -3)), (1, 3, 7)),
        (torch.nn.ConstantPad1d((-5, -3), 0.0), (1, 3, 7)),
        (torch.nn.ConstantPad2d(1, 0.0), (7,)),
    ],
)
def test_what_pytorch_refuses_is_refused(layer: Any, shape: Any) -> None:
    x = np.zeros(shape, np.float32)
    with pytest.raises((RuntimeError, ValueError)):
        layer(torch.tensor(x))
    cell = apimap.to_mindspore(layer)
    with pytest.raises((RuntimeError, ValueError)):
        cell(mindspore.Tensor(x)).asnumpy()


@pytest.mark.parametrize("mode", ["REFLECT", "SYMMETRIC"])
def test_a_mirroring_pad_of_all_axes(mode: str) -> None:
    cell = mindspore.nn.Pad(((1, 0), (2, 2), (0, 3)), mode=mode)
    layer = apimap.to_torch(cell)
    x = np.random.default_rng(0).standard_normal((2, 3, 4)).astype(np.float32)
    np.testing.assert_array_equal(layer(torch.tensor(x)), cell(mindspore.Tensor(x)).asnumpy())
    assert apimap.to_mindspore(layer).mode == mode
    with pytest.raises(ValueError, match="mirror more"):
        layer(torch.zeros(2, 1, 4))
