"""Weight layouts as einops patterns, read forwards to MindSpore and backwards to PyTorch."""

from __future__ import annotations

from apimap.schema import Side


def sides(layout: str) -> tuple[str, str]:
    """The PyTorch and the MindSpore half of a pattern; ``ValueError`` where there are not two."""
    left, arrow, right = layout.partition("->")
    if not arrow:
        raise ValueError(f"layout {layout!r} has no '->'")
    return left.strip(), right.strip()


def pattern(layout: str, to: Side) -> str:
    """The pattern for one direction.

    >>> pattern("i o k -> i o 1 k", "torch")
    'i o 1 k -> i o k'
    """
    torch, mindspore = sides(layout)
    return f"{torch} -> {mindspore}" if to == "mindspore" else f"{mindspore} -> {torch}"


def reverses(layout: str) -> bool:
    """Whether a pattern keeps every axis, so that it can be read backwards.

    >>> reverses("i o k -> i o 1 k"), reverses("i o k -> i o")
    (True, False)
    """
    try:
        left, right = (
            sorted(axis for axis in side.replace("(", " ").replace(")", " ").split() if axis != "1")
            for side in sides(layout)
        )
    except ValueError:
        return False
    return left == right and "." not in layout
