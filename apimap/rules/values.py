"""Single numbers: complements and types."""

from __future__ import annotations

from decimal import Decimal
from typing import Union

from apimap.errors import Unsupported
from apimap.rules import rule

Number = Union[int, float]


def complement(share: Number) -> float:
    """One minus the share, in decimal, so that it is what a person would write.

    >>> complement(0.1), 1 - 0.9
    (0.9, 0.09999999999999998)
    """
    return float(Decimal(1) - Decimal(repr(share)))


def exact_complement(share: Number, meaning: str) -> float:
    """The complement of a share that it gives back; ``Unsupported`` for another."""
    if not 0 <= share <= 1 or complement(complement(share)) != share:
        raise Unsupported(
            f"MindSpore's {meaning} is 1 minus PyTorch's, and for {share!r} no number between 0 "
            "and 1 is."
        )
    return complement(share)


@rule("float")
class Float:
    """MindSpore takes no integer here."""

    @staticmethod
    def to_mindspore(value: Number) -> float:
        """The same number as a float"""
        return float(value)

    @staticmethod
    def to_torch(value: float) -> float:
        """Unchanged"""
        return value
