"""Names close to one that was misspelt."""

from __future__ import annotations

from collections.abc import Iterable


def nearest_hint(name: str, known: Iterable[str]) -> str:
    """A question with the closest names, or nothing.

    >>> nearest_hint("strides", ["stride", "padding"])
    "did you mean 'stride'?"
    """
    from difflib import get_close_matches

    near = get_close_matches(name, list(known), n=3, cutoff=0.6)
    return f"did you mean {' or '.join(repr(item) for item in near)}?" if near else ""
