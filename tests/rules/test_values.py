"""Complements and types of single numbers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apimap.errors import Unsupported
from apimap.rules import find_rule
from apimap.rules.values import complement, exact_complement


@pytest.mark.parametrize(("share", "expected"), [(0.1, 0.9), (0.3, 0.7), (0, 1.0), (1, 0.0)])
def test_complement_is_what_a_person_would_write(share: Any, expected: float) -> None:
    assert repr(complement(share)) == repr(expected)


@pytest.mark.parametrize("share", [1e-20, -0.1, 1.5])
def test_a_share_without_a_complement_is_refused(share: float) -> None:
    with pytest.raises(Unsupported, match="1 minus"):
        exact_complement(share, "momentum")


@given(st.floats(0, 1, allow_subnormal=False))
def test_what_is_not_refused_comes_back(share: float) -> None:
    try:
        other = exact_complement(share, "momentum")
    except Unsupported:
        return
    assert exact_complement(other, "momentum") == share


def test_integers_become_floats() -> None:
    assert repr(find_rule("float").to_mindspore(1)) == "1.0"
    assert find_rule("float").to_torch(0.5) == 0.5
