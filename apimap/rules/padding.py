"""Padding layers: amounts with the last axis first."""

from __future__ import annotations

from typing import Any

from apimap.errors import Unsupported
from apimap.rules import rule
from apimap.rules.conv import Size, shortest


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
