"""The first layer that differs, in models that match layer by layer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mindspore
import numpy as np
import pytest
import torch
from mindspore import nn as mnn
from torch import nn

import apimap
from apimap.parity.target import layers_of

X = np.random.default_rng(0).standard_normal((5, 4)).astype(np.float32)


def network() -> nn.Sequential:
    torch.manual_seed(0)
    inner = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 2))
    return nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), inner)


def test_nothing_differs() -> None:
    """A row for each sublayer, in the order of running; no hook is left behind."""
    module = network()
    cell = apimap.to_mindspore(module)
    report = apimap.check_parity(module, cell, X, by_layer=True)
    assert report.ok
    assert report.layers is not None
    names = [row.name for row in report.layers.rows]
    assert names == ["0", "1", "2", "3.0", "3.1", "3.2", "3", "(whole)"]
    assert [row.depth for row in report.layers.rows] == list(range(8))
    assert report.layers.first is None
    assert "no layer differs" in str(report)
    assert apimap.to_mindspore(module) is not None
    assert apimap.to_torch(cell) is not None


def test_first_divergence(tmp_path: Path) -> None:
    """It is the one whose weight was changed, though all after it differ too."""
    module = network()
    cell = apimap.to_mindspore(module)
    weight = cell[3][0].weight
    weight.set_data(weight + 0.01)
    report = apimap.check_parity(module, cell, X, by_layer=True, report_dir=tmp_path)
    assert report.layers is not None
    first = report.layers.first
    assert first is not None
    assert (first.name, first.mindspore, first.alone) == ("3.0", "3.0", "differs")
    assert "max abs" in first.detail
    verdicts = {row.name: row.verdict for row in report.layers.rows}
    assert verdicts["2"] == "equal"
    assert verdicts["(whole)"] == "differs"
    with np.load(first.inputs) as saved:
        assert set(saved) == {"torch.in[0][0]", "mindspore.in[0][0]"}
        x = torch.from_numpy(saved["torch.in[0][0]"])
    assert tuple(x.shape) == (5, 8)
    assert Path(first.inputs).parent == tmp_path
    text = str(report)
    assert "first divergence: 3.0 (MindSpore's 3.0)" in text
    assert "it differs by itself" in text
    assert report.to_json()["layers"]["first"]["name"] == "3.0"


class Twice(nn.Module):
    """Calls one layer twice, and one by a keyword."""

    def __init__(self) -> None:
        super().__init__()
        self.fc, self.scale = nn.Linear(4, 4), Scale()

    def forward(self, x: Any) -> Any:
        """A dict."""
        return {"y": self.scale(self.fc(self.fc(x)), by=2.0)}


class Scale(nn.Module):
    """Takes a number by name."""

    def forward(self, x: Any, by: float) -> Any:
        """The product."""
        return x * by


class CellTwice(mnn.Cell):
    """The same under other names; ``wrong`` changes the factor."""

    def __init__(self, module: Twice, wrong: float = 0.0) -> None:
        super().__init__()
        self.dense = apimap.to_mindspore(module.fc)
        self.times = CellScale(wrong)
        self.more = mnn.Identity()

    def construct(self, x: Any) -> Any:
        """A dict."""
        return {"y": self.times(self.dense(self.dense(x)), by=2.0)}


class CellScale(mnn.Cell):
    """Takes a number by name."""

    def __init__(self, wrong: float) -> None:
        super().__init__()
        self.wrong = wrong

    def construct(self, x: Any, by: float) -> Any:
        """The product, more or less."""
        return x * (by + self.wrong)


NAMES = {"fc": "dense", "scale": "times"}


def test_shared_layers_and_names_by_hand() -> None:
    """Each call has its row; names pair what is called differently."""
    module = Twice()
    right = apimap.check_parity(module, CellTwice(module), X, names=NAMES, by_layer=True).layers
    assert right is not None
    assert [row.name for row in right.rows] == ["fc", "fc, call 2", "scale", "(whole)"]
    assert right.ok
    wrong = apimap.check_parity(
        module, CellTwice(module, 0.5), X, names=NAMES, by_layer=True
    ).layers
    assert wrong is not None
    assert wrong.first is not None
    assert (wrong.first.name, wrong.first.alone) == ("scale", "differs")


def test_layers_without_counterpart_are_named() -> None:
    """They are not compared, and the note says so."""
    module = Twice()
    report = apimap.check_parity(module, CellTwice(module), X, by_layer=True).layers
    assert report is not None
    assert "fc, scale" in " ".join(report.notes)


def test_rounding_that_grows_is_no_divergence() -> None:
    """A deep chain of layers is judged by its float64 run."""
    torch.manual_seed(0)
    module = nn.Sequential(*(nn.Linear(32, 32) for _ in range(20)))
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.mul_(3.0)
    cell = apimap.to_mindspore(module)
    x = np.random.default_rng(1).standard_normal((64, 32)).astype(np.float32)
    report = apimap.check_parity(module, cell, x, by_layer=True, gradients=False).layers
    assert report is not None
    assert report.ok, report
    assert {row.verdict for row in report.rows} >= {"equal"}


def test_a_side_that_stops() -> None:
    """What ran before is compared."""
    module = network()
    cell = apimap.to_mindspore(module)
    cell[3][2].weight.set_data(mindspore.Tensor(np.ones((2, 9), np.float32)), slice_shape=True)
    report = apimap.check_parity(module, cell, X, by_layer=True, modes=["eval"])
    assert not report.ok
    assert report.layers is not None
    assert "MindSpore stopped with" in " ".join(report.layers.problems)
    assert report.layers.rows[-1].name == "3.1"


PROGRAM = """
import numpy as np, torch, apimap

def build():
    module = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.ReLU())
    cell = apimap.to_mindspore(module)
    cell[0].bias.set_data(cell[0].bias + 1)
    return module, cell, np.ones((2, 4), np.float32)

nothing = 3
"""


def test_layers_of_a_program(tmp_path: Path) -> None:
    """``apimap parity --layers`` runs it."""
    file = tmp_path / "pair_of_mine.py"
    file.write_text(PROGRAM)
    report = layers_of(f"{file}:build", folder=tmp_path)
    assert report.first is not None
    assert report.first.name == "0"
    assert report.to_json()["rows"][0]["verdict"] == "differs"
    for target, words in (
        ("build", "names no function"),
        (f"{file}:nothing", "has no function 'nothing'"),
        ("no_such_module:build", "cannot be imported"),
    ):
        with pytest.raises(apimap.InvalidCall, match=words):
            layers_of(target)
