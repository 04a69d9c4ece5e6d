"""What the entries of pooling cannot say: infinities, ties, unpooling, draws, given samples."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import mindspore
import numpy as np
import pytest
import torch
from mindspore import ops

import apimap
from apimap.errors import Unsupported

RNG = np.random.default_rng(3)


def both(layer: Any, x: Any) -> tuple[Any, Any, Any, Any]:
    """Outputs and input gradients of a PyTorch layer and of its conversion, gradients of ones."""
    source = torch.tensor(x, requires_grad=True)
    expected = layer(source)
    expected.sum().backward()
    cell = apimap.to_mindspore(layer)
    found = cell(mindspore.Tensor(x)).asnumpy()
    gradient = ops.GradOperation()(cell)(mindspore.Tensor(x)).asnumpy()
    assert source.grad is not None
    return found, expected.detach().numpy(), gradient, source.grad.numpy()


MAXIMA = [
    (torch.nn.MaxPool1d(3, 2, 1), (2, 3, 9)),
    (torch.nn.MaxPool2d(3, 2, 1), (2, 3, 9, 8)),
    (torch.nn.MaxPool3d(3, 2, 1), (1, 2, 5, 6, 7)),
    (torch.nn.MaxPool3d(2, ceil_mode=True), (1, 2, 5, 6, 7)),
]


@pytest.mark.parametrize(("layer", "shape"), MAXIMA)
@pytest.mark.parametrize("value", [-math.inf, math.nan])
def test_windows_of_infinities_and_nan(layer: Any, shape: Any, value: float) -> None:
    x = RNG.standard_normal(shape).astype(np.float32)
    x[..., :4] = value
    found, expected, gradient, reference = both(layer, x)
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(gradient, reference)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        *MAXIMA,
        (torch.nn.MaxPool1d(3), (2, 3, 9)),
        (torch.nn.MaxPool2d(2), (2, 3, 8, 8)),
        (torch.nn.MaxPool3d(2), (1, 2, 4, 6, 6)),
        (torch.nn.AdaptiveMaxPool1d(4), (2, 3, 9)),
        (torch.nn.AdaptiveMaxPool2d(4), (2, 3, 9, 7)),
        (torch.nn.AdaptiveMaxPool3d((None, 3, 2)), (1, 2, 4, 6, 5)),
    ],
)
def test_the_first_of_equal_maxima_takes_the_gradient(layer: Any, shape: Any) -> None:
    x = RNG.integers(0, 3, shape).astype(np.float32)
    found, expected, gradient, reference = both(layer, x)
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(gradient, reference)


@pytest.mark.parametrize("norm", [1, 2, 3.0, 0.5, -1])
def test_a_power_mean_of_zeros(norm: float) -> None:
    x = np.array([[[0, 0, 0, 0, 1, 2, 3, 4]]], np.float32)
    found, expected, gradient, reference = both(torch.nn.LPPool1d(norm, 2), x)
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    np.testing.assert_allclose(gradient, reference, rtol=1e-6)


def test_a_power_mean_keeps_nan() -> None:
    x = np.array([[[-1, 2, math.nan, 1, math.inf, 1, 1, 2]]], np.float32)
    for norm in (1.5, 2):
        found, expected, _, _ = both(torch.nn.LPPool1d(norm, 2), x)
        np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_unpooling_takes_the_indices_of_a_converted_pooling(axes: int) -> None:
    shape = (2, 3, 9, 8, 5)[: 2 + axes]
    x = RNG.standard_normal(shape).astype(np.float32)
    pool = getattr(torch.nn, f"MaxPool{axes}d")(3, 2, return_indices=True, ceil_mode=True)
    unpool = getattr(torch.nn, f"MaxUnpool{axes}d")(3, 2)
    expected = unpool(*pool(torch.tensor(x)), output_size=shape)
    values, indices = apimap.to_mindspore(pool)(mindspore.Tensor(x))
    found = apimap.to_mindspore(unpool)(values, indices, shape)
    np.testing.assert_array_equal(found.asnumpy(), expected.numpy())


def test_given_samples_are_a_copied_buffer() -> None:
    samples = torch.rand(2, 3, 2)
    layer = torch.nn.FractionalMaxPool2d(2, 4, _random_samples=samples)
    cell = apimap.to_mindspore(layer)
    held = cell._random_samples
    assert not held.requires_grad
    np.testing.assert_array_equal(held.asnumpy(), samples.numpy())
    samples.zero_()
    assert held.asnumpy().any()
    back = apimap.to_torch(cell)
    assert type(back) is torch.nn.FractionalMaxPool2d
    np.testing.assert_array_equal(back._random_samples.numpy(), held.asnumpy())


def _outcomes(draw: Any, times: int) -> Counter[float]:
    found: Counter[float] = Counter()
    for _ in range(times):
        found.update(draw().reshape(-1).tolist())
    return found


@pytest.mark.parametrize(("axes", "compiled"), [(2, False), (2, True), (3, False)])
def test_windows_that_are_drawn_have_the_same_law(axes: int, compiled: bool) -> None:
    """How often each element of the input is a window's maximum."""
    torch.manual_seed(0)
    mindspore.set_seed(0)
    shape = (1, 200, 9, 7, 5)[: 2 + axes]
    line = RNG.permutation(math.prod(shape[2:])).astype(np.float32)
    x = np.broadcast_to(line.reshape(shape[2:]), shape).copy()
    layer = getattr(torch.nn, f"FractionalMaxPool{axes}d")(2, 3)
    cell = apimap.to_mindspore(layer)
    call = mindspore.jit(cell) if compiled else cell
    ours = _outcomes(lambda: layer(torch.tensor(x)).numpy(), 8)
    theirs = _outcomes(lambda: call(mindspore.Tensor(x)).asnumpy(), 8)
    assert ours.keys() == theirs.keys()
    for value, count in ours.items():
        # Both counts are of 1600 draws a window, so they differ by less than 5 deviations.
        assert abs(count - theirs[value]) < 5 * math.sqrt(2 * count) + 5


def test_a_mean_of_same_padding_is_refused_where_mindspore_is_wrong() -> None:
    cell = mindspore.nn.AvgPool3d(
        3, 1, pad_mode="same", count_include_pad=False, divisor_override=2
    )
    with pytest.raises(Unsupported, match="does not fit its own result"):
        apimap.to_torch(cell)


def test_a_handwritten_maximum_converts_back_as_it_was() -> None:
    cell = mindspore.nn.MaxPool3d(3, 2, pad_mode="pad", padding=1)
    layer = apimap.to_torch(cell)
    assert str(layer) == str(torch.nn.MaxPool3d(3, 2, 1))
    x = RNG.standard_normal((1, 2, 5, 6, 7)).astype(np.float32)
    np.testing.assert_array_equal(layer(torch.tensor(x)), cell(mindspore.Tensor(x)).asnumpy())
    back = apimap.to_mindspore(layer)
    assert type(back.max_pool) is type(cell.max_pool)
