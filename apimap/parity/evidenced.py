"""What a whole sweep says of each entry, kept for the coverage page."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Optional

from apimap.catalog import default_catalog
from apimap.evidence import fingerprint
from apimap.parity.records import CaseRecord, Results
from apimap.schema import Entry


def keep(results: Results, path: Path) -> None:
    """Write what was measured of each entry beside what the file has of others."""
    known: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    catalog = {entry.name: entry for entry in default_catalog().entries}
    kept = {name: row for name, row in known.items() if name in catalog}
    for name, ways in _by_entry(results.cases).items():
        counted = {way: _counted(cases) for way, cases in sorted(ways.items())}
        kept[name] = {"fingerprint": fingerprint(catalog[name]), **counted}
    lines = [f" {json.dumps(name)}: {json.dumps(kept[name])}" for name in sorted(kept)]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def _by_entry(cases: Iterable[CaseRecord]) -> dict[str, dict[str, list[CaseRecord]]]:
    found: dict[str, dict[str, list[CaseRecord]]] = {}
    for case in cases:
        entry = _entry(case)
        if entry is not None:
            found.setdefault(entry.name, {}).setdefault(case.direction, []).append(case)
    return found


def _entry(case: CaseRecord) -> Optional[Entry]:
    """The one that the case's source leads to; a flavor's is found by both names."""
    catalog, apis = default_catalog(), (case.torch, case.mindspore)
    entry = catalog.get(apis[0] if case.direction == "to_mindspore" else apis[1])
    is_it = entry is not None and (entry.torch, entry.mindspore) == apis
    return entry if is_it else catalog.between(*apis)


def _counted(cases: list[CaseRecord]) -> dict[str, Any]:
    """Cases by state and route, and the largest float32 error among those that agree."""
    states = Counter(case.state for case in cases)
    routes = Counter(case.route for case in cases if case.route)
    errors = [
        float(row.max_abs)
        for case in cases
        for row in case.rows
        if case.dtype == "float32" and row.verdict != "differs"
    ]
    worst = max((error for error in errors if math.isfinite(error)), default=0.0)
    return {
        "cases": len(cases),
        **dict(sorted(states.items())),
        "routes": dict(routes),
        "worst": worst,
    }
