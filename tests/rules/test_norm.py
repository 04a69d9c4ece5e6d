"""The rules of normalizations, as plain values."""

from __future__ import annotations

from typing import Any

import pytest

from apimap.errors import Unsupported
from apimap.rules import find_rule


@pytest.mark.parametrize(("torch", "mindspore"), [(0.1, 0.9), (0.3, 0.7), (0.0, 1.0), (1.0, 0.0)])
def test_momentum_is_turned(torch: float, mindspore: float) -> None:
    momentum = find_rule("batch_norm_momentum")
    assert momentum.to_mindspore(torch) == mindspore
    assert momentum.to_torch(mindspore) == torch


def test_an_average_of_all_batches_is_refused() -> None:
    with pytest.raises(Unsupported, match="average of all batches"):
        find_rule("batch_norm_momentum").to_mindspore(None)


@pytest.mark.parametrize("eps", [0, -1e-5, 1.5])
def test_eps_outside_of_the_kernels_range_is_refused(eps: float) -> None:
    with pytest.raises(Unsupported, match="up to 1"):
        find_rule("batch_norm_eps").to_mindspore(eps)


def test_eps() -> None:
    assert repr(find_rule("batch_norm_eps").to_mindspore(1)) == "1.0"
    assert find_rule("batch_norm_eps").to_torch(1e-5) == 1e-5


def test_affine_takes_the_bias_along() -> None:
    affine = find_rule("affine_and_bias")
    assert affine.to_mindspore(True, True) is True
    assert affine.to_mindspore(False, True) is affine.to_mindspore(False, False) is False
    assert affine.to_torch(True) == (True, True)
    assert affine.to_torch(False) == (False, True)
    with pytest.raises(Unsupported, match="leave out the bias alone"):
        affine.to_mindspore(True, False)


def test_batch_statistics() -> None:
    statistics = find_rule("batch_statistics")
    assert statistics.to_mindspore(True) is None
    assert statistics.to_mindspore(False) is True
    assert statistics.to_torch(None) is True
    for value in (True, False):
        with pytest.raises(Unsupported, match=f"use_batch_statistics={value}"):
            statistics.to_torch(value)


@pytest.mark.parametrize("shape", [6, [6], (6,)])
def test_one_normalized_axis_is_native(shape: Any) -> None:
    assert find_rule("layer_norm_axes").to_mindspore(shape, True, True) == ((6,), -1, -1)


@pytest.mark.parametrize("arguments", [((5, 6), True, True), (6, False, False), (6, True, False)])
def test_other_layer_norms_are_refused(arguments: Any) -> None:
    with pytest.raises(Unsupported):
        find_rule("layer_norm_axes").to_mindspore(*arguments)


def test_equal_begin_axes_are_those_of_the_shape() -> None:
    axes = find_rule("layer_norm_axes")
    assert axes.to_torch([6], -1, -1) == ((6,), True, True)
    assert axes.to_torch((5, 6), 1, 1) == ((5, 6), True, True)
    for begin in ((0, 1), (1, -1), (-1, -1)):
        with pytest.raises(Unsupported, match="begin axes"):
            axes.to_torch((5, 6), *begin)
