"""The rules of mindspore.mint.nn, as plain values."""

from __future__ import annotations

from typing import Any

import pytest

from apimap.errors import Unsupported
from apimap.rules import find_rule
from apimap.rules.reading import find_reader


@pytest.mark.parametrize("padding", [3, (1, 2), (0, 1)])
def test_mirrored_amounts(padding: Any) -> None:
    amounts = find_rule("mirrored_amounts")
    assert amounts.to_mindspore(padding) == amounts.to_torch(padding) == padding


@pytest.mark.parametrize("padding", [0, -1, (1, -1)])
def test_mirrored_amounts_that_cut_off(padding: Any) -> None:
    with pytest.raises(Unsupported, match="refuses a padding"):
        find_rule("mirrored_amounts").to_mindspore(padding)


def test_two_axes() -> None:
    axes = find_rule("two_axes")
    assert axes.to_mindspore(None, 2) == (None, (2.0, 2.0))
    assert axes.to_mindspore(7, None) == ((7, 7), None)
    assert axes.to_torch((3, 8), None) == ((3, 8), None)


def test_a_number_is_a_float_or_none() -> None:
    number = find_rule("float_or_none")
    assert repr(number.to_mindspore(1)) == "1.0"
    assert number.to_mindspore(None) is number.to_torch(None) is None
    assert number.to_torch(0.5) == 0.5


@pytest.mark.parametrize("mode", ["nearest-exact", "area"])
def test_modes(mode: str) -> None:
    modes = find_rule("mint_mode")
    assert modes.to_mindspore("bicubic") == modes.to_torch("bicubic") == "bicubic"
    with pytest.raises(Unsupported, match=mode):
        modes.to_mindspore(mode)


def test_affine() -> None:
    affine = find_rule("mint_affine")
    assert affine.to_mindspore(True, True) is True
    assert affine.to_torch(False) == (False, True)
    for values in [(True, False), (False, True)]:
        with pytest.raises(Unsupported, match="owns a weight"):
            affine.to_mindspore(*values)


def test_a_weight_is_composed() -> None:
    weight = find_rule("weight_in_checkpoint")
    assert weight.to_mindspore(None) is weight.to_torch(None) is None
    for way in (weight.to_mindspore, weight.to_torch):
        with pytest.raises(Unsupported, match="state_dict"):
            way([1.0])


def test_the_group_of_all_processes_is_none() -> None:
    assert find_reader("world_group")(None, "hccl_world_group") is None
    assert find_reader("world_group")(None, "mine") == "mine"


def test_a_primitives_reduction() -> None:
    words = [find_reader("reduction_word")(None, number) for number in range(3)]
    assert words == ["sum", "mean", "none"]
