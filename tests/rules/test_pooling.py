"""The rules of pooling, as plain values."""

from __future__ import annotations

from typing import Any

import pytest

from apimap.errors import InvalidCall, Unsupported
from apimap.rules import find_rule

MAX = find_rule("max_pool")
AVG = find_rule("avg_pool")
MAX_3D = find_rule("max_pool_3d")
AVG_1D = find_rule("avg_pool_1d")
AVG_3D = find_rule("avg_pool_3d")


def test_a_size_is_an_integer_where_it_can_be() -> None:
    size = find_rule("pool_size")
    assert size.to_mindspore([3, 3]) == size.to_torch((3, 3)) == 3
    assert size.to_mindspore([2, 3]) == size.to_torch((2, 3)) == (2, 3)


def test_a_plain_maximum_is_valid() -> None:
    plain = MAX.to_mindspore(None, 0, 1, False, False, kernel_size=(2, 3))
    assert plain == ((2, 3), "valid", 0, 1, False, False)


@pytest.mark.parametrize(
    "arguments",
    [
        (2, 1, 1, False, False),
        (2, 0, 2, False, False),
        (2, 0, 1, True, False),
        (2, 0, 1, False, True),
    ],
)
def test_every_other_maximum_is_pad(arguments: Any) -> None:
    step, mode, *rest = MAX.to_mindspore(*arguments, kernel_size=3)
    assert (step, mode, *rest) == (2, "pad", *arguments[1:])
    assert MAX.to_torch(step, mode, *rest, kernel_size=3) == arguments


def test_same_is_a_fixed_padding_for_odd_kernels_without_a_stride() -> None:
    assert MAX.to_torch(1, "SAME", 0, 1, False, False, kernel_size=(1, 3))[1] == (0, 1)
    for kernel_size, stride in ((2, 1), (3, 2), ((3, 2), (1, 1))):
        with pytest.raises(Unsupported, match="input's size"):
            MAX.to_torch(stride, "same", 0, 1, False, False, kernel_size=kernel_size)


def test_a_padding_over_half_of_the_kernel_is_refused() -> None:
    with pytest.raises(Unsupported, match="half"):
        MAX.to_torch(1, "pad", 2, 1, False, False, kernel_size=3)


def test_valid_takes_no_padding() -> None:
    with pytest.raises(InvalidCall, match="takes no padding"):
        MAX.to_torch(1, "valid", 1, 1, False, False, kernel_size=3)


def test_a_plain_mean_is_valid_whatever_counts() -> None:
    plain = AVG.to_mindspore(None, 0, False, False, None, kernel_size=3)
    assert plain == (3, "valid", 0, False, True, None)


def test_a_divisor_counts_the_padding() -> None:
    mean = AVG.to_mindspore(2, (1, 0), False, False, 5, kernel_size=3)
    assert mean == (2, "pad", (1, 0), False, True, 5)
    assert AVG.to_torch(*mean, kernel_size=3) == (2, (1, 0), False, True, 5)


def test_ceil_mode_is_pad() -> None:
    assert AVG.to_mindspore(2, 0, True, True, None, kernel_size=3)[1] == "pad"


@pytest.mark.parametrize(
    ("ceil_mode", "include", "divisor", "expected"),
    [
        (False, True, None, (1, 1, False, False, None)),
        (True, True, None, (1, 1, False, True, None)),
        (False, True, 3, (1, 1, False, True, 3)),
        (False, False, None, (1, 1, False, False, None)),
    ],
)
def test_same_leaves_the_padding_out_unless_asked(
    ceil_mode: bool, include: bool, divisor: Any, expected: Any
) -> None:
    found = AVG.to_torch(1, "same", 0, ceil_mode, include, divisor, kernel_size=3)
    assert found == expected


def test_ceil_mode_is_ceil_mode_whatever_the_mode() -> None:
    assert AVG.to_torch(2, "valid", 0, True, True, None, kernel_size=3) == (2, 0, True, True, None)


@pytest.mark.parametrize(
    "arguments",
    [
        (1, "pad", 1, False, False, 3),
        (1, "same", 0, False, False, 3),
    ],
)
def test_what_mindspore_computes_wrongly_is_refused_for_good(arguments: Any) -> None:
    with pytest.raises(Unsupported) as caught:
        AVG.to_torch(*arguments, kernel_size=3)
    assert caught.value.final


def test_adaptive_size() -> None:
    size = find_rule("adaptive_size")
    assert size.to_mindspore([None, 3]) == size.to_torch((None, 3)) == (None, 3)
    assert size.to_mindspore(3) == size.to_torch(3) == 3
    with pytest.raises(Unsupported, match="fails"):
        size.to_mindspore(None)


def test_a_maximum_of_volumes_takes_the_exact_kernel() -> None:
    plain = MAX_3D.to_mindspore(None, 0, 1, False, False, kernel_size=2)
    assert plain == (2, "valid", 0, 1, False, False)
    padded = MAX_3D.to_mindspore(2, 1, 1, False, False, kernel_size=3)
    assert padded == (2, "pad", 1, (1, 1, 1), False, False)
    assert MAX_3D.to_torch(*padded, kernel_size=3) == (2, 1, 1, False, False)


def test_a_mean_of_lines_is_always_pad() -> None:
    mean = AVG_1D.to_mindspore((2,), (0,), False, False, kernel_size=(3,))
    assert mean == (2, "pad", 0, False, True)
    assert AVG_1D.to_torch(*mean, kernel_size=3) == (2, 0, False, True)
    assert AVG_1D.to_torch(1, "same", 0, False, True, kernel_size=3) == (1, 1, False, False)


def test_a_mean_of_volumes_counts_the_padding_of_same() -> None:
    found = AVG_3D.to_torch(1, "same", 0, True, True, None, kernel_size=3)
    assert found == (1, 1, False, True, None)


def test_sizes_without_a_counterpart_are_refused() -> None:
    volume = find_rule("adaptive_max_3d")
    assert volume.to_mindspore((2, 3, 4), False) == volume.to_torch((2, 3, 4), False)
    with pytest.raises(Unsupported, match="None"):
        volume.to_mindspore((None, 3, 4), False)
    with pytest.raises(Unsupported, match="int32"):
        volume.to_torch(3, True)
    fraction = find_rule("fractional_size")
    assert fraction.to_mindspore(3, None) == fraction.to_torch(3, None) == (3, None)
    with pytest.raises(Unsupported, match="both together"):
        fraction.to_torch(3, 0.5)


def test_sizes_of_one_axis_and_of_unpooling() -> None:
    line, unpool = find_rule("adaptive_size_1d"), find_rule("unpool_size")
    assert line.to_mindspore((4,)) == line.to_mindspore(4) == line.to_torch(4) == 4
    assert unpool.to_mindspore((2, 2)) == unpool.to_torch(2) == 2
    assert unpool.to_mindspore(None) is unpool.to_torch(None) is None


def test_amounts_of_padding() -> None:
    plain, mirrored = find_rule("pad_amounts"), find_rule("reflected_amounts")
    assert plain.to_mindspore([1, -2]) == plain.to_torch((1, -2)) == (1, -2)
    assert mirrored.to_mindspore((1, 1)) == mirrored.to_torch(1) == 1
    with pytest.raises(Unsupported, match="negative"):
        mirrored.to_mindspore((1, -1))
