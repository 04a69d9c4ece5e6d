"""Resizing, shuffling, folding: what the entries' cases cannot say."""

from __future__ import annotations

from typing import Any

import mindspore
import numpy as np
import pytest
import torch
from mindspore import nn as msnn
from mindspore import ops
from torch import nn

import apimap
from apimap.errors import Unsupported


def compare(module: nn.Module, shape: tuple[int, ...], dtype: Any = np.float32) -> None:
    """The converted layer gives the same values and the same input gradient."""
    generator = np.random.default_rng(len(shape))
    x = generator.standard_normal(shape).astype(dtype)
    source = torch.tensor(x, requires_grad=True)
    expected = module(source)
    cotangent = generator.standard_normal(tuple(expected.shape)).astype(dtype)
    (gradient,) = torch.autograd.grad(expected, source, torch.tensor(cotangent))
    cell = apimap.to_mindspore(module)
    step = ops.GradOperation(sens_param=True)(cell)
    found = cell(mindspore.Tensor(x)).asnumpy()
    np.testing.assert_allclose(found, expected.detach().numpy(), rtol=1e-5, atol=1e-5)
    got = step(mindspore.Tensor(x), mindspore.Tensor(cotangent)).asnumpy()
    np.testing.assert_allclose(got, gradient.numpy(), rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("mode", ["nearest", "nearest-exact"])
@pytest.mark.parametrize("scale", [1.1, 2.05, 2.7])
@pytest.mark.parametrize("shape", [(1, 2, 33), (1, 2, 5, 6), (1, 1, 60, 50), (1, 1, 4, 3, 6)])
def test_nearest_follows_every_index_of_pytorch(
    mode: str, scale: float, shape: tuple[int, ...]
) -> None:
    compare(nn.Upsample(scale_factor=scale, mode=mode), shape)


def test_nearest_in_float64_uses_other_indices_than_in_float32() -> None:
    compare(nn.Upsample(scale_factor=2.7), (1, 2, 39), np.float64)


def test_bicubic_gradient_is_copied_where_the_size_stays() -> None:
    compare(nn.Upsample(scale_factor=1.1, mode="bicubic"), (1, 2, 5, 6))


@pytest.mark.parametrize("corners", [True, False])
def test_a_single_value(corners: bool) -> None:
    compare(nn.Upsample(size=1, mode="linear", align_corners=corners), (2, 3, 2))


def test_bicubic_of_mindspore_is_refused() -> None:
    with pytest.raises(Unsupported, match="bicubic kernel has weights"):
        apimap.to_torch(msnn.Upsample(size=(4, 5), mode="bicubic"))


def test_mindspores_scale_factor_is_refused_unless_recomputed() -> None:
    with pytest.raises(Unsupported, match="rounds a scale factor"):
        apimap.to_torch(msnn.Upsample(scale_factor=1.1))
    layer = apimap.to_torch(msnn.Upsample(scale_factor=1.1, recompute_scale_factor=True))
    assert layer.recompute_scale_factor is True


def test_fold_undoes_unfold_of_single_windows() -> None:
    x = mindspore.Tensor(np.random.default_rng(0).standard_normal((3, 6, 4)).astype(np.float32))
    unfold = apimap.to_mindspore(nn.Unfold((2, 2), stride=2))
    fold = apimap.to_mindspore(nn.Fold((6, 4), (2, 2), stride=2))
    assert (fold(unfold(x)).asnumpy() == x.asnumpy()).all()


def test_unflatten_of_an_empty_batch() -> None:
    cell = apimap.to_mindspore(nn.Unflatten(1, (2, -1)))
    assert cell(mindspore.Tensor(np.zeros((0, 6), np.float32))).shape == (0, 2, 3)
