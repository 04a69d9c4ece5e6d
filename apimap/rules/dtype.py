"""Dtypes by their frameworks' names."""

from __future__ import annotations

from typing import Any

from apimap.errors import InvalidCall
from apimap.rules import rule
from apimap.signatures import Name

ALIASES = {"half": "float16", "float": "float32", "double": "float64"}
DTYPES = ("float16", "bfloat16", "float32", "float64")


def word(dtype: Any) -> str:
    """The plain name of a floating dtype, of either framework.

    >>> word(Name("torch.half")), word(Name("mindspore.bfloat16"))
    ('float16', 'bfloat16')
    """
    name = str(dtype).rpartition(".")[2].lower()
    name = ALIASES.get(name, name)
    if name not in DTYPES:
        raise InvalidCall(f"{dtype!r} is no floating dtype", hint=f"one of {', '.join(DTYPES)}")
    return name


@rule("dtype")
class Dtype:
    """PyTorch's None is its default dtype, float32 unless it was changed."""

    @staticmethod
    def to_mindspore(dtype: Any) -> Name:
        """The dtype of the same name"""
        return Name(f"mindspore.{word('float32' if dtype is None else dtype)}")

    @staticmethod
    def to_torch(dtype: Any) -> Any:
        """The dtype of the same name, float32 by leaving it out"""
        name = word("float32" if dtype is None else dtype)
        return None if name == "float32" else Name(f"torch.{name}")


@rule("dtype_or_none")
class DtypeOrNone:
    """None is the default dtype of both, where MindSpore's class takes it."""

    @staticmethod
    def to_mindspore(dtype: Any) -> Any:
        """The dtype of the same name, or None"""
        return None if dtype is None else Dtype.to_mindspore(dtype)

    @staticmethod
    def to_torch(dtype: Any) -> Any:
        """The dtype of the same name, float32 by leaving it out"""
        return Dtype.to_torch(dtype)
