"""The verdict matrix and the worst cases: what a person looks at first."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Optional
from urllib.parse import urlencode

from apimap.parity.compare import TOLERANCES
from apimap.parity.records import FINDINGS, STATES, CaseRecord, RowRecord, State

WORST, PER_API, LOST, ENOUGH = 12, 2, 2, 4
"""How many worst cases are shown, how many of one API, for how many of those that crashed or took
too long there is always room, and with how many equal ones are left out."""


@dataclass(frozen=True, order=True)
class Way:
    """One way to run: a column."""

    mode: str
    jit: bool

    def __str__(self) -> str:
        return f"{self.mode} jit" if self.jit else self.mode


@dataclass(frozen=True)
class Cell:
    """The cases of one API in one dtype and way to run; ``total`` is without the rejected."""

    state: State
    count: int
    total: int
    title: str
    link: str


@dataclass(frozen=True)
class Line:
    """One API; None where it has no case."""

    torch: str
    mindspore: str
    cells: list[Optional[Cell]]
    has_finding: bool


@dataclass(frozen=True)
class Matrix:
    """Columns by dtype, lines by the package that the APIs are of."""

    columns: dict[str, list[Way]]
    groups: dict[str, list[Line]]

    @property
    def width(self) -> int:
        """The number of columns below the dtypes."""
        return sum(map(len, self.columns.values()))


Key = tuple[str, Way]


def matrix(cases: Sequence[CaseRecord]) -> Matrix:
    """All cases by API, dtype, mode and way to run."""
    cells: dict[tuple[str, str], dict[Key, Counter[State]]] = defaultdict(dict)
    ways: dict[str, set[Way]] = defaultdict(set)
    for case in cases:
        way = Way(case.mode, case.jit)
        ways[case.dtype].add(way)
        found = cells[case.torch, case.mindspore]
        found.setdefault((case.dtype, way), Counter())[case.state] += 1
    columns = {
        dtype: sorted(ways[dtype], key=lambda way: (way.jit, way.mode != "train", way.mode))
        for dtype in in_order(ways)
    }
    groups: dict[str, list[Line]] = defaultdict(list)
    for (torch, mindspore), found in sorted(cells.items(), key=lambda each: each[0][0].lower()):
        groups[torch.rpartition(".")[0]].append(_line(torch, mindspore, found, columns))
    return Matrix(columns, dict(sorted(groups.items())))


def in_order(dtypes: Iterable[str]) -> list[str]:
    """float32 first, then the other floating ones, then all others by name."""
    known = ["float32", *(dtype for dtype in TOLERANCES if dtype != "float32")]
    given = set(dtypes)
    return [*(dtype for dtype in known if dtype in given), *sorted(given - set(known))]


def _line(
    torch: str, mindspore: str, found: dict[Key, Counter[State]], columns: dict[str, list[Way]]
) -> Line:
    cells = [
        _cell(torch, dtype, way, found.get((dtype, way)))
        for dtype, ways in columns.items()
        for way in ways
    ]
    return Line(torch, mindspore, cells, any(cell and cell.state in FINDINGS for cell in cells))


def _cell(torch: str, dtype: str, way: Way, counts: Optional[Counter[State]]) -> Optional[Cell]:
    if not counts:
        return None
    state = next(state for state in STATES if counts[state])
    words = ", ".join(f"{counts[state]} {state}" for state in STATES if counts[state])
    where = {"api": torch, "dtype": dtype, "mode": way.mode, "jit": int(way.jit)}
    title = f"{torch} {dtype} {way}: {words}"
    total = counts.total() - (counts["rejected"] if state != "rejected" else 0)
    return Cell(state, counts[state], total, title, urlencode(where))


@dataclass(frozen=True)
class Worst:
    """A case worth a look, and its row that is furthest from right."""

    case: CaseRecord
    row: Optional[RowRecord]
    used: Optional[float]
    more: int = 0


def worst_cases(cases: Iterable[CaseRecord]) -> list[Worst]:
    """Findings first, then what used most of its tolerance; few of each API."""
    judged = [case for case in cases if case.state not in ("refused", "rejected")]
    chosen = _choose(sorted(judged, key=_badness))
    findings = Counter(case.torch for case in judged if not case.ok)
    findings.subtract(case.torch for case in chosen if not case.ok)
    last = {case.torch: case for case in chosen}
    return [
        Worst(
            case,
            max(case.rows, key=lambda row: row.tolerance_used, default=None),
            case.tolerance_used,
            findings[case.torch] if last[case.torch] is case else 0,
        )
        for case in chosen
    ]


def _choose(ranked: Sequence[CaseRecord]) -> list[CaseRecord]:
    shown: Counter[str] = Counter()
    few = []
    for case in ranked:
        shown[case.torch] += 1
        if shown[case.torch] <= PER_API:
            few.append(case)
    lost = [[case for case in ranked if case.state == state][:LOST] for state in FINDINGS[1:]]
    kept = [case for cases in lost for case in cases]
    rest = [case for case in few if case not in kept]
    chosen = sorted([*kept, *rest[: WORST - len(kept)]], key=_badness)
    unequal = sum(case.state != "equal" for case in chosen)
    return chosen[: max(unequal, ENOUGH)]


def _badness(case: CaseRecord) -> tuple[int, float]:
    used = case.tolerance_used
    return (STATES.index(case.state), -math.inf if used is None else -used)
