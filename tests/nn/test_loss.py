"""Losses: what the entries' cases cannot say."""

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


def drawn(*shape: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def on_mindspore(loss: Any, *inputs: Any) -> Any:
    """The converted loss of these arrays, as an array."""
    cell = apimap.to_mindspore(loss)
    return cell(*[mindspore.Tensor(x) for x in inputs]).asnumpy()


def on_torch(loss: Any, *inputs: Any) -> Any:
    """PyTorch's own."""
    return loss(*[torch.tensor(x) for x in inputs]).detach().numpy()


def test_a_class_that_does_not_exist_is_nan_where_pytorch_raises() -> None:
    classes = np.array([1, 4])
    for loss in (nn.CrossEntropyLoss(), nn.NLLLoss(), nn.MultiMarginLoss()):
        with pytest.raises((IndexError, RuntimeError)):
            on_torch(loss, drawn(2, 4), classes)
        assert np.isnan(on_mindspore(loss, drawn(2, 4), classes))


def test_all_classes_ignored_is_nan() -> None:
    loss, classes = nn.CrossEntropyLoss(ignore_index=9), np.array([9, 9])
    assert np.isnan(on_torch(loss, drawn(2, 4), classes))
    assert np.isnan(on_mindspore(loss, drawn(2, 4), classes))


def test_weights_move_with_the_layer_and_come_back() -> None:
    loss = nn.BCEWithLogitsLoss(weight=torch.rand(3), pos_weight=torch.rand(3))
    cell = apimap.to_mindspore(loss)
    assert {p.name: p.requires_grad for p in cell.get_parameters()} == {
        "weight": False,
        "pos_weight": False,
    }
    back = apimap.to_torch(cell).state_dict()
    assert all(torch.equal(back[name], value) for name, value in loss.state_dict().items())


def test_weight_of_bce_is_broadcast_where_mindspore_reads_outside_its_memory() -> None:
    loss = nn.BCELoss(weight=torch.tensor([0.5, 2.0, 1.0]), reduction="none")
    p, t = np.full((2, 3), 0.25, np.float32), np.ones((2, 3), np.float32)
    np.testing.assert_allclose(on_mindspore(loss, p, t), on_torch(loss, p, t), rtol=1e-6)


def test_input_of_bce_outside_its_range_is_nan_where_pytorch_raises() -> None:
    p, t = np.array([1.5], np.float32), np.array([1.0], np.float32)
    with pytest.raises(RuntimeError, match="between 0 and 1"):
        on_torch(nn.BCELoss(), p, t)
    assert np.isnan(on_mindspore(nn.BCELoss(), p, t))


def test_mindspore_bce_keeps_its_own_edges_on_torch() -> None:
    p, t = np.array([0.0, 1.0], np.float32), np.array([1.0, 0.0], np.float32)
    own = msnn.BCELoss(reduction="none")
    converted = apimap.to_torch(own)(torch.tensor(p), torch.tensor(t)).numpy()
    expected = own(mindspore.Tensor(p), mindspore.Tensor(t)).asnumpy()
    np.testing.assert_allclose(converted, expected, rtol=1e-6)
    np.testing.assert_allclose(on_mindspore(nn.BCELoss(), p, t), 100.0)


def test_negative_variance_is_nan_where_pytorch_raises() -> None:
    x, variance = drawn(3), np.array([1.0, -1.0, 1.0], np.float32)
    with pytest.raises(ValueError, match="negative"):
        on_torch(nn.GaussianNLLLoss(), x, x, variance)
    assert np.isnan(on_mindspore(nn.GaussianNLLLoss(), x, x, variance))


def test_soft_margin_of_float_targets() -> None:
    x, t = drawn(2, 3), np.array([[1, -1, 1], [-1, 1, 1]], np.float32)
    loss = nn.SoftMarginLoss(reduction="none")
    np.testing.assert_allclose(on_mindspore(loss, x, t), on_torch(loss, x, t), rtol=1e-6)


def test_distance_functions() -> None:
    named = nn.TripletMarginWithDistanceLoss(distance_function=nn.functional.pairwise_distance)
    inputs = [drawn(3, 4, seed=seed) for seed in range(3)]
    np.testing.assert_allclose(on_mindspore(named, *inputs), on_torch(named, *inputs), rtol=1e-6)
    unknown = nn.TripletMarginWithDistanceLoss(distance_function=lambda x, y: (x - y).sum(-1))
    with pytest.raises(Unsupported, match="function"):
        apimap.to_mindspore(unknown)


def test_too_long_an_input_of_ctc_is_nan_where_pytorch_raises() -> None:
    labels = np.array([[1, 2]])
    inputs = drawn(4, 1, 3), labels, np.array([5]), np.array([2])
    with pytest.raises(RuntimeError, match="at most 4"):
        on_torch(nn.CTCLoss(), *inputs)
    assert np.isnan(on_mindspore(nn.CTCLoss(), *inputs))


def test_ctc_of_lengths_in_tuples_under_jit() -> None:
    loss = nn.CTCLoss(reduction="none")
    scores, labels = drawn(5, 2, 4), np.array([1, 2, 2])
    cell = mindspore.jit(apimap.to_mindspore(loss))
    result = cell(mindspore.Tensor(scores), mindspore.Tensor(labels), (5, 2), (1, 2))
    expected = loss(torch.tensor(scores), torch.tensor(labels), (5, 2), (1, 2))
    np.testing.assert_allclose(result.asnumpy(), expected.numpy(), rtol=1e-5)


@pytest.mark.parametrize("classes", [np.int32, np.int64])
def test_both_kinds_of_classes_after_conversion_to_torch(classes: Any) -> None:
    loss = apimap.to_torch(msnn.CrossEntropyLoss())
    x, t = drawn(3, 4), np.array([0, 3, 1])
    expected = on_torch(nn.CrossEntropyLoss(), x, t)
    np.testing.assert_allclose(on_torch(loss, x, t.astype(classes)), expected, rtol=1e-6)


def test_deprecated_arguments_in_a_call() -> None:
    call = apimap.translate("torch.nn.L1Loss", size_average=False)
    assert call.kwargs == {"size_average": False}
    with pytest.warns(UserWarning, match="reduction='sum'"):
        loss = nn.L1Loss(size_average=False)
    assert apimap.to_mindspore(loss).reduction == "sum"


def test_sampled_softmax_needs_its_candidates() -> None:
    with pytest.raises(Unsupported, match="generator"):
        apimap.to_torch(msnn.SampledSoftmaxLoss(num_sampled=3, num_classes=7))


@pytest.mark.parametrize(
    "cell", [msnn.SoftMarginLoss, msnn.TripletMarginLoss, msnn.MultilabelMarginLoss]
)
def test_losses_without_a_kernel_are_refused(cell: Any) -> None:
    with pytest.raises(Unsupported, match="kernel"):
        apimap.to_torch(cell())
