"""What a parity check found: plain data, a text for people and JSON for programs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Optional

from apimap import __version__
from apimap.evidence import DEVICE, installed
from apimap.parity.compare import Comparison, Verdict, worst
from apimap.schema import SIDES, Side

if TYPE_CHECKING:
    from apimap.parity.depth import LayerReport

SHOWN = 12
"""How many rows a text shows one by one."""


@dataclass(frozen=True)
class Row:
    """One compared output, gradient or buffer; ``mode`` says in which run."""

    name: str
    comparison: Comparison
    dtype: str
    mode: str = ""

    @property
    def verdict(self) -> Verdict:
        return self.comparison.verdict

    def __str__(self) -> str:
        name = f"{self.name} ({self.mode})" if self.mode else self.name
        return f"{self.verdict:<8}  {name}: {_numbers(self.comparison)}"

    def detail(self, expected: Side) -> str:
        """Where the worst element is and what it is on both sides."""
        found = self.comparison
        actual: Side = "mindspore" if expected == "torch" else "torch"
        if found.index is None:
            words = f"\n    the first is {actual}'s, the second {expected}'s"
            return f"{self}{words if ' instead of ' in found.mismatch else ''}"
        sides = {expected: found.expected, actual: found.actual}
        lines = [str(self), f"    worst at index {list(found.index)}, in {self.dtype}:"]
        lines += [f"      {side:<10} {sides[side]!r}" for side in SIDES]
        if found.reference is not None:
            lines.append(f"      {'float64':<10} {found.reference!r}")
        return "\n".join(lines)


@cache
def versions() -> dict[str, Optional[str]]:
    """Of apimap and all that a figure depends on; reading them takes milliseconds."""
    return {"apimap": __version__, **{name: installed(name) for name in (*SIDES, "numpy")}}


@dataclass(frozen=True)
class ParityReport:
    """The verdict on a pair, everything compared, and where it was measured.

    ``problems`` are findings that are no array: a side that raised, a tensor without
    counterpart, a flag that was lost; ``notes`` are worth knowing and no findings. ``expected``
    is the side that was taken as right. ``layers`` holds the run by layer where one was asked
    for, ``folder`` the place of the script that repeats the check where one was written.
    """

    rows: tuple[Row, ...]
    problems: tuple[str, ...] = ()
    seed: int = 0
    subject: str = ""
    expected: Side = "torch"
    device: str = DEVICE
    versions: Mapping[str, Optional[str]] = field(default_factory=versions)
    notes: tuple[str, ...] = ()
    layers: Optional[LayerReport] = None
    folder: str = ""

    @property
    def verdict(self) -> Verdict:
        if self.problems:
            return "differs"
        return worst(row.verdict for row in self.rows)

    @property
    def ok(self) -> bool:
        """Whether the pair agrees, to rounding at least."""
        return self.verdict != "differs"

    def __str__(self) -> str:
        lines = [f"{self.verdict}: {self.subject or 'parity'}"]
        lines += [f"  problem: {problem}" for problem in self.problems]
        lines += [f"  note: {note}" for note in self.notes]
        unequal = [row for row in self.rows if row.verdict != "equal"]
        unequal.sort(key=lambda row: row.verdict != "differs")
        for row in unequal[:SHOWN]:
            lines += [f"  {line}" for line in row.detail(self.expected).splitlines()]
        if len(unequal) > SHOWN:
            lines.append(f"  and {len(unequal) - SHOWN} more that are not equal")
        equal = [row for row in self.rows if row.verdict == "equal"]
        if len(self.rows) <= SHOWN:
            lines += [f"  {row}" for row in equal]
        elif equal:
            lines.append(f"  {len(equal)} of {len(self.rows)} compared values are equal")
        if self.layers is not None:
            lines += [f"  {line}" for line in str(self.layers).splitlines()]
        versions = ", ".join(f"{name} {version}" for name, version in self.versions.items())
        lines.append(f"  seed {self.seed}; {versions}; {self.device}")
        if self.folder:
            lines.append(f"  repeat it: python {self.folder}/repro.py")
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        """The report as JSON's types; NaN and infinities as text."""
        data = {**asdict(self), "verdict": self.verdict, "ok": self.ok}
        data["layers"] = None if self.layers is None else self.layers.to_json()
        result: dict[str, Any] = _plain(data)
        return result


def _numbers(found: Comparison) -> str:
    if found.mismatch:
        return found.mismatch
    text = f"max abs {found.max_abs:.2e}, max rel {found.max_rel:.2e}"
    if found.share_out:
        text += f", {found.share_out:.1%} of elements out"
    if found.nan_count:
        text += f", {found.nan_count} NaN on both sides, which are equal"
    if found.nan_alone:
        text += f", {found.nan_alone} NaN on one side only"
    return text


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, complex) or (isinstance(value, float) and not math.isfinite(value)):
        return str(value)
    return value
