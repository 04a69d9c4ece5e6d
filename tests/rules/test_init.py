"""The rules of initializers, as plain values."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from apimap.errors import Unsupported
from apimap.rules import find_rule


def test_uniform_bounds() -> None:
    bounds = find_rule("uniform_bounds")
    assert bounds.to_mindspore(-0.5, 0.5) == 0.5
    assert bounds.to_torch(0.07) == (-0.07, 0.07)
    assert bounds.to_torch(-0.3) == (-0.3, 0.3)
    with pytest.raises(Unsupported, match="lies around 0"):
        bounds.to_mindspore(0.0, 1.0)


def test_one_number() -> None:
    number = find_rule("one_number")
    assert number.to_mindspore(3) == number.to_torch(3) == 3
    with pytest.raises(Unsupported, match="array"):
        number.to_torch(np.zeros(3))


def test_selu_has_the_gain_of_a_slope() -> None:
    gain = find_rule("gain_of")
    slope, mode, word = gain.to_mindspore(0, "fan_out", "selu")
    assert (mode, word) == ("fan_out", "leaky_relu")
    assert math.sqrt(2 / (1 + slope**2)) == pytest.approx(3 / 4, rel=1e-15)
    for plain in ((0.1, "fan_in", "leaky_relu"), (0, "fan_out", "tanh")):
        assert gain.to_mindspore(*plain) == gain.to_torch(*plain) == plain


def test_truncation() -> None:
    cut = find_rule("truncation")
    assert cut.to_mindspore(0.0, 1.0, -2.0, 3.0) == (1.0, 0.0, -2.0, 3.0)
    assert cut.to_torch(1.0, 0.0, -2.0, 3.0) == (0.0, 1.0, -2.0, 3.0)
    assert cut.to_mindspore(0.0, 1.0, -9.0, -8.0) == (1.0, 0.0, -9.0, -8.0)


@pytest.mark.parametrize("arguments", [(0, 1, 8, 9), (0, 1, 2, 1), (0, 0, -1, 1), (5, 0.1, 6, 7)])
def test_truncation_that_is_refused(arguments: Any) -> None:
    mean, std, a, b = arguments
    with pytest.raises(Unsupported, match="bound"):
        find_rule("truncation").to_mindspore(*arguments)
    with pytest.raises(Unsupported, match="bound"):
        find_rule("truncation").to_torch(std, mean, a, b)


@pytest.mark.parametrize("distribution", ["uniform", "truncated_normal"])
def test_scaled_variance(distribution: str) -> None:
    scaled = find_rule("scaled_variance")
    slope, mode, word = scaled.to_torch(0.5, "fan_out", distribution)
    assert (mode, word) == ("fan_out", "leaky_relu")
    assert math.sqrt(2 / (1 + slope**2)) == pytest.approx(math.sqrt(0.5), rel=1e-15)
    assert scaled.to_mindspore(slope, mode, word)[0] == pytest.approx(0.5, rel=1e-15)
    with pytest.raises(Unsupported, match="no gain by PyTorch's names"):
        scaled.to_mindspore(0, "fan_in", "tanh")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((4.0, "fan_avg", "uniform"), r"XavierUniform .* gain=2\.0"),
        ((4.0, "fan_avg", "untruncated_normal"), r"XavierNormal .* gain=2\.0"),
        ((1.0, "fan_in", "untruncated_normal"), "HeNormal"),
        ((2.5, "fan_in", "uniform"), r"no gain above sqrt\(2\)"),
    ],
)
def test_scaled_variance_that_is_refused(arguments: Any, words: str) -> None:
    with pytest.raises(Unsupported, match=words):
        find_rule("scaled_variance").to_torch(*arguments)
