"""Dtypes of both frameworks, and None."""

from __future__ import annotations

from typing import Any

import pytest

from apimap.errors import InvalidCall
from apimap.rules import find_rule
from apimap.rules.dtype import word


@pytest.mark.parametrize("name", ["float16", "bfloat16", "float64"])
def test_dtypes_keep_their_names(name: str) -> None:
    for rule in map(find_rule, ("dtype", "dtype_or_none")):
        assert rule.to_mindspore(f"torch.{name}") == f"mindspore.{name}"
        assert rule.to_torch(f"mindspore.{name}") == f"torch.{name}"


def test_none_is_float32() -> None:
    dtype = find_rule("dtype")
    assert dtype.to_mindspore(None) == "mindspore.float32"
    assert dtype.to_torch(None) is dtype.to_torch("mindspore.float32") is None


def test_none_stays_none_where_both_take_it() -> None:
    dtype = find_rule("dtype_or_none")
    assert dtype.to_mindspore(None) is dtype.to_torch(None) is None
    assert dtype.to_mindspore("torch.float32") == "mindspore.float32"


@pytest.mark.parametrize("given", ["torch.int64", "mindspore.bool", 3])
def test_another_dtype_is_refused(given: Any) -> None:
    with pytest.raises(InvalidCall, match="no floating dtype"):
        word(given)
