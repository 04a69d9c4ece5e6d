"""Activations and dropout: what entries cannot say."""

from __future__ import annotations

from typing import Any

import mindspore
import numpy as np
import pytest
import torch
from mindspore import mint
from mindspore import nn as mnn
from torch import nn

import apimap
from apimap.parity.statistics import Law, dropout_parity, slope_parity

KINKS = np.array([-6, -3, -1, -0.5, -0.0, 0, 0.5, 1, 3, 6], np.float32)


def gradients(module: Any, cell: Any, x: Any, dtype: str = "float32") -> tuple[Any, Any]:
    """Of the sum of each side's outputs."""
    ours = torch.tensor(x, dtype=getattr(torch, dtype), requires_grad=True)
    module(ours).sum().backward()
    theirs = mindspore.grad(cell)(mindspore.Tensor(x, getattr(mindspore, dtype)))
    return ours.grad.numpy(), theirs.asnumpy()


@pytest.mark.parametrize(
    "module",
    [
        nn.LeakyReLU(0.2),
        nn.LeakyReLU(-0.2),
        nn.LeakyReLU(3.0),
        nn.PReLU(),
        nn.RReLU(0.2, 0.4).eval(),
        nn.Hardtanh(),
        nn.Hardtanh(-3, 0.5),
        nn.Hardswish(),
        nn.Hardsigmoid(),
        nn.Hardshrink(),
        nn.Softshrink(),
        nn.Threshold(0.5, 3.0),
        nn.ELU(0.7),
        nn.SELU(),
        nn.CELU(0.7),
        nn.Softplus(2.0, 1.0),
    ],
    ids=repr,
)
def test_gradients_at_kinks(module: Any) -> None:
    """Exactly where the pieces meet, which random inputs never hit and zeros do."""
    ours, theirs = gradients(module, apimap.to_mindspore(module), KINKS)
    np.testing.assert_allclose(theirs, ours, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    "module", [nn.Mish(), nn.LogSigmoid(), nn.LogSoftmax(-1), nn.GELU("tanh")], ids=repr
)
def test_double_precision(module: Any) -> None:
    """Of those whose MindSpore kernels are no better than in float32."""
    x = np.linspace(-30, 30, 601)
    cell = apimap.to_mindspore(module)
    ours, theirs = gradients(module, cell, x, "float64")
    np.testing.assert_allclose(theirs, ours, rtol=1e-9, atol=1e-12)
    found = cell(mindspore.Tensor(x, mindspore.float64)).asnumpy()
    np.testing.assert_allclose(found, module(torch.tensor(x)).numpy(), rtol=1e-9, atol=1e-12)


def test_half_precision() -> None:
    """MindSpore's own LogSigmoid overflows there."""
    x = np.linspace(-20, 20, 401)
    module = nn.LogSigmoid()
    ours, theirs = gradients(module, apimap.to_mindspore(module), x, "float16")
    np.testing.assert_allclose(theirs, ours, rtol=2e-3, atol=1e-5)


def test_tanh_is_right_in_relative_terms() -> None:
    """Also of tiny arguments."""
    x = np.concatenate([np.geomspace(1e-30, 50, 4000), -np.geomspace(1e-30, 50, 4000)])
    cell = apimap.to_mindspore(nn.Tanh())
    found = cell(mindspore.Tensor(x, mindspore.float32)).asnumpy()
    np.testing.assert_allclose(found, np.tanh(x.astype(np.float32).astype(float)), rtol=4e-7)


@pytest.mark.parametrize("cell", [mnn.SeLU(), mnn.LogSigmoid(), mnn.Mish(), mnn.Tanh()], ids=repr)
def test_wrong_cells_become_right_modules(cell: Any) -> None:
    module = apimap.to_torch(cell)
    assert type(module) is {"SeLU": nn.SELU}.get(type(cell).__name__) or getattr(
        nn, type(cell).__name__
    )


def test_slopes_of_prelu_move_both_ways() -> None:
    """By whatever name each side has for them."""
    module = nn.PReLU(3)
    with torch.no_grad():
        module.weight.copy_(torch.tensor([0.1, -0.2, 0.3]))
    cell = apimap.to_mindspore(module)
    assert [p.name for p in cell.get_parameters()] == ["weight"]
    assert torch.equal(apimap.to_torch(cell).weight, module.weight)
    for other in (mnn.PReLU(3, [0.1, 0.2, 0.3]), mnn.PReLUExt(3, 0.4), mint.nn.PReLU(3, 0.4)):
        slopes = next(iter(other.get_parameters())).asnumpy()
        assert np.array_equal(apimap.to_torch(other).weight.detach().numpy(), slopes)


