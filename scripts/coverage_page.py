"""The coverage page and its summary, from what ``apimap coverage --json`` says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from apimap.catalog import default_catalog
from apimap.evidence import measured, sentence
from apimap.schema import TITLES, Entry, OneSided, Same, Side, other

Row = dict[str, Any]
PREFIXES: dict[Side, str] = {"torch": "torch.nn.", "mindspore": "mindspore.nn."}
DASH = "–"


def summary(found: dict[str, Any]) -> str:
    """What the README says: totals, and what is refused altogether."""
    lines = [f"- {_count(rows, side)}" for side, rows in _sides(found)]
    refused = [
        f"`{row[side]}`"
        for side, rows in _sides(found)
        for row in rows
        if row["state"] == "unsupported"
    ]
    if refused:
        lines += ["", f"Refused whatever the arguments: {', '.join(refused)}."]
    lines += ["", f"{_totals()} {sentence()}"]
    lines += ["Class by class, with reasons and conditions: [docs/coverage.md](docs/coverage.md)."]
    return "\n".join(lines)


def page(found: dict[str, Any]) -> str:
    """The whole page."""
    lines = ["# Coverage", "", "Written by `make docs`. A route is the one that an API takes with"]
    lines += ["its default arguments; a native one may be composed for other arguments, which"]
    lines += ["`apimap explain` names. A case is one argument set, one input and one way to run;"]
    lines += ["those that the framework itself rejects are not counted. The largest error is the"]
    lines += ["absolute one of float32 cases, some of which hold values up to 1e9.", ""]
    lines += [_totals(), sentence()]
    for side, rows in _sides(found):
        lines += ["", f"## From {TITLES[side]}", "", f"{_count(rows, side)}:", ""]
        lines += _table(side, rows)
    lines += ["", "## Reasons and conditions", "", *_bullets(_conditions)]
    lines += ["", "## Where the frameworks' own layers surprise", ""]
    lines += ["Each is closed by a rule or a composed layer, or told where it is not:", ""]
    lines += _bullets(lambda entry: iter(entry.traps))
    lines += ["", "## Classes that are no layers", ""]
    for side in TITLES:
        others = [row for row in _of(found, side) if row["kind"] == "other"]
        lines += [f"- {row['because']}" for row in others]
    return "\n".join([*lines, ""])


def _of(found: dict[str, Any], side: Side) -> list[Row]:
    key = "entries" if side == "torch" else "mindspore"
    return [row for row in found[key] if f"{row[side].rpartition('.')[0]}." == PREFIXES[side]]


def _sides(found: dict[str, Any]) -> Iterator[tuple[Side, list[Row]]]:
    for side in TITLES:
        yield side, [row for row in _of(found, side) if row["kind"] != "other"]


def _count(rows: Sequence[Row], side: Side) -> str:
    states = Counter(row["state"] for row in rows)
    done = len(rows) - states["unsupported"]
    ways = f"{states['native']} native, {states['composed']} composed"
    name = PREFIXES[side].rstrip(".")
    return f"{done} of the {len(rows)} layers of `{name}` go to {TITLES[other(side)]} ({ways})"


def _table(side: Side, rows: Sequence[Row]) -> Iterator[str]:
    yield f"| {TITLES[side]} | {TITLES[other(side)]} | route | cases | rounding | largest error |"
    yield "|---|---|---|---|---|---|"
    for row in rows:
        cells = [row[side].removeprefix(PREFIXES[side])]
        cells += [(row[other(side)] or DASH).removeprefix(PREFIXES[other(side)]), row["state"]]
        yield f"| {' | '.join([*cells, *_evidence(row, side)])} |"


def _evidence(row: Row, side: Side) -> list[str]:
    counts = row["evidence"].get("cases", {}).get(f"to_{other(side)}")
    if not counts:
        return [DASH] * 3
    agreed = counts.get("equal", 0) + counts.get("rounding", 0)
    refused = counts.get("refused", 0)
    cases = f"{agreed}" + (f", {refused} refused" if refused else "")
    return [cases, str(counts.get("rounding", 0)), f"{counts['worst']:.1e}"]


def _bullets(texts: Any) -> list[str]:
    """One line for each text, under the entry's name."""
    return [
        f"- **{entry.name}**: {' '.join(text.split())}"
        for entry in sorted(default_catalog().entries, key=lambda entry: entry.name)
        if entry.kind != "other"
        for text in texts(entry)
    ]


def _conditions(entry: Entry) -> Iterator[str]:
    """What an entry takes not at all, or not everywhere."""
    reasons = [entry.unsupported.to_mindspore, entry.unsupported.to_torch]
    reasons += [entry.dtypes.because if entry.dtypes else None]
    for param in entry.params:
        if not isinstance(param, Same) and getattr(param, "final", False):
            one: OneSided = param  # type: ignore[assignment]
            reasons.append(f"`{', '.join(one.own)}` other than {one.neutral!r}: {one.because}")
    yield from filter(None, reasons)


def _totals() -> str:
    states: Counter[str] = Counter()
    for entry in default_catalog().entries:
        for counts in measured(entry).values():
            states.update({k: v for k, v in counts.items() if isinstance(v, int)})
    ran = states["cases"] - states["rejected"]
    return (
        f"{ran} cases were run on both frameworks: {states['equal']} equal, "
        f"{states['rounding']} no further from float64 than stated, {states['differs']} different, "
        f"{states['refused']} refused with the reason."
    )
