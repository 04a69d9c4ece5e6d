"""The rules of losses, as plain values."""

from __future__ import annotations

import pytest

from apimap.errors import Unsupported
from apimap.rules import find_rule


@pytest.mark.parametrize(
    ("size_average", "reduce", "expected"),
    [
        (None, None, "sum"),
        (True, None, "mean"),
        (False, None, "sum"),
        (None, True, "mean"),
        (False, True, "sum"),
        (None, False, "none"),
        (True, False, "none"),
    ],
)
def test_deprecated_arguments_win(size_average: object, reduce: object, expected: str) -> None:
    reduction = find_rule("reduction")
    assert reduction.to_mindspore(size_average, reduce, "sum") == expected
    assert reduction.to_torch(expected) == (None, None, expected)


def test_elementwise_mean_is_mean() -> None:
    assert find_rule("reduction").to_mindspore(None, None, "elementwise_mean") == "mean"


def test_loss_weight() -> None:
    weight = find_rule("loss_weight")
    assert weight.to_torch(None) is None
    assert weight.to_mindspore(3) == 3
    with pytest.raises(Unsupported, match="state_dict"):
        weight.to_torch(3)
