"""The rules of activations and dropout, as plain values."""

from __future__ import annotations

import pytest

from apimap.errors import Unsupported
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
