"""What a sweep found, as a person reads it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from apimap.parity.records import STATES, CaseRecord, Results, RowRecord

if TYPE_CHECKING:
    from apimap.parity.mutant_feed import Outcome

ROWS_SHOWN = 4


def counts(states: Iterable[str]) -> str:
    """As in ``12 equal, 1 differs``: what is good first."""
    found = Counter(states)
    return ", ".join(f"{found[state]} {state}" for state in reversed(STATES) if found[state])


def finding(case: CaseRecord) -> str:
    """What is wrong with a case, where, and the line that runs it again."""
    lines = [f"{case.state}: {case.id}"]
    lines += [f"  {case.reason}"] if case.reason else []
    lines += [f"  problem: {problem}" for problem in case.problems]
    unequal = [row for row in case.rows if row.verdict != "equal"]
    unequal.sort(key=lambda row: row.verdict != "differs")
    for row in unequal[:ROWS_SHOWN]:
        lines += _row(row, case)
    if len(unequal) > ROWS_SHOWN:
        lines.append(f"  and {len(unequal) - ROWS_SHOWN} more that are not equal")
    return "\n".join([*lines, f"  again: {case.repro}"])


def _row(row: RowRecord, case: CaseRecord) -> list[str]:
    if row.mismatch or row.index is None:
        return [f"  {row.verdict}: {row.name}: {row.mismatch}"]
    head = f"  {row.verdict}: {row.name}: max abs {float(row.max_abs):.2e}"
    head += f", max rel {float(row.max_rel):.2e}, {row.share_out:.1%} of elements out"
    sides = {"torch": row.expected, "mindspore": row.actual}
    if case.direction == "to_torch":
        sides = {"torch": row.actual, "mindspore": row.expected}
    if row.reference is not None:
        sides["float64"] = row.reference
    values = ", ".join(f"{side} {value!r}" for side, value in sides.items())
    return [head, f"    at index {list(row.index)} in {row.dtype}: {values}"]


def summary(results: Results) -> str:
    """One line: how much ran, how fast and on what, and how it ended."""
    states = [case.state for case in results.cases]
    number, seconds = len(states), results.seconds
    rate = f", {number / seconds:.1f} a second" if seconds else ""
    ended = "interrupted after " if results.interrupted else ""
    return (
        f"{ended}{number} case{'s' * (number != 1)} in {seconds:.1f} s{rate} on "
        f"{results.device}: {counts(states)}; {versions(results)}; seed {results.seed}"
    )


def versions(results: Results) -> str:
    """As in ``apimap 0.1.0, torch 2.13.0``."""
    return ", ".join(f"{name} {version or 'absent'}" for name, version in results.versions.items())


def outcome(found: Outcome) -> str:
    """What became of a mutant, and the line that shows it or would."""
    return f"{found}\n  again: {found.case}" if found.case else str(found)


def mutation(found: Mapping[str, Any], wanted: float) -> str:
    """One line: what share of faults was caught, and whether that is enough."""
    share = found["caught_share"]
    if share is None:
        return f"no fault can be planted: {found['equivalents']} are equivalent"
    ended = "interrupted after " if found["interrupted"] else ""
    by = ", ".join(f"{number} {how}" for how, number in found["caught_by"].items())
    return (
        f"{ended}{found['mutants']} faults in {found['seconds']:.1f} s: {found['caught']} caught "
        f"({by}), {share:.1%}, of which at least {wanted:.1%} are wanted; "
        f"{len(found['survivors'])} survived; {found['equivalents']} more are equivalent"
    )
