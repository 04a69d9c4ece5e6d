"""What tests compared, as records: pairs that no case describes, and the report of a test run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from apimap.parity.records import Bound, CaseRecord, Results
from apimap.parity.report import ParityReport
from apimap.parity.results import collect, row_record, usual_bound
from apimap.parity.results import write as write_json
from apimap.schema import Side, other
from apimap.tensors import FLOATING


def hand_written(
    report: ParityReport, a: Any, b: Any, options: dict[str, Any], seconds: float
) -> CaseRecord:
    """The record of a pair that no case describes."""
    expected: Side = report.expected
    pair = {expected: a, other(expected): b}
    modes = tuple(options.get("modes", ("train", "eval")))
    mode: Literal["train", "eval", "both"] = "both" if len(modes) != 1 else modes[0]
    return CaseRecord(
        id="",
        torch=_name(pair["torch"]),
        mindspore=_name(pair["mindspore"]),
        direction="to_mindspore" if expected == "torch" else "to_torch",
        route="hand-written",
        dtype=next((row.dtype for row in report.rows), ""),
        mode=mode,
        jit=False,
        state=report.verdict,
        reason="; ".join(report.notes),
        seconds=round(seconds, 6),
        rows=tuple(row_record(row, _bound(row.dtype, options)) for row in report.rows),
        problems=report.problems,
    )


def _name(thing: Any) -> str:
    kind = thing if hasattr(thing, "__qualname__") else type(thing)
    return f"{kind.__module__}.{kind.__qualname__}"


def _bound(dtype: str, options: dict[str, Any]) -> Bound:
    given = options.get("tolerance")
    pair = given.get(dtype) if isinstance(given, Mapping) else given
    if pair is None or dtype not in FLOATING:
        return usual_bound(dtype)
    rtol, atol = (pair.rtol, pair.atol) if hasattr(pair, "rtol") else pair
    return Bound(rtol=rtol, atol=atol)


def gathered(found: Sequence[dict[str, Any]], device: str) -> Results:
    """The results of a test run, from records that travelled as JSON."""
    cases = [CaseRecord.model_validate(item) for item in found]
    seconds = sum(case.seconds for case in cases)
    return collect(cases, seed=0, seconds=seconds, device=device)


def write(results: Results, path: Path) -> None:
    """Write JSON or the page, as the file's name says."""
    if path.suffix == ".json":
        write_json(results, path)
        return
    from apimap.parity.html import write_page

    write_page(results, path)
