"""Three verdicts, and what may never pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from apimap.frameworks.record import Value
from apimap.parity.compare import CHUNK, TOLERANCES, Tolerance, compare, worst

ONE = np.array([1.0, 2.0, 3.0], np.float32)


def value(array: Any, dtype: str = "float32") -> Value:
    return Value.of(np.asarray(array), dtype)


@pytest.mark.parametrize("dtype", TOLERANCES)
def test_tolerances_are_those_of_assert_close(dtype: str) -> None:
    """Just inside is equal for both, just outside for neither."""
    kind = getattr(torch, dtype)
    bound = TOLERANCES[dtype].atol + TOLERANCES[dtype].rtol * 1024.0
    for share, expected in ((0.5, "equal"), (2.0, "differs")):
        other = torch.tensor([1024.0 + bound * share], dtype=kind)
        base = torch.tensor([1024.0], dtype=kind)
        ours = compare(value(other.double(), dtype), value(base.double(), dtype)).verdict
        try:
            torch.testing.assert_close(other, base)
            theirs = "equal"
        except AssertionError:
            theirs = "differs"
        assert ours == theirs == expected


def test_worst_element_is_located() -> None:
    """Index, both values, both errors and the share."""
    found = compare(value([[1.0, 2.0], [3.0, 4.5]]), value([[1.0, 2.0], [3.0, 4.0]]))
    assert (found.verdict, found.index) == ("differs", (1, 1))
    assert (found.actual, found.expected, found.max_abs) == (4.5, 4.0, 0.5)
    assert (found.max_rel, found.share_out) == (0.125, 0.25)


def test_worst_element_in_a_later_chunk() -> None:
    """Chunks add up to one answer."""
    expected = np.ones(2 * CHUNK + 3, np.float32)
    actual = expected.copy()
    actual[5], actual[2 * CHUNK + 1] = 1.5, 3.0
    found = compare(value(actual), value(expected))
    assert found.index == (2 * CHUNK + 1,)
    assert found.share_out == 2 / expected.size


def test_first_difference_is_located() -> None:
    """Beside the worst one, in whatever chunk it lies."""
    expected = np.ones((4, CHUNK), np.float32)
    actual = expected.copy()
    actual[1, 7], actual[3, 9] = 1.5, 3.0
    found = compare(value(actual), value(expected))
    assert (found.first, found.index) == ((1, 7), (3, 9))


def test_strided_arrays_and_one_sided_nan() -> None:
    """Memory order does not matter; a NaN on one side is counted apart."""
    base = np.arange(3.0 * CHUNK, dtype=np.float32).reshape(3, -1)
    actual = base.copy()
    actual[0, 1] = actual[2, 5] = np.nan
    expected = base.copy()
    expected[0, 1] = np.nan
    changes: list[Callable[[Any], Any]] = [
        lambda a: a,
        lambda a: a.T,
        lambda a: a[:, ::-1],
        lambda a: a[::2, ::3],
    ]
    for change in changes:
        found = compare(value(change(actual)), value(change(expected)))
        whole = compare(
            value(np.ascontiguousarray(change(actual))),
            value(np.ascontiguousarray(change(expected))),
        )
        assert repr(found) == repr(whole)
    found = compare(value(actual), value(expected))
    assert (found.nan_count, found.nan_alone, found.index) == (1, 1, (2, 5))


def test_rounding_needs_both_sides_near_the_reference() -> None:
    """float64 decides which results are rounding."""
    reference = np.array([100.0, 1e-3])
    off = value([100.0, 1e-3 + 1.5e-4])
    assert compare(off, value(reference), reference).verdict == "rounding"
    far = value([100.0, 1e-3 + 4e-4])
    assert compare(far, value(reference), reference).verdict == "differs"
    assert compare(value(reference), far, reference).verdict == "differs"
    assert compare(far, value(reference), reference).reference == 1e-3


def test_both_wrong_alike_is_not_rounding() -> None:
    """Two sides that are off the reference together still differ from each other."""
    reference = np.array([1.0, 2.0])
    found = compare(value([1.1, 2.0]), value([1.2, 2.0]), reference)
    assert found.verdict == "differs"


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (value(ONE), value(ONE[None])),
        (value(ONE[:1]), value(ONE)),
        (value(1.0), value(ONE)),
        (value(ONE, "float64"), value(ONE)),
        (value([1, 2], "int32"), value([1, 2], "int64")),
    ],
)
def test_shape_and_dtype_are_named(actual: Value, expected: Value) -> None:
    """Nothing is broadcast or cast."""
    found = compare(actual, expected, np.array(0.0))
    assert found.verdict == "differs"
    assert "instead of" in found.mismatch


def test_nan_in_the_same_places_is_equal_and_counted() -> None:
    """NaN elsewhere is not."""
    nan = np.nan
    both = compare(value([nan, 1.0, nan]), value([nan, 1.0, nan]))
    assert (both.verdict, both.nan_count) == ("equal", 2)
    for pair in (([nan, 1.0], [1.0, 1.0]), ([1.0, 1.0], [1.0, nan])):
        found = compare(value(pair[0]), value(pair[1]), np.array([1.0, 1.0]))
        assert found.verdict == "differs"
        assert found.max_abs == np.inf


def test_infinities_must_match() -> None:
    """Sign included; a huge finite number is no infinity."""
    inf = np.inf
    assert compare(value([inf, -inf]), value([inf, -inf])).verdict == "equal"
    for actual in ([-inf, 1.0], [3e38, 1.0], [np.nan, 1.0]):
        assert compare(value(actual), value([inf, 1.0]), np.array([1.0, 1.0])).verdict == "differs"


def test_integers_and_booleans_are_exact() -> None:
    """A tolerance does not loosen them."""
    loose = Tolerance(1.0, 1.0)
    big = 2**62
    assert compare(value([1, big], "int64"), value([1, big + 1], "int64")).verdict == "differs"
    assert compare(value([3], "int64"), value([4], "int64"), tolerance=loose).verdict == "differs"
    assert compare(value([True], "bool"), value([True], "bool")).verdict == "equal"
    assert compare(value([True], "bool"), value([False], "bool")).verdict == "differs"


def test_empty_scalar_and_not_contiguous() -> None:
    """The odd shapes."""
    empty = value(np.zeros((0, 3)))
    assert compare(empty, empty).verdict == "equal"
    assert compare(value(1.0), value(2.0)).index == ()
    array = np.arange(12, dtype=np.float32).reshape(3, 4)
    moved = array.T.copy()
    moved[2, 1] += 1
    assert compare(Value.of(moved), Value.of(array.T)).index == (2, 1)


def test_bfloat16_is_rounded_as_torch_rounds_it() -> None:
    """Ties go to even."""
    array = np.random.default_rng(0).standard_normal(1000).astype(np.float32)
    expected = torch.from_numpy(array).bfloat16().float().numpy()
    assert np.array_equal(Value.of(array, "bfloat16").array, expected)


def test_worst_verdict() -> None:
    """differs beats rounding beats equal."""
    assert worst(["equal", "rounding"]) == "rounding"
    assert worst(["differs", "equal"]) == "differs"
    assert worst([]) == "equal"
