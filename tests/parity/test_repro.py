"""The script beside a report finds the same in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import mindspore
import numpy as np
import pytest
import torch
from mindspore import nn as mnn
from mindspore import ops
from torch import nn

import apimap
from apimap.parity.code import code_of

X = np.random.default_rng(0).standard_normal((5, 4)).astype(np.float32)


def repeat(folder: Path) -> tuple[int, str]:
    """Run the script as a user does."""
    done = subprocess.run(
        [sys.executable, str(folder / "repro.py")],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env={**os.environ, "PYTHONPATH": ""},
    )
    return done.returncode, done.stdout + done.stderr


def rows(text: str) -> list[str]:
    return [line for line in text.splitlines() if "max abs" in line or line.startswith("differs")]


def test_converted_layers(tmp_path: Path) -> None:
    """Layers that apimap knows are written as calls; the numbers are the same."""
    module = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Sequential(nn.GELU()))
    module[0].weight.requires_grad_(False)
    cell = apimap.to_mindspore(module)
    cell[0].bias.set_data(cell[0].bias + 0.01)
    with pytest.raises(apimap.ParityError) as caught:
        apimap.assert_parity(module, cell, X, seed=3, report_dir=tmp_path)
    assert f"python {tmp_path}/repro.py" in str(caught.value)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"inputs.npz", "weights.npz", "repro.py", "report.txt", "report.json"}
    code, text = repeat(tmp_path)
    assert code == 1, text
    assert rows(text) == rows(str(caught.value))


class Mine(nn.Module):
    """Written by hand, its arguments in attributes."""

    def __init__(self, width: int, bias: bool = True) -> None:
        super().__init__()
        self.width = width
        self.fc = nn.Linear(4, width, bias)

    def forward(self, x: Any, *, state: Any) -> Any:
        """Of nested inputs."""
        return {"y": self.fc(x) + state["h"][0]}


class MineCell(mnn.Cell):
    """The same, wrong by a little."""

    def __init__(self, width: int = 3) -> None:
        super().__init__()
        self.width = width
        self.fc = mnn.Dense(4, width)

    def construct(self, x: Any, *, state: Any) -> Any:
        """Of nested inputs."""
        return {"y": self.fc(x) + state["h"][0] * 1.01}


def test_layers_written_by_hand(tmp_path: Path) -> None:
    """They are imported from where they are."""
    module, cell = Mine(3), MineCell()
    for name, parameter in cell.fc.parameters_and_names():
        parameter.set_data(mindspore.Tensor(module.fc.state_dict()[name].numpy()))
    inputs = {"x": X, "state": {"h": (torch.ones(3),), "n": 2}}
    report = apimap.check_parity(module, cell, inputs, report_dir=tmp_path, modes=["eval"])
    code, text = repeat(tmp_path)
    assert code == 1, text
    assert rows(text) == rows(str(report))


def test_functions(tmp_path: Path) -> None:
    """A public one by its name, a lambda by its source; a report without a finding too."""
    report = apimap.check_parity(
        lambda x: torch.relu(x) * 2, ops.relu, X.astype(np.float16), report_dir=tmp_path
    )
    code, text = repeat(tmp_path)
    assert code == 1, text
    assert rows(text) == rows(str(report))
    apimap.check_parity(torch.relu, ops.relu, X, report_dir=tmp_path)
    code, text = repeat(tmp_path)
    assert code == 0, text


def test_bfloat16(tmp_path: Path) -> None:
    """It crosses as bits."""
    module = nn.Identity()
    x = torch.from_numpy(X).bfloat16()
    apimap.check_parity(module, mnn.Identity(), x, report_dir=tmp_path, gradients=False)
    code, text = repeat(tmp_path)
    assert code == 0, text


def test_what_cannot_be_written(tmp_path: Path) -> None:
    """The report and the script say what to fill in."""
    factor = X.sum()
    report = apimap.check_parity(lambda x: x * float(factor), ops.relu, X, report_dir=tmp_path)
    assert "write build_torch() first" in str(report)
    code, text = repeat(tmp_path)
    assert code == 1
    assert "NotImplementedError" in text


@pytest.mark.parametrize(
    "make",
    [
        lambda: nn.Conv2d(2, 4, 3, padding=1),
        lambda: nn.Sequential(nn.Linear(2, 2), nn.ReLU()),
        lambda: nn.ModuleList([nn.Linear(2, 2), nn.PReLU()]),
    ],
)
def test_code_of_known_layers(make: Any) -> None:
    """It makes the same layer."""
    module = make()
    text = code_of("torch", module).text
    assert repr(eval(text, {"torch": torch})) == repr(module)
