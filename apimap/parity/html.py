"""A parity sweep as one self-contained HTML page: no network, no font, nothing to install."""

from __future__ import annotations

import base64
import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from apimap.parity.charts import depth_chart, tolerance_chart
from apimap.parity.figures import duration, times
from apimap.parity.matrix import matrix, worst_cases
from apimap.parity.records import FINDINGS, STATES, CaseRecord, Results, RowRecord
from apimap.schema import Side

TEMPLATES = Path(__file__).with_name("templates")
FIRST_PAGE = 25
"""How many cases the table holds where JavaScript does not run."""
WORDS = {
    "equal": "Within the tolerance of its dtype.",
    "rounding": "Outside the tolerance, but as close to float64 as rounding allows.",
    "differs": "The two sides disagree.",
    "crashed": "The process died.",
    "timeout": "Ended because it took too long.",
    "refused": "apimap says that it cannot convert this, and why.",
    "rejected": "The source framework itself does not take this.",
}


def page(results: Results) -> str:
    """The page's text.

    >>> from apimap.parity.results import collect
    >>> page(collect([], seed=0, seconds=0)).startswith("<!doctype html>")
    True
    """
    script = (TEMPLATES / "page.js").read_text(encoding="utf-8")
    digest = hashlib.sha256(script.encode()).digest()
    ranked = sorted(results.cases, key=lambda case: STATES.index(case.state))
    return (
        _environment()
        .get_template("page.html.jinja")
        .render(
            results=results,
            totals=results.totals.model_dump(),
            compared=_compared(results),
            findings=sum(results.totals.model_dump()[state] for state in FINDINGS),
            words=WORDS,
            matrix=matrix(results.cases),
            worst=worst_cases(results.cases),
            errors=tolerance_chart(results.cases),
            depth=depth_chart(results.layers),
            first_page=ranked[:FIRST_PAGE],
            table=_table(results.cases),
            script=script,
            script_hash=base64.b64encode(digest).decode(),
        )
    )


def write_page(results: Results, path: Path) -> None:
    """Write the page; one file, to open or to send."""
    path.write_text(page(results), encoding="utf-8", newline="\n")


def _compared(results: Results) -> int:
    totals = results.totals
    return totals.equal + totals.rounding + totals.differs


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(times=times, duration=duration, value=_value)
    environment.globals.update(states=STATES, source=_source, sides=_sides, infinity=math.inf)
    environment.policies["json.dumps_kwargs"] = {"separators": (",", ":"), "ensure_ascii": False}
    return environment


def _sides(case: CaseRecord) -> tuple[Side, Side]:
    """The side that the case starts from, which is taken as right, and the other."""
    return ("torch", "mindspore") if case.direction == "to_mindspore" else ("mindspore", "torch")


def _source(case: CaseRecord) -> str:
    """The API that the case starts from."""
    return case.torch if case.direction == "to_mindspore" else case.mindspore


def _value(number: Any) -> str:
    return f"{number:.9g}" if isinstance(number, float) else str(number)


@dataclass
class _Words:
    """Texts that come again and again, by number."""

    numbers: dict[str, int] = field(default_factory=dict)

    def number(self, text: str) -> int:
        return self.numbers.setdefault(text, len(self.numbers))


def _table(cases: Sequence[CaseRecord]) -> str:
    """The cases for the page's script, as JSON in which no text can end the script element."""
    words = _Words()
    packed = [_pack(case, words) for case in cases]
    data = {"states": STATES, "words": list(words.numbers), "cases": packed}
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _pack(case: CaseRecord, words: _Words) -> list[Any]:
    """In the order in which page.js unpacks."""
    known = (case.torch, case.mindspore, case.direction, case.route, case.dtype, case.mode)
    return [
        case.id,
        *map(words.number, known),
        int(case.jit),
        STATES.index(case.state),
        words.number(case.reason),
        _shorter(case.seconds),
        case.repro,
        -1 if case.tolerance_used is None else _shorter(case.tolerance_used),
        [_pack_row(row, words) for row in case.rows],
        list(case.problems),
    ]


def _pack_row(row: RowRecord, words: _Words) -> list[Any]:
    known = [words.number(text) for text in (row.name, row.dtype, row.verdict)]
    bound = words.number(f"rtol {row.tolerance.rtol:g}, atol {row.tolerance.atol:g}")
    numbers = [_shorter(float(n)) for n in (row.max_abs, row.max_rel, row.tolerance_used)]
    packed = [*known, *numbers, bound]
    if row.verdict == "equal":
        return packed
    index = None if row.index is None else list(row.index)
    values = [row.actual, row.expected, row.reference]
    return [*packed, _shorter(row.share_out), index, *values, row.mismatch]


def _shorter(number: float) -> Any:
    """Three digits, and text where JSON has no number."""
    rounded = float(f"{number:.3g}")
    if not math.isfinite(rounded):
        return str(rounded)
    return int(rounded) if rounded.is_integer() else rounded
