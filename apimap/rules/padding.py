"""Padding layers: amounts with the last axis first."""

from __future__ import annotations

from typing import Any

from apimap.errors import Unsupported
from apimap.rules import rule
from apimap.rules.conv import Size, shortest
from apimap.rules.reading import reader


def _amounts(padding: Size) -> Any:
    """MindSpore takes no lists."""
    return padding if isinstance(padding, int) else shortest(padding)


@rule("pad_amounts")
class PadAmounts:
    """One amount, or two for each axis, the last axis first."""

    @staticmethod
    def to_mindspore(padding: Size) -> Any:
        """Unchanged, but equal amounts become one"""
        return _amounts(padding)

    @staticmethod
    def to_torch(padding: Size) -> Any:
        """Unchanged"""
        return padding if isinstance(padding, int) else tuple(padding)


@rule("reflected_amounts")
class ReflectedAmounts:
    """MindSpore's reflections cut nothing off."""

    @staticmethod
    def to_mindspore(padding: Size) -> Any:
        """Unchanged; a negative amount is composed"""
        items = (padding,) if isinstance(padding, int) else padding
        if any(amount < 0 for amount in items):
            raise Unsupported(
                "MindSpore's reflection refuses a negative padding, which PyTorch cuts off."
            )
        return _amounts(padding)

    @staticmethod
    def to_torch(padding: Size) -> Any:
        """Unchanged"""
        return padding if isinstance(padding, int) else tuple(padding)


@reader("reversed_pairs")
def reversed_pairs(layer: Any, value: Any) -> tuple[int, ...]:
    """A live reflection holds one pair for each axis, the first axis first."""
    del layer
    return tuple(amount for pair in reversed(value) for amount in pair)


@reader("axis_pairs")
def axis_pairs(layer: Any, value: Any) -> tuple[tuple[int, ...], ...]:
    """A live Pad holds a tensor where it mirrors."""
    del layer
    pairs = value.asnumpy().tolist() if hasattr(value, "asnumpy") else value
    return tuple(tuple(int(amount) for amount in pair) for pair in pairs)
