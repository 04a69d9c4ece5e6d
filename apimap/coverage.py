"""What apimap maps, one row for each PyTorch API; other programs read this shape."""

from __future__ import annotations

from typing import Any, Optional

from apimap import __version__
from apimap.catalog import default_catalog
from apimap.evidence import evidence
from apimap.explain import plain_call
from apimap.schema import Entry, Side, other
from apimap.signatures import known_apis

NO_ENTRY = "apimap has no entry for this PyTorch API yet."


def coverage() -> dict[str, Any]:
    """Every PyTorch API that has a signature, with its counterpart and how it gets there.

    ``state`` is the way to MindSpore and ``to_torch`` the way back: "native", "composed" or
    "unsupported". An entry that is native for its default arguments says "native", and falls back
    on its composition for others.
    """
    catalog = default_catalog()
    mapped = {entry.torch: entry for entry in catalog.entries if "torch" in entry.sides}
    made = evidence()
    rows = [_row(name, mapped.get(name), made) for name in sorted({*mapped, *known_apis("torch")})]
    return {"versions": {"apimap": __version__, **made}, "entries": rows}


def _row(name: str, entry: Optional[Entry], made: dict[str, Any]) -> dict[str, Any]:
    if entry is None:
        states = {"state": "unsupported", "to_torch": "unsupported", "because": NO_ENTRY}
        return {"torch": name, "mindspore": None, **states, "evidence": {}}
    refused = entry.unsupported.to_mindspore or entry.unsupported.to_torch
    return {
        "torch": name,
        "mindspore": entry.mindspore or None,
        "state": _state(entry, "torch"),
        "to_torch": _state(entry, "mindspore"),
        "because": refused,
        "evidence": made,
    }


def _state(entry: Entry, source: Side) -> str:
    target = other(source)
    if source not in entry.sides:
        return "unsupported"
    if getattr(entry.unsupported, f"to_{target}"):
        return "composed" if entry.composition(target) else "unsupported"
    call = plain_call(entry, source)
    return call.route if call else "native"
