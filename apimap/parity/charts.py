"""Geometry of the report's two charts, in shares of the width so that they fit any screen."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Optional

from apimap.parity.compare import TOLERANCES
from apimap.parity.figures import power, times
from apimap.parity.matrix import in_order
from apimap.parity.records import CaseRecord, LayerRecord, RowRecord

PER_DECADE = 4
LOWEST, HIGHEST = -6, 9
"""Decades that are drawn one by one; what is beyond is drawn at the end."""
POINTS = 250
"""How many values outside the tolerance a lane shows one by one."""
EDGE, LABELS = 9.0, 6.0
"""Width in percent of the two ends, equal to the bit and not comparable, and of the labels that
lie on the y axis."""


@dataclass(frozen=True)
class Bar:
    """A bin of values within the tolerance; all lengths in percent."""

    x: float
    width: float
    height: float
    title: str


@dataclass(frozen=True)
class Point:
    """One value outside the tolerance."""

    x: float
    y: float
    verdict: str
    case: str
    title: str


@dataclass
class Lane:
    """The values of one dtype."""

    dtype: str
    allowed: str
    exact: int = 0
    total: int = 0
    tallest: int = 0
    bars: list[Bar] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)
    left_out: int = 0


@dataclass(frozen=True)
class Tick:
    """A labelled position in percent; ``major`` ones stay on narrow screens."""

    at: float
    label: str
    major: bool = True


@dataclass(frozen=True)
class ToleranceChart:
    """Every compared value by how much of its tolerance it used."""

    lanes: list[Lane]
    ticks: list[Tick]
    one: float
    has_infinite: bool


Compared = tuple[CaseRecord, RowRecord, float]


def tolerance_chart(cases: Iterable[CaseRecord]) -> Optional[ToleranceChart]:
    """None where nothing was compared."""
    by_dtype: dict[str, list[Compared]] = defaultdict(list)
    for case in cases:
        for row in case.rows:
            by_dtype[row.dtype or case.dtype].append((case, row, row.tolerance_used))
    if not by_dtype:
        return None
    used = [share for found in by_dtype.values() for *_, share in found]
    axis = _Axis.of(used)
    lanes = [_lane(dtype, by_dtype[dtype], axis) for dtype in in_order(by_dtype)]
    return ToleranceChart(lanes, axis.ticks(), axis.at(1.0), any(map(math.isinf, used)))


@dataclass(frozen=True)
class _Axis:
    """A logarithmic axis between its two ends."""

    low: int
    high: int
    has_end: bool
    is_cut: bool

    @classmethod
    def of(cls, used: Sequence[float]) -> _Axis:
        finite = [share for share in used if 0 < share < math.inf]
        low = math.floor(math.log10(min(finite, default=0.01)))
        high = math.ceil(math.log10(max(finite, default=1.0)))
        first, last = max(LOWEST, min(low, -2)), min(HIGHEST, max(high, 1))
        return cls(first, last, math.inf in used, low < first)

    def at(self, share: float) -> float:
        """The position of a share, in percent."""
        if math.isinf(share):
            return 100 - EDGE / 2
        decade = min(max(math.log10(share), self.low), self.high) if share else self.low
        width = 100 - EDGE * (2 if self.has_end else 1)
        return EDGE + width * (decade - self.low) / (self.high - self.low)

    def ticks(self) -> list[Tick]:
        """One a decade."""
        step = 2 if self.high - self.low > 6 else 1
        return [
            Tick(self.at(10.0**decade), self._label(decade), decade % (2 * step) == 0)
            for decade in range(self.low, self.high + 1)
            if decade % step == 0
        ]

    def _label(self, decade: int) -> str:
        return f"≤ {power(decade)}" if decade == self.low and self.is_cut else power(decade)


def _lane(dtype: str, found: Sequence[Compared], axis: _Axis) -> Lane:
    usual = TOLERANCES.get(dtype)
    allowed = f"rtol {usual.rtol:g}, atol {usual.atol:g}" if usual else "no error allowed"
    lane = Lane(dtype, allowed, total=len(found))
    bins: Counter[int] = Counter()
    outside = []
    for case, row, share in found:
        if row.verdict != "equal":
            outside.append((case, row, share))
        elif share == 0:
            lane.exact += 1
        else:
            decade = max(math.log10(share), axis.low)
            bins[min(math.floor(decade * PER_DECADE), -1)] += 1
    lane.tallest = max(bins.values(), default=0)
    lane.bars = [_bar(index, count, lane.tallest, axis) for index, count in sorted(bins.items())]
    outside.sort(key=lambda each: -each[2])
    lane.left_out = max(0, len(outside) - POINTS)
    lane.points = [_point(*each, axis) for each in outside[:POINTS]]
    return lane


def _bar(index: int, count: int, tallest: int, axis: _Axis) -> Bar:
    low, high = (10 ** (edge / PER_DECADE) for edge in (index, index + 1))
    title = f"{count:,} equal, with {times(low)} to {times(high)} of the tolerance"
    start, end = axis.at(low), axis.at(high)
    return Bar(round(start, 3), round(end - start, 3), round(100 * count / tallest, 2), title)


def _point(case: CaseRecord, row: RowRecord, share: float, axis: _Axis) -> Point:
    title = f"{row.verdict}: {row.name}, {times(share)} the tolerance\n{case.id}"
    # Spread by name, the same each time, so that points of one size do not hide each other.
    spread = sum(map(ord, case.id + row.name)) * 37 % 100
    return Point(round(axis.at(share), 3), spread, row.verdict, case.id, title)


@dataclass(frozen=True)
class Mark:
    """One layer's error; y in percent from the top."""

    x: float
    y: float
    verdict: str
    title: str


