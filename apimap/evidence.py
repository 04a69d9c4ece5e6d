"""What was measured of each entry, with which versions, on which device.

``apimap parity --evidence`` writes ``evidence.json`` beside this file. A fingerprint of each entry
tells whether it, its rules or its composed layers have changed since.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any, Optional

from apimap.composed import compositions
from apimap.schema import SIDES, Entry
from apimap.signatures import FILES, snapshot

DEVICE = "CPU"
NOT_RUN = ("GPU", "Ascend")
RECORD = Path(__file__).with_name("evidence.json")


def installed(package: str) -> Optional[str]:
    """The version of a package here, found without importing it; None where it is absent."""
    from importlib import metadata  # takes 12 ms, which `apimap explain` need not spend

    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def evidence() -> dict[str, Any]:
    """The versions that the entries were measured with, and the device."""
    versions = {side: str(snapshot(side)["version"]) for side in FILES}
    return {**versions, "device": DEVICE, "not_run": list(NOT_RUN)}


def sentence() -> str:
    """The same as a person reads it."""
    made = evidence()
    return (
        f"Measured with PyTorch {made['torch']} and MindSpore {made['mindspore']} on {DEVICE}. "
        f"{' and '.join(NOT_RUN)} have not been run."
    )


@cache
def records() -> dict[str, Any]:
    """What was measured, by entry name."""
    found: dict[str, Any] = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    return found


def measured(entry: Entry) -> dict[str, Any]:
    """Counts of cases and the worst error in each direction; empty where nothing was run."""
    ways: dict[str, Any] = records().get(entry.name, {})
    return {way: counts for way, counts in ways.items() if way != "fingerprint"}


def unmeasured(entry: Entry) -> str:
    """Why the entry cannot be run on this device; empty where it can."""
    if not entry.platforms or DEVICE in entry.platforms:
        return ""
    version = str(snapshot("mindspore")["version"]).rpartition(".")[0]
    kernels = f"MindSpore {version} has no {DEVICE} kernel of {entry.mindspore}"
    return f"{kernels}, only {' and '.join(entry.platforms)} ones: it was not measured here."


def is_stale(entry: Entry) -> bool:
    """Whether the entry, its rules or its composed layers changed since it was measured."""
    if entry.parity is None:
        return False
    known = records().get(entry.name, {}).get("fingerprint")
    return bool(known != fingerprint(entry))


def fingerprint(entry: Entry) -> str:
    """A short text that changes with all that an entry's cases execute.

    Its traps are left out, and its first values, which cases do not execute.
    """
    idle: Any = {"traps": True, "initial": True, "params": {"__all__": {"fills"}}}
    parts = [entry.model_dump_json(exclude=idle, by_alias=True)]
    parts += [_source(module) for module in _modules(entry)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _modules(entry: Entry) -> list[str]:
    from apimap.rules import find_rule

    named = {getattr(param, "rule", None) for param in entry.params} - {None}
    found = {find_rule(str(name)).to_torch.__module__ for name in named}
    for side in SIDES:
        name = getattr(entry.composed, side)
        found |= {compositions(side)[name]} if name else set()
    return sorted(found)


@cache
def _source(module: str) -> str:
    """A module's text, found without importing it."""
    path = Path(__file__).parent.joinpath(*module.split(".")[1:]).with_suffix(".py")
    return path.read_text(encoding="utf-8") if path.exists() else ""
