"""What is random follows its law on both sides, and planted faults are found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mindspore
import numpy as np
import pytest
import torch
from mindspore import nn as mnn
from mindspore import ops
from scipy import stats
from torch import nn

import apimap
from apimap.parity.distributions import (
    FALSE_ALARM,
    POWER,
    Trial,
    binomial,
    detectable,
    power_of,
)
from apimap.parity.statistics import (
    Law,
    dropout_parity,
    initial_value_parity,
    slope_parity,
)


@pytest.mark.parametrize("p", [0.0, 0.1, 0.5, 0.9])
def test_dropout(p: float) -> None:
    """Rate, exact scale, zeros elsewhere, no memory; the flags are kept."""
    module, cell = nn.Dropout(p).eval(), mnn.Dropout(p=p)
    report = dropout_parity(module, cell, Law.dropout(p))
    assert report.ok, report
    assert not module.training
    assert not cell.training
    assert "false alarms: at most 1e-06 a run" in str(report)
    assert "is found with probability 0.999" in str(report)


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_whole_channels(rank: int) -> None:
    """Dropout1d to 3d drop whole channels of a sample."""
    module = getattr(nn, f"Dropout{rank}d")(0.3)
    cell = getattr(mnn, f"Dropout{rank}d")(p=0.3)
    shape = (64, 64, *[3] * rank)
    report = dropout_parity(module, cell, Law.dropout(0.3), shape=shape, channels=2)
    assert report.ok, report


def test_alpha_dropout() -> None:
    """Its dropped value is no zero, and the mean and variance stay."""
    law = Law.alpha_dropout(0.3)
    module = nn.AlphaDropout(0.3)
    report = dropout_parity(module, module, law)
    assert report.ok, report


class Faulty(mnn.Cell):
    """A dropout cell that is wrong in one way."""

    def __init__(self, change: Callable[[Any, Any], Any], p: float = 0.3) -> None:
        super().__init__()
        self.change, self.dropout = change, mnn.Dropout(p=p)

    def construct(self, x: Any) -> Any:
        """Changed."""
        return self.change(self.dropout, x)


def fixed(_: Any, x: Any) -> Any:
    """The same mask in each run."""
    mask = np.random.default_rng(0).uniform(size=x.shape) < 0.7
    return x * mindspore.Tensor((mask / 0.7).astype(np.float32))


def paired(dropout: Any, x: Any) -> Any:
    """Neighbours in the last axis share a draw."""
    mask = dropout(ops.ones_like(x[..., ::2]))
    return x * ops.repeat_interleave(mask, 2, -1)


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("keep rate", mnn.Dropout(p=0.29)),
        ("values", Faulty(lambda dropout, x: dropout(x) * 0.7)),
        ("values", Faulty(lambda dropout, x: dropout(x) + 1e-5)),
        ("two runs", Faulty(fixed)),
        ("neighbours along axis 3", Faulty(paired)),
        ("neighbours along axis 3", mnn.Dropout2d(p=0.3)),
    ],
)
def test_faults_are_found(name: str, cell: Any) -> None:
    """By the test that is there for them."""
    shape = (64, 64, 16, 16)
    report = dropout_parity(nn.Dropout(0.3), cell, Law.dropout(0.3), shape=shape)
    wrong = [test.name for test in report.trials if not test.ok]
    assert any(each.startswith(f"{name} of MindSpore") for each in wrong), report
    assert not any("PyTorch" in each for each in wrong)
    with pytest.raises(apimap.ParityError, match="differs"):
        report.require()


def test_torn_channels_are_found() -> None:
    """Dropout is no Dropout2d."""
    shape = (32, 32, 4, 4)
    report = dropout_parity(
        nn.Dropout2d(0.3), mnn.Dropout(p=0.3), Law.dropout(0.3), shape=shape, channels=2
    )
    wrong = {test.name for test in report.trials if not test.ok}
    assert "whole channels of MindSpore" in wrong
    assert "whole channels of PyTorch" not in wrong


def test_slopes() -> None:
    """RReLU in training, right and with a wrong bound."""
    assert slope_parity(nn.RReLU(), mnn.RReLU(), 1 / 8, 1 / 3).ok
    report = slope_parity(nn.RReLU(), mnn.RReLU(1 / 8, 0.35), 1 / 8, 1 / 3)
    assert [t.name for t in report.trials if not t.ok][0] == "slopes of MindSpore"


def test_initial_values() -> None:
    """Against each other, and against the known law."""
    pairs = [
        (lambda: nn.Linear(64, 48), lambda: mnn.Dense(64, 48)),
        (lambda: nn.BatchNorm2d(8), lambda: mnn.BatchNorm2d(8)),
        (lambda: nn.LayerNorm(8), lambda: mnn.LayerNorm((8,))),
    ]
    for ours, theirs in pairs:
        report = initial_value_parity(ours, theirs)
        assert report.ok, report
    law = {"weight": stats.uniform(-1 / 8, 2 / 8), "bias": stats.uniform(-1 / 8, 2 / 8)}
    assert initial_value_parity(*pairs[0], laws=law).ok
    wrong = {"weight": stats.uniform(-1 / 7, 2 / 7)}
    assert not initial_value_parity(*pairs[0], laws=wrong).ok


def test_other_initial_values_are_found() -> None:
    """MindSpore's Embedding starts a hundred times smaller; a copy is no draw."""
    report = initial_value_parity(lambda: nn.Embedding(64, 32), lambda: mnn.Embedding(64, 32))
    assert [test.name for test in report.trials if not test.ok] == ["weight, both sides"]
    module = nn.Linear(16, 16)
    report = initial_value_parity(lambda: module, lambda: apimap.to_mindspore(module))
    assert "build by build" in " ".join(test.name for test in report.trials if not test.ok)


def test_the_stated_rates() -> None:
    """Exact: tails of the binomial distribution, and the power at the stated distance."""
    assert binomial(50, 100, 0.5) == 1.0
    assert binomial(0, 20, 0.5) == pytest.approx(2.0**-19)
    size, rate = 10_000, 0.7
    level = 1e-3
    counts = np.arange(size + 1)
    chance = stats.binom.pmf(counts, size, rate)
    alarm = sum(c for k, c in zip(counts, chance, strict=True) if binomial(k, size, rate) < level)
    assert alarm <= level
    off = detectable(size, rate, FALSE_ALARM)
    assert off < 0.06
    assert power_of(size, rate, rate + off, FALSE_ALARM) >= POWER
    assert power_of(size, rate, rate, FALSE_ALARM) <= FALSE_ALARM


def test_false_alarms_are_shared_out() -> None:
    """The level of each test is its part of the whole."""
    report = dropout_parity(nn.Dropout(0.5), mnn.Dropout(p=0.5), Law.dropout(0.5), shape=(64, 64))
    assert sum(test.level for test in report.trials) == pytest.approx(FALSE_ALARM)
    assert not Trial("name", 1e-9).ok


def test_functions_are_refused() -> None:
    """They have no training flag."""
    with pytest.raises(apimap.InvalidCall, match="takes layers"):
        dropout_parity(torch.dropout, mnn.Dropout(p=0.5), Law.dropout(0.5))
