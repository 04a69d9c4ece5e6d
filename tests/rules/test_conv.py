"""The rules of convolutions, as plain values."""

from __future__ import annotations

from typing import Any

import pytest

from apimap.errors import InvalidCall, Unsupported
from apimap.rules import find_rule
from apimap.rules.conv import from_sides, per_axis

SHAPE: dict[str, Any] = {"kernel_size": (3, 3), "stride": (1, 1), "dilation": (1, 1)}
FLAT: dict[str, Any] = {"kernel_size": 3, "stride": 1, "dilation": 1}
SOLID: dict[str, Any] = {"kernel_size": (3,) * 3, "stride": (2,) * 3, "dilation": (1,) * 3}


def to_mindspore(name: str, *values: Any, **reads: Any) -> Any:
    return find_rule(name).to_mindspore(*values, **reads)


def to_torch(name: str, *values: Any, **reads: Any) -> Any:
    return find_rule(name).to_torch(*values, **reads)


def test_per_axis_spreads_integers_over_tuples() -> None:
    assert per_axis(3, (1, 2), (4,)) == [(3, 1, 4), (3, 2, 4)]
    assert from_sides([(1, 0)], axes=3) == (1, 0, 1, 0, 1, 0)


@pytest.mark.parametrize("value", [3, (3,), [3]])
def test_single_axis_becomes_an_integer(value: Any) -> None:
    assert to_mindspore("single_axis", value) == 3
    assert to_torch("single_axis", 3) == 3


@pytest.mark.parametrize(
    ("padding", "expected"),
    [
        (0, ("pad", 0)),
        (2, ("pad", 2)),
        ((2,), ("pad", 2)),
        ((1, 1), ("pad", 1)),
        ((1, 2), ("pad", (1, 1, 2, 2))),
        ((1, 0, 2), ("pad", (1, 1, 0, 0, 2, 2))),
        ("valid", ("valid", 0)),
        ("same", ("same", 0)),
    ],
)
def test_zero_padding_is_native(padding: Any, expected: Any) -> None:
    assert to_mindspore("conv_padding", padding, "zeros", **FLAT) == expected


@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
def test_other_padding_modes_need_a_composition_only_where_they_pad(mode: str) -> None:
    one = {**FLAT, "kernel_size": 1}
    assert to_mindspore("conv_padding", 0, mode, **FLAT) == ("pad", 0)
    assert to_mindspore("conv_padding", "valid", mode, **FLAT) == ("valid", 0)
    assert to_mindspore("conv_padding", "same", mode, **one) == ("same", 0)
    for padding in (1, (0, 1), "same"):
        with pytest.raises(Unsupported, match=f"zeros only, not in mode '{mode}'"):
            to_mindspore("conv_padding", padding, mode, **FLAT)


@pytest.mark.parametrize(
    ("pad_mode", "padding", "shape", "expected"),
    [
        ("valid", 0, {}, "valid"),
        ("pad", 0, {}, 0),
        ("pad", (1, 1, 2, 2), {}, (1, 2)),
        ("pad", (1, 1, 1, 1), {}, 1),
        ("same", 0, {}, "same"),
        ("SAME", 0, {}, "same"),
        ("same", 0, {"kernel_size": 1, "stride": 2}, 0),
        ("same", 0, {"kernel_size": (1, 3), "stride": (2, 1)}, (0, 1)),
    ],
)
def test_mindspore_modes_come_back(pad_mode: str, padding: Any, shape: Any, expected: Any) -> None:
    assert to_torch("conv_padding", pad_mode, padding, **{**SHAPE, **shape}) == (expected, "zeros")


@pytest.mark.parametrize(
    ("pad_mode", "padding", "stride", "reason"),
    [
        ("same", 0, (2, 2), "depends on the input's size"),
        ("same", 0, (1, 2), "depends on the input's size"),
        ("pad", (0, 1, 1, 1), (1, 1), "same amount"),
    ],
)
def test_what_torch_cannot_pad(pad_mode: str, padding: Any, stride: Any, reason: str) -> None:
    with pytest.raises(Unsupported, match=reason):
        to_torch("conv_padding", pad_mode, padding, **{**SHAPE, "stride": stride})


