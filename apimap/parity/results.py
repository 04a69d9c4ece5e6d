"""What a sweep found, as plain data: the JSON that ``schema.json`` publishes.

Reading and writing it needs no framework, so a report can be made anywhere.
"""

from __future__ import annotations

import json
import shlex
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from apimap.evidence import DEVICE
from apimap.parity.compare import EXACT, TOLERANCES
from apimap.parity.records import FINDINGS as FINDINGS
from apimap.parity.records import STATES as STATES
from apimap.parity.records import Bound as Bound
from apimap.parity.records import CaseRecord as CaseRecord
from apimap.parity.records import DivergenceRecord as DivergenceRecord
from apimap.parity.records import LayerRecord as LayerRecord
from apimap.parity.records import Results as Results
from apimap.parity.records import RowRecord as RowRecord
from apimap.parity.records import State as State
from apimap.parity.records import Totals as Totals
from apimap.parity.report import versions

if TYPE_CHECKING:
    from apimap.parity.cases import Case
    from apimap.parity.depth import LayerReport
    from apimap.parity.report import Row
    from apimap.parity.run_case import CaseResult

SCHEMA = Path(__file__).with_name("schema.json")


def collect(
    cases: Iterable[CaseRecord],
    *,
    seed: int,
    seconds: float,
    device: str = DEVICE,
    interrupted: bool = False,
    **by_layer: Any,
) -> Results:
    """The results of a sweep that has just ended; ``by_layer`` is of a run of two models."""
    kept = tuple(cases)
    counts = Counter(case.state for case in kept)
    return Results(
        versions=dict(versions()),
        device=device,
        seed=seed,
        seconds=round(seconds, 3),
        finished=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        interrupted=interrupted,
        totals=Totals(cases=len(kept), **{state: counts[state] for state in STATES}),
        cases=kept,
        **by_layer,
    )


def record(result: CaseResult) -> CaseRecord:
    """What became of a case."""
    case, report = result.case, result.report
    return _record(
        case,
        result.state,
        reason=result.reason,
        route=result.route,
        rows=tuple(row_record(row, _bound(row.dtype, case)) for row in report.rows),
        problems=report.problems,
    )


def lost(
    case: Case, state: Literal["crashed", "timeout"], reason: str, seconds: float = 0.0
) -> CaseRecord:
    """A case whose process died, or was ended because it took too long."""
    return _record(case, state, reason=reason, seconds=round(seconds, 6))


def repro_line(case: Case) -> str:
    """The command that runs one case again."""
    words = ["apimap", "parity", case.entry.name, "--direction", case.direction]
    words += ["--seed", str(case.base_seed), "--case", case.id]
    return shlex.join(words)


def _record(case: Case, state: State, **found: Any) -> CaseRecord:
    return CaseRecord(
        id=case.id,
        torch=case.entry.torch,
        mindspore=case.entry.mindspore,
        direction=case.direction,
        dtype=case.dtype,
        mode=case.mode,
        jit=case.jit,
        state=state,
        repro=repro_line(case),
        **found,
    )


def layers_found(report: LayerReport) -> dict[str, Any]:
    """What two models that ran layer by layer add to ``Results``."""
    first = None if report.first is None else DivergenceRecord(**asdict(report.first))
    return {
        "layers": tuple(LayerRecord(**asdict(row)) for row in report.rows),
        "first_divergence": first,
        "problems": report.problems,
        "notes": report.notes,
    }


def row_record(row: Row, bound: Bound) -> RowRecord:
    """One compared value, and what was allowed."""
    found = row.comparison
    return RowRecord(
        name=f"{row.name} ({row.mode})" if row.mode else row.name,
        dtype=row.dtype,
        verdict=found.verdict,
        max_abs=found.max_abs,
        max_rel=found.max_rel,
        share_out=found.share_out,
        index=found.index,
        actual=found.actual,
        expected=found.expected,
        reference=found.reference,
        tolerance=bound,
        mismatch=found.mismatch,
    )


def _bound(dtype: str, case: Case) -> Bound:
    """What the comparison allowed: the entry's own bound where it states one."""
    stated = case.entry.parity.tolerance.get(dtype) if case.entry.parity else None
    return Bound.model_validate(stated) if stated else usual_bound(dtype)


def usual_bound(dtype: str) -> Bound:
    """What is allowed where nobody says otherwise."""
    usual = TOLERANCES.get(dtype, EXACT)
    return Bound(rtol=usual.rtol, atol=usual.atol)


def write(results: Results, path: Path) -> None:
    """Write the JSON that ``schema.json`` describes."""
    path.write_text(results.model_dump_json(indent=1) + "\n", encoding="utf-8")


def read(path: Path) -> Results:
    """Read what ``write`` wrote; raises ``pydantic.ValidationError`` where it is something else."""
    return Results.model_validate_json(path.read_text(encoding="utf-8"))


def schema_text() -> str:
    """The published schema, made from these classes; ``make docs`` writes it."""
    schema = _untitled(Results.model_json_schema(mode="serialization"))
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "apimap parity results",
    }
    return json.dumps({**head, **schema}, indent=1) + "\n"


def _untitled(schema: Any) -> Any:
    """Without pydantic's titles, which say the keys again; a property is never called that."""
    if isinstance(schema, dict):
        return {key: _untitled(value) for key, value in schema.items() if key != "title"}
    return [_untitled(item) for item in schema] if isinstance(schema, list) else schema