def test_initial_slopes_in_calls() -> None:
    assert str(apimap.translate("mindspore.nn.PReLU", 3, 0.5)) == (
        "torch.nn.PReLU(num_parameters=3, init=0.5)"
    )
    with pytest.raises(apimap.Unsupported, match="says several"):
        apimap.translate("mindspore.nn.PReLU", 2, [0.1, 0.2])
    call = apimap.translate("torch.nn.PReLU", 3, 0.5)
    assert (call.route, call.kwargs["init"]) == ("composed", 0.5)


def test_hardtanh_by_its_deprecated_names() -> None:
    with pytest.warns(FutureWarning, match="deprecated"):
        module = nn.Hardtanh(min_value=-2.0, max_value=0.5)
    cell = apimap.to_mindspore(module)
    assert (cell.low, cell.high) == (-2.0, 0.5)
    assert (apimap.to_torch(cell).min_val, apimap.to_torch(cell).max_val) == (-2.0, 0.5)


def test_glu_refuses_odd_sizes() -> None:
    cell = apimap.to_mindspore(nn.GLU())
    with pytest.raises(ValueError, match="divisible"):
        cell(mindspore.Tensor(np.zeros((2, 5), np.float32))).asnumpy()


def test_activations_by_name() -> None:
    """mindspore.nn.get_activation gives plain cells."""
    names = ["relu", "relu6", "silu", "tanh", "hardtanh", "gelu", "fast_gelu", "elu", "sigmoid"]
    names += ["softsign", "prelu", "leakyrelu", "hswish", "hsigmoid", "logsigmoid", "softshrink"]
    names += ["hshrink", "mish", "softmin", "softmax", "logsoftmax", "tanhshrink"]
    x = np.linspace(0.1, 2, 12, dtype=np.float32).reshape(3, 4)
    for name in names:
        cell = mnn.get_activation(name)
        found = apimap.to_torch(cell)(torch.tensor(x)).detach().numpy()
        np.testing.assert_allclose(found, cell(mindspore.Tensor(x)).asnumpy(), 1e-5, 1e-5)


def test_rrelu_in_training() -> None:
    module = nn.RReLU(0.1, 0.4)
    assert slope_parity(module, apimap.to_mindspore(module), 0.1, 0.4).ok
    cell = mnn.RReLU(0.1, 0.4)
    assert slope_parity(apimap.to_torch(cell), cell, 0.1, 0.4).ok
    assert slope_parity(apimap.to_torch(cell.set_train(False)), cell, 0.1, 0.4).ok


@pytest.mark.parametrize("lower", [0.25, -0.5])
def test_rrelu_of_one_slope(lower: float) -> None:
    module = nn.RReLU(lower, lower)
    ours, theirs = gradients(module, apimap.to_mindspore(module), KINKS)
    np.testing.assert_allclose(theirs, ours)


@pytest.mark.parametrize(
    ("name", "shape", "channels"),
    [
        ("Dropout", (64, 16, 12), 0),
        ("Dropout1d", (64, 64, 5), 2),
        ("Dropout1d", (2048, 3), 1),
        ("Dropout2d", (64, 64, 3, 3), 2),
        ("Dropout2d", (64, 64, 5), 2),
        ("Dropout3d", (64, 64, 2, 3, 3), 2),
        ("Dropout3d", (2048, 2, 3, 3), 1),
    ],
)
def test_dropouts_in_training(name: str, shape: tuple[int, ...], channels: int) -> None:
    """Both ways, with the batch axis and without, for the axes that share one draw."""
    module = getattr(nn, name)(0.3)
    cell = apimap.to_mindspore(module)
    report = dropout_parity(module, cell, Law.dropout(0.3), shape=shape, channels=channels)
    assert report.ok, report


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_dropouts_of_mindspore(rank: int) -> None:
    cell = getattr(mnn, f"Dropout{rank}d")(0.3)
    module = apimap.to_torch(cell)
    assert module.p == 0.3
    shape = (64, 64, *[3] * rank)
    assert dropout_parity(module, cell, Law.dropout(0.3), shape=shape, channels=2).ok


@pytest.mark.parametrize(("name", "channels"), [("AlphaDropout", 0), ("FeatureAlphaDropout", 2)])
def test_alpha_dropouts(name: str, channels: int) -> None:
    module = getattr(nn, name)(0.3)
    cell = apimap.to_mindspore(module)
    law, shape = Law.alpha_dropout(0.3), (64, 64, 3, 3)
    report = dropout_parity(module, cell, law, shape=shape, channels=channels)
    assert report.ok, report


@pytest.mark.parametrize(
    "name",
    ["Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "FeatureAlphaDropout"],
)
def test_dropouts_in_evaluation(name: str) -> None:
    module = getattr(nn, name)(0.3).eval()
    cell = apimap.to_mindspore(module)
    x = mindspore.Tensor(np.random.default_rng(0).standard_normal((2, 3)).astype(np.float32))
    assert np.array_equal(cell(x).asnumpy(), x.asnumpy())
