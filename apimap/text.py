"""The text that `apimap explain` prints."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

from apimap.evidence import sentence
from apimap.schema import SIDES, TITLES, Side

WIDTH = 100
Row = dict[str, Any]


def render(facts: dict[str, Any]) -> str:
    """An explanation as text."""
    names = [facts[side] or f"(no {TITLES[side]} API)" for side in SIDES]
    head = "  <->  ".join(names)
    parts = [head, "\n".join(_wrapped(text, "    ") for text in facts["signatures"].values())]
    parts += [_parameters(facts), _tensors(facts["tensors"]), _initial(facts["initial"])]
    parts.append(_routes(facts))
    if facts["dtypes"]:
        parts.append("Dtypes\n" + _bullet(facts["dtypes"]["because"]))
    if facts["traps"]:
        parts.append("\n".join(["Traps", *map(_bullet, facts["traps"])]))
    parts.append(_evidence(facts))
    return "\n\n".join(part for part in parts if part)


def _evidence(facts: dict[str, Any]) -> str:
    lines = ["Evidence"]
    for side in reversed(SIDES):
        counts = facts["measured"].get(f"to_{side}")
        if counts:
            states = [f"{counts[s]} {s}" for s in ("equal", "rounding", "refused") if s in counts]
            lines.append(_bullet(f"to {TITLES[side]}: {', '.join(states)}"))
    return "\n".join([*lines, _bullet(facts["unmeasured"] or sentence())])


def _parameters(facts: dict[str, Any]) -> str:
    rows = [
        (
            row["torch"] or "-",
            row["torch_default"] or "",
            row["mindspore"] or "-",
            row["mindspore_default"] or "",
            row["relation"] + (f" by {row['rule']}" if row["rule"] else ""),
            "! defaults differ" if row["defaults_differ"] else "",
        )
        for row in facts["parameters"]
    ]
    if not rows:
        return ""
    lines = ["Parameters", table(("PyTorch", "default", "MindSpore", "default", "", ""), rows)]
    lines += _reasons(facts["parameters"])
    if "torch" in facts["defaults"]:
        text = f"PyTorch's defaults are, in MindSpore: {facts['defaults']['torch']}"
        lines.append(_bullet(text))
    return "\n".join(lines)


def _tensors(tensors: Sequence[Row]) -> str:
    if not tensors:
        return ""
    rows = [
        (
            row["torch"] or "-",
            row["mindspore"] or "-",
            row["layout"] or "same shape",
            f"if {row['if']}" if row["if"] else "",
            f"else {row['fill']}" if row["fill"] and row["if"] else row["fill"] or "",
        )
        for row in tensors
    ]
    lines = ["Tensors", table(("PyTorch", "MindSpore", "layout", "", ""), rows)]
    lines += _reasons(tensors)
    return "\n".join(lines)


def _initial(initial: dict[Side, dict[str, str]]) -> str:
    rows = [
        _bullet(f"{TITLES[side]}'s {name}: {law}")
        for side, laws in initial.items()
        for name, law in laws.items()
    ]
    return "\n".join(["First values that differ", *rows]) if rows else ""


def _reasons(rows: Sequence[Row]) -> list[str]:
    """One line for each reason, with the names that share it."""
    names: dict[str, list[str]] = {}
    for row in rows:
        if row["because"]:
            names.setdefault(row["because"], []).append(row["torch"] or row["mindspore"])
    return [_bullet(f"{', '.join(own)}: {because}") for because, own in names.items()]


def _routes(facts: dict[str, Any]) -> str:
    lines = ["Native and composed"]
    for rule in facts["rules"]:
        lines.append(_bullet(f"{rule['name']}: {rule['doc']}"))
        for side in reversed(SIDES):
            if rule[f"to_{side}"]:
                lines.append(_bullet(f"to {TITLES[side]}: {rule[f'to_{side}']}", 2))
    composed: dict[Side, str] = facts["composed"]
    refused: dict[str, str] = facts["unsupported"]
    for side, name in composed.items():
        if f"to_{side}" in refused:
            lines.append(_bullet(f"to {TITLES[side]}: always {name}. {refused[f'to_{side}']}"))
            continue
        text = f"to {TITLES[side]}: where the native layer cannot be exact, {name} is, and is used"
        lines.append(_bullet(text))
    for side in SIDES:
        if f"to_{side}" in refused and side not in composed:
            lines.append(_bullet(f"to {TITLES[side]}: refused. {refused[f'to_{side}']}"))
    if not facts["composed"] and not facts["unsupported"]:
        word = "initializer" if facts["kind"] == "initializer" else "layer"
        native = f"Native: each {word} becomes one {word} of the other framework."
        lines.append(_bullet(native + " What it cannot say exactly is refused."))
    return "\n".join(lines)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Left-aligned columns under their titles, indented."""
    every = [head, *rows]
    widths = [max(len(row[i]) for row in every) for i in range(len(head))]
    lines = (
        "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in every
    )
    return "\n".join("  " + line for line in lines)


def _bullet(text: str, depth: int = 1) -> str:
    indent = "  " * depth
    plain = " ".join(text.split())
    return textwrap.fill(
        plain, WIDTH, initial_indent=f"{indent}- ", subsequent_indent=f"{indent}  "
    )


def _wrapped(text: str, indent: str) -> str:
    return textwrap.fill(text, WIDTH, subsequent_indent=indent, break_on_hyphens=False)
