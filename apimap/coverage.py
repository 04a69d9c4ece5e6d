"""What apimap maps, one row for each API of either side; other programs read this shape."""

from __future__ import annotations

from typing import Any, Optional

from apimap import __version__
from apimap.catalog import default_catalog
from apimap.evidence import evidence, measured, unmeasured
from apimap.explain import plain_call
from apimap.schema import TITLES, Entry, Side, other
from apimap.signatures import known_apis

Row = dict[str, Any]


def coverage() -> dict[str, Any]:
    """Every API that has a signature, with its counterpart and how it gets there.

    ``entries`` has a row for each PyTorch API: ``state`` is the way to MindSpore and ``to_torch``
    the way back, each "native", "composed" or "unsupported". ``mindspore`` has a row for each of
    MindSpore's, where ``state`` is the way to PyTorch. An entry that is native for its default
    arguments says "native", and falls back on its composition for others. ``kind`` is "other" for
    a class that is no layer, "initializer" for what fills new tensors.
    """
    made = evidence()
    return {
        "versions": {"apimap": __version__, **made},
        "entries": [_row(name, "torch") for name in _names("torch")],
        "mindspore": [_row(name, "mindspore") for name in _names("mindspore")],
    }


def _names(side: Side) -> list[str]:
    mapped = {entry.api(side) for entry in default_catalog().entries if side in entry.sides}
    return sorted({*mapped, *known_apis(side)})


def _row(name: str, side: Side) -> Row:
    entry = default_catalog().get(name)
    counterpart = {side: name, other(side): entry.api(other(side)) or None if entry else None}
    names = {"torch": counterpart["torch"], "mindspore": counterpart["mindspore"]}
    if entry is None:
        reason = f"apimap has no entry for this {TITLES[side]} API yet."
        states = {
            "state": "unsupported",
            **({"to_torch": "unsupported"} if side == "torch" else {}),
        }
        return {**names, "kind": "", **states, "because": reason, "evidence": {}}
    states = {"state": _state(entry, side)}
    if side == "torch":
        states["to_torch"] = _back(entry)
    refused = [getattr(entry.unsupported, f"to_{s}") for s in (other(side), side)]
    because = next(filter(None, [*refused, unmeasured(entry)]), None)
    found = {} if unmeasured(entry) else {**evidence(), "cases": measured(entry)}
    return {**names, "kind": entry.kind, **states, "because": because, "evidence": found}


def _back(entry: Entry) -> str:
    """The way back to PyTorch; a composed cell becomes the layer that it stands for."""
    if "mindspore" in entry.sides:
        return _state(entry, "mindspore")
    return "native" if entry.composition("mindspore") else "unsupported"


def _state(entry: Entry, source: Side) -> str:
    target = other(source)
    if getattr(entry.unsupported, f"to_{target}"):
        return "composed" if entry.composition(target) else "unsupported"
    call: Optional[Any] = plain_call(entry, source)
    return call.route if call else "native"
