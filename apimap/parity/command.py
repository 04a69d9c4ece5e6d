"""What `apimap parity` does: sweep entries, count states, keep what differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import Any, Optional

from apimap.catalog import default_catalog
from apimap.frameworks import framework
from apimap.parity.cases import DIRECTIONS as DIRECTIONS
from apimap.parity.cases import Direction
from apimap.parity.sweep import sweep
from apimap.schema import SIDES, Entry

STATES = ("equal", "rounding", "differs", "refused", "rejected")
Summary = dict[str, Any]


def summaries(
    entries: Sequence[Entry],
    directions: Sequence[Direction],
    *,
    max_examples: Optional[int] = None,
    seed: int = 0,
    device: str = "CPU",
    jobs: int = 1,
) -> Iterator[Summary]:
    """One for each entry and direction that has cases, in order, as they are made.

    Raises ``BackendUnavailable`` where a framework or the device is missing.
    """
    for side in SIDES:
        framework(side).use_device(device)
    todo = [(entry.torch, way) for entry in entries for way in directions]
    work = partial(_summary, max_examples=max_examples, seed=seed, device=device)
    if jobs == 1:
        yield from filter(_has_cases, map(work, todo))
        return
    # A forked child hangs once its parent has run MindSpore.
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield from filter(_has_cases, pool.map(work, todo))


def _has_cases(summary: Summary) -> bool:
    return any(summary[state] for state in STATES)


def _summary(
    task: tuple[str, Direction], *, max_examples: Optional[int], seed: int, device: str
) -> Summary:
    name, direction = task
    for side in SIDES:
        framework(side).use_device(device)
    entry = default_catalog().find(name)
    counts: Counter[str] = Counter()
    routes: Counter[str] = Counter()
    differing, reasons = [], set()
    for result in sweep(entry, direction, max_examples=max_examples, seed=seed):
        counts[result.state] += 1
        routes[result.route] += 1
        if result.state == "differs":
            differing.append({"text": str(result), **result.report.to_json()})
        if result.state == "refused":
            reasons.add(result.reason)
    return {
        "torch": name,
        "mindspore": entry.mindspore,
        "direction": direction,
        **{state: counts[state] for state in STATES},
        **{route: routes[route] for route in ("native", "composed")},
        "refusals": sorted(reasons),
        "differing": differing,
    }


def summary_text(summary: Summary) -> str:
    """One line, then everything that differs."""
    counts = ", ".join(f"{summary[state]} {state}" for state in STATES if summary[state])
    head = f"{summary['torch']} {summary['direction']}: {counts}"
    return "\n".join([head, *(case["text"] for case in summary["differing"])])
