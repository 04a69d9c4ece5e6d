"""``check_parity`` and ``assert_parity``, as users call them."""

from __future__ import annotations

import json
from typing import Any

import mindspore
import numpy as np
import pytest
import torch
from mindspore import nn as mnn
from torch import nn

import apimap

X = np.random.default_rng(0).standard_normal((5, 4)).astype(np.float32)


def network() -> nn.Sequential:
    torch.manual_seed(0)
    inner = nn.Sequential(nn.Linear(8, 2))
    return nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.GELU(), inner)


def test_converted_pair_in_either_order() -> None:
    """Every output, gradient and buffer, in both modes; nothing is left changed."""
    module = network().eval()
    cell = apimap.to_mindspore(module)
    mean = module[1].running_mean.clone()
    report = apimap.check_parity(module, cell, X)
    assert report.ok, report
    names = {(row.name, row.mode) for row in report.rows}
    assert ("buffer 1.running_mean", "train") in names
    assert ("gradient of 3.0.weight", "eval") in names
    assert apimap.check_parity(cell, module, torch.from_numpy(X)).ok
    assert apimap.check_parity(cell, module, [mindspore.Tensor(X)], modes=["train"]).ok
    assert not module.training
    assert not cell.training
    assert torch.equal(mean, module[1].running_mean)
    assert np.array_equal(mean.numpy(), cell[1].moving_mean.asnumpy())


def test_message_says_what_to_do() -> None:
    """Which value, where, both values, float64, errors, share, verdict, seed, versions."""
    module = network()
    cell = apimap.to_mindspore(module)
    with torch.no_grad():
        module[0].weight[1, 2] += 0.01
    with pytest.raises(apimap.ParityError) as caught:
        apimap.assert_parity(module, cell, X, seed=3)
    text = str(caught.value)
    for part in (
        "tensor 0.weight (before running)",
        "worst at index [1, 2]",
        "out (train)",
        "gradient of 0.weight",
        "max abs",
        "max rel",
        "% of elements out",
        "torch  ",
        "mindspore  ",
        "float64  ",
        "seed 3",
        "torch 2.",
        "mindspore 2.",
        "CPU",
    ):
        assert part in text


class Scaled(nn.Module):
    """Written by hand, two outputs."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(4, 3)
        self.scale = nn.Parameter(torch.tensor([1.0, 2.0, 3.0]))

    def forward(self, x: Any) -> Any:
        """A tuple."""
        return self.fc(x) * self.scale, x.sum(-1)


class ScaledCell(mnn.Cell):
    """The same in MindSpore; ``wrong`` adds an output, a shape or an error."""

    def __init__(self, module: Scaled, wrong: str = "") -> None:
        super().__init__()
        self.fc = mnn.Dense(4, 3)
        self.fc.weight.set_data(mindspore.Tensor(module.fc.weight.detach().numpy()))
        self.fc.bias.set_data(mindspore.Tensor(module.fc.bias.detach().numpy()))
        self.scale = mindspore.Parameter(mindspore.Tensor([1.0, 2.0, 3.0]), name="scale")
        self.wrong = wrong

    def construct(self, x: Any) -> Any:
        """A tuple, or what is wrong."""
        if self.wrong == "raises":
            raise ValueError("not today")
        first, second = self.fc(x) * self.scale, x.sum(-1)
        if self.wrong == "output":
            return first, second, first
        if self.wrong == "shape":
            return first, second.expand_dims(0)
        return first, second


def test_pairs_written_by_hand() -> None:
    """Tensors pair by entry and by name."""
    module = Scaled()
    report = apimap.check_parity(module, ScaledCell(module), [X])
    assert report.ok, report
    assert "gradient of scale" in {row.name for row in report.rows}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("raises", "MindSpore raised ValueError: not today"),
        ("output", "out[2] is in MindSpore only (a tensor)"),
        ("shape", "shape (1, 5) instead of (5,)"),
    ],
)
def test_what_cannot_be_compared_differs(wrong: str, words: str) -> None:
    """And says why."""
    module = Scaled()
    report = apimap.check_parity(module, ScaledCell(module, wrong), X, modes=["eval"])
    assert report.verdict == "differs"
    assert words in str(report)


def test_parameters_without_counterpart_differ() -> None:
    """A parameter that nobody compared is a finding."""
    module = Scaled()
    module.extra = nn.Parameter(torch.ones(1))
    report = apimap.check_parity(module, ScaledCell(module), X)
    assert "PyTorch's parameter 'extra' has no counterpart in MindSpore" in report.problems
    assert not report.ok


def test_tolerance_and_gradients() -> None:
    """A wider tolerance is the caller's decision; without gradients only values are compared."""
    module = nn.Linear(4, 3)
    cell = apimap.to_mindspore(module)
    cell.bias.set_data(cell.bias + 0.01)
    assert not apimap.check_parity(module, cell, X).ok
    assert apimap.check_parity(module, cell, X, tolerance=(0.0, 0.1)).ok
    assert apimap.check_parity(module, cell, X, tolerance={"float32": (0.0, 0.1)}).ok
    rows = apimap.check_parity(module, cell, X, gradients=False, modes=["eval"]).rows
    assert {row.name for row in rows} == {"tensor bias", "out"}


def test_json() -> None:
    """NaN and infinities are text, since JSON has none."""
    module = nn.Linear(4, 3)
    cell = apimap.to_mindspore(module)
    cell.bias.set_data(cell.bias * np.nan)
    data = apimap.check_parity(module, cell, X, modes=["eval"]).to_json()
    text = json.dumps(data, allow_nan=False)
    assert json.loads(text)["verdict"] == "differs"
    assert data["versions"]["torch"]
    assert data["device"] == "CPU"


def test_unusable_arguments() -> None:
    """They are refused at once."""
    module = nn.Linear(4, 3)
    with pytest.raises(apimap.InvalidCall, match="both layers are of PyTorch"):
        apimap.check_parity(module, module, X)
    with pytest.raises(apimap.InvalidCall, match="not str"):
        apimap.check_parity(module, "cell", X)
    with pytest.raises(apimap.InvalidCall, match="not numbers"):
        apimap.check_parity(module, apimap.to_mindspore(module), np.array([object()]))
