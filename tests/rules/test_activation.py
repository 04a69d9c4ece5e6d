"""The rules of activations and dropout, as plain values."""

from __future__ import annotations

import pytest

from apimap.errors import InvalidCall, Unsupported
from apimap.rules import find_rule


def test_softmax_axis() -> None:
    axis = find_rule("softmax_axis")
    assert axis.to_mindspore(-2) == -2
    assert axis.to_torch(1) == axis.to_torch((1,)) == 1
    with pytest.raises(Unsupported, match="rank"):
        axis.to_mindspore(None)
    with pytest.raises(Unsupported, match="several axes"):
        axis.to_torch((0, 1))


def test_drop_probability() -> None:
    drop = find_rule("drop_probability")
    assert drop.to_mindspore(0.3) == (0.5, 0.3)
    assert drop.to_torch(0.5, 0.3) == 0.3
    assert drop.to_torch(0.9, None) == 0.1
    with pytest.raises(Unsupported, match="drops everything"):
        drop.to_mindspore(1.0)


def test_keep_prob_of_one_wins_over_p() -> None:
    assert find_rule("drop_probability").to_torch(1.0, 0.3) == 0.0


def test_elu_alpha() -> None:
    alpha = find_rule("elu_alpha")
    assert alpha.to_mindspore(1) == 1.0
    assert alpha.to_torch(1.0) == 1.0
    with pytest.raises(Unsupported, match="no alpha but 1"):
        alpha.to_mindspore(0.5)


def test_hardtanh_bounds() -> None:
    bounds = find_rule("hardtanh_bounds")
    assert bounds.to_mindspore(-1.0, 1.0, None, None) == (-1.0, 1.0)
    assert bounds.to_mindspore(-1.0, 1.0, -2.0, 0.5) == (-2.0, 0.5)
    assert bounds.to_torch(-2, 3) == (-2, 3, None, None)


def test_initial_slope() -> None:
    slope = find_rule("initial_slope")
    assert slope.to_mindspore(1) == 1.0
    assert slope.to_torch(0.25) == slope.to_torch((0.25, 0.25)) == 0.25
    with pytest.raises(Unsupported, match="says several"):
        slope.to_torch([0.1, 0.2])


def test_gelu_formula() -> None:
    formula = find_rule("gelu_formula")
    assert formula.to_mindspore("none") is False
    assert (formula.to_torch(True), formula.to_torch(False)) == ("tanh", "none")
    with pytest.raises(Unsupported, match="sigmoid"):
        formula.to_mindspore("tanh")
    with pytest.raises(InvalidCall, match="must be one of"):
        formula.to_mindspore("tan")
