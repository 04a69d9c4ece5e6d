"""The error through the depth of two models: one row a sublayer, and the first that differs."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Optional

from apimap.parity.compare import Tolerance, Verdict
from apimap.text import table


@dataclass(frozen=True)
class LayerRow:
    """The output of one sublayer on both sides; ``depth`` is its place in the order of running."""

    name: str
    depth: int
    verdict: Verdict
    max_abs: float
    max_rel: float
    tolerance: Tolerance

    def to_json(self) -> dict[str, Any]:
        """Plain data; infinities as text."""
        data = asdict(self)
        for key in ("max_abs", "max_rel"):
            data[key] = data[key] if math.isfinite(data[key]) else str(data[key])
        return data


@dataclass(frozen=True)
class Divergence:
    """The first layer that differs. ``alone`` is the verdict on its two sides when both are given
    the saved inputs: where that is not "differs", what differs came in through the inputs."""

    name: str
    mindspore: str
    detail: str
    alone: Optional[Verdict] = None
    inputs: str = ""

    def __str__(self) -> str:
        lines = [f"first divergence: {self.name} (MindSpore's {self.mindspore})"]
        lines += [f"  {line}" for line in self.detail.splitlines()]
        if self.alone is not None:
            words = (
                "differs by itself" if self.alone == "differs" else "agrees by itself: look above"
            )
            lines.append(f"  given the same inputs on both sides it {words}")
        lines += [f"  its inputs: {self.inputs}"] if self.inputs else []
        return "\n".join(lines)


@dataclass(frozen=True)
class LayerReport:
    """One row a sublayer, in the order in which the PyTorch side finished them.

    ``problems`` are sides that stopped.
    """

    rows: tuple[LayerRow, ...]
    first: Optional[Divergence] = None
    notes: tuple[str, ...] = ()
    mode: str = ""
    problems: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether no layer differs, and both models ran to their end."""
        return self.first is None and not self.problems

    def __str__(self) -> str:
        head = ("depth", "layer", "verdict", "max abs", "max rel", "error, 1e-9 to 1")
        rows = [
            (
                str(r.depth),
                r.name,
                r.verdict,
                f"{r.max_abs:.1e}",
                f"{r.max_rel:.1e}",
                _bar(r.max_rel),
            )
            for r in self.rows
        ]
        lines = [f"layer by layer ({self.mode})" if self.mode else "layer by layer"]
        lines += [table(head, rows), *(f"  problem: {text}" for text in self.problems)]
        lines += [f"  note: {note}" for note in self.notes]
        lines.append(str(self.first) if self.first else "no layer differs")
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        """Plain data; infinities as text."""
        first = None if self.first is None else asdict(self.first)
        rows = [row.to_json() for row in self.rows]
        words = {"notes": self.notes, "problems": self.problems}
        return {"ok": self.ok, "mode": self.mode, "rows": rows, "first": first, **words}


def _bar(error: float) -> str:
    """A mark for every half power of ten above 1e-9."""
    if not error:
        return ""
    return "#" * max(1, min(18, round(2 * (math.log10(min(error, 1.0)) + 9))))
