"""Readers of live layers' arguments."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from apimap.errors import Unsupported
from apimap.rules.reading import READERS


def read(name: str, value: Any, layer: Any = None) -> Any:
    return READERS[name](layer, value)


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


def test_primitives_of_pooling() -> None:
    largest = SimpleNamespace(pads=(0, 1, 2), dilation=(2, 2, 2), ceil_mode=True)
    mean = SimpleNamespace(
        pad=(0, 0, 1, 1, 2, 2), ceil_mode=True, count_include_pad=False, divisor_override=0
    )
    plain = SimpleNamespace()
    assert [read("pool_padding", item) for item in (largest, mean, plain)] == [(1, 2), (1, 2), 0]
    assert [read("pool_dilation", item) for item in (largest, plain)] == [2, 1]
    assert [read("pool_ceil_mode", item) for item in (largest, plain)] == [True, False]
    assert [read("pool_count_include_pad", item) for item in (mean, plain)] == [False, True]
    assert [read("pool_divisor", item) for item in (mean, plain)] == [None, None]


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