@pytest.mark.parametrize(
    ("pad_mode", "padding"), [("full", 0), ("same", 1), ("valid", (0, 0, 1, 1))]
)
def test_what_mindspore_itself_refuses_is_no_call(pad_mode: str, padding: Any) -> None:
    for name in ("conv_padding", "transposed_padding_1d"):
        with pytest.raises(InvalidCall, match="MindSpore's pad_mode"):
            to_torch(name, pad_mode, padding, **SHAPE)


@pytest.mark.parametrize(
    ("padding", "more", "shape", "expected"),
    [
        (0, 0, (3, 1, 1), ("pad", 0)),
        ((2,), (0,), ((3,), (2,), (1,)), ("pad", 2)),
        (0, 2, (1, 3, 1), ("valid", 0)),
        (0, 1, (2, 3, 1), ("valid", 0)),
    ],
)
def test_one_axis_to_mindspore(padding: Any, more: Any, shape: Any, expected: Any) -> None:
    reads = dict(zip(SHAPE, shape, strict=True))
    assert to_mindspore("transposed_padding_1d", padding, more, **reads) == expected


@pytest.mark.parametrize(("padding", "more", "stride"), [(2, 2, 3), (1, 1, 2), (0, 1, 2)])
def test_one_axis_needs_a_composition(padding: int, more: int, stride: int) -> None:
    with pytest.raises(Unsupported, match="Conv1dTranspose has no output_padding"):
        to_mindspore("transposed_padding_1d", padding, more, **{**FLAT, "stride": stride})


@pytest.mark.parametrize("name", ["1d", "2d", "3d"])
def test_output_padding_of_a_whole_step_is_no_call(name: str) -> None:
    reads = {**FLAT, "bias": True} if name == "2d" else FLAT
    with pytest.raises(InvalidCall, match="smaller than stride or dilation"):
        to_mindspore(f"transposed_padding_{name}", 0, 1, **reads)


@pytest.mark.parametrize(
    ("pad_mode", "padding", "shape", "expected"),
    [
        ("pad", 2, (3, 1, 1), (2, 0)),
        ("valid", 0, (3, 1, 1), (0, 0)),
        ("valid", 0, (2, 4, 1), (0, 2)),
        ("same", 0, (3, 1, 1), (1, 0)),
        ("same", 0, (3, 1, 2), (2, 0)),
        ("same", 0, (1, 3, 1), (0, 2)),
    ],
)
def test_one_axis_to_torch(pad_mode: str, padding: int, shape: Any, expected: Any) -> None:
    reads = dict(zip(SHAPE, shape, strict=True))
    assert to_torch("transposed_padding_1d", pad_mode, padding, **reads) == expected


@pytest.mark.parametrize("shape", [(2, 1, 1), (4, 1, 1), (3, 2, 1), (4, 1, 3)])
def test_an_odd_crop_has_no_torch_arguments(shape: Any) -> None:
    reads = dict(zip(SHAPE, shape, strict=True))
    with pytest.raises(Unsupported, match="off the end"):
        to_torch("transposed_padding_1d", "same", 0, **reads)


@pytest.mark.parametrize(
    ("padding", "more", "bias", "expected"),
    [
        (1, 0, True, ("pad", 1, 0)),
        (1, 1, True, ("pad", (1, 0, 1, 0), 0)),
        ((1, 2), (1, 0), True, ("pad", (1, 0, 2, 2), 0)),
        (0, 1, False, ("pad", 0, 1)),
        ((0, 2), (1, 1), False, ("pad", (0, 0, 2, 1), (1, 0))),
    ],
)
def test_two_axes_to_mindspore(padding: Any, more: Any, bias: bool, expected: Any) -> None:
    reads = {**FLAT, "stride": 2, "bias": bias}
    assert to_mindspore("transposed_padding_2d", padding, more, **reads) == expected