@dataclass(frozen=True)
class DepthChart:
    """Error through depth: one line for the absolute and one for the relative error."""

    absolute: list[Mark]
    relative: list[Mark]
    ticks: list[Tick]
    names: list[Tick]
    first: Optional[Mark]


def depth_chart(layers: Sequence[LayerRecord]) -> Optional[DepthChart]:
    """None where no layers were recorded."""
    if not layers:
        return None
    ordered = sorted(layers, key=lambda layer: layer.depth)
    errors = [float(number) for each in ordered for number in (each.max_abs, each.max_rel)]
    finite = [error for error in errors if 0 < error < math.inf]
    low = math.floor(math.log10(min(finite, default=1e-9)))
    high = max(low + 2, math.ceil(math.log10(max(finite, default=1e-6))))
    lines: dict[str, list[Mark]] = {"max_abs": [], "max_rel": []}
    for index, layer in enumerate(ordered):
        for name, line in lines.items():
            line.append(_mark(layer, _across(index, ordered), getattr(layer, name), low, high))
    marks = lines["max_abs"]
    first = next((mark for mark in marks if mark.verdict == "differs"), None)
    every = max(1, (high - low) // 5)
    ticks = [Tick(_height(10.0**d, low, high), power(d)) for d in range(low, high + 1, every)]
    return DepthChart(marks, lines["max_rel"], ticks, _names(ordered), first)


def _mark(layer: LayerRecord, x: float, error: Any, low: int, high: int) -> Mark:
    title = f"{layer.name}: {layer.verdict}, max abs {float(layer.max_abs):.3g}"
    title += f", max rel {float(layer.max_rel):.3g}"
    return Mark(x, _height(float(error), low, high), layer.verdict, title)


def _across(index: int, layers: Sequence[LayerRecord]) -> float:
    """Right of the labels of the y axis."""
    return round(LABELS + (100 - LABELS) * (index + 0.5) / len(layers), 3)


def _height(error: float, low: int, high: int) -> float:
    if not error or not math.isfinite(error):
        return 0.0 if error else 100.0
    return round(100 * (high - math.log10(error)) / (high - low), 3)


def _names(layers: Sequence[LayerRecord]) -> list[Tick]:
    """At most twelve names along the axis."""
    every = math.ceil(len(layers) / 12)
    return [
        Tick(_across(index, layers), layer.name, index % (3 * every) == 0)
        for index, layer in enumerate(layers)
        if index % every == 0
    ]
