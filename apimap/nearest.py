"""Names close to one that was misspelt."""

from __future__ import annotations

from collections.abc import Iterable

CUTOFF = 0.6


def nearest_hint(name: str, known: Iterable[str]) -> str:
    """A question with the closest names, or nothing.

    >>> nearest_hint("strides", ["stride", "padding"])
    "did you mean 'stride'?"
    """
    from difflib import SequenceMatcher

    word = _last(name)
    matcher = SequenceMatcher(b=word)
    scored = []
    for item in known:
        matcher.set_seq1(_last(item))
        if matcher.quick_ratio() >= CUTOFF and (score := matcher.ratio()) >= CUTOFF:
            scored.append((-score, item.split(".")[0] != name.split(".")[0], item))
    near = [repr(item) for _, _, item in sorted(scored)[:3]]
    return f"did you mean {' or '.join(near)}?" if near else ""


def _last(name: str) -> str:
    """What tells dotted names apart; the common front would make all of them alike."""
    return name.rpartition(".")[2].lower()
