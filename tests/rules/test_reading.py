"""Readers of live layers' arguments."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from mindspore import nn

from apimap.catalog import default_catalog
from apimap.errors import Unsupported
from apimap.reading import read as live
from apimap.rules.reading import find_reader


def read(name: str, value: Any, layer: Any = None) -> Any:
    return find_reader(name)(layer, value)


@pytest.mark.parametrize("digits", [1, 2, 3, 4, 5])
def test_the_momentum_that_the_constructor_took(digits: int) -> None:
    for number in np.random.default_rng(digits).integers(0, 10**digits, 200):
        momentum = round(int(number) / 10**digits, digits)
        assert read("batch_norm_momentum", 1.0 - momentum) == momentum


def owner(gamma: float, beta: float, trains: bool) -> Any:
    def parameter(value: float) -> Any:
        array = np.full(3, value, np.float32)
        return SimpleNamespace(requires_grad=trains, asnumpy=lambda: array)

    return SimpleNamespace(gamma=parameter(gamma), beta=parameter(beta))


@pytest.mark.parametrize(
    ("gamma", "beta", "trains", "affine"),
    [(1, 0, False, False), (1, 0, True, True), (2, 0, False, True), (1, 1, False, True)],
)
def test_affine_is_false_only_for_frozen_ones_and_zeros(
    gamma: float, beta: float, trains: bool, affine: bool
) -> None:
    layer = owner(gamma, beta, trains)
    assert read("affine", layer.gamma, layer) is affine
    assert read("affine", layer, None) is affine


def test_live_pooling_reads_as_it_was_built() -> None:
    """Of the primitives that the cells hold, or of none."""
    largest = {"kernel_size": 3, "pad_mode": "pad", "padding": (1, 0), "ceil_mode": True}
    mean = {"kernel_size": 4, "pad_mode": "pad", "padding": (1, 2), "count_include_pad": False}
    for cell, arguments in (
        (nn.MaxPool2d(**largest, dilation=2), {**largest, "dilation": 2}),
        (nn.AvgPool2d(**mean), {**mean, "divisor_override": None, "ceil_mode": False}),
        (nn.MaxPool2d(2), {"padding": 0, "dilation": 1, "ceil_mode": False}),
        (nn.AvgPool1d(2, pad_mode="pad", padding=1), {"padding": 1, "count_include_pad": True}),
    ):
        entry = default_catalog().find(f"mindspore.nn.{type(cell).__name__}")
        found = live(cell, entry, "mindspore")
        assert {name: found[name] for name in arguments} == arguments


def test_words() -> None:
    assert read("lower", "VALID") == "valid"
    assert [read("is_tanh", word) for word in ("tanh", "none")] == [True, False]
    assert read("adaptive_size", (-1, 3)) == (None, 3)
    assert [read("present", value) for value in (None, 0)] == [False, True]
    assert read("last", (1, 3)) == 3


def test_a_primitive_is_no_layer() -> None:
    assert read("cell_or_none", None) is None
    with pytest.raises(Unsupported, match="primitive"):
        read("cell_or_none", SimpleNamespace(name="ReLU"))