def test_two_axes_use_a_mode_where_zeros_come_before_the_bias() -> None:
    reads = {"kernel_size": 1, "stride": 2, "dilation": 1, "bias": True}
    assert to_mindspore("transposed_padding_2d", 0, 1, **reads) == ("valid", 0, 0)
    mixed = {**reads, "kernel_size": (1, 4), "stride": (2, 2)}
    assert to_mindspore("transposed_padding_2d", (0, 1), (1, 0), **mixed) == ("same", 0, 0)
    with pytest.raises(Unsupported, match="after the bias"):
        to_mindspore("transposed_padding_2d", 0, 1, **{**FLAT, "stride": 2, "bias": True})


@pytest.mark.parametrize(
    ("values", "bias", "expected"),
    [
        (("pad", (1, 0, 2, 2), 0), True, ((1, 2), (1, 0))),
        (("pad", 0, 1), False, (0, 1)),
        (("pad", (1, 0, 0, 0), (0, 1)), False, ((1, 0), 1)),
        (("valid", 0, 0), True, (0, 0)),
    ],
)
def test_two_axes_to_torch(values: Any, bias: bool, expected: Any) -> None:
    reads = {**FLAT, "stride": 2, "bias": bias}
    assert to_torch("transposed_padding_2d", *values, **reads) == expected


@pytest.mark.parametrize(
    ("values", "bias"),
    [(("pad", 1, 1), False), (("pad", 0, 1), True), (("pad", (0, 1, 0, 0), 0), True)],
)
def test_two_axes_need_a_composition_in_torch(values: Any, bias: bool) -> None:
    with pytest.raises(Unsupported, match="PyTorch"):
        to_torch("transposed_padding_2d", *values, **{**FLAT, "stride": 2, "bias": bias})


def test_mode_with_output_padding_is_no_call() -> None:
    with pytest.raises(InvalidCall, match="takes no output_padding"):
        to_torch("transposed_padding_2d", "same", 0, 1, **{**FLAT, "stride": 2, "bias": False})


@pytest.mark.parametrize(
    ("padding", "more", "shape", "expected"),
    [
        (1, 1, {}, ("pad", 1, 1)),
        (0, (0, 1, 0), {}, ("pad", 0, (0, 1, 0))),
        (1, (0, 2, 0), {"dilation": (1, 3, 3)}, ("pad", (1, 1, 1, 0, 1, 1), (0, 1, 0))),
        (2, (0, 2, 0), {"dilation": (1, 3, 3)}, ("pad", (2, 2, 2, 0, 2, 2), 0)),
    ],
)
def test_three_axes_to_mindspore(padding: Any, more: Any, shape: Any, expected: Any) -> None:
    assert to_mindspore("transposed_padding_3d", padding, more, **{**SOLID, **shape}) == expected


@pytest.mark.parametrize(
    ("shape", "more", "reason"),
    [
        ({"dilation": (2, 1, 1)}, 0, "dilation along the depth"),
        ({"kernel_size": 8}, 0, "343"),
        ({"dilation": (1, 3, 1)}, (0, 2, 0), "reaches the stride"),
    ],
)
def test_limits_of_three_axes_in_mindspore(shape: Any, more: Any, reason: str) -> None:
    with pytest.raises(Unsupported, match=reason):
        to_mindspore("transposed_padding_3d", 0, more, **{**SOLID, **shape})


def test_three_axes_to_torch() -> None:
    uneven = ("pad", (1, 0, 1, 1, 0, 0), (0, 1, 1))
    assert to_torch("transposed_padding_3d", *uneven, **SOLID) == ((1, 1, 0), 1)
    one = {**SOLID, "kernel_size": 3, "stride": 1}
    assert to_torch("transposed_padding_3d", "same", 0, 0, **one) == (1, 0)
    with pytest.raises(Unsupported, match="off the end"):
        to_torch("transposed_padding_3d", "same", 0, 0, **{**SOLID, "kernel_size": 4, "stride": 1})
