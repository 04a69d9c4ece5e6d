"""Whether a case that was drawn, and that no mapping file lists, is one on which to agree."""

from __future__ import annotations

from apimap.errors import InvalidCall
from apimap.parity.measure import runner
from apimap.parity.run_case import CaseResult, build_source
from apimap.schema import Side

RUNS = 8
"""A random layer may draw the same twice: Dropout of four elements does in a sixteenth of runs."""


def no_case(result: CaseResult) -> str:
    """Why there is nothing to agree on; empty where there is.

    The source framework raises, it is random, PyTorch takes the arguments for an empty input
    alone, or rejects an empty input or result of MindSpore.
    """
    if result.state in ("rejected", "equal"):
        return result.reason if result.state == "rejected" else ""
    case, run = result.case, runner(result.case.source).run
    try:
        runs = [run(build_source(case), case.draw_inputs(), tree=case.tree) for _ in range(RUNS)]
    except Exception as error:  # noqa: BLE001  the framework's own verdict on a case
        return f"{type(error).__name__}: {error}"
    first = runs[0].outputs
    seen = {tuple(value.array.tobytes() for value in found.outputs) for found in runs}
    if len(seen) > 1:
        return "it gives other values each time"
    if all(value.array.size for value in (*first, *case.draw_inputs())):
        return ""
    side: Side = case.source
    problems = " ".join(result.report.problems)
    if side == "mindspore" and "PyTorch raised" in problems:
        return "PyTorch takes no such empty input"
    if side == "torch" and f"the conversion raised {InvalidCall.__name__}" in problems:
        return "PyTorch takes these arguments for an empty input alone"
    return ""
