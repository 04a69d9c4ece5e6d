"""Normalizations: what the entries' cases cannot say."""

from __future__ import annotations

from typing import Any

import mindspore
import numpy as np
import pytest
import torch
from mindspore import nn as msnn
from torch import nn

import apimap
from apimap.errors import Unsupported


def drawn(*shape: int) -> Any:
    return np.random.default_rng(len(shape)).standard_normal(shape).astype(np.float32)


def test_cumulative_average_over_batches() -> None:
    module = nn.BatchNorm1d(3, momentum=None)
    cell = apimap.to_mindspore(module)
    for seed in range(4):
        x = np.random.default_rng(seed).standard_normal((5, 3)).astype(np.float32)
        module(torch.tensor(x))
        cell(mindspore.Tensor(x))
    back = apimap.to_torch(cell)
    assert int(back.num_batches_tracked) == 4
    assert module.running_var is not None
    np.testing.assert_allclose(back.running_var.numpy(), module.running_var.numpy(), rtol=1e-6)


def test_composed_batch_norm_leaves_its_statistics_for_an_empty_input() -> None:
    module = nn.BatchNorm1d(3, momentum=None)
    cell = apimap.to_mindspore(module)
    assert cell(mindspore.Tensor(np.zeros((0, 3, 2), np.float32))).shape == (0, 3, 2)
    assert cell.running_var.asnumpy().tolist() == [1.0] * 3
    assert int(cell.num_batches_tracked.asnumpy()) == 1


def test_layer_norm_over_two_axes_takes_inputs_of_any_rank() -> None:
    module = nn.LayerNorm((4, 5))
    cell = apimap.to_mindspore(module)
    for shape in [(4, 5), (2, 4, 5), (2, 3, 4, 5)]:
        x = drawn(*shape)
        expected = module(torch.tensor(x)).detach().numpy()
        np.testing.assert_allclose(cell(mindspore.Tensor(x)).asnumpy(), expected, atol=1e-5)


def test_process_groups_are_refused() -> None:
    module = nn.SyncBatchNorm(3)
    module.process_group = "a group"
    with pytest.raises(Unsupported, match=r"torch\.distributed"):
        apimap.to_mindspore(module)


def test_sync_batch_norm_is_native() -> None:
    cell = apimap.to_mindspore(nn.SyncBatchNorm(3))
    assert isinstance(cell, msnn.SyncBatchNorm)
    assert isinstance(apimap.to_torch(cell), nn.SyncBatchNorm)


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_mindspores_instance_norm_is_refused(axes: int) -> None:
    cell = getattr(msnn, f"InstanceNorm{axes}d")(3)
    with pytest.raises(Unsupported, match="no InstanceNorm kernel on CPU"):
        apimap.to_torch(cell)


def test_the_first_channel_stays_in_the_sums_of_cross_map_lrn() -> None:
    module = nn.CrossMapLRN2d(3, alpha=3.0, beta=1.0, k=1.0)
    x = np.zeros((1, 6, 1, 1), np.float32)
    x[0, 0], x[0, 5] = 2.0, 1.0
    expected = module(torch.tensor(x)).numpy()
    assert expected[0, 5] == pytest.approx(1 / 6)
    found = apimap.to_mindspore(module)(mindspore.Tensor(x)).asnumpy()
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_local_response_norm_from_mindspore_multiplies_alpha() -> None:
    module = apimap.to_torch(msnn.LRN(2, 1.0, 0.3, 0.75))
    assert (module.size, module.alpha) == (5, pytest.approx(1.5))
