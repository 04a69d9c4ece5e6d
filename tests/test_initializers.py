"""Initializers of both frameworks draw from one distribution."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from mindspore.common import initializer as init
from scipy import stats

from apimap.call import Call
from apimap.parity.distributions import (
    StatisticsReport,
    Trial,
    distance_power,
    fits,
    same_distribution,
    uniform,
)
from apimap.tensors import Array
from tests.both_calls import translated

HOME = "mindspore.common.initializer"
SHAPE = (120, 25, 5)
IN, OUT = 25 * 5, 120 * 5
"""What both frameworks count as the fans of ``SHAPE``."""


def drawn(call: Call, shape: tuple[int, ...] = SHAPE) -> Array:
    """What an initializer of either framework fills a tensor with."""
    kwargs = {k: v for k, v in call.kwargs.items() if k != "generator"}
    made = Call(call.api, kwargs).build()
    if call.side == "torch":
        array: Array = made(torch.empty(shape)).numpy()
        return array
    filled: Array = init.initializer(made, list(shape)).init_data().asnumpy()
    return filled


LAWS = {
    "torch.nn.init.uniform_(a=-0.3, b=0.3)": uniform(-0.3, 0.3),
    "torch.nn.init.normal_(mean=2.0, std=0.5)": stats.norm(2, 0.5),
    "torch.nn.init.trunc_normal_(mean=0.5, std=2.0, a=-1.0, b=3.0)": stats.truncnorm(
        -0.75, 1.25, 0.5, 2
    ),
    "torch.nn.init.trunc_normal_(a=6.0, b=7.0)": stats.truncnorm(6, 7),
    "torch.nn.init.trunc_normal_(a=-9.0, b=-8.0)": stats.truncnorm(-9, -8),
    "torch.nn.init.xavier_uniform_(gain=2.0)": uniform(
        -2 * math.sqrt(6 / (IN + OUT)), 2 * math.sqrt(6 / (IN + OUT))
    ),
    "torch.nn.init.xavier_normal_(gain=2.0)": stats.norm(0, 2 * math.sqrt(2 / (IN + OUT))),
    "torch.nn.init.kaiming_uniform_(a=0.5)": uniform(-math.sqrt(4.8 / IN), math.sqrt(4.8 / IN)),
    "torch.nn.init.kaiming_normal_(mode='fan_out', nonlinearity='tanh')": stats.norm(
        0, 5 / 3 / math.sqrt(OUT)
    ),
    "torch.nn.init.kaiming_uniform_(nonlinearity='selu')": uniform(
        -0.75 * math.sqrt(3 / IN), 0.75 * math.sqrt(3 / IN)
    ),
    f"{HOME}.Uniform()": uniform(-0.07, 0.07),
    f"{HOME}.Normal()": stats.norm(0, 0.01),
    f"{HOME}.TruncatedNormal(sigma=1.0, a=-1.0)": stats.truncnorm(-1, 2),
    f"{HOME}.HeUniform({5**0.5!r})": uniform(-math.sqrt(1 / IN), math.sqrt(1 / IN)),
    f"{HOME}.VarianceScaling(0.5, 'fan_out')": uniform(-math.sqrt(1.5 / OUT), math.sqrt(1.5 / OUT)),
    f"{HOME}.VarianceScaling(2.0, 'fan_in', 'uniform')": uniform(
        -math.sqrt(6 / IN), math.sqrt(6 / IN)
    ),
}


@pytest.mark.parametrize("text", LAWS)
def test_both_draw_from_the_law(text: str) -> None:
    """Against the law itself, and against each other."""
    values = [drawn(call) for call in translated(text)]
    trials = [fits(array, LAWS[text], text) for array in values]
    trials.append(same_distribution(values[0], values[1], "both sides"))
    power = distance_power(values[0].size, values[1].size, trials[0].level / len(trials))
    report = StatisticsReport.of(text, trials, power)
    assert report.ok, report


def test_a_wrong_law_is_found() -> None:
    """Five percent of the bound are enough, at the stated power."""
    array = drawn(Call(f"{HOME}.Uniform", {"scale": 0.3}), (400, 400))
    report = StatisticsReport.of("wrong", [fits(array, uniform(-0.315, 0.315), "5% wider")])
    assert not report.ok


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("torch.nn.init.ones_()", SHAPE),
        ("torch.nn.init.zeros_()", SHAPE),
        ("torch.nn.init.constant_(val=-0.3)", SHAPE),
        ("torch.nn.init.eye_()", (5, 7)),
        ("torch.nn.init.dirac_()", (6, 4, 3)),
        ("torch.nn.init.dirac_(groups=2)", (6, 4, 3, 2)),
        ("torch.nn.init.dirac_(groups=3)", (6, 4, 3, 2, 5)),
        (f"{HOME}.Constant(7)", SHAPE),
        (f"{HOME}.Dirac(2)", (4, 2, 2)),
    ],
)
def test_without_chance_they_are_equal(text: str, shape: tuple[int, ...]) -> None:
    first, second = (drawn(call, shape) for call in translated(text))
    assert (first == second).all()


@pytest.mark.parametrize("shape", [(40, 20), (20, 40), (20, 5, 8)])
def test_orthogonal(shape: tuple[int, ...]) -> None:
    """Rows or columns are orthogonal, and single entries have one distribution."""
    calls = translated("torch.nn.init.orthogonal_(gain=2.0)")
    entries = []
    for call in calls:
        matrix = drawn(call, shape).reshape(shape[0], -1).astype(np.float64)
        matrix = matrix.T if matrix.shape[0] > matrix.shape[1] else matrix
        np.testing.assert_allclose(matrix @ matrix.T, 4 * np.eye(len(matrix)), atol=1e-5)
        entries.append(np.array([drawn(call, shape).flat[0] for _ in range(300)]))
    report = StatisticsReport.of("orthogonal", [same_distribution(entries[0], entries[1], "first")])
    assert report.ok, report


def test_sparse() -> None:
    """As many zeros in each column, anywhere in it, and normal values elsewhere."""
    trials: list[Trial] = []
    for call in translated("torch.nn.init.sparse_(sparsity=0.31, std=0.5)"):
        matrix = drawn(call, (50, 2000))
        zero = matrix == 0
        assert (zero.sum(0) == 16).all()
        trials.append(fits(matrix[~zero], stats.norm(0, 0.5), f"values of {call.api}"))
        found = stats.chisquare(zero.sum(1)).pvalue
        trials.append(Trial(f"places of {call.api}", float(found)))
    report = StatisticsReport.of("sparse", trials)
    assert report.ok, report
